// SPDX-License-Identifier: Apache-2.0
// Products of matrices: of a tensor with constants, or with another tensor.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sim/graph/works.hpp"
#include "sim/operators/convolution_work.hpp"
#include "sim/operators/operators.hpp"

namespace systole::operators {

namespace {

/// A constant matrix as rows [outputs][features].
struct Rows {
    std::uint32_t outputs = 1;
    std::uint32_t features = 1;
    std::vector<float> values;
};

/// `isTransposed`: the constant is [outputs, features] already, else [features, outputs].
Rows rowsOf(OnnxConstant matrix, bool isTransposed) {
    const std::size_t rank = matrix.dims.size();
    const auto first = static_cast<std::uint32_t>(matrix.dims[rank - 2]);
    const auto second = static_cast<std::uint32_t>(matrix.dims[rank - 1]);
    if (isTransposed) return {first, second, std::move(matrix.values)};
    Rows rows{second, first, std::vector<float>(matrix.values.size())};
    toChannelsLast(matrix.values.data(), first, second, rows.values.data());
    return rows;
}

/// Axes `begin` to `end - 1`.
Axes axesFrom(std::size_t begin, std::size_t end) {
    Axes axes;
    for (std::size_t axis = begin; axis < end; ++axis) {
        axes.push_back(static_cast<std::uint8_t>(axis));
    }
    return axes;
}

/// All axes but the last one are rows, one after another.
graph::ImageAxes rowAxes(std::size_t rank) {
    return {.batch = {}, .y = axesFrom(0, rank - 1), .x = {}, .channel = axesFrom(rank - 1, rank)};
}

/// The image of which a value is the features of one row, as a Flatten makes it; null where it is
/// something else.
const Tensor* flattenedImage(const Build& build, const OnnxValue& value) {
    const Tensor& tensor = build[value.tensor];
    const std::size_t rank = tensor.shape.size();
    const bool isImage = (rank == 3 || rank == 4) && tensor.shape[0] == 1 &&
                         graph::sameOrder(tensor.shape, tensor.order, graph::channelsLast(rank));
    const bool isRow = value.shape.size() == 2 && value.shape[0] == 1;
    return isImage && isRow ? &tensor : nullptr;
}

/// A product with a constant. Behind a Flatten it is a convolution whose kernel covers the image:
/// nothing moves, the constant's features change their places instead.
OnnxValue addProduct(const OnnxNode& node, Build& build, const char* kind, const OnnxValue& input,
                     Rows rows, std::vector<float> bias) {
    Extents result = input.shape;
    result.back() = rows.outputs;
    if (const Tensor* image = flattenedImage(build, input)) {
        const std::uint32_t channels = image->shape[1];
        const std::uint32_t height = image->shape.size() == 4 ? image->shape[2] : 1;
        const std::uint32_t width = image->shape.back();
        Convolution convolution{.window = {.y = {.kernel = height}, .x = {.kernel = width}},
                                .weights = std::vector<float>(rows.values.size()),
                                .bias = std::move(bias)};
        for (std::size_t row = 0; row < rows.values.size(); row += rows.features) {
            toChannelsLast(&rows.values[row], channels, std::size_t{height} * width,
                           &convolution.weights[row]);
        }
        return addConvolution(node, build, input.tensor, std::move(convolution), result);
    }
    const TensorId tensor = build.natural(input);
    const TensorId weights = build.graph().constant(
        node.shownInput(1), {rows.outputs, 1, 1, rows.features}, std::move(rows.values));
    return build.add(node, kind, {tensor, weights}, result, graph::naturalOrder(result.size()),
                     [&](const auto&, const Tensor&) {
                         return graph::MatrixWork{.window = {},
                                                  .image = rowAxes(result.size()),
                                                  .result = rowAxes(result.size()),
                                                  .bias = std::move(bias),
                                                  .epilogue = graph::identityProgram()};
                     });
}

/// A product with a tensor `w` of the axes [channel, output], or of [output, channel].
OnnxValue addProductOfTensors(const OnnxNode& node, Build& build, const char* kind, TensorId input,
                              TensorId w, bool isTransposed, std::vector<float> bias) {
    const std::size_t rank = build[input].shape.size();
    const std::size_t rankOfW = build[w].shape.size();
    graph::WeightAxes axes{.batch = axesFrom(0, rankOfW - 2),
                           .channel = axesFrom(rankOfW - 2, rankOfW - 1),
                           .output = axesFrom(rankOfW - 1, rankOfW)};
    if (isTransposed) std::swap(axes.channel, axes.output);
    graph::ImageAxes image = rowAxes(rank);
    if (rankOfW > 2) {
        image.batch = axes.batch;
        image.y = axesFrom(rank - 2, rank - 1);
    }
    Extents result = build[input].shape;
    result.back() = build[w].shape[axes.output.front()];
    return build.add(node, kind, {input, w}, result, graph::naturalOrder(rank),
                     [&](const auto&, const Tensor&) {
                         return graph::MatrixWork{.window = {},
                                                  .image = image,
                                                  .result = image,
                                                  .weights = axes,
                                                  .bias = std::move(bias),
                                                  .epilogue = graph::identityProgram()};
                     });
}

void scale(std::vector<float>& values, float factor) {
    if (factor == 1.0F) return;
    for (float& value : values) value = static_cast<float>(double{value} * double{factor});
}

/// One value an output, or one for all of them.
std::vector<float> gemmBias(const OnnxNode& node, std::size_t outputs) {
    if (!node.hasInput(2)) return std::vector<float>(outputs, 0.0F);
    OnnxConstant bias = node.constant(2);
    const auto size = static_cast<std::int64_t>(outputs);
    if (bias.values.size() == 1 && bias.dims.size() <= 2) {
        return std::vector<float>(outputs, bias.values.front());
    }
    if (bias.dims != std::vector{size} && bias.dims != std::vector{std::int64_t{1}, size}) {
        node.fail(fmt::format("has a bias of the shape [{}], expected [{}]",
                              fmt::join(bias.dims, ", "), outputs));
    }
    return std::move(bias.values);
}

/// Fails where a matrix of this shape does not have the features along an axis of 2.
void checkFeatures(const OnnxNode& node, const std::vector<std::int64_t>& dims, std::size_t depth,
                   const std::optional<std::uint32_t>& features) {
    if (dims.size() == 2 && (!features || dims[depth] == std::int64_t{*features})) return;
    node.fail(fmt::format(
        "has weights of the shape [{}], expected {} along axis {} of 2", fmt::join(dims, ", "),
        features ? fmt::format("{}", *features) : std::string("the features"), depth));
}

struct GemmForm {
    bool transA = false;
    bool transB = false;
    float alpha = 1;
    float beta = 1;
};

GemmForm readForm(const OnnxNode& node) {
    return {.transA = node.integer("transA", 0) != 0,
            .transB = node.integer("transB", 0) != 0,
            .alpha = node.real("alpha", 1),
            .beta = node.real("beta", 1)};
}

OnnxValue gemmInput(const OnnxNode& node, Build& build, bool isTransposed) {
    const OnnxValue& value = node.activation(0);
    if (value.shape.size() != 2) {
        node.fail(fmt::format("its input has rank {}, expected 2 (a Flatten before it)",
                              value.shape.size()));
    }
    return isTransposed ? build.transposed(value, {1, 0}) : value;
}

OnnxValue gemmOfTensors(const OnnxNode& node, Build& build, const GemmForm& form,
                        const OnnxValue& input) {
    const OnnxValue& matrix = node.activation(1);
    const std::size_t depth = form.transB ? 1 : 0;
    checkFeatures(node, {matrix.shape.begin(), matrix.shape.end()}, depth, input.shape[1]);
    std::vector<float> bias = gemmBias(node, matrix.shape[1 - depth]);
    if (form.alpha != 1.0F) node.fail("expected alpha = 1, or weights that are constants");
    scale(bias, form.beta);
    return addProductOfTensors(node, build, "convolution", build.natural(input),
                               build.natural(matrix), form.transB, std::move(bias));
}

OnnxValue convertGemm(const OnnxNode& node, Build& build) {
    const auto form = node.attempt([&] { return readForm(node); });
    const auto input =
        node.attempt([&] { return gemmInput(node, build, form ? form->transA : false); });
    if (!node.readsConstant(1) && node.hasInput(1)) {
        return gemmOfTensors(node, build, known(form), known(input));
    }
    const std::size_t depth = known(form).transB ? 1 : 0;
    const auto matrix = node.attempt([&] {
        OnnxConstant constant = node.constant(1);
        checkFeatures(node, constant.dims, depth,
                      input ? std::optional(input->shape[1]) : std::nullopt);
        return constant;
    });
    const auto outputs = static_cast<std::size_t>(known(matrix).dims[1 - depth]);
    const auto bias = node.attempt([&] { return gemmBias(node, outputs); });
    Rows rows = rowsOf(*matrix, form->transB);
    scale(rows.values, form->alpha);
    std::vector<float> shifts = known(bias);
    scale(shifts, form->beta);
    return addProduct(node, build, "convolution", known(input), std::move(rows), std::move(shifts));
}

/// The shape with an axis of one element for the one that a vector does not have.
Extents asMatrix(Extents shape, bool isLeft) {
    if (shape.size() == 1) shape.insert(isLeft ? shape.begin() : shape.end(), 1);
    return shape;
}

[[noreturn]] void failProduct(const OnnxNode& node, const Extents& left, const Extents& right) {
    node.fail(
        fmt::format("multiplies [{}] by [{}], expected [.., M, K] and [.., K, N] of batches "
                    "that are equal, or 1",
                    fmt::join(left, ", "), fmt::join(right, ", ")));
}

/// Of both batches, as NumPy broadcasts.
Extents batchOf(const OnnxNode& node, const Extents& left, const Extents& right) {
    Extents batch(std::max(left.size(), right.size()) - 2, 1);
    for (const Extents* shape : {&left, &right}) {
        const std::size_t missing = batch.size() + 2 - shape->size();
        for (std::size_t i = 0; i + 2 < shape->size(); ++i) {
            std::uint32_t& size = batch[missing + i];
            const std::uint32_t other = (*shape)[i];
            if (size != other && size != 1 && other != 1) failProduct(node, left, right);
            size = std::max(size, other);
        }
    }
    return batch;
}

Extents withLastTwo(Extents batch, const Extents& shape) {
    batch.insert(batch.end(), shape.end() - 2, shape.end());
    return batch;
}

/// What `w` of one batch for all is: two axes. The batch goes along the rows.
OnnxValue productOfOneMatrix(const OnnxNode& node, Build& build, const OnnxValue& a,
                             const OnnxValue& w) {
    const OnnxValue matrix{w.tensor, {w.shape.end() - 2, w.shape.end()}, w.name};
    return addProductOfTensors(node, build, "matmul", build.natural(a), build.natural(matrix),
                               false, {});
}

/// The second operand, constant or not, as a tensor.
OnnxValue rightOperand(const OnnxNode& node, Build& build) {
    if (!node.readsConstant(1)) return node.activation(1);
    OnnxValue constant = build.constant(node, 1);
    if (constant.shape.empty()) node.fail("multiplies by a constant of rank 0, expected a matrix");
    return constant;
}

bool isOneMatrix(const Extents& shape) {
    return std::all_of(shape.begin(), shape.end() - 2,
                       [](std::uint32_t size) { return size == 1; });
}

/// The result under the shape that ONNX gives it: a vector's axis is not there.
OnnxValue shaped(OnnxValue value, const Extents& batch, const OnnxValue& a, const OnnxValue& w,
                 bool isVectorA, bool isVectorW) {
    value.shape = batch;
    if (!isVectorA) value.shape.push_back(a.shape[a.shape.size() - 2]);
    if (!isVectorW) value.shape.push_back(w.shape.back());
    return value;
}

OnnxValue convertMatMul(const OnnxNode& node, Build& build) {
    const auto left = node.attempt([&] { return node.activation(0); });
    const OnnxValue right = rightOperand(node, build);
    OnnxValue a = known(left);
    OnnxValue w = right;
    a.shape = asMatrix(a.shape, true);
    w.shape = asMatrix(w.shape, false);
    if (w.shape.size() < 2 || w.shape[w.shape.size() - 2] != a.shape.back()) {
        failProduct(node, left->shape, right.shape);
    }
    const Extents batch = batchOf(node, a.shape, w.shape);
    OnnxValue result;
    if (isOneMatrix(w.shape) && node.readsConstant(1)) {
        OnnxConstant matrix{{w.shape.end() - 2, w.shape.end()}, node.constant(1).values};
        Rows rows = rowsOf(std::move(matrix), false);
        std::vector<float> bias(rows.outputs, 0.0F);
        result = addProduct(node, build, "matmul", a, std::move(rows), std::move(bias));
    } else if (isOneMatrix(w.shape)) {
        result = productOfOneMatrix(node, build, a, w);
    } else {
        const OnnxValue wide = build.expanded(node, a, withLastTwo(batch, a.shape));
        const OnnxValue weights = build.expanded(node, w, withLastTwo(batch, w.shape));
        result = addProductOfTensors(node, build, "matmul", build.natural(wide),
                                     build.natural(weights), false, {});
    }
    return shaped(result, batch, a, w, left->shape.size() == 1, right.shape.size() == 1);
}

constexpr std::array kOperators{
    Operator{.name = "Gemm",
             .attributes = {"alpha", "beta", "transA", "transB"},
             .fewestInputs = 2,
             .mostInputs = 3,
             .convert = convertGemm},
    Operator{.name = "MatMul", .fewestInputs = 2, .mostInputs = 2, .convert = convertMatMul},
};

}  // namespace

std::span<const Operator> matmulOperators() { return kOperators; }

}  // namespace systole::operators
