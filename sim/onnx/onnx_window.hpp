// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/onnx/onnx_node.hpp"

namespace systole::sim {

/// The window of a Conv or pooling node from strides, pads, dilations and auto_pad.
Window readWindow(const OnnxNode& node, const Shape& input, std::uint32_t kernelHeight,
                  std::uint32_t kernelWidth);

/// The window of a ConvTranspose node, as the convolution that it equals: its strides upsample.
Window readTransposedWindow(const OnnxNode& node, const Shape& input, std::uint32_t kernelHeight,
                            std::uint32_t kernelWidth);

/// Of a pooling node with ceil_mode: lengthens the pads at the end so that a last window which fits
/// only in part counts as well. Whether there is one; else nothing changes.
bool padLastWindow(const OnnxNode& node, const Shape& input, Window& window);

/// Shape of the window's results; fails where it is empty or too large.
Shape windowedShape(const OnnxNode& node, const Window& window, const Shape& input,
                    std::uint32_t channels);

}  // namespace systole::sim
