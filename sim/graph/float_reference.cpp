// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/float_reference.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "models/check.hpp"
#include "models/overloaded.hpp"
#include "sim/graph/copies.hpp"
#include "sim/graph/float_matrix.hpp"
#include "sim/graph/float_vector.hpp"

namespace systole::graph {

namespace {

using Values = std::vector<float>;

FloatResult emptyResult(const Graph& graph) {
    const std::size_t tensors = graph.tensors.size();
    return {.tensors = std::vector<Values>(tensors),
            .amax = Values(tensors, 0.0F),
            .least = Values(tensors, 0.0F)};
}

void noteRange(FloatResult& result, TensorId tensor, std::span<const float> values) {
    result.amax[tensor] = largestMagnitude(values);
    result.least[tensor] = leastValue(values);
}

void move(const Graph& graph, const Node& node, const MoveWork& work,
          const std::vector<std::span<const float>>& inputs, std::span<float> output) {
    const Tensor& target = graph.tensors[node.output];
    for (const Copy& copy : work.copies) {
        const Tensor& source = graph.tensors[node.inputs.at(copy.input)];
        copyElements<float>(copy, source, target, inputs[copy.input], output);
    }
}

void runProgram(const Graph& graph, const Node& node, const VectorWork& work,
                const std::vector<std::span<const float>>& inputs, std::span<float> output) {
    std::vector<numeric::OperandView> views;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        views.push_back(viewOf(work.operands[i], graph.tensors[node.inputs[i]], work.space));
    }
    views.push_back(viewOf(work.operands.back(), graph.tensors[node.output], work.space));
    runFloatProgram(work.program, work.space, std::move(views), inputs, output);
}

}  // namespace

/// As integers, the bits of magnitudes are in the order of the values, and NaN is above all.
float largestMagnitude(std::span<const float> values) {
    constexpr std::int32_t kMagnitude = std::numeric_limits<std::int32_t>::max();
    std::int32_t largest = 0;
    for (const float value : values) {
        largest = std::max(largest, std::bit_cast<std::int32_t>(value) & kMagnitude);
    }
    return std::bit_cast<float>(largest);
}

/// In lanes, which a compiler may put into a vector.
float leastValue(std::span<const float> values) {
    constexpr std::size_t kLanes = 16;
    if (values.empty()) return 0.0F;
    std::array<float, kLanes> least{};
    least.fill(values.front());
    const std::size_t whole = values.size() / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            least[lane] = values[i + lane] < least[lane] ? values[i + lane] : least[lane];
        }
    }
    for (const float value : values.subspan(whole)) least[0] = std::min(least[0], value);
    return *std::min_element(least.begin(), least.end());
}

FloatReference::FloatReference(const Graph& graph)
    : graph_(graph),
      packedWeights_(graph.nodes.size()),
      lastReader_(graph.tensors.size(), 0),
      constants_(emptyResult(graph)) {
    for (TensorId id = 0; id < graph.tensors.size(); ++id) {
        const Tensor& tensor = graph.tensors[id];
        if (tensor.origin != Origin::Constant || tensor.viewOf) continue;
        SYSTOLE_CHECK(tensor.values.size() == tensor.elements(), "constant '{}' has {} values",
                      tensor.name, tensor.values.size());
        noteRange(constants_, id, tensor.values);
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        for (const TensorId input : node.inputs) lastReader_[graph.rootOf(input)] = i;
        if (!std::holds_alternative<MatrixWork>(node.work)) continue;
        const Tensor& weights = graph.tensors[graph.rootOf(node.inputs[1])];
        if (weights.origin != Origin::Constant) continue;
        packedWeights_[i] = FloatMatrix(graph, node).packed(weights.values);
    }
    lastReader_[graph.rootOf(graph.output)] = graph.nodes.size();
}

std::span<const float> FloatReference::valuesOf(TensorId tensor, const FloatResult& result) const {
    const TensorId root = graph_.rootOf(tensor);
    const Tensor& data = graph_.tensors[root];
    return data.origin == Origin::Constant ? data.values : result.tensors[root];
}

Values FloatReference::product(std::size_t index, const MatrixWork& work,
                               const FloatResult& result) const {
    const Node& node = graph_.nodes[index];
    const FloatMatrix matrix(graph_, node);
    Values output(graph_.tensors[node.output].elements());
    const Values& constant = packedWeights_[index];
    const Values packed =
        constant.empty() ? matrix.packed(valuesOf(node.inputs[1], result)) : Values();
    matrix.run(valuesOf(node.inputs[0], result), constant.empty() ? packed : constant, work.bias,
               output);
    runFloatEpilogue(work.epilogue, output);
    return output;
}

Values FloatReference::computed(std::size_t index, const FloatResult& result) const {
    const Node& node = graph_.nodes[index];
    const auto fromInputs = [&](const auto& run) {
        std::vector<std::span<const float>> inputs;
        for (const TensorId input : node.inputs) inputs.push_back(valuesOf(input, result));
        Values output(graph_.tensors[node.output].elements());
        run(inputs, output);
        return output;
    };
    return std::visit(
        Overloaded{[&](const MatrixWork& work) { return product(index, work, result); },
                   [&](const VectorWork& work) {
                       return fromInputs([&](const auto& inputs, Values& output) {
                           runProgram(graph_, node, work, inputs, output);
                       });
                   },
                   [&](const MoveWork& work) {
                       return fromInputs([&](const auto& inputs, Values& output) {
                           move(graph_, node, work, inputs, output);
                       });
                   }},
        node.work);
}

void FloatReference::completeViews(FloatResult& result, KeepTensors keep) const {
    for (TensorId id = 0; id < graph_.tensors.size(); ++id) {
        const TensorId root = graph_.rootOf(id);
        result.amax[id] = result.amax[root];
        result.least[id] = result.least[root];
        const bool isKept = keep == KeepTensors::All || id == graph_.output;
        if (isKept && root != id) result.tensors[id] = result.tensors[root];
    }
}

FloatResult FloatReference::run(std::span<const float> image, KeepTensors keep) const {
    SYSTOLE_CHECK(image.size() == graph_.tensors[graph_.input].elements(), "image of {} values",
                  image.size());
    FloatResult result = constants_;
    result.tensors[graph_.input].assign(image.begin(), image.end());
    noteRange(result, graph_.input, image);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
        const TensorId output = graph_.nodes[i].output;
        result.tensors[output] = computed(i, result);
        noteRange(result, output, result.tensors[output]);
        if (keep == KeepTensors::All) continue;
        for (const TensorId input : graph_.nodes[i].inputs) {
            const TensorId root = graph_.rootOf(input);
            if (lastReader_[root] == i) result.tensors[root] = Values{};
        }
    }
    completeViews(result, keep);
    return result;
}

FloatResult runFloat(const Graph& graph, std::span<const float> image) {
    return FloatReference(graph).run(image, KeepTensors::All);
}

}  // namespace systole::graph
