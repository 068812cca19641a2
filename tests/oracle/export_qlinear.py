# SPDX-License-Identifier: Apache-2.0
"""Writes an INT8 QuantizedModel as ONNX of QLinearConv and QuantizeLinear/DequantizeLinear.

Only to check the oracle itself against ONNX Runtime; every tensor of codes is a graph output.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from windows import tap_counts


class QLinearExporter:
    def __init__(self, model):
        self.model, self.graph = model, model.graph
        self.nodes, self.initializers, self.count = [], [], 0
        self.zero = self._constant(np.zeros((), np.int8))

    def save(self, path):
        height, width, channels = self.graph.input_shape
        source = helper.make_tensor_value_info("float_input", TensorProto.FLOAT,
                                               [1, channels, height, width])
        self._quantize("float_input", self.graph.input)
        handlers = {"conv": self._conv, "add": self._add, "average_pool": self._average_pool,
                    "max_pool": self._max_pool, "relu": self._relu, "softmax": self._softmax}
        for layer in self.graph.layers:
            handlers[layer.kind](layer)
        names = [self.graph.input] + [layer.output for layer in self.graph.layers]
        outputs = [helper.make_tensor_value_info(name, TensorProto.INT8, None) for name in names]
        graph = helper.make_graph(self.nodes, "quantized", [source], outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 7
        onnx.save(model, path)

    def _constant(self, values):
        name = f"constant{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind, inputs, output=None, **attributes):
        self.count += 1
        output = output or f"internal{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _scale(self, name):
        return self._constant(np.array(self.model.scales[name], np.float32).reshape(()))

    def _quantize(self, source, name):
        return self._node("QuantizeLinear", [source, self._scale(name), self.zero], name)

    def _dequantize(self, name):
        return self._node("DequantizeLinear", [name, self._scale(name), self.zero])

    def _qlinear_conv(self, layer, weight, weight_scale, bias=None, output=None, **attributes):
        weight_zero = self.zero
        if weight_scale.ndim == 1:
            weight_zero = self._constant(np.zeros(weight_scale.shape, np.int8))
        source = layer.inputs[0]
        inputs = [source, self._scale(source), self.zero, self._constant(weight),
                  self._constant(weight_scale), weight_zero, self._scale(layer.output), self.zero]
        if bias is not None:
            inputs.append(self._constant(bias.astype(np.int32)))
        window = layer.window
        return self._node("QLinearConv", inputs, output, kernel_shape=window.kernel,
                          strides=window.strides, pads=window.pads, dilations=window.dilations,
                          **attributes)

    def _conv(self, layer):
        parameters = self.model.parameters[layer.output]
        # [ky, kx, group, channel, output of the group] to [output, channel, ky, kx]
        codes = parameters.weight_codes.view(np.int8).transpose(2, 4, 3, 0, 1)
        if layer.transposed is not None:
            self._conv_transpose(layer, parameters, codes)
            return
        codes = codes.reshape(-1, *codes.shape[2:])
        result = self._qlinear_conv(layer, codes, parameters.weight_scale, parameters.bias_codes,
                                    None if layer.relu else layer.output,
                                    group=layer.weight.shape[2])
        if layer.relu:
            self._node("Clip", [result, self.zero], layer.output)

    def _conv_transpose(self, layer, parameters, codes):
        """ONNX Runtime's own ConvTranspose on whole numbers, which binary32 sums exactly; then
        the arithmetic of QLinearConv. codes: [group, output, channel, ky, kx], turned."""
        weight = codes.transpose(0, 2, 1, 3, 4)[..., ::-1, ::-1].astype(np.float32)
        weight = weight.reshape(-1, *weight.shape[2:])
        assert np.abs(weight).sum(axis=(0, 2, 3)).max() * 128 < 2**24
        source = layer.inputs[0]
        whole = self._node("Cast", [source], to=TensorProto.FLOAT)
        inputs = [whole, self._constant(weight),
                  self._constant(parameters.bias_codes.astype(np.float32))]
        total = self._node("ConvTranspose", inputs, **layer.transposed)
        scale = np.float32(self.model.scales[source]) * parameters.weight_scale
        scale = (scale / np.float32(self.model.scales[layer.output])).astype(np.float32)
        result = self._node("Mul", [total, self._constant(scale.reshape(-1, 1, 1))])
        if layer.relu:
            result = self._node("Relu", [result])
        one = self._constant(np.ones((), np.float32))
        self._node("QuantizeLinear", [result, one, self.zero], layer.output)

    def _add(self, layer):
        result = self._node("Add", [self._dequantize(name) for name in layer.inputs])
        if layer.relu:
            result = self._node("Relu", [result])
        self._quantize(result, layer.output)

    def _average_pool(self, layer):
        """One QLinearConv a count, of weights 1 and scale 1 / count; Where puts them together."""
        height, width, channels = self.graph.shapes[layer.inputs[0]]
        counts = tap_counts(height, width, layer.window, layer.count_include_pad)[:, :, :, 0]
        ones = np.ones((channels, 1, *layer.window.kernel), np.int8)
        result = None
        for count in np.unique(counts):
            scale = np.float32(1) / np.array(count, np.float32)
            part = self._qlinear_conv(layer, ones, scale, group=channels)
            part = self._node("Cast", [part], to=TensorProto.INT32)
            if result is not None:
                mask = self._constant((counts == count)[None])
                part = self._node("Where", [mask, part, result])
            result = part
        self._node("Cast", [result], layer.output, to=TensorProto.INT8)

    def _max_pool(self, layer):
        window = layer.window
        self._node("MaxPool", layer.inputs, layer.output, kernel_shape=window.kernel,
                   strides=window.strides, pads=window.pads, dilations=window.dilations)

    def _relu(self, layer):
        self._node("Clip", [layer.inputs[0], self.zero], layer.output)

    def _softmax(self, layer):
        result = self._node("Softmax", [self._dequantize(layer.inputs[0])], axis=1)
        self._quantize(result, layer.output)
