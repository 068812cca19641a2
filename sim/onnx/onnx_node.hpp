// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/onnx/onnx_graph.hpp"

namespace systole::sim {

/// A dense float tensor with its ONNX dimensions.
struct OnnxConstant {
    std::vector<std::int64_t> dims;
    std::vector<float> values;
};

/// What a node reads as an input: the value of an activation, null for a constant or an absent
/// input, and nothing for what is not known behind an obstacle.
using OnnxInput = std::optional<const OnnxValue*>;

/// One node and what it may ask for. Whatever is not there or has the wrong kind is an OnnxObstacle
/// that names node and operator.
class OnnxNode {
public:
    OnnxNode(const OnnxGraph& graph, const onnx::NodeProto& proto, std::vector<OnnxInput> inputs,
             OnnxObstacles& obstacles);

    const std::string& operatorName() const { return proto_.op_type(); }
    std::int64_t opset() const { return graph_.opset(); }
    [[noreturn]] void fail(const std::string& problem) const;

    /// A part of the node that is right or wrong whatever the others are: so that all obstacles of
    /// a node are said at once.
    template <typename Part>
    auto attempt(const Part& part) const {
        return obstacles_.attempt(part);
    }

    void expectInputs(int fewest, int most) const;
    /// Every attribute must be one of these: an unknown one would change the result unseen. Notes
    /// those that are not, and goes on.
    void expectAttributes(std::initializer_list<std::string_view> names) const;

    std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
    float real(std::string_view name, float otherwise) const;
    std::string text(std::string_view name, const std::string& otherwise) const;
    /// `count` integers between `lowest` and `highest`.
    std::vector<std::uint32_t> integers(std::string_view name, std::size_t count,
                                        std::uint32_t lowest, std::uint32_t highest,
                                        std::uint32_t otherwise) const;
    bool has(std::string_view name) const { return find(name) != nullptr; }
    /// Integers of any number and size: of the attribute, else of the constant that is the input
    /// `index` (INT64 or INT32, of rank 0 or 1), else none.
    std::optional<std::vector<std::int64_t>> numbers(std::string_view name, int index) const;
    /// The tensor of an attribute; null where it has none.
    const onnx::TensorProto* tensor(std::string_view name) const;
    int inputCount() const { return proto_.input_size(); }

    bool hasInput(int index) const;
    bool readsConstant(int index) const;
    const OnnxValue& activation(int index) const;
    /// An activation of rank 4.
    const OnnxValue& image(int index) const;
    /// As `floatValues` gives it.
    OnnxConstant constant(int index) const;
    /// As it is stored, of any type.
    StoredConstant stored(int index) const;
    /// One value a channel; fails on any other shape.
    std::vector<float> channelConstant(int index, std::size_t channels) const;
    /// An int64 tensor of rank 1.
    std::vector<std::int64_t> integerConstant(int index) const;

private:
    const onnx::AttributeProto* find(std::string_view name) const;
    const onnx::AttributeProto* find(std::string_view name,
                                     onnx::AttributeProto::AttributeType type) const;
    const onnx::TensorProto& constantProto(int index) const;
    template <typename Read>
    auto readConstant(int index, const Read& read) const;

    const OnnxInput& input(int index) const;

    const OnnxGraph& graph_;
    const onnx::NodeProto& proto_;
    std::vector<OnnxInput> inputs_;
    OnnxObstacles& obstacles_;
};

/// The node's name; ONNX asks for none, and then it is that of its first output.
const std::string& nameOf(const onnx::NodeProto& node);

/// Throws an OnnxObstacle of that node.
[[noreturn]] void failAt(const onnx::NodeProto& node, const std::string& problem);

}  // namespace systole::sim
