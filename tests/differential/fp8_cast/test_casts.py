#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Casts binary32 values to the four FP8 types and back in ONNX Runtime and by our codec.

    test_casts.py build/release/tests/fp8_cast_check WORK --modules build/release/onnxruntime

Exit 0 or 1; 77 (skipped) where node, npm or a Python module is missing.
"""
import argparse
import importlib.util
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

_SKIPPED = 77
_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(_HERE))
# TensorProto.DataType of ONNX 1.14; Debian's onnx is older and does not name them.
_FP8 = {"e4m3": 17, "e4m3fnuz": 18, "e5m2": 19, "e5m2fnuz": 20}
_FLOAT = 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("check", help="the executable fp8_cast_check")
    parser.add_argument("work", help="folder for intermediate files")
    parser.add_argument("--modules", help="where onnxruntime-node is, or is to be, installed")
    arguments = parser.parse_args()
    missing = [name for name in ("numpy", "onnx") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"SKIPPED: no Python module {', '.join(missing)}")
        return _SKIPPED
    from onnxruntime_modules import Unavailable, install
    os.makedirs(arguments.work, exist_ok=True)
    try:
        modules = install(arguments.modules or os.path.join(arguments.work, "onnxruntime"))
    except Unavailable as reason:
        print(f"SKIPPED: {reason}")
        return _SKIPPED
    model = os.path.join(arguments.work, "casts.onnx")
    values = os.path.join(arguments.work, "input.f32")
    with open(model, "wb") as file:
        file.write(_model().SerializeToString())
    _values().tofile(values)
    subprocess.run(["node", os.path.join(_HERE, "run_casts.mjs"), modules, model, values,
                    arguments.work], check=True)
    return subprocess.run([arguments.check, values, arguments.work], check=False).returncode


def _model():
    """x -> Cast to FP8 -> Cast to float, for each type, with saturate 0 and 1."""
    from onnx import helper
    nodes, outputs = [], []
    for name, code in _FP8.items():
        for saturate in (0, 1):
            output = f"{name}_saturate{saturate}"
            nodes.append(helper.make_node("Cast", ["x"], [output + "_fp8"], to=code,
                                          saturate=saturate))
            nodes.append(helper.make_node("Cast", [output + "_fp8"], [output], to=_FLOAT))
            outputs.append(helper.make_tensor_value_info(output, _FLOAT, ["N"]))
    graph = helper.make_graph(nodes, "casts",
                              [helper.make_tensor_value_info("x", _FLOAT, ["N"])], outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)])
    model.ir_version = 9  # that of opset 19
    return model


def _values():
    """Every binary32 whose low 16 bits are zero, so every value of the FP8 types and every midpoint
    between two; one ulp of binary32 to each side of each; and random bit patterns."""
    import numpy
    exact = numpy.arange(1 << 16, dtype=numpy.int64) << 16
    noise = numpy.random.default_rng(1).integers(0, 1 << 32, 1 << 18)
    # Of the magnitudes that the types can tell apart.
    near = numpy.random.default_rng(2).integers(0x36800000, 0x48000000, 1 << 18)
    sign = numpy.random.default_rng(3).integers(0, 2, 1 << 18) << 31
    bits = numpy.concatenate([exact, exact + 1, exact - 1, noise, near | sign])
    return (bits & 0xFFFFFFFF).astype(numpy.uint32).view(numpy.float32)


if __name__ == "__main__":
    sys.exit(main())
