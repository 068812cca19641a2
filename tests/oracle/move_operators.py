# SPDX-License-Identifier: Apache-2.0
"""ONNX operators that are moves, or other shapes of a tensor (docs/arithmetic.md, Operators)."""
import math
from fractions import Fraction

import numpy as np
from onnx import numpy_helper

from graph import AxisMap, Copy, MoveWork
from work_forms import broadcast_map, channels_last, is_channels_last, operator, whole


@operator("Transpose")
def _transpose(node):
    shape = node.tensor(0).shape
    permutation = node.attribute("perm", list(range(len(shape)))[::-1])
    target = [None] * len(shape)
    for axis, source in enumerate(permutation):
        target[axis] = AxisMap({source: 1})
    out = [shape[axis] for axis in permutation]
    # Memory stays as it is where that is an image's, channels last.
    order = [list(permutation).index(axis) for axis in node.tensor(0).order]
    if len(out) not in (3, 4) or not is_channels_last(out, order):
        order = None
    node.add("transpose", MoveWork([Copy(0, shape, whole(shape), target)]), node.inputs[:1], out,
             order)


@operator("Concat")
def _concat(node):
    tensors = [node.tensor(index) for index in range(len(node.inputs))]
    axis = node.attribute("axis") % len(tensors[0].shape)
    copies, begin = [], 0
    for index, tensor in enumerate(tensors):
        target = whole(tensor.shape)
        target[axis] = AxisMap({axis: 1}, begin)
        copies.append(Copy(index, tensor.shape, whole(tensor.shape), target))
        begin += tensor.shape[axis]
    shape = list(tensors[0].shape)
    shape[axis] = begin
    order = next((tensor for tensor in tensors if tensor.value is None), tensors[0]).order
    node.add("concat", MoveWork(copies), node.inputs, shape, order)


@operator("Slice")
def _slice(node):
    shape = list(node.tensor(0).shape)
    starts, ends, axes, steps = (None if node.constant(i) is None else
                                 [int(n) for n in node.constant(i)] for i in range(1, 5))
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    source = whole(shape)
    for start, end, axis, step in zip(starts, ends, axes, steps):
        taken = range(shape[axis])[start:end:step]
        source[axis] = AxisMap({axis % len(shape): taken.step}, taken.start)
        shape[axis] = len(taken)
    node.add("slice", MoveWork([Copy(0, tuple(shape), source, whole(shape))]), node.inputs[:1],
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
    node.add("resize", MoveWork([Copy(0, tuple(out), source, whole(out))]), node.inputs[:1], out,
             channels_last(rank) if rank == 4 else node.tensor(0).order)


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


@operator("Expand")
def _expand(node):
    tensor = node.tensor(0)
    shape = np.broadcast_shapes(tensor.shape, tuple(int(n) for n in node.constant(1)))
    place = {axis: axis for axis in range(len(shape))}
    copy = Copy(0, shape, broadcast_map(tensor.shape, place, shape), whole(shape))
    node.add("expand", MoveWork([copy]), node.inputs[:1], shape)
