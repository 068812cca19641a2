// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "sim/network/batch_normalization.hpp"
#include "sim/onnx/onnx_node.hpp"

namespace systole::sim {

/// The node hands its first input on (Identity, Flatten, ...).
struct PassThrough {};

struct ConvertedNode {
    std::variant<PassThrough, Operation, BatchNormalization> what;
    int inputs = 1;  ///< the first so many inputs are activations
    Shape shape;     ///< of the result
    bool flat = false;
};

/// Throws an OnnxObstacle for an operator that Systole does not know.
void checkOperator(const onnx::NodeProto& node);

/// What a node of a known operator means. Throws an OnnxObstacle for everything in it that Systole
/// does not compute.
ConvertedNode convertNode(const OnnxNode& node);

}  // namespace systole::sim
