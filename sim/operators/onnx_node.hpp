// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/operators/onnx_model.hpp"

namespace systole::operators {

/// A value of the graph as nodes read it.
struct OnnxValue {
    graph::TensorId tensor = 0;
    graph::Extents shape;  ///< as ONNX sees it: behind a Reshape another one than the tensor's
    std::string name;      ///< as the model has it
};

/// Attributes that an operator knows; the empty ones count for nothing.
using AttributeNames = std::array<std::string_view, 8>;

/// A dense float tensor with its ONNX dimensions.
struct OnnxConstant {
    std::vector<std::int64_t> dims;
    std::vector<float> values;

    graph::Extents shape() const;
};

/// What a node reads as an input: the value of an activation, null for a constant or an absent
/// input, and nothing for what is not known behind an obstacle.
using OnnxInput = std::optional<const OnnxValue*>;

/// One node and what it may ask for. Whatever is not there or has the wrong kind is an OnnxObstacle
/// that names node and operator.
class OnnxNode {
public:
    OnnxNode(const OnnxModel& model, const onnx::NodeProto& proto, std::vector<OnnxInput> inputs,
             OnnxObstacles& obstacles);

    const std::string& operatorName() const { return proto_.op_type(); }
    std::int64_t opset() const { return model_.opset(); }
    [[noreturn]] void fail(const std::string& problem) const;

    /// A part of the node that is right or wrong whatever the others are: so that all obstacles of
    /// a node are said at once.
    template <typename Part>
    auto attempt(const Part& part) const {
        return obstacles_.attempt(part);
    }

    void expectInputs(int fewest, int most) const;
    /// `6 x 4`, for messages.
    static std::string sizesText(const graph::Extents& sizes);
    /// Every attribute must be one of these: an unknown one would change the result unseen. Notes
    /// those that are not, and goes on.
    void expectAttributes(const AttributeNames& attributes) const;

    std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
    float real(std::string_view name, float otherwise) const;
    std::string text(std::string_view name, const std::string& otherwise) const;
    /// `count` integers between `lowest` and `highest`, of a window along `axes` axes.
    std::vector<std::uint32_t> integers(std::string_view name, std::size_t axes, std::size_t count,
                                        std::uint32_t lowest, std::uint32_t highest,
                                        std::uint32_t otherwise) const;
    bool has(std::string_view name) const { return find(name) != nullptr; }
    /// Integers of any number and size: of the attribute, else of the constant that is the input
    /// `index` (INT64 or INT32, of rank 0 or 1), else none. No input has the index -1.
    std::optional<std::vector<std::int64_t>> numbers(std::string_view name, int index) const;
    /// The tensor of an attribute; null where it has none.
    const onnx::TensorProto* tensor(std::string_view name) const;
    int inputCount() const { return proto_.input_size(); }

    bool hasInput(int index) const;
    /// Axes of an input, constant or not; nothing where they are not known.
    std::optional<std::size_t> rankOf(int index) const;
    bool readsConstant(int index) const;
    const OnnxValue& activation(int index) const;
    /// An activation N C H W or N C W, of one image.
    const OnnxValue& image(int index) const;
    /// As `floatValues` gives it.
    OnnxConstant constant(int index) const;
    /// As it is stored, of any type.
    StoredConstant stored(int index) const;
    /// The axis that an attribute or the opset gives, counted from the first of `rank` axes.
    std::size_t axis(std::int64_t given, std::size_t rank) const;
    /// The shape, of a result: at most `kMostAxes` axes and `kLargestTensor` elements.
    graph::Extents checked(graph::Extents shape) const;
    /// One value a channel; fails on any other shape.
    std::vector<float> channelConstant(int index, std::size_t channels) const;
    /// An int64 tensor of rank 1.
    std::vector<std::int64_t> integerConstant(int index) const;
    /// Name of the node, and of what it makes: shown as it is.
    const std::string& name() const;
    const std::string& outputName() const { return proto_.output(0); }
    /// Name of an input, as it may be shown.
    std::string shownInput(int index) const;

private:
    const onnx::AttributeProto* find(std::string_view name) const;
    const onnx::AttributeProto* find(std::string_view name,
                                     onnx::AttributeProto::AttributeType type) const;
    const onnx::TensorProto& constantProto(int index) const;
    template <typename Read>
    auto readConstant(int index, const Read& read) const;

    const OnnxInput& input(int index) const;

    const OnnxModel& model_;
    const onnx::NodeProto& proto_;
    std::vector<OnnxInput> inputs_;
    OnnxObstacles& obstacles_;
};

/// The node's name; ONNX asks for none, and then it is that of its first output.
const std::string& nameOf(const onnx::NodeProto& node);

/// Throws an OnnxObstacle of that node.
[[noreturn]] void failAt(const onnx::NodeProto& node, const std::string& problem);

}  // namespace systole::operators
