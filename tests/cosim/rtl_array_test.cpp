// SPDX-License-Identifier: Apache-2.0
// The RTL by itself: random folds and stalls, every sum against models/numeric, every cycle against
// the closed forms of docs/array.md.
#include "tests/cosim/rtl_array.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <tuple>

#include "models/numeric/gemm/gemm.hpp"
#include "tests/cosim/closed_forms.hpp"

namespace systole::cosim {
namespace {

using arch::Dataflow;
using numeric::Code;
using numeric::Codec;
using Codes = std::vector<std::uint16_t>;
using Sum = std::vector<std::int64_t>;

struct Fold {
    std::int64_t steps = 0;
    std::vector<Codes> stationary;                ///< [row][column]
    std::vector<std::vector<std::uint8_t>> used;  ///< [row][column]
    std::vector<Codes> rows;                      ///< [step][row]
    std::vector<Codes> columns;                   ///< [step][column]
    /// [step][column], or [row][column] if output stationary; none where nothing is to be seen.
    std::vector<std::vector<std::optional<Sum>>> sums;
};

struct Appearance {
    std::int64_t cycle = 0;
    std::size_t column = 0;
    std::optional<Sum> sum;
};

/// Draws folds for one array and says what their sums are.
class FoldSource {
public:
    FoldSource(const RtlConfiguration& configuration, std::uint64_t seed)
        : config_(configuration.array),
          gemm_(Codec(configuration.datapath.activation), Codec(configuration.datapath.weight),
                configuration.datapath.accumulator),
          input_(config_.dataflow == Dataflow::InputStationary),
          random_(seed) {}

    Fold draw() {
        Fold fold;
        fold.steps = 1 + static_cast<std::int64_t>(below(below(4) == 0 ? 12 : 4));
        if (config_.dataflow == Dataflow::OutputStationary) {
            drawOutput(fold);
        } else {
            drawStationary(fold);
        }
        return fold;
    }

    std::size_t below(std::size_t limit) { return random_() % limit; }

    /// Codes that the datapath takes: any in a float sum, finite ones elsewhere.
    Codes activations(std::size_t count) { return draw(gemm_.activation(), count); }
    Codes weights(std::size_t count) { return draw(gemm_.weight(), count); }
    Codes rowOperands() { return input_ ? weights(config_.rows) : activations(config_.rows); }
    Codes stationaryOperands() {
        return input_ ? activations(config_.columns) : weights(config_.columns);
    }

private:
    Codes draw(const Codec& codec, std::size_t count) {
        Codes codes;
        while (codes.size() < count) {
            const auto code = static_cast<Code>(below(codec.codeCount()));
            if (!isFloat(gemm_.accumulator()) && !codec.isFinite(code)) continue;
            codes.push_back(static_cast<std::uint16_t>(code));
        }
        return codes;
    }

    Sum dot(const Codes& a, const Codes& w) const {
        Sum sum(gemm_.words());
        gemm_.runScalar({.shape = {1, a.size(), 1}, .a = a, .b = w}, false, sum);
        return sum;
    }

    void drawStationary(Fold& fold) {
        // A ragged edge, and now and then holes in what is left.
        const std::size_t rows = 1 + below(config_.rows);
        const std::size_t columns = 1 + below(config_.columns);
        const bool holes = below(3) == 0;
        for (std::size_t r = 0; r < config_.rows; ++r) {
            fold.stationary.push_back(stationaryOperands());
            auto& used = fold.used.emplace_back(config_.columns);
            for (std::size_t c = 0; c < config_.columns; ++c) {
                const bool isUsed = r < rows && c < columns && !(holes && below(2) == 0);
                used[c] = isUsed ? arch::structural::kUsed : 0;
            }
        }
        markChunks(fold);
        for (std::int64_t t = 0; t < fold.steps; ++t) {
            fold.rows.push_back(rowOperands());
            auto& sums = fold.sums.emplace_back();
            for (std::size_t c = 0; c < config_.columns; ++c) sums.emplace_back(column(fold, c));
        }
    }

    /// Chunks count the products that a column adds, wherever its holes are.
    void markChunks(Fold& fold) const {
        const auto& chunk = gemm_.accumulator().chunk;
        if (!chunk) return;
        for (std::size_t c = 0; c < config_.columns; ++c) {
            std::vector<std::uint8_t*> tags;
            for (auto& row : fold.used) {
                if (row[c] != 0) tags.push_back(&row[c]);
            }
            for (std::size_t i = 0; i < tags.size(); ++i) {
                const bool closes = (i + 1) % chunk->length == 0 || i + 1 == tags.size();
                if (closes) *tags[i] |= arch::structural::kClosesChunk;
            }
        }
    }

    Sum column(const Fold& fold, std::size_t c) const {
        Codes kept;
        Codes passing;
        for (std::size_t r = 0; r < config_.rows; ++r) {
            if (fold.used[r][c] == 0) continue;
            kept.push_back(fold.stationary[r][c]);
            passing.push_back(fold.rows.back()[r]);
        }
        return input_ ? dot(kept, passing) : dot(passing, kept);
    }

    void drawOutput(Fold& fold) {
        const std::size_t rows = 1 + below(config_.rows);
        const std::size_t columns = 1 + below(config_.columns);
        for (std::int64_t t = 0; t < fold.steps; ++t) {
            fold.rows.push_back(activations(config_.rows));
            fold.columns.push_back(weights(config_.columns));
        }
        for (std::size_t r = 0; r < config_.rows; ++r) {
            auto& sums = fold.sums.emplace_back(config_.columns);
            for (std::size_t c = 0; r < rows && c < columns; ++c) sums[c] = element(fold, r, c);
        }
    }

    Sum element(const Fold& fold, std::size_t r, std::size_t c) const {
        Codes a;
        Codes w;
        for (std::size_t t = 0; t < fold.rows.size(); ++t) {
            a.push_back(fold.rows[t][r]);
            w.push_back(fold.columns[t][c]);
        }
        return dot(a, w);
    }

    arch::ArrayConfig config_;
    numeric::Gemm gemm_;
    bool input_;
    std::mt19937_64 random_;
};

/// What the array has to do, as far as its folds have been taken.
class Schedule {
public:
    explicit Schedule(const RtlConfiguration& configuration)
        : cycles_(configuration.array), rows_(configuration.array.rows) {}

    /// Cycle and fold: row by row, step by step.
    std::vector<std::pair<std::int64_t, std::size_t>> loads;
    std::vector<std::pair<std::int64_t, std::size_t>> steps;
    std::vector<Appearance> appearances;  ///< by cycle, then by column

    bool takes(std::int64_t cycle) const { return cycle >= takes_; }

    void take(const Fold& fold, std::int64_t cycle) {
        last_ = folds_ == 0 ? cycles_.first(cycle)
                            : cycles_.after(last_, lastSteps_, cycle, fold.steps);
        lastSteps_ = fold.steps;
        takes_ = cycles_.takes(last_, fold.steps);
        const std::int64_t loaded = fold.stationary.empty() ? 0 : rows_;
        for (std::int64_t j = 0; j < loaded; ++j) loads.emplace_back(last_.loads + j, folds_);
        for (std::int64_t t = 0; t < fold.steps; ++t) {
            steps.emplace_back(cycles_.step(last_, t), folds_);
        }
        addAppearances(fold);
        ++folds_;
    }

private:
    void addAppearances(const Fold& fold) {
        for (std::size_t i = 0; i < fold.sums.size(); ++i) {
            for (std::size_t c = 0; c < fold.sums[i].size(); ++c) {
                const std::int64_t cycle = cycles_.appearance(
                    last_, fold.steps, static_cast<std::int64_t>(i), static_cast<std::int64_t>(c));
                appearances.push_back({cycle, c, fold.sums[i][c]});
            }
        }
        std::sort(appearances.begin(), appearances.end(),
                  [](const Appearance& left, const Appearance& right) {
                      return std::tie(left.cycle, left.column) <
                             std::tie(right.cycle, right.column);
                  });
    }

    ClosedForms cycles_;
    std::int64_t rows_;
    std::size_t folds_ = 0;
    FoldCycles last_;
    std::int64_t lastSteps_ = 0;
    std::int64_t takes_ = -1;
};

/// Answers an array cycle by cycle and checks what it shows against the schedule.
class Driver {
    static constexpr std::size_t kLateness = 8;  ///< of a late fold, cycles on average

public:
    /// Of so many operands one comes late; none of 0.
    Driver(std::size_t index, std::uint64_t seed, std::size_t folds, std::size_t stalls,
           bool lateFolds)
        : configuration_(rtlConfigurations().at(index)),
          source_(configuration_, seed),
          stalls_(stalls),
          lateFolds_(lateFolds),
          schedule_(configuration_),
          array_(index) {
        for (std::size_t f = 0; f < folds; ++f) folds_.push_back(source_.draw());
    }

    void run() {
        constexpr std::int64_t kIdle = 40;  // nothing may come after the last sum
        const auto isOver = [&] {
            return fold_ == folds_.size() && time_ >= schedule_.appearances.back().cycle + kIdle;
        };
        while (!isOver() && !testing::Test::HasFatalFailure()) cycle();
        EXPECT_EQ(fold_, folds_.size());
        EXPECT_EQ(load_, schedule_.loads.size());
        EXPECT_EQ(step_, schedule_.steps.size());
        EXPECT_EQ(appearance_, schedule_.appearances.size());
    }

private:
    void cycle() {
        const ArrayOutputs shown = array_.outputs();
        ASSERT_NO_FATAL_FAILURE(checkWants(shown)) << "cycle " << time_;
        ASSERT_NO_FATAL_FAILURE(checkSums(shown)) << "cycle " << time_;
        const ArrayInputs answer = answerTo(shown);
        array_.clock(answer);
        if (advances(shown, answer)) advance(shown, answer);
    }

    void advance(const ArrayOutputs& shown, const ArrayInputs& answer) {
        if (shown.takesFold && answer.foldValid) schedule_.take(folds_[fold_++], time_);
        if (shown.wantsStationary) ++load_;
        if (shown.wantsStep) ++step_;
        appearance_ += static_cast<std::size_t>(
            std::count(shown.valid.begin(), shown.valid.end(), std::uint8_t{1}));
        ++time_;
    }

    void checkWants(const ArrayOutputs& shown) {
        const auto isNext = [&](const auto& events, std::size_t next) {
            return next < events.size() && events[next].first == time_;
        };
        ASSERT_EQ(shown.wantsStationary, isNext(schedule_.loads, load_));
        ASSERT_EQ(shown.wantsStep, isNext(schedule_.steps, step_));
        ASSERT_EQ(shown.takesFold, schedule_.takes(time_));
    }

    void checkSums(const ArrayOutputs& shown) {
        const std::size_t words = shown.sums.size() / shown.valid.size();
        std::size_t next = appearance_;
        for (std::size_t c = 0; c < shown.valid.size(); ++c) {
            const bool expected = next < schedule_.appearances.size() &&
                                  schedule_.appearances[next].cycle == time_ &&
                                  schedule_.appearances[next].column == c;
            ASSERT_EQ(shown.valid[c] != 0, expected) << "column " << c;
            if (!expected) continue;
            const auto& sum = schedule_.appearances[next++].sum;
            if (!sum) continue;
            const auto begin = shown.sums.begin() + static_cast<std::ptrdiff_t>(c * words);
            ASSERT_EQ(Sum(begin, begin + static_cast<std::ptrdiff_t>(words)), *sum)
                << "column " << c;
        }
    }

    bool comes() { return stalls_ == 0 || source_.below(stalls_) != 0; }

    /// What is not offered is random.
    ArrayInputs answerTo(const ArrayOutputs& shown) {
        ArrayInputs answer;
        answer.foldValid = fold_ < folds_.size() && !(lateFolds_ && source_.below(kLateness) != 0);
        answer.foldSteps = answer.foldValid ? static_cast<std::uint32_t>(folds_[fold_].steps) : 7;
        answer.stationary = source_.stationaryOperands();
        answer.used.assign(configuration_.array.columns, 1);
        answer.rows = source_.rowOperands();
        answer.columns = source_.weights(configuration_.array.columns);
        answer.stationaryValid = load_ < schedule_.loads.size() && comes();
        answer.stepValid = step_ < schedule_.steps.size() && comes();
        answer.outputReady = comes();
        if (shown.wantsStationary && answer.stationaryValid) offerStationary(answer);
        if (shown.wantsStep && answer.stepValid) offerStep(answer);
        return answer;
    }

    void offerStationary(ArrayInputs& answer) const {
        const std::size_t rows = configuration_.array.rows;
        const Fold& fold = folds_[schedule_.loads[load_].second];
        const std::size_t row = rows - 1 - load_ % rows;
        answer.stationary = fold.stationary[row];
        answer.used = fold.used[row];
    }

    void offerStep(ArrayInputs& answer) const {
        const std::size_t f = schedule_.steps[step_].second;
        std::size_t before = 0;
        while (schedule_.steps[before].second != f) ++before;
        answer.rows = folds_[f].rows[step_ - before];
        if (!folds_[f].columns.empty()) answer.columns = folds_[f].columns[step_ - before];
    }

    const RtlConfiguration& configuration_;
    FoldSource source_;
    std::size_t stalls_;
    bool lateFolds_;
    std::vector<Fold> folds_;
    Schedule schedule_;
    RtlArray array_;
    std::int64_t time_ = -1;  ///< array time: the first descriptor is taken in cycle -1
    std::size_t fold_ = 0;    ///< how many folds, rows, steps and sums have been
    std::size_t load_ = 0;
    std::size_t step_ = 0;
    std::size_t appearance_ = 0;
};

class RtlArrayTest : public testing::TestWithParam<std::size_t> {};

TEST_P(RtlArrayTest, showsEverySumInItsCycleWhateverStalls) {
    constexpr std::size_t kFolds = 12;
    constexpr std::array<std::size_t, 3> kStalls{0, 8, 2};
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        Driver driver(GetParam(), seed, kFolds, kStalls.at(seed % kStalls.size()), seed >= 3);
        ASSERT_NO_FATAL_FAILURE(driver.run());
    }
}

INSTANTIATE_TEST_SUITE_P(Configurations, RtlArrayTest,
                         testing::Range<std::size_t>(0, rtlConfigurations().size()),
                         [](const auto& test) { return rtlConfigurations()[test.param].name; });

}  // namespace
}  // namespace systole::cosim
