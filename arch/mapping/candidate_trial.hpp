// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "arch/mapping/candidate_pool.hpp"

/// Candidates that run on the machine, because an estimate is not sure enough to choose by
/// (docs/mapping.md). Whatever the objective, the best candidates of all of them are finalists, as
/// if DRAM were as fast as estimated, and slower. So what one objective chooses, the others have
/// seen as well.
///
/// An example: `cycles` estimates candidate A at 1000 cycles and B at 1020; `dram_bytes` would take
/// B. Their first steps take A 12 % longer than estimated, and B 1 %. So `cycles` takes B.
namespace systole::arch {

class CandidateTrial {
public:
    /// Keeps references to all of them. `plain` has the estimates of DRAM as it is.
    CandidateTrial(const MachineConfig& machine, const Datapath& datapath, const MappingTask& task,
                   const MappingSpace& space, CandidatePool& plain)
        : machine_(machine), datapath_(datapath), task_(task), space_(space), plain_(plain) {}

    /// The finalists, with estimates corrected by what their first steps took on the machine; the
    /// best one first. Empty where there is but one, or where a step is too long to be replayed.
    std::vector<Found> run();
    /// Candidates that were estimated for it, without those of `plain`.
    std::uint64_t estimated() const { return estimated_; }

private:
    void gather();
    void gatherAt(CandidatePool& pool);
    void gatherVariants();
    void add(Found found);
    void dropHopeless();
    bool replayAll();
    void replayCloseOnesFurther(const std::vector<Found>& estimated);
    bool correct(Found& finalist, double replayedCycles) const;
    MappingCosts costsAt(double slowdown, Cycle prefetch) const {
        return {machine_, datapath_, task_.shape, task_.arithmetic,
                CostOptions{prefetch, slowdown, task_.energies}};
    }
    std::vector<MappingScore> scores() const;

    const MachineConfig& machine_;
    const Datapath& datapath_;
    const MappingTask& task_;
    const MappingSpace& space_;
    CandidatePool& plain_;
    std::vector<Found> finalists_;
    std::uint64_t estimated_ = 0;
};

}  // namespace systole::arch
