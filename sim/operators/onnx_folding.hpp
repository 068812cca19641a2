// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sim/operators/onnx_node.hpp"

namespace systole::operators {

/// Operators that exporters write around weights and shapes: of constants alone they give a
/// constant. Such a node costs nothing, because the network never has it.
///
/// A weight that was stored narrow and transposed, `Cast`, then `Transpose`, and the shape of a
/// flattened image, `Shape`, `Gather`, `Unsqueeze`, `Concat`, then `Reshape`, are two examples.
bool isFoldable(const std::string& operatorName);

/// The constant that a node of such an operator gives. All of its inputs are constants; that of
/// `Shape` may be an activation, whose batch counts as 1. Throws an OnnxObstacle.
onnx::TensorProto foldNode(const OnnxNode& node);

}  // namespace systole::operators
