#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""NaN that vector work makes, as an operand of the array: logarithms of pixels that are negative in
the test images alone. Systole and the oracle take them for the same, in sums that have NaN and in
sums that have not.

    test_nan.py build/release/systole WORK
"""
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(_HERE), "oracle"))
from random_network import WORKLOAD, write_idx  # noqa: E402


def main():
    systole, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(1)
    onnx.save(_model(rng), os.path.join(folder, "model.onnx"))
    write_idx(os.path.join(folder, "images.idx"), rng.integers(0, 60, (4, 1, 1, 24)))
    write_idx(os.path.join(folder, "calibration.idx"), rng.integers(20, 60, (64, 1, 1, 24)))
    write_idx(os.path.join(folder, "labels.idx"), rng.integers(0, 3, 4))
    workload = os.path.join(folder, "workload.yaml")
    with open(workload, "w", encoding="utf-8") as file:
        file.write(WORKLOAD.format(seed="nan", scale=0.5, offset=-8.0))
    failed = 0
    for accumulator in ("exact", "int40", "fp16"):
        command = [sys.executable, "-B", os.path.join(_HERE, "differential.py"), systole,
                   os.path.join(folder, accumulator), "--scheme", "e4m3", "--images", "4",
                   "--fold-rows", "16", "--scheme-set", f"accumulator={accumulator}",
                   "--workload", workload]
        failed += subprocess.run(command, check=False).returncode != 0
        failed += not _has_nan(os.path.join(folder, accumulator, "oracle", "l.npy"))
    return 1 if failed else 0


def _model(rng):
    """l = log(x); y = (l times itself + l times constants) times constants."""
    shapes = {"rows": (1, 4, 6), "columns": (1, 6, 4), "row": (1, 16)}
    constants = [numpy_helper.from_array(rng.normal(0, 0.4, shape).astype(np.float32), name)
                 for name, shape in (("v", (6, 4)), ("w", (16, 3)))]
    constants += [numpy_helper.from_array(np.array(shape), name) for name, shape in shapes.items()]
    nodes = [helper.make_node("Reshape", ["x", "rows"], ["r"]),
             helper.make_node("Log", ["r"], ["l"]),
             helper.make_node("Reshape", ["l", "columns"], ["t"]),
             helper.make_node("MatMul", ["l", "t"], ["p"]),
             helper.make_node("MatMul", ["l", "v"], ["q"]),
             helper.make_node("Add", ["p", "q"], ["s"]),
             helper.make_node("Reshape", ["s", "row"], ["f"]),
             helper.make_node("MatMul", ["f", "w"], ["y"])]
    graph = helper.make_graph(
        nodes, "nan", [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 24))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 3))], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def _has_nan(path):
    found = bool((np.load(path) == 0x7F).any())
    if not found:
        print(f"{path} has no NaN")
    return found


if __name__ == "__main__":
    sys.exit(main())
