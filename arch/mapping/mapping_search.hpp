// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "arch/mapping/candidate_replay.hpp"
#include "arch/mapping/mapping_costs.hpp"
#include "arch/mapping/tiling.hpp"

/// The search for the mapping of a layer: its tile sizes and loop order (docs/mapping.md). It is
/// the entry to this folder: sim/lowering calls it for every convolution, and `--explain` shows
/// what it found.
///
/// The example of tiling.hpp on the machine of unit_costs.hpp: all 1458 candidates fit, because the
/// scratchpads of that machine are unlimited. Few of them are estimated: the bounds of the others
/// say that they cannot win.
namespace systole::arch {

/// A tiling and what it is estimated to cost.
struct MappingChoice {
    ConvolutionTiling tiling;
    MappingEstimate estimate;
};

/// What the search found.
struct MappingResult {
    MappingChoice best;
    /// The best of the others that were estimated; empty if only one candidate fits.
    std::optional<MappingChoice> runnerUp;
    std::uint64_t candidates = 0;  ///< number of candidates that fit
    std::uint64_t estimated = 0;   ///< number of candidates whose steps were followed
    std::uint64_t replayed = 0;    ///< number of candidates that ran on the machine
};

/// The layer that the search is for.
struct MappingTask {
    ConvolutionShape shape;
    numeric::ScaleArithmetic arithmetic = numeric::ScaleArithmetic::Fp32Multiplier;
    MappingOverride fixed;  ///< what the user has fixed; the rest is searched
    Cycle prefetch = 0;     ///< cycles before the layer in which its first weights can be loaded
    const ActionEnergies* energies = nullptr;  ///< where the objective needs them
    CandidateReplay* replay = nullptr;         ///< null: the estimate alone decides
};

/// The best candidate that fits, by machine.mapping.objective (mapping_objective.hpp). The same
/// input always gives the same result. A reduction is split into channel chunks only where no sum
/// changes its value (orderIsFree, keepsFolds), or where nothing else fits. If no candidate fits,
/// the result says why the smallest one does not.
///
/// With a replay the machine decides among the best few candidates (candidate_trial.hpp): their
/// first steps are replayed, and the estimates corrected by what they took.
std::variant<MappingResult, DoesNotFit> searchMapping(const MachineConfig& machine,
                                                      const Datapath& datapath,
                                                      const MappingTask& task);

/// Whether a sum is the same in whatever order its products are added. It is for `int32` that wraps
/// and for `exact`; it is not for `fp32`, for integers that saturate and for chunked sums
/// (docs/arithmetic.md).
bool orderIsFree(const numeric::AccumulatorFormat& accumulator);

}  // namespace systole::arch
