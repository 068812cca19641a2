// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "sim/graph/code_program.hpp"
#include "sim/graph/float_vector.hpp"
#include "sim/graph/matrix_layout.hpp"
#include "sim/graph/works.hpp"
#include "sim/onnx/onnx_exporter.hpp"

namespace systole::sim {

using graph::Axes;
using graph::Extents;
using graph::MatrixWork;
using graph::Tensor;

namespace {

constexpr std::int64_t kLargestInt32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kLargestActivation = 128;

std::uint32_t extentOf(const Tensor& tensor, const Axes& axes) {
    std::uint32_t extent = 1;
    for (const std::uint8_t axis : axes) extent *= tensor.shape[axis];
    return extent;
}

Axes joined(std::initializer_list<Axes> groups) {
    Axes axes;
    for (const Axes& group : groups) axes.insert(axes.end(), group.begin(), group.end());
    return axes;
}

Extents shapeOf(const Tensor& tensor, const Axes& order) {
    Extents shape;
    for (const std::uint8_t axis : order) shape.push_back(tensor.shape[axis]);
    return shape;
}

/// N C H W of an image.
Axes imageOrder(const graph::ImageAxes& axes) {
    return joined({axes.batch, axes.channel, axes.y, axes.x});
}
Extents imageShape(const Tensor& tensor, const graph::ImageAxes& axes) {
    return {extentOf(tensor, axes.batch), extentOf(tensor, axes.channel), extentOf(tensor, axes.y),
            extentOf(tensor, axes.x)};
}

bool isRelu(const numeric::VectorProgram& program) {
    if (program.steps.size() != 3) return false;
    const auto* apply = std::get_if<numeric::ApplyStep>(&program.steps[1]);
    return apply != nullptr && apply->function->name == "positive";
}

}  // namespace

/// QLinearConv sums in int32. That is the accumulator itself, or one that no sum can tell from it.
void OnnxExporter::checkSums(const MatrixWork& work) const {
    const numeric::AccumulatorFormat& accumulator = network_.accumulatorOf(work);
    if (accumulator.chunk || numeric::isFloat(accumulator)) {
        fail(fmt::format("accumulator is {}, expected an integer or exact one without chunks",
                         accumulator.name));
    }
    const auto* integer = std::get_if<numeric::IntegerRegister>(&accumulator.sum);
    const bool wraps = integer != nullptr && integer->overflow == numeric::Overflow::Wrap;
    if (wraps && integer->bits == 32) return;
    const std::int64_t limit = integer != nullptr && integer->bits < 32
                                   ? (std::int64_t{1} << (integer->bits - 1)) - 1
                                   : kLargestInt32;
    const graph::MatrixLayout layout(network_, *node_, work);
    const auto reduction = static_cast<std::int64_t>(layout.reduction);
    const Tensor& weights = tensor(network_.rootOf(node_->inputs[1]));
    const numeric::Codec codec(network_.quantizerOf(node_->inputs[1])->format);
    for (std::size_t n = 0; n < layout.extents.outputChannels; ++n) {
        std::int64_t largest =
            work.weights ? reduction * kLargestActivation * kLargestActivation : 0;
        for (std::size_t k = 0; !work.weights && k < layout.reduction; ++k) {
            largest += std::abs(codec.gridSteps(weights.codes[n * layout.reduction + k])) *
                       kLargestActivation;
        }
        const std::int64_t bias = work.terms.empty() ? 0 : work.terms[n];
        if (largest > limit || bias > limit - largest || bias < largest - limit) {
            fail(fmt::format("node '{}' may leave its accumulator {}, expected int32", node_->name,
                             accumulator.name));
        }
    }
}

std::vector<std::int8_t> OnnxExporter::weightsChannelsFirst(const MatrixWork& work) const {
    const graph::MatrixLayout layout(network_, *node_, work);
    const Tensor& constant = tensor(network_.rootOf(node_->inputs[1]));
    const numeric::Codec codec(constant.quantizer->format);
    const std::size_t reduction = layout.reduction;
    const std::size_t taps = work.window.taps();
    const std::size_t channels = reduction / taps;
    std::vector<std::int8_t> weights(constant.codes.size());
    for (std::size_t n = 0; n < layout.extents.outputChannels; ++n) {
        for (std::size_t k = 0; k < reduction; ++k) {
            const std::size_t target = n * reduction + k % channels * taps + k / channels;
            weights[target] =
                static_cast<std::int8_t>(codec.gridSteps(constant.codes[n * reduction + k]));
        }
    }
    return weights;
}

/// A tensor as an image N C H W.
OnnxCodes OnnxExporter::imageOf(TensorId id, const graph::ImageAxes& axes) {
    const Tensor& value = tensor(id);
    const Axes order = imageOrder(axes);
    const std::string transposed =
        reordered(nameOf(id), value.shape, order, outputName() + "/transposed");
    return {reshaped(transposed, shapeOf(value, order), imageShape(value, axes),
                     outputName() + "/image"),
            scaleOf(id)};
}

/// The output from an image of it.
void OnnxExporter::addFromImage(const std::string& image, const graph::ImageAxes& axes,
                                const std::string& output) {
    const Tensor& value = tensor(node_->output);
    const Axes order = imageOrder(axes);
    Axes back(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) back[order[i]] = static_cast<std::uint8_t>(i);
    const std::string shaped =
        reshaped(image, imageShape(value, axes), shapeOf(value, order), output + "/flat");
    const std::string result = reordered(shaped, shapeOf(value, order), back, output + "/back");
    if (result != output) addIdentity(result, output);
}

void OnnxExporter::addImageWork(
    const std::function<void(const OnnxCodes&, const OnnxCodes&)>& make) {
    const graph::ImageAxes axes = graph::imageAxes(tensor(node_->output).shape.size());
    const OnnxCodes image = imageOf(node_->inputs[0], axes);
    const OnnxCodes output = outputCodes();
    const bool isImage = tensor(node_->output).shape.size() == 4;
    const std::string direct = isImage ? output.name : output.name + "/pooled";
    make(image, {direct, output.scale});
    if (!isImage) addFromImage(direct, axes, output.name);
}

/// The input as QLinearConv can take it: ONNX has no quantized ConvTranspose, so the zeros between
/// the elements are inserted and negative pads cropped before; `window` is left with the rest.
OnnxCodes OnnxExporter::spread(OnnxCodes codes, std::uint32_t channels, arch::Window& window) {
    if (std::max(window.y.upsample, window.x.upsample) > 1) {
        const std::string name = outputName() + "/upsampled";
        builder_.addUpsample(codes, channels, {window.y.upsample, window.x.upsample}, name);
        codes.name = name;
    }
    std::array<std::uint32_t, 4> crops{};
    std::size_t side = 0;
    for (std::int32_t* pad :
         {&window.y.padBefore, &window.x.padBefore, &window.y.padAfter, &window.x.padAfter}) {
        crops.at(side++) = static_cast<std::uint32_t>(std::max(0, -*pad));
        *pad = std::max(0, *pad);
    }
    if (crops != std::array<std::uint32_t, 4>{}) {
        builder_.addCrop(codes.name, crops, outputName() + "/cropped");
        codes.name = outputName() + "/cropped";
    }
    return codes;
}

/// ReLU of codes: through floats and back with one scale, which changes no code.
void OnnxExporter::addReluOnCodes(const std::string& input) {
    const OnnxCodes output = outputCodes();
    builder_.addDequantize({input, output.scale}, output.name + "/before_relu_float");
    builder_.addNode("Relu", output.name + "/relu", {output.name + "/before_relu_float"},
                     output.name + "/relu_float");
    builder_.addQuantize(output.name + "/relu_float", output);
}

void OnnxExporter::addConvolution(const MatrixWork& work, const OnnxCodes& output) {
    const graph::MatrixExtents extents = graph::extentsOf(network_, *node_, work);
    QLinearConvParameters parameters;
    parameters.window = work.window;
    parameters.groups = work.groups;
    parameters.dims = {extents.outputChannels, extents.inputChannels / work.groups,
                       work.window.y.kernel, work.window.x.kernel};
    parameters.weights = weightsChannelsFirst(work);
    for (std::size_t n = 0; n < extents.outputChannels; ++n) {
        parameters.scales.push_back(graph::scaleOf(*network_.quantizerOf(node_->inputs[1]), n));
        parameters.bias.push_back(work.terms.empty() ? 0
                                                     : static_cast<std::int32_t>(work.terms[n]));
    }
    const OnnxCodes input =
        spread(imageOf(node_->inputs[0], work.image), extents.inputChannels, parameters.window);
    const std::string image =
        imageShape(tensor(node_->output), work.result) == tensor(node_->output).shape
            ? output.name
            : output.name + "/convolved";
    builder_.addQLinearConv(node_->name, parameters, input, {image, output.scale});
    if (image != output.name) addFromImage(image, work.result, output.name);
}

/// Two tensors: a[b, m, k] * w[b, k, n].
void OnnxExporter::addProduct(const MatrixWork& work) {
    const Tensor& right = tensor(node_->inputs[1]);
    const Tensor& result = tensor(node_->output);
    const std::string output = outputName();
    if (work.window.taps() != 1 || work.groups != 1 ||
        std::any_of(work.terms.begin(), work.terms.end(), [](auto term) { return term != 0; })) {
        fail(fmt::format("node '{}' is no plain product of two tensors", node_->name));
    }
    const auto matrix = [&](TensorId id, const Axes& order, const Extents& shape,
                            const std::string& name) {
        const Tensor& value = tensor(id);
        const std::string transposed = reordered(nameOf(id), value.shape, order, name + "/order");
        return reshaped(transposed, shapeOf(value, order), shape, name);
    };
    const graph::MatrixExtents extents = graph::extentsOf(network_, *node_, work);
    const std::uint32_t rows = extents.outputHeight * extents.outputWidth;
    const Axes leftOrder =
        joined({work.image.batch, work.image.y, work.image.x, work.image.channel});
    const Axes rightOrder =
        joined({work.weights->batch, work.weights->channel, work.weights->output});
    const Axes order =
        joined({work.result.batch, work.result.y, work.result.x, work.result.channel});
    const std::string a = matrix(node_->inputs[0], leftOrder,
                                 {extents.batches, rows, extents.inputChannels}, output + "/a");
    const std::string w = matrix(
        node_->inputs[1], rightOrder,
        {extentOf(right, work.weights->batch), extents.inputChannels, extents.outputChannels},
        output + "/w");
    const bool relu = isRelu(work.epilogue);
    const std::string direct = relu ? output + "/before_relu" : output;
    const auto scaled = [&](const std::string& name, float scale) {
        return std::array{builder_.addScale(name + "_scale", scale),
                          builder_.addZeroPoint(name + "_zero")};
    };
    const auto [aScale, aZero] = scaled(output + "/a", scaleOf(node_->inputs[0]));
    const auto [wScale, wZero] = scaled(output + "/w", scaleOf(node_->inputs[1]));
    const auto [yScale, yZero] = scaled(output + "/y", scaleOf(node_->output));
    builder_.addNode("QLinearMatMul", node_->name,
                     {a, aScale, aZero, w, wScale, wZero, yScale, yZero}, direct + "/product");
    Axes back(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) back[order[i]] = static_cast<std::uint8_t>(i);
    const std::string shaped =
        reshaped(direct + "/product", {extents.batches, rows, extents.outputChannels},
                 shapeOf(result, order), direct + "/shaped");
    addIdentity(reordered(shaped, shapeOf(result, order), back, direct + "/back"), direct);
    if (relu) addReluOnCodes(direct);
}

void OnnxExporter::addWork(const MatrixWork& work) {
    checkSums(work);
    const bool relu = isRelu(work.epilogue);
    if (!relu && !graph::isIdentity(work.epilogue)) {
        fail(
            fmt::format("node '{}' has an activation behind its sums that codes have no operator "
                        "for, expected none or a ReLU",
                        node_->name));
    }
    if (work.weights) {
        addProduct(work);
        return;
    }
    const OnnxCodes output = outputCodes();
    const std::string direct = relu ? output.name + "/before_relu" : output.name;
    addConvolution(work, {direct, output.scale});
    if (relu) addReluOnCodes(direct);
}

}  // namespace systole::sim
