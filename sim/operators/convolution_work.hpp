// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "arch/program/window.hpp"
#include "sim/operators/build.hpp"

namespace systole::operators {

/// Matrix work with constant weights over an image.
struct Convolution {
    arch::Window window;
    std::uint32_t groups = 1;
    bool transposed = false;
    std::vector<float> weights;  ///< [outputs][ky][kx][channels / groups]
    std::vector<float> bias;     ///< by output
};

/// `result` is the output's shape, whose rank the axes follow; `image` is channels last.
OnnxValue addConvolution(const OnnxNode& node, Build& build, TensorId image,
                         Convolution convolution, const Extents& result);

/// ONNX keeps C, H, W; the network keeps H, W, C. `source` and `target` are one such block.
void toChannelsLast(const float* source, std::size_t channels, std::size_t pixels, float* target);

}  // namespace systole::operators
