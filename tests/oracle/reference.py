#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Recomputes a quantized network from docs/arithmetic.md alone, to compare Systole with.

    reference.py traces/resnet8_fmnist/workload.yaml --scheme configs/schemes/int8.yaml --output DIR

writes the codes of every tensor as DIR/<tensor>.npy, uint8 (uint16 for formats of more than 8 bits)
of shape [images, axes as in ONNX], and DIR/summary.json. An axis 0 of extent 1 in a tensor of
several axes is the images'.
"""
import argparse
import json
import os
import re
import sys

import numpy as np
import yaml

from float_model import run_float
from formats import code_type, format_named
from graph import MatrixWork, MoveWork, VectorWork
from onnx_graph import load_graph
from quantized_model import QuantizedModel, Scheme, has_weights
from workload import Workload


def main():
    arguments = _parse()
    workload = Workload(arguments.workload)
    graph = load_graph(workload.model)
    scheme, calibration = _scheme(arguments)
    shape = graph.tensors[graph.input].shape
    model = QuantizedModel(graph, scheme, workload.calibration(shape, calibration))
    x = workload.images(shape, arguments.images)
    codes = model.run(x)
    reference = run_float(graph, x)[graph.output]
    os.makedirs(arguments.output, exist_ok=True)
    for name, tensor in codes.items():
        np.save(os.path.join(arguments.output, file_name(name)), as_file(tensor))
    if arguments.parameters:
        _write_parameters(model, arguments.parameters)
    summary = _summary(model, codes, reference, workload.labels(len(x)))
    with open(os.path.join(arguments.output, "summary.json"), "w", encoding="utf-8") as out:
        json.dump(summary, out, indent=2, sort_keys=True)
        out.write("\n")
    print(f"{len(x)} images, {len(codes)} tensors: top-1 {summary['top1']} "
          f"(FP32 {summary['fp32_top1']}), SQNR {summary['sqnr_db']} dB")
    return 0


def file_name(tensor):
    return re.sub(r"[^A-Za-z0-9._-]", "_", tensor) + ".npy"


def as_file(array):
    """[images, *shape] as it is written."""
    return array[:, 0] if array.ndim > 2 and array.shape[1] == 1 else array


def as_codes(values, number_format):
    """Bit patterns of what `systole run --tensors` writes: of integers, numbers with their sign."""
    bits = format_named(number_format).bits
    return (values.astype(np.int64) & ((1 << bits) - 1)).astype(code_type(bits))


def _scheme(arguments):
    """The scheme and how many images calibrate it (None: all)."""
    if arguments.scheme is None:
        return Scheme(arguments.activation, arguments.weight, arguments.granularity,
                      arguments.accumulator, arguments.requantization,
                      fold_rows=arguments.fold_rows), arguments.calibration
    with open(arguments.scheme, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    if (document["calibration"]["method"] != "minmax"
            or document["activation"].get("granularity", "per_tensor") != "per_tensor"):
        raise ValueError(f"{arguments.scheme}: only minmax calibration and activations per tensor")
    scheme = Scheme(document["activation"]["format"], document["weight"]["format"],
                    document["weight"].get("granularity", "per_channel"), document["accumulator"],
                    document["requantization"], document.get("accumulator_headroom", 1.5),
                    arguments.fold_rows, tuple(document.get("layers", {}).items()))
    return scheme, document["calibration"]["images"]


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workload", help="workload.yaml")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--parameters", metavar="DIR", help="write weight and bias codes there")
    parser.add_argument("--images", type=int, metavar="N", help="default: all")
    parser.add_argument("--scheme", metavar="FILE", help="YAML, instead of all options below")
    parser.add_argument("--calibration", type=int, metavar="N", help="images; default: all")
    parser.add_argument("--activation", default="int8", metavar="FORMAT")
    parser.add_argument("--weight", default="int8", metavar="FORMAT")
    parser.add_argument("--granularity", default="per_channel",
                        choices=["per_channel", "per_tensor"])
    parser.add_argument("--accumulator", default="int32", metavar="intN|exact")
    parser.add_argument("--fold-rows", type=int, default=0, metavar="R",
                        help="products of a fold, where their order matters; default: all")
    parser.add_argument("--requantization", default="fp32_multiplier",
                        choices=["fp32_multiplier", "fixed_point"])
    return parser.parse_args()


def _write_parameters(model, folder):
    """Weight codes [outputs, ky, kx, channels of the group], bias codes, weight scales."""
    os.makedirs(folder, exist_ok=True)
    for name, parameters in model.parameters.items():
        # [ky, kx, group, channel, output of the group]
        codes = parameters.weight_codes.transpose(2, 4, 0, 1, 3)
        codes = codes.reshape(-1, *codes.shape[2:])
        np.save(os.path.join(folder, file_name(name + ".weight")), codes)
        bias = parameters.bias_codes
        np.save(os.path.join(folder, file_name(name + ".bias")),
                bias if bias.dtype != object else np.array([str(code) for code in bias]))
        np.save(os.path.join(folder, file_name(name + ".weight_scale")), parameters.weight_scale)


def _summary(model, codes, reference, labels):
    graph = model.graph
    output = graph.root(graph.output)
    values = model.format_of(output).values(codes[output])
    dequantized = values.astype(np.float32) * model.scales[output]  # one fl32, as DequantizeLinear
    error = reference.reshape(values.shape).astype(np.float64) - dequantized.astype(np.float64)
    signal, noise = float(np.sum(reference.astype(np.float64)**2)), float(np.sum(error**2))
    return {
        "images": len(reference),
        "input": graph.input,
        "output": output,
        "output_file": file_name(output).removesuffix(".npy"),
        "layers": [node.output for node in graph.nodes if has_weights(node)],
        "optional": [file_name(name).removesuffix(".npy") for name in _optional(graph)],
        "top1": _top1(values, labels),
        "fp32_top1": _top1(reference, labels),
        "predictions": values.reshape(len(values), -1).argmax(axis=1).tolist(),
        "sqnr_db": 10 * np.log10(signal / noise) if signal > 0 and noise > 0 else None,
        "scales": {name: f"0x{int(scale.view(np.uint32)):08x}"
                   for name, scale in model.scales.items() if name in codes},
    }


def _optional(graph):
    """Tensors that a machine need not store: other shapes and views of one that it does, and sums
    that only vector work behind them reads."""
    names = [name for name, tensor in graph.tensors.items() if tensor.root is not None]
    counts, hidden = graph.readers(), {}
    for node in graph.nodes:
        if isinstance(node.work, MatrixWork):
            hidden[node.output] = [node.output]
        elif isinstance(node.work, MoveWork) and len(node.inputs) == 1:
            names.append(node.output)
            source = graph.root(node.inputs[0])
            if counts[source] == 1:
                hidden[node.output] = hidden.get(source, [])
        elif isinstance(node.work, VectorWork):
            for name in map(graph.root, node.inputs):
                names += hidden.get(name, []) if counts[name] == 1 else []
    return names


def _top1(outputs, labels):
    """The share of images whose largest output, the first of equals, is the label's."""
    if labels is None:
        return None
    return float(np.mean(outputs.reshape(len(outputs), -1).argmax(axis=1) == labels))


if __name__ == "__main__":
    sys.exit(main())
