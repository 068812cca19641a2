// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/onnx/onnx_node.hpp"

namespace systole::sim {

/// What a Conv or pooling node says of its window whatever its input is.
struct WindowSteps {
    std::vector<std::uint32_t> strides;    ///< of height and width
    std::vector<std::uint32_t> dilations;  ///< the same
    std::vector<std::uint32_t> pads;       ///< top, left, bottom, right
    std::string automatic;                 ///< auto_pad
};
/// Notes every obstacle in them; nothing where there is one.
std::optional<WindowSteps> readWindowSteps(const OnnxNode& node);

/// What a ConvTranspose node says besides.
struct TransposedSizes {
    std::vector<std::uint32_t> padding;  ///< output_padding
    std::vector<std::uint32_t> outputs;  ///< output_shape; empty: not asked for
};
/// The same.
std::optional<TransposedSizes> readTransposedSizes(const OnnxNode& node);

/// The window of a Conv or pooling node.
Window readWindow(const OnnxNode& node, const WindowSteps& steps, const Shape& input,
                  std::uint32_t kernelHeight, std::uint32_t kernelWidth);

/// The window of a ConvTranspose node, as the convolution that it equals: its strides upsample.
Window readTransposedWindow(const OnnxNode& node, const WindowSteps& steps,
                            const TransposedSizes& sizes, const Shape& input,
                            std::uint32_t kernelHeight, std::uint32_t kernelWidth);

/// Of a pooling node with ceil_mode: lengthens the pads at the end so that a last window which fits
/// only in part counts as well. Whether there is one; else nothing changes.
bool padLastWindow(const OnnxNode& node, const Shape& input, Window& window);

/// Shape of the window's results; fails where it is empty or too large.
Shape windowedShape(const OnnxNode& node, const Window& window, const Shape& input,
                    std::uint32_t channels);

}  // namespace systole::sim
