// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "arch/config.hpp"

/// How the loop nest of a GEMM is cut into folds (docs/array.md). sim/lowering writes a Stream for
/// every fold, and the mapping counts them with the same limits.
///
/// An example: 112 outputs, 288 reduction indices and 16 channels on an array of 16 x 16. Weight
/// stationary, it has 18 folds of 112 outputs and 16 reduction indices. Output stationary, it has 7
/// folds of 16 outputs and all 288 reduction indices.
namespace systole::arch {

/// The part of the output positions and of the reduction that one fold works on.
struct Fold {
    std::uint32_t outputBegin = 0;
    std::uint32_t outputs = 1;
    std::uint32_t kBegin = 0;
    std::uint32_t reduction = 1;
};

/// The largest parts that the array holds. A 0 means that the dimension lies along time and is not
/// cut.
struct FoldLimits {
    std::uint32_t outputs = 0;
    std::uint32_t reduction = 0;
    std::uint32_t channels = 0;
};

inline FoldLimits foldLimits(const ArrayConfig& array) {
    switch (array.dataflow) {
        case Dataflow::WeightStationary:
            return {0, array.rows, array.columns};
        case Dataflow::OutputStationary:
            return {array.rows, 0, array.columns};
        case Dataflow::InputStationary:
            return {array.columns, array.rows, 0};
    }
    return {};
}

/// The most products that a fold adds up before its sum is added to the accumulator buffer's.
inline std::size_t foldReduction(const ArrayConfig& array) {
    const std::uint32_t limit = foldLimits(array).reduction;
    return limit == 0 ? std::numeric_limits<std::size_t>::max() : limit;
}

/// Visits the folds of `outputs` x `reduction`. The inner loop is over the reduction, ascending.
template <typename Visit>
void forEachFold(const ArrayConfig& array, std::uint32_t outputs, std::uint32_t reduction,
                 Visit&& visit) {
    const FoldLimits limits = foldLimits(array);
    const std::uint32_t outputStep = limits.outputs == 0 ? outputs : limits.outputs;
    const std::uint32_t reductionStep = limits.reduction == 0 ? reduction : limits.reduction;
    for (std::uint32_t m = 0; m < outputs; m += outputStep) {
        for (std::uint32_t k = 0; k < reduction; k += reductionStep) {
            visit(Fold{.outputBegin = m,
                       .outputs = std::min(outputStep, outputs - m),
                       .kBegin = k,
                       .reduction = std::min(reductionStep, reduction - k)});
        }
    }
}

/// Steps of a fold: its size in the dimension that lies along time.
inline std::uint32_t foldSteps(const ArrayConfig& array, const Fold& fold, std::uint32_t channels) {
    switch (array.dataflow) {
        case Dataflow::WeightStationary:
            return fold.outputs;
        case Dataflow::OutputStationary:
            return fold.reduction;
        case Dataflow::InputStationary:
            return channels;
    }
    return 0;
}

}  // namespace systole::arch
