// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "sim/graph/graph.hpp"
#include "sim/network/network.hpp"

namespace systole::sim {

/// Reads a float ONNX model (opset 7 to 22, one image input, one output, binary32 constants) of the
/// operators Add, AveragePool, BatchNormalization, Conv, Dropout, Flatten, Gemm, GlobalAveragePool,
/// GlobalMaxPool, Identity, MaxPool, Relu, Reshape (as Flatten), Softmax and Constant.
///
/// A batch that is dynamic counts as 1. Tensors become channels last. Nodes that the output does
/// not depend on are dropped. What BatchNormalization, Gemm and Flatten become: docs/arithmetic.md,
/// section 2. Throws ConfigError naming file, node, operator and expectation for anything else.
Network readOnnx(const std::filesystem::path& path);

/// Reads a float ONNX model (opset 7 to 22, one input, one output, binary32 constants) of the
/// operators that sim/operators has rows of.
///
/// A batch that is dynamic counts as 1. Images lie channels last. Nodes that the output does not
/// depend on are dropped, and BatchNormalization behind matrix work becomes part of it. What
/// operators become: docs/arithmetic.md. Throws ConfigError naming file, node, operator and
/// expectation for anything else.
graph::Graph importOnnx(const std::filesystem::path& path);

}  // namespace systole::sim
