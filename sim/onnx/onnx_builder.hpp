// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/network/network.hpp"

namespace systole::sim {

/// A tensor of INT8 codes with zero point 0.
struct OnnxCodes {
    std::string name;
    float scale = 1.0F;
};

struct QLinearConvParameters {
    Window window;
    std::uint32_t groups = 1;
    std::array<std::uint32_t, 4> dims{};  ///< of the weights: O, I / groups, H, W
    std::vector<std::int8_t> weights;
    std::vector<float> scales;       ///< one an output channel
    std::vector<std::int32_t> bias;  ///< one an output channel
};

/// Puts a model of quantized operators together, operator by operator. Its batch is dynamic.
class OnnxBuilder {
public:
    OnnxBuilder();

    void setName(const std::string& name) { model_.mutable_graph()->set_name(name); }
    void addInput(const std::string& name, const Shape& shape);
    void addOutput(const std::string& name, onnx::TensorProto::DataType type, const Shape& shape);

    onnx::NodeProto& addNode(const std::string& type, const std::string& name,
                             const std::vector<std::string>& inputs, const std::string& output);
    void addQuantize(const std::string& input, const OnnxCodes& output);
    void addDequantize(const OnnxCodes& input, const std::string& output);
    /// Puts `factors - 1` zeros between the rows and columns of codes, exactly.
    void addUpsample(const OnnxCodes& input, std::uint32_t channels,
                     std::array<std::uint32_t, 2> factors, const std::string& output);
    /// Takes rows and columns off: top, left, bottom, right.
    void addCrop(const std::string& input, const std::array<std::uint32_t, 4>& crops,
                 const std::string& output);
    void addQLinearConv(const std::string& name, const QLinearConvParameters& parameters,
                        const OnnxCodes& input, const OnnxCodes& output);

    static void addInteger(onnx::NodeProto& node, const std::string& name, std::int64_t value);
    static void addWindow(onnx::NodeProto& node, const Window& window);

    onnx::ModelProto take() { return std::move(model_); }

private:
    onnx::TensorProto& addInitializer(const std::string& name, onnx::TensorProto::DataType type);
    std::string addScale(const std::string& name, float scale);
    std::string addZeroPoint(const std::string& name);

    onnx::ModelProto model_;
};

}  // namespace systole::sim
