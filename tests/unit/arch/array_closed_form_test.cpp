// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "arch/fold/fold_schedule.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/run/gemm_workload.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole {
namespace {

using arch::Dataflow;

struct Gemm {
    std::uint32_t m;
    std::uint32_t n;
    std::uint32_t k;
};

arch::RunRecord timeGemm(arch::Accelerator& accelerator, const arch::MachineConfig& machine,
                         const Gemm& gemm) {
    const graph::Graph network = sim::gemmNetwork(int8Scheme(), gemm.m, gemm.k, gemm.n, 1);
    const sim::LoweredNetwork lowered = sim::lower(network, machine);
    accelerator.load(lowered.program);
    return accelerator.replayTimed(false);
}

Cycle parts(Cycle whole, Cycle part) { return (whole + part - 1) / part; }

/// SCALE-Sim's closed forms: isolated folds, sums of output stationary leave at once.
Cycle closedForm(const arch::ArrayConfig& array, const Gemm& gemm) {
    const Cycle rows = array.rows;
    const Cycle columns = array.columns;
    switch (array.dataflow) {
        case Dataflow::OutputStationary:
            return parts(gemm.m, rows) * parts(gemm.n, columns) * (gemm.k + rows + columns - 2);
        case Dataflow::WeightStationary:
            return parts(gemm.k, rows) * parts(gemm.n, columns) * (2 * rows + gemm.m + columns - 2);
        case Dataflow::InputStationary:
            return parts(gemm.k, rows) * parts(gemm.m, columns) * (2 * rows + gemm.n + columns - 2);
    }
    return 0;
}

arch::MachineConfig arrayOnly(std::uint32_t rows, std::uint32_t columns, Dataflow dataflow) {
    arch::MachineConfig machine = systole::arrayOnly(rows, columns);
    machine.array.dataflow = dataflow;
    machine.array.drain = arch::Drain::Direct;
    return machine;
}

/// Reads and writes of an ideal memory, in elements (SCALE-Sim's counts).
void checkAccesses(const arch::ArrayConfig& array, const Gemm& gemm, const cost::Counters& count) {
    const std::uint64_t inputs = std::uint64_t{gemm.m} * gemm.k;
    const std::uint64_t weights = std::uint64_t{gemm.k} * gemm.n;
    const std::uint64_t outputs = std::uint64_t{gemm.m} * gemm.n;
    switch (array.dataflow) {
        case Dataflow::OutputStationary:
            ASSERT_EQ(count.activationOperands, inputs * parts(gemm.n, array.columns));
            ASSERT_EQ(count.weightOperands, weights * parts(gemm.m, array.rows));
            ASSERT_EQ(count.accumulatorWrites, outputs);
            break;
        case Dataflow::WeightStationary:
            ASSERT_EQ(count.activationOperands, inputs * parts(gemm.n, array.columns));
            ASSERT_EQ(count.weightOperands, weights);
            ASSERT_EQ(count.accumulatorWrites, outputs * parts(gemm.k, array.rows));
            break;
        case Dataflow::InputStationary:
            ASSERT_EQ(count.activationOperands, inputs);
            ASSERT_EQ(count.weightOperands, weights * parts(gemm.m, array.columns));
            ASSERT_EQ(count.accumulatorWrites, outputs * parts(gemm.k, array.rows));
            break;
    }
}

constexpr std::uint32_t kLargest = 9;

void checkAllGemms(arch::Accelerator& accelerator, const arch::MachineConfig& machine) {
    for (std::uint32_t m = 1; m <= kLargest; ++m) {
        for (std::uint32_t n = 1; n <= kLargest; ++n) {
            for (std::uint32_t k = 1; k <= kLargest; ++k) {
                const Gemm gemm{m, n, k};
                const arch::RunRecord record = timeGemm(accelerator, machine, gemm);
                ASSERT_EQ(record.cycles, closedForm(machine.array, gemm))
                    << m << " x " << k << " x " << n << " on " << machine.name;
                ASSERT_EQ(record.counters.macs, std::uint64_t{m} * n * k);
                ASSERT_NO_FATAL_FAILURE(checkAccesses(machine.array, gemm, record.counters));
            }
        }
    }
}

class ArrayClosedForms : public testing::TestWithParam<Dataflow> {};

TEST_P(ArrayClosedForms, HoldForAllGemmsAndArraysUpToNine) {
    std::vector<arch::MachineConfig> machines;
    std::vector<std::unique_ptr<arch::Accelerator>> accelerators;
    for (std::uint32_t rows = 1; rows <= kLargest; ++rows) {
        for (std::uint32_t columns = 1; columns <= kLargest; ++columns) {
            machines.push_back(arrayOnly(rows, columns, GetParam()));
            accelerators.push_back(buildAccelerator(machines.back()));
        }
    }
    for (std::size_t i = 0; i < machines.size(); ++i) {
        ASSERT_NO_FATAL_FAILURE(checkAllGemms(*accelerators[i], machines[i]));
    }
}

INSTANTIATE_TEST_SUITE_P(Dataflows, ArrayClosedForms,
                         testing::Values(Dataflow::WeightStationary, Dataflow::OutputStationary,
                                         Dataflow::InputStationary),
                         [](const auto& param) {
                             return std::string(
                                 arch::kDataflowNames.at(static_cast<std::size_t>(param.param)));
                         });

/// Totals of SCALE-Sim, which numbers the last cycle from zero.
struct ScaleSimCase {
    std::uint32_t rows;
    std::uint32_t columns;
    Dataflow dataflow;
    Gemm gemm;
    Cycle lastCycle;
};

/// Both under our convention, one cycle more, and under SCALE-Sim's.
void expectScaleSimCycles(const std::vector<ScaleSimCase>& cases) {
    std::vector<arch::MachineConfig> machines;
    std::vector<std::unique_ptr<arch::Accelerator>> accelerators;
    for (const ScaleSimCase& row : cases) {
        machines.push_back(arrayOnly(row.rows, row.columns, row.dataflow));
        accelerators.push_back(buildAccelerator(machines.back()));
        machines.push_back(machines.back());
        machines.back().array.convention = arch::CycleConvention::ScaleSim;
        accelerators.push_back(buildAccelerator(machines.back()));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const Gemm& gemm = cases[i].gemm;
        SCOPED_TRACE(testing::Message() << gemm.m << " x " << gemm.k << " x " << gemm.n << " on "
                                        << machines[2 * i].name);
        EXPECT_EQ(timeGemm(*accelerators[2 * i], machines[2 * i], gemm).cycles,
                  cases[i].lastCycle + 1);
        EXPECT_EQ(timeGemm(*accelerators[2 * i + 1], machines[2 * i + 1], gemm).cycles,
                  cases[i].lastCycle);
    }
}

constexpr auto kWeights = Dataflow::WeightStationary;
constexpr auto kOutputs = Dataflow::OutputStationary;
constexpr auto kInputs = Dataflow::InputStationary;

// SCALE-Sim v2, stall-free; measured on non-square arrays.
TEST(ArrayClosedForm, EqualsScaleSimOnNonSquareArrays) {
    expectScaleSimCycles({
        {8, 16, kOutputs, {18, 9, 33}, 164},   {8, 16, kOutputs, {61, 49, 27}, 1567},
        {8, 16, kOutputs, {50, 56, 1}, 643},   {8, 16, kWeights, {18, 9, 33}, 239},
        {8, 16, kWeights, {61, 49, 27}, 1455}, {8, 16, kWeights, {50, 56, 1}, 319},
        {8, 16, kInputs, {18, 9, 33}, 389},    {8, 16, kInputs, {61, 49, 27}, 1263},
        {8, 16, kInputs, {50, 56, 1}, 343},    {16, 8, kOutputs, {14, 41, 4}, 155},
        {16, 8, kOutputs, {2, 49, 28}, 349},   {16, 8, kOutputs, {29, 57, 64}, 1375},
        {16, 8, kWeights, {14, 41, 4}, 311},   {16, 8, kWeights, {2, 49, 28}, 559},
        {16, 8, kWeights, {29, 57, 64}, 2143}, {16, 8, kInputs, {14, 41, 4}, 157},
        {16, 8, kInputs, {2, 49, 28}, 173},    {16, 8, kInputs, {29, 57, 64}, 1519},
        {5, 7, kOutputs, {29, 59, 38}, 2591},  {5, 7, kOutputs, {24, 38, 16}, 779},
        {5, 7, kOutputs, {65, 25, 39}, 2547},  {5, 7, kWeights, {29, 59, 38}, 3167},
        {5, 7, kWeights, {24, 38, 16}, 935},   {5, 7, kWeights, {65, 25, 39}, 2559},
        {5, 7, kInputs, {29, 59, 38}, 2959},   {5, 7, kInputs, {24, 38, 16}, 847},
        {5, 7, kInputs, {65, 25, 39}, 3199},   {32, 4, kOutputs, {51, 5, 62}, 383},
        {32, 4, kOutputs, {23, 47, 48}, 983},  {32, 4, kOutputs, {14, 21, 67}, 605},
        {32, 4, kWeights, {51, 5, 62}, 467},   {32, 4, kWeights, {23, 47, 48}, 2135},
        {32, 4, kWeights, {14, 21, 67}, 1439}, {32, 4, kInputs, {51, 5, 62}, 1845},
        {32, 4, kInputs, {23, 47, 48}, 1355},  {32, 4, kInputs, {14, 21, 67}, 1043},
    });
}

// SCALE-Sim v3's own expected results; 3025 x 363 x 96 is AlexNet's first convolution.
TEST(ArrayClosedForm, EqualsThePublishedCasesOf32x32) {
    expectScaleSimCycles({
        {32, 32, kOutputs, {256, 128, 256}, 10175},
        {32, 32, kWeights, {256, 128, 256}, 11199},
        {32, 32, kInputs, {256, 128, 256}, 14207},
        {32, 32, kWeights, {3025, 96, 363}, 112283},
        {32, 32, kOutputs, {256, 256, 256}, 20351},
        {32, 32, kWeights, {256, 256, 256}, 22399},
        {32, 32, kInputs, {256, 256, 256}, 22399},
    });
}

// The same product in the simulators of the field: docs/array.md.
TEST(ArrayClosedForm, TheConventionsOfOthersDisagree) {
    arch::MachineConfig stonne = arrayOnly(32, 32, kOutputs);
    stonne.array.convention = arch::CycleConvention::Stonne;
    arch::MachineConfig ideal = arrayOnly(32, 32, kWeights);
    ideal.array.convention = arch::CycleConvention::Ideal;
    const auto stonneArray = buildAccelerator(stonne);
    const auto idealArray = buildAccelerator(ideal);
    EXPECT_EQ(timeGemm(*stonneArray, stonne, {256, 256, 256}).cycles, 20'672U);
    EXPECT_EQ(timeGemm(*idealArray, ideal, {256, 256, 256}).cycles, 16'384U);
}

TEST(ArrayClosedForm, OneProductUnderEveryOptionOfTheArray) {
    struct Case {
        Dataflow dataflow;
        bool overlap;
        arch::Drain drain;
        Cycle cycles;
    };
    using enum arch::Drain;
    const std::vector<Case> cases{
        {kWeights, false, Direct, 22'400},
        {kWeights, true, Direct, 64 * 256 + 32 + 62},
        {kInputs, true, Direct, 64 * 256 + 32 + 62},
        {kOutputs, false, Direct, 20'352},
        {kOutputs, false, Shadow, 20'352 + 32},
        {kOutputs, false, Serial, 64 * (318 + 32)},
        {kOutputs, true, Direct, 64 * 256 + 62},
        {kOutputs, true, Shadow, 64 * 256 + 62 + 32},
        {kOutputs, true, Serial, 64 * 256 + 63 * 32 + 62 + 32},
    };
    std::vector<arch::MachineConfig> machines;
    std::vector<std::unique_ptr<arch::Accelerator>> accelerators;
    for (const Case& row : cases) {
        machines.push_back(arrayOnly(32, 32, row.dataflow));
        machines.back().array.overlapFolds = row.overlap;
        machines.back().array.drain = row.drain;
        accelerators.push_back(buildAccelerator(machines.back()));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        EXPECT_EQ(timeGemm(*accelerators[i], machines[i], {256, 256, 256}).cycles, cases[i].cycles)
            << "case " << i;
    }
}

// A tile of one fold each: the next fold may begin before the sums it overwrites are read.
TEST(ArrayClosedForm, ShortOverlappedFoldsReachTheSteadyState) {
    std::vector<arch::MachineConfig> machines;
    std::vector<std::unique_ptr<arch::Accelerator>> accelerators;
    for (const Dataflow dataflow : {kWeights, kOutputs, kInputs}) {
        machines.push_back(arrayOnly(32, 32, dataflow));
        machines.back().array.overlapFolds = true;
        machines.back().array.drain = arch::Drain::Shadow;
        accelerators.push_back(buildAccelerator(machines.back()));
    }
    // 128 folds of at most 32 steps.
    EXPECT_EQ(timeGemm(*accelerators[0], machines[0], {5, 4096, 32}).cycles, 128U * 32 + 5 + 62);
    EXPECT_EQ(timeGemm(*accelerators[1], machines[1], {32, 4096, 7}).cycles,
              127U * 32 + 7 + 62 + 32);
    EXPECT_EQ(timeGemm(*accelerators[2], machines[2], {4096, 9, 32}).cycles, 128U * 32 + 9 + 62);
}

TEST(ArrayClosedForm, OverlappedFoldsReachTheLongerOfStepsAndRows) {
    for (const Dataflow dataflow : {kWeights, kOutputs, kInputs}) {
        arch::ArrayConfig array{.rows = 32, .columns = 16, .dataflow = dataflow};
        array.overlapFolds = true;
        array.drain = arch::Drain::Shadow;
        EXPECT_EQ(arch::foldPeriod(array, 100), 100U);
        EXPECT_EQ(arch::foldPeriod(array, 32), 32U);
        EXPECT_EQ(arch::foldPeriod(array, 7), 32U);
        array.cyclesPerStep = 4;
        EXPECT_EQ(arch::foldPeriod(array, 100), 400U);
    }
}

TEST(ArrayClosedForm, CountsTheWholeArrayWhereAFoldUsesAPart) {
    EXPECT_EQ(arch::isolatedFoldCycles({16, 8}, 1), 16U + 1 + 16 + 8 - 2);
    EXPECT_EQ(arch::isolatedFoldCycles({1, 1}, 1), 2U);
    EXPECT_EQ(arch::isolatedFoldCycles({32, 32}, 256), 350U);
}

}  // namespace
}  // namespace systole
