// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/piece_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "arch/mapping/mapping_objective.hpp"
#include "arch/memory/scratchpad_ports.hpp"
#include "models/units.hpp"

namespace systole::arch {

PiecePlan::PiecePlan(const PieceWork& work, const PieceCut& cut, std::uint8_t firstHalf)
    : work_(work),
      cut_(cut),
      order_(work.space().size()),
      begin_(order_.size(), 0),
      firstHalf_(firstHalf) {
    std::iota(order_.begin(), order_.end(), 0);
    const auto outermost = order_.begin() + static_cast<std::ptrdiff_t>(cut.outermost);
    std::rotate(order_.begin(), outermost, outermost + (order_.empty() ? 0 : 1));
}

std::uint64_t PiecePlan::count() const {
    std::uint64_t count = 1;
    for (std::size_t i = 0; i < order_.size(); ++i) {
        count *= ceilDivide(work_.space()[i], cut_.extents[i]);
    }
    return count;
}

std::optional<PieceStep> PiecePlan::next() {
    if (done_) return std::nullopt;
    PieceStep step{.piece = {begin_, cut_.extents}, .loads = {}, .halves = {}};
    for (std::size_t i = 0; i < begin_.size(); ++i) {
        step.piece.extents[i] = std::min(cut_.extents[i], work_.space()[i] - begin_[i]);
    }
    const auto turn = [&](std::size_t operand, bool turns) {
        const std::uint8_t half = before_ ? before_->halves[operand] : firstHalf_ ^ 1U;
        step.halves.push_back(turns ? half ^ 1U : half);
    };
    for (std::size_t i = 0; i < work_.inputs(); ++i) {
        step.loads.push_back(!before_ || !work_.sameInput(i, before_->piece, step.piece));
        turn(i, step.loads.back());
    }
    turn(work_.inputs(), true);
    std::size_t at = order_.size();
    while (at > 0) {
        const std::size_t axis = order_[at - 1];
        if ((begin_[axis] += cut_.extents[axis]) < work_.space()[axis]) break;
        begin_[axis] = 0;
        --at;
    }
    done_ = at == 0;
    before_ = step;
    return step;
}

namespace {

/// Three units work on the steps: loads, the vector unit and stores. Loads run one step ahead.
class PieceTimeline {
public:
    PieceTimeline(const PieceWork& work, const TransferCosts& transfers)
        : work_(work), transfers_(transfers), inputFree_(work.inputs()) {}

    PieceEstimate run(PiecePlan& plan, std::uint64_t steps) {
        std::optional<Loaded> loaded;
        for (std::uint64_t i = 0; i < steps; ++i) {
            Loaded next = load(*plan.next());
            if (loaded) compute(*loaded);
            loaded = std::move(next);
        }
        compute(*loaded);
        result_.tail = result_.cycles - loadFree_;
        return std::move(result_);
    }

private:
    struct Loaded {
        PieceStep step;
        double ready;
    };
    using Halves = std::array<double, 2>;

    double transfer(const Transfer& transfer, double start) {
        busFree_ = std::max(busFree_, start) + transfer.bus;
        result_.dram.activates += 1;
        return std::max(start + transfer.cycles, busFree_ + transfer.after);
    }

    Loaded load(PieceStep step) {
        for (std::size_t i = 0; i < work_.inputs(); ++i) {
            if (!step.loads[i]) continue;
            const Runs runs = work_.loadOf(i, step.piece);
            const Transfer load = transfers_.load(runs);
            result_.dram.reads += load.bursts;
            result_.traffic.input += runs.total();
            loadFree_ = transfer(load, std::max(loadFree_, inputFree_[i][step.halves[i]]));
        }
        return {std::move(step), loadFree_};
    }

    void compute(const Loaded& loaded) {
        const PieceStep& step = loaded.step;
        const std::optional<Cycle> own = work_.cyclesOf(step.piece);
        double& outputFree = outputFree_[step.halves.back()];
        double ready = loaded.ready;
        if (own) {
            vectorFree_ = std::max({vectorFree_, ready, outputFree}) + static_cast<double>(*own);
            ready = vectorFree_;
        }
        const Runs runs = work_.storeOf(step.piece);
        const Transfer store = transfers_.store(runs);
        for (std::uint32_t i = 0; i < work_.storesOf(step.piece); ++i) {
            result_.dram.writes += store.bursts;
            result_.traffic.output += runs.total();
            storeFree_ = transfer(store, std::max(storeFree_, ready));
        }
        outputFree = storeFree_;
        for (std::size_t i = 0; i < work_.inputs(); ++i) {
            inputFree_[i][step.halves[i]] = own ? vectorFree_ : storeFree_;
        }
        result_.cycles = std::max(result_.cycles, storeFree_);
    }

    const PieceWork& work_;
    const TransferCosts& transfers_;
    PieceEstimate result_;
    double busFree_ = 0;
    double loadFree_ = 0;
    double vectorFree_ = 0;
    double storeFree_ = 0;
    std::vector<Halves> inputFree_;
    Halves outputFree_{};
};

struct Candidate {
    PieceCut cut;
    MappingScore score;
    double cycles = 0;
    double delay = 0;  ///< of the next layer, because its weights come late
    std::uint64_t steps = 0;
};

class PieceSearch {
public:
    PieceSearch(const MachineConfig& machine, const PieceWork& work, const PieceTask& task)
        : machine_(machine),
          work_(work),
          task_(task),
          transfers_(machine),
          capacity_(activationLayout(machine).capacityBytes()) {}

    /// From each axis on: halved until the pieces fit, then halved further, so that loads, the
    /// vector unit and stores overlap.
    void collect() {
        for (std::size_t first = 0; first < std::max<std::size_t>(1, work_.space().size());
             ++first) {
            if (first > 0 && !isCut(first)) continue;
            PieceCut cut{work_.space(), 0};
            while (!fits(cut) && halve(cut, first)) continue;
            if (!fits(cut)) return;
            add(cut);
            for (int more = 0; more < kMoreHalvings && halve(cut, first); ++more) add(cut);
        }
    }

    std::optional<PieceCut> best() {
        if (candidates_.empty()) return std::nullopt;
        if (task_.replay && candidates_.size() > 1) replayBest();
        return candidates_[bestOf(scores(), task_.replay ? kNearlyEqualReplays : kNearlyEqual, 0)]
            .cut;
    }

private:
    static constexpr int kMoreHalvings = 4;
    static constexpr std::size_t kReplayed = 4;
    static constexpr std::uint64_t kMostSteps = 512;  ///< to follow; the rest is like them
    static constexpr double kReplayedCycles = 100'000;

    bool isCut(std::size_t axis) const { return work_.mayCut(axis) && work_.space()[axis] > 1; }
    bool fits(const PieceCut& cut) const {
        return !capacity_ || work_.bytes(cut.extents) <= *capacity_;
    }

    /// Halves axis `first`, or else the first one of the others that can be.
    bool halve(PieceCut& cut, std::size_t first) const {
        for (std::size_t i = 0; i <= cut.extents.size(); ++i) {
            const std::size_t axis = i == 0 ? first : i - 1;
            if (axis >= cut.extents.size() || cut.extents[axis] == 1 || !isCut(axis)) continue;
            cut.extents[axis] = (cut.extents[axis] + 1) / 2;
            return true;
        }
        return false;
    }

    /// With each of the axes that are cut outermost.
    void add(PieceCut cut) {
        for (std::size_t axis = 0; axis < std::max<std::size_t>(1, cut.extents.size()); ++axis) {
            const bool isOuter = axis == 0 || cut.extents[axis] < work_.space()[axis];
            cut.outermost = axis;
            const auto same = [&](const Candidate& other) { return other.cut == cut; };
            if (!isOuter || std::any_of(candidates_.begin(), candidates_.end(), same)) continue;
            const std::uint64_t steps = PiecePlan(work_, cut).count();
            const std::uint64_t followed = std::min(steps, kMostSteps);
            const PieceEstimate head = estimateOf(work_, cut, transfers_, followed);
            const double rest = static_cast<double>(steps) / static_cast<double>(followed);
            Candidate candidate{.cut = cut,
                                .score = {},
                                .cycles = head.cycles * rest,
                                .delay = std::max(0.0, task_.nextWeights - head.tail),
                                .steps = steps};
            // Energy that does not depend on the cut is left out.
            const double joules = task_.energies == nullptr
                                      ? 0
                                      : head.dram.joules(*task_.energies) * rest +
                                            candidate.cycles * (task_.energies->cycle +
                                                                task_.energies->dramIdleCycle);
            candidate.score = scoreOf(candidate, candidate.cycles,
                                      (head.dram.reads + head.dram.writes) * rest, joules);
            candidates_.push_back(std::move(candidate));
        }
    }

    MappingScore scoreOf(const Candidate& candidate, double cycles, double bursts,
                         double joules) const {
        return arch::scoreOf(machine_.mapping.objective, cycles + candidate.delay,
                             bursts * transfers_.burstBytes(), joules, false);
    }

    std::vector<MappingScore> scores() const {
        std::vector<MappingScore> scores;
        for (const Candidate& candidate : candidates_) scores.push_back(candidate.score);
        return scores;
    }

    /// The best few by their estimates, and the first of all, are replayed; the others are dropped.
    void replayBest() {
        std::stable_sort(candidates_.begin() + 1, candidates_.end(),
                         [](const Candidate& left, const Candidate& right) {
                             return left.score.first < right.score.first;
                         });
        candidates_.resize(std::min(candidates_.size(), kReplayed));
        for (Candidate& candidate : candidates_) {
            const double share = std::min(1.0, kReplayedCycles / candidate.cycles);
            const auto steps = std::max<std::uint64_t>(
                1, static_cast<std::uint64_t>(share * static_cast<double>(candidate.steps)));
            const CandidateReplay::Costs costs = task_.replay(candidate.cut, steps);
            const double rest = static_cast<double>(candidate.steps) / static_cast<double>(steps);
            candidate.score =
                scoreOf(candidate, static_cast<double>(costs.cycles) * rest,
                        static_cast<double>(costs.bursts) * rest, costs.energy.total() * rest);
        }
    }

    const MachineConfig& machine_;
    const PieceWork& work_;
    const PieceTask& task_;
    TransferCosts transfers_;
    Limit capacity_;
    std::vector<Candidate> candidates_;
};

}  // namespace

PieceEstimate estimateOf(const PieceWork& work, const PieceCut& cut, const TransferCosts& transfers,
                         std::uint64_t steps) {
    PiecePlan plan(work, cut);
    return PieceTimeline(work, transfers).run(plan, steps);
}

std::optional<PieceCut> searchPieces(const MachineConfig& machine, const PieceWork& work,
                                     const PieceTask& task) {
    PieceSearch search(machine, work, task);
    search.collect();
    return search.best();
}

}  // namespace systole::arch
