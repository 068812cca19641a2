# SPDX-License-Identifier: Apache-2.0
"""The FP32 reference: sums of products in a fixed order, one rounding to binary32 an output."""
import math

import numpy as np

from windows import tap_counts, taps

# Output elements summed at a time: sums and products of a chunk stay in the second-level cache.
_PART = 16384
# Products that are added in binary32 before their sum is added in binary64.
_CHUNK = 256


def run_float(graph, x):
    """x: [images, height, width, channels] float32. Returns every tensor by name."""
    tensors = {graph.input: x}
    for layer in graph.layers:
        inputs = [tensors[name] for name in layer.inputs]
        y = _OPERATIONS[layer.kind](layer, *inputs)
        if layer.relu:
            y = np.maximum(y, np.float32(0))
        tensors[layer.output] = y
    return tensors


def conv(layer, x):
    groups, outputs = layer.weight.shape[2], layer.weight.shape[4]
    height, width = layer.window.output_size(x.shape[1], x.shape[2])
    images = max(1, _PART // (height * width * groups * outputs))
    parts = [_conv_part(layer, x[first:first + images]) for first in range(0, len(x), images)]
    return np.concatenate(parts)


def _conv_part(layer, x):
    _, _, groups, depth, outputs = layer.weight.shape
    weight = layer.weight.astype(np.float64)
    height, width = layer.window.output_size(x.shape[1], x.shape[2])
    positions = len(x) * height * width
    total = np.zeros((groups, outputs, positions))
    chunk = np.zeros_like(total)
    products = np.empty_like(total)
    # A tap outside the image is a zero here; adding its product, a zero, changes no sum.
    k = 0
    for ky, kx, tap in taps(x, layer.window, 0):
        tap = np.ascontiguousarray(
            tap.reshape(positions, groups, depth).transpose(1, 2, 0), dtype=np.float64)
        for c in range(depth):
            np.multiply(tap[:, c, None, :], weight[ky, kx, :, c, :, None], out=products)
            chunk = _add_rounding_once(products, chunk)
            k += 1
            if k % _CHUNK == 0:
                total += chunk
                chunk = np.zeros_like(total)
    total += chunk
    total = total.reshape(groups * outputs, positions).T.reshape(len(x), height, width, -1)
    bias = np.zeros(groups * outputs) if layer.bias is None else layer.bias.astype(np.float64)
    return (total + bias).astype(np.float32)


def _add_rounding_once(products, sums):
    """fl32(products + sums), as binary64. Products are exact and sums are of binary32, so that
    rounding their sum to binary64 first goes wrong only where that looks like a tie of binary32, or
    like a subnormal. There the sum in binary64 is made odd if it lost something."""
    total = products + sums
    bits = total.view(np.int64)
    doubtful = (bits & 0x1FFFFFFF) == 0x10000000
    doubtful |= (np.abs(total) < np.finfo(np.float32).tiny) & (total != 0)
    if doubtful.any():
        a, b, rounded = products[doubtful], sums[doubtful], total[doubtful]
        share = rounded - a
        lost = (a - (rounded - share)) + (b - share)
        even = (bits[doubtful] & 1) == 0
        odd = np.nextafter(rounded, np.where(lost > 0, np.inf, -np.inf))
        total[doubtful] = np.where((lost != 0) & even, odd, rounded)
    return total.astype(np.float32).astype(np.float64)


def _add(_, a, b):
    return a + b


def _average_pool(layer, x):
    total = 0.0
    for _, _, tap in taps(x, layer.window, 0):
        total = total + tap.astype(np.float64)
    count = tap_counts(x.shape[1], x.shape[2], layer.window, layer.count_include_pad)
    return (total / count.astype(np.float64)).astype(np.float32)


def _max_pool(layer, x):
    return np.maximum.reduce([tap for _, _, tap in taps(x, layer.window, -np.inf)])


def _relu(_, x):
    return np.maximum(x, np.float32(0))


def _softmax(_, x):
    return softmax(x.astype(np.float64), 1.0)


def softmax(values, scale):
    """[images, 1, 1, channels] float64 to probabilities in binary32."""
    exponents = (values - values.max(axis=-1, keepdims=True)) * np.float64(scale)
    # math.exp is the C library's; numpy may bring another one.
    e = np.vectorize(math.exp, otypes=[np.float64])(exponents)
    total = np.zeros(e.shape[:-1] + (1,))
    for i in range(e.shape[-1]):
        total = total + e[..., i:i + 1]
    return (e / total).astype(np.float32)


_OPERATIONS = {
    "conv": conv, "add": _add, "average_pool": _average_pool, "max_pool": _max_pool,
    "relu": _relu, "softmax": _softmax,
}
