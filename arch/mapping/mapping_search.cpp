// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "arch/mapping/mapping_objective.hpp"
#include "arch/mapping/mapping_space.hpp"
#include "arch/mapping/mapping_timeline.hpp"
#include "arch/mapping/tile_fit.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

/// A candidate whose steps were followed.
struct Found {
    MappingCandidate candidate;
    MappingEstimate estimate;
    std::uint32_t place = 0;  ///< in the order of the space
};

/// Whether sums may be added in another order where that changes no fold. Chunks and random bits
/// count from the beginning of a load, so there it may not.
bool knowsFolds(const numeric::AccumulatorFormat& accumulator) {
    return !accumulator.chunk && !numeric::isStochastic(accumulator);
}

/// One search. It collects all candidates that fit with a lower bound of each, then estimates them
/// in the order of the bounds until no bound is left that could win.
class Search {
public:
    /// Candidates whose first figures lie within the share `nearlyEqual` of the least one go by the
    /// second.
    Search(const MachineConfig& machine, const Datapath& datapath, const MappingTask& task,
           double slowdown, double nearlyEqual)
        : nearlyEqual_(nearlyEqual),
          objective_(machine.mapping.objective),
          accumulator_(machine.datapath.accumulator),
          array_(machine.array),
          shape_(task.shape),
          space_(machine.array, task.shape, task.fixed),
          fit_(machine, datapath, task.shape, task.arithmetic),
          costs_(machine, datapath, task.shape, task.arithmetic,
                 {task.prefetch, slowdown, task.energies}),
          laneStalls_(space_.channelChunks().size() * space_.columns().size() * 2) {}

    /// All that were estimated, the best one first. It is empty if nothing fits.
    std::vector<Found> run() {
        collect();
        std::sort(open_.begin(), open_.end(), [](const Open& left, const Open& right) {
            return std::tuple(left.least.first, left.place) <
                   std::tuple(right.least.first, right.place);
        });
        estimateWhatMayBeBest();
        if (!found_.empty()) {
            std::swap(found_.front(), found_[best_]);
        }
        return std::move(found_);
    }

    std::uint64_t candidates() const { return open_.size(); }
    std::string problem() const {
        return fit_.problemOf(space_.smallest().tiling).value_or("nothing fits");
    }
    const MappingCosts& costs() const { return costs_; }
    bool newFolds(const ConvolutionTiling& tiling) const {
        return tiling.splits(shape_) && !keepsFolds(array_, shape_, tiling.channelChunk);
    }

private:
    /// A candidate that fits, as places in the lists of the space; small, because there may be
    /// many. `least` holds lower bounds.
    struct Open {
        MappingScore least;
        std::uint32_t place;
        std::uint16_t channels;
        std::uint16_t plan;
        std::uint16_t row;
        std::uint16_t column;
        bool weightsOuter;
    };

    /// Whether this channel chunk may be taken where another one fits.
    bool keepsSums(std::uint32_t channels) const {
        return shape_.groups > 1 || channels >= shape_.inputChannels || orderIsFree(accumulator_) ||
               (knowsFolds(accumulator_) && keepsFolds(array_, shape_, channels));
    }

    void collect() {
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

    void consider(std::size_t channels, std::size_t plan, std::size_t row, std::size_t column,
                  std::uint32_t place) {
        MappingCandidate candidate = space_.candidate(channels, plan, row, column, true);
        if (!fit_.fits(candidate.tiling)) {
            return;
        }
        candidate.laneStall = laneStall(channels, column, candidate);
        for (const bool weightsOuter : space_.loopOrders(plan, row, column)) {
            candidate.tiling.weightsOuter = weightsOuter;
            open_.push_back({leastOf(candidate), place + (weightsOuter ? 0 : 1),
                             static_cast<std::uint16_t>(channels), static_cast<std::uint16_t>(plan),
                             static_cast<std::uint16_t>(row), static_cast<std::uint16_t>(column),
                             weightsOuter});
        }
    }

    /// Below the score of the estimate, whose figures are rounded.
    MappingScore leastOf(const MappingCandidate& candidate) const {
        const DramTraffic traffic = costs_.traffic(candidate);
        const double cycles = std::floor(std::max(0.0, costs_.leastCycles(candidate, traffic)));
        const double bytes =
            std::floor(costs_.leastBursts(candidate, traffic) * costs_.transfers().burstBytes());
        const double joules =
            needsEnergies(objective_) ? costs_.leastJoules(candidate, traffic, cycles) : 0;
        return scoreOf(objective_, cycles * (newFolds(candidate.tiling) ? 1 + kNewFolds : 1), bytes,
                       joules);
    }

    /// The stall depends on few choices and is needed for every candidate, so it is kept.
    double laneStall(std::size_t channels, std::size_t column, const MappingCandidate& candidate) {
        const std::uint32_t loaded = fit_.loadedChannels(candidate.tiling);
        const std::uint32_t groups = candidate.tiling.groupsTogether;
        if (candidate.tiling.channelChunk == 0) {
            return costs_.laneStall(*candidate.columns, loaded, groups);
        }
        std::optional<double>& known =
            laneStalls_[(channels * space_.columns().size() + column) * 2 + (groups > 1 ? 1 : 0)];
        if (!known) {
            known = costs_.laneStall(*candidate.columns, loaded, groups);
        }
        return *known;
    }

    /// Estimates the candidates with the best bounds first. It stops where a bound is too far above
    /// the least first figure to win, because it is never above its estimate. Bounds in between can
    /// win by the second figure alone.
    void estimateWhatMayBeBest() {
        double least = std::numeric_limits<double>::infinity();
        for (const Open& next : open_) {
            const bool enough = scores_.size() >= 2;
            if (enough && next.least.first > least * (1 + nearlyEqual_)) {
                break;
            }
            if (enough && next.least.first >= least && next.least.second >= scores_[best_].second) {
                continue;
            }
            MappingCandidate candidate = space_.candidate(next.channels, next.plan, next.row,
                                                          next.column, next.weightsOuter);
            candidate.tiling = fit_.withBuffers(candidate.tiling);
            candidate.laneStall = laneStall(next.channels, next.column, candidate);
            found_.push_back({candidate, estimateOf(costs_, candidate), next.place});
            scores_.push_back(
                scoreOf(objective_, found_.back().estimate, newFolds(candidate.tiling)));
            if (scores_.back().first <= least * (1 + nearlyEqual_)) {
                best_ = bestOf(scores_, nearlyEqual_);
                least = std::min(least, scores_.back().first);
            }
        }
    }

    double nearlyEqual_;
    MappingObjective objective_;
    const numeric::AccumulatorFormat& accumulator_;
    const ArrayConfig& array_;
    const ConvolutionShape& shape_;
    MappingSpace space_;
    TileFit fit_;
    MappingCosts costs_;
    std::vector<std::optional<double>> laneStalls_;  ///< by channel chunk, tile width and packing
    std::vector<Open> open_;
    std::vector<Found> found_;
    std::vector<MappingScore> scores_;  ///< of found_
    std::size_t best_ = 0;              ///< in found_
};

/// Where the best candidate depends on how fast DRAM is, lets the machine choose among those that
/// would be best at several speeds.
class Trial {
public:
    Trial(const MachineConfig& machine, const Datapath& datapath, const MappingTask& task,
          const Search& plain)
        : machine_(machine), datapath_(datapath), task_(task), plain_(plain) {}

    /// Puts the best candidate first.
    void run(std::vector<Found>& found, MappingResult& result) {
        if (isSure(found.front())) {
            return;
        }
        gather(found, result);
        std::vector<MappingScore> scores;
        for (Found& finalist : finalists_) {
            if (correct(finalist)) {
                ++result.replayed;
            }
            scores.push_back(scoreOf(machine_.mapping.objective, finalist.estimate,
                                     plain_.newFolds(finalist.candidate.tiling)));
        }
        std::swap(finalists_.front(), finalists_[bestOf(scores)]);
        found = finalists_;
    }

private:
    /// DRAM is this many times slower than estimated, at most.
    static constexpr double kWorst = 2.5;
    static constexpr double kBetween = 1.5;
    /// Estimates err by this share at most, nearly always.
    static constexpr double kLoosely = 0.05;
    /// About so many cycles of a layer are replayed.
    static constexpr double kReplayedCycles = 40'000;
    /// A step is longer than this only where memories are unlimited, and then the estimate is good.
    static constexpr double kMostReplayedCycles = 2e6;

    MappingCosts costsAt(double slowdown, Cycle prefetch) const {
        return {machine_, datapath_, task_.shape, task_.arithmetic,
                CostOptions{prefetch, slowdown, task_.energies}};
    }

    bool isSure(const Found& best) const {
        const MappingEstimate slow = estimateOf(costsAt(kWorst, task_.prefetch), best.candidate);
        return static_cast<double>(slow.cycles) <=
               static_cast<double>(best.estimate.cycles) * (1 + kNearlyEqual);
    }

    void gather(const std::vector<Found>& found, MappingResult& result) {
        struct Question {
            double slowdown;
            double nearlyEqual;
        };
        add(found.front());
        for (const Question& question :
             {Question{1, kLoosely}, {kBetween, kNearlyEqual}, {kWorst, kNearlyEqual}}) {
            searches_.push_back(std::make_unique<Search>(machine_, datapath_, task_,
                                                         question.slowdown, question.nearlyEqual));
            const std::vector<Found> others = searches_.back()->run();
            result.estimated += others.size();
            Found other = others.front();
            other.estimate = estimateOf(plain_.costs(), other.candidate);
            add(other);
        }
    }

    void add(const Found& found) {
        const bool isNew =
            std::none_of(finalists_.begin(), finalists_.end(),
                         [&](const Found& finalist) { return finalist.place == found.place; });
        if (isNew) {
            finalists_.push_back(found);
        }
    }

    /// Scales the estimate by what the first steps take on the machine.
    bool correct(Found& finalist) const {
        const HeadEstimate head = estimateHead(costsAt(1, 0), finalist.candidate, kReplayedCycles);
        if (head.cycles > kMostReplayedCycles || head.cycles <= 0 || head.bursts <= 0) {
            return false;
        }
        const CandidateReplay::Costs costs =
            task_.replay->replay(finalist.candidate.tiling, head.steps);
        MappingEstimate& estimate = finalist.estimate;
        const double cycles = static_cast<double>(costs.cycles) / head.cycles;
        const double bursts = static_cast<double>(costs.bursts) / head.bursts;
        const double before = static_cast<double>(estimate.cycles);
        estimate.cycles = static_cast<Cycle>(std::llround(before * cycles));
        estimate.dramBytes = static_cast<std::uint64_t>(
            std::llround(static_cast<double>(estimate.dramBytes) * bursts));
        if (task_.energies != nullptr) {
            estimate.joules +=
                (static_cast<double>(estimate.cycles) - before) * task_.energies->cycle;
        }
        return true;
    }

    const MachineConfig& machine_;
    const Datapath& datapath_;
    const MappingTask& task_;
    const Search& plain_;
    std::vector<std::unique_ptr<Search>> searches_;  ///< whose spaces the finalists lead into
    std::vector<Found> finalists_;
};

MappingChoice choiceOf(const Found& found) { return {found.candidate.tiling, found.estimate}; }

/// The second best of those found, the first of which is the best.
std::optional<MappingChoice> runnerUpOf(MappingObjective objective, const Search& search,
                                        const std::vector<Found>& found) {
    if (found.size() < 2) {
        return std::nullopt;
    }
    std::vector<MappingScore> scores;
    for (std::size_t i = 1; i < found.size(); ++i) {
        scores.push_back(
            scoreOf(objective, found[i].estimate, search.newFolds(found[i].candidate.tiling)));
    }
    return choiceOf(found[bestOf(scores) + 1]);
}

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
    const MappingObjective objective = machine.mapping.objective;
    SYSTOLE_CHECK(!needsEnergies(objective) || task.energies != nullptr,
                  "objective {} without energies",
                  kObjectiveNames.at(static_cast<std::size_t>(objective)));
    Search search(machine, datapath, task, 1, kNearlyEqual);
    std::vector<Found> found = search.run();
    if (found.empty()) {
        return DoesNotFit{search.problem()};
    }
    MappingResult result;
    result.candidates = search.candidates();
    result.estimated = found.size();
    Trial trial(machine, datapath, task, search);
    if (task.replay != nullptr && found.size() > 1) {
        trial.run(found, result);
    }
    result.best = choiceOf(found.front());
    result.runnerUp = runnerUpOf(objective, search, found);
    return result;
}

}  // namespace systole::arch
