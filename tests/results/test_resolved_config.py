# SPDX-License-Identifier: Apache-2.0
"""A result carries its whole configuration: a file with it repeats the run.

    /usr/bin/python3 tests/results/test_resolved_config.py build/release/systole
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CONFIGS = ROOT / "configs"
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None

# What changes kinds of values: fragments, sections in the place of names, words, defaults.
OVERRIDES = [
    [],
    ["datapath=e4m3_fp16"],
    ["clock=max", "datapath.multiplier=auto"],
    ["energy.activity=flat", "energy.sampling=none"],
    ["energy.activity=random", "energy.sampling.seed=18446744073709551615"],
    ["array.dataflow=output_stationary", "array.drain=shadow", "array.overlap_folds=true"],
    ["datapath.activation={exponent: 3, mantissa: 2, bias: 5, specials: none}"],
    ["datapath=e4m3", "datapath.accumulator={float: fp16, rounding: stochastic, seed: 7}",
     "scheme.calibration.images=3"],
    ["datapath=e4m3", "datapath.accumulator={float: fp32, chunk: 8, inner: {exact: 4}}"],
    ["mapping.objective=dram_bytes", "mapping.layers.gemm.channels=16"],
    ["arbitration.policy=round_robin", "element_packing=padded"],
    ["dram=ddr5_4800", "dram.controller=postponing", "dram.ecc=secded",
     "dram.faults.bit_error_rate=1e-6"],
    ["technology=none"],
    # Files and sections in the place of names.
    ["datapath={activation: int8, weight: e2m2b1_none, accumulator: int32, multiplier: auto}"],
    [f"datapath={CONFIGS}/datapaths/e4m3.yaml", f"dram={CONFIGS}/dram/ddr5_4800.yaml",
     f"technology={CONFIGS}/technology/osu018.yaml", f"scheme={CONFIGS}/schemes/e4m3.yaml"],
    ["dram={model: ideal, name: own, source: none, latency_cycles: 3, bytes_per_cycle: 8,"
     " burst: 64B, capacity: 1GiB}"],
]


class ResolvedConfig(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def result_of(self, command, config, *arguments):
        file = self.folder / "result.json"
        run = subprocess.run([SYSTOLE, command, config, *arguments, "--quiet", "--json", file],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(file.read_text())

    def check(self, command, config, arguments, overrides=(), write=yaml.safe_dump):
        first = self.result_of(command, config, *arguments,
                               *(part for override in overrides for part in ("--set", override)))
        file = self.folder / "resolved.yaml"
        file.write_text(write(first["config"]["resolved"]))
        again = self.result_of(command, file, *arguments)
        for of_the_file in ("file", "overrides"):
            again["config"][of_the_file] = first["config"][of_the_file]
        self.assertEqual(first, again)

    def test_a_gemm_is_repeated(self):
        for config in sorted((CONFIGS / "accelerators").glob("*.yaml")):
            names_scheme = "scheme:" in config.read_text()
            for i, overrides in enumerate(OVERRIDES):
                if names_scheme and any(override.startswith("datapath") for override in overrides):
                    overrides = ["scheme=auto", *overrides]  # its own one has other formats
                with self.subTest(config=config.stem, overrides=overrides):
                    self.check("gemm", config, ["40", "50", "24"], overrides,
                               json.dumps if i % 2 == 0 else yaml.safe_dump)

    def test_a_run_is_repeated(self):
        self.check("run", CONFIGS / "accelerators/edge-16x16.yaml",
                   [ROOT / "traces/resnet8_fmnist/workload.yaml", "--images", "1"], ["datapath=int4"])

    def test_a_memory_is_repeated(self):
        for config in sorted((CONFIGS / "dram").glob("*.yaml")):
            with self.subTest(config=config.stem):
                self.check("dram", config, ["rand", "--requests", "200"])
        self.check("dram", CONFIGS / "accelerators/edge-16x16.yaml", ["rand", "--requests", "200"],
                   ["dram.timing.CL=20", 'dram.hash={"bank[0]": "row[0]"}'])

    def test_absent_keys_have_their_defaults(self):
        resolved = self.result_of("gemm", CONFIGS / "accelerators/edge-16x16.yaml", "8", "8", "8",
                                  "--set", "array.rows=8")["config"]["resolved"]
        self.assertEqual(resolved["array"], {
            "rows": 8, "columns": 16, "dataflow": "weight_stationary", "overlap_folds": False,
            "drain": "serial", "pipeline_depth": 1, "convention": "hardware",
            "depthwise_packing": True})
        self.assertEqual(resolved["energy"]["sampling"]["folds"], 8)
        self.assertEqual(resolved["dram"]["timing"]["CL"], 17)

    def test_the_area_command_writes_it_too(self):
        file = self.folder / "area.json"
        config = CONFIGS / "accelerators/edge-16x16.yaml"
        subprocess.run([SYSTOLE, "area", config, "--json", file], check=True, capture_output=True)
        area = json.loads(file.read_text())
        self.assertEqual(area["config"]["resolved"],
                         self.result_of("gemm", config, "8", "8", "8")["config"]["resolved"])


if __name__ == "__main__":
    unittest.main()
