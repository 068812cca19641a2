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
