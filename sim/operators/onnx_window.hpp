// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/program/window.hpp"
#include "sim/operators/onnx_node.hpp"

namespace systole::operators {

/// The axes of a window, y and x or x alone.
using WindowAxes = std::vector<arch::WindowAxis>;

/// What a Conv or pooling node says of its window whatever its input is. Everything by axis.
struct WindowSteps {
    std::vector<std::uint32_t> strides;
    std::vector<std::uint32_t> dilations;
    std::vector<std::uint32_t> pads;  ///< the beginnings, then the ends
    std::string automatic;            ///< auto_pad
};
/// Notes every obstacle in them; nothing where there is one.
std::optional<WindowSteps> readWindowSteps(const OnnxNode& node, std::size_t axes);

/// What a ConvTranspose node says besides.
struct TransposedSizes {
    std::vector<std::uint32_t> padding;  ///< output_padding
    std::vector<std::uint32_t> outputs;  ///< output_shape; empty: not asked for
};
/// The same.
std::optional<TransposedSizes> readTransposedSizes(const OnnxNode& node, std::size_t axes);

/// Sizes of an image N C H W or N C W without batch and channels.
graph::Extents sizesOf(const graph::Extents& image);

/// The window of a Conv or pooling node over an image of these sizes.
WindowAxes readWindow(const OnnxNode& node, const WindowSteps& steps, const graph::Extents& sizes,
                      const graph::Extents& kernel);

/// The window of a ConvTranspose node, as the convolution that it equals: its strides upsample.
WindowAxes readTransposedWindow(const OnnxNode& node, const WindowSteps& steps,
                                const TransposedSizes& asked, const graph::Extents& sizes,
                                const graph::Extents& kernel);

/// Of a pooling node with ceil_mode: lengthens the pads at the end so that a last window which fits
/// only in part counts as well. Whether there is one; else nothing changes.
bool padLastWindow(const OnnxNode& node, const graph::Extents& sizes, WindowAxes& window);

/// Shape of the window's results; fails where it is empty or too large.
graph::Extents windowedShape(const OnnxNode& node, const WindowAxes& window,
                             const graph::Extents& sizes, std::uint32_t channels);

arch::Window windowOf(const WindowAxes& axes);

}  // namespace systole::operators
