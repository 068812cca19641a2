# SPDX-License-Identifier: Apache-2.0
"""A quantized network: scales and codes from the float model, then the codes of every tensor.

Section numbers are those of docs/arithmetic.md.
"""
from dataclasses import dataclass, replace

import numpy as np

import exact
from accumulators import Accumulator, needs_order
from float_model import conv, run_float, softmax
from formats import format_named
from windows import tap_counts, taps

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
class ConvParameters:
    weight_scale: np.ndarray  # binary32, [output channels]
    weight_codes: np.ndarray  # the shape of Layer.weight
    bias_codes: np.ndarray  # int64 or Python integers, [output channels]


class QuantizedModel:
    def __init__(self, graph, scheme, calibration):
        """calibration: float32 images [images, height, width, channels]."""
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
        self.grid = self.activation.grid + self.weight.grid
        self._calibration = run_float(graph, calibration)
        self.scales = self._calibrate()
        self.parameters = {layer.output: self._conv_parameters(layer)
                           for layer in graph.layers if layer.kind == "conv"}

    # Section 3
    def _calibrate(self):
        tensors = self._calibration
        scales = {self.graph.input: _scale(np.abs(tensors[self.graph.input]).max(),
                                           self.activation)}
        for layer in self.graph.layers:
            if layer.kind in ("max_pool", "relu"):
                scales[layer.output] = scales[layer.inputs[0]]
            else:
                amax = np.abs(tensors[layer.output]).max()
                scales[layer.output] = _scale(amax, self.activation)
        return scales

    def _conv_parameters(self, layer):
        magnitudes = np.abs(layer.weight)
        amax = magnitudes.max(axis=(0, 1, 3))  # [group, output of the group]
        bias = np.zeros(amax.size, np.float32) if layer.bias is None else np.abs(layer.bias)
        scale = self._weight_scale(layer, amax.reshape(-1), bias)
        codes = self.weight.encode(layer.weight / scale.reshape(amax.shape)[:, None, :])
        return ConvParameters(scale, codes, self._bias_codes(layer, scale))

    def _weight_scale(self, layer, amax, bias):
        """[output channels] from magnitudes of weights and bias."""
        per_tensor = self.scheme.granularity == "per_tensor"
        if per_tensor:
            amax = np.full_like(amax, amax.max())
        fine_bias = np.full_like(bias, bias.max()) if per_tensor else bias
        s_x, bias = np.float64(self.scales[layer.inputs[0]]), bias.astype(np.float64)
        product = s_x * self.activation.peak * self.weight.peak
        fine = np.maximum(amax / np.float32(self.weight.peak),
                          (fine_bias.astype(np.float64) / (product * 2.0**32)).astype(np.float32))
        fine = np.where(fine >= np.float32(2.0**-126), fine, _F32_ONE)
        coarse = np.maximum(self.scheme.headroom * (self._sum_bound(layer) + bias), 1.0001 * bias)
        scale = np.maximum(fine, (coarse / (s_x * self._largest_sum())).astype(np.float32))
        return np.full_like(scale, scale.max()) if per_tensor else scale

    def _sum_bound(self, layer):
        """By output channel: what no partial sum of the calibration images leaves."""
        x = self._calibration[layer.inputs[0]]
        plain = replace(layer, bias=None, relu=False)
        sums = conv(plain, x)
        totals = conv(replace(plain, weight=np.abs(layer.weight)), np.abs(x))
        bound = (totals.astype(np.float64) + np.abs(sums.astype(np.float64))) / 2
        return bound.max(axis=(0, 1, 2))

    def _largest_sum(self):
        if self.ordered is not None:
            return self.ordered.largest() * (1.0 if self.ordered.is_float else 2.0**self.grid)
        bits = self.accumulator_bits
        if bits is None:
            bits = _step_bits(self.activation) + _step_bits(self.weight) + 1 + 16
        return (2.0**(bits - 1) - 1) * 2.0**self.grid

    # Section 4
    def _bias_codes(self, layer, weight_scale):
        if layer.bias is None:
            return np.zeros(len(weight_scale), dtype=np.int64)
        unit = self._product_scale(layer, weight_scale) * 2.0**self.grid
        if self.ordered is not None:
            return self._ordered_bias(layer.bias.astype(np.float64), unit, 2.0**self.grid)
        # Python integers: rint gives a whole number, however large.
        codes = [int(code) for code in np.rint(layer.bias.astype(np.float64) / unit)]
        if self.accumulator_bits is not None:
            half = 1 << (self.accumulator_bits - 1)
            codes = [min(max(code, -half), half - 1) for code in codes]
        return exact.as_integers(np.array(codes, dtype=object))

    def _ordered_bias(self, bias, unit, grid):
        if not self.ordered.is_float:
            return self.ordered.outer.saturated(np.rint(bias / unit))
        return self.ordered.outer.saturated(bias / (unit / grid))

    def _product_scale(self, layer, weight_scale):
        """s_x * s_w in binary64, where it is exact."""
        return np.float64(self.scales[layer.inputs[0]]) * weight_scale.astype(np.float64)

    def run(self, x):
        """The codes of every tensor by name, from float32 images."""
        codes = {self.graph.input: self.activation.encode(x / self.scales[self.graph.input])}
        operations = {
            "conv": self._conv, "add": self._add, "average_pool": self._average_pool,
            "max_pool": self._max_pool, "relu": self._relu, "softmax": self._softmax,
        }
        for layer in self.graph.layers:
            inputs = [codes[name] for name in layer.inputs]
            codes[layer.output] = operations[layer.kind](layer, *inputs)
        return codes

    def values(self, name, codes):
        """code value * scale, binary64."""
        return self.activation.values(codes) * np.float64(self.scales[name])

    def _accumulate_in_order(self, layer, x):
        """Section 4, Accumulator, k = (ky, kx, c) with c fastest."""
        parameters = self.parameters[layer.output]
        _, _, groups, depth, outputs = layer.weight.shape
        number = (lambda f, codes: f.values(codes)) if self.ordered.is_float else (
            lambda f, codes: f.steps(codes).astype(np.float64))
        weight = number(self.weight, parameters.weight_codes)
        shape = (len(x), *layer.window.output_size(x.shape[1], x.shape[2]))
        products = []
        for ky, kx, tap in taps(number(self.activation, x), layer.window, 0):
            tap = tap.reshape(-1, groups, depth)
            products += [lambda t=tap[:, :, c, None], w=weight[ky, kx, :, c]: t * w
                         for c in range(depth)]
        total = self.ordered.sum(products, self.scheme.fold_rows)
        total = total.reshape(*shape, groups * outputs)
        return self.ordered.outer.add(total, parameters.bias_codes)

    def _accumulate(self, layer, x):
        parameters = self.parameters[layer.output]
        ky_size, kx_size, groups, depth, outputs = layer.weight.shape
        weight = self.weight.steps(parameters.weight_codes)
        shape = (len(x), *layer.window.output_size(x.shape[1], x.shape[2]))
        total = np.int64(0)
        for ky, kx, tap in taps(self.activation.steps(x), layer.window, 0):
            tap = tap.reshape(-1, groups, depth).transpose(1, 0, 2)
            products = exact.exact_matmul(tap, weight[ky, kx], depth * ky_size * kx_size)
            total = exact.add_integers(total, products)
        total = total.transpose(1, 0, 2).reshape(*shape, groups * outputs)
        total = exact.add_integers(total, parameters.bias_codes)
        return total if self.accumulator_bits is None else exact.wrap(total, self.accumulator_bits)

    def _conv(self, layer, x):
        if self.ordered is not None:
            return self._conv_in_order(layer, x)
        total = self._accumulate(layer, x)
        s_x, s_y = self.scales[layer.inputs[0]], self.scales[layer.output]
        s_w = self.parameters[layer.output].weight_scale
        if self.fixed_point:
            ratios = self._product_scale(layer, s_w) / np.float64(s_y)
            return self._encode(layer, _multiply_shift(total, ratios))
        m = (s_x * s_w) / s_y
        wide = self.accumulator_bits is None and (
            _step_bits(self.activation) + _step_bits(self.weight) + 17 > 64)
        return self._encode(layer, _scaled(total, m, self.grid, wide))

    def _conv_in_order(self, layer, x):
        total = self._accumulate_in_order(layer, x).astype(np.float32)
        s_x, s_y = self.scales[layer.inputs[0]], self.scales[layer.output]
        m = (s_x * self.parameters[layer.output].weight_scale) / s_y
        if not self.ordered.is_float:
            m = m * np.float32(2.0**(self.activation.grid + self.weight.grid))
        return self._encode(layer, total * m)

    def _encode(self, layer, v):
        if layer.relu:
            v = np.where(v > 0, v, np.zeros_like(v))
        return self.activation.encode(v)

    # Section 5
    def _add(self, layer, a, b):
        s_a, s_b = (self.scales[name] for name in layer.inputs)
        s_y = self.scales[layer.output]
        if self.fixed_point:
            ratios = [float(np.float64(s) / np.float64(s_y)) for s in (s_a, s_b)]
            _, t = exact.multiplier(max(ratios))
            m_a, m_b = (np.int64(int(np.rint(np.ldexp(ratio, t)))) for ratio in ratios)
            total = self.activation.steps(a) * m_a + self.activation.steps(b) * m_b
            return self._encode(layer, exact.shift_right_rounding(total, t))
        a, b = (self.activation.values(codes).astype(np.float32) for codes in (a, b))
        return self._encode(layer, (a * s_a + b * s_b) / s_y)

    def _average_pool(self, layer, x):
        count = tap_counts(x.shape[1], x.shape[2], layer.window, layer.count_include_pad)
        inverse = _F32_ONE / count.astype(np.float32)
        s_x, s_y = self.scales[layer.inputs[0]], self.scales[layer.output]
        if self.fixed_point:
            steps = np.int64(0)
            for _, _, tap in taps(self.activation.steps(x), layer.window, 0):
                steps = exact.add_integers(steps, tap)
            ratios = (np.float64(s_x) * inverse.astype(np.float64)) / np.float64(s_y)
            return self._encode(layer, _multiply_shift(steps, ratios))
        total = 0.0
        for _, _, tap in taps(self.activation.values(x), layer.window, 0):
            total = total + tap.astype(np.float64)
        return self._encode(layer, total.astype(np.float32) * ((s_x * inverse) / s_y))

    def _max_pool(self, layer, x):
        inside = np.ones((1, *x.shape[1:3], 1), dtype=bool)
        best_code, best_value = None, None
        for (_, _, code), (_, _, valid) in zip(taps(x, layer.window, 0),
                                               taps(inside, layer.window, False)):
            value = np.where(valid, self.activation.values(code), -np.inf)
            if best_code is None:
                best_code, best_value = code, value
            better = value > best_value
            best_code, best_value = np.where(better, code, best_code), np.maximum(value, best_value)
        return best_code

    def _relu(self, _, x):
        return np.where(self.activation.values(x) > 0, x, np.zeros_like(x))

    # Section 6
    def _softmax(self, layer, x):
        x = self.activation.values(x).astype(np.float32)
        p = softmax(x, self.scales[layer.inputs[0]])
        return self.activation.encode(p / self.scales[layer.output])


def _scale(amax, number_format):
    """amax / peak in binary32; 1 where that is 0."""
    scale = np.asarray(amax, dtype=np.float32) / np.float32(number_format.peak)
    return np.where(scale == 0, _F32_ONE, scale).astype(np.float32)


def _step_bits(number_format):
    """Bits of the largest count of steps."""
    lowest = getattr(number_format, "lowest", -number_format.largest)
    return int(max(number_format.largest, -lowest) / 2.0**number_format.grid).bit_length()


def _scaled(total, m, grid, wide):
    """Sums of 2**grid times m: the grid goes to whichever factor stays within binary32."""
    if wide:
        return exact.to_float32(total, grid) * m
    return exact.to_float32(total) * (m * np.float32(2.0**grid))


def _multiply_shift(total, ratios):
    """Section 4, fixed_point; ratios broadcast against total."""
    ratios = np.asarray(ratios)
    pairs = [exact.multiplier(float(ratio)) for ratio in ratios.reshape(-1)]
    m = np.array([pair[0] for pair in pairs], dtype=np.int64).reshape(ratios.shape)
    t = np.array([pair[1] for pair in pairs], dtype=np.int64).reshape(ratios.shape)
    return exact.shift_right_rounding(exact.multiply_integers(total, m), t)
