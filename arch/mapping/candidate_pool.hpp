// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "arch/mapping/mapping_objective.hpp"
#include "arch/mapping/mapping_search.hpp"
#include "arch/mapping/mapping_space.hpp"
#include "arch/mapping/tile_fit.hpp"

/// The candidates of a layer that fit, with lower bounds of what each of them costs, and estimates
/// of the few that may be the best of all. searchMapping asks it for the best one by an objective.
///
/// An example: bounds of 900, 950 and 1200 cycles. The first candidate is estimated at 940 cycles,
/// the second one at 1000. The third one is never estimated, because its bound is too far above 940
/// to win.
namespace systole::arch {

/// A candidate whose steps were followed.
struct Found {
    MappingCandidate candidate;
    MappingEstimate estimate;
    bool newFolds = false;    ///< MappingScore
    std::uint32_t place = 0;  ///< in the order of the space
};

class CandidatePool {
public:
    /// Keeps references to all of them. With DRAM that is `slowdown` times slower than estimated.
    CandidatePool(const MachineConfig& machine, const Datapath& datapath, const MappingTask& task,
                  const MappingSpace& space, double slowdown);

    /// Candidates that fit, and those that were estimated so far.
    std::uint64_t size() const { return open_.size(); }
    std::uint64_t estimated() const { return found_.size(); }
    const MappingCosts& costs() const { return costs_; }

    /// The best candidate of a pool that is not empty.
    Found best(MappingObjective objective, double nearlyEqual);
    /// The best one of those estimated so far that are wanted; empty if none is.
    std::optional<Found> bestFound(MappingObjective objective, double nearlyEqual,
                                   const std::function<bool(const Found&)>& isWanted) const;

private:
    /// A candidate that fits, as places in the lists of the space; small, because there may be
    /// many. The figures are lower bounds.
    struct Open {
        double cycles = 0;
        double bytes = 0;
        double joules = 0;
        std::uint32_t place;
        std::uint16_t channels;
        std::uint16_t plan;
        std::uint16_t row;
        std::uint16_t column;
        bool weightsOuter;
        bool newFolds;
    };

    bool keepsSums(std::uint32_t channels) const;
    void collect();
    void consider(std::size_t channels, std::size_t plan, std::size_t row, std::size_t column,
                  std::uint32_t place);
    void setBounds(Open& open, const MappingCandidate& candidate) const;
    void estimateWhatMayBeBest(MappingObjective objective, double nearlyEqual);
    void estimate(const Open& open);

    const MachineConfig& machine_;
    const MappingTask& task_;
    const MappingSpace& space_;
    TileFit fit_;
    MappingCosts costs_;
    std::vector<Open> open_;
    std::vector<Found> found_;
    std::unordered_map<std::uint32_t, std::size_t> foundAt_;  ///< in found_, by place
};

}  // namespace systole::arch
