# SPDX-License-Identifier: Apache-2.0
"""ONNX operators that are vector work (docs/arithmetic.md, Operators)."""
import math

import numpy as np

from graph import AxisMap, MatrixWork, Program, VectorWork
from windows import Window
from work_forms import (channels_last, elementwise, image_shape, image_sizes, operand, operator,
                        reducing, unary, window_of)


@operator("BatchNormalization")
def _batch_normalization(node):
    gamma, beta, mean, variance = (node.constant(i).astype(np.float64) for i in range(1, 5))
    epsilon = np.float64(np.float32(node.attribute("epsilon", 1e-5)))
    a = gamma / np.sqrt(variance + epsilon)
    before = node.importer.producer(node.inputs[0])
    work = before.work if before is not None else None
    if isinstance(work, MatrixWork) and work.weight is not None and work.result[3] == [1]:
        per_output = a.reshape(work.groups, 1, -1)
        work.weight = (work.weight.astype(np.float64) * per_output).astype(np.float32)
        bias = np.float64(0.0) if work.bias is None else work.bias.astype(np.float64)
        work.bias = ((bias - mean) * a + beta).astype(np.float32)
        node.graph.tensors[node.output] = node.graph.tensors.pop(before.output)
        node.graph.tensors[node.output].name = before.output = node.output
        return
    source = node.tensor(0)
    shape = [-1] + [1] * (len(source.shape) - 2)
    names = [node.inputs[0]]
    for suffix, values in (("scale", a), ("bias", (0.0 - mean) * a + beta)):
        names.append(f"{node.output}/{suffix}")
        values = values.astype(np.float32).reshape(shape)
        node.importer.tensor(names[-1], values.shape).value = values
    program = Program()
    product = program.apply("multiply", program.load(0), program.load(1))
    program.apply("add", product, program.load(2))
    elementwise(node, "normalization", program, names)


@operator("LayerNormalization")
def _layer_normalization(node):
    shape = node.tensor(0).shape
    first = node.attribute("axis", -1) % len(shape)
    axes = list(range(first, len(shape)))
    names, program = [node.inputs[0]], Program()
    x = program.load(0)
    count = program.constant(int(np.prod([shape[axis] for axis in axes])))
    d = program.apply("subtract", x, program.apply("divide", program.reduce("sum", x), count))
    square = program.apply("multiply", d, d)
    variance = program.apply("divide", program.reduce("sum", square), count)
    epsilon = program.constant(node.attribute("epsilon", 1e-5))
    deviation = program.apply("square_root", program.apply("add", variance, epsilon))
    y = program.apply("multiply", d, program.apply("reciprocal", deviation))
    for function, index in (("multiply", 1), ("add", 2)):
        if node.has(index):
            y = program.apply(function, y, operand(node, program, names, index))
    reducing(node, "normalization", program, names, axes, same_shape=True)


@operator("Softmax")
def _softmax(node):
    rank = len(node.tensor(0).shape)
    if node.opset >= 13:
        axes = [node.attribute("axis", -1) % rank]
    else:
        axes = list(range(node.attribute("axis", 1) % rank, rank))
    program = Program()
    x = program.load(0)
    e = program.apply("exponential",
                      program.apply("subtract", x, program.reduce("maximum", x)))
    program.apply("divide", e, program.reduce("sum", e))
    reducing(node, "softmax", program, node.inputs[:1], axes, same_shape=True)


def _pooling(node, program, window):
    """The space is N, output rows, output columns, kernel rows, kernel columns, C."""
    shape = node.tensor(0).shape
    rank, sizes = len(shape), image_sizes(shape)
    outputs = window.output_size(*sizes)
    extents = (1, *outputs, *window.kernel, shape[1])
    y, x = (AxisMap({1 + axis: window.strides[axis], 3 + axis: window.dilations[axis]},
                    -window.pads[axis]) for axis in (0, 1))
    n, c = AxisMap({0: 1}), AxisMap({5: 1})
    maps = [[n, c, y, x] if rank == 4 else [n, c, x],
            [n, c, AxisMap({1: 1}), AxisMap({2: 1})] if rank == 4 else [n, c, AxisMap({2: 1})]]
    work = VectorWork(program, extents, (3, 4), maps, window)
    node.add("pooling", work, node.inputs[:1], image_shape(rank, shape[1], outputs),
             channels_last(rank))


def _kernel(node):
    kernel = node.attribute("kernel_shape")
    return tuple(kernel) if len(kernel) == 2 else (1, kernel[0])


@operator("MaxPool")
def _max_pool(node):
    program = Program()
    program.reduce("maximum", program.load(0))
    _pooling(node, program, window_of(node, _kernel(node), image_sizes(node.tensor(0).shape)))


@operator("AveragePool")
def _average_pool(node):
    window = window_of(node, _kernel(node), image_sizes(node.tensor(0).shape))
    # Beyond the pads that the node asks for nothing is counted.
    beyond = not any(node.attribute("pads", [0])) and node.attribute("ceil_mode", 0)
    all_count = node.attribute("count_include_pad", 0) and not beyond
    _average(node, window, bool(all_count))


@operator("GlobalMaxPool")
def _global_max_pool(node):
    program = Program()
    program.reduce("maximum", program.load(0))
    _pooling(node, program, Window(image_sizes(node.tensor(0).shape)))


@operator("GlobalAveragePool")
def _global_average_pool(node):
    _average(node, Window(image_sizes(node.tensor(0).shape)), False)


def _average(node, window, all_count):
    program = Program()
    x = program.load(0)
    total = program.reduce("sum", x)
    if all_count or not any(pad > 0 for pad in window.pads):
        count = program.constant(window.kernel[0] * window.kernel[1])
    else:
        count = program.reduce("count", x)
    program.apply("divide", total, count)
    _pooling(node, program, window)


@operator("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin")
def _reduction(node):
    shape = node.tensor(0).shape
    axes = node.attribute("axes")
    if axes is None:
        axes = node.constant(1)
    axes = range(len(shape)) if axes is None else [int(axis) % len(shape) for axis in axes]
    kind = {"ReduceMax": "maximum", "ReduceMin": "minimum"}.get(node.node.op_type, "sum")
    program = Program()
    total = program.reduce(kind, program.load(0))
    if node.node.op_type == "ReduceMean":
        count = program.constant(int(np.prod([shape[axis] for axis in axes])))
        program.apply("divide", total, count)
    reducing(node, "reduction", program, node.inputs[:1], list(axes),
             bool(node.attribute("keepdims", 1)))


def _binary(onnx, function, kind):
    @operator(onnx)
    def row(node):
        names, program = [], Program()
        result = operand(node, program, names, 0)
        for index in range(1, len(node.inputs)):
            result = program.apply(function, result, operand(node, program, names, index))
        elementwise(node, kind, program, names)
    return row


for _onnx, _function, _kind in (
        ("Add", "add", "addition"), ("Sub", "subtract", "subtraction"),
        ("Mul", "multiply", "multiplication"), ("Div", "divide", "division"),
        ("Sum", "add", "addition"), ("Max", "maximum", "maximum"), ("Min", "minimum", "minimum")):
    _binary(_onnx, _function, _kind)


def _function_row(onnx, function, kind):
    @operator(onnx)
    def row(node):
        elementwise(node, kind, unary(function), node.inputs[:1])
    return row


for _onnx, _function in (
        ("Relu", "positive"), ("Sigmoid", "sigmoid"), ("Tanh", "hyperbolic_tangent"),
        ("Exp", "exponential"), ("Log", "logarithm"), ("Erf", "error_function"),
        ("Sqrt", "square_root"), ("Reciprocal", "reciprocal"), ("Neg", "negate"),
        ("Abs", "absolute"), ("Floor", "floor")):
    _function_row(_onnx, _function, _onnx.lower())


@operator("Clip")
def _clip(node):
    bounds = []
    for index, name in ((1, "min"), (2, "max")):
        bound = node.constant(index)
        bounds.append(node.attribute(name) if bound is None else bound.reshape(()))
    program = Program()
    y = program.load(0)
    for function, bound in zip(("maximum", "minimum"), bounds):
        if bound is not None:
            y = program.apply(function, y, program.constant(bound))
    elementwise(node, "clip", program, node.inputs[:1])


def _hard_sigmoid(program, x, alpha, beta):
    y = program.apply("add", program.apply("multiply", x, program.constant(alpha)),
                      program.constant(beta))
    y = program.apply("maximum", y, program.constant(0))
    return program.apply("minimum", y, program.constant(1))


@operator("HardSigmoid")
def _hard_sigmoid_row(node):
    program = Program()
    _hard_sigmoid(program, program.load(0), node.attribute("alpha", 0.2),
                  node.attribute("beta", 0.5))
    elementwise(node, "hardsigmoid", program, node.inputs[:1])


@operator("HardSwish")
def _hard_swish(node):
    program = Program()
    x = program.load(0)
    program.apply("multiply", x, _hard_sigmoid(program, x, 1 / 6, 0.5))
    elementwise(node, "hardswish", program, node.inputs[:1])


@operator("Gelu")
def _gelu(node):
    """(x * 0.5) * (bend + 1)"""
    program = Program()
    x = program.load(0)
    half = program.apply("multiply", x, program.constant(0.5))
    if node.attribute("approximate", "none") == "tanh":
        cube = program.apply("multiply", x, program.apply("multiply", x, x))
        inner = program.apply("add", x, program.apply("multiply", cube,
                                                      program.constant(0.044715)))
        bend = program.apply("hyperbolic_tangent", program.apply(
            "multiply", inner, program.constant(math.sqrt(2 / math.pi))))
    else:
        bend = program.apply("error_function", program.apply(
            "divide", x, program.constant(math.sqrt(2))))
    program.apply("multiply", half, program.apply("add", bend, program.constant(1)))
    elementwise(node, "gelu", program, node.inputs[:1])


@operator("PRelu", "LeakyRelu")
def _leaky(node):
    names, program = [node.inputs[0]], Program()
    x = program.load(0)
    if node.node.op_type == "PRelu":
        slope = operand(node, program, names, 1)
    else:
        slope = program.constant(node.attribute("alpha", 0.01))
    below = program.apply("less", x, program.constant(0))
    program.apply("select", below, program.apply("multiply", x, slope), x)
    elementwise(node, "leakyrelu", program, names)


@operator("Pow")
def _power(node):
    exponent, program = float(node.constant(1).reshape(())), Program()
    x = program.load(0)
    if exponent == 0.5:
        program.apply("square_root", x)
    else:
        square = program.apply("multiply", x, x)
        if exponent == 3:
            program.apply("multiply", square, x)
        elif exponent != 2:
            raise ValueError("Pow is supported with exponents 0.5, 2 and 3 only")
    elementwise(node, "power", program, node.inputs[:1])
