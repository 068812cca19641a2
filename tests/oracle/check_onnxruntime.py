#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the oracle itself against ONNX Runtime, on random networks: FP32 tensors within a
tolerance. (Codes: differential.py --onnxruntime runs the exported INT8 model.)

    check_onnxruntime.py MODULES WORK --first-seed 1 --seeds 10

MODULES is the folder whose node_modules holds onnxruntime-node (tests/differential/package.json).
"""
import argparse
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import helper

from float_model import run_float
from onnx_graph import load_graph
from random_network import write_workload
from reference import as_file, file_name
from workload import Workload

_RUNNER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "differential",
                       "run_onnxruntime.mjs")
_TOLERANCE = 1e-5  # of FP32, relative to the tensor's largest magnitude


class _Failed(Exception):
    """ONNX Runtime does not run a model; in one line."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", help="folder whose node_modules holds onnxruntime-node")
    parser.add_argument("work", help="folder for intermediate files")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workload", help="a workload instead of random networks")
    parser.add_argument("--qlinear", action="store_true", help="random networks of that kind")
    arguments = parser.parse_args()
    faults = []
    if arguments.workload:
        faults = _check(arguments, arguments.workload, arguments.work, 16)
        subject = arguments.workload
    else:
        seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
        for seed in seeds:
            folder = os.path.join(arguments.work, f"seed{seed}")
            write_workload(seed, folder, qlinear=arguments.qlinear)
            workload = os.path.join(folder, "workload.yaml")
            faults += [f"seed {seed}: {fault}" for fault in _check(arguments, workload, folder, 4)]
        subject = f"seeds {seeds[0]}..{seeds[-1]}"
    for fault in faults:
        print(fault)
    print(f"{'FAIL' if faults else 'PASS'}: oracle against ONNX Runtime, {subject}")
    return 1 if faults else 0


def _check(arguments, *subject):
    try:
        return _faults(arguments, *subject)
    except _Failed as reason:
        return [str(reason)]


def _faults(arguments, path, folder, images):
    os.makedirs(folder, exist_ok=True)
    workload = Workload(path)
    graph = load_graph(workload.model)
    shape = graph.tensors[graph.input].shape
    x = workload.images(shape, images)
    return _check_float(workload, graph, x, folder, arguments.modules)


def _run(workload, model, modules, folder, images):
    scale, offset = workload.input_map
    result = subprocess.run(["node", _RUNNER, modules, model, workload.images_path, folder,
                             f"--images={images}", f"--scale={scale!r}", f"--offset={offset!r}"],
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        lines = [line for line in result.stderr.splitlines() if "Error" in line]
        raise _Failed((lines or ["node failed"])[0])


def _check_float(workload, graph, x, folder, modules):
    model = onnx.load(workload.model)
    names = {name for node in model.graph.node for name in node.output}
    del model.graph.output[:]
    tensors = {name: tensor for name, tensor in run_float(graph, x).items() if name in names}
    model.graph.output.extend(
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in tensors)
    path = os.path.join(folder, "float.onnx")
    onnx.save(model, path)
    outputs = os.path.join(folder, "float")
    _run(workload, path, modules, outputs, len(x))
    faults = []
    for name, tensor in tensors.items():
        found = np.load(os.path.join(outputs, file_name(name)))
        expected = as_file(tensor)
        if found.shape != expected.shape:
            faults.append(f"FP32 {name}: {expected.shape} expected, {found.shape} found")
            continue
        error = np.abs(found - expected).max()
        if not error <= _TOLERANCE * max(1.0, np.abs(tensor).max()):
            faults.append(f"FP32 {name} differs by {error}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
