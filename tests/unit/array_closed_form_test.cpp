// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "arch/systolic_array.hpp"
#include "machine_fixture.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/run/gemm_workload.hpp"

namespace systole {
namespace {

struct Gemm {
    std::uint32_t m;
    std::uint32_t n;
    std::uint32_t k;
};

arch::RunRecord timeGemm(arch::Accelerator& accelerator, const arch::MachineConfig& machine,
                         const Gemm& gemm) {
    const sim::QuantizedNetwork network = sim::gemmNetwork(int8Scheme(), gemm.m, gemm.k, gemm.n, 1);
    const sim::LoweredNetwork lowered = sim::lower(network, machine);
    accelerator.load(lowered.program);
    return accelerator.replayTimed(false);
}

/// R + M + R + C - 2 for each of ceil(K/R) ceil(N/C) isolated folds.
Cycle closedForm(const arch::ArrayConfig& array, const Gemm& gemm) {
    const Cycle folds =
        ((gemm.k + array.rows - 1) / array.rows) * ((gemm.n + array.columns - 1) / array.columns);
    return folds * (2 * array.rows + gemm.m + array.columns - 2);
}

constexpr std::uint32_t kLargest = 9;

void checkAllGemms(arch::Accelerator& accelerator, const arch::MachineConfig& machine) {
    for (std::uint32_t m = 1; m <= kLargest; ++m) {
        for (std::uint32_t n = 1; n <= kLargest; ++n) {
            for (std::uint32_t k = 1; k <= kLargest; ++k) {
                const arch::RunRecord record = timeGemm(accelerator, machine, {m, n, k});
                ASSERT_EQ(record.cycles, closedForm(machine.array, {m, n, k}))
                    << m << " x " << k << " x " << n << " on " << machine.name;
                ASSERT_EQ(record.counters.macs, std::uint64_t{m} * n * k);
            }
        }
    }
}

TEST(ArrayClosedForm, HoldsForAllGemmsAndArraysUpToNine) {
    std::vector<arch::MachineConfig> machines;
    std::vector<std::unique_ptr<arch::Accelerator>> accelerators;
    for (std::uint32_t rows = 1; rows <= kLargest; ++rows) {
        for (std::uint32_t columns = 1; columns <= kLargest; ++columns) {
            machines.push_back(arrayOnly(rows, columns));
            accelerators.push_back(buildAccelerator(machines.back()));
        }
    }
    for (std::size_t i = 0; i < machines.size(); ++i) {
        ASSERT_NO_FATAL_FAILURE(checkAllGemms(*accelerators[i], machines[i]));
    }
}

/// Published or measured totals of SCALE-Sim, which numbers the last cycle from zero.
struct ScaleSimCase {
    arch::ArrayConfig array;
    Gemm gemm;
    Cycle lastCycle;
};

void expectScaleSimCycles(const std::vector<ScaleSimCase>& cases) {
    std::vector<std::unique_ptr<arch::Accelerator>> accelerators;
    for (const ScaleSimCase& row : cases) {
        accelerators.push_back(buildAccelerator(arrayOnly(row.array.rows, row.array.columns)));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto& [array, gemm, lastCycle] = cases[i];
        EXPECT_EQ(timeGemm(*accelerators[i], arrayOnly(array.rows, array.columns), gemm).cycles,
                  lastCycle + 1)
            << gemm.m << " x " << gemm.k << " x " << gemm.n << " on " << array.rows << " x "
            << array.columns;
    }
}

// SCALE-Sim v2, weight stationary, stall-free; measured on non-square arrays.
TEST(ArrayClosedForm, EqualsScaleSimOnNonSquareArrays) {
    expectScaleSimCycles({
        {{8, 16}, {18, 9, 33}, 239},
        {{8, 16}, {61, 49, 27}, 1455},
        {{8, 16}, {50, 56, 1}, 319},
        {{16, 8}, {14, 41, 4}, 311},
        {{16, 8}, {2, 49, 28}, 559},
        {{16, 8}, {29, 57, 64}, 2143},
        {{5, 7}, {29, 59, 38}, 3167},
        {{5, 7}, {24, 38, 16}, 935},
        {{5, 7}, {65, 25, 39}, 2559},
        {{32, 4}, {51, 5, 62}, 467},
        {{32, 4}, {23, 47, 48}, 2135},
        {{32, 4}, {14, 21, 67}, 1439},
    });
}

// SCALE-Sim v3's own expected results; the second is AlexNet's first convolution.
TEST(ArrayClosedForm, EqualsThePublishedCasesOf32x32) {
    expectScaleSimCycles({
        {{32, 32}, {256, 128, 256}, 11199},
        {{32, 32}, {3025, 96, 363}, 112283},
        {{32, 32}, {256, 256, 256}, 22399},
    });
}

TEST(ArrayClosedForm, CountsTheWholeArrayWhereAFoldUsesAPart) {
    EXPECT_EQ(arch::foldCycles({16, 8}, 1), 16U + 1 + 16 + 8 - 2);
    EXPECT_EQ(arch::foldCycles({1, 1}, 1), 2U);
    EXPECT_EQ(arch::foldCycles({32, 32}, 256), 350U);
}

}  // namespace
}  // namespace systole
