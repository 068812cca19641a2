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

/// What an ONNX node means. Throws ConfigError for an unknown operator and for everything in a
/// known one that Systole does not compute.
ConvertedNode convertNode(const OnnxNode& node);

}  // namespace systole::sim
