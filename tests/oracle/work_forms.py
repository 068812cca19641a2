# SPDX-License-Identifier: Apache-2.0
"""Work of the usual forms, and the table of operators that the rows fill."""
import numpy as np

from graph import AxisMap, Program, VectorWork
from windows import Window, ceil_pads, same_pads

OPERATORS = {}


def operator(*names):
    def register(row):
        for name in names:
            OPERATORS[name] = row
        return row
    return register


def broadcast_map(shape, place, out_shape):
    """`place`: axis of the space by axis of the output."""
    lead = len(out_shape) - len(shape)
    return [AxisMap({place[lead + axis]: 1} if size > 1 else {}) for axis, size in enumerate(shape)]


def _places(order):
    return {axis: place for place, axis in enumerate(order)}


def elementwise(node, kind, program, names):
    """Element by element over tensors that broadcast; in memory as the first one of the result's
    shape, or else of its rank."""
    tensors = [node.graph.tensors[name] for name in names]
    shape = np.broadcast_shapes(*(tensor.shape for tensor in tensors))
    full = [tensor for tensor in tensors
            if len(tensor.shape) == len(shape) and tensor.value is None]
    full.sort(key=lambda tensor: tensor.shape != shape)
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


def memory_axes(shape, order):
    """Axes of more than one element, in the order of memory."""
    return [axis for axis in order if shape[axis] > 1]


def is_natural(shape, order):
    return memory_axes(shape, order) == sorted(memory_axes(shape, order))


def is_channels_last(shape, order):
    return memory_axes(shape, order) == memory_axes(shape, channels_last(len(shape)))


def image_axes(rank):
    """batch, y, x, channel of N C, N C W and N C H W."""
    return ([0], [2] if rank == 4 else [], [rank - 1] if rank > 2 else [], [1])


def unary(function):
    program = Program()
    program.apply(function, program.load(0))
    return program


def whole(extents):
    return [AxisMap({axis: 1}) for axis in range(len(extents))]


def operand(node, program, names, index):
    """A load, or a step for a constant of one element."""
    value = node.constant(index)
    if value is not None and value.size == 1:
        return program.constant(value.reshape(()))
    names.append(node.tensor(index).name)
    return program.load(len(names) - 1)


def pair(values, rank, default):
    """Two numbers of an image; one of a row is that of x."""
    if values is None:
        return (default, default)
    return tuple(values) if rank == 4 else (default, values[0])


def window_of(node, kernel, sizes):
    rank = len(node.tensor(0).shape)
    window = Window(kernel, pair(node.attribute("strides"), rank, 1), (0, 0, 0, 0),
                    pair(node.attribute("dilations"), rank, 1))
    pads = node.attribute("pads")
    if pads is not None:
        window.pads = tuple(pads) if rank == 4 else (0, pads[0], 0, pads[1])
    auto_pad = node.attribute("auto_pad", "NOTSET")
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        window.pads = same_pads(window, sizes, auto_pad == "SAME_UPPER")
    elif node.attribute("ceil_mode", 0):
        window.pads = ceil_pads(window, sizes)
    return window


def image_sizes(shape):
    return tuple(shape[2:]) if len(shape) == 4 else (1, shape[2])


def image_shape(rank, channels, sizes):
    return (1, channels, *sizes) if rank == 4 else (1, channels, sizes[1])
