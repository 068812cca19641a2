# SPDX-License-Identifier: Apache-2.0
"""Sliding windows over images: what they are, and their taps as slices of whole tensors."""
from dataclasses import dataclass

import numpy as np


@dataclass
class Window:
    """Along rows and columns. A transposed convolution's strides are `upsample`."""
    kernel: tuple = (1, 1)
    strides: tuple = (1, 1)
    pads: tuple = (0, 0, 0, 0)  # top, left, bottom, right; negative ones take rows or columns off
    dilations: tuple = (1, 1)
    upsample: tuple = (1, 1)  # upsample - 1 zeros between two elements

    def output_size(self, height, width):
        sizes = []
        for axis, size in enumerate((height, width)):
            reach = self.dilations[axis] * (self.kernel[axis] - 1) + 1
            size = (size - 1) * self.upsample[axis] + 1
            sizes.append((size + self.pads[axis] + self.pads[axis + 2] - reach)
                         // self.strides[axis] + 1)
        return tuple(sizes)


def taps(x, window, fill=0):
    """Yields (ky, kx, x at that tap: [.., output height, output width, channels]), kx fastest.

    x: [.., height, width, channels]."""
    height, width = window.output_size(x.shape[-3], x.shape[-2])
    padded = _padded(_spread(x, window.upsample), window.pads, fill)
    for ky in range(window.kernel[0]):
        for kx in range(window.kernel[1]):
            y0, x0 = ky * window.dilations[0], kx * window.dilations[1]
            yield ky, kx, padded[..., y0:y0 + (height - 1) * window.strides[0] + 1:
                                 window.strides[0], x0:x0 + (width - 1) * window.strides[1] + 1:
                                 window.strides[1], :]


def _spread(x, factors):
    """factor - 1 zeros between rows and columns."""
    if tuple(factors) == (1, 1):
        return x
    *leading, height, width, channels = x.shape
    spread = np.zeros((*leading, (height - 1) * factors[0] + 1, (width - 1) * factors[1] + 1,
                       channels), x.dtype)
    spread[..., ::factors[0], ::factors[1], :] = x
    return spread


def _padded(x, pads, fill):
    crops = [max(0, -pad) for pad in pads]
    top, left, bottom, right = (max(0, pad) for pad in pads)
    x = x[..., crops[0]:x.shape[-3] - crops[2], crops[1]:x.shape[-2] - crops[3], :]
    rows = ((0, 0),) * (x.ndim - 3)
    return np.pad(x, (*rows, (top, bottom), (left, right), (0, 0)), constant_values=fill)


def tap_counts(height, width, window):
    """How many taps lie inside the image, [output height, output width], int64."""
    inside = np.ones((height, width, 1), dtype=np.int64)
    return sum(tap for _, _, tap in taps(inside, window))[..., 0]


def ceil_pads(window, sizes):
    """Pads with which as many positions fit as ceil_mode asks for."""
    pads = list(window.pads)
    for axis, size in enumerate(sizes):
        reach, stride = window.dilations[axis] * (window.kernel[axis] - 1) + 1, window.strides[axis]
        over = size + pads[axis] + pads[axis + 2] - reach
        positions = -(-over // stride) + 1
        if (positions - 1) * stride >= size + pads[axis]:  # it would begin after the image
            positions -= 1
        if positions > over // stride + 1:
            pads[axis + 2] = (positions - 1) * stride + reach - size - pads[axis]
    return tuple(pads)


def same_pads(window, sizes, upper):
    begins, ends = [], []
    for axis, size in enumerate(sizes):
        outputs = -(-size // window.strides[axis])
        reach = window.dilations[axis] * (window.kernel[axis] - 1) + 1
        total = max(0, (outputs - 1) * window.strides[axis] + reach - size)
        small, large = total // 2, total - total // 2
        begins.append(small if upper else large)
        ends.append(large if upper else small)
    return (*begins, *ends)


def transposed_window(kernel, sizes, strides, dilations, pads, extra, asked, upper):
    """Of the convolution that a transposed one equals (docs/arithmetic.md). `extra` is
    output_padding, `asked` the output size or None, `upper` where an odd crop goes."""
    begins, ends = [], []
    for axis, size in enumerate(sizes):
        reach = dilations[axis] * (kernel[axis] - 1)
        whole = (size - 1) * strides[axis] + 1 + reach + extra[axis]
        crop, outputs = pads[axis], whole - pads[axis] - pads[axis + 2]
        if asked is not None:
            outputs = asked[axis]
            total = max(0, whole - outputs)
            crop = total // 2 if upper else total - total // 2
        begins.append(reach - crop)
        ends.append(outputs - 1 + reach - (size - 1) * strides[axis] - begins[-1])
    return Window(tuple(kernel), (1, 1), (*begins, *ends), tuple(dilations), tuple(strides))
