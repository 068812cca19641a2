// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/quantize/quantized_network.hpp"
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

inline Scheme int8Scheme() { return schemeOf("int8", "int8", "int32"); }

inline Scheme fixedPointScheme() {
    Scheme scheme = int8Scheme();
    scheme.requantization = numeric::ScaleArithmetic::FixedPoint;
    return scheme;
}

/// A 1 x 1 convolution; weights as [output][input].
inline Convolution pointwise(const std::vector<float>& weights, const std::vector<float>& bias) {
    Convolution convolution;
    convolution.outputChannels = static_cast<std::uint32_t>(bias.size());
    convolution.weights = weights;
    convolution.bias = bias;
    return convolution;
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
