# SPDX-License-Identifier: Apache-2.0
"""A network as docs/arithmetic.md has it: tensors, and three kinds of work on them.

Arrays have the axes of ONNX behind one of images: a tensor of the shape [1, 3, 8, 8] is an array of
[images, 1, 3, 8, 8]. The order of memory matters only to the order of sums.
"""
from dataclasses import dataclass, field

import numpy as np

from windows import Window


@dataclass
class Tensor:
    name: str
    shape: tuple
    order: tuple  # axes from the slowest to the fastest in memory
    value: np.ndarray = None  # of a constant, in the axes of ONNX
    root: str = None  # whose elements these are, in another shape


class Program:
    """Steps of a vector program. A value is the number of its step; the last one is stored."""

    def __init__(self):
        self.steps = []

    def _add(self, *step):
        self.steps.append(step)
        return len(self.steps) - 1

    def load(self, operand):
        return self._add("load", operand)

    def constant(self, value):
        return self._add("constant", np.float32(value))

    def apply(self, function, *values):
        return self._add("apply", function, values)

    def reduce(self, kind, value):
        """sum, maximum, minimum or count."""
        return self._add("reduce", kind, value)

    def loads(self):
        return [step[1] for step in self.steps if step[0] == "load"]

    def keeps_order(self):
        """Whether the results are in the order of the operand: ReLU, Clip, maxima."""
        return all(step[0] in ("load", "constant") or _is_monotone(step) for step in self.steps)

    def is_monotone_of_loads(self):
        """Whether nothing but loads decides the results, by their order."""
        return all(step[0] == "load" or _is_monotone(step) for step in self.steps)


def _is_monotone(step):
    return step[1] in ("positive", "maximum", "minimum") and step[0] in ("apply", "reduce")


def identity():
    program = Program()
    program.load(0)
    return program


@dataclass
class AxisMap:
    """A coordinate of a tensor: offset + sum of index * coefficient over the axes of a space; or
    the entry of a table at that place."""
    coefficients: dict  # {axis of the space: coefficient}
    offset: int = 0
    table: np.ndarray = None

    def coordinates(self, extents):
        """An array that broadcasts to the space."""
        total = np.full((1,) * len(extents), self.offset, dtype=np.int64)
        for axis, coefficient in self.coefficients.items():
            shape = [1] * len(extents)
            shape[axis] = extents[axis]
            total = total + coefficient * np.arange(extents[axis]).reshape(shape)
        return total if self.table is None else self.table[total]


@dataclass
class MatrixWork:
    """out[b, m, n] = sum over k of a[b, m, k] * w[b, k, n] + bias[n], then the epilogue.

    `image` and `result` are four lists of axes: batch, y, x, channel. `weight` is constant,
    [ky, kx, group, channel of the group, output of the group], or None; then input 1 has the axes
    of `weight_axes`: batch, channel, output."""
    image: tuple
    result: tuple
    weight: np.ndarray = None
    weight_axes: tuple = None
    bias: np.ndarray = None
    window: Window = field(default_factory=Window)
    groups: int = 1
    epilogue: Program = field(default_factory=identity)

    @property
    def program(self):
        return self.epilogue

    @program.setter
    def program(self, program):
        self.epilogue = program


@dataclass
class VectorWork:
    """A program over the indices of a space, the last axis fastest. `maps` are those of the inputs
    and then of the output, each an AxisMap by axis of the tensor."""
    program: Program
    extents: tuple
    reduced: tuple  # axes of the space
    maps: list
    window: Window = None  # of a pooling, for the exporter


@dataclass
class Copy:
    input: int
    extents: tuple
    source: list
    target: list


@dataclass
class MoveWork:
    copies: list


@dataclass
class Node:
    kind: str
    work: object
    inputs: list
    output: str
    onnx: object = None  # the ONNX node that it comes from


@dataclass
class Graph:
    input: str = ""
    output: str = ""
    tensors: dict = field(default_factory=dict)
    nodes: list = field(default_factory=list)

    def root(self, name):
        return self.tensors[name].root or name

    def readers(self):
        """How often the elements of each tensor are read; being the output counts as once."""
        counts = {name: 0 for name in self.tensors}
        counts[self.root(self.output)] += 1
        for node in self.nodes:
            for name in node.inputs:
                counts[self.root(name)] += 1
        return counts

    def constants(self, images):
        """Arrays of the constants by name."""
        return {name: np.broadcast_to(tensor.value, (images, *tensor.shape))
                for name, tensor in self.tensors.items() if tensor.value is not None}


def gather(x, maps, extents):
    """x[images, ..] at every index of the space, and where that is inside (None: everywhere)."""
    coordinates = [axis.coordinates(extents) for axis in maps]
    inside = None
    for axis, at in enumerate(coordinates):
        size = x.shape[axis + 1]
        if at.min() < 0 or at.max() >= size:
            within = (at >= 0) & (at < size)
            inside = within if inside is None else inside & within
            coordinates[axis] = np.clip(at, 0, size - 1)
    if not coordinates:
        return x.reshape(len(x), *(1,) * len(extents)), None
    found = x[(slice(None), *coordinates)]
    return found, None if inside is None else inside[None]


def scatter(values, maps, extents, shape, out=None):
    """The other way: [images, *shape] with every element of `values` at its place."""
    if out is None:
        out = np.zeros((len(values), *shape), dtype=values.dtype)
    coordinates = np.broadcast_arrays(*[axis.coordinates(extents) for axis in maps])
    if not maps:
        out[...] = values.reshape(len(values))
        return out
    out[(slice(None), *coordinates)] = np.broadcast_to(
        values, (len(values), *coordinates[0].shape))
    return out


def move(work, arrays, shape):
    """A MoveWork on values or codes alike."""
    out = np.zeros((len(arrays[0]), *shape), dtype=arrays[0].dtype)
    for copy in work.copies:
        values, _ = gather(arrays[copy.input], copy.source, copy.extents)
        scatter(values, copy.target, copy.extents, shape, out)
    return out


def fuse_activations(graph):
    """ReLU, Clip and the like go into the program of the node that they alone read."""
    counts, writers, taken, kept = graph.readers(), {}, set(), []
    for node in graph.nodes:
        before = writers.get(node.inputs[0]) if _is_activation(node) else None
        if (before is not None and counts[before.output] == 1 and id(before) not in taken
                and not isinstance(before.work, MoveWork) and not _keeps_order(before)):
            _append(before.work, node.work.program)
            del writers[before.output], graph.tensors[before.output]
            before.output = node.output
            taken.add(id(before))
        else:
            before = node
            kept.append(node)
        writers[node.output] = before
    graph.nodes = kept
    return graph


def _keeps_order(node):
    return isinstance(node.work, VectorWork) and node.work.program.keeps_order()


def _is_activation(node):
    work = node.work
    return (isinstance(work, VectorWork) and len(node.inputs) == 1 and not work.reduced
            and work.window is None and work.program.keeps_order())


def _append(work, behind):
    """The steps of `behind`, whose load is the last value of the work's program."""
    program = Program()
    program.steps = list(work.program.steps)
    number = {}
    last = len(program.steps) - 1
    for i, step in enumerate(behind.steps):
        if step[0] == "load":
            number[i] = last
        elif step[0] == "constant":
            number[i] = program.constant(step[1])
        else:
            number[i] = program.apply(step[1], *(number[value] for value in step[2]))
    work.program = program
