#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logic scaled to other nodes: the rule, its errors, and what is committed (docs/nodes.md)."""

import math
import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
try:
    import layout_section
    import make_nodes
    import node_evidence
    import scaling as ratios
    import technology_scaling as scaling
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

FOLDER = ROOT / "configs/technology"
BASE = ratios.load(FOLDER / "generic_45nm.yaml")
# int8, int32, fp16 and fp32, added and multiplied: Jouppi 2021 over Horowitz 2014.
PUBLISHED_RATIOS = (.007 / .03, .03 / .1, .16 / .4, .38 / .9, .07 / .2, 1.48 / 3.1, .34 / 1.1,
                    1.31 / 3.7)
ROUND = {name: ratios.Scaling(factor, error) for name, factor, error in
         (("area", 2, 0.5), ("delay", 3, 0.25), ("energy", 5, 0.75), ("leakage_density", 7, 0))}


def factors(name):
    """Of logic, by the files alone."""
    scaled = ratios.load(FOLDER / (name + ".yaml"))["logic"]
    base = BASE["logic"]
    return {"area": scaled["register"]["area_um2"] / base["register"]["area_um2"],
            "energy": scaled["register"]["clock_fj"] / base["register"]["clock_fj"],
            "delay": scaled["area"]["delay_ns"]["register"] / base["area"]["delay_ns"]["register"],
            "leakage_power": (scaled["register"]["area_um2"] * scaled["leakage"]["uw_per_um2"]
                              / base["register"]["area_um2"] / base["leakage"]["uw_per_um2"])}


class Logic(unittest.TestCase):
    def test_falls_from_node_to_node_in_area_delay_energy_and_leakage(self):
        names = ["generic_65nm", "generic_45nm", "generic_28nm", "generic_22nm", "generic_16nm",
                 "generic_7nm"]
        self.assertEqual(set(names) - {"generic_45nm"}, set(scaling.SCALED))
        for quantity in ("area", "delay", "energy", "leakage_power"):
            values = [factors(name)[quantity] for name in names]
            self.assertEqual(values, sorted(set(values), reverse=True), quantity)

    def test_is_the_geometric_mean_of_devices_foundries_and_circuits(self):
        # Area at 16 nm by hand: pitches of 90 x 64 against 160 x 160, and a table's 0.19; twice the
        # gates from 40 to 28 and from 28 to 16 nm, 2.35 / 2 times from 45 to 40; NAND gates of
        # 0.139 and 0.798 um2.
        devices = math.sqrt(90 * 64 / 160 ** 2 * 0.19)
        gates, cells = 1 / (1.175 * 2 * 2), 0.139 / 0.798
        self.assertAlmostEqual(factors("generic_16nm")["area"],
                               (devices * gates * cells) ** (1 / 3), 4)
        # Energy at 7 nm: the polynomials of two families at 0.7 V; 15 and 40 % less power and twice
        # the speed of the same power; Jouppi over Horowitz, at 1.1 V instead of 0.9.
        high = ((0.1776 * 0.49 - 0.09097 * 0.7 + 0.02447)
                / (1.018 * 1.21 - 0.3107 * 1.1 + 0.1539))
        low = ((0.09365 * 0.49 - 0.03409 * 0.7 + 0.02043)
               / (1.103 * 1.21 - 0.362 * 1.1 + 0.2767))
        foundries = 0.85 * 0.6 * 0.606 * math.sqrt(0.714 * 0.769)
        published = math.prod(PUBLISHED_RATIOS) ** (1 / 8) * (0.9 / 1.1) ** 2
        self.assertAlmostEqual(factors("generic_7nm")["energy"],
                               (math.sqrt(high * low) * foundries * published) ** (1 / 3), 4)

    def test_of_28nm_lies_between_the_polynomials_of_32_and_20nm(self):
        at_32 = 0.8367 * 0.81 - 0.4341 * 0.9 + 0.1701
        at_20 = 0.373 * 0.81 - 0.1582 * 0.9 + 0.04104
        at_45 = 1.018 * 1.21 - 0.3107 * 1.1 + 0.1539
        share = math.log(32 / 28) / math.log(32 / 20)
        found = node_evidence.estimates("energy", 28)["devices"]["high-performance inverters"]
        self.assertAlmostEqual(found, at_32 ** (1 - share) * at_20 ** share / at_45, 6)

    def test_between_two_nodes_is_a_power_of_the_node(self):
        self.assertAlmostEqual(ratios.between(28, 45, 20, lambda node: 3 * node ** 1.7),
                               3 * 28 ** 1.7, 9)
        self.assertIsNone(node_evidence.along({45: 1, 28: 0.5}, 65))

    def test_never_gets_slower_with_more_voltage(self):
        for family in (ratios.HIGH, ratios.LOW):
            for node in (45, 20, 7):
                delays = [ratios.delay(node, family, volts / 100) for volts in range(70, 111)]
                self.assertEqual(delays, sorted(delays, reverse=True), (node, family))
        self.assertGreater(ratios.polynomial(ratios.NODES[45, ratios.HIGH]["delay"], 1.1),
                           ratios.delay(45, ratios.HIGH, 1.1))

    def test_states_an_error_that_holds_every_source(self):
        for name, nm in scaling.NODES.items():
            stated = ratios.load(FOLDER / (name + ".yaml"))["logic"]["error"]
            for quantity in ("area", "delay", "energy"):
                ours = factors(name)[quantity]
                for each in node_evidence.estimates(quantity, nm).values():
                    for source, factor in each.items():
                        self.assertLess(ratios.apart(factor, ours), stated[quantity]["largest"],
                                        (name, quantity, source))

    def test_states_the_errors_of_its_scaling_and_of_the_step(self):
        for name, nm in scaling.NODES.items():
            source = ratios.load(FOLDER / (name + ".yaml"))["logic"]["source"]
            if nm == 45:
                continue
            error = re.escape(ratios.doubt_text(scaling.scaling_of("energy", nm).error))
            self.assertRegex(source, f"error of that: area .*, delay .*, energy {error};")
            before = {22: 28, 16: 22, 7: 16}.get(nm)
            if before:
                step = re.escape(ratios.doubt_text(scaling.step_of("energy", before, nm).error))
                self.assertRegex(source, f"step from {before} nm: area .* energy {step};")

    def test_says_times_where_no_percentage_can_be_taken_off(self):
        self.assertEqual(ratios.doubt_text(0.33), "+-33 %")
        self.assertEqual(ratios.doubt_text(2.68), "up to 3.7 times")
        self.assertEqual(ratios.doubt_text(9), "up to 10 times")

    def test_knows_a_step_at_least_as_well_as_a_third(self):
        for coarse, fine in scaling.steps():
            for quantity in ("area", "delay", "energy"):
                step = scaling.step_of(quantity, coarse, fine)
                self.assertLess(step.factor, 1, (coarse, fine, quantity))
                self.assertGreaterEqual(step.error, 1 / 3)
                self.assertLessEqual(step.rms, step.error)

    def test_scales_every_figure_by_its_unit(self):
        logic = {"source": "x", "error": {"area": {"rms": 0.0, "largest": 0.1}},
                 "register": {"area_um2": 1, "clock_fj": 1, "toggle_fj": 1}, "input_fj": 1,
                 "leakage": {"uw_per_um2": 1, "temperature_kelvin": 300, "kelvin_per_doubling": 18},
                 "area": {"gates_um2": {"decoder": {"and": 1}}, "delay_ns": {"register": 1},
                          "toggles_fj": {"decoder": {"glitch": 1}}},
                 "new": {"load_fj": [1, 2], "share": 0.5, "note": "kept"}}
        scaled = scaling.scaled_logic(logic, ROUND, "y")
        self.assertEqual(scaled["register"], {"area_um2": 2, "clock_fj": 5, "toggle_fj": 5})
        self.assertEqual(scaled["area"], {"gates_um2": {"decoder": {"and": 2}},
                                          "delay_ns": {"register": 3},
                                          "toggles_fj": {"decoder": {"glitch": 5}}})
        self.assertEqual((scaled["input_fj"], scaled["source"]), (5, "y"))
        self.assertEqual(scaled["leakage"], {"uw_per_um2": 7, "temperature_kelvin": 300,
                                             "kelvin_per_doubling": 18})
        self.assertEqual(scaled["new"], {"load_fj": [5, 10], "share": 0.5, "note": "kept"})


class Errors(unittest.TestCase):
    """Of a technology, with the scaling's on top."""

    def test_of_any_key_are_widened_by_the_quantity_that_it_names(self):
        errors = {"area": {"rms": 0.0, "largest": 0.1}, "energy_for_speed": {"rms": 0, "largest": 1},
                  "multiplier_alone": {"delay": {"rms": 0.0, "largest": 0.0}},
                  "recipe": {"speed": {"area": 0.12}, "source": "text"}}
        found = scaling.widened_errors(errors, ROUND)
        self.assertAlmostEqual(found["area"]["largest"], 1.1 * 1.5 - 1)
        self.assertEqual(found["area"]["rms"], 0.5)
        self.assertAlmostEqual(found["energy_for_speed"]["largest"], 2 * 1.75 - 1)
        self.assertAlmostEqual(found["multiplier_alone"]["delay"]["largest"], 0.25)
        self.assertAlmostEqual(found["recipe"]["speed"]["area"], 1.12 * 1.5 - 1)
        self.assertEqual(found["recipe"]["source"], "text")

    def test_of_a_key_that_names_no_quantity_are_refused(self):
        with self.assertRaisesRegex(ValueError, "logic.error.recipe.luck: names none of area"):
            scaling.widened_errors({"recipe": {"luck": 0.1}}, ROUND)


class Layout(unittest.TestCase):
    def test_of_every_technology_is_that_of_the_file_at_its_supply(self):
        for name in layout_section.SUPPLIES:
            if (FOLDER / (name + ".yaml")).exists():
                text = (FOLDER / (name + ".yaml")).read_text(encoding="utf-8")
                self.assertTrue(text.endswith(layout_section.section(name)), name)

    def test_is_in_every_technology(self):
        for file in FOLDER.glob("*.yaml"):
            if file.stem != "node_scaling":
                self.assertIn(file.stem, layout_section.SUPPLIES)
                self.assertIn("layout", ratios.load(file))

    def test_scales_long_wires_by_the_square_of_the_supply_and_nothing_else(self):
        base = layout_section.layout("generic_45nm")
        old = layout_section.layout("osu018")
        self.assertAlmostEqual(old["wire_pj_per_bit_mm"]["high"]
                               / base["wire_pj_per_bit_mm"]["high"], (1.8 / 1.1) ** 2)
        for key, value in base.items():
            if key != "wire_pj_per_bit_mm":
                self.assertEqual(old[key], value)

    def test_says_at_which_nodes_it_was_not_checked(self):
        notes = {name: "note" in layout_section.layout(name) for name in layout_section.SUPPLIES}
        self.assertEqual({name for name, has in notes.items() if not has},
                         {"generic_65nm", "generic_45nm", "generic_28nm"})


class Page(unittest.TestCase):
    def test_of_nodes_is_what_the_command_writes(self):
        self.assertEqual((ROOT / "docs/nodes.md").read_text(encoding="utf-8"), make_nodes.page(),
                         "make it anew: analysis/make_nodes.py")


if __name__ == "__main__":
    unittest.main()
