# SPDX-License-Identifier: Apache-2.0
"""Matrix work as arrays of fixed axes: images [P, y, x, group, channel], weights
[P or 1, ky, kx, group, channel, output], results [P, y, x, outputs]. P counts images and
batches."""
import numpy as np

from windows import taps


def image_of(work, array):
    """[images, *shape of input 0] as [images * batches, height, width, channels]."""
    batch, y, x, channel = work.image
    sizes = [int(np.prod([array.shape[axis + 1] for axis in axes], dtype=np.int64))
             for axes in work.image]
    order = [0] + [axis + 1 for axis in (*batch, *y, *x, *channel)]
    return array.transpose(order).reshape(len(array) * sizes[0], *sizes[1:])


def weights_of(work, array, batches):
    """Input 1, [images, *its shape], as weights of `batches` = images * batches."""
    batch, channel, output = work.weight_axes
    order = [0] + [axis + 1 for axis in (*batch, *channel, *output)]
    depth, outputs = (int(np.prod([array.shape[axis + 1] for axis in axes], dtype=np.int64))
                      for axes in (channel, output))
    array = array.transpose(order).reshape(len(array), -1, depth, outputs)
    array = np.broadcast_to(array, (len(array), batches // len(array), depth, outputs))
    return array.reshape(batches, 1, 1, 1, depth, outputs)


def result_of(work, array, images, shape):
    """[images * batches, height, width, outputs] as [images, *shape]."""
    batch, y, x, channel = work.result
    axes = [*batch, *y, *x, *channel]
    array = array.reshape(images, *(shape[axis] for axis in axes))
    return array.transpose(0, *(1 + axes.index(axis) for axis in range(len(axes))))


def grouped_taps(work, image):
    """Yields (ky, kx, [P, positions, group, channel]) in the order of k."""
    for ky, kx, tap in taps(image, work.window):
        yield ky, kx, tap.reshape(len(image), -1, work.groups, tap.shape[-1] // work.groups)


def output_size(work, image):
    return work.window.output_size(image.shape[1], image.shape[2])
