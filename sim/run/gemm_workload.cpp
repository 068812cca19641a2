// SPDX-License-Identifier: Apache-2.0
#include "sim/run/gemm_workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "models/numeric/sums/sum.hpp"
#include "sim/base/config_error.hpp"

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

QuantizedNetwork gemmShape(const Scheme& scheme, std::uint32_t m, std::uint32_t k,
                           std::uint32_t n) {
    checkScheme(scheme, k);
    QuantizedConvolution convolution;
    convolution.outputChannels = n;
    QuantizedNetwork network;
    network.name = fmt::format("gemm {}x{}x{}", m, k, n);
    network.scheme = scheme;
    network.tensors = {{"a", {m, 1, k}}, {"c", {m, 1, n}}};
    network.nodes.push_back({"gemm", std::move(convolution), {0}, 1});
    network.input = 0;
    network.output = 1;
    return network;
}

QuantizedNetwork gemmNetwork(const Scheme& scheme, std::uint32_t m, std::uint32_t k,
                             std::uint32_t n, std::uint64_t seed) {
    const numeric::Codec activation(scheme.activation);
    const numeric::Codec weight(scheme.weight);
    QuantizedNetwork network = gemmShape(scheme, m, k, n);
    const auto largest = [](const numeric::Codec& codec) {
        return std::max(codec.largest(), -codec.smallest());
    };
    const numeric::SumArithmetic sums(scheme.accumulator, activation, weight);
    const double product =
        std::ldexp(largest(activation) * largest(weight), -sums.rescaleExponent());
    const double ratio = activation.largest() / (product * std::sqrt(static_cast<double>(k)));
    numeric::Rescale rescale;
    rescale.multiplier = static_cast<float>(ratio);
    if (scheme.requantization == numeric::ScaleArithmetic::FixedPoint) {
        rescale.fixedPoint = numeric::makeFixedPointScale(ratio);
    }
    auto& convolution = std::get<QuantizedConvolution>(network.nodes.front().operation);
    convolution.weights = randomCodes(scheme.weight, std::uint64_t{k} * n, seed);
    convolution.weightScales.assign(n, 1.0F);
    convolution.bias.assign(n, 0);
    convolution.rescales.assign(n, rescale);
    return network;
}

std::vector<numeric::Code> gemmInput(const Scheme& scheme, std::uint32_t m, std::uint32_t k,
                                     std::uint64_t seed) {
    return randomCodes(scheme.activation, std::uint64_t{m} * k, seed + 1);
}

}  // namespace systole::sim
