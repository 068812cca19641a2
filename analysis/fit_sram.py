#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the SRAM model of models/cost/technology/sram.hpp to a table of CACTI 7 macros.

    fit_sram.py [--reference DIR] [--tech 0.045] [--cell itrs-lop] [--errors]

Prints the section `sram` of a technology file; with --errors, the errors of all technologies of
DIR/sram-cacti7.csv instead. DIR defaults to analysis/reference, a copy of the published table.

The model of a quantity is a sum of c * max(0, KiB - above)^p * (bits / 64)^q with c, p, q >= 0, so
it cannot fall with capacity or word width. One linear program finds the c of a curve:
- nominal: least worst violation of the band between CACTI's default (ED2) and minimum energy (EN),
  then least distance from the middle of the band, then few terms;
- low and high: below and above all rows, as close as possible.

What a left-out row costs is measured twice. `shared`: the size or width is left out for this
technology, and the other technologies of the table say how the quantity goes on from the nearest
size or the other width. `alone`: nothing but the remaining rows (not possible for a width: with one
width left, nothing says how the quantity goes with the width). The band's margin is the worst error
of `shared` over sizes and widths.
"""

import argparse
import csv
import math
from collections import defaultdict
from pathlib import Path

import numpy
from scipy.optimize import linprog

SIZES = (2, 8, 32, 64, 128, 256, 512, 1024)  # KiB
WIDTHS = (64, 256)  # bits
EXPONENTS = (0, 0.25, 0.5, 0.75, 1)
WORD_EXPONENTS = (0, 0.5, 1)
KNOTS = (8, 32, 64, 128, 256)  # KiB beyond which CACTI may choose another partition
KNOT_EXPONENTS = (0.75, 1)
TERMS = ([(0, p, q) for p in EXPONENTS for q in WORD_EXPONENTS]
         + [(above, p, q) for above in KNOTS for p in KNOT_EXPONENTS for q in WORD_EXPONENTS])
QUANTITIES = (  # key, column, factor of the unit
    ("read_pj", "read_pJ", 1),
    ("write_pj", "write_pJ", 1),
    ("leakage_uw", "leak_mW", 1e3),
    ("area_um2", "area_mm2", 1e6),
    ("access_ns", "access_ns", 1),
)
CURVES = ("nominal", "low", "high")
COOL, HOT = 300, 360  # kelvin


def term(key, above, p, q):
    size, width = key
    return max(0.0, size - above) ** p * (width / 64) ** q


DESIGN = {key: numpy.array([term(key, *each) for each in TERMS])
          for key in ((size, width) for size in SIZES for width in WIDTHS)}


class Table:
    """The rows of one technology: (lowest, highest) of every quantity by size and width."""

    def __init__(self, rows):
        self.leakage_ratios = self._leakage_ratios(rows)
        # Leakage goes with exp(k (T - 300 K)); CACTI's other figures are those of both temperatures.
        self.leakage_per_kelvin = numpy.mean(numpy.log(self.leakage_ratios)) / (HOT - COOL)
        values = defaultdict(list)
        for row in rows:
            key = (int(row["size_kB"]), int(row["word_bits"]))
            cooled = math.exp(-self.leakage_per_kelvin * (int(row["temp_K"]) - COOL))
            for name, column, factor in QUANTITIES:
                value = float(row[column]) * factor
                values[name, key].append(value * cooled if name == "leakage_uw" else value)
        self.bands = {name: {key: (min(values[name, key]), max(values[name, key]))
                             for key in DESIGN} for name, _, _ in QUANTITIES}

    @staticmethod
    def _leakage_ratios(rows):
        found = {(row["size_kB"], row["word_bits"], int(row["temp_K"])): float(row["leak_mW"])
                 for row in rows if row["opt"] == "ED2"}
        return [found[size, width, HOT] / value
                for (size, width, kelvin), value in found.items() if kelvin == COOL]


def read_tables(reference):
    groups = defaultdict(list)
    with open(reference / "sram-cacti7.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            groups[row["tech_um"], row["cell"]].append(row)
    return {name: Table(rows) for name, rows in sorted(groups.items())}


def fit(band, curve):
    """Coefficients of TERMS for {key: (low, high)}."""
    keys = sorted(band)
    design = numpy.array([DESIGN[key] for key in keys])
    low, high = (numpy.array([band[key][i] for key in keys]) for i in (0, 1))
    target = {"nominal": numpy.sqrt(low * high), "low": low, "high": high}[curve]
    rows, terms = design.shape
    relative = design / target[:, None]
    # Variables: coefficients, distance of every row, worst violation.
    none, one = numpy.zeros((rows, rows)), numpy.eye(rows)
    column = numpy.ones((rows, 1))
    above = [relative, -one, 0 * column], [1] * rows
    below = [-relative, -one, 0 * column], [-1] * rows
    inside = ([design / high[:, None], none, -column], [1] * rows)
    outside = ([-design / low[:, None], none, -column], [-1] * rows)
    blocks = {"nominal": [above, below, inside, outside],
              "low": [below, ([relative, none, 0 * column], [1] * rows)],
              "high": [above, ([-relative, none, 0 * column], [-1] * rows)]}[curve]
    few = 0.02 * relative.mean(axis=0) * [3 if each[0] else 1 for each in TERMS]
    cost = numpy.concatenate([few, numpy.ones(rows), [100 * rows]])
    result = linprog(cost, A_ub=numpy.vstack([numpy.hstack(block) for block, _ in blocks]),
                     b_ub=numpy.concatenate([bound for _, bound in blocks]), method="highs")
    if result.status != 0:
        raise RuntimeError("no fit: " + result.message)
    return numpy.where(result.x[:terms] * design.max(axis=0) > 1e-6 * target.max(),
                       result.x[:terms], 0)


def fit_curves(band):
    return {curve: fit(band, curve) for curve in CURVES}


def evaluate(curves, key):
    """(low, nominal, high) as the model gives them: low and high never pass nominal."""
    low, nominal, high = (float(DESIGN[key] @ curves[curve])
                          for curve in ("low", "nominal", "high"))
    return min(low, nominal), nominal, max(high, nominal)


def borrowed(table, others, name, key, kept):
    """What the other technologies say of a left-out row, from the nearest rows that are left."""
    def distance(other):
        return abs(math.log2(other[0] / key[0])) + abs(math.log2(other[1] / key[1]))
    nearest = [other for other in kept if distance(other) == min(map(distance, kept))]
    ratios = [[math.log(other.bands[name][key][i] / other.bands[name][near][i])
               + math.log(table.bands[name][near][i]) for other in others for near in nearest]
              for i in (0, 1)]
    low, high = (math.exp(numpy.mean(each)) for each in ratios)
    return min(low, high), max(low, high)


def errors(curves, band, keys):
    """Of nominal outside the rows' band, and of rows outside the model's band, as fractions."""
    nominal_errors, band_errors = [], []
    for key in keys:
        row_low, row_high = band[key]
        low, nominal, high = evaluate(curves, key)
        nominal_errors.append(max(0, row_low / nominal - 1, nominal / row_high - 1))
        band_errors.append(max(0, low / row_low - 1, row_high / high - 1))
    return nominal_errors, band_errors


def leave_out(table, others, name, groups):
    nominal_errors, band_errors = [], []
    for left_out in groups:
        band = table.bands[name]
        kept = {key: band[key] for key in band if key not in left_out}
        if others:
            kept.update({key: borrowed(table, others, name, key,
                                       [key for key in band if key not in left_out])
                         for key in left_out})
        for total, part in zip((nominal_errors, band_errors),
                               errors(fit_curves(kept), band, left_out)):
            total.extend(part)
    return nominal_errors, band_errors


def assess(table, others, name):
    """The curves and {case: (errors of nominal, errors of the band)}."""
    sizes = [[(size, width) for width in WIDTHS] for size in SIZES]
    curves = fit_curves(table.bands[name])
    return curves, {
        "in_sample": errors(curves, table.bands[name], DESIGN),
        "size_left_out": leave_out(table, others, name, sizes),
        "width_left_out": leave_out(table, others, name,
                                    [[(size, width) for size in SIZES] for width in WIDTHS]),
        "inner_size_left_out_alone": leave_out(table, [], name, sizes[2:-1]),
        "size_left_out_alone": leave_out(table, [], name, sizes),
    }


CASES = ("in_sample", "size_left_out", "width_left_out")  # those of the technology file


def monotone_floor(band):
    """The worst violation of the band that no monotone function avoids."""
    return max((band[one][0] - band[other][1]) / (band[one][0] + band[other][1])
               for one in band for other in band
               if one[0] <= other[0] and one[1] <= other[1])


def rounded_up(value, digits=3):
    scale = 10 ** digits
    return math.ceil(value * scale - 1e-9) / scale


def rms(values):
    return math.sqrt(numpy.mean(numpy.square(values)))


def margin(cases):
    return rounded_up(max(max(cases[case][1]) for case in CASES))


def wires(table):
    """What a millimetre of wire costs: the growth of macros from 64 KiB to 1 MiB, whose longer
    H-trees are what differs, by the growth of their side. Geometric mean over widths and optima."""
    picojoules, nanoseconds = [], []
    for width in WIDTHS:
        for i in (0, 1):
            small, large = ({name: table.bands[name][size, width][i]
                             for name, _, _ in QUANTITIES} for size in (64, 1024))
            side = (math.sqrt(large["area_um2"]) - math.sqrt(small["area_um2"])) * 1e-3
            picojoules.append((large["read_pj"] - small["read_pj"]) / side / width)
            nanoseconds.append((large["access_ns"] - small["access_ns"]) / side)
    return picojoules, nanoseconds


def geometric_mean(values):
    return math.exp(numpy.mean(numpy.log(values)))


def factor_error(values):
    """The largest ratio of a value to the geometric mean, either way."""
    return max(math.exp(abs(math.log(value / geometric_mean(values)))) for value in values)


def terms_text(coefficients, indent):
    lines = []
    for coefficient, (above, p, q) in zip(coefficients, TERMS):
        if coefficient > 0:
            start = ", above: %dKiB" % above if above else ""
            lines.append("%s- {scale: %.5g, capacity_exponent: %g, word_exponent: %g%s}\n"
                         % (indent, coefficient, p, q, start))
    return "".join(lines)


def quantity_text(name, curves, cases):
    text = "  %s:\n    margin: %.3f\n    error:\n" % (name, margin(cases))
    for case in CASES:
        text += ("      %s: {max: %.3f, rms: %.3f}\n"
                 % (case, rounded_up(max(cases[case][0])), rounded_up(rms(cases[case][0]))))
    for curve in CURVES:
        text += "    %s:\n%s" % (curve, terms_text(curves[curve], "      "))
    return text


HEADER = """\
# One quantity is the sum of scale * max(0, KiB - above)^capacity_exponent * (bits / 64)^word_exponent.
# low and high hold CACTI's default and its minimum-energy optimum; they are widened by the margin,
# the worst that a size or width left out of the fit missed them by. error: of nominal outside of
# the rows' band, as a fraction.
"""


def section(tables, tech, cell):
    """The section `sram` of a technology file."""
    table = tables[tech, cell]
    others = [other for name, other in tables.items() if name != (tech, cell)]
    text = HEADER + "sram:\n"
    text += ('  source: "fit_sram.py: CACTI 7, %g nm, %s, 2 KiB to 1 MiB of 64 and 256 bits, '
             'ED2 and EN"\n' % (float(tech) * 1e3, cell))
    text += "  temperature_kelvin: %d\n" % COOL
    text += "  leakage_per_kelvin: %.5g\n" % table.leakage_per_kelvin
    for name, _, _ in QUANTITIES:
        text += quantity_text(name, *assess(table, others, name))
    return text + structure(table, float(tech))


def structure(table, micron):
    picojoules, nanoseconds = wires(table)
    return """\
  ports:  # of a further read-write port, as fractions of the cell's own
    cell_width: %.3f
    cell_height: %.3f
    leakage: %.3f
    source: "estimate: two local wires of 2.5 F each way on CACTI's cell of 146 F2 and 1.46:1, two transistors on six"
  wires:  # between banks, over the side of all banks less that of one
    pj_per_bit_mm: %.4g
    ns_per_mm: %.4g
    um_per_wire: %.4g
    address_wires: 32
    source: "estimate: growth of the table's macros by millimetre of side, within a factor of %.1f; pitch of 4 F"
""" % (5 / 10, 5 / 14.6, 2 / 6, geometric_mean(picojoules), geometric_mean(nanoseconds),
       4 * micron, max(factor_error(picojoules), factor_error(nanoseconds)))


def error_table(tables):
    """Errors of all technologies in percent: nominal's worst and rms, and the band's worst."""
    lines = ["%-6s %-10s %-11s %-26s %8s %8s %8s"
             % ("um", "cell", "quantity", "case", "max", "rms", "band")]
    for (tech, cell), table in tables.items():
        others = [other for name, other in tables.items() if name != (tech, cell)]
        for name, _, _ in QUANTITIES:
            for case, (nominal, band) in assess(table, others, name)[1].items():
                lines.append("%-6s %-10s %-11s %-26s %8.1f %8.1f %8.1f"
                             % (tech, cell, name, case, 100 * max(nominal), 100 * rms(nominal),
                                100 * max(band)))
            lines.append("%-6s %-10s %-11s no monotone function has less than %.1f in_sample"
                         % (tech, cell, name, 100 * max(0, monotone_floor(table.bands[name]))))
        spread = numpy.array(table.leakage_ratios) / math.exp(
            table.leakage_per_kelvin * (HOT - COOL)) - 1
        lines.append("%-6s %-10s leakage from 300 K to 360 K: x %.2f, within %.1f %%"
                     % (tech, cell, numpy.mean(table.leakage_ratios), 100 * max(abs(spread))))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", type=Path, help="folder of sram-cacti7.csv",
                        default=Path(__file__).resolve().parent / "reference")
    parser.add_argument("--tech", default="0.045", help="microns, as in the table")
    parser.add_argument("--cell", default="itrs-lop")
    parser.add_argument("--errors", action="store_true", help="errors of all technologies")
    arguments = parser.parse_args()
    tables = read_tables(arguments.reference)
    if (arguments.tech, arguments.cell) not in tables:
        parser.error("no such technology, expected one of "
                     + ", ".join(" ".join(name) for name in tables))
    print(error_table(tables) if arguments.errors
          else section(tables, arguments.tech, arguments.cell), end="")


if __name__ == "__main__":
    main()
