#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Technologies that are scaled from another: what is committed is what the tables say."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis"))
try:
    import layout_section
    import memory_scaling
    import scaling as ratios
    import technology_scaling as scaling
    import technology_text
    import yaml
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

FOLDER = ROOT / "configs/technology"
BASE = ratios.load(FOLDER / "generic_45nm.yaml")


class Committed(unittest.TestCase):
    def test_is_the_scaling_of_what_is_committed_for_45nm(self):
        for name, make in scaling.SCALED.items():
            committed = (FOLDER / (name + ".yaml")).read_text(encoding="utf-8")
            self.assertEqual(committed, make(BASE) + layout_section.section(name), name)

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


class Text(unittest.TestCase):
    def test_is_read_back_as_it_was(self):
        value = {"a": {"source": "x: y", "b": 0.5, "c": [{"d": 1.25}], "t": [[1.5, 2.0], [3.0, 4.0]],
                       "k": ["512B", "1KiB"]}, "e": 300}
        self.assertEqual(yaml.safe_load("\n".join(technology_text.lines(value))), value)


if __name__ == "__main__":
    unittest.main()
