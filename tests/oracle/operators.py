# SPDX-License-Identifier: Apache-2.0
"""What work an ONNX operator becomes: a row each (docs/arithmetic.md, Operators)."""
import math
from fractions import Fraction

import numpy as np
from onnx import numpy_helper

from graph import AxisMap, Copy, MatrixWork, MoveWork, Program, VectorWork
from windows import Window, ceil_pads, same_pads, transposed_window

OPERATORS = {}


def operator(*names):
    def register(row):
        for name in names:
            OPERATORS[name] = row
        return row
    return register


# Forms of work


def broadcast_map(shape, place, out_shape):
    """`place`: axis of the space by axis of the output."""
    lead = len(out_shape) - len(shape)
    return [AxisMap({place[lead + axis]: 1} if size > 1 else {}) for axis, size in enumerate(shape)]


def _places(order):
    return {axis: place for place, axis in enumerate(order)}


def elementwise(node, kind, program, names):
    """Element by element over tensors that broadcast; in memory as the first one of full rank."""
    tensors = [node.graph.tensors[name] for name in names]
    shape = np.broadcast_shapes(*(tensor.shape for tensor in tensors))
    full = [tensor for tensor in tensors
            if len(tensor.shape) == len(shape) and tensor.value is None]
    order = full[0].order if full else range(len(shape))
    place = _places(order)
    maps = [broadcast_map(tensor.shape, place, shape) for tensor in tensors]
    maps.append(broadcast_map(shape, place, shape))
    extents = tuple(shape[axis] for axis in order)
    node.add(kind, VectorWork(program, extents, (), maps), names, shape, order)


def reducing(node, kind, program, names, reduced, keep=True, same_shape=False):
    """Axes of input 0 are reduced; the others broadcast against it. The result has its shape
    (softmax), one element along these axes, or (keep=False) not these axes."""
    tensors = [node.graph.tensors[name] for name in names]
    shape, order = tensors[0].shape, tensors[0].order
    place = _places(order)
    maps = [broadcast_map(tensor.shape, place, shape) for tensor in tensors]
    out = shape if same_shape else tuple(1 if axis in reduced else size
                                         for axis, size in enumerate(shape))
    axes = [axis for axis in range(len(shape)) if keep or axis not in reduced]
    maps.append([AxisMap({place[axis]: 1} if out[axis] > 1 else {}) for axis in axes])
    work = VectorWork(program, tuple(shape[axis] for axis in order),
                      tuple(sorted(place[axis] for axis in reduced)), maps)
    node.add(kind, work, names, [out[axis] for axis in axes],
             order if len(axes) == len(shape) else None)


def channels_last(rank):
    return (0, *range(2, rank), 1)


def image_axes(rank):
    """batch, y, x, channel of N C, N C W and N C H W."""
    return ([0], [2] if rank == 4 else [], [rank - 1] if rank > 2 else [], [1])


def _unary(function):
    program = Program()
    program.apply(function, program.load(0))
    return program


# Convolutions


def _pair(values, rank, default):
    """Two numbers of an image; one of a row is that of x."""
    if values is None:
        return (default, default)
    return tuple(values) if rank == 4 else (default, values[0])


def _window_of(node, kernel, sizes):
    rank = len(node.tensor(0).shape)
    window = Window(kernel, _pair(node.attribute("strides"), rank, 1), (0, 0, 0, 0),
                    _pair(node.attribute("dilations"), rank, 1))
    pads = node.attribute("pads")
    if pads is not None:
        window.pads = tuple(pads) if rank == 4 else (0, pads[0], 0, pads[1])
    auto_pad = node.attribute("auto_pad", "NOTSET")
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        window.pads = same_pads(window, sizes, auto_pad == "SAME_UPPER")
    elif node.attribute("ceil_mode", 0):
        window.pads = ceil_pads(window, sizes)
    return window


def _image_sizes(shape):
    return tuple(shape[2:]) if len(shape) == 4 else (1, shape[2])


def _image_shape(rank, channels, sizes):
    return (1, channels, *sizes) if rank == 4 else (1, channels, sizes[1])


@operator("Conv")
def _conv(node):
    shape = node.tensor(0).shape
    rank, sizes, weight = len(shape), _image_sizes(shape), node.constant(1)
    if rank == 3:
        weight = weight[:, :, None]
    groups = node.attribute("group", 1)
    outputs, depth, ky, kx = weight.shape
    weight = weight.reshape(groups, outputs // groups, depth, ky, kx).transpose(3, 4, 0, 2, 1)
    window = _window_of(node, (ky, kx), sizes)
    axes = image_axes(rank)
    node.add("convolution", MatrixWork(axes, axes, weight, None, node.constant(2), window, groups),
             node.inputs[:1], _image_shape(rank, outputs, window.output_size(*sizes)),
             channels_last(rank))


@operator("ConvTranspose")
def _conv_transpose(node):
    """The convolution that it equals: zeros between the elements, the kernel turned."""
    shape = node.tensor(0).shape
    rank, sizes, weight = len(shape), _image_sizes(shape), node.constant(1)
    if rank == 3:
        weight = weight[:, :, None]
    groups = node.attribute("group", 1)
    inputs, outputs, ky, kx = weight.shape
    weight = weight.reshape(groups, inputs // groups, outputs, ky, kx)[..., ::-1, ::-1]
    strides = _pair(node.attribute("strides"), rank, 1)
    pads = node.attribute("pads", [0, 0, 0, 0] if rank == 4 else [0, 0])
    if rank == 3:
        pads = (0, pads[0], 0, pads[1])
    auto_pad, asked = node.attribute("auto_pad", "NOTSET"), node.attribute("output_shape")
    if asked is not None:
        asked = _pair(asked, rank, 1)
    elif auto_pad.startswith("SAME"):
        asked = [size * stride for size, stride in zip(sizes, strides)]
    window = transposed_window((ky, kx), sizes, strides,
                               _pair(node.attribute("dilations"), rank, 1), pads,
                               _pair(node.attribute("output_padding"), rank, 0), asked,
                               auto_pad == "SAME_UPPER")
    axes = image_axes(rank)
    work = MatrixWork(axes, axes, np.ascontiguousarray(weight.transpose(3, 4, 0, 1, 2)), None,
                      node.constant(2), window, groups)
    node.add("convolution", work, node.inputs[:1],
             _image_shape(rank, groups * outputs, window.output_size(*sizes)), channels_last(rank))


# Products of matrices


def _product(node, weight, bias, shape):
    """weight: [K, N]. Where input 0 is a row of all elements of an image whose memory is not in
    ONNX's order, the sum goes through that memory, like a kernel that covers the image."""
    name = node.importer.flat.get(node.inputs[0], node.inputs[0])
    tensor = node.graph.tensors[name]
    if name != node.inputs[0]:
        order = list(tensor.order)
        weight = weight.reshape(*tensor.shape, -1).transpose(*order, len(order))
        weight = weight.reshape(1, -1, 1, weight.shape[-2], weight.shape[-1])
        axes = ([], [], order[:-1], order[-1:])
    else:
        rank = len(tensor.shape)
        axes, weight = ([], list(range(rank - 1)), [], [rank - 1]), weight[None, None, None]
    rank = len(shape)
    result = ([], list(range(rank - 1)), [], [rank - 1])
    work = MatrixWork(axes, result, weight, None, bias, Window(weight.shape[:2]))
    node.add("convolution", work, [name], shape)


@operator("Gemm")
def _gemm(node):
    if node.attribute("transA", 0):
        raise ValueError("Gemm is supported without transA only")
    if node.constant(1) is None:
        raise ValueError("Gemm is supported with constant weights only")
    weight, bias = node.constant(1), node.constant(2)
    if node.attribute("transB", 0):
        weight = weight.T
    alpha, beta = (np.float64(node.attribute(name, 1.0)) for name in ("alpha", "beta"))
    weight = (weight.astype(np.float64) * alpha).astype(np.float32)
    if bias is not None:
        bias = (bias.astype(np.float64) * beta).astype(np.float32)
        bias = np.broadcast_to(bias.reshape(-1), weight.shape[1:]).copy()
    _product(node, weight, bias, (node.tensor(0).shape[0], weight.shape[1]))


@operator("MatMul")
def _matmul(node):
    weight = node.constant(1)
    a = node.tensor(0)
    if weight is not None:
        if weight.ndim != 2:
            raise ValueError("MatMul is supported with constant matrices only")
        _product(node, weight.astype(np.float32), None, (*a.shape[:-1], weight.shape[1]))
        return
    w = node.tensor(1)
    batch = np.broadcast_shapes(a.shape[:-2], w.shape[:-2])
    names = [node.inputs[0], node.inputs[1]]
    if a.shape[:-2] != batch:
        names[0] = _expanded(node, a, (*batch, *a.shape[-2:]))
    if w.shape[:-2] not in (batch, ()):
        names[1] = _expanded(node, w, (*batch, *w.shape[-2:]))
    rank = len(batch) + 2
    axes = (list(range(rank - 2)), [rank - 2], [], [rank - 1])
    depth = len(node.graph.tensors[names[1]].shape)
    weight_axes = (list(range(depth - 2)), [depth - 2], [depth - 1])
    node.add("matmul", MatrixWork(axes, axes, None, weight_axes), names,
             (*batch, a.shape[-2], w.shape[-1]))


def _expanded(node, tensor, shape):
    name, output = f"{tensor.name}/expanded_for/{node.output}", node.output
    node.output = name
    place = {axis: axis for axis in range(len(shape))}
    copy = Copy(0, shape, broadcast_map(tensor.shape, place, shape),
                [AxisMap({axis: 1}) for axis in range(len(shape))])
    node.add("expand", MoveWork([copy]), [tensor.name], shape)
    node.output = output
    return name


@operator("Expand")
def _expand(node):
    tensor = node.tensor(0)
    shape = np.broadcast_shapes(tensor.shape, tuple(int(n) for n in node.constant(1)))
    place = {axis: axis for axis in range(len(shape))}
    copy = Copy(0, shape, broadcast_map(tensor.shape, place, shape), _whole(shape))
    node.add("expand", MoveWork([copy]), node.inputs[:1], shape)


# Normalizations


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
            y = program.apply(function, y, _operand(node, program, names, index))
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


# Pooling and reductions


def _pooling(node, program, window):
    """The space is N, output rows, output columns, kernel rows, kernel columns, C."""
    shape = node.tensor(0).shape
    rank, sizes = len(shape), _image_sizes(shape)
    outputs = window.output_size(*sizes)
    extents = (1, *outputs, *window.kernel, shape[1])
    y, x = (AxisMap({1 + axis: window.strides[axis], 3 + axis: window.dilations[axis]},
                    -window.pads[axis]) for axis in (0, 1))
    n, c = AxisMap({0: 1}), AxisMap({5: 1})
    maps = [[n, c, y, x] if rank == 4 else [n, c, x],
            [n, c, AxisMap({1: 1}), AxisMap({2: 1})] if rank == 4 else [n, c, AxisMap({2: 1})]]
    work = VectorWork(program, extents, (3, 4), maps, window)
    node.add("pooling", work, node.inputs[:1], _image_shape(rank, shape[1], outputs),
             channels_last(rank))


def _kernel(node):
    kernel = node.attribute("kernel_shape")
    return tuple(kernel) if len(kernel) == 2 else (1, kernel[0])


@operator("MaxPool")
def _max_pool(node):
    program = Program()
    program.reduce("maximum", program.load(0))
    _pooling(node, program, _window_of(node, _kernel(node), _image_sizes(node.tensor(0).shape)))


@operator("AveragePool")
def _average_pool(node):
    window = _window_of(node, _kernel(node), _image_sizes(node.tensor(0).shape))
    # Beyond the pads that the node asks for nothing is counted.
    beyond = not any(node.attribute("pads", [0])) and node.attribute("ceil_mode", 0)
    all_count = node.attribute("count_include_pad", 0) and not beyond
    _average(node, window, bool(all_count))


@operator("GlobalMaxPool")
def _global_max_pool(node):
    program = Program()
    program.reduce("maximum", program.load(0))
    _pooling(node, program, Window(_image_sizes(node.tensor(0).shape)))


@operator("GlobalAveragePool")
def _global_average_pool(node):
    _average(node, Window(_image_sizes(node.tensor(0).shape)), False)


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


# Element by element


def _operand(node, program, names, index):
    """A load, or a step for a constant of one element."""
    value = node.constant(index)
    if value is not None and value.size == 1:
        return program.constant(value.reshape(()))
    names.append(node.tensor(index).name)
    return program.load(len(names) - 1)


def _binary(onnx, function, kind):
    @operator(onnx)
    def row(node):
        names, program = [], Program()
        result = _operand(node, program, names, 0)
        for index in range(1, len(node.inputs)):
            result = program.apply(function, result, _operand(node, program, names, index))
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
        elementwise(node, kind, _unary(function), node.inputs[:1])
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
        slope = _operand(node, program, names, 1)
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


# Moves and views


def _whole(extents):
    return [AxisMap({axis: 1}) for axis in range(len(extents))]


@operator("Transpose")
def _transpose(node):
    shape = node.tensor(0).shape
    permutation = node.attribute("perm", list(range(len(shape)))[::-1])
    target = [None] * len(shape)
    for axis, source in enumerate(permutation):
        target[axis] = AxisMap({source: 1})
    order = [list(permutation).index(axis) for axis in node.tensor(0).order]
    node.add("transpose", MoveWork([Copy(0, shape, _whole(shape), target)]), node.inputs[:1],
             [shape[axis] for axis in permutation], order)


@operator("Concat")
def _concat(node):
    tensors = [node.tensor(index) for index in range(len(node.inputs))]
    axis = node.attribute("axis") % len(tensors[0].shape)
    copies, begin = [], 0
    for index, tensor in enumerate(tensors):
        target = _whole(tensor.shape)
        target[axis] = AxisMap({axis: 1}, begin)
        copies.append(Copy(index, tensor.shape, _whole(tensor.shape), target))
        begin += tensor.shape[axis]
    shape = list(tensors[0].shape)
    shape[axis] = begin
    node.add("concat", MoveWork(copies), node.inputs, shape, tensors[0].order)


@operator("Slice")
def _slice(node):
    shape = list(node.tensor(0).shape)
    starts, ends, axes, steps = (None if node.constant(i) is None else
                                 [int(n) for n in node.constant(i)] for i in range(1, 5))
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    source = _whole(shape)
    for start, end, axis, step in zip(starts, ends, axes, steps):
        taken = range(shape[axis])[start:end:step]
        source[axis] = AxisMap({axis % len(shape): taken.step}, taken.start)
        shape[axis] = len(taken)
    node.add("slice", MoveWork([Copy(0, tuple(shape), source, _whole(shape))]), node.inputs[:1],
             shape, node.tensor(0).order)


@operator("Resize")
def _resize(node):
    """Nearest: a table of source indices along each axis."""
    shape = node.tensor(0).shape
    scales, sizes = node.constant(2), node.constant(3)
    if sizes is not None and sizes.size:
        out = [int(n) for n in sizes]
        scales = [Fraction(o, n) for o, n in zip(out, shape)]
    else:
        scales = [Fraction(float(scale)) for scale in scales]
        out = [math.floor(n * scale) for n, scale in zip(shape, scales)]
    source = [AxisMap({axis: 1}, 0, _nearest(node, *sizes)) if sizes[0] != sizes[1] else
              AxisMap({axis: 1}) for axis, sizes in enumerate(zip(shape, out, scales))]
    rank = len(shape)
    node.add("resize", MoveWork([Copy(0, tuple(out), source, _whole(out))]), node.inputs[:1], out,
             channels_last(rank) if rank in (3, 4) else None)


def _nearest(node, size, out, scale):
    mode = node.attribute("coordinate_transformation_mode", "half_pixel")
    rounding = node.attribute("nearest_mode", "round_prefer_floor")
    half = Fraction(1, 2)
    table = []
    for i in range(out):
        if mode == "asymmetric":
            at = i / scale
        elif mode == "align_corners":
            at = Fraction(i * (size - 1), out - 1) if out > 1 else Fraction(0)
        elif mode == "pytorch_half_pixel" and out == 1:
            at = Fraction(0)
        else:
            at = (i + half) / scale - half
        at = {"floor": math.floor(at), "ceil": math.ceil(at),
              "round_prefer_floor": math.ceil(at - half),
              "round_prefer_ceil": math.floor(at + half)}[rounding]
        table.append(min(max(at, 0), size - 1))
    return np.array(table)


@operator("Constant")
def _constant(node):
    node.importer.constants[node.output] = numpy_helper.to_array(node.attributes["value"])


@operator("Reshape")
def _reshape(node):
    shape = node.importer.constants[node.inputs[0]].shape \
        if node.inputs[0] in node.importer.constants else node.tensor(0).shape
    asked = [int(n) for n in node.constant(1)]
    if not node.attribute("allowzero", 0):
        asked = [shape[axis] if size == 0 else size for axis, size in enumerate(asked)]
    if -1 in asked:
        asked[asked.index(-1)] = -int(np.prod(shape) // np.prod(asked))
    node.view(tuple(asked))


@operator("Flatten")
def _flatten(node):
    shape = node.tensor(0).shape
    axis = node.attribute("axis", 1)
    axis = axis + len(shape) if axis < 0 else axis
    node.view((int(np.prod(shape[:axis])), int(np.prod(shape[axis:]))))


def _axes(node):
    axes = node.attribute("axes")
    return axes if axes is not None or not node.has(1) else [int(n) for n in node.constant(1)]


@operator("Squeeze")
def _squeeze(node):
    shape, axes = node.tensor(0).shape, _axes(node)
    taken = [axis for axis, size in enumerate(shape) if size == 1] if axes is None else \
        [axis % len(shape) for axis in axes]
    node.view(tuple(size for axis, size in enumerate(shape) if axis not in taken))


@operator("Unsqueeze")
def _unsqueeze(node):
    shape = list(node.tensor(0).shape)
    axes = _axes(node)
    for axis in sorted(axis % (len(shape) + len(axes)) for axis in axes):
        shape.insert(axis, 1)
    node.view(tuple(shape))


@operator("Identity", "Dropout")
def _identity(node):
    node.view(node.tensor(0).shape)
