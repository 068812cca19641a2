# SPDX-License-Identifier: Apache-2.0
"""Fits of one quantity to measured circuits: what `systole pe` counts, times coefficients."""

import json
from pathlib import Path

import numpy
from scipy.optimize import nnls

from fit_rows import formats_of, unique

PARTS = ["decoder", "exponent", "multiplier", "alignment", "accumulator", "normalisation",
         "rounding"]
KINDS = ["and", "xor", "mux", "majority"]
# Parts that always come together share their coefficients: no row tells them apart.
AREA_GROUPS = [["decoder"], ["exponent"], ["multiplier"], ["alignment"], ["accumulator"],
               ["normalisation", "rounding"]]
ENERGY_GROUPS = [["decoder", "exponent", "multiplier"], ["alignment"], ["accumulator"],
                 ["normalisation", "rounding"]]
AREA_PULL = 1  # of what a kind of gate costs over all parts, to the library's own cell
PART_PULL = 0.03  # of what it costs in one part, to that
DELAY_GROUPS = ENERGY_GROUPS
GATE_LEVELS = [1, 2, 2, 2]  # of ANDs that a gate of each kind takes, before anything is known
DELAY_PULL = 0.003
DELAY_WEIGHT = 2
ENERGY_PULL = 0.003
SPEED_ENERGY_PULL = 0.1
ELEMENT_WEIGHT = 1.2  # of an element's error against that of a multiplier alone

# Areas of cells of the library that has no file of them here: Nangate Open Cell Library 45 nm.
NANGATE45 = {"NAND2": 0.798, "OAI21": 1.064, "XOR2": 1.596, "MUX2": 1.862, "DFF": 4.522}


def fit_relative(design, target, scale, prior, pull):
    """Coefficients >= 0 of least squares of (design c - target) / scale, drawn to the prior."""
    system = numpy.vstack([design / scale[:, None], numpy.sqrt(pull) * numpy.diag(1 / prior)])
    right = numpy.concatenate([target / scale, numpy.sqrt(pull) * numpy.ones(len(prior))])
    return nnls(system, right)[0]


class Quantity:
    """A fit, its errors and those of rows that were left out."""

    def __init__(self, rows, measured, design, fixed, fit, weight=1):
        self.rows, self.measured = rows, numpy.array(measured)
        target = self.measured - fixed
        scale = self.measured * [1 if row.unit == "pe" else weight for row in rows]
        self.solve = lambda kept: fit(design[kept], target[kept], scale[kept])
        self.coefficients = self.solve(list(range(len(rows))))
        self.known = {}
        self.predict(design, fixed)

    def without(self, formats):
        """Coefficients of a fit without any row of these formats."""
        if formats not in self.known:
            self.known[formats] = self.solve([j for j, row in enumerate(self.rows)
                                              if not formats & formats_of(row)])
        return self.known[formats]

    def within(self, formats):
        """Coefficients of a fit to rows of these formats alone."""
        return self.solve([j for j, row in enumerate(self.rows) if formats_of(row) <= formats])

    def unseen(self, rows, design, fixed):
        """What a fit without a row's formats says of it."""
        coefficients = numpy.array([self.without(formats_of(row)) for row in rows])
        return (design * coefficients).sum(axis=1) + fixed

    def predict(self, design, fixed):
        self.design, self.fixed = design, fixed
        self.fitted = design @ self.coefficients + fixed
        self.left_out = self.unseen(self.rows, design, fixed)

    def errors(self, values):
        return values / self.measured - 1


def cell_prior(arguments):
    """What gates cost as cells of their own. An AND that merges with the gates which read it is
    cheaper than one that drives an output by about half a NAND2."""
    areas = NANGATE45
    if arguments.cells:
        cells = json.loads(Path(arguments.cells).read_text(encoding="utf-8"))["cells"]
        areas = {prefix: min(cell["area_um2"] for name, cell in cells.items()
                             if name.startswith(prefix)) for prefix in NANGATE45}
    return {"and": areas["NAND2"], "xor": areas["XOR2"], "mux": areas["MUX2"],
            "majority": areas["NAND2"] + 2 * areas["OAI21"], "output_and": areas["NAND2"] / 2,
            "register": areas["DFF"]}


def gate_design(rows):
    design = []
    for row in rows:
        gates = row.counts["gates"]
        design.append([sum(gates[part][kind] for part in group)
                       for group in AREA_GROUPS for kind in KINDS]
                      + [sum(gates[part]["output_and"] for part in PARTS)])
    return numpy.array(design, float)


def fit_parts(design, target, scale, prior):
    """Coefficients >= 0 of least squares of (design c - target) / scale. What a kind of gate costs in
    a part is drawn to what it costs in all of them, and that to the prior."""
    kinds, groups = len(KINDS), len(AREA_GROUPS)
    parts = kinds * groups
    common = numpy.array([prior[kind] for kind in KINDS])
    rows = [numpy.hstack([design / scale[:, None], numpy.zeros((len(design), kinds))])]
    right = [target / scale]
    to_common = numpy.zeros((parts, design.shape[1] + kinds))
    to_common[:, :parts] = numpy.diag(numpy.tile(1 / common, groups))
    to_common[:, -kinds:] = -numpy.vstack([numpy.diag(1 / common)] * groups)
    rows.append(numpy.sqrt(PART_PULL) * to_common)
    right.append(numpy.zeros(parts))
    to_prior = numpy.zeros((kinds + 1, design.shape[1] + kinds))
    to_prior[:kinds, -kinds:] = numpy.diag(1 / common)
    to_prior[kinds, parts] = 1 / prior["output_and"]
    rows.append(numpy.sqrt(AREA_PULL) * to_prior)
    right.append(numpy.full(kinds + 1, numpy.sqrt(AREA_PULL)))
    return nnls(numpy.vstack(rows), numpy.concatenate(right))[0][:design.shape[1]]


def area_rows(rows):
    return [row for row in unique(rows) if row.figures["area"]]


def register_area(rows, prior):
    return numpy.array([row.counts["flip_flops"] for row in rows]) * prior["register"]


def fit_area(rows, prior):
    rows = area_rows(rows)
    return Quantity(rows, [row.figures["area"] for row in rows], gate_design(rows),
                    register_area(rows, prior), lambda *system: fit_parts(*system, prior),
                    ELEMENT_WEIGHT)


def path_design(rows):
    design = []
    for row in rows:
        path = row.counts["critical_path"]
        design.append([sum(path[part][kind] for part in group)
                       for group in DELAY_GROUPS for kind in KINDS]
                      + [path["fanout_doublings"], 1 if row.unit == "pe" else 0])
    return numpy.array(design, float)


def delay_rows(rows):
    return [row for row in unique(rows) if row.figures["delay"]]


def delay_weight(rows):
    """Of an element's error against that of a multiplier alone. All multipliers together weigh no
    more than an eighth of the elements: their delays are luck more than anything."""
    alone = sum(row.unit == "multiplier" for row in rows)
    share = 2 * alone / (len(rows) - alone) if len(rows) > alone else 1
    return DELAY_WEIGHT * max(1, share) ** 0.5


def fit_delay(rows, design, scale):
    prior = scale * numpy.array(GATE_LEVELS * len(DELAY_GROUPS) + [0.2, 3])
    return Quantity(rows, [row.figures["delay"] for row in rows], design,
                    numpy.zeros(len(rows)),
                    lambda *system: fit_relative(*system, prior, DELAY_PULL),
                    delay_weight(rows))


def toggle_design(rows):
    """Per product: settled and glitches by group, inputs, register bits."""
    design = []
    for row in rows:
        counts = row.counts
        toggles = counts["toggles"]
        values = [sum(toggles[part][which] for part in group)
                  for group in ENERGY_GROUPS for which in ("settled", "glitch")]
        values += [counts["input_toggles"], counts["register_toggles"]]
        design.append([value / counts["products"] for value in values])
    return numpy.array(design, float)


def energy_rows(rows):
    return [row for row in rows if row.figures.get("energy") and row.counts["products"]
            and row.multiplier not in ("bit_serial_weight", "composable")]


def clock_energy(rows, clock):
    """Of registers, a product."""
    return numpy.array([row.counts["clocked_bits"] / row.counts["products"] * clock
                        for row in rows])


def fit_energy(rows):
    rows = energy_rows(rows)
    clocks = [(row.figures["clock"] or 0) / row.counts["flip_flops"] for row in rows
              if row.counts["flip_flops"]]
    clock = float(numpy.median(clocks))
    fixed = clock_energy(rows, clock)
    measured = [row.figures["energy"] for row in rows]
    design = toggle_design(rows)
    typical = numpy.median((numpy.array(measured) - fixed) / design.sum(axis=1))
    prior = numpy.full(design.shape[1], typical)
    quantity = Quantity(rows, measured, design, fixed,
                        lambda *system: fit_relative(*system, prior, ENERGY_PULL))
    return clock, quantity


def fit_speed_energy(rows, clock, least):
    """Of the gates for speed. Few rows have it: drawn to the coefficients of the least area.
    Registers and inputs are the same ones."""
    rows = energy_rows(rows)
    if not rows:
        return None
    gates = 2 * len(ENERGY_GROUPS)
    design = toggle_design(rows)
    fixed = clock_energy(rows, clock) + design[:, gates:] @ least[gates:]
    prior = numpy.maximum(least[:gates], least[:gates].max() / 100)
    return Quantity(rows, [row.figures["energy"] for row in rows], design[:, :gates], fixed,
                    lambda *system: fit_relative(*system, prior, SPEED_ENERGY_PULL))
