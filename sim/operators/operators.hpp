// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/operators/build.hpp"

/// ONNX operators, a row each: what a node may say, and the work that it becomes. Everything behind
/// the importer knows only that work. docs/extending.md adds a row as an example.
namespace systole::operators {

struct Operator {
    std::string_view name;
    AttributeNames attributes{};
    int fewestInputs = 1;
    int mostInputs = 1;
    /// Adds the node's work to the graph, and gives the value of its output. Throws an OnnxObstacle
    /// for everything in it that Systole does not compute; notes all of them.
    OnnxValue (*convert)(const OnnxNode& node, Build& build) = nullptr;
    std::int64_t firstOpset = 0;
    /// Further outputs may have names, as long as nothing reads them.
    bool mayNameMoreOutputs = false;
};

inline constexpr int kAnyInputs = 1 << 20;

/// The row of an operator. Throws an OnnxObstacle where there is none, with the names of all.
const Operator& operatorOf(const onnx::NodeProto& node);

/// What a node becomes.
OnnxValue convertNode(const Operator& row, const OnnxNode& node, Build& build);

// The families, each a file.
std::span<const Operator> activationOperators();
std::span<const Operator> convolutionOperators();
std::span<const Operator> elementwiseOperators();
std::span<const Operator> matmulOperators();
std::span<const Operator> moveOperators();
std::span<const Operator> normalizationOperators();
std::span<const Operator> poolingOperators();
std::span<const Operator> reductionOperators();
std::span<const Operator> reshapeOperators();
std::span<const Operator> resizeOperators();

}  // namespace systole::operators
