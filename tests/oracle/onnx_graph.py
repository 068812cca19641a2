# SPDX-License-Identifier: Apache-2.0
"""A float ONNX model as a list of layers on channels-last images, batch normalisation folded.

Weights have the shape [ky, kx, group, input channel of the group, output channel of the group].
"""
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import numpy_helper


@dataclass
class Window:
    kernel: tuple
    strides: tuple = (1, 1)
    pads: tuple = (0, 0, 0, 0)  # top, left, bottom, right
    dilations: tuple = (1, 1)
    upsample: tuple = (1, 1)  # of a transposed convolution: its strides; its pads may be negative

    def output_size(self, height, width):
        sizes = []
        for axis, size in enumerate((height, width)):
            reach = self.dilations[axis] * (self.kernel[axis] - 1) + 1
            size = (size - 1) * self.upsample[axis] + 1
            sizes.append((size + self.pads[axis] + self.pads[axis + 2] - reach)
                         // self.strides[axis] + 1)
        return tuple(sizes)


@dataclass
class Layer:
    kind: str  # conv, add, max_pool, average_pool, relu, softmax
    inputs: list
    output: str
    window: Window = None
    weight: np.ndarray = None
    bias: np.ndarray = None
    relu: bool = False  # fused
    count_include_pad: bool = False
    transposed: dict = None  # of a ConvTranspose: the attributes of its node


@dataclass
class Graph:
    input: str
    input_shape: tuple  # height, width, channels
    output: str
    layers: list = field(default_factory=list)
    shapes: dict = field(default_factory=dict)


def load_graph(path):
    return _Importer(onnx.load(path).graph).run()


class _Importer:
    def __init__(self, graph):
        self.onnx = graph
        self.constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        self.aliases = {}  # of tensors that Flatten leaves as they are
        self.readers = {o.name: 1 for o in graph.output}
        for node in graph.node:
            for name in node.input:
                self.readers[name] = self.readers.get(name, 0) + 1
        (source,) = [i for i in graph.input if i.name not in self.constants]
        dims = [d.dim_value for d in source.type.tensor_type.shape.dim]
        channels, height, width = dims[1:]
        self.graph = Graph(source.name, (height, width, channels), "")
        self.graph.shapes[source.name] = (height, width, channels)
        self.producer = {}

    def run(self):
        for node in self.onnx.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            handler = getattr(self, "_" + node.op_type.lower(), None)
            if handler is None:
                raise ValueError(f"operator {node.op_type} is not supported")
            handler(node, attributes)
        self.graph.output = self._resolve(self.onnx.output[0].name)
        return self.graph

    def _resolve(self, name):
        return self.aliases.get(name, name)

    def _append(self, node, layer, shape):
        layer.inputs = [self._resolve(name) for name in layer.inputs]
        self.graph.layers.append(layer)
        self.graph.shapes[layer.output] = shape
        self.producer[node.output[0]] = layer

    def _constant_or_none(self, node, index):
        if len(node.input) <= index or not node.input[index]:
            return None
        return self.constants[node.input[index]]

    def _sole_reader(self, node):
        """The layer that makes the node's input, if it is this node alone that reads it."""
        layer = self.producer.get(node.input[0])
        return layer if layer is not None and self.readers[node.input[0]] == 1 else None

    def _rename_output(self, layer, node):
        self.graph.shapes[node.output[0]] = self.graph.shapes.pop(layer.output)
        del self.producer[layer.output]
        layer.output = node.output[0]
        self.producer[layer.output] = layer

    def _window(self, node, attributes, kernel=None):
        height, width, _ = self.graph.shapes[self._resolve(node.input[0])]
        window = Window(tuple(attributes.get("kernel_shape", kernel)))
        window.strides = tuple(attributes.get("strides", (1, 1)))
        window.dilations = tuple(attributes.get("dilations", (1, 1)))
        window.pads = tuple(attributes.get("pads", (0, 0, 0, 0)))
        auto_pad = attributes.get("auto_pad", b"NOTSET").decode()
        if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            window.pads = same_pads(window, (height, width), auto_pad == "SAME_UPPER")
        elif attributes.get("ceil_mode", 0):
            window.pads = ceil_pads(window, (height, width))
        return window

    def _constant(self, node, attributes):
        self.constants[node.output[0]] = numpy_helper.to_array(attributes["value"])

    def _flatten(self, node, attributes):
        if attributes.get("axis", 1) != 1:
            raise ValueError("Flatten is supported with axis 1 only")
        self.aliases[node.output[0]] = self._resolve(node.input[0])

    def _conv(self, node, attributes):
        weight = self.constants[node.input[1]]  # [output, input of the group, ky, kx]
        groups = attributes.get("group", 1)
        outputs, depth, ky, kx = weight.shape
        weight = weight.reshape(groups, outputs // groups, depth, ky, kx).transpose(3, 4, 0, 2, 1)
        window = self._window(node, attributes, (ky, kx))
        height, width, _ = self.graph.shapes[self._resolve(node.input[0])]
        layer = Layer("conv", [node.input[0]], node.output[0], window, weight,
                      self._constant_or_none(node, 2))
        self._append(node, layer, (*window.output_size(height, width), outputs))

    def _convtranspose(self, node, attributes):
        """The convolution that it equals: zeros between the elements, the kernel turned."""
        weight = self.constants[node.input[1]]  # [input, output of the group, ky, kx]
        groups = attributes.get("group", 1)
        inputs, outputs, ky, kx = weight.shape
        weight = weight.reshape(groups, inputs // groups, outputs, ky, kx)[..., ::-1, ::-1]
        height, width, _ = self.graph.shapes[self._resolve(node.input[0])]
        window = _transposed_window((ky, kx), (height, width), attributes)
        layer = Layer("conv", [node.input[0]], node.output[0], window,
                      np.ascontiguousarray(weight.transpose(3, 4, 0, 1, 2)),
                      self._constant_or_none(node, 2), transposed=attributes)
        self._append(node, layer, (*window.output_size(height, width), groups * outputs))

    def _gemm(self, node, attributes):
        if attributes.get("alpha", 1.0) != 1.0 or attributes.get("beta", 1.0) != 1.0:
            raise ValueError("Gemm is supported with alpha = beta = 1 only")
        weight = self.constants[node.input[1]]
        if not attributes.get("transB", 0):
            weight = weight.T
        height, width, channels = self.graph.shapes[self._resolve(node.input[0])]
        outputs = weight.shape[0]
        weight = weight.reshape(outputs, channels, height, width).transpose(2, 3, 1, 0)
        bias = self._constant_or_none(node, 2)
        if bias is not None:
            bias = np.broadcast_to(bias.reshape(-1), (outputs,)).copy()
        layer = Layer("conv", [node.input[0]], node.output[0], Window((height, width)),
                      weight[:, :, None], bias)
        self._append(node, layer, (1, 1, outputs))

    def _batchnormalization(self, node, attributes):
        gamma, beta, mean, variance = (self.constants[name].astype(np.float64)
                                       for name in node.input[1:5])
        epsilon = np.float64(np.float32(attributes.get("epsilon", 1e-5)))
        a = gamma / np.sqrt(variance + epsilon)
        layer = self._sole_reader(node)
        if layer is None or layer.kind != "conv" or layer.relu:
            shape = self.graph.shapes[self._resolve(node.input[0])]
            layer = Layer("conv", [node.input[0]], node.output[0], Window((1, 1)),
                          np.ones((1, 1, shape[2], 1, 1), np.float32))
            self._append(node, layer, shape)
        else:
            self._rename_output(layer, node)
        groups, outputs = layer.weight.shape[2], layer.weight.shape[4]
        per_output = a.reshape(groups, 1, outputs)
        layer.weight = (layer.weight.astype(np.float64) * per_output).astype(np.float32)
        bias = np.float64(0.0) if layer.bias is None else layer.bias.astype(np.float64)
        layer.bias = ((bias - mean) * a + beta).astype(np.float32)

    def _relu(self, node, _):
        layer = self._sole_reader(node)
        if layer is not None and layer.kind in ("conv", "add") and not layer.relu:
            self._rename_output(layer, node)
            layer.relu = True
        else:
            self._append(node, Layer("relu", [node.input[0]], node.output[0]),
                         self.graph.shapes[self._resolve(node.input[0])])

    def _add(self, node, _):
        shapes = [self.graph.shapes[self._resolve(name)] for name in node.input]
        if shapes[0] != shapes[1]:
            raise ValueError("Add is supported for tensors of one shape only")
        self._append(node, Layer("add", list(node.input), node.output[0]), shapes[0])

    def _pool(self, kind, node, window, include_pad=False):
        height, width, channels = self.graph.shapes[self._resolve(node.input[0])]
        layer = Layer(kind, [node.input[0]], node.output[0], window, count_include_pad=include_pad)
        self._append(node, layer, (*window.output_size(height, width), channels))

    def _maxpool(self, node, attributes):
        self._pool("max_pool", node, self._window(node, attributes))

    def _averagepool(self, node, attributes):
        window = self._window(node, attributes)
        # Beyond the pads that the node asks for nothing is counted.
        beyond = not any(attributes.get("pads", (0,))) and attributes.get("ceil_mode", 0)
        self._pool("average_pool", node, window,
                   bool(attributes.get("count_include_pad", 0)) and not beyond)

    def _globalaveragepool(self, node, _):
        shape = self.graph.shapes[self._resolve(node.input[0])]
        self._pool("average_pool", node, Window(shape[:2]))

    def _softmax(self, node, _):
        shape = self.graph.shapes[self._resolve(node.input[0])]
        if shape[:2] != (1, 1):
            raise ValueError("Softmax is supported on 1 x 1 images only")
        self._append(node, Layer("softmax", [node.input[0]], node.output[0]), shape)


def _transposed_window(kernel, sizes, attributes):
    strides = attributes.get("strides", (1, 1))
    dilations = attributes.get("dilations", (1, 1))
    pads = attributes.get("pads", (0, 0, 0, 0))
    extra = attributes.get("output_padding", (0, 0))
    auto_pad = attributes.get("auto_pad", b"NOTSET").decode()
    asked = attributes.get("output_shape")
    if asked is None and auto_pad.startswith("SAME"):
        asked = [size * stride for size, stride in zip(sizes, strides)]
    begins, ends = [], []
    for axis, size in enumerate(sizes):
        reach = dilations[axis] * (kernel[axis] - 1)
        whole = (size - 1) * strides[axis] + 1 + reach + extra[axis]
        crop_begin, outputs = pads[axis], whole - pads[axis] - pads[axis + 2]
        if asked is not None:
            outputs = asked[axis]
            total = max(0, whole - outputs)
            crop_begin = total // 2 if auto_pad == "SAME_UPPER" else total - total // 2
        begins.append(reach - crop_begin)
        ends.append(outputs - 1 + reach - (size - 1) * strides[axis] - begins[-1])
    return Window(tuple(kernel), (1, 1), (*begins, *ends), tuple(dilations), tuple(strides))


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
