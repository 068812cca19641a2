# SPDX-License-Identifier: Apache-2.0
"""The FP32 reference: sums of products in a fixed order, everything else step by step in binary32
(docs/arithmetic.md, The float model)."""
import numpy as np

from graph import MatrixWork, MoveWork, move
from matrix import grouped_taps, image_of, output_size, result_of, weights_of
from program import Value, real, run_program, run_vector

# Output elements summed at a time: sums and products of a chunk stay in the second-level cache.
_PART = 16384
# Products that are added in binary32 before their sum is added in binary64.
_CHUNK = 256


def run_float(graph, x):
    """x: [images, *shape of the input] float32. Returns every tensor by name, in ONNX's axes."""
    tensors = dict(graph.constants(len(x)))
    tensors[graph.input] = x
    for node in graph.nodes:
        inputs = [_read(graph, tensors, name) for name in node.inputs]
        shape = graph.tensors[node.output].shape
        tensors[node.output] = _run(node, inputs, shape)
    for name, tensor in graph.tensors.items():
        if tensor.root is not None:
            tensors[name] = _read(graph, tensors, name)
    return {name: tensors[name] for name, tensor in graph.tensors.items() if tensor.value is None}


def _read(graph, tensors, name):
    array = tensors[graph.root(name)]
    return array.reshape(len(array), *graph.tensors[name].shape)


def _run(node, inputs, shape):
    work = node.work
    if isinstance(work, MoveWork):
        return move(work, inputs, shape)
    if isinstance(work, MatrixWork):
        sums = Value(matrix(work, *inputs))
        stored = real(run_program(work.epilogue, [sums], sums.array.shape[1:], ()))
        return result_of(work, stored, len(inputs[0]), shape)
    return run_vector(work, [(array, None) for array in inputs], shape, real)


def matrix(work, x, w=None):
    """The sums with their bias, [images * batches, height, width, outputs]."""
    image = image_of(work, x)
    height, width = output_size(work, image)
    if w is not None:
        total = sums(work, image, weights_of(work, w, len(image)))
    else:
        outputs = work.groups * work.weight.shape[-1]
        images = max(1, _PART // (height * width * outputs))
        total = np.concatenate([sums(work, image[first:first + images], work.weight[None])
                                for first in range(0, len(image), images)])
    total = total.reshape(len(image), height, width, -1)
    bias = np.float64(0) if work.bias is None else work.bias.astype(np.float64)
    return (total + bias).astype(np.float32)


def sums(work, image, weight):
    """Binary64, [P, positions, outputs]."""
    shared = len(weight) == 1
    weight = weight.astype(np.float64)
    total = None
    k = 0
    # A tap outside the image is a zero here; adding its product, a zero, changes no sum.
    for ky, kx, tap in grouped_taps(work, image):
        if shared:
            tap = tap.reshape(1, -1, *tap.shape[2:])
        tap = np.ascontiguousarray(tap.transpose(0, 2, 3, 1), dtype=np.float64)
        if total is None:
            shape = (tap.shape[0], work.groups, weight.shape[-1], tap.shape[-1])
            total, chunk, products = np.zeros(shape), np.zeros(shape), np.empty(shape)
        for c in range(tap.shape[2]):
            np.multiply(tap[:, :, c, None, :], weight[:, ky, kx, :, c, :, None], out=products)
            chunk = _add_rounding_once(products, chunk)
            k += 1
            if k % _CHUNK == 0:
                total += chunk
                chunk = np.zeros_like(total)
    total += chunk
    return total.transpose(0, 3, 1, 2).reshape(len(image), -1, work.groups * weight.shape[-1])


def _add_rounding_once(products, sums_so_far):
    """fl32(products + sums), as binary64. Products are exact and sums are of binary32, so that
    rounding their sum to binary64 first goes wrong only where that looks like a tie of binary32, or
    like a subnormal. There the sum in binary64 is made odd if it lost something."""
    total = products + sums_so_far
    bits = total.view(np.int64)
    doubtful = (bits & 0x1FFFFFFF) == 0x10000000
    doubtful |= (np.abs(total) < np.finfo(np.float32).tiny) & (total != 0)
    if doubtful.any():
        a, b, rounded = products[doubtful], sums_so_far[doubtful], total[doubtful]
        share = rounded - a
        lost = (a - (rounded - share)) + (b - share)
        even = (bits[doubtful] & 1) == 0
        odd = np.nextafter(rounded, np.where(lost > 0, np.inf, -np.inf))
        total[doubtful] = np.where((lost != 0) & even, odd, rounded)
    return total.astype(np.float32).astype(np.float64)
