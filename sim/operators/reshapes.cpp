// SPDX-License-Identifier: Apache-2.0
// What renames indices and moves nothing.
#include <array>

#include "sim/operators/operators.hpp"
#include "sim/operators/shapes.hpp"

namespace systole::operators {

namespace {

/// The elements under another shape: a view where something reads it in that shape.
template <Sizes (*kDims)(const OnnxNode&, const Sizes&)>
OnnxValue convertRenaming(const OnnxNode& node, Build&) {
    const OnnxValue& input = node.activation(0);
    const Sizes dims = kDims(node, sizesOfShape(input.shape));
    return {input.tensor, node.checked(extentsOf(dims)), node.outputName()};
}

OnnxValue convertIdentity(const OnnxNode& node, Build&) {
    const OnnxValue& input = node.activation(0);
    return {input.tensor, input.shape, node.outputName()};
}

constexpr std::array kOperators{
    // The third input would switch training on.
    Operator{.name = "Dropout",
             .attributes = {"ratio", "seed"},
             .mostInputs = 2,
             .convert = convertIdentity,
             .mayNameMoreOutputs = true},
    Operator{.name = "Flatten", .attributes = {"axis"}, .convert = convertRenaming<flattenedDims>},
    Operator{.name = "Identity", .convert = convertIdentity},
    Operator{.name = "Reshape",
             .attributes = {"allowzero"},
             .fewestInputs = 2,
             .mostInputs = 2,
             .convert = convertRenaming<reshapedDims>},
    Operator{.name = "Squeeze",
             .attributes = {"axes"},
             .mostInputs = 2,
             .convert = convertRenaming<squeezedDims>},
    Operator{.name = "Unsqueeze",
             .attributes = {"axes"},
             .mostInputs = 2,
             .convert = convertRenaming<unsqueezedDims>},
};

}  // namespace

std::span<const Operator> reshapeOperators() { return kOperators; }

}  // namespace systole::operators
