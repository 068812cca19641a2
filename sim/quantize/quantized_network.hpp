// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "models/numeric/sums/requantize.hpp"
#include "sim/network/network.hpp"
#include "sim/quantize/scheme.hpp"

/// A network whose tensors are codes. docs/arithmetic.md defines what every operation computes.
namespace systole::sim {

struct QuantizedTensor {
    std::string name;
    Shape shape;
    float scale = 1.0F;  ///< real value = code's value * scale; format: Scheme::activation
};

struct QuantizedConvolution {
    Window window;
    std::uint32_t groups = 1;
    std::uint32_t outputChannels = 1;
    bool transposed = false;                 ///< as in Convolution
    std::vector<numeric::Code> weights;      ///< [outputChannels][k], k as in Convolution
    std::vector<float> weightScales;         ///< [outputChannels]; all equal when per tensor
    std::vector<std::int64_t> bias;          ///< [outputChannels], accumulator units
    std::vector<numeric::Rescale> rescales;  ///< [outputChannels], accumulator to output
    bool relu = false;

    /// Weights that there would be, of a network that has only shapes; there, `weights` is empty.
    std::uint64_t weightCount = 0;

    std::uint64_t reduction() const {
        return (weights.empty() ? weightCount : weights.size()) / outputChannels;
    }
};

struct QuantizedPooling {
    Pooling::Kind kind = Pooling::Kind::Max;
    Window window;
    bool countIncludesPad = false;
    /// Average: by the count that divides, 0 unused, sum of grid steps to output.
    std::vector<numeric::Rescale> rescales;
};

struct QuantizedAddition {
    bool relu = false;
    numeric::AdditionScales scales;
};

/// Input and output share one scale.
struct QuantizedRelu {};

struct QuantizedSoftmax {
    float inputScale = 1.0F;
    float outputScale = 1.0F;
};

using QuantizedOperation = std::variant<QuantizedConvolution, QuantizedPooling, QuantizedAddition,
                                        QuantizedRelu, QuantizedSoftmax>;

struct QuantizedNode {
    std::string name;
    QuantizedOperation operation;
    std::vector<TensorId> inputs;
    TensorId output = 0;
};

struct QuantizedNetwork {
    std::string name;
    Scheme scheme;
    std::vector<QuantizedTensor> tensors;  ///< only those that some node or the input names
    std::vector<QuantizedNode> nodes;      ///< in execution order
    TensorId input = 0;
    TensorId output = 0;
};

}  // namespace systole::sim
