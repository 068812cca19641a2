// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/fold_normalizations.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

namespace systole::operators {

namespace {

double factorOf(const BatchNormalization& normalization, std::size_t channel) {
    const double variance = double{normalization.variance[channel]} + double{normalization.epsilon};
    return double{normalization.scale[channel]} / std::sqrt(variance);
}

double shiftOf(const BatchNormalization& normalization, std::size_t channel, double bias) {
    return (bias - double{normalization.mean[channel]}) * factorOf(normalization, channel) +
           double{normalization.shift[channel]};
}

bool areFinite(const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(),
                       [](float value) { return std::isfinite(value); });
}

/// The node of matrix work that takes a normalization over; null where there is none.
graph::Node* producerOf(graph::Graph& graph, const graph::Node& node) {
    const TensorId input = node.inputs.at(0);
    const auto writer = graph.writers().at(input);
    if (!writer || graph.nodes[*writer].output != input) return nullptr;
    graph::Node& producer = graph.nodes[*writer];
    const auto* work = std::get_if<graph::MatrixWork>(&producer.work);
    const bool fits = work != nullptr && !work->weights && work->result.channel == Axes{1};
    return fits && graph.readerCounts().at(input) == 1 ? &producer : nullptr;
}

/// Whether the weights stay finite.
bool foldInto(graph::MatrixWork& work, Tensor& weights, const BatchNormalization& normalization) {
    const std::size_t outputs = normalization.scale.size();
    const std::size_t depth = weights.values.size() / outputs;
    if (work.bias.empty()) work.bias.assign(outputs, 0.0F);
    for (std::size_t n = 0; n < outputs; ++n) {
        const double factor = factorOf(normalization, n);
        for (std::size_t k = n * depth; k < (n + 1) * depth; ++k) {
            weights.values[k] = static_cast<float>(double{weights.values[k]} * factor);
        }
        work.bias[n] = static_cast<float>(shiftOf(normalization, n, double{work.bias[n]}));
    }
    return areFinite(weights.values) && areFinite(work.bias);
}

}  // namespace

bool NormalizationLine::isFinite() const { return areFinite(factors) && areFinite(shifts); }

NormalizationLine lineOf(const BatchNormalization& normalization) {
    NormalizationLine line;
    for (std::size_t n = 0; n < normalization.scale.size(); ++n) {
        line.factors.push_back(static_cast<float>(factorOf(normalization, n)));
        line.shifts.push_back(static_cast<float>(shiftOf(normalization, n, 0)));
    }
    return line;
}

graph::Graph foldNormalizations(graph::Graph graph, const Build& build, OnnxObstacles& obstacles) {
    for (std::size_t i = 0; i < graph.nodes.size();) {
        const auto found = build.normalizations().find(graph.nodes[i].name);
        graph::Node* producer =
            found == build.normalizations().end() ? nullptr : producerOf(graph, graph.nodes[i]);
        if (producer == nullptr) {
            ++i;
            continue;
        }
        const Build::NotedNormalization& noted = found->second;
        obstacles.attempt([&] {
            if (!foldInto(std::get<graph::MatrixWork>(producer->work),
                          graph.tensors.at(producer->inputs.at(1)), noted.parameters)) {
                throw OnnxObstacle(noted.node, noted.operatorName, kNotFinite);
            }
        });
        producer->output = graph.nodes[i].output;
        graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return graph::pruned(std::move(graph));
}

}  // namespace systole::operators
