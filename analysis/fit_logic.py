#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the coefficients of logic to measured circuits.

    fit_logic.py --table analysis/characterization/osu018.csv --cells analysis/characterization/osu018_cells.json
    fit_logic.py --table analysis/reference/pe-synthesis.csv --library nangate45
    ... --other-recipe TABLE --other-library NAME    the same library, synthesised by other commands
    ... --errors        print every row with its error, fitted and left out, instead of YAML

What is fitted: `systole pe` takes a circuit apart into gates by part and kind, a critical path, and
toggles under the table's stimulus. Area, delay and energy of a row are these counts times
coefficients, which are found by least squares of relative errors, none negative, drawn to those of
the library's own cells where the rows say little. Errors are those of the fit, and of rows whose
format is left out of it (all rows with it). Rows of another recipe of synthesis are in no fit: their
errors are those of the coefficients without their formats."""

import argparse
import sys
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fit_errors  # pylint: disable=wrong-import-position
import fitted_range  # pylint: disable=wrong-import-position
from fit_quantities import (  # pylint: disable=wrong-import-position
    AREA_GROUPS, DELAY_GROUPS, ENERGY_GROUPS, GATE_LEVELS, KINDS, PARTS,
    area_rows, cell_prior, clock_energy, delay_rows, energy_rows, fit_area, fit_delay, fit_energy,
    fit_speed_energy, gate_design, path_design, register_area, toggle_design)
from fit_rows import (  # pylint: disable=wrong-import-position
    Bench, characterised_rows, reference_rows, unique)

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 8


def number(value):
    return f"{value:.4g}"


def row_text(names, values):
    return "{" + ", ".join(f"{name}: {number(value)}" for name, value in zip(names, values)) + "}"


def gates_yaml(area, delay, energy, indent):
    pad = " " * indent
    lines = [pad + "gates_um2:"]
    for part in PARTS:
        group = next(i for i, names in enumerate(AREA_GROUPS) if part in names)
        lines.append(f"{pad}  {part}: "
                     + row_text(KINDS, area[group * len(KINDS):(group + 1) * len(KINDS)]))
    lines.append(f"{pad}  output_and: {number(area[-1])}")
    lines.append(pad + "delay_ns:")
    for part in PARTS:
        group = next(i for i, names in enumerate(DELAY_GROUPS) if part in names)
        lines.append(f"{pad}  {part}: "
                     + row_text(KINDS, delay[group * len(KINDS):(group + 1) * len(KINDS)]))
    lines += [f"{pad}  fanout_doubling: {number(delay[-2])}", f"{pad}  register: {number(delay[-1])}"]
    lines.append(pad + "toggles_fj:")
    for part in PARTS:
        group = next(i for i, names in enumerate(ENERGY_GROUPS) if part in names)
        lines.append(f"{pad}  {part}: "
                     + row_text(["settled", "glitch"], 1000 * energy[2 * group:2 * group + 2]))
    return lines


class Fit:
    """All coefficients of a table. `others`: rows of another recipe of synthesis."""

    def __init__(self, rows, bench, prior, others=()):
        self.prior = prior
        self.rows, self.others = rows, []
        small_rows = [row for row in rows if row.goal == "area"]
        speed_rows = [row for row in rows if row.goal == "speed"]
        draft = self.draft(prior)
        for row, counts in zip(rows, bench.counts(rows, draft, True)):
            row.counts = counts
        self.area = fit_area(small_rows, prior)
        self.clock, self.energy = fit_energy(small_rows)
        self.leakage = float(numpy.median([row.figures["leakage"] / row.figures["area"]
                                           for row in unique(small_rows)
                                           if row.figures["leakage"]]))
        self.speed_area = fit_area(speed_rows, prior) if speed_rows else None
        self.delay = self.speed_delay = None
        self.speed_energy = fit_speed_energy(speed_rows, self.clock, self.energy.coefficients)
        self.find_delays(bench, rows, small_rows, speed_rows)
        others = list(others)
        for row, counts in zip(others, bench.counts(others, self.yaml("fit"), True)):
            row.counts = counts
        self.others = others

    def find_delays(self, bench, rows, small_rows, speed_rows):
        """Fits to the longest paths, which the coefficients decide: again and again, half a step each
        time, and of all rounds the one whose largest error is the least on the paths that it makes the
        longest."""
        best = {}
        designs = {}
        for _ in range(ROUNDS):
            for goal, goal_rows in (("area", small_rows), ("speed", speed_rows)):
                if not goal_rows:
                    continue
                new = path_design(delay_rows(goal_rows))
                designs[goal] = (designs.get(goal, new) + new) / 2
                found = self.fit_delays(goal_rows, designs[goal])
                setattr(self, {"area": "delay", "speed": "speed_delay"}[goal], found)
            for row, counts in zip(rows, bench.counts(rows, self.yaml("fit"), False)):
                row.counts["critical_path"] = counts["critical_path"]
            for goal, found in (("area", self.delay), ("speed", self.speed_delay)):
                if found is None:
                    continue
                # What `systole pe` would say.
                found.predict(path_design(found.rows), numpy.zeros(len(found.rows)))
                error = float(numpy.abs(found.errors(found.fitted)).max())
                if goal not in best or error < best[goal][0]:
                    best[goal] = (error, found)
        self.delay = best["area"][1]
        self.speed_delay = best["speed"][1] if "speed" in best else None

    @staticmethod
    def fit_delays(rows, design):
        rows = delay_rows(rows)
        gates = design[:, :-2].sum(axis=1)
        scale = float(numpy.median([row.figures["delay"] / count
                                    for row, count in zip(rows, gates)]))
        return fit_delay(rows, design, scale)

    @staticmethod
    def draft(prior):
        area = [prior[kind] for _ in AREA_GROUPS for kind in KINDS] + [prior["output_and"]]
        gates = gates_yaml(area, GATE_LEVELS * len(DELAY_GROUPS) + [0.2, 0], numpy.ones(10), 4)
        lines = ["name: draft", "node: draft", "logic:", "  source: draft", "  area:", *gates,
                 "  speed:", *gates,
                 "  register: {area_um2: 1, clock_fj: 1, toggle_fj: 1}", "  input_fj: 1",
                 "  leakage: {uw_per_um2: 1, temperature_kelvin: 300, kelvin_per_doubling: 10}",
                 *fit_errors.yaml_lines(fit_errors.NONE)]
        return "\n".join(lines) + "\n" + DRAFT_SRAM

    def goals(self):
        """Quantities by what the synthesis aimed at; None where nothing was measured."""
        return {"area": {"area": self.area, "delay": self.delay, "energy": self.energy},
                "speed": {"area": self.speed_area, "delay": self.speed_delay,
                          "energy": self.speed_energy}}

    def of_rows(self, goal, name, rows):
        """Rows of another table that have the quantity, with what their figures are made of."""
        rows = [row for row in rows if row.goal == goal]
        if name == "area":
            rows = area_rows(rows)
            return rows, gate_design(rows), register_area(rows, self.prior)
        if name == "delay":
            rows = delay_rows(rows)
            return rows, path_design(rows), numpy.zeros(len(rows))
        rows = energy_rows(rows)
        design, fixed = toggle_design(rows), clock_energy(rows, self.clock)
        if goal == "area" or not rows:
            return rows, design, fixed
        gates = 2 * len(ENERGY_GROUPS)
        return rows, design[:, :gates], fixed + design[:, gates:] @ self.energy.coefficients[gates:]

    def fitted_yaml(self, shapes):
        """What errors were measured of: this library's circuits, and those of the other one."""
        return fitted_range.yaml_lines(
            fitted_range.of(self.rows + (shapes.rows if shapes else [])))

    def logic_yaml(self, source, shapes=None):
        """`shapes`: another library's fit, which has formats that this one has not."""
        energy = self.energy.coefficients
        fast_energy = energy if self.speed_energy is None else self.speed_energy.coefficients
        lines = ["logic:", f'  source: "{source}"',
                 *fit_errors.yaml_lines(fit_errors.of(self, shapes)), *self.fitted_yaml(shapes)]
        lines += [f"  register: {{area_um2: {number(self.prior['register'])}, "
                  f"clock_fj: {number(1000 * self.clock)}, "
                  f"toggle_fj: {number(1000 * energy[9])}}}",
                  f"  input_fj: {number(1000 * energy[8])}",
                  "  # Measured at 300 K. That it doubles every 37 K is an estimate: CACTI's 45 nm "
                  "memories do.",
                  f"  leakage: {{uw_per_um2: {number(self.leakage)}, temperature_kelvin: 300, "
                  "kelvin_per_doubling: 37}",
                  "  area:", *gates_yaml(self.area.coefficients, self.delay.coefficients, energy, 4)]
        if self.speed_area:
            of_energy = "" if self.speed_energy else "  # energies are those of the least area"
            lines += ["  speed:" + of_energy,
                      *gates_yaml(self.speed_area.coefficients, self.speed_delay.coefficients,
                                  fast_energy, 4)]
        return "\n".join(lines) + "\n"

    def yaml(self, source):
        return "name: fit\nnode: fit\n" + self.logic_yaml(source) + DRAFT_SRAM

    def quantities(self):
        found = [("area", self.area), ("delay", self.delay), ("energy", self.energy)]
        if self.speed_area:
            found += [("area, for speed", self.speed_area), ("delay, for speed", self.speed_delay)]
        if self.speed_energy:
            found.append(("energy, for speed", self.speed_energy))
        return found


def draft_sram():
    """A section that the reader takes; nothing of it matters here."""
    text = (ROOT / "configs/technology/generic_45nm.yaml").read_text(encoding="utf-8")
    return text[text.index("\nsram:") + 1:]


DRAFT_SRAM = draft_sram()


def error_table(quantity, name):
    fitted, out = (quantity.errors(values) for values in (quantity.fitted, quantity.left_out))
    lines = [f"{name}: fitted {summary(fitted)}, left out {summary(out)}"]
    for row, measured, a, b in sorted(zip(quantity.rows, quantity.measured, fitted, out),
                                      key=lambda each: -abs(each[3])):
        lines.append(f"  {row.label:75} {measured:10.4g} {100 * a:+7.1f} % {100 * b:+7.1f} %")
    return "\n".join(lines)


def summary(errors):
    values = fit_errors.spread(errors)
    return f"rms {100 * values['rms']:.1f} %, largest {100 * values['largest']:.1f} %"


def read_rows(arguments):
    if arguments.library:
        return list(reference_rows(arguments.table, arguments.library))
    return list(characterised_rows(arguments.table))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", required=True, help="measured circuits, CSV")
    parser.add_argument("--library", help="of a table of several libraries")
    parser.add_argument("--other-recipe", help="table of circuits that other commands synthesised")
    parser.add_argument("--other-library", help="of that table")
    parser.add_argument("--cells", help="areas of the library's cells, JSON of analysis/characterize")
    parser.add_argument("--systole", default=str(ROOT / "build/release/systole"))
    parser.add_argument("--source", default="", help="text of the YAML's source")
    parser.add_argument("--errors", action="store_true", help="print the errors of every row")
    arguments = parser.parse_args()
    others = (list(reference_rows(arguments.other_recipe, arguments.other_library))
              if arguments.other_recipe else [])
    fit = Fit(read_rows(arguments), Bench(arguments.systole), cell_prior(arguments), others)
    if arguments.errors:
        print("\n\n".join(error_table(quantity, name) for name, quantity in fit.quantities()))
    else:
        sys.stdout.write(fit.logic_yaml(arguments.source or arguments.table))


if __name__ == "__main__":
    main()
