// SPDX-License-Identifier: Apache-2.0
// What convolutions of each kind cost: utilization of depthwise layers, halo bytes of tiles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/unit/lowering/lowering_fixture.hpp"

namespace systole::sim {
namespace {

arch::RunRecord timeOf(arch::Accelerator& accelerator, const LoweredNetwork& lowered) {
    accelerator.load(lowered.program);
    return accelerator.replayTimed(false);
}

const arch::Window kSame3x3 = square({.kernel = 3, .padBefore = 1, .padAfter = 1});

/// Depthwise 3 x 3 over 16 x 16 pixels: M = 256, nine reduction indices a channel.
struct DepthwiseCase {
    std::uint32_t rows, columns, channels;
    bool packing;
    std::uint32_t folds;
};

TEST(DepthwiseUtilization, IsTheClosedFormWithAndWithoutPacking) {
    const std::vector<DepthwiseCase> cases{
        {16, 16, 32, false, 32}, {16, 16, 32, true, 32},  // one channel is all that 16 rows hold
        {32, 32, 32, false, 32}, {32, 32, 32, true, 11},  // three channels a fold, two in the last
        {32, 32, 64, true, 22},  // blocks of 32 columns are packed one by one
        {17, 32, 32, true, 32},  {18, 32, 32, true, 16},  // two channels need 18 rows
        {64, 4, 32, true, 8},                             // as many as there are columns
        {8, 32, 32, false, 64},                           // two folds a channel
        {8, 32, 32, true, 64},
    };
    std::vector<std::unique_ptr<arch::Accelerator>> accelerators;
    std::vector<LoweredNetwork> programs;
    for (const DepthwiseCase& row : cases) {
        arch::MachineConfig machine = arrayOnly(row.rows, row.columns);
        machine.array.depthwisePacking = row.packing;
        const graph::Extents image{1, row.channels, 16, 16};
        programs.push_back(
            lower(convolutionOf(image, kSame3x3, row.channels, row.channels), machine));
        accelerators.push_back(buildAccelerator(machine));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        SCOPED_TRACE(testing::Message() << "case " << i);
        const auto& [rows, columns, channels, packing, folds] = cases[i];
        const arch::RunRecord record = timeOf(*accelerators[i], programs[i]);
        const std::uint64_t macs = std::uint64_t{256} * 9 * channels;
        const Cycle cycles = folds * (Cycle{2} * rows + 256 + columns - 2);
        EXPECT_EQ(programs[i].layers[0].macs, macs);
        EXPECT_EQ(record.counters.macs, macs);
        EXPECT_EQ(record.cycles, cycles);
        EXPECT_EQ(record.counters.idlePeCycles, cycles * rows * columns - macs);
        EXPECT_EQ(record.counters.accumulatorWrites, 256 * channels * ceilDivide(9, rows));
        EXPECT_EQ(record.counters.weightOperands, 9 * channels);
    }
}

TEST(DepthwiseUtilization, CountsTheReadsOfAllGroupsOfAFoldInOneStep) {
    const graph::Extents image{1, 6, 4, 4};
    std::vector<std::unique_ptr<arch::Accelerator>> accelerators;
    std::vector<LoweredNetwork> programs;
    for (const bool packing : {false, true}) {
        arch::MachineConfig machine = arrayOnly(32, 8);
        machine.array.depthwisePacking = packing;
        machine.activationScratchpad = {kFree, 1, 1};  // a cycle a byte
        programs.push_back(
            lower(convolutionOf(image, {.y = {}, .x = {.kernel = 3}}, 6, 6), machine));
        accelerators.push_back(buildAccelerator(machine));
    }
    // 4 x 2 outputs, three taps. A step of one group waits for 3 bytes, of six groups for 18.
    const Cycle fold = 2 * 32 + 8 + 8 - 2;
    EXPECT_EQ(timeOf(*accelerators[0], programs[0]).cycles, 6 * (fold + 8 * 2));
    EXPECT_EQ(timeOf(*accelerators[1], programs[1]).cycles, fold + 8 * 17);
}

TEST(TransposedConvolution, CountsProductsWithElementsAsMacsAndTimeForAll) {
    // Kernel 2, stride 2: 8 x 8 outputs of a 4 x 4 image, every fourth tap on an element.
    const arch::Window window = square({.kernel = 2, .padBefore = 1, .padAfter = 1, .upsample = 2});
    const arch::MachineConfig machine = arrayOnly(16, 16);
    const LoweredNetwork lowered = lower(convolutionOf({1, 3, 4, 4}, window, 1, 5, true), machine);
    const auto accelerator = buildAccelerator(machine);
    const arch::RunRecord record = timeOf(*accelerator, lowered);
    EXPECT_EQ(lowered.layers[0].macs, 4U * 4 * 2 * 2 * 3 * 5);
    EXPECT_EQ(record.counters.macs, lowered.layers[0].macs);
    EXPECT_EQ(record.cycles, Cycle{2} * 16 + 64 + 16 - 2);
    EXPECT_EQ(record.counters.bytesLoaded, 4U * 4 * 3 + 4 * 3 * 5 + 5 * 8);
}

/// Bytes of tiles that were in an earlier tile of the same pass; the passes are told apart by the
/// channels they load, or by starting again at the first byte.
std::uint64_t repeatedBytes(const arch::Program& program) {
    std::set<std::uint64_t> seen;
    std::uint64_t repeated = 0;
    for (const arch::TransferCommand& load : transfersOf(program, arch::Direction::Load)) {
        const arch::DramBox& box = load.box;
        for (std::uint64_t outer = 0; outer < box.counts[0]; ++outer) {
            for (std::uint64_t inner = 0; inner < box.counts[1]; ++inner) {
                for (std::uint64_t i = 0; i < box.runBytes; ++i) {
                    const std::uint64_t byte =
                        box.address + outer * box.strides[0] + inner * box.strides[1] + i;
                    repeated += seen.insert(byte).second ? 0 : 1;
                }
            }
        }
    }
    return repeated;
}

struct HaloCase {
    const char* name;
    graph::Graph network;
    bool overlaps;
};

std::vector<HaloCase> haloCases() {
    const graph::Extents image{1, 4, 24, 20};
    const arch::WindowAxis strided{.kernel = 3, .stride = 2, .padBefore = 1, .padAfter = 1};
    const arch::WindowAxis dilated{.kernel = 3, .padBefore = 2, .padAfter = 2, .dilation = 2};
    const arch::WindowAxis transposed{.kernel = 3, .padBefore = 2, .padAfter = 2, .upsample = 2};
    return {
        {"3 x 3", convolutionOf(image, kSame3x3, 1, 4), true},
        {"1 x 1", convolutionOf(image, {}, 1, 4), false},
        {"strided", convolutionOf(image, square(strided), 1, 4), true},
        {"apart", convolutionOf(image, square({.kernel = 2, .stride = 3}), 1, 4), false},
        {"dilated", convolutionOf(image, square(dilated), 1, 4), true},
        {"depthwise", convolutionOf(image, kSame3x3, 4, 4), true},
        {"transposed", convolutionOf({1, 4, 12, 10}, square(transposed), 1, 4, true), true},
        {"pooling", maximumPoolingOf(image, square({.kernel = 3, .stride = 2})), true},
    };
}

TEST(HaloBytes, AreTheInputBytesThatTilesOfAPassShare) {
    for (const std::uint64_t capacity : {200U, 400U, 1500U, 100'000U}) {
        for (const HaloCase& row : haloCases()) {
            SCOPED_TRACE(testing::Message() << row.name << ", " << capacity << " bytes");
            arch::MachineConfig machine = arrayOnly(8, 8);
            machine.activationScratchpad = {capacity, kFree, 4};
            const LoweredNetwork lowered = lower(row.network, machine);
            std::uint64_t halo = 0;
            for (const auto& load : transfersOf(lowered.program, arch::Direction::Load)) {
                halo += load.haloBytes;
            }
            EXPECT_EQ(halo, repeatedBytes(lowered.program));
            EXPECT_EQ(halo > 0, row.overlaps && capacity < 100'000U);
        }
    }
}

TEST(HaloBytes, AreCountedByTheLoadUnit) {
    arch::MachineConfig machine = arrayOnly(8, 8);
    machine.activationScratchpad = {400, kFree, 4};
    const LoweredNetwork lowered = lower(haloCases().front().network, machine);
    const auto accelerator = buildAccelerator(machine);
    EXPECT_EQ(timeOf(*accelerator, lowered).counters.haloBytes, repeatedBytes(lowered.program));
}

}  // namespace
}  // namespace systole::sim
