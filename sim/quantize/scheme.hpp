// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/numeric/formats/format.hpp"
#include "models/numeric/sums/accumulator.hpp"
#include "models/numeric/sums/requantize.hpp"

namespace systole::sim {

/// Formats of matrix work: of the activations and the weights that it reads, and of its sums.
struct WorkFormats {
    numeric::Format activation;
    numeric::Format weight;
    numeric::AccumulatorFormat accumulator;
};

/// Layers that have formats of their own.
struct LayerFormats {
    std::string layers;  ///< a node's name, in which `*` stands for any text
    WorkFormats formats;
    std::string origin;  ///< where it is written, for messages

    bool names(const std::string& layer) const;
};

/// How to quantize; read from configs/schemes.
struct Scheme {
    enum class Granularity { PerTensor, PerChannel };
    static constexpr std::array kGranularityNames{"per_tensor", "per_channel"};
    std::string name;
    numeric::Format activation;
    numeric::Format weight;
    numeric::AccumulatorFormat accumulator;
    Granularity weightGranularity = Granularity::PerChannel;
    /// How many times the largest sum of the calibration images the accumulator holds at least; 0:
    /// only biases are sure to fit (docs/arithmetic.md, section 3).
    double accumulatorHeadroom = 1.5;
    std::uint32_t calibrationImages = 64;
    numeric::ScaleArithmetic requantization = numeric::ScaleArithmetic::Fp32Multiplier;
    std::vector<LayerFormats> layers{};

    /// Of matrix work: those of the first entry of `layers` that names it, or the scheme's.
    WorkFormats formatsOf(const std::string& layer) const;
};

}  // namespace systole::sim
