# SPDX-License-Identifier: Apache-2.0
"""ONNX operators that are matrix work (docs/arithmetic.md, Operators)."""
import numpy as np

from graph import Copy, MatrixWork, MoveWork
from windows import Window, transposed_window
from work_forms import (broadcast_map, channels_last, image_axes, image_shape, image_sizes,
                        operator, pair, whole, window_of)


@operator("Conv")
def _conv(node):
    shape = node.tensor(0).shape
    rank, sizes, weight = len(shape), image_sizes(shape), node.constant(1)
    if rank == 3:
        weight = weight[:, :, None]
    groups = node.attribute("group", 1)
    outputs, depth, ky, kx = weight.shape
    weight = weight.reshape(groups, outputs // groups, depth, ky, kx).transpose(3, 4, 0, 2, 1)
    window = window_of(node, (ky, kx), sizes)
    axes = image_axes(rank)
    node.add("convolution", MatrixWork(axes, axes, weight, None, node.constant(2), window, groups),
             node.inputs[:1], image_shape(rank, outputs, window.output_size(*sizes)),
             channels_last(rank))


@operator("ConvTranspose")
def _conv_transpose(node):
    """The convolution that it equals: zeros between the elements, the kernel turned."""
    shape = node.tensor(0).shape
    rank, sizes, weight = len(shape), image_sizes(shape), node.constant(1)
    if rank == 3:
        weight = weight[:, :, None]
    groups = node.attribute("group", 1)
    inputs, outputs, ky, kx = weight.shape
    weight = weight.reshape(groups, inputs // groups, outputs, ky, kx)[..., ::-1, ::-1]
    strides = pair(node.attribute("strides"), rank, 1)
    pads = node.attribute("pads", [0, 0, 0, 0] if rank == 4 else [0, 0])
    if rank == 3:
        pads = (0, pads[0], 0, pads[1])
    auto_pad, asked = node.attribute("auto_pad", "NOTSET"), node.attribute("output_shape")
    if asked is not None:
        asked = pair(asked, rank, 1)
    elif auto_pad.startswith("SAME"):
        asked = [size * stride for size, stride in zip(sizes, strides)]
    window = transposed_window((ky, kx), sizes, strides,
                               pair(node.attribute("dilations"), rank, 1), pads,
                               pair(node.attribute("output_padding"), rank, 0), asked,
                               auto_pad == "SAME_UPPER")
    axes = image_axes(rank)
    work = MatrixWork(axes, axes, np.ascontiguousarray(weight.transpose(3, 4, 0, 1, 2)), None,
                      node.constant(2), window, groups)
    node.add("convolution", work, node.inputs[:1],
             image_shape(rank, groups * outputs, window.output_size(*sizes)), channels_last(rank))


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
    if weight is not None and np.prod(weight.shape[:-2]) == 1 and weight.ndim <= len(a.shape):
        weight = weight.reshape(weight.shape[-2:])
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
    if tensor.value is not None:
        node.importer.tensor(name, shape).value = np.broadcast_to(tensor.value, shape)
        return name
    node.output = name
    place = {axis: axis for axis in range(len(shape))}
    copy = Copy(0, shape, broadcast_map(tensor.shape, place, shape),
                whole(shape))
    node.add("expand", MoveWork([copy]), [tensor.name], shape)
    node.output = output
    return name
