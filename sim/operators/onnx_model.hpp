// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/graph/graph.hpp"
#include "sim/operators/onnx_obstacles.hpp"
#include "sim/operators/onnx_tensor.hpp"

/// The parts of the ONNX reader that know protobuf.
namespace systole::operators {

/// Axes that a tensor may have.
inline constexpr std::size_t kMostAxes = 8;

/// A parsed model: its one input and output, and its constants by name.
class OnnxModel {
public:
    /// What the model's interface has that Systole cannot serve goes to the obstacles. Throws
    /// ConfigError for what is no ONNX model.
    OnnxModel(const std::filesystem::path& path, OnnxObstacles& obstacles);

    const std::string& file() const { return file_; }
    /// Where external data lie.
    const std::filesystem::path& folder() const { return folder_; }
    const onnx::GraphProto& proto() const { return model_.graph(); }
    std::int64_t opset() const { return opset_; }
    /// The inputs that are no constants; the network's is the first, if there is no obstacle.
    const std::vector<std::string>& inputNames() const { return inputNames_; }
    /// Of the input, whose batch is 1; nothing where there is an obstacle.
    const std::optional<graph::Extents>& inputShape() const { return inputShape_; }
    const std::string& outputName() const { return model_.graph().output(0).name(); }

    /// The initializer, value of a Constant node, or folded constant of that name; null where there
    /// is none.
    const onnx::TensorProto* findConstant(const std::string& name) const;
    /// Whether the node is a Constant whose value is known.
    bool isConstantNode(const onnx::NodeProto& node) const;
    /// Adds what a node makes of constants alone.
    void addFolded(const std::string& name, onnx::TensorProto tensor);

    /// What the model notes of a tensor (`value_info`, which exporters write), for going on after
    /// an obstacle; nothing where it notes no shape that Systole could have. (ONNX's own shape
    /// inference is not asked: a stride of 0 ends the process.)
    std::optional<graph::Extents> notedShape(const std::string& name) const;

private:
    void parse(const std::filesystem::path& path);
    void checkOpset();
    void collectConstant(const onnx::NodeProto& node);
    void addConstant(const std::string& name, const onnx::TensorProto& tensor);
    void findInput();
    void checkOutput() const;

    std::string file_;
    std::filesystem::path folder_;
    onnx::ModelProto model_;
    std::int64_t opset_ = 0;
    std::deque<onnx::TensorProto> made_;  ///< constants that are no tensors of the model
    std::unordered_map<std::string, const onnx::TensorProto*> constants_;
    std::vector<std::string> inputNames_;
    std::optional<graph::Extents> inputShape_;
};

bool isStandardDomain(const std::string& domain);

}  // namespace systole::operators
