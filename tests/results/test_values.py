# SPDX-License-Identifier: Apache-2.0
"""What the command line says of values: block formats, seeds, random images, models it cannot run.

    /usr/bin/python3 tests/results/test_values.py build/release/systole
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx
import onnx.numpy_helper
from onnx import TensorProto, helper

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
NETWORK = "resnet8_fmnist"
BLOCKS = "is a block format, and the machine has no block scales"


def systole(*arguments):
    return subprocess.run([SYSTOLE, *map(str, arguments)], capture_output=True, text=True, check=False)


class Refusals(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def refused(self, text, *arguments):
        run = systole(*arguments)
        self.assertEqual(run.returncode, 2, (arguments, run.stdout, run.stderr))
        self.assertIn(text, run.stderr, arguments)
        self.assertEqual(run.stdout, "")

    def test_block_formats_in_a_machine_wherever_they_are_named(self):
        self.refused(f"mxint8 {BLOCKS}", "gemm", "edge-16x16", 4, 4, 4, "--set", "datapath=mxint8")
        for name in ("mxint8", "mxfp8_e4m3", "nvfp4", "bfp8b16", "bfp4b8"):
            for key in ("datapath.weight", "datapath.activation"):
                self.refused(f"{name} {BLOCKS}", "gemm", "edge-16x16", 4, 4, 4, "--set", f"{key}={name}")
        self.refused(BLOCKS, "gemm", "edge-16x16", 4, 4, 4, "--set",
                     "datapath.weight={element: int8, block: 32}")
        self.refused(f"mxint8 {BLOCKS}", "compare", "edge-16x16", NETWORK, "--images", 2,
                     "--formats", "int8,mxint8")
        for key in ("scheme.weight.format", "scheme.activation.format"):
            self.refused(f"mxint8 {BLOCKS}", "run", "edge-16x16", NETWORK, "--images", 1, "--set",
                         "scheme=int8", "--set", f"{key}=mxint8")

    def test_block_formats_in_files(self):
        scheme = (ROOT / "configs/schemes/int8.yaml").read_text().replace("format: int8", "format: mxint8")
        (self.folder / "blocks.yaml").write_text(scheme)
        self.refused(f"mxint8 {BLOCKS}", "quantize", NETWORK, self.folder / "blocks.yaml", "-o",
                     self.folder / "q.onnx")
        (self.folder / "sweep.yaml").write_text(
            f"name: s\nconfig: {ROOT}/configs/accelerators/edge-16x16.yaml\n"
            f"workload: {ROOT}/traces/resnet8_fmnist/workload.yaml\nimages: 1\n"
            "grid: [{key: datapath.weight, values: [int8, mxint8]}]\n")
        run = systole("sweep", self.folder / "sweep.yaml", "--json", self.folder / "s.json")
        self.assertIn(BLOCKS, run.stdout + run.stderr)

    def test_block_formats_keep_their_commands(self):
        for arguments in (["pe", "--activation", "mxint8", "--weight", "mxint8", "--accumulator", "fp32"],
                          ["formats", "mxint8"]):
            run = systole(*arguments)
            self.assertEqual(run.returncode, 0, run.stderr)

    def test_seeds_beyond_their_64_bits(self):
        dram = ROOT / "configs/dram/ddr4_2400.yaml"
        for seed in ("-1", "18446744073709551616", "1.5", "0x10", "one"):
            text = f"{seed} is no seed, expected an integer from 0 to 18446744073709551615"
            self.refused(text, "gemm", "edge-16x16", 4, 4, 4, f"--seed={seed}")
            self.refused(text, "dram", dram, "rand", f"--seed={seed}")
        for key in ("energy.sampling.seed", "dram.faults.seed"):
            for seed in ("-1", "18446744073709551616"):
                self.refused("expected an integer from 0 to 18446744073709551615", "gemm", "edge-16x16",
                             4, 4, 4, "--set", f"{key}={seed}")
        for seed in ("-1", "18446744073709551616"):
            self.refused("expected an integer from 0 to 18446744073709551615", "gemm", "edge-16x16", 4, 4, 4,
                         "--set", f"datapath.accumulator={{float: fp32, rounding: stochastic, seed: {seed}}}")

    def test_every_bit_of_a_seed_counts(self):
        def gemm(*options):
            out = self.folder / "r.json"
            run = systole("gemm", "edge-16x16", 8, 40, 24, "--json", out, "--quiet", *options)
            self.assertEqual(run.returncode, 0, run.stderr)
            return json.loads(out.read_text())["totals"]["output_sha256"]
        seeds = (1, 1 + (1 << 32), 1 << 32, (1 << 64) - 1)
        self.assertEqual(len({gemm("--seed", seed) for seed in seeds}), len(seeds))
        stochastic = "datapath.accumulator={{float: fp16, rounding: stochastic, seed: {}}}"
        self.assertEqual(len({gemm("--set", "datapath=e4m3", "--set", stochastic.format(seed))
                              for seed in seeds}), len(seeds))


class Models(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.model = pathlib.Path(scratch.name) / "model.onnx"

    def save(self, nodes, constants=()):
        value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph(nodes, "g", [value("x", [1, 1, 4, 4])], [value("y", None)],
                                  list(constants))
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), self.model)

    def test_a_bare_model_says_that_its_images_are_random(self):
        self.save([helper.make_node("Relu", ["x"], ["y"])])
        out = self.model.with_name("r.json")
        run = systole("run", "edge-16x16", self.model, "--images", 3, "--json", out)
        self.assertRegex(run.stdout, r"accuracy +SQNR .* dB, over 3 random images: a bare \.onnx names no data\n")
        self.assertIs(json.loads(out.read_text())["totals"]["accuracy"]["random_images"], True)
        run = systole("compare", "edge-16x16", self.model, "--images", 1, "--formats", "int8,int4")
        self.assertIn(", over 1 random image ", " ".join(run.stdout.split()))

    def test_names_with_control_characters_reach_no_terminal(self):
        weight = onnx.numpy_helper.from_array(np.ones((1, 1, 3, 3), np.float32), "w")
        self.save([helper.make_node("Conv", ["x", "w"], ["c"], name="a\x1b[2Jb\nc\u202e\x7f"),
                   helper.make_node("Relu", ["c"], ["y"], name="\x00\x9b")], [weight])
        out = self.model.with_name("r.json")
        run = systole("run", "edge-16x16", self.model, "--explain", "--json", out)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("a\\x1b[2Jb\\nc\\u202e\\x7f", run.stdout)
        for stream in (run.stdout, run.stderr):
            self.assertNotRegex(stream, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        run = systole("run", "edge-16x16", self.model, "--set", "mapping.layers.none.tile_rows=1")
        self.assertEqual(run.returncode, 2)
        self.assertNotRegex(run.stderr, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")

    def test_all_obstacles_come_at_once(self):
        self.save([helper.make_node("NonZero", ["x"], ["a"], name="t1"),
                   helper.make_node("Softmax", ["x"], ["b"], name="s", axis=7),
                   helper.make_node("NonZero", ["b"], ["y"], name="t2")])
        run = systole("run", "edge-16x16", self.model)
        self.assertEqual(run.returncode, 2)
        self.assertEqual(len(run.stderr.splitlines()), 2)
        self.assertIn("nodes 't1', 't2' (operator 'NonZero'): not supported, expected one of Abs,", run.stderr)
        self.assertIn("node 's' (operator 'Softmax'): has axis 7, expected -4 to 3", run.stderr)


if __name__ == "__main__":
    unittest.main()
