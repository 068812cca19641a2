// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/network/network.hpp"

/// The parts of the ONNX reader that know protobuf. Nothing but the reader includes this.
namespace systole::sim {

/// An activation as the reader follows it through the graph.
struct OnnxValue {
    TensorId tensor = 0;
    Shape shape;
    bool flat = false;  ///< of rank 2 in ONNX: features in the order C, H, W
};

/// Of one tensor: a damaged file must not ask for more memory than any real model does.
inline constexpr std::uint64_t kLargestTensor = std::uint64_t{1} << 28;

/// A parsed model: its one input and output, and its constants by name.
class OnnxGraph {
public:
    /// Throws ConfigError for what is no ONNX model, or one whose interface Systole cannot serve.
    explicit OnnxGraph(const std::filesystem::path& path);

    const onnx::GraphProto& proto() const { return model_.graph(); }
    std::int64_t opset() const { return opset_; }
    const std::string& inputName() const { return input_->name(); }
    const std::string& outputName() const { return model_.graph().output(0).name(); }
    /// Of the input; its tensor is 0.
    const OnnxValue& inputValue() const { return inputValue_; }

    /// The initializer, or value of a Constant node, of that name; null where there is none.
    const onnx::TensorProto* findConstant(const std::string& name) const;

    [[noreturn]] void fail(const std::string& problem) const;

private:
    void parse(const std::filesystem::path& path);
    void checkOpset();
    void collectConstants();
    void addConstant(const std::string& name, const onnx::TensorProto& tensor);
    void findInput();
    void checkOutput() const;

    std::string file_;
    onnx::ModelProto model_;
    std::int64_t opset_ = 0;
    std::unordered_map<std::string, const onnx::TensorProto*> constants_;
    const onnx::ValueInfoProto* input_ = nullptr;
    OnnxValue inputValue_;
};

}  // namespace systole::sim
