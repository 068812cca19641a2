# SPDX-License-Identifier: Apache-2.0
"""Evaluates what `systole quantize` exports, operator by operator as ONNX defines them. It needs no
ONNX Runtime; functions and windows are the oracle's."""
import os
import sys

import numpy as np
import onnx
from onnx import numpy_helper

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
from program import FUNCTIONS  # noqa: E402
from windows import Window, taps  # noqa: E402

_ELEMENTWISE = {
    "Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide", "Neg": "negate",
    "Reciprocal": "reciprocal", "Min": "minimum", "Max": "maximum", "Abs": "absolute",
    "Floor": "floor", "Sqrt": "square_root", "Exp": "exponential", "Log": "logarithm",
    "Erf": "error_function", "Sigmoid": "sigmoid", "Tanh": "hyperbolic_tangent", "Less": "less",
    "Equal": "equal"}
_TYPES = {onnx.TensorProto.FLOAT: np.float32, onnx.TensorProto.BOOL: np.bool_}


class ExportedModel:
    def __init__(self, path):
        self._graph = onnx.load(path).graph
        self._constants = {tensor.name: numpy_helper.to_array(tensor)
                           for tensor in self._graph.initializer}

        source = self._graph.input[0].type.tensor_type
        self.input_shape = tuple(max(1, d.dim_value) for d in source.shape.dim)
        self.outputs = [output.name for output in self._graph.output
                        if output.type.tensor_type.elem_type == onnx.TensorProto.INT8]

    def run(self, image):
        """Every tensor by name; `image` has the shape of the input."""
        values = dict(self._constants)
        values[self._graph.input[0].name] = image
        for node in self._graph.node:
            inputs = [values[name] if name else None for name in node.input]
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            with np.errstate(all="ignore"):
                values[node.output[0]] = _evaluated(node.op_type, inputs, attributes)
        return values


def _evaluated(kind, inputs, attributes):
    if kind in _ELEMENTWISE:
        return FUNCTIONS[_ELEMENTWISE[kind]](*inputs).astype(np.float32)
    return _OPERATORS[kind](*inputs, **attributes)


def _encoded(values, scale):
    quotient = np.rint(values / scale)
    return np.clip(np.where(np.isnan(quotient), 0, quotient), -128, 127).astype(np.int8)


def _rescaled(total, multiplier):
    """Sums that int32 holds."""
    wrapped = ((total + 2**31) % 2**32 - 2**31).astype(np.float32)
    return np.clip(np.rint(wrapped * multiplier), -128, 127).astype(np.int8)


def _qlinear_conv(x, s_x, _zero, w, s_w, _zeros, s_y, _last, bias=None, *, kernel_shape, strides,
                  pads, dilations, group=1):
    window = Window(tuple(kernel_shape), tuple(strides), tuple(pads), tuple(dilations))
    image = x[0].transpose(1, 2, 0).astype(np.int64)
    outputs = w.shape[0]
    weights = w.astype(np.int64).reshape(group, outputs // group, *w.shape[1:])
    total = 0
    for ky, kx, tap in taps(image, window):
        tap = tap.reshape(*tap.shape[:2], group, -1)
        total = total + np.einsum("yxgc,goc->yxgo", tap, weights[..., ky, kx])
    total = total.reshape(*total.shape[:2], outputs)
    total = total if bias is None else total + bias
    return _rescaled(total, (s_x * s_w) / s_y).transpose(2, 0, 1)[None]


def _qlinear_matmul(a, s_a, _zero, b, s_b, _zeros, s_y, _last):
    return _rescaled(a.astype(np.int64) @ b.astype(np.int64), (s_a * s_b) / s_y)


def _max_pool(x, *, kernel_shape, strides, pads, dilations):
    window = Window(tuple(kernel_shape), tuple(strides), tuple(pads), tuple(dilations))
    image = x[0].transpose(1, 2, 0)
    found = np.max([tap for _, _, tap in taps(image, window, fill=-128)], axis=0)
    return found.transpose(2, 0, 1)[None]


def _conv_transpose(x, _ones, *, kernel_shape, strides, group):
    """One tap of 1 a channel: zeros between the elements."""
    shape = [(size - 1) * stride + 1 for size, stride in zip(x.shape[2:], strides)]
    spread = np.zeros((*x.shape[:2], *shape), x.dtype)
    spread[:, :, ::strides[0], ::strides[1]] = x
    return spread


def _reshape(x, shape):
    return x.reshape([x.shape[i] if size == 0 else size for i, size in enumerate(shape)])


def _slice(x, starts, ends, axes, steps=None):
    index = [slice(None)] * x.ndim
    for i, axis in enumerate(axes):
        index[axis] = slice(starts[i], ends[i], None if steps is None else steps[i])
    return x[tuple(index)]


def _sum(x, axes, keepdims=1):
    return x.astype(np.float64).sum(axis=tuple(axes), keepdims=bool(keepdims)).astype(np.float32)


_OPERATORS = {
    "QuantizeLinear": lambda x, scale, _zero: _encoded(x, scale),
    "DequantizeLinear": lambda x, scale, _zero: x.astype(np.float32) * scale,
    "QLinearConv": _qlinear_conv,
    "QLinearMatMul": _qlinear_matmul,
    "MaxPool": _max_pool,
    "ConvTranspose": _conv_transpose,
    "Relu": lambda x: np.where(x > 0, x, np.zeros_like(x)),
    "Identity": lambda x: x,
    "Transpose": lambda x, *, perm: x.transpose(perm),
    "Reshape": _reshape,
    "Slice": _slice,
    "Gather": lambda x, indices, *, axis=0: np.take(x, indices, axis=axis),
    "Concat": lambda *parts, axis: np.concatenate(parts, axis=axis),
    "Expand": lambda x, shape: np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(shape))),
    "Cast": lambda x, *, to: x.astype(_TYPES[to]),
    "Where": np.where,
    "ReduceSum": _sum,
    "ReduceMax": lambda x, *, axes, keepdims=1: x.max(axis=tuple(axes), keepdims=bool(keepdims)),
    "ReduceMin": lambda x, *, axes, keepdims=1: x.min(axis=tuple(axes), keepdims=bool(keepdims)),
}
