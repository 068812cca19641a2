# SPDX-License-Identifier: Apache-2.0
"""What blocks of random networks are made of: nodes, parameters, windows, shapes."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from windows import Window, ceil_pads, same_pads

MOST_CHANNELS = 20
MOST_ELEMENTS = 3000
# Gelu is in opset 20; Debian's onnx knows 17.
_NEW_OPSET, _OPSET = 20, 17


class NodeWriter:
    """`tensor` is the network's end so far, of `shape`."""

    def __init__(self, rng, qlinear, convolutions_only):
        self.rng, self.qlinear, self.convolutions_only = rng, qlinear, convolutions_only
        self.nodes, self.initializers, self.count, self.shapes = [], [], 0, {}
        self.integers = {}  # parameters that are no data
        self.rounded_up = {}  # pads of poolings with ceil_mode, by output
        plain = qlinear or convolutions_only
        self.opset = _NEW_OPSET if not plain and self.chance(0.5) else _OPSET
        self.tensor, self.shape, self.input_shape = "image", (), ()

    def model(self):
        """Checked by onnx.checker and by ONNX's shape inference."""
        source = helper.make_tensor_value_info("image", TensorProto.FLOAT, self.input_shape)
        result = helper.make_tensor_value_info(self.tensor, TensorProto.FLOAT, self.shape)
        graph = helper.make_graph(self.nodes, "random", [source], [result], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 8
        self._check(model)
        return model

    def _check(self, model):
        """ONNX infers these shapes. An installed onnx older than opset 20 does not know Gelu and
        sees a Tanh, nor axes that are an input; it counts positions of ceil_mode that begin behind
        the image and sees their pads."""
        known = onnx.ModelProto()
        known.CopyFrom(model)
        known.opset_import[0].version = min(self.opset, onnx.defs.onnx_opset_version())
        for node in known.graph.node:
            if node.op_type == "Gelu" and known.opset_import[0].version < _NEW_OPSET:
                node.op_type = "Tanh"
                del node.attribute[:]
            if node.op_type.startswith("Reduce") and len(node.input) > 1 and \
                    known.opset_import[0].version < 18:
                axes = self.integers[node.input.pop()]
                node.attribute.append(helper.make_attribute("axes", axes))
            pads = self.rounded_up.get(node.output[0])
            if pads is not None:
                kept = [a for a in node.attribute if a.name not in ("pads", "ceil_mode")]
                del node.attribute[:]
                node.attribute.extend([*kept, helper.make_attribute("pads", pads)])
        onnx.checker.check_model(known)
        inferred = shape_inference.infer_shapes(known, check_type=True, strict_mode=True)
        for value in inferred.graph.value_info:
            found = tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
            if found != self.shapes.get(value.name, found):
                raise ValueError(f"{value.name}: {self.shapes[value.name]} expected, "
                                 f"{found} inferred")

    def chance(self, probability):
        return self.rng.random() < probability

    def number(self, low, high):
        """low .. high, both included."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, choices):
        return choices[self.rng.integers(len(choices))]

    def divisor(self, size, most=None):
        divisors = [n for n in range(1, size + 1) if size % n == 0 and n <= (most or size)]
        return int(self.pick(divisors))

    def node(self, kind, inputs, shape, **attributes):
        self.count += 1
        # Slashes as exporters write them: names are not file names.
        self.tensor = f"/block{self.count}/{kind}_output_0"
        self.nodes.append(helper.make_node(kind, inputs, [self.tensor], **attributes))
        self.shape = self.shapes[self.tensor] = tuple(int(n) for n in shape)
        return self.tensor

    def on(self, kind, *more, shape=None, **attributes):
        """A node that reads the end of the network."""
        return self.node(kind, [self.tensor, *more], self.shape if shape is None else shape,
                         **attributes)

    def parameter(self, values):
        return self._initializer(np.asarray(values).astype(np.float32))

    def numbers(self, values):
        name = self._initializer(np.array(values, dtype=np.int64))
        self.integers[name] = [int(value) for value in values]
        return name

    def _initializer(self, values):
        name = f"parameter{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def go_to(self, place):
        self.tensor, self.shape = place

    def place(self):
        return self.tensor, self.shape

    # Views and moves

    def reshape(self, shape):
        """One size may be written as -1; 0 stands for the size that it is."""
        asked = [int(n) for n in shape]
        if self.chance(0.4):
            asked[self.rng.integers(len(asked))] = -1
        for axis, size in enumerate(self.shape[:len(asked)]):
            if asked[axis] == size and self.chance(0.2):
                asked[axis] = 0
        self.on("Reshape", self.numbers(asked), shape=shape)

    def transpose(self, permutation):
        self.on("Transpose", shape=[self.shape[axis] for axis in permutation], perm=permutation)

    def random_transpose(self, fixed=0):
        """The first `fixed` axes stay."""
        moved = self.rng.permutation(range(fixed, len(self.shape)))
        self.transpose([*range(fixed), *(int(axis) for axis in moved)])

    # Windows

    def window(self, most_kernel, most_dilation):
        """A random window whose every position has a tap inside the image, and its output size."""
        sizes = self.shape[2:]
        while True:
            kernel = self.pair(1, most_kernel)
            window = Window(kernel, self.pair(1, 2))
            window.dilations = self.pair(1, most_dilation)
            if self.chance(0.7):
                window.pads = tuple(int(self.rng.integers(0, kernel[axis % 2]))
                                    for axis in range(4))
            outputs = window.output_size(*sizes)
            if min(outputs) >= 1 and has_taps(window, sizes, outputs):
                return window, outputs

    def pair(self, low, high):
        return self.number(low, high), self.number(low, high)

    def pool(self, kind, window, outputs, may_round_up, **attributes):
        """The window is placed by pads, ceil_mode or auto_pad."""
        sizes = self.shape[2:]
        placed = Window(window.kernel, window.strides, window.pads, window.dilations)
        place = {"pads": window.pads}
        draw = 0 if self.qlinear else self.rng.integers(3)
        if draw == 1 and may_round_up:
            place["ceil_mode"] = 1
            placed.pads = ceil_pads(window, sizes)
            if not self.convolutions_only and _ends_early(placed, window, sizes):
                placed.pads = window.pads
                del place["ceil_mode"]
        elif draw == 2 and (self.convolutions_only or _may_pad_alike(window)):
            upper = bool(self.rng.integers(2))
            place = {"auto_pad": "SAME_UPPER" if upper else "SAME_LOWER"}
            placed.pads = same_pads(window, sizes, upper)
        moved = placed.output_size(*sizes)
        if has_taps(placed, sizes, moved):
            outputs = moved
        else:
            place = {"pads": window.pads}
        self.on(kind, shape=(*self.shape[:2], *outputs), kernel_shape=window.kernel,
                strides=window.strides, **place, **attributes)
        if "ceil_mode" in place:
            self.rounded_up[self.tensor] = placed.pads


def _may_pad_alike(window):
    """Whether ONNX Runtime takes auto_pad as ONNX means it: with dilations it makes another number
    of positions, and strides beyond the kernel make its pads negative."""
    return window.dilations == (1, 1) and all(
        k >= s for k, s in zip(window.kernel, window.strides))


def _ends_early(placed, window, sizes):
    """Whether ceil_mode leaves out a position that would begin behind the image. Shape inference of
    ONNX Runtime does not know that: it disturbs whatever else depends on shapes."""
    for axis, positions in enumerate(placed.output_size(*sizes)):
        reach = window.dilations[axis] * (window.kernel[axis] - 1) + 1
        over = sizes[axis] + window.pads[axis] + window.pads[axis + 2] - reach
        if positions != -(-over // window.strides[axis]) + 1:
            return True
    return False


def has_taps(window, sizes, outputs):
    for axis in (0, 1):
        starts = np.arange(outputs[axis])[:, None] * window.strides[axis] - window.pads[axis]
        at = starts + np.arange(window.kernel[axis])[None, :] * window.dilations[axis]
        if not ((at >= 0) & (at < sizes[axis])).any(axis=1).all():
            return False
    return True
