# SPDX-License-Identifier: Apache-2.0
"""The taps of a sliding window as whole-tensor slices, in the order (ky, kx)."""
import numpy as np


def taps(x, window, fill):
    """Yields (ky, kx, x at that tap: [images, output height, output width, channels])."""
    top, left, bottom, right = window.pads
    padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
    height, width = window.output_size(x.shape[1], x.shape[2])
    for ky in range(window.kernel[0]):
        for kx in range(window.kernel[1]):
            y0, x0 = ky * window.dilations[0], kx * window.dilations[1]
            yield ky, kx, padded[:, y0:y0 + (height - 1) * window.strides[0] + 1:window.strides[0],
                                 x0:x0 + (width - 1) * window.strides[1] + 1:window.strides[1], :]


def tap_counts(height, width, window, include_pad):
    """How many taps an average divides by, [1, output height, output width, 1], int64."""
    inside = np.ones((1, height, width, 1), dtype=np.int64)
    return sum(tap for _, _, tap in taps(inside, window, 1 if include_pad else 0))
