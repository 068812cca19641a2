#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Memories of other nodes: one family, in which every quantity falls from node to node."""

import math
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
try:
    import cacti_table
    import memory_scaling
    import scaling
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

BASE = memory_scaling.committed()
NODES = (65, 45, 28, 22, 16, 7)


class Family(unittest.TestCase):
    def test_falls_from_node_to_node_for_every_macro(self):
        for coarse, fine in zip(NODES, NODES[1:]):
            large, small = (memory_scaling.memories(nm) for nm in (coarse, fine))
            for name in cacti_table.NAMES:
                for curve in memory_scaling.CURVES:
                    for rows in zip(large[name][curve], small[name][curve]):
                        for one, other in zip(*rows):
                            self.assertLess(other, one, (coarse, fine, name, curve))

    def test_falls_from_node_to_node_for_wires_between_banks_as_long_as_they_are_there(self):
        for coarse, fine in zip(NODES, NODES[1:]):
            costs = []
            for nm in (coarse, fine):
                sram = memory_scaling.memories(nm)
                length = math.sqrt(memory_scaling.factor("area_um2", nm).factor)
                costs.append([sram["wires"][key] * length
                              for key in ("pj_per_bit_mm", "ns_per_mm")])
            for large, small in zip(*costs):
                self.assertLess(small, large, (coarse, fine))

    def test_states_the_error_of_every_quantity_and_widens_the_band_by_it(self):
        for nm in NODES:
            sram = memory_scaling.memories(nm)
            for name in cacti_table.NAMES:
                error = memory_scaling.factor(name, nm).error
                for end in ("low", "high"):
                    self.assertAlmostEqual(1 + sram[name]["margin"][end],
                                           (1 + BASE[name]["margin"][end]) * (1 + error), 9)
                if nm != 45:
                    self.assertIn(f"{name} {scaling.doubt_text(error)}", sram["source"])

    def test_of_45_nm_is_the_fit_itself(self):
        kept = {key: value for key, value in BASE.items() if key != "register_file"}
        self.assertEqual(memory_scaling.memories(45), kept)


class Anchors(unittest.TestCase):
    def test_of_32_and_22_nm_are_what_the_table_says(self):
        tables = cacti_table.read_tables(scaling.REFERENCE)
        means = []
        for cell in ("itrs-hp", "itrs-lstp"):
            large, small = (tables[micron, cell].optima for micron in ("0.045", "0.022"))
            logs = [math.log(small[key][optimum]["area_um2"] / large[key][optimum]["area_um2"])
                    for key in large for optimum in ("ED2", "EN")]
            means.append(sum(logs) / len(logs))
        # Both optima, from the smaller to the larger: their product is the same.
        self.assertAlmostEqual(math.log(memory_scaling.factor("area_um2", 22).factor),
                               sum(means) / 2, 9)

    def test_hold_the_step_of_itrs_lop_from_45_to_32_nm(self):
        for name in cacti_table.NAMES:
            rule = memory_scaling.factor(name, 32)
            truth = memory_scaling.ratio(name, memory_scaling.BASE, ("0.032", "itrs-lop"))
            self.assertLessEqual(scaling.apart(rule.factor, truth), rule.error + 1e-9, name)

    def test_of_7_nm_takes_the_published_ratio_of_1_mib_and_its_error_holds_the_others(self):
        ratios = [7.5 / 10, 8.5 / 20, 14 / 100]  # pJ a 64 bits: Jouppi 2021 over Horowitz 2014
        reads = memory_scaling.factor("read_pj", 7)
        self.assertAlmostEqual(reads.factor, ratios[2], 12)
        for ratio in ratios:
            self.assertLessEqual(scaling.apart(reads.factor, ratio), reads.error + 1e-9)

    def test_between_two_anchors_is_a_power_of_the_node(self):
        at = {nm: memory_scaling.factor("area_um2", nm).factor for nm in (22, 16, 7)}
        share = math.log(22 / 16) / math.log(22 / 7)
        self.assertAlmostEqual(at[16], at[22] ** (1 - share) * at[7] ** share, 12)

    def test_leakage_is_known_within_an_order_of_magnitude(self):
        for nm in NODES[2:]:
            self.assertEqual(memory_scaling.factor("leakage_uw", nm).error, 9)


if __name__ == "__main__":
    unittest.main()
