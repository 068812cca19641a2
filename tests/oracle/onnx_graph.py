# SPDX-License-Identifier: Apache-2.0
"""Reads a float ONNX model into a Graph; operators.py says what work each operator becomes."""
import numpy as np
import onnx
from onnx import numpy_helper

from graph import Graph, Node, Tensor, fuse_activations
from operators import OPERATORS
from work_forms import is_channels_last, is_natural, memory_axes


def load_graph(path, fuse=True):
    graph = Importer(onnx.load(path)).run()
    return fuse_activations(graph) if fuse else graph


class Importer:
    def __init__(self, model):
        self.onnx = model.graph
        self.opset = max((entry.version for entry in model.opset_import if not entry.domain),
                         default=1)
        self.constants = {t.name: numpy_helper.to_array(t) for t in self.onnx.initializer}
        self.graph = Graph()
        self.flat = {}  # images that a row [1, all elements] lists, by the row
        self.bases = {}  # by name of another shape: the tensor that it is one of
        self.readers = {o.name: 1 for o in self.onnx.output}
        for node in self.onnx.node:
            for name in node.input:
                self.readers[name] = self.readers.get(name, 0) + 1
        (source,) = [i for i in self.onnx.input if i.name not in self.constants]
        shape = tuple(max(1, d.dim_value) for d in source.type.tensor_type.shape.dim)
        self.graph.input = source.name
        self.tensor(source.name, shape, self._order_of_input(source.name, len(shape)))

    def run(self):
        for node in self.onnx.node:
            row = OPERATORS.get(node.op_type)
            if row is None:
                raise ValueError(f"operator {node.op_type} is not supported")
            row(OnnxNode(node, self))
        self.graph.output = self.onnx.output[0].name
        return self.graph

    def _order_of_input(self, name, rank):
        """Images lie channels last; what has three axes is one where a window goes over it."""
        windowed = any(node.input and node.input[0] == name and
                       (node.op_type.startswith("Conv") or node.op_type.endswith("Pool"))
                       for node in self.onnx.node)
        return (0, *range(2, rank), 1) if rank == 4 or (rank == 3 and windowed) else None

    def tensor(self, name, shape, order=None):
        order = tuple(range(len(shape))) if order is None else tuple(order)
        self.graph.tensors[name] = Tensor(name, tuple(int(n) for n in shape), order)
        return self.graph.tensors[name]

    def producer(self, name):
        """The node that makes a tensor which is read once, under its own name."""
        if self.readers.get(name, 0) != 1:
            return None
        return next((node for node in self.graph.nodes if node.output == name), None)


class OnnxNode:
    """A node with its attributes, and the graph to which its work is added."""

    def __init__(self, node, importer):
        self.node, self.importer, self.graph = node, importer, importer.graph
        self.attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        self.inputs, self.output = list(node.input), node.output[0]
        self.opset = importer.opset

    def attribute(self, name, default=None):
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def has(self, index):
        return len(self.inputs) > index and bool(self.inputs[index])

    def constant(self, index):
        """The array of a constant input; None where there is none or it is no constant."""
        return self.importer.constants.get(self.inputs[index]) if self.has(index) else None

    def tensor(self, index):
        """An input as a tensor; a constant becomes one."""
        name = self.inputs[index]
        if name not in self.graph.tensors:
            value = np.asarray(self.importer.constants[name], dtype=np.float32)
            self.importer.tensor(name, value.shape).value = value
        return self.graph.tensors[name]

    def add(self, kind, work, inputs, shape, order=None):
        """The node's work, whose result has this shape. `inputs` are names."""
        self.importer.tensor(self.output, shape, order)
        self.graph.nodes.append(Node(kind, work, list(inputs), self.output, self.node))

    def view(self, shape):
        """The elements of input 0 in another shape."""
        if self.inputs[0] in self.importer.constants:
            self.importer.constants[self.output] = self.constant(0).reshape(shape)
            return
        source = self.tensor(0)
        order = _kept_order(source, shape)
        view = self.importer.tensor(self.output, shape, order)
        view.root = source.root or source.name
        base = self.importer.bases.get(self.inputs[0], self.inputs[0])
        self.importer.bases[self.output] = base
        image = self.graph.tensors[base]
        if len(shape) == 2 and shape[0] == 1 and is_image(image) and \
                not is_natural(image.shape, image.order):
            self.importer.flat[self.output] = base


def _long(tensor):
    return [size for size in tensor.shape if size > 1]


def is_image(tensor):
    """Whether it is one image that lies channels last."""
    return (len(tensor.shape) in (3, 4) and tensor.shape[0] == 1
            and is_channels_last(tensor.shape, tensor.order))


def _kept_order(source, shape):
    """Axes of one element come and go; any other shape has its elements in ONNX's order (None)."""
    if _long(source) != [size for size in shape if size > 1]:
        return None
    memory = memory_axes(source.shape, source.order)
    long_before = sorted(memory)
    long_now = [axis for axis, size in enumerate(shape) if size > 1]
    moved = [long_now[long_before.index(axis)] for axis in memory]
    return [axis for axis, size in enumerate(shape) if size == 1] + moved
