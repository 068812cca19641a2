// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/graph/works.hpp"
#include "sim/operators/fold_normalizations.hpp"
#include "sim/operators/operators.hpp"
#include "sim/operators/programs.hpp"

namespace systole::operators {

namespace {

/// Each as far as it can be read. Nothing where one of them is not of the input's channels.
std::optional<BatchNormalization> readNormalization(const OnnxNode& node,
                                                    const std::optional<Extents>& input) {
    BatchNormalization normalization;
    normalization.epsilon = node.real("epsilon", 1e-5F);
    const auto read = [&](int index, std::vector<float>& values) {
        return node.attempt([&] {
            values =
                input ? node.channelConstant(index, input->at(1)) : node.constant(index).values;
        });
    };
    const std::array isRead{read(1, normalization.scale), read(2, normalization.shift),
                            read(3, normalization.mean), read(4, normalization.variance)};
    if (std::count(isRead.begin(), isRead.end(), false) != 0) return std::nullopt;
    return normalization;
}

/// One value a channel, with axes of one element behind it.
Extents channelShape(std::uint32_t channels, std::size_t rank) {
    Extents shape(rank - 1, 1);
    shape.front() = channels;
    return shape;
}

OnnxValue convertBatchNormalization(const OnnxNode& node, Build& build) {
    node.attempt([&] {
        if (node.integer("training_mode", 0) != 0 || node.integer("spatial", 1) != 1) {
            node.fail("expected training_mode = 0 and spatial = 1");
        }
    });
    const auto input = node.attempt([&] {
        const Extents& shape = node.activation(0).shape;
        if (shape.size() < 2) node.fail("has an input of rank 1, expected N, C and others");
        return shape;
    });
    const auto read = readNormalization(node, input);
    const std::size_t rank = known(input).size();
    const BatchNormalization& normalization = known(read);
    const NormalizationLine line = lineOf(normalization);
    node.attempt([&] {
        if (!line.isFinite()) node.fail(kNotFinite);
    });
    const Extents shape = channelShape((*input)[1], rank);
    const OnnxValue& value = node.activation(0);
    const bool isImage = rank == 3 || rank == 4;
    const TensorId tensor = isImage ? build.image(value) : build.tensorOf(value);
    const TensorId factor = build.graph().constant(node.shownInput(1), shape, line.factors);
    const TensorId shift = build.graph().constant(node.shownInput(2), shape, line.shifts);
    ProgramWriter writer;
    const ValueId x = writer.load();
    const ValueId scaled = writer.apply("multiply", x, writer.load());
    const auto program = writer.stored(writer.apply("add", scaled, writer.load()));
    const OnnxValue result =
        build.add(node, "normalization", {tensor, factor, shift}, *input, Axes(build[tensor].order),
                  [&](const auto& inputs, const Tensor& output) {
                      return graph::elementwise(inputs, output, program);
                  });
    build.noteNormalization(node, normalization);
    return result;
}

/// ONNX's own function, in binary32 (stash type FLOAT): the mean of x, then of the squares of what
/// x differs from it.
numeric::VectorProgram layerProgram(std::uint64_t count, float epsilon, bool shifts) {
    ProgramWriter writer;
    const ValueId x = writer.load();
    const ValueId scale = writer.load();
    const ValueId difference = writer.apply("subtract", x, mean(writer, x, count));
    const ValueId square = writer.apply("multiply", difference, difference);
    const ValueId spread = mean(writer, square, count);
    const ValueId variance = writer.apply("add", spread, writer.constant(double{epsilon}));
    const ValueId inverse = writer.apply("reciprocal", writer.apply("square_root", variance));
    ValueId y = writer.apply("multiply", writer.apply("multiply", difference, inverse), scale);
    if (shifts) y = writer.apply("add", y, writer.load());
    return writer.stored(y);
}

/// A constant that broadcasts to the axes that are normalized.
TensorId layerConstant(const OnnxNode& node, Build& build, int index, const Extents& expected) {
    OnnxConstant constant = node.constant(index);
    const Extents shape = constant.shape();
    bool fits = shape.size() <= expected.size();
    for (std::size_t i = 1; fits && i <= shape.size(); ++i) {
        const std::uint32_t size = shape[shape.size() - i];
        fits = size == 1 || size == expected[expected.size() - i];
    }
    if (!fits) {
        node.fail(fmt::format("'{}' has the shape [{}], expected [{}]", node.shownInput(index),
                              fmt::join(shape, ", "), fmt::join(expected, ", ")));
    }
    return build.graph().constant(node.shownInput(index), shape, std::move(constant.values));
}

OnnxValue convertLayerNormalization(const OnnxNode& node, Build& build) {
    node.attempt([&] {
        if (node.integer("stash_type", onnx::TensorProto::FLOAT) != onnx::TensorProto::FLOAT) {
            node.fail("expected stash_type = 1 (FLOAT)");
        }
    });
    const auto epsilon = node.attempt([&] { return node.real("epsilon", 1e-5F); });
    const OnnxValue& input = node.activation(0);
    const std::size_t rank = input.shape.size();
    const std::size_t first = node.axis(node.integer("axis", -1), rank);
    Axes reduced;
    for (std::size_t axis = first; axis < rank; ++axis) {
        reduced.push_back(static_cast<std::uint8_t>(axis));
    }
    const Extents normalized(input.shape.begin() + static_cast<std::ptrdiff_t>(first),
                             input.shape.end());
    std::vector<std::optional<TensorId>> read;
    const bool shifts = node.hasInput(2);
    for (int index = 1; index <= (shifts ? 2 : 1); ++index) {
        read.push_back(node.attempt([&] { return layerConstant(node, build, index, normalized); }));
    }
    const TensorId tensor = build.tensorOf(input);
    std::vector<TensorId> inputs{tensor};
    for (const auto& constant : read) inputs.push_back(known(constant));
    const auto program = layerProgram(graph::elementsOf(normalized), known(epsilon), shifts);
    return build.add(node, "layer_normalization", inputs, input.shape, Axes(build[tensor].order),
                     [&](const auto& tensors, const Tensor& output) {
                         return graph::reducing(tensors, output, reduced, program);
                     });
}

constexpr std::array kOperators{
    Operator{.name = "BatchNormalization",
             .attributes = {"epsilon", "momentum", "spatial", "training_mode"},
             .fewestInputs = 5,
             .mostInputs = 5,
             .convert = convertBatchNormalization},
    Operator{.name = "LayerNormalization",
             .attributes = {"axis", "epsilon", "stash_type"},
             .fewestInputs = 2,
             .mostInputs = 3,
             .convert = convertLayerNormalization,
             .firstOpset = 17,
             .mayNameMoreOutputs = true},
};

}  // namespace

std::span<const Operator> normalizationOperators() { return kOperators; }

}  // namespace systole::operators
