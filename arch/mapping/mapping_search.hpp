// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "arch/mapping/mapping_costs.hpp"
#include "arch/mapping/tiling.hpp"

/// The search for the mapping of a layer: loop order and tile sizes.
namespace systole::arch {

struct MappingChoice {
    ConvolutionTiling tiling;
    MappingEstimate estimate;
};

struct MappingResult {
    MappingChoice best;
    std::optional<MappingChoice> runnerUp;  ///< the next best one; empty where there is one only
    std::uint64_t candidates = 0;           ///< that fit
    std::uint64_t estimated = 0;            ///< whose steps were followed
};

/// What a layer brings to the search.
struct MappingTask {
    ConvolutionShape shape;
    numeric::ScaleArithmetic arithmetic = numeric::ScaleArithmetic::Fp32Multiplier;
    MappingOverride fixed;
    Cycle prefetch = 0;  ///< before the layer begins, in which its first weights may be loaded
};

/// The best candidate that fits: fewest estimated cycles, then fewest DRAM bytes (or the other way
/// round: machine.mapping.objective), then the first in the order of MappingSpace. The same for the
/// same input, always. A reduction is split into channel chunks only where nothing else fits or
/// where the sum does not depend on the order of the additions.
std::variant<MappingResult, DoesNotFit> searchMapping(const MachineConfig& machine,
                                                      const Datapath& datapath,
                                                      const MappingTask& task);

/// Whether a sum is the same in whatever order its products are added.
bool orderIsFree(const numeric::AccumulatorFormat& accumulator);

}  // namespace systole::arch
