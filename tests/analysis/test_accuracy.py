#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped technologies against the syntheses that they were fitted to (docs/accuracy.md)."""

import json
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
import fit_logic  # pylint: disable=wrong-import-position

PROGRAM = str(ROOT / "build/release/systole")
REFERENCE = ROOT / "analysis/reference/pe-synthesis.csv"
OSU018 = ROOT / "analysis/characterization/osu018.csv"


def predict(rows, technology, stimulated):
    """What `systole pe` says of each row."""
    with tempfile.TemporaryDirectory() as folder:
        def run(item):
            number, row = item
            file = Path(folder) / f"{number}.json"
            stimulus = (row.stimulus or "none") if stimulated else "none"
            subprocess.run([PROGRAM, "pe", *row.arguments(), "--technology", technology,
                            "--stimulus", stimulus, "--json", str(file)],
                           check=True, capture_output=True)
            return json.loads(file.read_text(encoding="utf-8"))
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(run, enumerate(rows)))


def element(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pe.json"
        subprocess.run([PROGRAM, "pe", *arguments, "--stimulus", "none", "--json", str(file)],
                       check=True, capture_output=True)
        return json.loads(file.read_text(encoding="utf-8"))["area_um2"]


def area_of(operand, accumulator="exact", *more):
    return element("--activation", operand, "--weight", operand, "--accumulator", accumulator,
                   *more)


class Nangate45(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = [row for row in fit_logic.reference_rows(REFERENCE, "nangate45")
                    if row.goal == "area"]
        cls.predicted = predict(cls.rows, "generic_45nm", False)
        cls.energy_rows = [row for row in cls.rows if row.figures["energy"]]

    def test_areas_are_within_ten_percent(self):
        self.assertGreater(len(self.rows), 50)
        for row, found in zip(self.rows, self.predicted):
            with self.subTest(row.label):
                self.assertLess(abs(found["area_um2"] / row.figures["area"] - 1), 0.10)

    def test_delays_of_elements_are_within_twenty_percent(self):
        for row, found in zip(self.rows, self.predicted):
            if row.unit == "pe":
                with self.subTest(row.label):
                    self.assertLess(abs(found["delay_ns"] / row.figures["delay"] - 1), 0.20)

    def test_energies_are_within_twenty_percent(self):
        for row, found in zip(self.energy_rows,
                              predict(self.energy_rows, "generic_45nm", True)):
            with self.subTest(row.label):
                self.assertLess(abs(found["energy_pj_per_mac"] / row.figures["energy"] - 1), 0.20)


class Osu018(unittest.TestCase):
    def test_areas_of_elements_are_within_ten_percent(self):
        rows = fit_logic.unique([row for row in fit_logic.characterised_rows(OSU018)
                                 if row.goal == "area" and row.unit == "pe"])
        self.assertGreater(len(rows), 70)
        for row, found in zip(rows, predict(rows, "osu018", False)):
            with self.subTest(row.label):
                self.assertLess(abs(found["area_um2"] / row.figures["area"] - 1), 0.10)


class Bands(unittest.TestCase):
    """What `systole pe` prints beside a figure holds for the circuits of that figure's kind."""

    def check(self, rows, technology, recipe):
        """Every synthesised figure lies in the band printed with it, all of them: a band is the
        largest error. Errors are stated with three digits."""
        rounding = 0.002
        keys = {"area": "area_um2", "delay": "delay_ns", "energy": "energy_pj_per_mac"}
        checked = set()
        for row, found in zip(rows, predict(rows, technology, True)):
            error = found["error"] if recipe == "fit" else found["error"]["other_recipe"]
            for name, key in keys.items():
                measured = row.figures.get(name)
                if not measured or not found[key] or not error[name]:
                    continue
                checked.add((row.unit, row.goal, name))
                with self.subTest(row.label + " " + name):
                    off = max(found[key] / measured, measured / found[key]) - 1
                    self.assertLess(off, error[name]["largest"] + rounding)
        return checked

    def test_of_nangate45_hold_for_each_kind_of_circuit(self):
        rows = list(fit_logic.reference_rows(REFERENCE, "nangate45"))
        checked = self.check(rows, "generic_45nm", "fit")
        self.assertEqual(checked, {(unit, goal, name) for unit in ("pe", "multiplier")
                                   for goal in ("area", "speed")
                                   for name in ("area", "delay", "energy")})

    def test_of_small_and_odd_multipliers_of_osu018_hold(self):
        rows = [row for row in fit_logic.characterised_rows(OSU018)
                if row.unit == "multiplier" and row.stimulus != "uniform"]
        self.assertGreater(len(rows), 150)
        checked = self.check(rows, "osu018", "fit")
        self.assertLessEqual({("multiplier", "area", "energy"), ("multiplier", "speed", "delay")},
                             checked)

    def test_of_another_recipe_hold_for_what_it_synthesised(self):
        rows = list(fit_logic.reference_rows(REFERENCE, "osu018"))
        checked = self.check(rows, "osu018", "other")
        self.assertLessEqual({("pe", "area", "area"), ("pe", "speed", "delay"),
                              ("multiplier", "area", "energy")}, checked)


class Ratios(unittest.TestCase):
    """Of synthesised elements (pe-synthesis.csv) and of Bit Fusion's published ones."""

    def test_of_formats(self):
        int8 = area_of("int8")
        self.assertAlmostEqual(area_of("e4m3") / int8, 1.11, delta=0.06)
        self.assertAlmostEqual(area_of("e4m3", "fp32") / int8, 1.83, delta=0.1)
        self.assertAlmostEqual(area_of("e2m1") / area_of("int4"), 0.95, delta=0.05)

    def test_of_a_composable_multiplier(self):
        composable = area_of("int8", "exact", "--multiplier", "composable")
        self.assertAlmostEqual(composable / area_of("int8"), 2.5, delta=0.3)

    def test_of_short_floats(self):
        short = area_of("short_e4m3")
        self.assertLess(short, 0.4 * area_of("int16"))
        self.assertGreater(short, area_of("int8"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        PROGRAM = sys.argv.pop(1)
    unittest.main()
