// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/graph/graph.hpp"

namespace systole::sim {

/// A tensor of INT8 codes with zero point 0.
struct OnnxCodes {
    std::string name;
    float scale = 1.0F;
};

struct QLinearConvParameters {
    arch::Window window;
    std::uint32_t groups = 1;
    std::array<std::uint32_t, 4> dims{};  ///< of the weights: O, I / groups, H, W
    std::vector<std::int8_t> weights;
    std::vector<float> scales;       ///< one an output channel
    std::vector<std::int32_t> bias;  ///< one an output channel
};

/// Puts a model of quantized operators together, operator by operator. Axis 0 of its inputs and
/// outputs is a dynamic batch where it has one element.
class OnnxBuilder {
public:
    OnnxBuilder();

    void setName(const std::string& name) { model_.mutable_graph()->set_name(name); }
    void addInput(const std::string& name, const graph::Extents& shape);
    void addOutput(const std::string& name, onnx::TensorProto::DataType type,
                   const graph::Extents& shape);

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

    /// A constant; values in the natural order of its axes. Returns its name.
    std::string addFloats(const std::string& name, const graph::Extents& shape,
                          const std::vector<float>& values);
    std::string addCodes(const std::string& name, const graph::Extents& shape,
                         const std::vector<std::int8_t>& codes);
    std::string addIndices(const std::string& name, const std::vector<std::int64_t>& values);
    std::string addInt32s(const std::string& name, const graph::Extents& shape,
                          const std::vector<std::int32_t>& values);
    std::string addScale(const std::string& name, float scale);
    std::string addZeroPoint(const std::string& name);
    std::string addUnsignedZeroPoint(const std::string& name, std::uint8_t value);

    static void addIntegers(onnx::NodeProto& node, const std::string& name,
                            const std::vector<std::int64_t>& values);
    static void addInteger(onnx::NodeProto& node, const std::string& name, std::int64_t value);
    static void addWindow(onnx::NodeProto& node, const arch::Window& window);

    onnx::ModelProto take() { return std::move(model_); }

private:
    onnx::TensorProto& addInitializer(const std::string& name, onnx::TensorProto::DataType type);

    onnx::ModelProto model_;
};

}  // namespace systole::sim
