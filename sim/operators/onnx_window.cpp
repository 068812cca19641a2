// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/onnx_window.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

namespace systole::operators {

using arch::WindowAxis;
using graph::Extents;

namespace {

// Keeps the reach of a dilated kernel, and with it every pad, within 31 bits.
constexpr std::uint32_t kLargestStep = 1U << 15;

/// ONNX, Conv, auto_pad: the output is the input divided by the stride, rounded up; an odd pad goes
/// to the end for SAME_UPPER and to the beginning for SAME_LOWER.
void padToSame(WindowAxis& axis, std::uint32_t input, bool upper) {
    const std::int64_t outputs = (std::int64_t{input} + axis.stride - 1) / axis.stride;
    const std::int64_t total =
        std::max<std::int64_t>(0, (outputs - 1) * axis.stride + axis.reach() - input);
    const auto less = static_cast<std::int32_t>(total / 2);
    const auto more = static_cast<std::int32_t>(total - less);
    axis.padBefore = upper ? less : more;
    axis.padAfter = upper ? more : less;
}

/// Makes the pad so long that a window which the padded image holds only in part counts too, unless
/// it would begin behind the image. Whether there is such a window.
bool padLast(WindowAxis& axis, std::uint32_t input) {
    const std::int64_t positions = axis.positions(input);
    const std::int64_t padded = std::int64_t{input} + axis.padBefore + axis.padAfter;
    const std::int64_t next = positions * axis.stride;
    const bool leftOver = padded - axis.reach() > next - axis.stride;
    if (!leftOver || next >= std::int64_t{input} + axis.padBefore) return false;
    axis.padAfter = static_cast<std::int32_t>(next + axis.reach() - input - axis.padBefore);
    return true;
}

/// The kernel, checked, and the dilations.
WindowAxes readKernel(const OnnxNode& node, const WindowSteps& steps, const Extents& kernel) {
    if (*std::max_element(kernel.begin(), kernel.end()) > kLargestStep) {
        node.fail(fmt::format("has a kernel of {}, expected at most {}",
                              OnnxNode::sizesText(kernel), kLargestStep));
    }
    WindowAxes window(kernel.size());
    for (std::size_t i = 0; i < kernel.size(); ++i) {
        window[i].kernel = kernel[i];
        window[i].dilation = steps.dilations[i];
    }
    return window;
}

/// auto_pad, known; fails where it and pads contradict each other.
std::string readAutoPad(const OnnxNode& node, const std::vector<std::uint32_t>& pads) {
    std::string automatic = node.text("auto_pad", "NOTSET");
    if (automatic == "NOTSET") return automatic;
    if (std::any_of(pads.begin(), pads.end(), [](std::uint32_t pad) { return pad != 0; })) {
        node.fail(fmt::format("has pads and auto_pad '{}', expected only one of them", automatic));
    }
    if (automatic != "SAME_UPPER" && automatic != "SAME_LOWER" && automatic != "VALID") {
        node.fail(fmt::format("has auto_pad '{}', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER",
                              automatic));
    }
    return automatic;
}

/// What ConvTranspose asks of one axis.
struct TransposedAxis {
    std::uint32_t outputPadding = 0;
    std::uint32_t padBefore = 0;
    std::uint32_t padAfter = 0;
    std::optional<std::int64_t> outputs{};  ///< asked for: the pads follow
};

/// ONNX, ConvTranspose: of the pads that lead to the outputs asked for, SAME_UPPER has the odd one
/// at the end, everything else at the beginning. Where outputs beyond the last tap are asked for,
/// nothing is cropped and they see zeros only.
void padTransposed(const OnnxNode& node, const TransposedAxis& asked, std::uint32_t input,
                   bool upper, WindowAxis& axis) {
    const std::int64_t spread = axis.upsampled(input);
    if (spread > static_cast<std::int64_t>(kLargestTensor)) {
        node.fail(fmt::format("spreads {} pixels over {}, expected at most {}", input, spread,
                              kLargestTensor));
    }
    const std::int64_t span = axis.reach() - 1;
    const std::int64_t whole = spread + span + asked.outputPadding;
    std::int64_t cropBefore = asked.padBefore;
    std::int64_t outputs = whole - asked.padBefore - asked.padAfter;
    if (asked.outputs) {
        outputs = *asked.outputs;
        const std::int64_t total = std::max<std::int64_t>(0, whole - outputs);
        cropBefore = upper ? total / 2 : total - total / 2;
    }
    if (outputs < 1) {
        node.fail(fmt::format("its pads crop all of {} outputs, expected some to be left", whole));
    }
    axis.padBefore = static_cast<std::int32_t>(span - cropBefore);
    // As many as make `outputs` positions.
    axis.padAfter = static_cast<std::int32_t>(outputs - 1 + span - (spread - 1) - axis.padBefore);
}

void checkOutputPadding(const OnnxNode& node, const std::vector<std::uint32_t>& padding,
                        const WindowAxes& window) {
    for (std::size_t i = 0; i < window.size(); ++i) {
        if (padding[i] < std::max(window[i].upsample, window[i].dilation)) continue;
        node.fail(fmt::format("has output_padding {}, expected less than stride or dilation",
                              OnnxNode::sizesText(padding)));
    }
}

}  // namespace

std::optional<WindowSteps> readWindowSteps(const OnnxNode& node, std::size_t axes) {
    const auto read = [&](const char* name, std::size_t count, std::uint32_t lowest,
                          std::uint32_t otherwise) {
        return node.attempt(
            [&] { return node.integers(name, axes, count, lowest, kLargestStep, otherwise); });
    };
    const auto dilations = read("dilations", axes, 1, 1);
    const auto strides = read("strides", axes, 1, 1);
    const auto pads = read("pads", 2 * axes, 0, 0);
    const auto automatic = node.attempt(
        [&] { return readAutoPad(node, pads.value_or(std::vector<std::uint32_t>())); });
    if (!dilations || !strides || !pads || !automatic) return std::nullopt;
    return WindowSteps{*strides, *dilations, *pads, *automatic};
}

std::optional<TransposedSizes> readTransposedSizes(const OnnxNode& node, std::size_t axes) {
    const auto padding = node.attempt(
        [&] { return node.integers("output_padding", axes, axes, 0, kLargestStep, 0); });
    const auto outputs = node.attempt([&] {
        return node.has("output_shape")
                   ? node.integers("output_shape", axes, axes, 1, kLargestTensor, 1)
                   : std::vector<std::uint32_t>();
    });
    if (!padding || !outputs) return std::nullopt;
    return TransposedSizes{*padding, *outputs};
}

Extents sizesOf(const Extents& image) { return {image.begin() + 2, image.end()}; }

WindowAxes readWindow(const OnnxNode& node, const WindowSteps& steps, const Extents& sizes,
                      const Extents& kernel) {
    WindowAxes window = readKernel(node, steps, kernel);
    const bool upper = steps.automatic == "SAME_UPPER";
    for (std::size_t i = 0; i < window.size(); ++i) {
        window[i].stride = steps.strides[i];
        window[i].padBefore = static_cast<std::int32_t>(steps.pads[i]);
        window[i].padAfter = static_cast<std::int32_t>(steps.pads[window.size() + i]);
        if (upper || steps.automatic == "SAME_LOWER") padToSame(window[i], sizes[i], upper);
    }
    return window;
}

WindowAxes readTransposedWindow(const OnnxNode& node, const WindowSteps& steps,
                                const TransposedSizes& asked, const Extents& sizes,
                                const Extents& kernel) {
    WindowAxes window = readKernel(node, steps, kernel);
    for (std::size_t i = 0; i < window.size(); ++i) window[i].upsample = steps.strides[i];
    checkOutputPadding(node, asked.padding, window);
    const bool upper = steps.automatic == "SAME_UPPER";
    for (std::size_t i = 0; i < window.size(); ++i) {
        TransposedAxis axis{.outputPadding = asked.padding[i],
                            .padBefore = steps.pads[i],
                            .padAfter = steps.pads[window.size() + i]};
        if (!asked.outputs.empty()) {
            axis.outputs = asked.outputs[i];
        } else if (upper || steps.automatic == "SAME_LOWER") {
            axis.outputs = std::int64_t{sizes[i]} * steps.strides[i];
        }
        padTransposed(node, axis, sizes[i], upper, window[i]);
    }
    return window;
}

bool padLastWindow(const OnnxNode& node, const Extents& sizes, WindowAxes& window) {
    const std::string automatic = node.text("auto_pad", "NOTSET");
    // ONNX: SAME has input / stride outputs, rounded up, whatever ceil_mode says.
    if (automatic.starts_with("SAME")) return false;
    bool isLonger = false;
    for (std::size_t i = 0; i < window.size(); ++i) {
        if (padLast(window[i], sizes[i])) isLonger = true;
    }
    if (isLonger && automatic == "VALID") {
        node.fail(
            "has ceil_mode 1 and auto_pad 'VALID', and its windows leave pixels over, "
            "expected only one of them");
    }
    return isLonger;
}

Extents windowedShape(const OnnxNode& node, const WindowAxes& window, const Extents& sizes,
                      std::uint32_t channels) {
    Extents shape{1, channels};
    Extents kernel;
    // Each count is below 2^29, so that a product fits in 64 bits.
    std::uint64_t elements = channels;
    bool isTooLarge = false;
    for (std::size_t i = 0; i < window.size(); ++i) {
        kernel.push_back(window[i].kernel);
        shape.push_back(static_cast<std::uint32_t>(window[i].positions(sizes[i])));
        elements *= shape.back();
        isTooLarge = isTooLarge || elements > kLargestTensor;
        if (isTooLarge) elements = kLargestTensor;
    }
    if (std::count(shape.begin(), shape.end(), 0U) != 0) {
        node.fail(fmt::format("its {} kernel is larger than the padded {} image",
                              OnnxNode::sizesText(kernel), OnnxNode::sizesText(sizes)));
    }
    if (isTooLarge) {
        node.fail(fmt::format("its result has {} x {} elements, expected at most {}",
                              OnnxNode::sizesText(sizesOf(shape)), channels, kLargestTensor));
    }
    return shape;
}

arch::Window windowOf(const WindowAxes& axes) {
    if (axes.size() == 1) return {.y = {}, .x = axes[0]};
    return {.y = axes.at(0), .x = axes.at(1)};
}

}  // namespace systole::operators
