// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/network/window.hpp"

namespace systole::sim {

namespace {

// Keeps the reach of a dilated kernel, and with it every pad, within 31 bits.
constexpr std::uint32_t kLargestStep = 1U << 15;

/// ONNX, Conv, auto_pad: the output is the input divided by the stride, rounded up; an odd pad goes
/// to the end for SAME_UPPER and to the beginning for SAME_LOWER.
void padToSame(WindowAxis axis, std::uint32_t input, bool upper, std::int32_t& before,
               std::int32_t& after) {
    const std::int64_t outputs = (std::int64_t{input} + axis.stride - 1) / axis.stride;
    const std::int64_t total =
        std::max<std::int64_t>(0, (outputs - 1) * axis.stride + reach(axis) - input);
    const auto less = static_cast<std::int32_t>(total / 2);
    const auto more = static_cast<std::int32_t>(total - less);
    before = upper ? less : more;
    after = upper ? more : less;
}

/// Makes the pad so long that a window which the padded image holds only in part counts too, unless
/// it would begin behind the image. Whether there is such a window.
bool padLast(const WindowAxis& axis, std::uint32_t input, std::int32_t& after) {
    const std::int64_t positions = windowPositions(axis, input);
    const std::int64_t padded = std::int64_t{input} + axis.padBefore + axis.padAfter;
    const std::int64_t next = positions * axis.stride;
    const bool leftOver = padded - reach(axis) > next - axis.stride;
    if (!leftOver || next >= std::int64_t{input} + axis.padBefore) return false;
    after = static_cast<std::int32_t>(next + reach(axis) - input - axis.padBefore);
    return true;
}

/// The kernel, checked, and the dilations.
Window readKernel(const OnnxNode& node, const WindowSteps& steps, std::uint32_t kernelHeight,
                  std::uint32_t kernelWidth) {
    if (std::max(kernelHeight, kernelWidth) > kLargestStep) {
        node.fail(fmt::format("has a kernel of {} x {}, expected at most {}", kernelHeight,
                              kernelWidth, kLargestStep));
    }
    Window window{.kernelHeight = kernelHeight, .kernelWidth = kernelWidth};
    window.dilationHeight = steps.dilations[0];
    window.dilationWidth = steps.dilations[1];
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

/// What ConvTranspose says of one axis.
struct TransposedAxis {
    std::uint32_t kernel;
    std::uint32_t dilation;
    std::uint32_t stride;
    std::uint32_t outputPadding;
    std::uint32_t padBefore;
    std::uint32_t padAfter;
    std::optional<std::int64_t> outputs;  ///< asked for: the pads follow
};

/// ONNX, ConvTranspose: of the pads that lead to the outputs asked for, SAME_UPPER has the odd one
/// at the end, everything else at the beginning. Where outputs beyond the last tap are asked for,
/// nothing is cropped and they see zeros only.
void padTransposed(const OnnxNode& node, const TransposedAxis& axis, std::uint32_t input,
                   bool upper, std::int32_t& before, std::int32_t& after) {
    const std::int64_t spread = std::int64_t{input - 1} * axis.stride + 1;
    if (spread > static_cast<std::int64_t>(kLargestTensor)) {
        node.fail(fmt::format("spreads {} pixels over {}, expected at most {}", input, spread,
                              kLargestTensor));
    }
    const std::int64_t span = std::int64_t{axis.kernel - 1} * axis.dilation;
    const std::int64_t whole = spread + span + axis.outputPadding;
    std::int64_t cropBefore = axis.padBefore;
    std::int64_t outputs = whole - axis.padBefore - axis.padAfter;
    if (axis.outputs) {
        outputs = *axis.outputs;
        const std::int64_t total = std::max<std::int64_t>(0, whole - outputs);
        cropBefore = upper ? total / 2 : total - total / 2;
    }
    if (outputs < 1) {
        node.fail(fmt::format("its pads crop all of {} outputs, expected some to be left", whole));
    }
    before = static_cast<std::int32_t>(span - cropBefore);
    // As many as make `outputs` positions.
    after = static_cast<std::int32_t>(outputs - 1 + span - (spread - 1) - before);
}

void checkOutputPadding(const OnnxNode& node, const std::vector<std::uint32_t>& padding,
                        const Window& window) {
    const std::uint32_t height = std::max(window.upsampleHeight, window.dilationHeight);
    const std::uint32_t width = std::max(window.upsampleWidth, window.dilationWidth);
    if (padding[0] >= height || padding[1] >= width) {
        node.fail(fmt::format("has output_padding {} x {}, expected less than stride or dilation",
                              padding[0], padding[1]));
    }
}

}  // namespace

std::optional<WindowSteps> readWindowSteps(const OnnxNode& node) {
    const auto read = [&](const char* name, std::size_t count, std::uint32_t lowest,
                          std::uint32_t otherwise) {
        return node.attempt(
            [&] { return node.integers(name, count, lowest, kLargestStep, otherwise); });
    };
    const auto dilations = read("dilations", 2, 1, 1);
    const auto strides = read("strides", 2, 1, 1);
    const auto pads = read("pads", 4, 0, 0);
    const auto automatic = node.attempt(
        [&] { return readAutoPad(node, pads.value_or(std::vector<std::uint32_t>())); });
    if (!dilations || !strides || !pads || !automatic) return std::nullopt;
    return WindowSteps{*strides, *dilations, *pads, *automatic};
}

std::optional<TransposedSizes> readTransposedSizes(const OnnxNode& node) {
    const auto padding =
        node.attempt([&] { return node.integers("output_padding", 2, 0, kLargestStep, 0); });
    const auto outputs = node.attempt([&] {
        return node.has("output_shape") ? node.integers("output_shape", 2, 1, kLargestTensor, 1)
                                        : std::vector<std::uint32_t>();
    });
    if (!padding || !outputs) return std::nullopt;
    return TransposedSizes{*padding, *outputs};
}

Window readWindow(const OnnxNode& node, const WindowSteps& steps, const Shape& input,
                  std::uint32_t kernelHeight, std::uint32_t kernelWidth) {
    Window window = readKernel(node, steps, kernelHeight, kernelWidth);
    window.strideHeight = steps.strides[0];
    window.strideWidth = steps.strides[1];
    window.padTop = static_cast<std::int32_t>(steps.pads[0]);
    window.padLeft = static_cast<std::int32_t>(steps.pads[1]);
    window.padBottom = static_cast<std::int32_t>(steps.pads[2]);
    window.padRight = static_cast<std::int32_t>(steps.pads[3]);
    if (steps.automatic == "SAME_UPPER" || steps.automatic == "SAME_LOWER") {
        const bool upper = steps.automatic == "SAME_UPPER";
        padToSame(verticalAxis(window), input.height, upper, window.padTop, window.padBottom);
        padToSame(horizontalAxis(window), input.width, upper, window.padLeft, window.padRight);
    }
    return window;
}

Window readTransposedWindow(const OnnxNode& node, const WindowSteps& steps,
                            const TransposedSizes& sizes, const Shape& input,
                            std::uint32_t kernelHeight, std::uint32_t kernelWidth) {
    Window window = readKernel(node, steps, kernelHeight, kernelWidth);
    const auto& strides = steps.strides;
    const auto& pads = steps.pads;
    window.upsampleHeight = strides[0];
    window.upsampleWidth = strides[1];
    checkOutputPadding(node, sizes.padding, window);
    TransposedAxis rows{kernelHeight, window.dilationHeight, strides[0], sizes.padding[0], pads[0],
                        pads[2],      std::nullopt};
    TransposedAxis columns{kernelWidth, window.dilationWidth, strides[1], sizes.padding[1], pads[1],
                           pads[3],     std::nullopt};
    if (!sizes.outputs.empty()) {
        rows.outputs = sizes.outputs[0];
        columns.outputs = sizes.outputs[1];
    } else if (steps.automatic == "SAME_UPPER" || steps.automatic == "SAME_LOWER") {
        rows.outputs = std::int64_t{input.height} * strides[0];
        columns.outputs = std::int64_t{input.width} * strides[1];
    }
    const bool upper = steps.automatic == "SAME_UPPER";
    padTransposed(node, rows, input.height, upper, window.padTop, window.padBottom);
    padTransposed(node, columns, input.width, upper, window.padLeft, window.padRight);
    return window;
}

bool padLastWindow(const OnnxNode& node, const Shape& input, Window& window) {
    const std::string automatic = node.text("auto_pad", "NOTSET");
    // ONNX: SAME has input / stride outputs, rounded up, whatever ceil_mode says.
    if (automatic.starts_with("SAME")) return false;
    const bool rows = padLast(verticalAxis(window), input.height, window.padBottom);
    const bool columns = padLast(horizontalAxis(window), input.width, window.padRight);
    if ((rows || columns) && automatic == "VALID") {
        node.fail(
            "has ceil_mode 1 and auto_pad 'VALID', and its windows leave pixels over, "
            "expected only one of them");
    }
    return rows || columns;
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
