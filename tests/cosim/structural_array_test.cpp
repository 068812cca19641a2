// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "models/numeric/sums/sum_register.hpp"
#include "tests/cosim/closed_forms.hpp"
#include "tests/cosim/structural_device.hpp"

namespace systole::cosim {
namespace {

/// One of every kind: wrapping and saturating integers that do overflow, one and several words of
/// exact sums, floats, chunks.
std::vector<DatapathConfig> datapaths() {
    return {datapath("int8", "int8", "int32"),
            datapath("int8", "int4", "int11"),
            datapath("uint8", "int8", "int16_saturate"),
            datapath("e4m3", "e5m2", "exact"),
            datapath("bf16", "bf16", "exact"),
            datapath("e4m3", "e4m3", "fp16"),
            datapath("int8_half", "posit8es1", "bf16"),
            chunked(datapath("e5m2", "e4m3", "fp16"), "dlfloat16", 2),
            chunked(datapath("int8", "int8", "int32"), "int14_saturate", 2)};
}

/// The sums of one fold, [m][n][word], and their addition to those of the GEMM.
class Reference {
public:
    Reference(const Device& device, const LockstepProblem& problem, const LockstepRun& run)
        : gemm_(numeric::Codec(device.datapath.activation), numeric::Codec(device.datapath.weight),
                device.datapath.accumulator),
          shape_(problem.shape),
          run_(run) {}

    std::vector<std::int64_t> foldSums(const arch::structural::GemmFold& fold) const {
        std::vector<std::uint16_t> a;
        std::vector<std::uint16_t> b;
        for (std::size_t m = 0; m < fold.size.m; ++m) {
            for (std::size_t k = 0; k < fold.size.k; ++k) {
                a.push_back(run_.a[(fold.m + m) * shape_.k + fold.k + k]);
            }
        }
        for (std::size_t k = 0; k < fold.size.k; ++k) {
            for (std::size_t n = 0; n < fold.size.n; ++n) {
                b.push_back(run_.b[(fold.k + k) * shape_.n + fold.n + n]);
            }
        }
        std::vector<std::int64_t> sums(fold.size.m * fold.size.n * gemm_.words());
        gemm_.runScalar({.shape = fold.size, .a = a, .b = b}, false, sums);
        return sums;
    }

    std::size_t words() const { return gemm_.words(); }

private:
    numeric::Gemm gemm_;
    numeric::GemmShape shape_;
    const LockstepRun& run_;
};

/// Every sum in its cycle, at its column, with its value.
void checkRun(const Device& device, const LockstepProblem& problem, const LockstepRun& run) {
    const std::vector<Expected> expected = appearances(device.config, run);
    ASSERT_EQ(run.trace.size(), expected.size());
    const Reference reference(device, problem, run);
    std::vector<std::vector<std::int64_t>> sums;
    for (const auto& fold : run.folds) sums.push_back(reference.foldSums(fold));
    const std::size_t words = reference.words();
    for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(run.trace[i].arrayCycle, expected[i].cycle) << "sum " << i;
        ASSERT_EQ(run.trace[i].column, expected[i].column) << "sum " << i;
        const auto& fold = run.folds[expected[i].fold];
        arch::structural::OutputPlace place{};
        const std::size_t column = expected[i].column % device.config.columns;
        std::vector<std::int64_t> value(words, 0);
        if (placeOf(fold, device.config.dataflow, expected[i].stepOrRow, column, place)) {
            const auto at = (place.m * fold.size.n + place.n) * words;
            value.assign(sums[expected[i].fold].begin() + static_cast<std::ptrdiff_t>(at),
                         sums[expected[i].fold].begin() + static_cast<std::ptrdiff_t>(at + words));
        } else if (device.config.dataflow == Dataflow::OutputStationary) {
            continue;
        }
        ASSERT_EQ(run.trace[i].sum, value) << "sum " << i << " in cycle " << expected[i].cycle;
    }
}

void checkPrompt(const Device& device, const LockstepRun& run) {
    ASSERT_EQ(run.taken, promptTakes(device.config, run));
    const bool inLastCycle = device.config.dataflow != Dataflow::OutputStationary ||
                             device.config.drain == Drain::Direct;
    ASSERT_EQ(run.trace.back().arrayCycle + (inLastCycle ? 0 : 1),
              sequenceCycles(device.config, run));
}

LockstepProblem randomProblem(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    LockstepProblem problem;
    problem.shape = {1 + random() % 8, 1 + random() % 8, 1 + random() % 8};
    problem.maxSteps = static_cast<std::uint32_t>(1 + random() % 6);
    problem.seed = seed;
    return problem;
}

/// Four ways of keeping the array waiting.
void checkRandomProblems(const Device& device, std::uint64_t seed) {
    for (const std::uint32_t stalls : {0, 90}) {
        for (const std::uint32_t late : {0, 200}) {
            LockstepProblem problem = randomProblem(seed++);
            problem.stalls = stalls;
            problem.lateFolds = late;
            const LockstepRun run = device.run(problem);
            ASSERT_NO_FATAL_FAILURE(checkRun(device, problem, run)) << seed - 1;
            if (late > 0) continue;
            ASSERT_NO_FATAL_FAILURE(checkPrompt(device, run)) << seed - 1;
        }
    }
}

// 10 behaviours x 4 depths x 3 step lengths, on arrays of changing shape and datapath.
TEST(StructuralArray, ShowsEverySumInItsCycleInEveryConfiguration) {
    const std::vector<DatapathConfig> paths = datapaths();
    std::vector<Device> devices;
    for (ArrayConfig config : behaviours()) {
        for (config.pipelineDepth = 1; config.pipelineDepth <= 4; ++config.pipelineDepth) {
            for (config.cyclesPerStep = 1; config.cyclesPerStep <= 3; ++config.cyclesPerStep) {
                config.rows = static_cast<std::uint32_t>(1 + devices.size() % 5);
                config.columns = static_cast<std::uint32_t>(1 + devices.size() % 4);
                devices.emplace_back(config, paths[devices.size() % paths.size()]);
            }
        }
    }
    std::uint64_t seed = 1;
    for (const Device& device : devices) {
        ASSERT_NO_FATAL_FAILURE(checkRandomProblems(device, seed));
        seed += 4;
    }
}

TEST(StructuralArray, AddsInTheOrderOfTheDefinitionInEveryDatapath) {
    std::vector<Device> devices;
    for (const DatapathConfig& path : datapaths()) {
        for (ArrayConfig config : behaviours()) {
            config.rows = 5;
            config.columns = 3;
            config.pipelineDepth = 2;
            devices.emplace_back(config, path);
        }
    }
    std::uint64_t seed = 1000;
    for (const Device& device : devices) {
        LockstepProblem problem = randomProblem(seed++);
        problem.shape.k = 13;
        const LockstepRun run = device.run(problem);
        ASSERT_NO_FATAL_FAILURE(checkRun(device, problem, run)) << seed - 1;
    }
}

void checkAllGemms(const Device& device) {
    for (std::size_t m = 1; m <= 3; ++m) {
        for (std::size_t k = 1; k <= 3; ++k) {
            for (std::size_t n = 1; n <= 3; ++n) {
                LockstepProblem problem;
                problem.shape = {m, k, n};
                const LockstepRun run = device.run(problem);
                ASSERT_NO_FATAL_FAILURE(checkRun(device, problem, run)) << problem.text();
                ASSERT_NO_FATAL_FAILURE(checkPrompt(device, run)) << problem.text();
            }
        }
    }
}

TEST(StructuralArray, TakesTheClosedFormsTimeForAllGemmsAndArraysUpToThree) {
    std::vector<Device> devices;
    for (ArrayConfig config : behaviours()) {
        for (std::uint32_t i = 0; i < 18; ++i) {
            config.rows = 1 + i % 3;
            config.columns = 1 + i / 3 % 3;
            config.pipelineDepth = i < 9 ? 1 : 3;
            config.cyclesPerStep = i < 9 ? 1 : 2;
            devices.emplace_back(config, datapaths().front());
        }
    }
    for (const Device& device : devices) ASSERT_NO_FATAL_FAILURE(checkAllGemms(device));
}

TEST(StructuralArray, CountsWhatItsRegistersDo) {
    std::vector<Device> devices;
    for (ArrayConfig config : behaviours()) {
        config.rows = 3;
        config.columns = 4;
        config.cyclesPerStep = 2;
        devices.emplace_back(config, datapaths().front());
    }
    for (const Device& device : devices) {
        LockstepProblem problem;
        problem.shape = {7, 8, 9};
        problem.stalls = 40;
        const LockstepRun run = device.run(problem);
        arch::structural::Activity expected = activityOf(device.config, run);
        // What an output-stationary fold does not use is multiplied as well.
        expected.products = device.config.dataflow == Dataflow::OutputStationary
                                ? expected.steps
                                : std::uint64_t{7} * 8 * 9;
        const arch::structural::Activity& counted = device.array->activity();
        for (const auto& counter : arch::structural::kActivity) {
            EXPECT_EQ(counted.*counter.member, expected.*counter.member)
                << counter.name << " of " << device.array->outputs().valid.size() << " results";
        }
    }
}

TEST(StructuralArray, CountsAdditionsThatDoNotFitAsTheDefinitionDoes) {
    Device wraps({.rows = 4, .columns = 2}, datapath("int8", "int8", "int15"));
    LockstepProblem problem;
    problem.shape = {30, 4, 2};
    const LockstepRun run = wraps.run(problem);
    std::vector<std::int64_t> sums(60);
    const numeric::Codec codec(wraps.datapath.activation);
    const numeric::AccumulatorEvents events =
        numeric::Gemm(codec, codec, wraps.datapath.accumulator)
            .runScalar({.shape = problem.shape, .a = run.a, .b = run.b}, false, sums);
    EXPECT_GT(events.overflows, 0U);
    EXPECT_EQ(wraps.array->activity().overflows, events.overflows);
    EXPECT_EQ(wraps.array->activity().saturations, events.saturations);
}

/// The folds' sums, added as the accumulator buffer does, are the GEMM.
TEST(StructuralArray, CutsAGemmIntoFoldsThatAddUpToIt) {
    std::vector<Device> devices;
    for (ArrayConfig config : behaviours()) {
        config.rows = 4;
        config.columns = 3;
        devices.emplace_back(config, datapath("int8", "e4m3", "exact"));
    }
    for (const Device& device : devices) {
        LockstepProblem problem = randomProblem(77);
        problem.shape = {11, 10, 9};
        const LockstepRun run = device.run(problem);
        const Reference reference(device, problem, run);
        ASSERT_EQ(reference.words(), 1U);
        const std::vector<Expected> expected = appearances(device.config, run);
        std::vector<std::int64_t> total(problem.shape.m * problem.shape.n);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const auto& fold = run.folds[expected[i].fold];
            arch::structural::OutputPlace place{};
            const std::size_t column = expected[i].column % device.config.columns;
            if (placeOf(fold, device.config.dataflow, expected[i].stepOrRow, column, place)) {
                total[(fold.m + place.m) * problem.shape.n + fold.n + place.n] +=
                    run.trace[i].sum.front();
            }
        }
        arch::structural::GemmFold whole;
        whole.size = problem.shape;
        EXPECT_EQ(total, reference.foldSums(whole)) << problem.text();
    }
}

}  // namespace
}  // namespace systole::cosim
