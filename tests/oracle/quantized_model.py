# SPDX-License-Identifier: Apache-2.0
"""A quantized network: scales and codes from the float model, then the codes of every tensor.

Section names are those of docs/arithmetic.md.
"""
from dataclasses import dataclass, replace

import numpy as np

import exact
import integer_program
from accumulators import Accumulator, needs_order
from float_model import matrix, run_float
from formats import format_named
from graph import MatrixWork, MoveWork, Node, VectorWork, identity, move
from matrix import grouped_taps, image_of, output_size, result_of, weights_of
from program import Value, real, run_program, run_vector
from work_forms import broadcast_map

_F32_ONE = np.float32(1)


@dataclass
class Scheme:
    activation: str = "int8"
    weight: str = "int8"
    granularity: str = "per_channel"  # or per_tensor
    accumulator: object = "int32"  # intN, exact, a name or a map of accumulators.py
    requantization: str = "fp32_multiplier"  # or fixed_point
    headroom: float = 1.5
    fold_rows: int = 0  # products of a fold; 0: all


@dataclass
class Parameters:
    """Of matrix work with constant weights."""
    weight_scale: np.ndarray  # binary32, [outputs]
    weight_codes: np.ndarray  # the shape of MatrixWork.weight
    bias_codes: np.ndarray  # int64 or Python integers, [outputs]


class QuantizedModel:
    def __init__(self, graph, scheme, calibration):
        """calibration: float32 images [images, *shape of the input]."""
        self.graph = graph
        self.activation = format_named(scheme.activation)
        self.weight = format_named(scheme.weight)
        self.scheme = scheme
        self.fixed_point = scheme.requantization == "fixed_point"
        if self.fixed_point and not (self.activation.is_integer and self.weight.is_integer):
            raise ValueError("fixed_point requantization needs integer formats")
        self.accumulator_bits = None
        self.ordered = Accumulator(scheme.accumulator) if needs_order(scheme.accumulator) else None
        if self.ordered is None and scheme.accumulator != "exact":
            self.accumulator_bits = int(scheme.accumulator.removeprefix("int"))
        self._calibration = run_float(graph, calibration)
        self.scales = self._calibrate()
        self.formats = {}  # of tensors that have not the format of activations
        self._convert_operands()
        self.parameters = {node.output: self._parameters(node)
                           for node in graph.nodes if has_weights(node)}

    # Scales
    def _calibrate(self):
        """By name; tensors without one are binary32."""
        amax = {name: np.abs(array).max() for name, array in self._calibration.items()
                if self.graph.tensors[name].root is None}
        for node in self.graph.nodes:
            for name in node.inputs:
                value = self.graph.tensors[name].value
                if value is not None and not isinstance(node.work, VectorWork):
                    amax[name] = np.abs(value).max()
        classes = {name: {name} for name in amax}
        for tied in self._tied():
            merged = set().union(*(classes[name] for name in tied))
            for name in merged:
                classes[name] = merged
        self._amax = {name: max(amax[member] for member in classes[name]) for name in amax}
        scales = {name: _scale(self._amax[name], self.activation) for name in amax}
        for name, tensor in self.graph.tensors.items():
            if tensor.root in scales:
                scales[name] = scales[tensor.root]
        return scales

    def _tied(self):
        """Tensors that have one scale."""
        for node in self.graph.nodes:
            names = [self.graph.root(name) for name in (*node.inputs, node.output)]
            monotone = (isinstance(node.work, VectorWork)
                        and node.work.program.is_monotone_of_loads()
                        and all(self.graph.tensors[name].value is None for name in names))
            if monotone or isinstance(node.work, MoveWork):
                yield names

    def _convert_operands(self):
        """A tensor that is read as weights takes their format first; a constant has it."""
        nodes = []
        for node in self.graph.nodes:
            if isinstance(node.work, MatrixWork) and node.work.weight is None:
                source = self.graph.tensors[node.inputs[1]]
                if source.value is not None:
                    self.formats[source.name] = self.weight
                    self.scales[source.name] = _scale(self._amax[source.name], self.weight)
                if source.value is not None or self.weight.name == self.activation.name:
                    nodes.append(node)
                    continue
                name = f"{source.name}/{self.weight.name}"
                if name not in self.formats:
                    nodes.append(_conversion(source, name))
                    self.graph.tensors[name] = replace(source, name=name, root=None)
                    self.scales[name] = _scale(self._amax[source.root or source.name], self.weight)
                    self.formats[name] = self.weight
                node.inputs = [node.inputs[0], name]
            nodes.append(node)
        self.graph.nodes = nodes

    def format_of(self, name):
        return self.formats.get(self.graph.root(name), self.activation)

    def _parameters(self, node):
        work = node.work
        amax = np.abs(work.weight).max(axis=(0, 1, 3))  # [group, output of the group]
        bias = np.zeros(amax.size, np.float32) if work.bias is None else np.abs(work.bias)
        scale = self._weight_scale(node, amax.reshape(-1), bias)
        codes = self.weight.encode(work.weight / scale.reshape(amax.shape)[:, None, :])
        return Parameters(scale, codes, self._bias_codes(node, scale))

    def _weight_scale(self, node, amax, bias):
        """[outputs] from magnitudes of weights and bias."""
        per_tensor = self.scheme.granularity == "per_tensor"
        if per_tensor:
            amax = np.full_like(amax, amax.max())
        fine_bias = np.full_like(bias, bias.max()) if per_tensor else bias
        s_x, bias = np.float64(self.scales[node.inputs[0]]), bias.astype(np.float64)
        product = s_x * self.activation.peak * self.weight.peak
        fine = np.maximum(amax / np.float32(self.weight.peak),
                          (fine_bias.astype(np.float64) / (product * 2.0**32)).astype(np.float32))
        fine = np.where(fine >= np.float32(2.0**-126), fine, _F32_ONE)
        coarse = np.maximum(self.scheme.headroom * (self._sum_bound(node) + bias), 1.0001 * bias)
        scale = np.maximum(fine, (coarse / (s_x * self._largest_sum())).astype(np.float32))
        return np.full_like(scale, scale.max()) if per_tensor else scale

    def _sum_bound(self, node):
        """By output: what no partial sum of the calibration images leaves."""
        x = self._calibration[node.inputs[0]]
        plain = replace(node.work, bias=None)
        sums = matrix(plain, x)
        totals = matrix(replace(plain, weight=np.abs(plain.weight)), np.abs(x))
        bound = (totals.astype(np.float64) + np.abs(sums.astype(np.float64))) / 2
        return bound.max(axis=(0, 1, 2))

    def _largest_sum(self):
        grid = self.activation.grid + self.weight.grid
        if self.ordered is not None:
            return self.ordered.largest() * (1.0 if self.ordered.is_float else 2.0**grid)
        bits = self.accumulator_bits
        if bits is None:
            bits = _step_bits(self.activation) + _step_bits(self.weight) + 1 + 16
        return (2.0**(bits - 1) - 1) * 2.0**grid

    # Bias codes
    def _bias_codes(self, node, weight_scale):
        if node.work.bias is None:
            return np.zeros(len(weight_scale), dtype=np.int64)
        bias = node.work.bias.astype(np.float64)
        unit = np.float64(self.scales[node.inputs[0]]) * weight_scale.astype(np.float64)
        if self.ordered is not None and self.ordered.is_float:
            return self.ordered.outer.saturated(bias / unit)
        unit = unit * 2.0**(self.activation.grid + self.weight.grid)
        if self.ordered is not None:
            return self.ordered.outer.saturated(np.rint(bias / unit))
        # Python integers: rint gives a whole number, however large.
        codes = [int(code) for code in np.rint(bias / unit)]
        if self.accumulator_bits is not None:
            half = 1 << (self.accumulator_bits - 1)
            codes = [min(max(code, -half), half - 1) for code in codes]
        return exact.as_integers(np.array(codes, dtype=object))

    # Codes
    def run(self, x):
        """The codes of every tensor by name, [images, *shape], from float32 images."""
        codes = {name: self.format_of(name).encode(array / self.scales[name])
                 for name, array in self.graph.constants(len(x)).items() if name in self.scales}
        codes[self.graph.input] = self.activation.encode(x / self.scales[self.graph.input])
        for node in self.graph.nodes:
            codes[node.output] = self._run(node, codes, len(x))
        for name, tensor in self.graph.tensors.items():
            if tensor.root is not None:
                codes[name] = self._read(codes, name, len(x))
        return {name: codes[name] for name, tensor in self.graph.tensors.items()
                if tensor.value is None}

    def _read(self, codes, name, images):
        shape = (images, *self.graph.tensors[name].shape)
        root = self.graph.root(name)
        if root in codes:
            return codes[root].reshape(shape)
        return np.broadcast_to(self.graph.tensors[root].value, shape)

    def _run(self, node, codes, images):
        inputs = [self._read(codes, name, images) for name in node.inputs]
        shape = self.graph.tensors[node.output].shape
        if isinstance(node.work, MoveWork):
            return move(node.work, inputs, shape)
        if isinstance(node.work, MatrixWork):
            return result_of(node.work, self._matrix(node, *inputs), images, shape)
        if self.fixed_point:
            values = self._vector_of_integers(node, inputs, shape)
            if values is not None:
                return self.format_of(node.output).encode(values)
        operands = []
        for name, array in zip(node.inputs, inputs):
            scale = self.scales.get(name)
            operands.append((array if scale is None else
                             self.format_of(name).values(array).astype(np.float32), scale))
        return run_vector(node.work, operands, shape,
                          lambda value: self._stored(value, node.output))

    def _stored(self, value, output):
        """Codes of a program's value."""
        scale = self.scales[output]
        if value.factor is None:
            array = value.array / scale
        elif value.is_sum:
            array = value.array * ((value.factor / scale) * value.unit)
        elif value.factor == scale:
            array = value.array
        else:
            array = real(value) / scale
        return self.format_of(output).encode(array)

    def _vector_of_integers(self, node, inputs, shape):
        scales = [self.scales.get(name) for name in node.inputs]
        steps = [None if scale is None else self.format_of(name).steps(array)
                 for name, scale, array in zip(node.inputs, scales, inputs)]
        return integer_program.run_vector(node.work, steps, scales, self.scales[node.output], shape)

    # Matrix work
    def _matrix(self, node, x, w=None):
        """Codes, [images * batches, height, width, outputs]."""
        work, s_y = node.work, self.scales[node.output]
        s_x = self.scales[node.inputs[0]]
        if w is None:
            parameters = self.parameters[node.output]
            s_w, w, bias = parameters.weight_scale, parameters.weight_codes[None], \
                parameters.bias_codes
        else:
            s_w, bias = self.scales[node.inputs[1]], np.int64(0)
        image = image_of(work, x)
        height, width = output_size(work, image)
        total = self._accumulate(work, image, w, bias)
        total = total.reshape(len(image), height, width, -1)
        if self.fixed_point:
            values = integer_program.run_epilogue(work.epilogue, total, s_x, s_w, s_y)
            if values is not None:
                return self.activation.encode(values)
        value = self._sum_value(total, s_x * s_w)
        return self._stored(run_program(work.epilogue, [value], total.shape[1:], ()), node.output)

    def _sum_value(self, total, factor):
        """The sum in binary32. Sums of units go with a power of two; where they are wider than 64
        bits it is the sum that takes it."""
        grid = self.activation.grid + self.weight.grid
        if self.ordered is not None and self.ordered.is_float:
            return Value(total.astype(np.float32), factor, is_sum=True)
        if self.ordered is None and self.accumulator_bits is None and (
                _step_bits(self.activation) + _step_bits(self.weight) + 17 > 64):
            return Value(exact.to_float32(total, grid), factor, is_sum=True)
        if total.dtype.kind == "f":
            total = total.astype(np.float32)
        else:
            total = exact.to_float32(total)
        return Value(total, factor, np.float32(2.0**grid), is_sum=True)

    def _accumulate(self, work, image, w, bias):
        """[P, positions, outputs] of whole numbers, or of values of a float."""
        number = (lambda f, codes: f.values(codes)) if self.ordered and self.ordered.is_float \
            else (lambda f, codes: f.steps(codes))
        image, weight = number(self.activation, image), number(self.weight, w)
        if work.weight is None:
            weight = weights_of(work, weight, len(image))
        if self.ordered is not None:
            return self._accumulate_in_order(work, image, weight, bias)
        terms = int(np.prod(weight.shape[1:3])) * weight.shape[4]
        total = np.int64(0)
        for ky, kx, tap in grouped_taps(work, image):
            products = exact.exact_matmul(tap.transpose(0, 2, 1, 3), weight[:, ky, kx], terms)
            total = exact.add_integers(total, products)
        total = total.transpose(0, 2, 1, 3)
        total = exact.add_integers(total.reshape(*total.shape[:2], -1), bias)
        return total if self.accumulator_bits is None else \
            exact.wrap(total, self.accumulator_bits)

    def _accumulate_in_order(self, work, image, weight, bias):
        """k = (ky, kx, c) with c fastest."""
        image, weight = image.astype(np.float64), weight.astype(np.float64)
        products = []
        for ky, kx, tap in grouped_taps(work, image):
            products += [lambda t=tap[..., c, None], v=weight[:, None, ky, kx, :, c]: t * v
                         for c in range(tap.shape[-1])]
        total = self.ordered.sum(products, self.scheme.fold_rows)
        total = total.reshape(*total.shape[:2], -1)
        return self.ordered.outer.add(total, bias)


def _conversion(source, name):
    place = {axis: place for place, axis in enumerate(source.order)}
    maps = broadcast_map(source.shape, place, source.shape)
    extents = tuple(source.shape[axis] for axis in source.order)
    return Node("conversion", VectorWork(identity(), extents, (), [maps, maps]), [source.name],
                name)


def has_weights(node):
    """Whether the node does matrix work with constant weights."""
    return isinstance(node.work, MatrixWork) and node.work.weight is not None


def _scale(amax, number_format):
    """amax / peak in binary32; 1 where that is 0."""
    scale = np.asarray(amax, dtype=np.float32) / np.float32(number_format.peak)
    return np.float32(_F32_ONE if scale == 0 else scale)


def _step_bits(number_format):
    """Bits of the largest count of steps."""
    lowest = getattr(number_format, "lowest", -number_format.largest)
    return int(max(number_format.largest, -lowest) / 2.0**number_format.grid).bit_length()
