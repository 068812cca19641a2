# SPDX-License-Identifier: Apache-2.0
"""The taps of a sliding window as whole-tensor slices, in the order (ky, kx)."""
import numpy as np


def taps(x, window, fill):
    """Yields (ky, kx, x at that tap: [images, output height, output width, channels])."""
    padded = _padded(_spread(x, window.upsample), window.pads, fill)
    height, width = window.output_size(x.shape[1], x.shape[2])
    for ky in range(window.kernel[0]):
        for kx in range(window.kernel[1]):
            y0, x0 = ky * window.dilations[0], kx * window.dilations[1]
            yield ky, kx, padded[:, y0:y0 + (height - 1) * window.strides[0] + 1:window.strides[0],
                                 x0:x0 + (width - 1) * window.strides[1] + 1:window.strides[1], :]


def _spread(x, factors):
    """upsample - 1 zeros between rows and columns."""
    if tuple(factors) == (1, 1):
        return x
    images, height, width, channels = x.shape
    spread = np.zeros((images, (height - 1) * factors[0] + 1, (width - 1) * factors[1] + 1,
                       channels), x.dtype)
    spread[:, ::factors[0], ::factors[1]] = x
    return spread


def _padded(x, pads, fill):
    """A negative pad takes rows or columns off."""
    crops = [max(0, -pad) for pad in pads]
    top, left, bottom, right = (max(0, pad) for pad in pads)
    x = x[:, crops[0]:x.shape[1] - crops[2], crops[1]:x.shape[2] - crops[3]]
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)


def tap_counts(height, width, window, include_pad):
    """How many taps an average divides by, [1, output height, output width, 1], int64."""
    inside = np.ones((1, height, width, 1), dtype=np.int64)
    return sum(tap for _, _, tap in taps(inside, window, 1 if include_pad else 0))
