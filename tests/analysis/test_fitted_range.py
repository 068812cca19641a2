#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The range of a fit is that of the circuits that are in all of its fits."""

import pathlib
import sys
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))
try:
    import fitted_range
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)


def row(shape, energy=1.0, multiplier="auto"):
    return types.SimpleNamespace(counts={"shape": shape, "products": 100}, multiplier=multiplier,
                                 figures={"energy": energy})


class FittedRange(unittest.TestCase):
    rows = [row({"formats": ["integer"], "fixed_sum_bits": [12, 32]}),
            row({"formats": ["float", "integer"], "fixed_sum_bits": [85]}),
            row({"formats": ["posit"], "fixed_sum_bits": [500]}, energy=None),
            row({"formats": ["codebook"], "fixed_sum_bits": [4]}, multiplier="bit_serial_weight")]

    def test_it_has_all_words_and_the_ends_of_all_numbers(self):
        self.assertEqual(fitted_range.of(self.rows[:2]),
                         {"formats": ["float", "integer"], "fixed_sum_bits": [12, 85]})

    def test_circuits_without_an_energy_are_left_out(self):
        self.assertEqual(fitted_range.of(self.rows), fitted_range.of(self.rows[:2]))

    def test_its_lines_are_a_section_of_a_technology(self):
        self.assertEqual(fitted_range.yaml_lines({"formats": ["float"], "stages": [1, 1]})[1:],
                         ["    formats: [float]", "    stages: [1, 1]"])


if __name__ == "__main__":
    unittest.main()
