#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the SRAM model of models/cost/technology/sram.hpp to CACTI 7 macros.

    fit_sram.py [--reference DIR] [--tech 0.045] [--cell itrs-lop] [--errors]

Prints the section `sram` of a technology file; with --errors, the errors of all technologies of
the wide table instead. DIR defaults to analysis/reference (cacti_table.py says what is there).
sram_surface.py says how a quantity is fitted.

What a left-out size or width costs is measured twice. `shared`: the other technologies of the table
say how the quantity goes on from the nearest size or width that is left. `alone`: nothing but the
remaining rows. The margins of low and of high hold 95 % each of the rows that `shared` left out,
macros of more than 8 Mi words apart. Memories of several macros or ports have an error of their own
on top, which holds every row of the table.
"""

import argparse
import math
import statistics
from pathlib import Path
from typing import NamedTuple

from cacti_table import HOT, NAMES, geometric_mean, read_tables
from sram_surface import (CURVES, MOST_WORDS, SIZES, WIDTHS, evaluate, fit_curves, words)

CASES = ("in_sample", "size_left_out", "width_left_out")  # those of the technology file
NEAR_BAND = 0.1  # a row this far outside of its band counts as missed


class Error(NamedTuple):
    """Of a row, as fractions. Nominal is below zero where it lies below the row's band."""

    nominal: float  # outside of the row's band
    low: float  # the row below the model's band
    high: float  # the row above it


def borrowed(table, others, name, key, kept):
    """What the other technologies say of a left-out row, from the nearest rows that are left."""
    def distance(other):
        return abs(math.log2(other[0] / key[0])) + abs(math.log2(other[1] / key[1]))
    least = min(map(distance, kept))
    bands = table.bands[name]
    ratios = [[other[name][key][i] / other[name][near][i] * bands[near][i]
               for other in others for near in kept if distance(near) == least] for i in (0, 1)]
    low, high = (geometric_mean(each) for each in ratios)
    return min(low, high), max(low, high)


def errors(curves, band, keys):
    """{key: Error}; nominal's alone where there are no other curves."""
    found = {}
    for key in keys:
        row_low, row_high = band[key]
        low, nominal, high = evaluate(curves, key)
        outside = nominal / row_high - 1 if nominal > row_high else min(0, 1 - row_low / nominal)
        found[key] = Error(outside, max(0, low / row_low - 1), max(0, row_high / high - 1))
    return found


def groups_of(band, axis):
    """Rows by size (0) or width (1)."""
    return [[key for key in sorted(band) if key[axis] == each]
            for each in sorted({key[axis] for key in band})]


def leave_out(table, others, name, axis, curves=CURVES):
    """Errors of every row with its size (axis 0) or its width (1) left out of the fit."""
    band, found = table.bands[name], {}
    for left_out in groups_of(band, axis):
        kept = {key: band[key] for key in band if key not in left_out}
        known = dict(kept)
        if others:
            known.update({key: borrowed(table, others, name, key, list(kept))
                          for key in left_out})
        found.update(errors(fit_curves(known, name, curves), band, left_out))
    return found


def others_of(tables, technology):
    """The bands of the other technologies of the wide table."""
    return [table.bands for name, table in tables.items()
            if name != technology and table.is_wide]


def assess(tables, technology, name):
    """The curves and {case: {key: errors}}."""
    table, others = tables[technology], others_of(tables, technology)
    curves = fit_curves(table.bands[name], name)
    return curves, {"in_sample": errors(curves, table.bands[name], table.bands[name]),
                    "size_left_out": leave_out(table, others, name, 0),
                    "width_left_out": leave_out(table, others, name, 1)}


def rounded_up(value, digits=3):
    scale = 10 ** digits
    return math.ceil(value * scale - 1e-9) / scale


def largest(found):
    return max(abs(error.nominal) for error in found.values())


def rms(found):
    return math.sqrt(statistics.fmean(error.nominal ** 2 for error in found.values()))


def missed(found):
    """Rows that nominal misses by more than a tenth, worst first."""
    return sorted((key for key, error in found.items() if abs(error.nominal) > NEAR_BAND),
                  key=lambda key: -abs(found[key].nominal))


def margins(cases):
    """Of low and of high: each holds 95 % of the rows that were left out, those apart that CACTI
    lays out worst: they would widen the band of all others."""
    rows = [error for case in ("size_left_out", "width_left_out")
            for key, error in cases[case].items() if words(key) <= MOST_WORDS]

    def holding(values):
        return rounded_up(statistics.quantiles(values, n=20)[-1])
    return holding([error.low for error in rows]), holding([error.high for error in rows])


def within(found, margin):
    """The share of rows that the printed band holds, both of the row's ends."""
    return statistics.fmean(error.low <= margin[0] and error.high <= margin[1]
                            for error in found.values())


def contradiction(band, key):
    """(ratio, shape) of the row that contradicts another most. A ratio of 1.4: a row that offers no
    more costs at least 1.4 times as much as the other at most, or the other way round. No rule that
    never falls comes nearer to the two than the root of that."""
    def ratio(other):
        if other[0] <= key[0] and other[1] <= key[1]:
            return band[other][0] / band[key][1]
        if other[0] >= key[0] and other[1] >= key[1]:
            return band[key][0] / band[other][1]
        return 0
    return max((ratio(other), other) for other in band if other != key)


def room(band, key, axis):
    """(least, most) that the other rows leave one whose size (axis 0) or width (1) is left out: no
    less than any that offers no more costs at least, no more than any that offers no less costs at
    most."""
    kept = [other for other in band if other[axis] != key[axis]]
    least = max((band[other][0] for other in kept
                 if other[0] <= key[0] and other[1] <= key[1]), default=0)
    most = min((band[other][1] for other in kept
                if other[0] >= key[0] and other[1] >= key[1]), default=math.inf)
    return least, most


def ports(table):
    """What a second port (one reads, one writes) adds, as fractions: medians of the table."""
    growth = {name: statistics.median(
        table.ported[key][optimum][name] / table.optima[key][optimum][name]
        for key in table.ported if key in table.optima for optimum in table.ported[key])
              for name in NAMES}
    # A port widens the cell by more than it heightens it: two local wires of 2.5 F each way on
    # CACTI's cell of 146 F2 and 1.46:1, scaled to the growth of the macros.
    wide, high = 5 / 10, 5 / 14.6
    both, product = wide + high, wide * high
    scale = (math.sqrt(both ** 2 + 4 * product * (growth["area_um2"] - 1)) - both) / (2 * product)
    return {"cell_width": wide * scale, "cell_height": high * scale,
            "energy": geometric_mean([growth["read_pj"], growth["write_pj"]]) - 1,
            "leakage": growth["leakage_uw"] - 1,
            "time": geometric_mean([growth["access_ns"], growth["cycle_ns"]]) - 1}


def growth_of_ports(table):
    """What a second port multiplies each quantity by."""
    by = ports(table)
    return {"read_pj": 1 + by["energy"], "write_pj": 1 + by["energy"],
            "leakage_uw": 1 + by["leakage"], "access_ns": 1 + by["time"],
            "cycle_ns": 1 + by["time"],
            "area_um2": (1 + by["cell_width"]) * (1 + by["cell_height"])}


ADDRESS_WIRES = 32
# Of a bank CACTI takes other cycles when it is one of many than when it is alone, up to 1.9 times
# as long: docs/accuracy.md has how far they are apart.
BANKED = {"area": ("area_um2",), "energy": ("read_pj", "write_pj"), "leakage": ("leakage_uw",),
          "time": ("access_ns",)}
PORTED = {**BANKED, "time": ("access_ns", "cycle_ns")}


def bank_wires(table):
    """pJ a bit and millimetre, ns a millimetre: what many banks cost beyond one, by the side of
    all banks less that of one. Medians over the rows whose bank is a row too."""
    picojoules, nanoseconds = [], []
    for (size, width, banks), optima in table.banked.items():
        one = table.optima.get((size / banks, width), {})
        for optimum in set(one) & set(optima):
            length = (math.sqrt(banks) - 1) * math.sqrt(one[optimum]["area_um2"]) * 1e-3
            more = {name: optima[optimum][name] - one[optimum][name] for name in NAMES}
            picojoules.append(more["read_pj"] / length / (width + ADDRESS_WIRES))
            nanoseconds.append(more["access_ns"] / length)
    return statistics.median(picojoules), statistics.median(nanoseconds)


def of_banks(table, one, width, banks, micron):
    """{quantity: figure} of `banks` banks, as SramModel has it. `one`: those of one."""
    picojoules, nanoseconds = bank_wires(table)
    length = (math.sqrt(banks) - 1) * math.sqrt(one["area_um2"]) * 1e-3
    wires = width + ADDRESS_WIRES
    energy, pitch = length * wires * picojoules, 4 * micron * 1e3
    return {"read_pj": one["read_pj"] + energy, "write_pj": one["write_pj"] + energy,
            "leakage_uw": banks * one["leakage_uw"],
            "area_um2": banks * one["area_um2"] + length * (wires + width) * pitch,
            "access_ns": one["access_ns"] + length * nanoseconds, "cycle_ns": one["cycle_ns"]}


def printed(curves, margin, key):
    """(low, nominal, high) of every quantity, margins included."""
    ends = [{}, {}, {}]
    for name in NAMES:
        low, nominal, high = evaluate(curves[name], key)
        of = (low / (1 + margin[name][0]), nominal, high * (1 + margin[name][1]))
        for end, value in zip(ends, of):
            end[name] = value
    return ends


def outside(optima, name, low, high):
    """How far a row lies outside of low or high: a factor, less 1."""
    values = [of[name] for of in optima.values()]
    return max(0, low / min(values) - 1, max(values) / high - 1)


def structure_errors(kinds, rows):
    """{kind: what low and high must be widened by so that they hold every row}. `rows`: (optima,
    low, high)."""
    return {kind: rounded_up(max(outside(optima, name, low[name], high[name])
                                 for optima, low, high in rows for name in names), 2)
            for kind, names in kinds.items()}


def bank_errors(table, curves, margin, micron):
    def row(size, width, banks):
        low, _, high = (of_banks(table, end, width, banks, micron)
                        for end in printed(curves, margin, (size / banks, width)))
        return table.banked[size, width, banks], low, high
    return structure_errors(BANKED, [row(*key) for key in table.banked])


def port_errors(table, curves, margin):
    growth = growth_of_ports(table)

    def row(key):
        low, _, high = ({name: growth[name] * end[name] for name in NAMES}
                        for end in printed(curves, margin, key))
        return table.ported[key], low, high
    return structure_errors(PORTED, [row(key) for key in table.ported])


def errors_text(found):
    return "{" + ", ".join(f"{kind}: {error:.2f}" for kind, error in found.items()) + "}"


def numbers(values):
    return ", ".join(f"{value:.4g}" for value in values)


def quantity_text(name, curves, cases):
    low, high = margins(cases)
    text = f"  {name}:\n    margin: {{low: {low:.3f}, high: {high:.3f}}}\n    error:\n"
    for case in CASES:
        text += (f"      {case}: {{max: {rounded_up(largest(cases[case])):.3f}, "
                 f"rms: {rounded_up(rms(cases[case])):.3f}}}\n")
    for curve in CURVES:
        rows = curves[curve].reshape(len(SIZES), len(WIDTHS))
        text += f"    {curve}:\n" + "".join(
            f"      - [{numbers(math.exp(value) for value in row)}]\n" for row in rows)
    return text


HEADER = """\
# Every quantity has a table: a row for each capacity of a bank, a column for each word width.
# low and high hold CACTI's default and its minimum-energy optimum; the margins widen them so that
# each holds 95 % of the macros whose size or width was left out of the fit. error: of nominal
# outside of the rows' band, as a fraction; of ports and wires: what the ends of the band are widened
# by where there are several.
"""


def size_text(kib):
    return f"{kib * 1024:g}B" if kib < 1 else f"{kib:g}KiB" if kib < 1024 else f"{kib / 1024:g}MiB"


def structure(table, micron, curves, margin):
    picojoules, nanoseconds = bank_wires(table)
    figures = "".join(f"    {key}: {value:.3f}\n" for key, value in ports(table).items())
    return f"""\
  ports:  # of a further port, as fractions
{figures}    error: {errors_text(port_errors(table, curves, margin))}
    source: "table: medians of macros with one read and one write port over those with one port"
  wires:  # between macros, over the side of all of them less that of one
    pj_per_bit_mm: {picojoules:.4g}
    ns_per_mm: {nanoseconds:.4g}
    um_per_wire: {4 * micron:.4g}
    address_wires: {ADDRESS_WIRES}
    error: {errors_text(bank_errors(table, curves, margin, micron))}
    source: "table: medians of macros of 2 to 32 banks over one of their banks; pitch of 4 F"
"""


def section(tables, tech, cell):
    """The section `sram` of a technology file."""
    table, curves, margin = tables[tech, cell], {}, {}
    text = HEADER + "sram:\n"
    text += (f'  source: "fit_sram.py: CACTI 7, {float(tech) * 1e3:g} nm, {cell}, 512 B to 32 MiB of '
             '8 to 1024 bits, ED2 and EN"\n')
    text += f"  temperature_kelvin: {HOT}\n"
    text += f"  leakage_per_kelvin: {table.leakage_per_kelvin:.5g}\n"
    text += f"  capacities: [{', '.join(map(size_text, SIZES))}]\n"
    text += f"  word_bits: [{', '.join(map(str, WIDTHS))}]\n"
    text += f"  fewest_words: {min(map(words, table.optima)):.0f}\n"
    for name in NAMES:
        curves[name], cases = assess(tables, (tech, cell), name)
        margin[name] = margins(cases)
        text += quantity_text(name, curves[name], cases)
    return text + structure(table, float(tech), curves, margin)


def error_table(tables):
    """Errors of all technologies of the wide table, in percent."""
    lines = [f"{'um':6} {'cell':10} {'quantity':11} {'case':22} {'max':>7} {'rms':>7} "
             f"{'band':>7}  rows beyond 10 %"]
    for technology, table in tables.items():
        if not table.is_wide:
            continue
        for name in NAMES:
            cases = assess(tables, technology, name)[1]
            for axis, case in enumerate(("size_left_out_alone", "width_left_out_alone")):
                cases[case] = leave_out(table, [], name, axis)
            for case, found in cases.items():
                band = max(max(error.low, error.high) for error in found.values())
                lines.append("%-6s %-10s %-11s %-22s %7.1f %7.1f %7.1f  %d of %d" % (
                    *technology, name, case, 100 * largest(found), 100 * rms(found), 100 * band,
                    len(missed(found)), len(found)))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", type=Path, help="folder of the tables",
                        default=Path(__file__).resolve().parent / "reference")
    parser.add_argument("--tech", default="0.045", help="microns, as in the table")
    parser.add_argument("--cell", default="itrs-lop")
    parser.add_argument("--errors", action="store_true", help="errors of all technologies")
    arguments = parser.parse_args()
    tables = read_tables(arguments.reference)
    wanted = (arguments.tech, arguments.cell)
    if wanted not in tables or not tables[wanted].is_wide:
        parser.error("no such technology, expected one of "
                     + ", ".join(" ".join(name) for name, table in tables.items()
                                 if table.is_wide))
    print(error_table(tables) if arguments.errors else section(tables, *wanted), end="")


if __name__ == "__main__":
    main()
