# SPDX-License-Identifier: Apache-2.0
"""A quantized network: scales and codes from the float model, then the codes of every tensor.

Section names are those of docs/arithmetic.md.
"""
import re
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
    layers: tuple = ()  # (pattern with *, formats of matrix work by key); the first that fits counts

    def formats_of(self, name):
        """Of matrix work of that name."""
        formats = {"activation": self.activation, "weight": self.weight,
                   "accumulator": self.accumulator}
        for pattern, own in self.layers:
            if re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name):
                formats.update(own)
                break
        return MatrixFormats(**formats)


class MatrixFormats:
    """What matrix work multiplies, and what its sums are."""

    def __init__(self, activation, weight, accumulator):
        self.activation, self.weight = format_named(activation), format_named(weight)
        self.accumulator_bits = None
        self.ordered = Accumulator(accumulator) if needs_order(accumulator) else None
        if self.ordered is None and accumulator != "exact":
            self.accumulator_bits = int(accumulator.removeprefix("int"))
        self.grid = self.activation.grid + self.weight.grid

    def largest_sum(self):
        if self.ordered is not None:
            return self.ordered.largest() * (1.0 if self.ordered.is_float else 2.0**self.grid)
        bits = self.accumulator_bits
        if bits is None:
            bits = _step_bits(self.activation) + _step_bits(self.weight) + 1 + 16
        return (2.0**(bits - 1) - 1) * 2.0**self.grid


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
        self.scheme = scheme
        self.fixed_point = scheme.requantization == "fixed_point"
        self.matrix_formats = {id(node.work): scheme.formats_of(name_of(node))
                               for node in graph.nodes if isinstance(node.work, MatrixWork)}
        for formats in self.matrix_formats.values():
            if self.fixed_point and not (formats.activation.is_integer
                                         and formats.weight.is_integer):
                raise ValueError("fixed_point requantization needs integer formats")
        self._calibration = run_float(graph, calibration)
        classes = self._classes()
        self.formats = self._choose_formats(classes)
        self.scales = self._calibrate(classes)
        self._convert_operands()
        self.parameters = {node.output: self._parameters(node)
                           for node in graph.nodes if has_weights(node)}

    # Formats and scales
    def _of(self, node):
        return self.matrix_formats[id(node.work)]

    def _classes(self):
        """By tensor that has a scale: the tensors that share it."""
        names = [name for name in self._calibration if self.graph.tensors[name].root is None]
        for node in self.graph.nodes:
            names += [name for name in node.inputs if self.graph.tensors[name].value is not None
                      and not isinstance(node.work, VectorWork)]
        classes = {name: {name} for name in names}
        for tied in self._tied():
            merged = set().union(*(classes[name] for name in tied))
            for name in merged:
                classes[name] = merged
        return classes

    def _choose_formats(self, classes):
        """By tensor: the widest that matrix work reads its class in, or else the widest activations
        of matrix work that writes it, or else the scheme's."""
        read, written = {}, {}
        for node in self.graph.nodes:
            if isinstance(node.work, MatrixWork):
                read.setdefault(self.graph.root(node.inputs[0]), []).append(self._of(node).activation)
                written[node.output] = [self._of(node).activation]
        formats = {}
        for name, members in classes.items():
            wanted = [f for member in members for f in read.get(member, [])]
            wanted = wanted or [f for member in members for f in written.get(member, [])]
            wanted = wanted or [format_named(self.scheme.activation)]
            formats[name] = max(wanted, key=lambda f: f.bits)
        return formats

    def _calibrate(self, classes):
        """By name; tensors without one are binary32."""
        amax = {}
        for name in classes:
            value = self.graph.tensors[name].value
            amax[name] = np.abs(self._calibration[name] if value is None else value).max()
        self._amax = {name: max(amax[member] for member in classes[name]) for name in amax}
        scales = {name: _scale(self._amax[name], self.formats[name]) for name in amax}
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
        """Matrix work reads its operands in its own formats: others are converted first."""
        nodes = []
        for node in self.graph.nodes:
            if isinstance(node.work, MatrixWork):
                wanted = [self._of(node).activation, self._of(node).weight]
                self._take_constant(node.inputs[-1], wanted[-1])
                node.inputs = [self._converted(name, wanted[place], nodes)
                               for place, name in enumerate(node.inputs)]
            nodes.append(node)
        self.graph.nodes = nodes

    def _take_constant(self, name, wanted):
        """Batches of weights."""
        if self.graph.tensors[name].value is not None:
            self.formats[name], self.scales[name] = wanted, _scale(self._amax[name], wanted)

    def _converted(self, name, wanted, nodes):
        if self.format_of(name).name == wanted.name:
            return name
        source = self.graph.tensors[name]
        made = f"{name}/{wanted.name}"
        if made not in self.graph.tensors:
            nodes.append(_conversion(source, made))
            self.graph.tensors[made] = replace(source, name=made, root=None, value=None)
            self.scales[made] = _scale(self._amax[self.graph.root(name)], wanted)
            self.formats[made] = wanted
            self._calibration[made] = self._calibration[name]
        return made

    def format_of(self, name):
        return self.formats[self.graph.root(name)]

    def _parameters(self, node):
        work = node.work
        amax = np.abs(work.weight).max(axis=(0, 1, 3))  # [group, output of the group]
        bias = np.zeros(amax.size, np.float32) if work.bias is None else np.abs(work.bias)
        scale = self._weight_scale(node, amax.reshape(-1), bias)
        codes = self._of(node).weight.encode(work.weight / scale.reshape(amax.shape)[:, None, :])
        return Parameters(scale, codes, self._bias_codes(node, scale))

    def _weight_scale(self, node, amax, bias):
        """[outputs] from magnitudes of weights and bias."""
        per_tensor = self.scheme.granularity == "per_tensor"
        if per_tensor:
            amax = np.full_like(amax, amax.max())
        fine_bias = np.full_like(bias, bias.max()) if per_tensor else bias
        s_x, bias = np.float64(self.scales[node.inputs[0]]), bias.astype(np.float64)
        formats = self._of(node)
        product = s_x * formats.activation.peak * formats.weight.peak
        fine = np.maximum(amax / np.float32(formats.weight.peak),
                          (fine_bias.astype(np.float64) / (product * 2.0**32)).astype(np.float32))
        fine = np.where(fine >= np.float32(2.0**-126), fine, _F32_ONE)
        coarse = np.maximum(self.scheme.headroom * (self._sum_bound(node) + bias), 1.0001 * bias)
        scale = np.maximum(fine, (coarse / (s_x * formats.largest_sum())).astype(np.float32))
        return np.full_like(scale, scale.max()) if per_tensor else scale

    def _sum_bound(self, node):
        """By output: what no partial sum of the calibration images leaves."""
        x = self._calibration[node.inputs[0]]
        plain = replace(node.work, bias=None)
        sums = matrix(plain, x)
        totals = matrix(replace(plain, weight=np.abs(plain.weight)), np.abs(x))
        bound = (totals.astype(np.float64) + np.abs(sums.astype(np.float64))) / 2
        return bound.max(axis=(0, 1, 2))

    # Bias codes
    def _bias_codes(self, node, weight_scale):
        if node.work.bias is None:
            return np.zeros(len(weight_scale), dtype=np.int64)
        formats, bias = self._of(node), node.work.bias.astype(np.float64)
        unit = np.float64(self.scales[node.inputs[0]]) * weight_scale.astype(np.float64)
        if formats.ordered is not None and formats.ordered.is_float:
            return formats.ordered.outer.saturated(bias / unit)
        unit = unit * 2.0**formats.grid
        if formats.ordered is not None:
            return formats.ordered.outer.saturated(np.rint(bias / unit))
        # Python integers: rint gives a whole number, however large.
        codes = [int(code) for code in np.rint(bias / unit)]
        if formats.accumulator_bits is not None:
            half = 1 << (formats.accumulator_bits - 1)
            codes = [min(max(code, -half), half - 1) for code in codes]
        return exact.as_integers(np.array(codes, dtype=object))

    # Codes
    def run(self, x):
        """The codes of every tensor by name, [images, *shape], from float32 images."""
        codes = {name: self.format_of(name).encode(array / self.scales[name])
                 for name, array in self.graph.constants(len(x)).items() if name in self.scales}
        codes[self.graph.input] = self.format_of(self.graph.input).encode(
            x / self.scales[self.graph.input])
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
        total = self._accumulate(node, image, w, bias)
        total = total.reshape(len(image), height, width, -1)
        if self.fixed_point:
            values = integer_program.run_epilogue(work.epilogue, total, s_x, s_w, s_y)
            if values is not None:
                return self.format_of(node.output).encode(values)
        value = _sum_value(self._of(node), total, s_x * s_w)
        return self._stored(run_program(work.epilogue, [value], total.shape[1:], ()), node.output)

    def _accumulate(self, node, image, w, bias):
        """[P, positions, outputs] of whole numbers, or of values of a float."""
        work, formats = node.work, self._of(node)
        number = (lambda f, codes: f.values(codes)) if formats.ordered and formats.ordered.is_float \
            else (lambda f, codes: f.steps(codes))
        image, weight = number(formats.activation, image), number(formats.weight, w)
        if work.weight is None:
            weight = weights_of(work, weight, len(image))
        if formats.ordered is not None:
            return self._accumulate_in_order(node, image, weight, bias)
        terms = int(np.prod(weight.shape[1:3])) * weight.shape[4]
        total = np.int64(0)
        for ky, kx, tap in grouped_taps(work, image):
            products = exact.exact_matmul(tap.transpose(0, 2, 1, 3), weight[:, ky, kx], terms)
            total = exact.add_integers(total, products)
        total = total.transpose(0, 2, 1, 3)
        total = exact.add_integers(total.reshape(*total.shape[:2], -1), bias)
        return total if formats.accumulator_bits is None else \
            exact.wrap(total, formats.accumulator_bits)

    def _accumulate_in_order(self, node, image, weight, bias):
        """k = (ky, kx, c) with c fastest."""
        image, weight = image.astype(np.float64), weight.astype(np.float64)
        products = []
        for ky, kx, tap in grouped_taps(node.work, image):
            products += [lambda t=tap[..., c, None], v=weight[:, None, ky, kx, :, c]: t * v
                         for c in range(tap.shape[-1])]
        ordered = self._of(node).ordered
        total = ordered.sum(products, self.scheme.fold_rows)
        total = total.reshape(*total.shape[:2], -1)
        return ordered.outer.add(total, bias)


def _sum_value(formats, total, factor):
    """The sum in binary32. Sums of units go with a power of two; where they are wider than 64
    bits it is the sum that takes it."""
    grid = formats.grid
    if formats.ordered is not None and formats.ordered.is_float:
        return Value(total.astype(np.float32), factor, is_sum=True)
    if formats.ordered is None and formats.accumulator_bits is None and (
            _step_bits(formats.activation) + _step_bits(formats.weight) + 17 > 64):
        return Value(exact.to_float32(total, grid), factor, is_sum=True)
    if total.dtype.kind == "f":
        total = total.astype(np.float32)
    else:
        total = exact.to_float32(total)
    return Value(total, factor, np.float32(2.0**grid), is_sum=True)


def _conversion(source, name):
    place = {axis: place for place, axis in enumerate(source.order)}
    maps = broadcast_map(source.shape, place, source.shape)
    extents = tuple(source.shape[axis] for axis in source.order)
    return Node("conversion", VectorWork(identity(), extents, (), [maps, maps]), [source.name],
                name)


def name_of(node):
    """As Systole calls it: as the ONNX node is called, or what that writes."""
    if node.onnx is None:
        return node.output
    return node.onnx.name or node.onnx.output[0]


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
