#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What leaves the accumulator is said with its layer, in the table, the JSON and the CSV of a study.

    /usr/bin/python3 tests/results/test_range.py build/release/systole
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
IMAGES = np.array([[0, 128, 255, 64], [255, 255, 255, 255], [1, 2, 3, 4]], dtype=np.uint8)


def idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(header + array.tobytes())


class Range(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def workload(self, weights, bias, offset=0.0, scale=1 / 256, calibration=IMAGES):
        """One dense layer named `dense` on four pixels."""
        weights = np.array(weights, dtype=np.float32)
        graph = helper.make_graph(
            [helper.make_node("Flatten", ["x"], ["flat"], "flatten"),
             helper.make_node("Gemm", ["flat", "w", "b"], ["y"], "dense")], "range",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 2, 2])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, weights.shape[1]])],
            [numpy_helper.from_array(weights, "w"),
             numpy_helper.from_array(np.array(bias, dtype=np.float32), "b")])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 8
        onnx.save(model, str(self.folder / "model.onnx"))
        for name, images in (("images", IMAGES), ("calibration", calibration)):
            idx(self.folder / f"{name}.idx", images.reshape(-1, 2, 2))
        (self.folder / "workload.yaml").write_text(
            f"name: range\nmodel: model.onnx\ninput: {{scale: {scale}, offset: {offset}}}\n"
            "data: {images: images.idx, calibration: calibration.idx}\n")
        return self.folder / "workload.yaml"

    def systole(self, *arguments):
        return subprocess.run([SYSTOLE, *map(str, arguments)], capture_output=True, text=True,
                              check=False)

    def run_of(self, workload, *options):
        run = self.systole("run", "edge-16x16", workload, "--json", self.folder / "result.json",
                           *options, "--set", f"scheme.calibration.images={len(IMAGES)}")
        self.assertEqual(run.returncode, 0, run.stderr)
        return " ".join(run.stdout.split()), json.loads((self.folder / "result.json").read_text())

    def test_a_bias_of_a_channel_of_tiny_weights_comes_out(self):
        workload = self.workload([[0.5, 1e-7]] * 4, [0.25, 1.5])
        table, result = self.run_of(workload)
        self.assertGreater(result["totals"]["accuracy"]["sqnr_db"], 38)
        self.assertNotIn("does not fit", table)
        for counts in (result["totals"]["out_of_range"], result["layers"][0]["out_of_range"]):
            self.assertEqual(counts, {"accumulator_overflows": 0, "accumulator_saturations": 0,
                                      "clipped_biases": 0})

    def test_saturations_of_all_images_are_printed_with_the_layer(self):
        # Without head room: only the second image is too large.
        workload = self.workload([[1.0], [1.0], [1.0], [1.0]], [0.0])
        options = ("--set", "datapath.accumulator=int16_saturate", "--set",
                   "scheme.accumulator_headroom=0")
        table, result = self.run_of(workload, *options)
        self.assertIn("Warning: layer dense does not fit accumulator int16_saturate: 2 additions "
                      "saturated, over 3 images.", table)
        self.assertEqual(result["layers"][0]["out_of_range"]["accumulator_saturations"], 2)
        self.assertEqual(result["totals"]["out_of_range"]["accumulator_saturations"], 2)
        table, result = self.run_of(workload, *options[:2])
        self.assertNotIn("Warning", table)
        self.assertGreater(result["totals"]["accuracy"]["sqnr_db"], 25)

    def test_overflows_beyond_the_calibration_images_are_printed_too(self):
        workload = self.workload([[1.0], [1.0], [1.0], [1.0]], [0.0],
                                 calibration=IMAGES[[0, 0, 0]] // 128 * 64)
        table, _ = self.run_of(workload, "--set", "datapath=e4m3_fp16")
        self.assertIn("layer dense does not fit accumulator fp16: ", table)
        self.assertIn("overflowed, over 3 images.", table)

    def test_the_scheme_stands_in_every_result(self):
        workload = self.workload([[1.0], [1.0], [1.0], [1.0]], [0.0])
        for datapath in ("int8", "e4m3", "e5m2", "e4m3_fp16"):
            _, result = self.run_of(workload, "--set", f"datapath={datapath}")
            self.assertEqual(result["config"]["weight_granularity"], "per_channel")
            self.assertEqual(result["config"]["accumulator_headroom"], 1.5)
        _, result = self.run_of(workload, "--set", "datapath=e4m3", "--set", "scheme=per_tensor",
                                "--set", "scheme.accumulator_headroom=2.5")
        self.assertEqual(result["config"]["weight_granularity"], "per_tensor")
        self.assertEqual(result["config"]["accumulator_headroom"], 2.5)

    def test_a_comparison_writes_them_for_each_format(self):
        workload = self.workload([[1.0], [1.0], [1.0], [1.0]], [0.0])
        table = self.folder / "compare.csv"
        run = self.systole("compare", "edge-16x16", workload, "--formats", "int8,e5m2", "--csv", table,
                           "--set", "datapath.accumulator=fp16", "--set",
                           "scheme.calibration.images=3", "--set", "scheme.accumulator_headroom=0")
        self.assertEqual(run.returncode, 0, run.stderr)
        with table.open(encoding="utf-8") as file:
            int8, e5m2 = csv.DictReader(file)
        self.assertEqual(int8["weight_granularity"], e5m2["weight_granularity"])
        self.assertEqual(float(int8["accumulator_headroom"]), 0)
        self.assertEqual(int8["accumulator_overflows"], "0")
        self.assertGreater(int(e5m2["accumulator_overflows"]), 0)

    def test_negative_values_of_an_unsigned_operand_are_an_error(self):
        workload = self.workload([[1.0], [1.0], [1.0], [1.0]], [0.0], offset=-0.5)
        run = self.systole("run", "edge-16x16", workload, "--set", "datapath.activation=uint8",
                           "--set", "scheme.calibration.images=3")
        self.assertEqual(run.returncode, 2)
        self.assertIn("has values on the calibration images down to -0.5, but uint8 has no negative",
                      run.stderr)


if __name__ == "__main__":
    unittest.main()
