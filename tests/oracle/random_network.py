#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a small random float network with random images: a workload for the differential tests.

    random_network.py --seed 3 --output DIR

writes DIR/workload.yaml, model.onnx, images, labels and calibration images (IDX), and prints
the seed.
"""
import argparse
import os
import struct
import sys

import numpy as np
import onnx

from random_blocks import RandomNetwork


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--qlinear", action="store_true",
                        help="only what ONNX Runtime computes in the same bits: no sums over an "
                             "axis but QLinearConv's, no exponentials and the like")
    parser.add_argument("--convolutions", action="store_true",
                        help="only convolutions, pooling, additions, ReLU, Softmax on images")
    parser.add_argument("--constant-weights", action="store_true",
                        help="no products of two tensors: an array whose formats differ has none")
    arguments = parser.parse_args()
    write_workload(arguments.seed, arguments.output, arguments.images, qlinear=arguments.qlinear,
                   convolutions=arguments.convolutions,
                   constant_weights=arguments.constant_weights)
    print(f"random network, seed {arguments.seed}: {arguments.output}")
    return 0


def random_network(seed, qlinear=False, convolutions=False, constant_weights=False):
    """A network and the generator of random numbers that goes on with its data."""
    rng = np.random.default_rng(seed)
    network = RandomNetwork(rng, qlinear, convolutions, constant_weights)
    for _ in range(int(rng.integers(2, 6) if convolutions else rng.integers(3, 10))):
        network.add_random_block()
    network.add_head()
    return network, rng


def write_workload(seed, folder, images=8, **kinds):
    """`kinds` as of random_network."""
    network, rng = random_network(seed, **kinds)
    os.makedirs(folder, exist_ok=True)
    onnx.save(network.model(), os.path.join(folder, "model.onnx"))
    shape = network.input_shape
    write_idx(os.path.join(folder, "images.idx"), _images(rng, images, shape))
    write_idx(os.path.join(folder, "calibration.idx"), _images(rng, 64, shape))
    write_idx(os.path.join(folder, "labels.idx"), rng.integers(0, network.shape[-1], images))
    scale, offset = ((1 / 128, -1.0), (1 / 255, 0.0), (1 / 64, -1.7))[rng.integers(3)]
    with open(os.path.join(folder, "workload.yaml"), "w", encoding="utf-8") as file:
        file.write(WORKLOAD.format(seed=seed, scale=float(np.float32(scale)),
                                    offset=float(np.float32(offset))))


WORKLOAD = """\
# SPDX-License-Identifier: Apache-2.0
name: random_{seed}
model: model.onnx
input:
  scale: {scale}
  offset: {offset}
data:
  images: images.idx
  labels: labels.idx
  calibration: calibration.idx
"""


def write_idx(path, values):
    values = values.astype(np.uint8)
    with open(path, "wb") as file:
        file.write(bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape))
        file.write(values.tobytes())


def _images(rng, count, shape):
    """Noise on a slope, so that images differ in more than their noise. IDX has the channels of an
    image last, [images, height, width] where there is one; other inputs are [images, 1, 1, all]."""
    height, width = shape[-2:]
    channels = shape[1] if len(shape) == 4 else 1
    slope = rng.uniform(-12, 12, (count, 2, 1, 1, channels))
    y, x = (grid[..., None] for grid in np.mgrid[:height, :width])
    values = rng.uniform(40, 215, (count, 1, 1, channels)) + slope[:, 0] * (y - height / 2)
    values = values + slope[:, 1] * (x - width / 2)
    values = values + rng.normal(0, 40, (count, height, width, channels))
    values = np.clip(values, 0, 255)
    if len(shape) == 4:
        return values if channels > 1 else values[..., 0]
    return values.reshape(count, 1, 1, -1)


if __name__ == "__main__":
    sys.exit(main())
