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
from onnx import TensorProto, helper, numpy_helper

from onnx_graph import Window, ceil_pads, same_pads

_MAX_CHANNELS = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--qlinear", action="store_true",
                        help="only what QLinearConv computes: no Softmax, and no averages that "
                             "leave padding out")
    arguments = parser.parse_args()
    write_workload(arguments.seed, arguments.output, arguments.images, arguments.qlinear)
    print(f"random network, seed {arguments.seed}: {arguments.output}")
    return 0


def write_workload(seed, folder, images=8, qlinear=False):
    rng = np.random.default_rng(seed)
    os.makedirs(folder, exist_ok=True)
    height, width = (int(n) for n in rng.integers(5, 13, 2))
    network = _Network(rng, height, width, qlinear)
    for _ in range(int(rng.integers(2, 6))):
        network.add_random_block()
    classes = network.add_head()
    onnx.save(network.model(), os.path.join(folder, "model.onnx"))
    _write_idx(os.path.join(folder, "images.idx3-ubyte"), _images(rng, images, height, width))
    _write_idx(os.path.join(folder, "calibration.idx3-ubyte"), _images(rng, 64, height, width))
    _write_idx(os.path.join(folder, "labels.idx1-ubyte"), rng.integers(0, classes, images))
    scale, offset = ((1 / 128, -1.0), (1 / 255, 0.0), (1 / 64, -1.7))[rng.integers(3)]
    with open(os.path.join(folder, "workload.yaml"), "w", encoding="utf-8") as file:
        file.write(_WORKLOAD.format(seed=seed, scale=float(np.float32(scale)),
                                    offset=float(np.float32(offset))))


_WORKLOAD = """\
# SPDX-License-Identifier: Apache-2.0
name: random_{seed}
model: model.onnx
input:
  scale: {scale}
  offset: {offset}
data:
  images: images.idx3-ubyte
  labels: labels.idx1-ubyte
  calibration: calibration.idx3-ubyte
"""


def _write_idx(path, values):
    values = values.astype(np.uint8)
    with open(path, "wb") as file:
        file.write(bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape))
        file.write(values.tobytes())


def _images(rng, count, height, width):
    """Noise on a slope, so that images differ in more than their noise."""
    slope = rng.uniform(-12, 12, (count, 2, 1, 1))
    y, x = np.mgrid[:height, :width]
    values = rng.uniform(40, 215, (count, 1, 1)) + slope[:, 0] * (y - height / 2)
    values = values + slope[:, 1] * (x - width / 2) + rng.normal(0, 40, (count, height, width))
    return np.clip(values, 0, 255)


class _Network:
    def __init__(self, rng, height, width, qlinear):
        self.rng, self.qlinear = rng, qlinear
        self.more = np.random.default_rng(rng.bit_generator.state["state"]["state"] & 0xFFFFFFFF)
        self.shape = (1, height, width)  # of `tensor`, the network's end so far
        self.tensor = "image"
        self.input_shape = self.shape
        self.nodes, self.initializers, self.count = [], [], 0

    def model(self):
        source = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, *self.input_shape])
        result = helper.make_tensor_value_info(self.tensor, TensorProto.FLOAT, [1, self.shape[0]])
        graph = helper.make_graph(self.nodes, "random", [source], [result], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 7
        onnx.checker.check_model(model)
        return model

    def add_random_block(self):
        blocks = [self._plain, self._plain, self._depthwise, self._transposed, self._residual,
                  self._max_pool, self._average_pool, self._lone_batch_norm, self._read_twice]
        blocks[self.rng.integers(len(blocks))]()

    def add_head(self):
        if self._chance(0.5):
            self._node("GlobalAveragePool", [self.tensor], (self.shape[0], 1, 1))
        self._node("Flatten", [self.tensor], self.shape, axis=1)
        if self._chance(0.3):
            self._gemm(int(self.rng.integers(3, 17)))
            self._node("Relu", [self.tensor], self.shape)
        classes = int(self.rng.integers(2, 13))
        self._gemm(classes)
        if self._chance(0.3) and not self.qlinear:
            self._node("Softmax", [self.tensor], self.shape, axis=1)
        return classes

    def _chance(self, probability):
        return self.rng.random() < probability

    def _node(self, kind, inputs, shape, **attributes):
        self.count += 1
        # Slashes as exporters write them: names are not file names.
        self.tensor = f"/block{self.count}/{kind}_output_0"
        self.nodes.append(helper.make_node(kind, inputs, [self.tensor], **attributes))
        self.shape = shape
        return self.tensor

    def _parameter(self, values):
        name = f"parameter{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def _window(self, max_kernel, max_dilation):
        """A random window whose every position has a tap inside the image, and its output size."""
        while True:
            kernel = tuple(int(n) for n in self.rng.integers(1, max_kernel + 1, 2))
            window = Window(kernel, tuple(int(n) for n in self.rng.integers(1, 3, 2)))
            window.dilations = tuple(int(n) for n in self.rng.integers(1, max_dilation + 1, 2))
            if self._chance(0.7):
                pads = [self.rng.integers(0, kernel[axis % 2]) for axis in range(4)]
                window.pads = tuple(int(n) for n in pads)
            sizes = window.output_size(*self.shape[1:])
            if min(sizes) >= 1 and all(self._has_tap(window, axis, sizes[axis]) for axis in (0, 1)):
                return window, sizes

    def _has_tap(self, window, axis, outputs):
        starts = np.arange(outputs)[:, None] * window.strides[axis] - window.pads[axis]
        at = starts + np.arange(window.kernel[axis])[None, :] * window.dilations[axis]
        return bool(((at >= 0) & (at < self.shape[axis + 1])).any(axis=1).all())

    def _conv(self, outputs, groups=1, window=None):
        if window is None:
            window, sizes = self._window(3, 2)
        else:
            sizes = window.output_size(*self.shape[1:])
        depth = self.shape[0] // groups
        weight = self.rng.normal(0, 1 / np.sqrt(depth * np.prod(window.kernel)),
                                 (outputs, depth, *window.kernel))
        weight *= np.exp(self.rng.normal(0, 0.5, (outputs, 1, 1, 1)))
        if self._chance(0.1):
            weight[self.rng.integers(outputs)] = 0
        inputs = [self.tensor, self._parameter(weight)]
        if self._chance(0.5):
            inputs.append(self._parameter(self.rng.normal(0, 0.3, outputs)))
        self._node("Conv", inputs, (outputs, *sizes), kernel_shape=window.kernel, group=groups,
                   strides=window.strides, pads=window.pads, dilations=window.dilations)

    def _batch_norm(self):
        channels = self.shape[0]
        gamma = self.rng.uniform(0.5, 1.5, channels) * self.rng.choice([-1, 1, 1, 1], channels)
        beta, mean = self.rng.normal(0, 0.3, channels), self.rng.normal(0, 0.3, channels)
        variance = self.rng.uniform(0.3, 2.0, channels)
        names = [self._parameter(values) for values in (gamma, beta, mean, variance)]
        self._node("BatchNormalization", [self.tensor, *names], self.shape, epsilon=1e-5)

    def _norm_and_relu(self, relu=0.7):
        if self._chance(0.6):
            self._batch_norm()
        if self._chance(relu):
            self._node("Relu", [self.tensor], self.shape)

    def _channels(self):
        return int(self.rng.integers(1, _MAX_CHANNELS + 1))

    def _plain(self):
        groups = self._divisor() if self._chance(0.4) else 1
        self._conv(groups * int(self.rng.integers(1, _MAX_CHANNELS // groups + 1)), groups)
        self._norm_and_relu()

    def _depthwise(self):
        self._conv(self.shape[0], self.shape[0])
        self._norm_and_relu()

    def _transposed(self):
        groups = self._divisor() if self._chance(0.4) else 1
        while True:
            kernel, dilations = self._pair(1, 3), self._pair(1, 2)
            strides = self._pair(1, 3)
            reach = [d * (k - 1) for d, k in zip(dilations, kernel)]
            attributes = {"kernel_shape": kernel, "strides": strides, "dilations": dilations,
                          "group": groups}
            if self._chance(0.7):
                # Crops beyond the kernel leave a negative pad.
                attributes["pads"] = [int(self.rng.integers(0, reach[axis % 2] + 2))
                                      for axis in range(4)]
                attributes["output_padding"] = [int(self.rng.integers(0, s)) for s in strides]
            elif self._chance(0.5) and dilations == (1, 1):
                attributes["auto_pad"] = ("SAME_UPPER", "SAME_LOWER")[self.rng.integers(2)]
            sizes = self._transposed_size(attributes)
            if 1 <= min(sizes) and max(sizes) <= max(20, *self.shape[1:]):
                break
        outputs = int(self.rng.integers(1, _MAX_CHANNELS // groups + 1))
        weight = self.rng.normal(0, 1 / np.sqrt(self.shape[0] * np.prod(kernel)),
                                 (self.shape[0], outputs, *kernel))
        weight *= np.exp(self.rng.normal(0, 0.5, (1, outputs, 1, 1)))
        inputs = [self.tensor, self._parameter(weight)]
        if self._chance(0.5):
            inputs.append(self._parameter(self.rng.normal(0, 0.3, groups * outputs)))
        self._node("ConvTranspose", inputs, (groups * outputs, *sizes), **attributes)
        self._norm_and_relu()

    def _transposed_size(self, attributes):
        sizes = self.shape[1:]
        if "auto_pad" in attributes:
            return [size * stride for size, stride in zip(sizes, attributes["strides"])]
        pads = attributes.get("pads", (0, 0, 0, 0))
        extra = attributes.get("output_padding", (0, 0))
        return [(sizes[axis] - 1) * attributes["strides"][axis] + 1 + extra[axis]
                + attributes["dilations"][axis] * (attributes["kernel_shape"][axis] - 1)
                - pads[axis] - pads[axis + 2] for axis in (0, 1)]

    def _pair(self, low, high):
        return tuple(int(n) for n in self.rng.integers(low, high + 1, 2))

    def _divisor(self):
        divisors = [n for n in range(1, self.shape[0] + 1) if self.shape[0] % n == 0]
        return int(self.rng.choice(divisors))

    def _residual(self):
        self._conv(self._channels())
        self._norm_and_relu()
        skip = self.tensor
        self._conv(self.shape[0], window=Window((3, 3), pads=(1, 1, 1, 1)))
        self._norm_and_relu(0.3)
        inputs = [self.tensor, skip] if self._chance(0.5) else [skip, self.tensor]
        self._node("Add", inputs, self.shape)
        if self._chance(0.7):
            self._node("Relu", [self.tensor], self.shape)

    def _max_pool(self):
        window, sizes = self._window(3, 2)
        attributes, sizes = self._pool_positions(window, sizes, True)
        self._node("MaxPool", [self.tensor], (self.shape[0], *sizes), kernel_shape=window.kernel,
                   strides=window.strides, dilations=window.dilations, **attributes)

    def _average_pool(self):
        window, sizes = self._window(3, 1)
        include = int(self._chance(0.5) or self.qlinear)
        attributes, sizes = self._pool_positions(window, sizes, not include or not any(window.pads))
        self._node("AveragePool", [self.tensor], (self.shape[0], *sizes),
                   kernel_shape=window.kernel, strides=window.strides, count_include_pad=include,
                   **attributes)

    def _pool_positions(self, window, sizes, may_round_up):
        """Attributes that place the window, and its output size: pads alone, ceil_mode, auto_pad."""
        placed = Window(window.kernel, window.strides, window.pads, window.dilations)
        attributes = {"pads": window.pads}
        draw = 0 if self.qlinear else self.more.integers(3)
        if draw == 1 and may_round_up:
            attributes["ceil_mode"] = 1
            placed.pads = ceil_pads(window, self.shape[1:])
        elif draw == 2:
            upper = bool(self.more.integers(2))
            attributes = {"auto_pad": "SAME_UPPER" if upper else "SAME_LOWER"}
            placed.pads = same_pads(window, self.shape[1:], upper)
        moved = placed.output_size(*self.shape[1:])
        if all(self._has_tap(placed, axis, moved[axis]) for axis in (0, 1)):
            return attributes, moved
        return {"pads": window.pads}, sizes

    def _lone_batch_norm(self):
        """After a pooling: there is no convolution to fold it into."""
        self._max_pool()
        self._batch_norm()
        if self._chance(0.5):
            self._node("Relu", [self.tensor], self.shape)

    def _read_twice(self):
        """A convolution read by a ReLU and an addition: the ReLU cannot be fused."""
        self._conv(self._channels())
        before = self.tensor
        self._node("Relu", [before], self.shape)
        self._node("Add", [before, self.tensor], self.shape)

    def _gemm(self, outputs):
        inputs = int(np.prod(self.shape))
        weight = self.rng.normal(0, 1 / np.sqrt(inputs), (outputs, inputs))
        transposed = int(self._chance(0.7))
        names = [self.tensor, self._parameter(weight if transposed else weight.T)]
        if self._chance(0.8):
            names.append(self._parameter(self.rng.normal(0, 0.3, outputs)))
        self._node("Gemm", names, (outputs, 1, 1), transB=transposed)


if __name__ == "__main__":
    sys.exit(main())
