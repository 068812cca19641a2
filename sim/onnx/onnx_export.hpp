// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "sim/graph/graph.hpp"

namespace systole::sim {

struct OnnxExportOptions {
    /// Every tensor of codes becomes a graph output, named after the tensor; else only the result
    /// is.
    bool allOutputs = false;
};

/// Writes an INT8 network as standard ONNX (opset 13): QuantizeLinear at the float input;
/// QLinearConv, or QLinearMatMul of two tensors, for matrix work; QLinearConv of ones for averages;
/// MaxPool on codes; DequantizeLinear, one operator a step and QuantizeLinear for other vector
/// work; Gather, Transpose, Reshape and Concat for moves. Tensors of codes keep their names, the
/// float input and the float result are named after them with the suffix `_float`. There is no
/// quantized ConvTranspose in ONNX: an exact ConvTranspose of one tap per channel inserts the zeros
/// between the codes, and QLinearConv does the rest.
///
/// ONNX Runtime computes the codes of docs/arithmetic.md from it, but for two things that are its
/// own: transcendental functions, and the order of sums over axes of real values.
///
/// Throws ConfigError where the scheme is not INT8 activations, integer weights of up to 8 bits,
/// fp32_multiplier and sums that int32 holds; where an average excludes its padding; where sums get
/// another epilogue than a ReLU; where a window or a move has no operator; and where the file
/// cannot be written. A file of that name is replaced only when the new one is whole.
void exportOnnx(const graph::Graph& network, const std::filesystem::path& path,
                const OnnxExportOptions& options);

}  // namespace systole::sim
