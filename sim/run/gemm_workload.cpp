// SPDX-License-Identifier: Apache-2.0
#include "sim/run/gemm_workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "sim/base/config_error.hpp"
#include "sim/graph/graph_builder.hpp"
#include "sim/graph/works.hpp"

namespace systole::sim {
namespace {

std::vector<numeric::Code> randomCodes(const numeric::Format& format, std::uint64_t count,
                                       std::uint64_t seed) {
    const std::vector<numeric::Code> finite = numeric::finiteCodes(numeric::Codec(format));
    // The engine's sequence is fixed by the C++ standard; that of a distribution is not.
    std::mt19937_64 random(seed);
    std::vector<numeric::Code> codes(count);
    for (numeric::Code& code : codes) {
        code = finite[random() % finite.size()];
    }
    return codes;
}

/// What `quantize` would refuse as well.
void checkScheme(const Scheme& scheme, std::uint32_t k) {
    if (!(numeric::Codec(scheme.activation).largest() > 0)) {
        throw ConfigError(
            fmt::format("gemm: format {} has no positive value, expected one that has",
                        numeric::nameOf(scheme.activation)));
    }
    const auto* exact = std::get_if<numeric::ExactRegister>(&scheme.accumulator.sum);
    if (exact != nullptr && k > std::uint64_t{1} << exact->guardBits) {
        throw ConfigError(fmt::format(
            "gemm: K is {}, expected at most {}: the sums that accumulator {} holds exactly", k,
            std::uint64_t{1} << exact->guardBits, scheme.accumulator.name));
    }
}

}  // namespace

graph::Graph gemmShape(const Scheme& scheme, std::uint32_t m, std::uint32_t k, std::uint32_t n) {
    checkScheme(scheme, k);
    graph::GraphBuilder builder(fmt::format("gemm {}x{}x{}", m, k, n));
    const graph::TensorId a = builder.input("a", {m, k}, graph::naturalOrder(2));
    const graph::TensorId weights = builder.constant("b", {n, 1, 1, k}, {});
    const graph::TensorId c = builder.tensor("c", {m, n}, graph::naturalOrder(2));
    graph::MatrixWork work;
    work.image = work.result = {.batch = {}, .y = {0}, .x = {}, .channel = {1}};
    work.epilogue = graph::identityProgram();
    builder.add({.name = "gemm",
                 .kind = "convolution",
                 .work = std::move(work),
                 .inputs = {a, weights},
                 .output = c});
    builder.setOutput(c);
    graph::Graph graph = builder.take();
    graph.tensors[a].quantizer = graph::Quantizer{.format = scheme.activation};
    graph.tensors[weights].quantizer = graph::Quantizer{.format = scheme.weight};
    graph.tensors[c].quantizer = graph::Quantizer{.format = scheme.activation};
    graph.arithmetic = graph::Arithmetic{scheme.accumulator, scheme.requantization};
    return graph;
}

graph::Graph gemmNetwork(const Scheme& scheme, std::uint32_t m, std::uint32_t k, std::uint32_t n,
                         std::uint64_t seed) {
    const numeric::Codec activation(scheme.activation);
    const numeric::Codec weight(scheme.weight);
    graph::Graph graph = gemmShape(scheme, m, k, n);
    const auto largest = [](const numeric::Codec& codec) {
        return std::max(codec.largest(), -codec.smallest());
    };
    // The largest product, times the root of K, becomes the largest code: the left operand's scale
    // says so, with scales of 1 for the others.
    const double product = largest(activation) * largest(weight);
    graph.tensors[graph.input].quantizer->scales = {
        static_cast<float>(activation.largest() / (product * std::sqrt(static_cast<double>(k))))};
    graph.tensors[graph.nodes.front().inputs[1]].codes =
        randomCodes(scheme.weight, std::uint64_t{k} * n, seed);
    return graph;
}

std::vector<numeric::Code> gemmInput(const Scheme& scheme, std::uint32_t m, std::uint32_t k,
                                     std::uint64_t seed) {
    return randomCodes(scheme.activation, std::uint64_t{m} * k, seed + 1);
}

}  // namespace systole::sim
