// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {

arch::ConvolutionShape convolutionShape(const QuantizedConvolution& convolution, const Shape& input,
                                        const Shape& output, bool hasSkip) {
    const Window& window = convolution.window;
    return arch::asVector({.inputHeight = input.height,
                           .inputWidth = input.width,
                           .inputChannels = input.channels,
                           .outputHeight = output.height,
                           .outputWidth = output.width,
                           .outputChannels = output.channels,
                           .kernelHeight = window.kernelHeight,
                           .kernelWidth = window.kernelWidth,
                           .strideY = window.strideHeight,
                           .strideX = window.strideWidth,
                           .dilationY = window.dilationHeight,
                           .dilationX = window.dilationWidth,
                           .upsampleY = window.upsampleHeight,
                           .upsampleX = window.upsampleWidth,
                           .padTop = window.padTop,
                           .padLeft = window.padLeft,
                           .groups = convolution.groups,
                           .hasSkip = hasSkip});
}

Window windowOf(const arch::ConvolutionShape& shape) {
    return {.kernelHeight = shape.kernelHeight,
            .kernelWidth = shape.kernelWidth,
            .strideHeight = shape.strideY,
            .strideWidth = shape.strideX,
            .padTop = shape.padTop,
            .padLeft = shape.padLeft,
            .dilationHeight = shape.dilationY,
            .dilationWidth = shape.dilationX,
            .upsampleHeight = shape.upsampleY,
            .upsampleWidth = shape.upsampleX};
}

}  // namespace systole::sim
