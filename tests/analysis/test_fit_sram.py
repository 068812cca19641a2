#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The fit of memories: what is committed is what it gives, and rows left out of it are where it says."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
try:
    import fit_sram
    import numpy
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

TECHNOLOGY = ROOT / "configs/technology/generic_45nm.yaml"
TABLES = fit_sram.read_tables(ROOT / "analysis/reference")
ALL = [name for name, _, _ in fit_sram.QUANTITIES]
SIZES = [[(size, width) for width in fit_sram.WIDTHS] for size in fit_sram.SIZES]
WIDTHS = [[(size, width) for size in fit_sram.SIZES] for width in fit_sram.WIDTHS]


def of_technologies(name, case):
    """{technology: (worst of nominal, worst of band)}"""
    found = {}
    for technology, table in TABLES.items():
        others = [other for each, other in TABLES.items() if each != technology]
        band = table.bands[name]
        errors = (fit_sram.errors(fit_sram.fit_curves(band), band, band) if case == "in_sample"
                  else fit_sram.leave_out(table, others, name, case))
        found[technology] = tuple(max(each) for each in errors)
    return found


class Fit(unittest.TestCase):
    def test_is_what_is_committed(self):
        committed = TECHNOLOGY.read_text(encoding="utf-8")
        section = fit_sram.section(TABLES, "0.045", "itrs-lop")
        start = committed.index(section[:40])
        self.assertEqual(committed[start:start + len(section)], section)

    def test_is_inside_the_band_wherever_a_monotone_function_can_be(self):
        for name in ALL:
            for technology, (nominal, band) in of_technologies(name, "in_sample").items():
                floor = max(0, fit_sram.monotone_floor(TABLES[technology].bands[name]))
                self.assertLess(nominal, floor + (0.02 if floor > 0 else 1e-6), (name, technology))
                self.assertLess(band, 1e-6, (name, technology))

    def test_finds_the_coefficients_of_a_table_that_follows_them(self):
        terms = {(0, 0.5, 1): 2.0, (0, 1, 0): 0.01}
        band = {key: (value, value) for key in fit_sram.DESIGN
                for value in [sum(c * fit_sram.term(key, *each) for each, c in terms.items())]}
        for curve in fit_sram.CURVES:
            found = fit_sram.DESIGN[64, 64] @ fit_sram.fit(band, curve)
            self.assertAlmostEqual(found / band[64, 64][0], 1, 6)
            between = fit_sram.fit(band, curve) @ numpy.array(
                [fit_sram.term((16, 128), *each) for each in fit_sram.TERMS])
            self.assertAlmostEqual(between, 2 * 4 * 2 + 0.16, 6)

    def test_sees_a_row_that_does_not_follow_the_others(self):
        table = TABLES["0.045", "itrs-lop"]
        band = dict(table.bands["read_pj"])
        low, high = band[128, 64]
        kept = {key: value for key, value in band.items() if key != (128, 64)}
        band[128, 64] = (3 * low, 3 * high)
        self.assertGreater(max(fit_sram.errors(fit_sram.fit_curves(kept), band, [(128, 64)])[0]),
                           0.2)


class LeftOut(unittest.TestCase):
    def test_rows_of_the_generic_technology_are_in_the_widened_band(self):
        table = TABLES["0.045", "itrs-lop"]
        others = [other for each, other in TABLES.items() if each != ("0.045", "itrs-lop")]
        text = TECHNOLOGY.read_text(encoding="utf-8")
        for name in ALL:
            margin = float(re.search("  %s:\n    margin: ([0-9.]+)" % name, text).group(1))
            self.assertLess(margin, 0.18, name)
            for groups in (SIZES, WIDTHS):
                nominal, band = fit_sram.leave_out(table, others, name, groups)
                self.assertLessEqual(max(band), margin, name)
                self.assertLess(max(nominal), 0.12, name)

    def test_energy_and_area_of_other_technologies_are_near_the_band(self):
        for name, size, width in (("read_pj", 0.22, 0.20), ("write_pj", 0.05, 0.07),
                                  ("area_um2", 0.12, 0.26)):
            for groups, limit in ((SIZES, size), (WIDTHS, width)):
                for technology, (nominal, _) in of_technologies(name, groups).items():
                    self.assertLess(nominal, limit, (name, technology))

    def test_inner_sizes_need_no_other_technology(self):
        inner = SIZES[2:-1]
        for name, limit in (("read_pj", 1e-6), ("write_pj", 1e-6), ("area_um2", 0.13)):
            for technology, table in TABLES.items():
                nominal, _ = fit_sram.leave_out(table, [], name, inner)
                self.assertLess(max(nominal), limit, (name, technology))

    def test_the_smallest_size_needs_them(self):
        table = TABLES["0.045", "itrs-lop"]
        nominal, _ = fit_sram.leave_out(table, [], "read_pj", SIZES[:1])
        self.assertGreater(max(nominal), 0.3)


if __name__ == "__main__":
    unittest.main()
