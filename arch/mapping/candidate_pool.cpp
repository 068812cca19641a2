// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/candidate_pool.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "arch/mapping/mapping_timeline.hpp"

namespace systole::arch {
namespace {

/// Whether sums may be added in another order where that changes no fold. Chunks and random bits
/// count from the beginning of a load, so there it may not.
bool knowsFolds(const numeric::AccumulatorFormat& accumulator) {
    return !accumulator.chunk && !numeric::isStochastic(accumulator);
}

}  // namespace

CandidatePool::CandidatePool(const MachineConfig& machine, const Datapath& datapath,
                             const MappingTask& task, const MappingSpace& space, double slowdown)
    : machine_(machine),
      task_(task),
      space_(space),
      fit_(machine, datapath, task.shape, task.arithmetic),
      costs_(machine, datapath, task.shape, task.arithmetic,
             {task.prefetch, slowdown, task.energies}) {
    collect();
}

/// Whether this channel chunk may be taken where another one fits.
bool CandidatePool::keepsSums(std::uint32_t channels) const {
    const numeric::AccumulatorFormat& accumulator = machine_.datapath.accumulator;
    return task_.shape.groups > 1 || channels >= task_.shape.inputChannels ||
           orderIsFree(accumulator) ||
           (knowsFolds(accumulator) && keepsFolds(machine_.array, task_.shape, channels));
}

void CandidatePool::collect() {
    std::uint32_t place = 0;
    for (std::size_t channels = 0; channels < space_.channelChunks().size(); ++channels) {
        if (!open_.empty() && !keepsSums(space_.channelChunks()[channels])) {
            continue;
        }
        for (std::size_t plan = 0; plan < space_.plans().size(); ++plan) {
            for (std::size_t row = 0; row < space_.rows().size(); ++row) {
                for (std::size_t column = 0; column < space_.columns().size(); ++column) {
                    consider(channels, plan, row, column, place);
                    place += 2;
                }
            }
        }
    }
}

void CandidatePool::consider(std::size_t channels, std::size_t plan, std::size_t row,
                             std::size_t column, std::uint32_t place) {
    MappingCandidate candidate = space_.candidate(channels, plan, row, column, true);
    if (!fit_.fits(candidate.tiling)) {
        return;
    }
    candidate.reads = costs_.operandReads(candidate);
    const bool newFolds = candidate.tiling.splits(task_.shape) &&
                          !keepsFolds(machine_.array, task_.shape, candidate.tiling.channelChunk);
    for (const bool weightsOuter : space_.loopOrders(plan, row, column)) {
        candidate.tiling.weightsOuter = weightsOuter;
        Open open{.place = place + (weightsOuter ? 0 : 1),
                  .channels = static_cast<std::uint16_t>(channels),
                  .plan = static_cast<std::uint16_t>(plan),
                  .row = static_cast<std::uint16_t>(row),
                  .column = static_cast<std::uint16_t>(column),
                  .weightsOuter = weightsOuter,
                  .newFolds = newFolds};
        setBounds(open, candidate);
        open_.push_back(open);
    }
}

/// Below the estimate, whose figures are rounded.
void CandidatePool::setBounds(Open& open, const MappingCandidate& candidate) const {
    const DramTraffic traffic = costs_.traffic(candidate);
    open.cycles = std::floor(std::max(0.0, costs_.leastCycles(candidate, traffic)));
    open.bytes =
        std::floor(costs_.leastBursts(candidate, traffic) * costs_.transfers().burstBytes());
    open.joules =
        task_.energies != nullptr ? costs_.leastEnergy(candidate, traffic, open.cycles).total() : 0;
}

void CandidatePool::estimate(const Open& open) {
    MappingCandidate candidate =
        space_.candidate(open.channels, open.plan, open.row, open.column, open.weightsOuter);
    candidate.tiling = fit_.withBuffers(candidate.tiling);
    candidate.reads = costs_.operandReads(candidate);
    foundAt_.emplace(open.place, found_.size());
    found_.push_back({candidate, estimateOf(costs_, candidate), open.newFolds, open.place});
}

/// Estimates the candidates with the best bounds first. It stops where a bound is too far above
/// the least first figure to win, because it is never above its estimate. Bounds in between can win
/// by the second figure alone.
void CandidatePool::estimateWhatMayBeBest(MappingObjective objective, double nearlyEqual) {
    const auto boundOf = [&](const Open& open) {
        return scoreOf(objective, open.cycles, open.bytes, open.joules, open.newFolds);
    };
    std::vector<std::pair<double, std::uint32_t>> order;
    order.reserve(open_.size());
    for (std::uint32_t i = 0; i < open_.size(); ++i) {
        order.emplace_back(boundOf(open_[i]).first, i);
    }
    std::sort(order.begin(), order.end());
    std::vector<MappingScore> scores;
    const double gain = newFoldsGain(task_.prefetch);
    double least = std::numeric_limits<double>::infinity();
    std::size_t best = 0;
    for (const auto& [bound, i] : order) {
        const bool enough = scores.size() >= 2;
        const double room =
            (1 + nearlyEqual) * (!scores.empty() && scores[best].newFolds ? 1 + gain : 1);
        if (enough && bound > least * room) {
            break;
        }
        const Open& next = open_[i];
        if (enough && bound >= least && !isBetterOfEquals(boundOf(next), scores[best])) {
            continue;
        }
        if (!foundAt_.contains(next.place)) {
            estimate(next);
        }
        scores.push_back(
            scoreOf(objective, found_[foundAt_.at(next.place)].estimate, next.newFolds));
        if (scores.back().first <= least * room) {
            best = bestOf(scores, nearlyEqual, gain);
            least = std::min(least, scores.back().first);
        }
    }
}

Found CandidatePool::best(MappingObjective objective, double nearlyEqual) {
    estimateWhatMayBeBest(objective, nearlyEqual);
    return *bestFound(objective, nearlyEqual, [](const Found&) { return true; });
}

std::optional<Found> CandidatePool::bestFound(
    MappingObjective objective, double nearlyEqual,
    const std::function<bool(const Found&)>& isWanted) const {
    std::vector<const Found*> wanted;
    std::vector<MappingScore> scores;
    for (const Found& found : found_) {
        if (isWanted(found)) {
            wanted.push_back(&found);
            scores.push_back(scoreOf(objective, found.estimate, found.newFolds));
        }
    }
    if (wanted.empty()) {
        return std::nullopt;
    }
    return *wanted[bestOf(scores, nearlyEqual, newFoldsGain(task_.prefetch))];
}

}  // namespace systole::arch
