#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether errors outside of a fit's range stay within the wider band that reports print there.

    analysis/range_check.py [--systole PROGRAM]

Coefficients of area and energy are fitted to the circuits on one side of a bound alone, and predict
those on the other side. Each row says how many circuits that are, the largest error (what the
smaller of prediction and measurement is multiplied by), that of the same circuits with a fit to all,
and what the rule of models/cost/technology/fitted_range.hpp widens to: the largest error of circuits
inside, times the root of the ratio of the number to the bound."""

import argparse
import sys
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fit_logic  # pylint: disable=wrong-import-position
import fit_quantities  # pylint: disable=wrong-import-position
import make_technology  # pylint: disable=wrong-import-position

# A number of the shape, the bound, and whether circuits below it are fitted (else those above).
CUTS = [("fixed_sum_bits", 24, True), ("fixed_sum_bits", 32, True), ("fixed_sum_bits", 32, False),
        ("operand_bits", 4, True), ("operand_bits", 8, True), ("exponent_bits", 3, True),
        ("significand_bits", 3, True), ("float_sum_significand_bits", 11, True)]
TABLES = {"nangate45": {"table": str(make_technology.SYNTHESIS), "library": "nangate45",
                        "cells": None},
          "osu018": {"table": str(make_technology.OSU018), "library": None,
                     "cells": str(make_technology.OSU018_CELLS)}}


def factors(predicted, measured):
    ratios = predicted / measured
    return numpy.maximum(ratios, 1 / ratios)


def numbers_of(row, key):
    return row.counts["shape"][key]


def checked(quantity, key, bound, below):
    """A line of the table; None where a side has too few circuits to say anything."""
    side = [[value <= bound if below else value >= bound for value in numbers_of(row, key)]
            for row in quantity.rows]
    inside = [i for i, values in enumerate(side) if all(values)]
    outside = [i for i, values in enumerate(side)
               if not all(values) and quantity.rows[i].unit == "pe"]
    if len(inside) < 12 or not outside:
        return None
    coefficients = quantity.solve(inside)
    predicted = quantity.design @ coefficients + quantity.fixed
    base = factors(predicted[inside], quantity.measured[inside]).max()
    ratios = [max(max(value / bound, bound / value) for value in numbers_of(quantity.rows[i], key))
              for i in outside]
    found = factors(predicted[outside], quantity.measured[outside])
    allowed = base * numpy.sqrt(ratios)
    known = factors(quantity.fitted[outside], quantity.measured[outside])
    worst = int(numpy.argmax(found))
    return (f"{'up to' if below else 'from'} {bound}", len(outside), found[worst], known.max(),
            allowed[worst], int((found > allowed).sum()))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systole", default=str(fit_logic.ROOT / "build/release/systole"))
    bench = fit_logic.Bench(parser.parse_args().systole)
    print(f"{'library':10} {'quantity':7} {'fitted to':32} {'others':>6} {'largest':>8} "
          f"{'all':>6} {'band':>6} {'beyond':>6}")
    for library, table in TABLES.items():
        options = argparse.Namespace(**table)
        prior = fit_logic.cell_prior(options)
        rows = [row for row in fit_logic.read_rows(options) if row.goal == "area"]
        for row, counts in zip(rows, bench.counts(rows, fit_logic.Fit.draft(prior), True)):
            row.counts = counts
        quantities = {"area": fit_quantities.fit_area(rows, prior),
                      "energy": fit_quantities.fit_energy(rows)[1]}
        for name, quantity in quantities.items():
            for key, bound, below in CUTS:
                line = checked(quantity, key, bound, below)
                if line is None:
                    continue
                print(f"{library:10} {name:7} {key + ' ' + line[0]:32} {line[1]:6} {line[2]:8.2f} "
                      f"{line[3]:6.2f} {line[4]:6.2f} {line[5]:6}")


if __name__ == "__main__":
    main()
