// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/candidate_trial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "arch/mapping/mapping_timeline.hpp"

namespace systole::arch {
namespace {

/// DRAM may be so many times slower than estimated.
constexpr std::array kSlowdowns{1.5, 2.5};
/// Estimates err by this share at most, nearly always.
constexpr double kLoosely = 0.05;
/// A candidate that is estimated to be so many times worse than the best one cannot win.
constexpr double kHopeless = 1.5;
/// About so many cycles of a layer are replayed.
constexpr double kReplayedCycles = 40'000;
/// Candidates that this says are nearly as good as the best one are replayed further.
constexpr double kClose = 1.03;
constexpr double kFurtherCycles = 8 * kReplayedCycles;
/// A step is longer than this only where memories are unlimited, and then the estimate is good.
constexpr double kMostReplayedCycles = 2e6;

/// Candidates of the array's waits for operands that differ in what lies in the scratchpad.
bool liesAlike(const Found& left, const Found& right) {
    const ConvolutionTiling& l = left.candidate.tiling;
    const ConvolutionTiling& r = right.candidate.tiling;
    return std::tie(l.tileWidth, l.channelChunk, l.blocksPerChunk, l.groupsTogether) ==
           std::tie(r.tileWidth, r.channelChunk, r.blocksPerChunk, r.groupsTogether);
}

}  // namespace

std::vector<Found> CandidateTrial::run() {
    gather();
    dropHopeless();
    const std::vector<Found> estimated = finalists_;
    if (finalists_.size() < 2 || !replayAll()) {
        return {};
    }
    replayCloseOnesFurther(estimated);
    std::swap(finalists_.front(),
              finalists_[bestOf(scores(), kNearlyEqualReplays, newFoldsGain(task_.prefetch))]);
    return finalists_;
}

std::vector<MappingScore> CandidateTrial::scores() const {
    std::vector<MappingScore> scores;
    for (const Found& finalist : finalists_) {
        scores.push_back(scoreOf(machine_.mapping.objective, finalist.estimate, finalist.newFolds));
    }
    return scores;
}

void CandidateTrial::gather() {
    gatherAt(plain_);
    add(plain_.best(MappingObjective::Cycles, kLoosely));
    add(plain_.best(MappingObjective::DramBytes, kNearlyEqual));
    if (const auto found = plain_.bestFound(MappingObjective::Cycles, kNearlyEqual,
                                            [](const Found& other) { return !other.newFolds; })) {
        add(*found);
    }
    gatherVariants();
    for (const double slowdown : kSlowdowns) {
        CandidatePool pool(machine_, datapath_, task_, space_, slowdown);
        gatherAt(pool);
        estimated_ += pool.estimated();
    }
}

/// By the objectives that time matters to.
void CandidateTrial::gatherAt(CandidatePool& pool) {
    add(pool.best(MappingObjective::Cycles, kNearlyEqual));
    if (task_.energies != nullptr) {
        add(pool.best(MappingObjective::Energy, kNearlyEqual));
        add(pool.best(MappingObjective::EnergyDelay, kNearlyEqual));
    }
}

/// Where the array waits for operands, the best few candidates of which other words lie in a bank.
void CandidateTrial::gatherVariants() {
    constexpr int kVariants = 2;
    if (finalists_.front().candidate.reads.wait == 0) {
        return;
    }
    for (int i = 0; i < kVariants; ++i) {
        const auto other = plain_.bestFound(MappingObjective::Cycles, 0, [&](const Found& found) {
            return std::none_of(finalists_.begin(), finalists_.end(),
                                [&](const Found& known) { return liesAlike(known, found); });
        });
        if (!other) {
            return;
        }
        add(*other);
    }
}

void CandidateTrial::add(Found found) {
    const bool isNew =
        std::none_of(finalists_.begin(), finalists_.end(),
                     [&](const Found& finalist) { return finalist.place == found.place; });
    if (isNew) {
        found.estimate = estimateOf(plain_.costs(), found.candidate);
        finalists_.push_back(std::move(found));
    }
}

void CandidateTrial::dropHopeless() {
    const std::vector<MappingScore> all = scores();
    const double least =
        std::min_element(all.begin(), all.end(), [](const auto& left, const auto& right) {
            return left.first < right.first;
        })->first;
    std::vector<Found> kept;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].first <= kHopeless * least) {
            kept.push_back(std::move(finalists_[i]));
        }
    }
    finalists_ = std::move(kept);
}

bool CandidateTrial::replayAll() {
    return std::all_of(finalists_.begin(), finalists_.end(),
                       [&](Found& finalist) { return correct(finalist, kReplayedCycles); });
}

/// The first steps are not all steps: DRAM that has nothing to do at the end of them still takes
/// energy. What is short enough is replayed whole so.
void CandidateTrial::replayCloseOnesFurther(const std::vector<Found>& estimated) {
    const std::vector<MappingScore> all = scores();
    const double least =
        std::min_element(all.begin(), all.end(), [](const auto& left, const auto& right) {
            return left.first < right.first;
        })->first;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].first > kClose * least) continue;
        Found again = estimated[i];
        if (correct(again, kFurtherCycles)) finalists_[i] = std::move(again);
    }
}

/// Scales the estimate by what the first steps take on the machine. Energy on the chip grows with
/// the work, that of DRAM with its bursts, and the rest with time.
bool CandidateTrial::correct(Found& finalist, double replayedCycles) const {
    const HeadEstimate head = estimateHead(costsAt(1, 0), finalist.candidate, replayedCycles);
    const double bursts = head.dram.reads + head.dram.writes;
    if (head.cycles > kMostReplayedCycles || head.cycles <= 0 || bursts <= 0) {
        return false;
    }
    const CandidateReplay::Costs costs =
        task_.replay->replay(finalist.candidate.tiling, head.steps);
    MappingEstimate& estimate = finalist.estimate;
    const auto measured = static_cast<double>(costs.cycles);
    const double cycles = static_cast<double>(estimate.cycles) * measured / head.cycles;
    estimate.cycles = static_cast<Cycle>(std::llround(cycles));
    estimate.dramBytes = static_cast<std::uint64_t>(std::llround(
        static_cast<double>(estimate.dramBytes) * static_cast<double>(costs.bursts) / bursts));
    if (task_.energies == nullptr) {
        return true;
    }
    const double share =
        head.isWhole ? 1
                     : static_cast<double>(task_.shape.macs()) / static_cast<double>(costs.macs);
    const double dram = head.dram.joules(*task_.energies);
    estimate.energy.chip = costs.energy.chip * share;
    estimate.energy.dram *= dram > 0 ? costs.energy.dram / dram : 1;
    estimate.energy.idle = costs.energy.idle / measured * cycles;
    return true;
}

}  // namespace systole::arch
