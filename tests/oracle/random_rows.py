# SPDX-License-Identifier: Apache-2.0
"""Blocks of random networks on tensors of any rank: products of matrices, functions, moves."""
import numpy as np

from random_base import MOST_ELEMENTS, NodeWriter

_FUNCTIONS = ("Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Relu", "Clip", "Erf", "Abs", "Neg",
              "Sqrt", "Sqrt", "Exp", "Exp", "Reciprocal", "Swish", "Gelu", "Gelu", "Gelu",
              "HardSwish", "LeakyRelu", "PRelu", "Pow")
_EXACT_FUNCTIONS = ("Relu", "Abs", "Neg")


class RowBlocks(NodeWriter):
    # Products of matrices

    def gemm(self, outputs):
        inputs = self.shape[1]
        weight = self.rng.normal(0, 1 / np.sqrt(inputs), (outputs, inputs))
        transposed = int(self.chance(0.7))
        names = [self.parameter(weight if transposed else weight.T)]
        attributes = {"transB": transposed}
        if self.chance(0.8):
            shape = self.pick(((outputs,), (1, outputs)))
            names.append(self.parameter(self.rng.normal(0, 0.3, shape)))
        if not self.convolutions_only and self.chance(0.2):
            attributes["alpha"], attributes["beta"] = 0.5, 2.0
        self.on("Gemm", *names, shape=(self.shape[0], outputs), **attributes)

    def gemm_rows(self):
        self.gemm(self.number(1, 24))
        if self.chance(0.4):
            self.batch_norm()
        if self.chance(0.5):
            self.bounded()

    def matmul(self, outputs=None):
        """With a constant, of one matrix or of several, and perhaps what stands for a bias."""
        inputs = self.shape[-1]
        outputs = outputs or self.number(1, 24)
        while np.prod(self.shape[:-1]) * outputs > MOST_ELEMENTS and outputs > 1:
            outputs //= 2
        batch = ()
        if len(self.shape) > 2 and not self.constant_weights and self.chance(0.3):
            batch = tuple(size if self.chance(0.7) else 1 for size in self.shape[:-2])
        weight = self.weights((*batch, inputs, outputs), inputs, axis=-1)
        self.on("MatMul", self.parameter(weight), shape=(*self.shape[:-1], outputs))
        if self.chance(0.5):
            self.on("Add", self.parameter(self.rng.normal(0, 0.3, outputs)))

    def product_with_itself(self):
        """x times its transposed self; perhaps of halves, or of a batch with one matrix."""
        rank = len(self.shape)
        size = np.prod(self.shape[:-1]) * self.shape[-2]
        if size > MOST_ELEMENTS:
            self.matmul()
            return
        start = self.place()
        self.transpose([*range(rank - 2), rank - 1, rank - 2])
        other = self.place()
        if rank > 2 and self.chance(0.4):
            axis = self.number(0, rank - 3)
            self.cut(axis, 0, 1)
            other = self.place()
        self.multiply(start, other)

    def batches(self):
        """Two to four products of their own: x as so many matrices, times itself transposed."""
        elements = int(np.prod(self.shape))
        count = self.pick([n for n in (1, 2, 3, 3, 4, 4) if elements % n == 0])
        rows = self.divisor(elements // count, 24)
        depth = elements // count // rows
        if count * rows * rows > MOST_ELEMENTS:
            self.matmul()
            return
        self.reshape(self.pick(((count, rows, depth), (1, count, rows, depth))))
        self.product_with_itself()

    def multiply(self, a, b):
        batch = np.broadcast_shapes(a[1][:-2], b[1][:-2])
        self.node("MatMul", [a[0], b[0]], (*batch, a[1][-2], b[1][-1]))

    def attention(self):
        """Of one to four heads over rows [1, T, D]."""
        _, rows, _ = self.shape
        start, heads, depth = self.place(), self.number(1, 4), self.number(2, 6)
        if rows * rows * heads > MOST_ELEMENTS:
            self.go_to(start)
            self.any_slice()
            return
        parts = []
        for _ in range(3):
            self.go_to(start)
            self.matmul(heads * depth)
            if self.shape[-1] != heads * depth:
                return
            self.reshape((1, rows, heads, depth))
            self.transpose((0, 2, 1, 3))
            parts.append(self.place())
        query, key, value = parts
        self.go_to(key)
        self.transpose((0, 1, 3, 2))
        self.multiply(query, self.place())
        if self.chance(0.5):
            self.on("Mul", self.parameter(np.array(1 / np.sqrt(depth))))
        else:
            self.on("Div", self.parameter(np.array(np.sqrt(depth))))
        self.on("Softmax", axis=-1)
        self.multiply(self.place(), value)
        self.transpose((0, 2, 1, 3))
        self.reshape((1, rows, heads * depth))
        if self.chance(0.7):
            self.matmul(start[1][-1])
        if self.shape == start[1]:
            self.node("Add", [self.tensor, start[0]], self.shape)
            if self.chance(0.5):
                self.layer_norm()

    def attention_images(self):
        """Channels attend to each other: [1, C, H W] times its transposed self."""
        shape = self.shape
        self.reshape((1, shape[1], int(np.prod(shape[2:]))))
        rows = self.place()
        self.transpose((0, 2, 1))
        self.multiply(rows, self.place())
        self.on("Softmax", axis=-1)
        self.multiply(self.place(), rows)
        self.reshape(shape)

    def feed_forward(self):
        start = self.place()
        self.matmul(self.number(4, 24))
        self.function()
        self.matmul(start[1][-1])
        if self.shape == start[1]:
            self.node("Add", [start[0], self.tensor], self.shape)

    def convolve_rows(self):
        """A convolution of one axis over [1, C, W]."""
        _, depth, width = self.shape
        kernel = self.number(1, min(3, width))
        pads = [self.number(0, kernel - 1), self.number(0, kernel - 1)]
        stride, outputs = self.number(1, 2), self.number(1, 16)
        groups = self.divisor(depth, 16) if self.chance(0.3) else 1
        outputs = groups * max(1, outputs // groups)
        names = [self.parameter(self.weights((outputs, depth // groups, kernel),
                                             kernel * depth // groups))]
        if self.chance(0.5):
            names.append(self.parameter(self.rng.normal(0, 0.3, outputs)))
        positions = (width + sum(pads) - kernel) // stride + 1
        self.on("Conv", *names, shape=(1, outputs, positions), kernel_shape=[kernel], pads=pads,
                strides=[stride], group=groups)
        self.norm_and_relu()

    # Functions, element by element

    def function(self):
        kind = self.pick(_EXACT_FUNCTIONS if self.qlinear else _FUNCTIONS)
        if kind == "Clip":
            self.bounded()
        elif kind == "HardSigmoid":
            self.on(kind, alpha=self.pick((0.2, 0.25, 1 / 6)), beta=0.5)
        elif kind == "Gelu":
            self._gelu()
        elif kind == "LeakyRelu":
            self.on(kind, alpha=self.pick((0.01, 0.25)))
        elif kind == "PRelu":
            self.on(kind, self.parameter(self.rng.uniform(-0.5, 0.5, self.shape[-1:])))
        elif kind == "Pow":
            self.on(kind, self.parameter(np.array(self.pick((2.0, 3.0)))))
        elif kind == "Sqrt":
            start = self.tensor
            self.node("Mul", [start, start], self.shape)
            self.on("Add", self.parameter(np.array(0.1)))
            self.on("Sqrt")
        elif kind == "Exp":
            self.on("Tanh")
            self.on("Exp")
        elif kind == "Reciprocal":
            self.on("Sigmoid")
            self.on("Add", self.parameter(np.array(0.5)))
            self.on("Reciprocal")
        elif kind == "Swish":
            start = self.tensor
            self.on("Sigmoid")
            self.node("Mul", [start, self.tensor], self.shape)
        else:
            self.on(kind)

    def _gelu(self):
        if self.opset >= 20:
            self.on("Gelu", approximate=self.pick(("none", "tanh")))
            return
        start = self.tensor  # as exporters write it before opset 20
        self.on("Div", self.parameter(np.array(np.sqrt(2))))
        self.on("Erf")
        self.on("Add", self.parameter(np.array(1.0)))
        self.node("Mul", [start, self.tensor], self.shape)
        self.on("Mul", self.parameter(np.array(0.5)))

    def element_wise(self):
        """Add, Sub, Mul or Div with a constant, with itself, or with a part of itself."""
        kind = self.pick(("Add", "Sub", "Mul", "Div"))
        if kind != "Div" and self.chance(0.4):
            self._with_a_part(self.pick((kind, kind, "Max", "Min")))
            return
        shape = self.pick(((), (1,), self.shape[-1:], self._broadcast_shape(),
                           self._broadcast_shape()))
        values = self.rng.uniform(0.5, 2, shape) * self.rng.choice([-1, 1], shape)
        name = self.parameter(values)
        if kind in ("Add", "Sub", "Mul") and self.chance(0.3):
            self.node(kind, [name, self.tensor], self.shape)
        else:
            self.on(kind, name)

    def _broadcast_shape(self):
        return tuple(size if self.chance(0.5) else 1 for size in self.shape)

    def _with_a_part(self, kind):
        """A slice of one index along an axis, which broadcasts against all."""
        start = self.place()
        if self.chance(0.5):
            axis = self.number(0, len(self.shape) - 1)
            at = self.number(0, self.shape[axis] - 1)
            self.cut(axis, at, at + 1)
        elif not self.qlinear:
            self.on("Tanh")
        inputs = [self.tensor, start[0]] if self.chance(0.5) else [start[0], self.tensor]
        self.node(kind, inputs, start[1])

    def softmax(self):
        self.on("Softmax", axis=self.number(-len(self.shape), len(self.shape) - 1))

    def layer_norm(self):
        rank = len(self.shape)
        axis = rank - 1 if self.chance(0.6) else self.number(0, rank - 1)
        if np.prod(self.shape[axis:]) == 1:
            axis = 0
        shape = self.shape[axis:]
        names = [self.parameter(self.rng.uniform(0.5, 1.5, shape))]
        if self.chance(0.7):
            names.append(self.parameter(self.rng.normal(0, 0.3, shape)))
        self.on("LayerNormalization", *names, axis=self.pick((axis, axis - rank)), epsilon=1e-3)

    def reduction(self):
        rank = len(self.shape)
        if rank < 2:
            self.softmax()
            return
        axes = sorted(int(axis) for axis in self.rng.choice(rank, self.number(1, 2), False))
        kind = self.pick(("ReduceMean", "ReduceMax"))
        keep = int(rank == 4 or self.chance(0.5))
        shape = [1 if axis in axes else size for axis, size in enumerate(self.shape)]
        if not keep and len(axes) < rank:
            shape = [size for axis, size in enumerate(shape) if axis not in axes]
        else:
            keep = 1
        start = self.place()
        if self.opset >= 18:
            self.on(kind, self.numbers(axes), shape=shape, keepdims=keep)
        else:
            self.on(kind, shape=shape, axes=axes, keepdims=keep)
        if keep and self.chance(0.7):
            self.node("Sub", [start[0], self.tensor], start[1])

    # Moves and views

    def cut(self, axis, begin, end, step=1):
        """A slice from `begin` up to `end`; with a negative step downwards."""
        size = len(range(begin, end, step))
        shape = [size if i == axis else n for i, n in enumerate(self.shape)]
        if end < 0:
            end = -self.shape[axis] - 1
        self.on("Slice", self.numbers([begin]), self.numbers([end]), self.numbers([axis]),
                self.numbers([step]), shape=shape)

    def any_slice(self):
        axis = self.number(0, len(self.shape) - 1)
        size = self.shape[axis]
        way = self.rng.integers(3)
        if way == 0:
            begin = self.number(0, size - 1)
            self.cut(axis, begin, self.number(begin + 1, size))
        elif way == 1:
            self.cut(axis, size - 1, -1, -1)
        else:
            self.cut(axis, self.number(0, min(1, size - 1)), size, 2)

    def concat(self, places, axis):
        shape = list(places[0][1])
        shape[axis] = sum(place[1][axis] for place in places)
        self.node("Concat", [place[0] for place in places], shape,
                  axis=self.pick((axis, axis - len(shape))))

    def any_concat(self):
        """With itself under another function, along any axis but an image's batch."""
        rank = len(self.shape)
        if np.prod(self.shape) * 2 > MOST_ELEMENTS:
            self.any_slice()
            return
        start = self.place()
        self.function()
        places = [start, self.place()]
        if self.chance(0.3):
            places.append(start)
        axis = self.number(1 if rank == 4 else 0, rank - 1)
        if self.chance(0.3):
            shape = (*start[1][:axis], self.number(1, 3), *start[1][axis + 1:])
            places.insert(self.number(0, len(places)),
                          (self.parameter(self.rng.uniform(-1, 1, shape)), shape))
        self.concat(places, axis)

    def any_transpose(self):
        self.random_transpose(1 if len(self.shape) == 3 and self.chance(0.7) else 0)

    def to_image(self):
        _, rows, depth = self.shape
        height = self.divisor(rows)
        if self.chance(0.5):
            self.transpose((0, 2, 1))
            self.reshape((1, depth, height, rows // height))
        else:
            width = self.divisor(depth)
            self.reshape((1, rows, depth // width, width))

    def unsqueeze(self):
        if len(self.shape) == 5:
            self.other_rank()
            return
        axis = self.number(0, len(self.shape))
        shape = [*self.shape[:axis], 1, *self.shape[axis:]]
        self.on("Unsqueeze", self.numbers([axis]), shape=shape)

    def other_rank(self):
        """The same elements under a random shape of another rank, 1 to 5."""
        rank = self.number(1, 5)
        if rank == len(self.shape) + 1 and self.chance(0.7):
            self.unsqueeze()
            return
        ones = [axis for axis, size in enumerate(self.shape) if size == 1]
        if ones and rank == len(self.shape) - 1 and len(self.shape) > 1:
            axis = self.pick(ones)
            shape = [size for i, size in enumerate(self.shape) if i != axis]
            self.on("Squeeze", self.numbers([axis]), shape=shape)
            return
        elements, shape = int(np.prod(self.shape)), []
        for _ in range(rank - 1):
            shape.append(self.divisor(elements, 12))
            elements //= shape[-1]
        self.reshape((*shape, elements))
