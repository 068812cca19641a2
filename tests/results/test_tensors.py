# SPDX-License-Identifier: Apache-2.0
"""What `systole run --tensors` writes: docs/tensors.md.

    /usr/bin/python3 tests/results/test_tensors.py build/release/systole
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx
import onnx.numpy_helper
from onnx import TensorProto, helper

SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None


def network(names, folder):
    """x -> Conv -> Conv ..: a chain whose tensors have these names."""
    rng = np.random.default_rng(1)
    nodes, constants, before = [], [], "x"
    for i, name in enumerate(names):
        weight = rng.standard_normal((3, 3, 1, 1)).astype(np.float32)
        bias = rng.standard_normal(3).astype(np.float32)
        constants += [onnx.numpy_helper.from_array(weight, f"w{i}"),
                      onnx.numpy_helper.from_array(bias, f"b{i}")]
        nodes.append(helper.make_node("Conv", [before, f"w{i}", f"b{i}"], [name], name=f"node{i}"))
        before = name
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 2, 2])
    graph = helper.make_graph(nodes, "g", [value("x")], [value(before)], constants)
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), path)
    return path


class Tensors(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.out = self.folder / "out"

    def run_systole(self, model, *options):
        return subprocess.run([SYSTOLE, "run", "edge-16x16", model, "--tensors", self.out, "--quiet",
                               *options], capture_output=True, text=True, check=False)

    def tensors(self, model, *sets):
        options = [word for item in sets for word in ("--set", item)]
        run = self.run_systole(model, "--images", "2", *options)
        self.assertEqual(run.returncode, 0, run.stderr)
        manifest = json.loads((self.out / "manifest.json").read_text())
        self.assertEqual(manifest["schema"], "systole-tensors/1")
        self.assertEqual(manifest["images"], 2)
        return manifest["tensors"]

    def load(self, tensor):
        values = np.load(self.out / tensor["file"])
        self.assertEqual(list(values.shape), tensor["shape"])
        self.assertEqual(str(values.dtype), tensor["dtype"])
        return values

    def test_names_that_look_alike_as_files_stay_apart(self):
        names = ["a/b", "a_b", "A_B", "a\\b", "a b", "..", "con", "a" * 300, "a" * 301, "é" * 40]
        tensors = self.tensors(network(names, self.folder))
        self.assertEqual([t["name"] for t in tensors if t["kind"] == "activation"], ["x", *names])
        files = [t["file"] for t in tensors]
        self.assertEqual(len({file.lower() for file in files}), len(tensors))
        self.assertLessEqual(max(map(len, files)), 57)
        self.assertEqual(sorted([*files, "manifest.json"]), sorted(os.listdir(self.out)))
        for tensor in tensors:
            self.load(tensor)

    def test_elements_of_integers_have_their_sign(self):
        model = network(["y"], self.folder)
        for form, dtype, lowest in (("int8", "int8", -128), ("int4", "int8", -8),
                                    ("int12", "int16", -2048)):
            tensors = self.tensors(model, f"datapath.activation={form}", f"datapath.weight={form}",
                                   "scheme=int8", f"scheme.activation.format={form}",
                                   f"scheme.weight.format={form}")
            for tensor in tensors:
                if tensor["kind"] == "bias":
                    continue
                values = self.load(tensor)
                self.assertEqual((tensor["format"], tensor["dtype"]), (form, dtype))
                self.assertLess(values.min(), 0)
                self.assertGreaterEqual(values.min(), lowest)
                self.assertLess(values.max(), -lowest)

    def test_codes_of_other_formats_are_unsigned(self):
        tensors = self.tensors(network(["y"], self.folder), "datapath=e4m3")
        self.assertEqual({t["dtype"] for t in tensors if t["kind"] != "bias"}, {"uint8"})

    def test_weights_and_biases_are_those_of_the_model(self):
        model = network(["u", "y"], self.folder)
        constants = {c.name: onnx.numpy_helper.to_array(c) for c in onnx.load(model).graph.initializer}
        tensors = {(t["name"], t["kind"]): t for t in self.tensors(model)}
        for i in range(2):
            weight, bias = tensors[f"node{i}", "weight"], tensors[f"node{i}", "bias"]
            self.assertEqual((weight["layout"], bias["layout"]), ("OHWI", "O"))
            scale = np.array(weight["scale"])
            real = self.load(weight) * scale.reshape(-1, 1, 1, 1)
            error = np.abs(real - constants[f"w{i}"].transpose(0, 2, 3, 1))
            self.assertTrue((error <= 0.51 * scale.reshape(-1, 1, 1, 1)).all())
            real = self.load(bias) * np.array(bias["scale"])
            self.assertTrue((np.abs(real - constants[f"b{i}"]) <= 0.51 * np.array(bias["scale"])).all())

    def test_biases_of_floats_and_of_wide_sums_are_float64(self):
        model = network(["y"], self.folder)
        bias = onnx.numpy_helper.to_array(onnx.load(model).graph.initializer[1])
        for form, accumulator in (("e5m2", "fp32"), ("e2m1", "fp16"), ("e5m2", "exact")):
            tensors = self.tensors(model, f"datapath={form}", f"datapath.accumulator={accumulator}")
            (entry,) = (t for t in tensors if t["kind"] == "bias")
            self.assertEqual((entry["dtype"], entry["format"]), ("float64", accumulator))
            real = self.load(entry) * np.array(entry["scale"])
            self.assertTrue(np.allclose(real, bias, rtol=2e-3), (real, bias))

    def test_an_older_manifest_never_describes_a_later_runs_files(self):
        first = self.tensors(network(["u", "v", "y"], self.folder))
        second = self.tensors(network(["y"], self.folder))
        self.assertLess(len(second), len(first))

    def test_a_place_that_cannot_be_written_is_found_before_the_run(self):
        model = network(["y"], self.folder)
        self.out.write_text("a file")
        run = self.run_systole(model)
        self.assertEqual((run.returncode, self.out.read_text()), (2, "a file"))
        self.assertIn("is no folder, expected one or a new name", run.stderr)
        self.out.unlink()
        (self.out / "manifest.json").mkdir(parents=True)
        self.assertEqual(self.run_systole(model).returncode, 2)
        self.out = pathlib.Path("/proc/none/out")
        self.assertEqual(self.run_systole(model).returncode, 2)

    def test_a_file_that_cannot_be_written_leaves_nothing(self):
        model = network(["y"], self.folder)
        (self.out / "0001-node0.weight.npy").mkdir(parents=True)
        run = self.run_systole(model)
        self.assertEqual(run.returncode, 2)
        self.assertIn("0001-node0.weight.npy", run.stderr)
        self.assertEqual(os.listdir(self.out), ["0001-node0.weight.npy"])

    def test_an_empty_name_and_runs_without_values_are_refused(self):
        model = network(["y"], self.folder)
        run = subprocess.run([SYSTOLE, "run", "edge-16x16", model, "--tensors", ""],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn("--tensors: is empty, expected a value", run.stderr)
        self.assertEqual(self.run_systole(model, "--timing-only").returncode, 2)
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main()
