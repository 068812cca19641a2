// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "sim/graph/graph.hpp"
#include "sim/quantize/quantized_network.hpp"

namespace systole::sim {

struct OnnxExportOptions {
    /// Every tensor of codes becomes a graph output, named after the tensor; else only the result
    /// is.
    bool allOutputs = false;
};

/// Writes an INT8 network as standard ONNX (opset 13): QuantizeLinear at the float input,
/// QLinearConv, MaxPool on codes, DequantizeLinear / Add / Relu / QuantizeLinear for the rest.
/// Tensors of codes keep their names, the float input and the float result are named after them
/// with the suffix `_float`. There is no quantized ConvTranspose in ONNX: an exact ConvTranspose of
/// one tap per channel inserts the zeros between the codes, and QLinearConv does the rest. ONNX
/// Runtime computes the codes of docs/arithmetic.md from it, but for softmax, whose exponential is
/// its own.
///
/// Throws ConfigError where the scheme is not INT8 activations, integer weights of up to 8 bits,
/// fp32_multiplier and sums that int32 holds; where an average excludes its padding; and where the
/// file cannot be written. A file of that name is replaced only when the new one is whole.
void exportOnnx(const QuantizedNetwork& network, const std::filesystem::path& path,
                const OnnxExportOptions& options);

/// The same of a graph.
void exportOnnx(const graph::Graph& graph, const std::filesystem::path& path,
                const OnnxExportOptions& options);

}  // namespace systole::sim
