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
    import memory_scaling
    import technology_scaling as scaling
    import technology_text
    import yaml
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

FOLDER = ROOT / "configs/technology"
BASE = scaling.load(FOLDER / "generic_45nm.yaml")


def factors(name):
    """Of logic, by the files alone."""
    scaled = scaling.load(FOLDER / (name + ".yaml"))["logic"]
    base = BASE["logic"]
    return {"area": scaled["register"]["area_um2"] / base["register"]["area_um2"],
            "energy": scaled["register"]["clock_fj"] / base["register"]["clock_fj"],
            "delay": scaled["area"]["delay_ns"]["register"] / base["area"]["delay_ns"]["register"],
            "leakage": scaled["leakage"]["uw_per_um2"] / base["leakage"]["uw_per_um2"]}


class Committed(unittest.TestCase):
    def test_is_the_scaling_of_what_is_committed_for_45nm(self):
        for name, make in scaling.SCALED.items():
            committed = (FOLDER / (name + ".yaml")).read_text(encoding="utf-8")
            self.assertEqual(committed, make(BASE), name)

    def test_memories_of_osu018_are_scaled_from_the_table_and_the_committed_logic(self):
        text = (FOLDER / "osu018.yaml").read_text(encoding="utf-8")
        self.assertIn("\n" + memory_scaling.osu018_sram(text, BASE) + "  register_file:", text)

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


class Text(unittest.TestCase):
    def test_is_read_back_as_it_was(self):
        value = {"a": {"source": "x: y", "b": 0.5, "c": [{"d": 1.25}], "t": [[1.5, 2.0], [3.0, 4.0]],
                       "k": ["512B", "1KiB"]}, "e": 300}
        self.assertEqual(yaml.safe_load("\n".join(technology_text.lines(value))), value)


if __name__ == "__main__":
    unittest.main()
