// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/numeric/formats/format.hpp"
#include "models/numeric/sums/accumulator.hpp"
#include "models/numeric/sums/requantize.hpp"

namespace systole::sim {

/// How to quantize; read from configs/schemes.
struct Scheme {
    enum class Granularity { PerTensor, PerChannel };
    std::string name;
    numeric::Format activation;
    numeric::Format weight;
    numeric::AccumulatorFormat accumulator;
    Granularity weightGranularity = Granularity::PerTensor;
    std::uint32_t calibrationImages = 64;
    numeric::ScaleArithmetic requantization = numeric::ScaleArithmetic::Fp32Multiplier;
};

}  // namespace systole::sim
