// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sim/graph/graph_builder.hpp"
#include "sim/graph/program_writer.hpp"
#include "sim/graph/works.hpp"
#include "sim/quantize/quantizer.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {

inline Scheme schemeOf(const std::string& activation, const std::string& weight,
                       const std::string& accumulator) {
    return {.name = "test",
            .activation = *numeric::formatNamed(activation),
            .weight = *numeric::formatNamed(weight),
            .accumulator = *numeric::parseAccumulator(accumulator),
            .weightGranularity = Scheme::Granularity::PerChannel,
            .accumulatorHeadroom = 1,
            .calibrationImages = 1,
            .requantization = numeric::ScaleArithmetic::Fp32Multiplier};
}

inline const ContentCache kKeepsNothing{std::nullopt};

inline Scheme int8Scheme() { return schemeOf("int8", "int8", "int32"); }

/// x times x, and times x once more: [2, 2].
inline graph::Graph productsOfTensors() {
    graph::GraphBuilder builder("products");
    const auto x = builder.input("x", {2, 2}, graph::naturalOrder(2));
    graph::TensorId last = x;
    for (const char* name : {"y", "z"}) {
        const auto made = builder.tensor(name, {2, 2}, graph::naturalOrder(2));
        graph::MatrixWork work;
        work.image = work.result = {{}, {0}, {}, {1}};
        work.weights = graph::WeightAxes{{}, {0}, {1}};
        work.epilogue = graph::identityProgram();
        builder.add({.name = name,
                     .kind = "product",
                     .work = std::move(work),
                     .inputs = {last, x},
                     .output = made});
        last = made;
    }
    builder.setOutput(last);
    return builder.take();
}

inline Scheme fixedPointScheme() {
    Scheme scheme = int8Scheme();
    scheme.requantization = numeric::ScaleArithmetic::FixedPoint;
    return scheme;
}

/// A graph of images N C H W that is put together node by node; nodes are `op`, `op_2`, ..
class NetworkBuilder {
public:
    using TensorId = graph::TensorId;

    explicit NetworkBuilder(const graph::Extents& image = {1, 1, 1, 1},
                            const std::string& name = "tiny")
        : builder_(name) {
        builder_.input("x", image, graph::channelsLast(4));
    }

    /// Weights as [output][k]; k = (ky, kx, c).
    TensorId convolve(TensorId input, const std::vector<float>& weights,
                      const std::vector<float>& bias, const arch::Window& window = {},
                      std::uint32_t groups = 1) {
        const graph::Extents image = builder_[input].shape;
        const auto outputs = static_cast<std::uint32_t>(bias.size());
        const TensorId constant = builder_.constant(
            "w", {outputs, window.y.kernel, window.x.kernel, image[1] / groups}, weights);
        graph::MatrixWork work;
        work.window = window;
        work.groups = groups;
        work.image = graph::imageAxes(4);
        work.result = graph::imageAxes(4);
        work.bias = bias;
        work.epilogue = graph::identityProgram();
        return add("convolution", std::move(work), {input, constant},
                   windowedShape(image, outputs, window));
    }
    /// Element by element, of inputs of one shape.
    TensorId apply(numeric::VectorProgram program, const std::vector<TensorId>& inputs,
                   const std::string& kind = "test") {
        const graph::Extents shape = builder_[inputs.front()].shape;
        std::vector<const graph::Tensor*> tensors;
        const TensorId output = tensor(shape);
        for (const TensorId input : inputs) tensors.push_back(&builder_[input]);
        return added(kind, graph::elementwise(tensors, builder_[output], std::move(program)),
                     inputs, output);
    }
    TensorId relu(TensorId input) {
        graph::ProgramWriter writer;
        return apply(writer.stored(writer.apply("positive", writer.load())), {input}, "relu");
    }
    TensorId sum(TensorId left, TensorId right) {
        graph::ProgramWriter writer;
        const auto first = writer.load();
        return apply(writer.stored(writer.apply("add", first, writer.load())), {left, right},
                     "addition");
    }
    TensorId pool(numeric::VectorProgram program, TensorId input, const arch::Window& window) {
        const graph::Extents image = builder_[input].shape;
        const TensorId output = tensor(windowedShape(image, image[1], window));
        return added("pooling", graph::windowed(window, builder_[output], std::move(program)),
                     {input}, output);
    }
    TensorId maximum(TensorId input, const arch::Window& window = {}) {
        graph::ProgramWriter writer;
        return pool(writer.stored(writer.reduce(numeric::ReduceStep::Kind::Maximum, writer.load())),
                    input, window);
    }
    /// Divides by the taps inside the image, or by a number.
    TensorId average(TensorId input, const arch::Window& window = {}, double divisor = 0) {
        graph::ProgramWriter writer;
        const auto x = writer.load();
        const auto sum = writer.reduce(numeric::ReduceStep::Kind::Sum, x);
        const auto count = divisor != 0 ? writer.constant(divisor)
                                        : writer.add(numeric::RoundStep{
                                              writer.reduce(numeric::ReduceStep::Kind::Count, x)});
        return pool(writer.stored(writer.apply("divide", sum, count)), input, window);
    }
    TensorId softmax(TensorId input) {
        graph::ProgramWriter writer;
        const auto x = writer.load();
        const auto most = writer.reduce(numeric::ReduceStep::Kind::Maximum, x);
        const auto e = writer.apply("exponential", writer.apply("subtract", x, most));
        const auto share =
            writer.apply("divide", e, writer.reduce(numeric::ReduceStep::Kind::Sum, e));
        const TensorId output = tensor(builder_[input].shape);
        return added(
            "softmax",
            graph::reducing({&builder_[input]}, builder_[output], {1}, writer.stored(share)),
            {input}, output);
    }
    /// Along the channels.
    TensorId concat(const std::vector<TensorId>& inputs) {
        graph::Extents shape = builder_[inputs.front()].shape;
        shape[1] = 0;
        graph::MoveWork work;
        for (std::uint32_t i = 0; i < inputs.size(); ++i) {
            work.copies.push_back(graph::boxCopy(i, builder_[inputs[i]], {0, shape[1], 0, 0}));
            shape[1] += builder_[inputs[i]].shape[1];
        }
        return add("concatenation", std::move(work), inputs, shape);
    }

    graph::GraphBuilder& builder() { return builder_; }
    graph::Graph take(TensorId output) {
        builder_.setOutput(output);
        return builder_.take();
    }

private:
    static graph::Extents windowedShape(const graph::Extents& image, std::uint32_t channels,
                                        const arch::Window& window) {
        return {image[0], channels, static_cast<std::uint32_t>(window.y.positions(image[2])),
                static_cast<std::uint32_t>(window.x.positions(image[3]))};
    }
    /// Tensors are y, y_2, ..
    TensorId tensor(const graph::Extents& shape) {
        return builder_.tensor("y", shape, graph::channelsLast(4));
    }
    TensorId add(const std::string& kind, graph::Work work, const std::vector<TensorId>& inputs,
                 const graph::Extents& shape) {
        return added(kind, std::move(work), inputs, tensor(shape));
    }
    TensorId added(const std::string& kind, graph::Work work, const std::vector<TensorId>& inputs,
                   TensorId output) {
        builder_.add({.name = "op",
                      .kind = kind,
                      .work = std::move(work),
                      .inputs = inputs,
                      .output = output});
        return output;
    }

    graph::GraphBuilder builder_;
};

/// One 1 x 1 convolution of one position; weights as [output][input].
inline graph::Graph pointwiseNetwork(const std::vector<float>& weights,
                                     const std::vector<float>& bias) {
    const auto inputs = static_cast<std::uint32_t>(weights.size() / bias.size());
    NetworkBuilder network({1, inputs, 1, 1});
    return network.take(network.convolve(0, weights, bias));
}

/// A magnitude for every tensor.
inline std::vector<float> magnitudes(const graph::Graph& network, float amax) {
    return std::vector<float>(network.tensors.size(), amax);
}

/// The scale of a tensor by its name.
inline float scaleOf(const graph::Graph& network, const std::string& name) {
    for (const graph::Tensor& tensor : network.tensors) {
        if (tensor.name == name) return tensor.quantizer->scale();
    }
    throw std::runtime_error("no tensor " + name);
}

inline const graph::MatrixWork& matrixOf(const graph::Graph& network, std::size_t node = 0) {
    return std::get<graph::MatrixWork>(network.nodes.at(node).work);
}
inline graph::MatrixWork& matrixOf(graph::Graph& network, std::size_t node = 0) {
    return std::get<graph::MatrixWork>(network.nodes.at(node).work);
}
inline const graph::Tensor& weightsOf(const graph::Graph& network, std::size_t node = 0) {
    return network.tensors.at(network.nodes.at(node).inputs.at(1));
}

/// Two's complement codes of 8 bits.
inline std::vector<numeric::Code> codes8(const std::vector<int>& values) {
    std::vector<numeric::Code> codes;
    for (const int value : values) codes.push_back(static_cast<numeric::Code>(value) & 0xffU);
    return codes;
}

inline std::vector<int> values8(const std::vector<numeric::Code>& codes) {
    std::vector<int> values;
    for (const numeric::Code code : codes) values.push_back(static_cast<std::int8_t>(code));
    return values;
}

}  // namespace systole::sim
