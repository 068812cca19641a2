// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/onnx_window.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/workload/window.hpp"

namespace systole::sim {

namespace {

// Keeps the reach of a dilated kernel, and with it every pad, within 31 bits.
constexpr std::uint32_t kLargestStep = 1U << 15;

/// ONNX, Conv, auto_pad: the output is the input divided by the stride, rounded up; an odd pad goes
/// to the end for SAME_UPPER and to the beginning for SAME_LOWER.
void padToSame(WindowAxis axis, std::uint32_t input, bool upper, std::uint32_t& before,
               std::uint32_t& after) {
    const std::int64_t outputs = (std::int64_t{input} + axis.stride - 1) / axis.stride;
    const std::int64_t total =
        std::max<std::int64_t>(0, (outputs - 1) * axis.stride + reach(axis) - input);
    const auto less = static_cast<std::uint32_t>(total / 2);
    const auto more = static_cast<std::uint32_t>(total - less);
    before = upper ? less : more;
    after = upper ? more : less;
}

}  // namespace

Window readWindow(const OnnxNode& node, const Shape& input, std::uint32_t kernelHeight,
                  std::uint32_t kernelWidth) {
    if (std::max(kernelHeight, kernelWidth) > kLargestStep) {
        node.fail(fmt::format("has a kernel of {} x {}, expected at most {}", kernelHeight,
                              kernelWidth, kLargestStep));
    }
    Window window{.kernelHeight = kernelHeight, .kernelWidth = kernelWidth};
    const auto strides = node.integers("strides", 2, 1, kLargestStep, 1);
    window.strideHeight = strides[0];
    window.strideWidth = strides[1];
    const auto dilations = node.integers("dilations", 2, 1, kLargestStep, 1);
    window.dilationHeight = dilations[0];
    window.dilationWidth = dilations[1];
    const auto pads = node.integers("pads", 4, 0, kLargestStep, 0);
    window.padTop = pads[0];
    window.padLeft = pads[1];
    window.padBottom = pads[2];
    window.padRight = pads[3];

    const std::string automatic = node.text("auto_pad", "NOTSET");
    if (automatic == "NOTSET") return window;
    if (std::any_of(pads.begin(), pads.end(), [](std::uint32_t pad) { return pad != 0; })) {
        node.fail(fmt::format("has pads and auto_pad '{}', expected only one of them", automatic));
    }
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
        const bool upper = automatic == "SAME_UPPER";
        padToSame(verticalAxis(window), input.height, upper, window.padTop, window.padBottom);
        padToSame(horizontalAxis(window), input.width, upper, window.padLeft, window.padRight);
    } else if (automatic != "VALID") {
        node.fail(fmt::format("has auto_pad '{}', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER",
                              automatic));
    }
    return window;
}

Shape windowedShape(const OnnxNode& node, const Window& window, const Shape& input,
                    std::uint32_t channels) {
    const std::int64_t height = windowPositions(verticalAxis(window), input.height);
    const std::int64_t width = windowPositions(horizontalAxis(window), input.width);
    if (height == 0 || width == 0) {
        node.fail(fmt::format("its {} x {} kernel is larger than the padded {} x {} image",
                              window.kernelHeight, window.kernelWidth, input.height, input.width));
    }
    // Each factor is below 2^29, so that the first product fits in 64 bits.
    const auto pixels = static_cast<std::uint64_t>(height * width);
    if (pixels > kLargestTensor || pixels * channels > kLargestTensor) {
        node.fail(fmt::format("its result has {} x {} x {} elements, expected at most {}", height,
                              width, channels, kLargestTensor));
    }
    return {static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width), channels};
}

}  // namespace systole::sim
