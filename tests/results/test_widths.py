# SPDX-License-Identifier: Apache-2.0
"""What the program prints fits 100 columns: every command, on long names and large numbers, and every --help.

    /usr/bin/python3 tests/results/test_widths.py build/release/systole
"""
import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import unittest

import onnx

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
EDGE = ROOT / "configs/accelerators/edge-16x16.yaml"
COLUMNS = 100
COMMANDS = ([], ["run"], ["gemm"], ["dram"], ["quantize"], ["golden"], ["golden", "record"], ["golden", "check"],
            ["compare"], ["sweep"], ["formats"], ["area"], ["pe"], ["memory"])
LONG = "a_name_that_somebody_generated/" * 5


def width_of(line):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


class Widths(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def printed(self, *arguments):
        run = subprocess.run([SYSTOLE, *map(str, arguments)], capture_output=True, text=True, check=False,
                             cwd=self.folder)
        self.assertEqual(run.returncode, 0, run.stderr[-500:])
        for line in (run.stdout + run.stderr).splitlines():
            self.assertLessEqual(width_of(line), COLUMNS, f"{arguments}: {line}")
        return run.stdout

    def long_names(self):
        """The shipped network with names of every kind."""
        shutil.copytree(ROOT / "traces/resnet8_fmnist", self.folder / "traces")
        path = self.folder / "traces/model.onnx"
        model = onnx.load(str(path))
        for index, node in enumerate(model.graph.node):
            node.name = f"{LONG}{index}" if index % 3 else f"\u540d\u524d{index}\x1b[31m\n" * 9
        onnx.save(model, str(path))
        workload = self.folder / "traces/workload.yaml"
        workload.write_text(workload.read_text().replace("name: resnet8_fmnist", f"name: {LONG}"))
        self.assertIn(LONG, workload.read_text())
        return workload

    def test_every_help(self):
        for command in COMMANDS:
            with self.subTest(command):
                self.assertIn("Usage", self.printed(*command, "--help"))

    def test_a_run_with_long_names_explained(self):
        workload = self.long_names()
        table = self.printed("run", EDGE, workload, "--timing-only", "--explain", "--set", f"name={LONG}",
                             "--json", "r.json", "--csv", "r.csv")
        self.assertIn("a_name_that", table)
        self.assertNotIn(LONG, table)
        self.assertIn("\\x1b[31m\\n", table.replace("..", ""))
        names = [layer["name"] for layer in json.loads((self.folder / "r.json").read_text())["layers"]]
        self.assertTrue(any(LONG in name for name in names))
        self.assertTrue(any("\\x1b[31m\\n" in name for name in names))
        with open(self.folder / "r.csv", newline="") as file:
            self.assertEqual([row["name"] for row in csv.DictReader(file)][:-1], names)

    def test_a_run_with_values_and_faults(self):
        table = self.printed("run", EDGE, ROOT / "traces/resnet8_fmnist/workload.yaml", "--images", 1,
                             "--set", "dram.faults.bit_error_rate=1e-5")
        self.assertIn("DRAM errors", table)

    def test_rows_and_columns_of_zeros_are_left_out(self):
        table = self.printed("run", EDGE, ROOT / "traces/resnet8_fmnist/workload.yaml", "--images", 1)
        self.assertIn("array_multiplier", table)
        self.assertNotIn("array_alignment", table)
        self.assertNotIn("conflict", self.printed("gemm", ROOT / "configs/accelerators/array-only.yaml", 64, 64, 64))
        self.assertNotIn("write", self.printed("dram", "ddr4_2400", "seq", "--requests", 1000).split("read latency")[0]
                         .split("commands")[1])

    def test_a_product_of_large_numbers(self):
        self.printed("gemm", EDGE, 1048576, 16, 16, "--timing-only", "--explain", "--set", f"name={LONG}")

    def test_dram_parts(self):
        for part in sorted((ROOT / "configs/dram").glob("*.yaml")):
            self.printed("dram", part, "rand_rw", "--requests", 300)
        (self.folder / (LONG.replace("/", "_") + ".trace")).write_text("0 read 0x40\n999999999 write 0x80\n")
        self.printed("dram", "ddr4_2400", LONG.replace("/", "_") + ".trace", "--set", f"name={LONG}")

    def test_areas(self):
        for machine in sorted((ROOT / "configs/accelerators").glob("*.yaml")):
            if "technology: none" not in machine.read_text():
                self.printed("area", machine, "--set", f"name={LONG}")

    def test_elements_and_formats(self):
        self.printed("formats")
        codebook = "{codebook: [" + ", ".join(f"{index / 7:.9f}" for index in range(16)) + "]}"
        for name in ("e4m3", "mxfp8_e4m3", "int16", codebook):
            self.printed("formats", name)
        for activation, accumulator in (("int8", "exact"), ("mxfp8_e4m3", "fp32"), (codebook, "exact")):
            self.printed("pe", "--activation", activation, "--weight", activation, "--accumulator", accumulator)

    def test_a_sweep_of_many_keys_with_failures(self):
        keys = ["array.columns", "accumulator_buffer.rows", "vector_unit.lanes", "weight_scratchpad.banks", "weight_scratchpad.capacity",
                "array.rows"]
        values = {"array.rows": "8, 64", "weight_scratchpad.capacity": "64KiB, 1KiB"}
        for count in (2, 6):
            grid = "".join(f"  - {{key: {key}, values: [{values.get(key, '8')}]}}\n" for key in keys[-count:])
            (self.folder / "s.yaml").write_text(f"name: s\nconfig: {EDGE}\ntiming_only: true\nworkload: "
                                                f"{ROOT}/traces/resnet8_fmnist/workload.yaml\ngrid:\n{grid}")
            table = self.printed("sweep", "s.yaml")
            self.assertRegex(table, "points ok, [12] failed")

    def test_quantizing(self):
        workload = self.long_names()
        self.printed("quantize", workload, "int8", "-o", "q.onnx")

    def test_a_comparison_of_formats(self):
        self.printed("compare", EDGE, ROOT / "traces/resnet8_fmnist/workload.yaml", "--images", 1, "--formats",
                     "int8,e4m3,int4,e5m2")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
