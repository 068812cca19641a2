// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_search.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <tuple>
#include <vector>

#include "arch/mapping/mapping_space.hpp"
#include "arch/mapping/mapping_timeline.hpp"
#include "arch/mapping/tile_fit.hpp"

namespace systole::arch {
namespace {

/// One search. It collects all candidates that fit with a lower bound of each, then estimates them
/// in the order of the bounds until no bound is good enough for the first or second place.
class Search {
public:
    Search(const MachineConfig& machine, const Datapath& datapath, const MappingTask& task)
        : objective_(machine.mapping.objective),
          splitsFreely_(task.shape.groups > 1 || orderIsFree(machine.datapath.accumulator)),
          space_(machine.array, task.shape, task.fixed),
          fit_(machine, datapath, task.shape, task.arithmetic),
          costs_(machine, datapath, task.shape, task.arithmetic, task.prefetch),
          laneStalls_(space_.channelChunks().size() * space_.columns().size()) {}

    std::variant<MappingResult, DoesNotFit> run() {
        collect();
        if (open_.empty()) {
            const MappingCandidate smallest = space_.smallest();
            return DoesNotFit{fit_.problemOf(smallest.tiling).value_or("nothing fits")};
        }
        MappingResult result;
        result.candidates = open_.size();
        estimateWhatMayBeBest();
        result.estimated = found_.size();
        const auto before = [](const Found& left, const Found& right) {
            return left.rank < right.rank;
        };
        std::sort(found_.begin(), found_.end(), before);
        result.best = found_[0].choice;
        if (found_.size() > 1) {
            result.runnerUp = found_[1].choice;
        }
        return result;
    }

private:
    /// Cycles and bytes in the order of the objective, then the place in the space. Smaller is
    /// better.
    using Rank = std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>;

    /// A candidate that fits, as places in the lists of the space; small, because there may be
    /// many. `rank` holds the lower bound of its cycles.
    struct Open {
        Rank rank;
        std::uint16_t channels;
        std::uint16_t plan;
        std::uint16_t row;
        std::uint16_t column;
        bool weightsOuter;
    };
    /// Puts the smallest rank on top of a priority queue.
    struct Later {
        bool operator()(const Open& left, const Open& right) const {
            return right.rank < left.rank;
        }
    };
    struct Found {
        Rank rank;
        MappingChoice choice;
    };

    Rank rankOf(Cycle cycles, std::uint64_t bytes, std::uint32_t place) const {
        return objective_ == MappingObjective::Cycles ? Rank{cycles, bytes, place}
                                                      : Rank{bytes, cycles, place};
    }

    void collect() {
        std::uint32_t place = 0;
        for (std::size_t channels = 0; channels < space_.channelChunks().size(); ++channels) {
            for (std::size_t plan = 0; plan < space_.plans().size(); ++plan) {
                for (std::size_t row = 0; row < space_.rows().size(); ++row) {
                    for (std::size_t column = 0; column < space_.columns().size(); ++column) {
                        consider(channels, plan, row, column, place);
                        place += 2;
                    }
                }
            }
            if (!open_.empty() && !splitsFreely_) {
                return;
            }
        }
    }

    void consider(std::size_t channels, std::size_t plan, std::size_t row, std::size_t column,
                  std::uint32_t place) {
        MappingCandidate candidate = space_.candidate(channels, plan, row, column, true);
        if (!fit_.fits(candidate.tiling)) {
            return;
        }
        candidate.laneStall = laneStall(channels, column, candidate);
        for (const bool weightsOuter : space_.loopOrders(plan, row, column)) {
            candidate.tiling.weightsOuter = weightsOuter;
            const DramTraffic traffic = costs_.traffic(candidate);
            const double least = std::max(0.0, costs_.leastCycles(candidate, traffic));
            open_.push_back({rankOf(static_cast<Cycle>(std::llround(least)), traffic.total(),
                                    place + (weightsOuter ? 0 : 1)),
                             static_cast<std::uint16_t>(channels), static_cast<std::uint16_t>(plan),
                             static_cast<std::uint16_t>(row), static_cast<std::uint16_t>(column),
                             weightsOuter});
        }
    }

    /// The stall depends on few choices and is needed for every candidate, so it is kept.
    double laneStall(std::size_t channels, std::size_t column, const MappingCandidate& candidate) {
        const std::uint32_t loaded = fit_.loadedChannels(candidate.tiling);
        if (candidate.tiling.channelChunk == 0) {
            return costs_.laneStall(*candidate.columns, loaded);
        }
        std::optional<double>& known = laneStalls_[channels * space_.columns().size() + column];
        if (!known) {
            known = costs_.laneStall(*candidate.columns, loaded);
        }
        return *known;
    }

    /// Estimates the candidates with the best bounds first. It stops when no bound is left that
    /// could beat the second best estimate: a bound is never above its estimate.
    void estimateWhatMayBeBest() {
        std::priority_queue<Open, std::vector<Open>, Later> open(Later{}, std::move(open_));
        std::vector<Rank> leaders;  // the two best so far
        while (!open.empty() && (leaders.size() < 2 || open.top().rank < leaders.back())) {
            const Open next = open.top();
            open.pop();
            MappingCandidate candidate = space_.candidate(next.channels, next.plan, next.row,
                                                          next.column, next.weightsOuter);
            candidate.tiling = fit_.withBuffers(candidate.tiling);
            candidate.laneStall = laneStall(next.channels, next.column, candidate);
            const MappingEstimate estimate = estimateOf(costs_, candidate);
            const Rank rank =
                rankOf(estimate.cycles, estimate.traffic.total(), std::get<2>(next.rank));
            found_.push_back({rank, {candidate.tiling, estimate}});
            leaders.insert(std::upper_bound(leaders.begin(), leaders.end(), rank), rank);
            leaders.resize(std::min<std::size_t>(leaders.size(), 2));
        }
    }

    MappingObjective objective_;
    bool splitsFreely_;
    MappingSpace space_;
    TileFit fit_;
    MappingCosts costs_;
    std::vector<std::optional<double>> laneStalls_;  ///< by channel chunk and tile width
    std::vector<Open> open_;
    std::vector<Found> found_;
};

}  // namespace

bool orderIsFree(const numeric::AccumulatorFormat& accumulator) {
    if (accumulator.chunk) {
        return false;
    }
    if (const auto* integer = std::get_if<numeric::IntegerRegister>(&accumulator.sum)) {
        return integer->overflow == numeric::Overflow::Wrap;
    }
    return std::holds_alternative<numeric::ExactRegister>(accumulator.sum);
}

std::variant<MappingResult, DoesNotFit> searchMapping(const MachineConfig& machine,
                                                      const Datapath& datapath,
                                                      const MappingTask& task) {
    return Search(machine, datapath, task).run();
}

}  // namespace systole::arch
