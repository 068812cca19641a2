// SPDX-License-Identifier: Apache-2.0
#include "random_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/numeric/sums/sum.hpp"
#include "random_source.hpp"
#include "sim/network/window.hpp"
#include "sim/quantize/scales.hpp"

namespace systole::sim {
namespace {

constexpr std::uint64_t kLargestLayerMacs = 150'000;
constexpr std::uint32_t kMostChannels = 40;

struct Formats {
    const char* activation;
    const char* weight;
    const char* accumulator;
};

numeric::AccumulatorFormat chunked(const char* sum, const char* inner, std::uint32_t length) {
    auto accumulator = *numeric::parseAccumulator(sum);
    accumulator.chunk = numeric::Chunk{numeric::parseAccumulator(inner)->sum, length};
    accumulator.name = fmt::format("{} of {} x {}", sum, length, inner);
    return accumulator;
}

Scheme schemeOf(const Formats& formats) {
    Scheme scheme;
    scheme.name = fmt::format("{}/{}/{}", formats.activation, formats.weight, formats.accumulator);
    scheme.activation = *numeric::formatNamed(formats.activation);
    scheme.weight = *numeric::formatNamed(formats.weight);
    scheme.accumulator = formats.accumulator == std::string("chunked")
                             ? chunked("fp32", "fp16", 4)
                             : *numeric::parseAccumulator(formats.accumulator);
    return scheme;
}

Scheme orderedScheme(RandomSource& random) {
    const auto formats = random.pick<Formats>({
        {"e4m3", "e4m3", "fp32"},
        {"e5m2", "e5m2", "fp16"},
        {"e4m3", "e4m3", "bf16"},
        {"e4m3", "e4m3", "dlfloat16"},
        {"int8", "int8", "int18_saturate"},
        {"fp16", "int4", "fp32"},
        {"int8", "e2m1", "fp16"},
        {"posit8es1", "pow2_4", "fp32"},
        {"short_e3m2", "ternary", "e5m6_none"},
        {"e4m3", "e4m3", "chunked"},
        {"e5m2", "e5m2", "exact"},
        {"bf16", "int8", "fp32"},
        {"fp16", "fp16", "exact"},
    });
    return schemeOf(formats);
}

Scheme randomScheme(RandomSource& random) {
    const auto formats = random.pick<Formats>({
        {"int8", "int8", "int32"},
        {"int8", "int8", "int32"},
        {"int8", "int8", "int14"},
        {"int4", "int4", "int16"},
        {"int16", "int16", "int48"},
        {"int8", "int4", "int24"},
        {"int8", "int8", "exact"},
        {"int16", "int8", "int32"},
        {"e4m3", "e4m3", "exact"},
        {"e4m3", "e4m3", "exact"},
        {"e2m1", "e2m1", "exact"},
        {"e4m3", "e2m1", "exact"},
        {"int8", "e2m1", "int32"},
        {"e4m3fnuz", "int4", "exact"},
        {"e5m2", "int4", "exact"},
        {"bf16", "int8", "exact"},
        {"posit16es2", "e4m3", "exact"},
        {"e3m2", "e2m3", "int20"},
    });
    Scheme scheme = schemeOf(formats);
    const bool integers =
        numeric::isPlainInteger(scheme.activation) && numeric::isPlainInteger(scheme.weight);
    if (integers && random.percent(50)) {
        scheme.requantization = numeric::ScaleArithmetic::FixedPoint;
    }
    return scheme;
}

std::vector<numeric::Code> randomCodes(const numeric::Codec& codec, std::uint64_t count,
                                       RandomSource& random) {
    std::vector<numeric::Code> codes;
    codes.reserve(count);
    while (codes.size() < count) {
        const auto code = random.between(0, static_cast<std::uint32_t>(codec.codeCount()) - 1);
        if (codec.isFinite(code)) codes.push_back(code);
    }
    return codes;
}

class Generator {
public:
    Generator(std::uint64_t seed, Additions additions)
        : random_(seed),
          scheme_(additions == Additions::Ordered ? orderedScheme(random_) : randomScheme(random_)),
          activation_(scheme_.activation),
          weight_(scheme_.weight),
          sums_(scheme_.accumulator, activation_, weight_) {
        network_.name = fmt::format("random {} {}", seed, scheme_.name);
        network_.scheme = scheme_;
    }

    QuantizedNetwork run() {
        addTensor({random_.between(1, 14), random_.between(1, 14), randomChannels()});
        const std::uint32_t nodes = random_.between(1, 6);
        while (network_.nodes.size() < nodes) {
            addLayer();
        }
        if (random_.percent(30)) {
            addFullImageConvolution();
            if (random_.percent(50)) addSoftmax();
        }
        network_.output = network_.nodes.back().output;
        return network_;
    }

private:
    std::uint32_t randomChannels() {
        return random_.percent(30) ? random_.between(1, kMostChannels) : random_.between(1, 12);
    }

    TensorId addTensor(const Shape& shape) {
        network_.tensors.push_back({fmt::format("t{}", network_.tensors.size()), shape,
                                    static_cast<float>(random_.real(0.01, 1.0))});
        return static_cast<TensorId>(network_.tensors.size() - 1);
    }

    TensorId randomTensor() {
        const auto last = static_cast<std::uint32_t>(network_.tensors.size()) - 1;
        return random_.percent(70) ? last : random_.between(0, last);
    }

    const Shape& shapeOf(TensorId tensor) const { return network_.tensors[tensor].shape; }

    TensorId addNode(const char* kind, QuantizedOperation operation, std::vector<TensorId> inputs,
                     const Shape& output) {
        const TensorId tensor = addTensor(output);
        network_.nodes.push_back({fmt::format("{}{}", kind, network_.nodes.size()),
                                  std::move(operation), std::move(inputs), tensor});
        return tensor;
    }

    void addLayer() {
        const std::uint32_t kind = random_.between(0, 99);
        if (kind < 45) {
            addConvolution(randomTensor());
        } else if (kind < 65) {
            addResidualBlock();
        } else if (kind < 80) {
            addPooling();
        } else if (kind < 92) {
            addAddition(randomTensor(), randomTensor());
        } else {
            const TensorId input = randomTensor();
            addNode("relu", QuantizedRelu{}, {input}, shapeOf(input));
        }
    }

    std::int32_t randomPad(std::uint32_t largest) {
        return static_cast<std::int32_t>(random_.between(0, largest));
    }

    Window randomWindow(std::uint32_t largestKernel) {
        Window window;
        window.kernelHeight = random_.between(1, largestKernel);
        window.kernelWidth =
            random_.percent(60) ? window.kernelHeight : random_.between(1, largestKernel);
        window.strideHeight = random_.between(1, 3);
        window.strideWidth = random_.percent(60) ? window.strideHeight : random_.between(1, 3);
        window.dilationHeight = random_.percent(75) ? 1 : 2;
        window.dilationWidth = random_.percent(75) ? 1 : 2;
        const std::uint32_t vertical = (window.kernelHeight - 1) * window.dilationHeight;
        const std::uint32_t horizontal = (window.kernelWidth - 1) * window.dilationWidth;
        window.padTop = randomPad(vertical);
        window.padBottom = randomPad(vertical);
        window.padLeft = randomPad(horizontal);
        window.padRight = randomPad(horizontal);
        return window;
    }

    /// Of a transposed convolution: ONNX's attributes, then what the importer makes of them.
    Window randomTransposedWindow() {
        Window window;
        window.kernelHeight = random_.between(1, 4);
        window.kernelWidth = random_.percent(60) ? window.kernelHeight : random_.between(1, 4);
        window.upsampleHeight = random_.between(1, 3);
        window.upsampleWidth = random_.percent(60) ? window.upsampleHeight : random_.between(1, 3);
        window.dilationHeight = random_.percent(75) ? 1 : 2;
        window.dilationWidth = random_.percent(75) ? 1 : 2;
        const auto vertical =
            static_cast<std::int32_t>((window.kernelHeight - 1) * window.dilationHeight);
        const auto horizontal =
            static_cast<std::int32_t>((window.kernelWidth - 1) * window.dilationWidth);
        // Crops beyond the kernel leave a negative pad.
        window.padTop = vertical - randomPad(vertical + 1);
        window.padLeft = horizontal - randomPad(horizontal + 1);
        window.padBottom =
            vertical - randomPad(vertical + 1) + randomPad(window.upsampleHeight - 1);
        window.padRight =
            horizontal - randomPad(horizontal + 1) + randomPad(window.upsampleWidth - 1);
        return window;
    }

    static Shape outputShape(const Window& window, const Shape& input, std::uint32_t channels) {
        const std::int64_t height = windowPositions(verticalAxis(window), input.height);
        const std::int64_t width = windowPositions(horizontalAxis(window), input.width);
        return {static_cast<std::uint32_t>(std::max<std::int64_t>(height, 0)),
                static_cast<std::uint32_t>(std::max<std::int64_t>(width, 0)), channels};
    }

    /// A window that has at least one position on the input.
    Window fittingWindow(const Shape& input, std::uint32_t largestKernel, bool transposed = false) {
        for (;;) {
            const Window window =
                transposed ? randomTransposedWindow() : randomWindow(largestKernel);
            if (outputShape(window, input, 1).elements() > 0) return window;
        }
    }

    std::uint32_t randomGroups(std::uint32_t channels) {
        if (random_.percent(60)) return 1;
        if (random_.percent(50)) return channels;
        std::uint32_t groups = random_.between(1, channels);
        while (channels % groups != 0) --groups;
        return groups;
    }

    /// Spreads sums of `terms` random products over the range of the output.
    numeric::Rescale randomRescale(double terms, double largestTerm) {
        const double typical = largestTerm * std::sqrt(terms) / 2;
        const double ratio = activation_.largest() / typical * random_.real(0.2, 1.5);
        return {static_cast<float>(ratio), numeric::makeFixedPointScale(ratio)};
    }

    void fillConvolution(QuantizedConvolution& convolution, std::uint64_t reduction) {
        const std::uint32_t outputs = convolution.outputChannels;
        convolution.weights = randomCodes(weight_, reduction * outputs, random_);
        convolution.weightScales.assign(outputs, 1.0F);
        const double largest =
            std::ldexp(activation_.largest() * weight_.largest(), -sums_.rescaleExponent());
        for (std::uint32_t n = 0; n < outputs; ++n) {
            convolution.rescales.push_back(randomRescale(static_cast<double>(reduction), largest));
            convolution.bias.push_back(randomBias(largest));
        }
        convolution.relu = random_.percent(40);
    }

    std::int64_t randomBias(double largestProduct) {
        if (!sums_.isWord()) return sums_.termOf(largestProduct * random_.real(-2.0, 2.0));
        const int bits = numeric::accumulatorBits(scheme_.accumulator, activation_, weight_);
        const auto bias = static_cast<std::int64_t>(random_.bits()) >>
                          random_.between(64 - static_cast<std::uint32_t>(bits), 60);
        return numeric::wrapToBits(bias, bits);
    }

    TensorId addConvolution(TensorId input) {
        const Shape shape = shapeOf(input);
        for (;;) {
            QuantizedConvolution convolution;
            convolution.transposed = random_.percent(25);
            convolution.window = fittingWindow(shape, 5, convolution.transposed);
            if (random_.percent(3)) {
                convolution.window.padTop += 5;  // positions that see nothing but padding
            }
            convolution.groups = randomGroups(shape.channels);
            const std::uint32_t most = std::max(1U, kMostChannels / convolution.groups);
            convolution.outputChannels =
                convolution.groups * random_.between(1, std::min(most, 20U));
            const Shape output = outputShape(convolution.window, shape, convolution.outputChannels);
            const std::uint64_t reduction =
                kernelArea(convolution.window) * (shape.channels / convolution.groups);
            if (output.elements() * reduction <= kLargestLayerMacs) {
                fillConvolution(convolution, reduction);
                return addNode("conv", std::move(convolution), {input}, output);
            }
        }
    }

    /// A convolution that keeps the shape, and an addition of its output to an earlier tensor.
    void addResidualBlock() {
        const TensorId input = randomTensor();
        const Shape shape = shapeOf(input);
        QuantizedConvolution convolution;
        const std::uint32_t kernel = random_.pick<std::uint32_t>({1, 3, 5});
        const auto pad = static_cast<std::int32_t>(kernel / 2);
        convolution.window = {kernel, kernel, 1, 1, pad, pad, pad, pad, 1, 1};
        convolution.groups = random_.percent(80) ? 1 : shape.channels;
        convolution.outputChannels = shape.channels;
        const std::uint64_t reduction =
            std::uint64_t{kernel} * kernel * (shape.channels / convolution.groups);
        if (shape.elements() * reduction > 4 * kLargestLayerMacs) return;
        fillConvolution(convolution, reduction);
        const TensorId inner = addNode("conv", std::move(convolution), {input}, shape);
        const bool innerFirst = random_.percent(50);
        addAddition(innerFirst ? inner : input, innerFirst ? input : inner);
        if (random_.percent(15)) {  // a second reader: the addition must not swallow the tensor
            addNode("relu", QuantizedRelu{}, {inner}, shape);
        }
    }

    void addAddition(TensorId left, TensorId right) {
        if (shapeOf(left) != shapeOf(right)) right = left;
        QuantizedAddition addition;
        addition.relu = random_.percent(40);
        const auto scale = [&] { return static_cast<float>(random_.real(0.1, 1.0)); };
        const float first = scale();
        const float second = scale();
        addition.scales = makeAdditionScales(first, second, scale(), scheme_.requantization);
        addNode("add", addition, {left, right}, shapeOf(left));
    }

    void addPooling() {
        const TensorId input = randomTensor();
        const Shape shape = shapeOf(input);
        QuantizedPooling pooling;
        do {
            pooling.window = fittingWindow(shape, 4);
        } while (!everyPositionSeesTheImage(verticalAxis(pooling.window), shape.height) ||
                 !everyPositionSeesTheImage(horizontalAxis(pooling.window), shape.width));
        pooling.kind = random_.percent(50) ? Pooling::Kind::Max : Pooling::Kind::Average;
        pooling.countIncludesPad = random_.percent(50);
        for (std::uint32_t count = 0; count <= kernelArea(pooling.window); ++count) {
            pooling.rescales.push_back(randomRescale(std::max(count, 1U), activation_.largest()));
        }
        addNode("pool", pooling, {input}, outputShape(pooling.window, shape, shape.channels));
    }

    void addFullImageConvolution() {
        const auto input = static_cast<TensorId>(network_.tensors.size() - 1);
        const Shape shape = shapeOf(input);
        QuantizedConvolution convolution;
        convolution.window.kernelHeight = shape.height;
        convolution.window.kernelWidth = shape.width;
        convolution.outputChannels = random_.between(1, 24);
        fillConvolution(convolution, shape.elements());
        const Shape output{1, 1, convolution.outputChannels};
        addNode("gemm", std::move(convolution), {input}, output);
    }

    void addSoftmax() {
        const auto input = static_cast<TensorId>(network_.tensors.size() - 1);
        const QuantizedSoftmax softmax{static_cast<float>(random_.real(0.001, 0.2)),
                                       1.0F / static_cast<float>(activation_.largest())};
        addNode("softmax", softmax, {input}, shapeOf(input));
    }

    RandomSource random_;
    Scheme scheme_;
    numeric::Codec activation_;
    numeric::Codec weight_;
    numeric::SumArithmetic sums_;
    QuantizedNetwork network_;
};

}  // namespace

QuantizedNetwork randomNetwork(std::uint64_t seed, Additions additions) {
    return Generator(seed, additions).run();
}

std::vector<numeric::Code> randomInput(const QuantizedNetwork& network, std::uint64_t seed) {
    RandomSource random(seed);
    return randomCodes(numeric::Codec(network.scheme.activation),
                       network.tensors[network.input].shape.elements(), random);
}

}  // namespace systole::sim
