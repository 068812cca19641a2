// SPDX-License-Identifier: Apache-2.0
#include "tests/cosim/lockstep.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace systole::cosim {
namespace {

using arch::Dataflow;
using arch::structural::GemmFold;

std::string textOf(const ArrayOutputs& shown) {
    return fmt::format("wants {}{}{}valid {} sums {}", shown.wantsStationary ? "stationary " : "",
                       shown.wantsStep ? "step " : "", shown.takesFold ? "fold " : "", shown.valid,
                       shown.sums);
}

/// Sums that are not valid are nobody's business.
bool same(const ArrayOutputs& left, const ArrayOutputs& right) {
    if (left.wantsStationary != right.wantsStationary || left.wantsStep != right.wantsStep ||
        left.takesFold != right.takesFold || left.anyValid != right.anyValid ||
        left.valid != right.valid || left.sums.size() != right.sums.size()) {
        return false;
    }
    const std::size_t words = left.valid.empty() ? 0 : left.sums.size() / left.valid.size();
    for (std::size_t i = 0; i < left.sums.size(); ++i) {
        if (left.valid[i / words] != 0 && left.sums[i] != right.sums[i]) return false;
    }
    return true;
}

class Lockstep {
public:
    Lockstep(const LockstepProblem& problem, std::span<CycleArray* const> models)
        : problem_(problem), models_(models), random_(problem.seed) {
        const bool exchanged = problem.array.dataflow == Dataflow::InputStationary;
        rowNoise_ = randomCodes(exchanged ? problem.datapath.weight : problem.datapath.activation,
                                kNoise, random_);
        columnNoise_ = randomCodes(
            exchanged ? problem.datapath.activation : problem.datapath.weight, kNoise, random_);
    }

    void drawGemm() {
        const numeric::GemmShape& shape = problem_.shape;
        run_.a = randomCodes(problem_.datapath.activation, shape.m * shape.k, random_);
        run_.b = randomCodes(problem_.datapath.weight, shape.k * shape.n, random_);
        run_.folds = arch::structural::cutGemm(problem_.array, shape, run_.a, run_.b,
                                               problem_.maxSteps, chunkOf(problem_.datapath));
    }

    void scrambleUnused() {
        const arch::ArrayConfig& array = problem_.array;
        for (GemmFold& fold : run_.folds) {
            for (std::size_t i = 0; i < fold.stationary.size(); ++i) {
                if (fold.used[i] != 0) continue;
                fold.stationary[i] = oneOf(columnNoise_);
                // What is not added closes no chunk, whatever its tag says.
                if (chunkOf(problem_.datapath) && random_() % 2 == 0) {
                    fold.used[i] = arch::structural::kClosesChunk;
                }
            }
            const std::size_t usedRows = outputStationary() ? fold.size.m : fold.size.k;
            for (std::size_t i = 0; i < fold.rows.size(); ++i) {
                if (i % array.rows >= usedRows) fold.rows[i] = oneOf(rowNoise_);
            }
            for (std::size_t i = 0; i < fold.columns.size(); ++i) {
                if (i % array.columns >= fold.size.n) fold.columns[i] = oneOf(columnNoise_);
            }
        }
    }

    void setFolds(std::vector<GemmFold> folds) { run_.folds = std::move(folds); }

    LockstepRun run() {
        for (CycleArray* model : models_) model->expect(run_.folds);
        std::uint64_t quiet = 0;
        while (quiet < quietCycles()) {
            const ArrayOutputs shown = shownByAll();
            const ArrayInputs answer = answerTo(shown);
            if (advances(shown, answer)) record(shown, answer);
            for (CycleArray* model : models_) model->clock(answer);
            quiet = taken_ == run_.folds.size() && !shown.anyValid && !shown.wantsStep &&
                            !shown.wantsStationary
                        ? quiet + 1
                        : 0;
            ++run_.wallCycles;
            if (run_.wallCycles > limit()) fail("does not end");
        }
        return std::move(run_);
    }

private:
    static constexpr std::size_t kNoise = 61;

    bool outputStationary() const { return problem_.array.dataflow == Dataflow::OutputStationary; }

    /// Longer than anything stays on its way through the array.
    std::uint64_t quietCycles() const {
        const arch::ArrayConfig& array = problem_.array;
        return 3 * array.rows + 2 * array.columns + array.pipelineDepth + array.cyclesPerStep;
    }

    std::uint64_t limit() const {
        std::uint64_t cycles = 1000;
        for (const GemmFold& fold : run_.folds) {
            cycles += fold.steps * problem_.array.cyclesPerStep + 4 * quietCycles();
        }
        return cycles * 64;
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw LockstepError(fmt::format("wall cycle {}, array cycle {}: {}\n  {}", run_.wallCycles,
                                        time_, what, problem_.text()));
    }

    ArrayOutputs shownByAll() {
        ArrayOutputs first = models_.front()->outputs();
        const bool any = std::any_of(first.valid.begin(), first.valid.end(),
                                     [](std::uint8_t valid) { return valid != 0; });
        if (any != first.anyValid) fail("anyValid is not whether any is valid");
        for (std::size_t i = 1; i < models_.size(); ++i) {
            const ArrayOutputs other = models_[i]->outputs();
            if (!same(first, other)) {
                fail(fmt::format("models 0 and {} differ:\n  {}\n  {}", i, textOf(first),
                                 textOf(other)));
            }
        }
        return first;
    }

    std::uint16_t oneOf(const std::vector<std::uint16_t>& codes) {
        return codes[random_() % codes.size()];
    }

    bool chance(std::uint32_t of256) { return random_() % 256 < of256; }

    std::vector<std::uint16_t> noise(const std::vector<std::uint16_t>& codes, std::size_t count) {
        std::vector<std::uint16_t> drawn(count);
        for (std::uint16_t& code : drawn) code = oneOf(codes);
        return drawn;
    }

    ArrayInputs answerTo(const ArrayOutputs& shown) {
        const arch::ArrayConfig& array = problem_.array;
        ArrayInputs answer;
        answer.foldValid = taken_ < run_.folds.size() && !chance(problem_.lateFolds);
        answer.foldSteps =
            answer.foldValid ? run_.folds[taken_].steps : static_cast<std::uint32_t>(random_() % 9);
        answer.outputReady = !chance(problem_.stalls);
        answer.stationary = noise(columnNoise_, array.columns);
        answer.used.assign(array.columns, 1);
        answer.rows = noise(rowNoise_, array.rows);
        answer.columns = noise(columnNoise_, outputStationary() ? array.columns : 0);
        if (shown.wantsStationary && !chance(problem_.stalls)) offerStationary(answer);
        if (shown.wantsStep && !chance(problem_.stalls)) offerStep(answer);
        return answer;
    }

    void offerStationary(ArrayInputs& answer) const {
        const arch::ArrayConfig& array = problem_.array;
        if (loads_ >= run_.folds.size() * array.rows) fail("a stationary vector too many");
        const GemmFold& fold = run_.folds[loads_ / array.rows];
        const std::size_t row = array.rows - 1 - loads_ % array.rows;
        answer.stationaryValid = true;
        std::copy_n(fold.stationary.begin() + row * array.columns, array.columns,
                    answer.stationary.begin());
        std::copy_n(fold.used.begin() + row * array.columns, array.columns, answer.used.begin());
    }

    void offerStep(ArrayInputs& answer) const {
        const arch::ArrayConfig& array = problem_.array;
        if (streaming_ >= taken_) fail("a step too many");
        const GemmFold& fold = run_.folds[streaming_];
        answer.stepValid = true;
        std::copy_n(fold.rows.begin() + step_ * array.rows, array.rows, answer.rows.begin());
        if (outputStationary()) {
            std::copy_n(fold.columns.begin() + step_ * array.columns, array.columns,
                        answer.columns.begin());
        }
    }

    /// What happens at the edge of a cycle in which the array advances.
    void record(const ArrayOutputs& shown, const ArrayInputs& answer) {
        for (std::size_t i = 0; i < shown.valid.size(); ++i) {
            if (shown.valid[i] == 0) continue;
            const std::size_t words = shown.sums.size() / shown.valid.size();
            const auto begin = shown.sums.begin() + static_cast<std::ptrdiff_t>(i * words);
            run_.trace.push_back(
                {shownSince_, time_, i, {begin, begin + static_cast<std::ptrdiff_t>(words)}});
        }
        if (shown.wantsStationary) ++loads_;
        if (shown.wantsStep && ++step_ == run_.folds[streaming_].steps) {
            step_ = 0;
            ++streaming_;
        }
        if (shown.takesFold && answer.foldValid) {
            run_.taken.push_back(time_);
            ++taken_;
        }
        if (taken_ > 0) ++time_;
        shownSince_ = run_.wallCycles + 1;
    }

    LockstepProblem problem_;
    std::span<CycleArray* const> models_;
    std::mt19937_64 random_;
    LockstepRun run_;
    std::vector<std::uint16_t> rowNoise_;
    std::vector<std::uint16_t> columnNoise_;
    std::int64_t time_ = -1;
    std::uint64_t shownSince_ = 0;  ///< wall cycle of the first one with this array time
    std::size_t taken_ = 0;
    std::size_t loads_ = 0;
    std::size_t streaming_ = 0;
    std::size_t step_ = 0;
};

}  // namespace

std::string LockstepProblem::text() const {
    constexpr std::array kDataflows{"weight", "output", "input"};
    constexpr std::array kDrains{"serial", "shadow", "direct"};
    return fmt::format(
        "{} x {} x {} on {} x {} PEs, {} stationary, {} folds of up to {} steps, {} drain, D {}, "
        "S {}, {} x {} -> {}, seed {}, stalls {}, late folds {}{}",
        shape.m, shape.k, shape.n, array.rows, array.columns,
        kDataflows[static_cast<std::size_t>(array.dataflow)],
        array.overlapFolds ? "overlapped" : "isolated", maxSteps,
        kDrains[static_cast<std::size_t>(array.drain)], array.pipelineDepth, array.cyclesPerStep,
        numeric::nameOf(datapath.activation), numeric::nameOf(datapath.weight),
        datapath.accumulator.name, seed, stalls, lateFolds,
        scramblesUnused ? ", unused operands random" : "");
}

LockstepRun runLockstep(const LockstepProblem& problem, std::span<CycleArray* const> models) {
    Lockstep lockstep(problem, models);
    lockstep.drawGemm();
    if (problem.scramblesUnused) lockstep.scrambleUnused();
    return lockstep.run();
}

LockstepRun runLockstep(const LockstepProblem& problem, std::vector<GemmFold> folds,
                        std::span<CycleArray* const> models) {
    Lockstep lockstep(problem, models);
    lockstep.setFolds(std::move(folds));
    return lockstep.run();
}

std::optional<std::uint32_t> chunkOf(const arch::DatapathConfig& datapath) {
    const auto& chunk = datapath.accumulator.chunk;
    return chunk ? std::optional(chunk->length) : std::nullopt;
}

std::vector<std::uint16_t> randomCodes(const numeric::Format& format, std::size_t count,
                                       std::mt19937_64& random) {
    const numeric::Codec codec(format);
    std::vector<std::uint16_t> finite;
    for (numeric::Code code = 0; code < codec.codeCount(); ++code) {
        if (codec.isFinite(code) && codec.decode(code) >= codec.smallest()) {
            finite.push_back(static_cast<std::uint16_t>(code));
        }
    }
    std::vector<std::uint16_t> codes(count);
    for (std::uint16_t& code : codes) code = finite[random() % finite.size()];
    return codes;
}

}  // namespace systole::cosim
