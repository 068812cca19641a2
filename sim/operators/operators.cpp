// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/operators.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace systole::operators {

namespace {

/// All rows, by name.
const std::vector<Operator>& operators() {
    static const std::vector<Operator> kAll = [] {
        std::vector<Operator> all;
        for (const auto family :
             {activationOperators(), convolutionOperators(), elementwiseOperators(),
              matmulOperators(), moveOperators(), normalizationOperators(), poolingOperators(),
              reductionOperators(), reshapeOperators(), resizeOperators()}) {
            all.insert(all.end(), family.begin(), family.end());
        }
        std::sort(all.begin(), all.end(), [](const Operator& left, const Operator& right) {
            return left.name < right.name;
        });
        return all;
    }();
    return kAll;
}

}  // namespace

const Operator& operatorOf(const onnx::NodeProto& node) {
    std::vector<std::string_view> names;
    for (const Operator& row : operators()) {
        if (row.name == node.op_type()) return row;
        names.push_back(row.name);
    }
    failAt(node, fmt::format("not supported, expected one of {}", fmt::join(names, ", ")));
}

OnnxValue convertNode(const Operator& row, const OnnxNode& node, Build& build) {
    if (node.opset() < row.firstOpset) {
        node.attempt([&] {
            node.fail(fmt::format("is no operator of opset {}, expected {} or later", node.opset(),
                                  row.firstOpset));
        });
    }
    node.expectAttributes(row.attributes);
    node.expectInputs(row.fewestInputs, row.mostInputs);
    return row.convert(node, build);
}

}  // namespace systole::operators
