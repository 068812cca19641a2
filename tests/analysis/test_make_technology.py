#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Technologies that are scaled from another: what is committed is what the tables say."""

import math
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
try:
    import fit_sram
    import technology_scaling as scaling
    import technology_text
    import yaml
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

FOLDER = ROOT / "configs/technology"
BASE = scaling.load(FOLDER / "generic_45nm.yaml")
TABLES = fit_sram.read_tables(ROOT / "analysis/reference")


def factors(name):
    """Of logic, by the files alone."""
    scaled = scaling.load(FOLDER / (name + ".yaml"))["logic"]
    base = BASE["logic"]
    return {"area": scaled["register"]["area_um2"] / base["register"]["area_um2"],
            "energy": scaled["register"]["clock_fj"] / base["register"]["clock_fj"],
            "delay": scaled["area"]["delay_ns"]["register"] / base["area"]["delay_ns"]["register"],
            "leakage": scaled["leakage"]["uw_per_um2"] / base["leakage"]["uw_per_um2"]}


def read_pj(sram, kib, curve="nominal"):
    return sum(scaling.term_value(term, kib, 64) for term in sram["read_pj"][curve])


class Committed(unittest.TestCase):
    def test_is_the_scaling_of_what_is_committed_for_45nm(self):
        for name, make in scaling.SCALED.items():
            committed = (FOLDER / (name + ".yaml")).read_text(encoding="utf-8")
            self.assertEqual(committed, make(BASE), name)

    def test_memories_of_osu018_are_scaled_from_the_table_and_the_committed_logic(self):
        text = (FOLDER / "osu018.yaml").read_text(encoding="utf-8")
        self.assertIn("\n" + scaling.osu018_sram(text, BASE["logic"]) + "  register_file:", text)

    def test_is_what_the_command_writes(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "generic_45nm.yaml"
            copy.write_bytes((FOLDER / copy.name).read_bytes())
            subprocess.run([sys.executable, ROOT / "analysis/make_technology.py", *scaling.SCALED,
                            "--output-dir", folder], check=True)
            self.assertEqual({path.name for path in Path(folder).iterdir()},
                             {copy.name, *(name + ".yaml" for name in scaling.SCALED)})
            for path in Path(folder).iterdir():
                self.assertEqual(path.read_bytes(), (FOLDER / path.name).read_bytes(), path.name)


class Logic(unittest.TestCase):
    def test_of_28nm_has_the_energy_between_the_polynomials_of_32_and_20nm(self):
        at_32 = 0.8367 * 0.81 - 0.4341 * 0.9 + 0.1701
        at_20 = 0.373 * 0.81 - 0.1582 * 0.9 + 0.04104
        at_45 = 1.018 * 1.21 - 0.3107 * 1.1 + 0.1539
        share = math.log(32 / 28) / math.log(32 / 20)
        self.assertAlmostEqual(factors("generic_28nm")["energy"],
                               at_32 ** (1 - share) * at_20 ** share / at_45, 4)

    def test_of_28nm_has_the_area_between_the_pitches_of_32_and_20nm(self):
        share = math.log(32 / 28) / math.log(32 / 20)
        self.assertAlmostEqual(factors("generic_28nm")["area"],
                               (112.5 ** 2) ** (1 - share) * (90 * 64) ** share / 160 ** 2, 4)

    def test_between_two_nodes_is_a_power_of_the_node(self):
        self.assertAlmostEqual(scaling.between(28, 45, 20, lambda node: 3 * node ** 1.7),
                               3 * 28 ** 1.7, 9)

    def test_never_gets_slower_with_more_voltage(self):
        for family in (scaling.HIGH, scaling.LOW):
            for node in (45, 20, 7):
                delays = [scaling.delay(node, family, volts / 100) for volts in range(70, 111)]
                self.assertEqual(delays, sorted(delays, reverse=True), (node, family))
        self.assertGreater(scaling.polynomial(scaling.NODES[45, scaling.HIGH]["delay"], 1.1),
                           scaling.delay(45, scaling.HIGH, 1.1))

    def test_of_7nm_has_the_energies_of_the_published_ratios(self):
        # int8, int32, fp16 and fp32, added and multiplied: Jouppi 2021 over Horowitz 2014.
        ratios = [.007 / .03, .03 / .1, .16 / .4, .38 / .9, .07 / .2, 1.48 / 3.1,
                  .34 / 1.1, 1.31 / 3.7]
        mean = math.prod(ratios) ** (1 / 8)
        self.assertAlmostEqual(factors("generic_7nm")["energy"] / mean, 1, 3)
        error = scaling.load(FOLDER / "generic_7nm.yaml")["logic"]["error"]["energy"]
        for ratio in ratios:
            self.assertLess(max(ratio / mean, mean / ratio) - 1, error["largest"])

    def test_of_smaller_nodes_is_smaller_faster_and_known_less(self):
        names = ["generic_45nm", "generic_28nm", "generic_22nm"]
        for quantity in ("area", "energy", "delay"):
            values = [factors(name)[quantity] for name in names]
            self.assertEqual(values, sorted(values, reverse=True), quantity)
            errors = [scaling.load(FOLDER / (name + ".yaml"))["logic"]["error"][quantity]["largest"]
                      for name in names]
            self.assertEqual(errors, sorted(errors), quantity)
        self.assertLess(factors("generic_7nm")["area"], factors("generic_22nm")["area"])
        self.assertLess(factors("generic_7nm")["delay"], factors("generic_22nm")["delay"])

    def test_scales_every_figure_by_its_quantity(self):
        by = {name: scaling.Scaling(factor, 0.5) for name, factor in
              (("area", 2), ("delay", 3), ("energy", 5), ("leakage_density", 7))}
        logic = {"source": "x", "error": {"area": {"rms": 0.0, "largest": 0.1}},
                 "register": {"area_um2": 1, "clock_fj": 1, "toggle_fj": 1}, "input_fj": 1,
                 "leakage": {"uw_per_um2": 1, "temperature_kelvin": 300, "kelvin_per_doubling": 18},
                 "area": {"gates_um2": {"decoder": {"and": 1}}, "delay_ns": {"register": 1},
                          "toggles_fj": {"decoder": {"glitch": 1}}}}
        scaled = scaling.scaled_logic(logic, by, "y")
        self.assertEqual(scaled["register"], {"area_um2": 2, "clock_fj": 5, "toggle_fj": 5})
        self.assertEqual(scaled["area"], {"gates_um2": {"decoder": {"and": 2}},
                                          "delay_ns": {"register": 3},
                                          "toggles_fj": {"decoder": {"glitch": 5}}})
        self.assertEqual((scaled["input_fj"], scaled["source"]), (5, "y"))
        self.assertEqual(scaled["leakage"], {"uw_per_um2": 7, "temperature_kelvin": 300,
                                             "kelvin_per_doubling": 18})
        self.assertAlmostEqual(scaled["error"]["area"]["largest"], 0.65)
        self.assertEqual(scaled["error"]["area"]["rms"], 0.5)


class Memories(unittest.TestCase):
    def test_of_28nm_are_between_those_of_32nm_and_22nm(self):
        at_32 = yaml.safe_load(fit_sram.section(TABLES, "0.032", "itrs-lop"))["sram"]
        at_28, at_22 = (scaling.load(FOLDER / name)["sram"]
                        for name in ("generic_28nm.yaml", "generic_22nm.yaml"))
        for kib in (2, 64, 1024):
            values = [read_pj(sram, kib) for sram in (at_32, at_28, at_22)]
            self.assertEqual(values, sorted(values, reverse=True))
            share = math.log(32 / 28) / math.log(32 / 22)
            expected = values[0] ** (1 - share) * values[2] ** share
            self.assertAlmostEqual(values[1] / expected, 1, 3)

    def test_of_22nm_hold_what_the_table_says_of_the_same_step_of_lop(self):
        # From 45 to 32 nm the rule must find lop within the error that it states for 22 nm.
        for name in scaling.SRAM_QUANTITIES:
            rule = scaling.table_ratio(TABLES, scaling.COMMON, "0.045", "0.032")[name].factor
            truth = scaling.table_ratio(TABLES, ["itrs-lop"], "0.045", "0.032")[name].factor
            margin = scaling.load(FOLDER / "generic_22nm.yaml")["sram"][name]["margin"]
            self.assertLess(scaling.apart(rule, truth), margin, name)

    def test_of_7nm_have_the_published_reads_within_the_band(self):
        sram = scaling.load(FOLDER / "generic_7nm.yaml")["sram"]
        points = {8: 7.5, 32: 8.5, 1024: 14}  # pJ a 64 bits, Jouppi 2021
        logs = [math.log(value / read_pj(sram, kib)) for kib, value in points.items()]
        self.assertAlmostEqual(sum(logs), 0, 3)
        for kib, value in points.items():
            margin = 1 + sram["read_pj"]["margin"]
            self.assertLess(read_pj(sram, kib, "low") / margin, value)
            self.assertGreater(read_pj(sram, kib, "high") * margin, value)

    def test_of_osu018_take_the_square_of_the_feature_size(self):
        at_45 = yaml.safe_load(fit_sram.section(TABLES, "0.045", "itrs-hp"))["sram"]
        at_180 = scaling.load(FOLDER / "osu018.yaml")["sram"]
        for small, large in zip(at_45["area_um2"]["nominal"], at_180["area_um2"]["nominal"]):
            self.assertAlmostEqual(large["scale"] / small["scale"], 16, 2)
        self.assertGreater(at_180["read_pj"]["margin"], 1)


class Text(unittest.TestCase):
    def test_is_read_back_as_it_was(self):
        value = {"a": {"source": "x: y", "b": 0.5, "c": [{"d": 1.25, "above": "8KiB"}]}, "e": 300}
        self.assertEqual(yaml.safe_load("\n".join(technology_text.lines(value))), value)


if __name__ == "__main__":
    unittest.main()
