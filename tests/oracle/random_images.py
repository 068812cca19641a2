# SPDX-License-Identifier: Apache-2.0
"""Blocks of random networks on images [1, channels, height, width]."""
import numpy as np

from random_base import MOST_CHANNELS, MOST_ELEMENTS, NodeWriter
from windows import Window


class ImageBlocks(NodeWriter):
    def convolve(self, outputs, groups=1, window=None):
        if window is None:
            window, sizes = self.window(3, 2)
        else:
            sizes = window.output_size(*self.shape[2:])
        depth = self.shape[1] // groups
        weight = self.weights((outputs, depth, *window.kernel), depth * np.prod(window.kernel))
        if self.chance(0.1):
            weight[self.rng.integers(outputs)] = 0
        inputs = [self.parameter(weight)]
        if self.chance(0.5):
            inputs.append(self.parameter(self.rng.normal(0, 0.3, outputs)))
        self.on("Conv", *inputs, shape=(1, outputs, *sizes), kernel_shape=window.kernel,
                group=groups, strides=window.strides, pads=window.pads, dilations=window.dilations)

    def weights(self, shape, products, axis=0):
        """Of outputs along `axis` whose magnitudes differ."""
        scale = [1] * len(shape)
        scale[axis] = shape[axis]
        weight = self.rng.normal(0, 1 / np.sqrt(products), shape)
        return weight * np.exp(self.rng.normal(0, 0.5, scale))

    def batch_norm(self):
        channels = self.shape[1]
        gamma = self.rng.uniform(0.5, 1.5, channels) * self.rng.choice([-1, 1, 1, 1], channels)
        beta, mean = self.rng.normal(0, 0.3, channels), self.rng.normal(0, 0.3, channels)
        variance = self.rng.uniform(0.3, 2.0, channels)
        names = [self.parameter(values) for values in (gamma, beta, mean, variance)]
        self.on("BatchNormalization", *names, epsilon=1e-5)

    def norm_and_relu(self, relu=0.7):
        if self.chance(0.6):
            self.batch_norm()
        if self.chance(relu):
            self.bounded()

    def bounded(self):
        """ReLU or Clip: what a convolution takes into its program. QLinearConv takes no Clip."""
        if self.convolutions_only or self.qlinear or self.chance(0.7):
            self.on("Relu")
            return
        low, high = self.pick(((0, 6), (-0.5, 0.75), (None, 0.6), (0, 1), (-1, None)))
        bounds = ["" if bound is None else self.parameter(np.array(bound))
                  for bound in (low, high)]
        self.on("Clip", *(bounds if bounds[1] else bounds[:1]))

    def channels(self):
        return self.number(1, MOST_CHANNELS)

    def plain(self):
        groups = self.divisor(self.shape[1], MOST_CHANNELS) if self.chance(0.4) else 1
        self.convolve(groups * self.number(1, MOST_CHANNELS // groups), groups)
        self.norm_and_relu()

    def depthwise(self):
        self.convolve(self.shape[1], self.shape[1])
        self.norm_and_relu()

    def transposed(self):
        groups = self.divisor(self.shape[1], MOST_CHANNELS) if self.chance(0.4) else 1
        while True:
            attributes = self._transposed_attributes(groups)
            sizes = self._transposed_size(attributes)
            if 1 <= min(sizes) and max(sizes) <= max(20, *self.shape[2:]):
                break
        outputs = self.number(1, MOST_CHANNELS // groups)
        kernel = attributes["kernel_shape"]
        weight = self.weights((self.shape[1], outputs, *kernel),
                              self.shape[1] * np.prod(kernel), axis=1)
        inputs = [self.parameter(weight)]
        if self.chance(0.5):
            inputs.append(self.parameter(self.rng.normal(0, 0.3, groups * outputs)))
        self.on("ConvTranspose", *inputs, shape=(1, groups * outputs, *sizes), **attributes)
        self.norm_and_relu()

    def _transposed_attributes(self, groups):
        kernel, dilations, strides = self.pair(1, 3), self.pair(1, 2), self.pair(1, 3)
        reach = [d * (k - 1) for d, k in zip(dilations, kernel)]
        attributes = {"kernel_shape": kernel, "strides": strides, "dilations": dilations,
                      "group": groups}
        if self.chance(0.7):
            # Crops beyond the kernel leave a negative pad.
            attributes["pads"] = [self.number(0, reach[axis % 2] + 1) for axis in range(4)]
            attributes["output_padding"] = [self.number(0, s - 1) for s in strides]
        elif self.chance(0.5) and dilations == (1, 1):
            attributes["auto_pad"] = self.pick(("SAME_UPPER", "SAME_LOWER"))
        return attributes

    def _transposed_size(self, attributes):
        sizes = self.shape[2:]
        if "auto_pad" in attributes:
            return [size * stride for size, stride in zip(sizes, attributes["strides"])]
        pads = attributes.get("pads", (0, 0, 0, 0))
        extra = attributes.get("output_padding", (0, 0))
        return [(sizes[axis] - 1) * attributes["strides"][axis] + 1 + extra[axis]
                + attributes["dilations"][axis] * (attributes["kernel_shape"][axis] - 1)
                - pads[axis] - pads[axis + 2] for axis in (0, 1)]

    def residual(self):
        self.convolve(self.channels())
        self.norm_and_relu()
        skip = self.tensor
        self.convolve(self.shape[1], window=Window((3, 3), pads=(1, 1, 1, 1)))
        self.norm_and_relu(0.3)
        inputs = [self.tensor, skip] if self.chance(0.5) else [skip, self.tensor]
        self.node("Add", inputs, self.shape)
        if self.chance(0.7):
            self.bounded()

    def max_pool(self):
        window, sizes = self.window(3, 2)
        self.pool("MaxPool", window, sizes, True, dilations=window.dilations)

    def average_pool(self):
        window, sizes = self.window(3, 1)
        include = int(self.chance(0.5) or self.qlinear)
        self.pool("AveragePool", window, sizes, not include or not any(window.pads),
                  count_include_pad=include)

    def lone_batch_norm(self):
        """After a pooling: there is no convolution to fold it into."""
        self.max_pool()
        self.batch_norm()
        if self.chance(0.5):
            self.bounded()

    def read_twice(self):
        """A convolution read by a ReLU and an addition: the ReLU cannot be fused."""
        self.convolve(self.channels())
        before = self.tensor
        self.bounded()
        self.node("Add", [before, self.tensor], self.shape)

    def branches(self):
        """Two or three ways that meet in a concatenation, as in Inception."""
        start, ends = self.place(), []
        for _ in range(self.number(2, 3)):
            self.go_to(start)
            way = self.rng.integers(3)
            if way == 0:
                self.convolve(self.number(1, 8), window=Window((1, 1)))
                self.norm_and_relu()
            elif way == 1:
                self.on("MaxPool", kernel_shape=(3, 3), pads=(1, 1, 1, 1))
            ends.append(self.place())
        self.concat(ends, 1)

    def split_channels(self):
        """Halves of the channels, one of them convolved, put together again: ShuffleNet."""
        channels = self.shape[1]
        if channels < 2:
            self.plain()
            return
        cut, start = self.number(1, channels - 1), self.place()
        self.cut(1, 0, cut)
        first = self.place()
        self.go_to(start)
        self.cut(1, cut, channels)
        self.convolve(self.number(1, 8), window=Window((3, 3), pads=(1, 1, 1, 1)))
        self.norm_and_relu()
        self.concat([first, self.place()], 1)

    def shuffle(self):
        """Channels in another order by way of rank 5."""
        shape = self.shape
        groups = self.divisor(shape[1])
        self.reshape((1, groups, shape[1] // groups, *shape[2:]))
        if self.chance(0.5):
            self.element_wise()
        self.transpose((0, 2, 1, 3, 4))
        self.reshape(shape)

    def resize(self):
        factors = [self.pick((1, 2, 2, 3)) for _ in (0, 1)]
        sizes = [size * factor for size, factor in zip(self.shape[2:], factors)]
        if np.prod(sizes) * self.shape[1] > MOST_ELEMENTS:
            sizes = [max(1, (size + 1) // 2) for size in self.shape[2:]]
        mode = self.pick(("asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"))
        nearest = self.pick(("floor", "round_prefer_floor", "round_prefer_ceil", "ceil"))
        shape = (*self.shape[:2], *sizes)
        whole = all(new % old == 0 for new, old in zip(sizes, self.shape[2:]))
        if whole and self.chance(0.5):
            scales = self.parameter([new / old for new, old in zip(shape, self.shape)])
            inputs = ["", scales]
        else:
            inputs = ["", "", self.numbers(shape)]
        self.on("Resize", *inputs, shape=shape, mode="nearest", nearest_mode=nearest,
                coordinate_transformation_mode=mode)

    def squeeze_and_excite(self):
        start = self.place()
        self.on("GlobalAveragePool", shape=(*self.shape[:2], 1, 1))
        self.convolve(self.number(1, 8), window=Window((1, 1)))
        self.on("Relu")
        self.convolve(start[1][1], window=Window((1, 1)))
        self.on("HardSigmoid" if self.qlinear else self.pick(("HardSigmoid", "Sigmoid")))
        self.node("Mul", [start[0], self.tensor], start[1])

    def to_rows(self):
        """[1, C, H, W] as H W rows of C channels, or as C rows."""
        _, channels, height, width = self.shape
        if self.chance(0.5):
            self.reshape((1, channels, height * width))
            if self.chance(0.7):
                self.transpose((0, 2, 1))
        else:
            self.transpose((0, 2, 3, 1))
            self.reshape((1, height * width, channels))

    def row_of_image(self):
        """Flatten of an image with more than one element and a Gemm: a kernel that covers it."""
        self.on("Flatten", shape=(1, int(np.prod(self.shape))), axis=1)
        self.gemm(self.number(4, 24))
        self.bounded()
        channels = self.divisor(self.shape[1])
        self.reshape((1, channels, self.shape[1] // channels, 1))
