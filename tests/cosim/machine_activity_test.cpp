// SPDX-License-Identifier: Apache-2.0
// What arch::MachineState counts in the array's registers, beside the structural array that is fed
// the same fold by hand.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "arch/values/machine_state.hpp"
#include "tests/cosim/lockstep.hpp"
#include "tests/cosim/structural_array_adapter.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::cosim {
namespace {

using arch::structural::GemmFold;

constexpr std::uint32_t kGroups = 3;
constexpr std::uint32_t kTaps = 2;
constexpr std::uint32_t kWidth = 6;
constexpr std::uint32_t kSteps = kWidth + 1;  ///< a column of padding on either side

arch::ArrayConfig arrayConfig() {
    return {.rows = kGroups * kTaps + 1,
            .columns = kGroups + 2,
            .overlapFolds = true,
            .depthwisePacking = true};
}

arch::DatapathConfig datapath() {
    return {.activation = numeric::formatNamed("int8").value(),
            .weight = numeric::formatNamed("int8").value(),
            .accumulator = numeric::parseAccumulator("int32").value()};
}

/// A depthwise convolution of 1 x 2 taps, all groups in one fold, one array column to the right.
arch::Stream packedStream() {
    arch::Stream stream;
    stream.window.width = kWidth;
    stream.window.channels = kGroups;
    stream.window.originX = -1;
    stream.window.kernelWidth = kTaps;
    stream.window.outputWidth = kSteps;
    stream.outputs = kSteps;
    stream.reduction = kTaps;
    stream.groupCount = kGroups;
    stream.columnBegin = 1;
    return stream;
}

/// The same as the array sees it: activations [x][group], weights [group][tap].
GemmFold packedFold(const std::vector<std::uint8_t>& activations,
                    const std::vector<std::uint8_t>& weights) {
    const arch::ArrayConfig array = arrayConfig();
    GemmFold fold;
    fold.steps = kSteps;
    fold.stationary.resize(array.processingElements());
    fold.used.resize(array.processingElements());
    fold.rows.resize(std::size_t{kSteps} * array.rows);
    for (std::uint32_t group = 0; group < kGroups; ++group) {
        for (std::uint32_t tap = 0; tap < kTaps; ++tap) {
            const std::uint32_t row = group * kTaps + tap;
            const std::uint32_t element = row * array.columns + 1 + group;
            fold.stationary[element] = weights[row];
            fold.used[element] = 1;
            for (std::uint32_t step = 0; step < kSteps; ++step) {
                const std::uint32_t x = step + tap;  // counted from the padding
                if (x == 0 || x > kWidth) continue;
                fold.rows[step * array.rows + row] = activations[(x - 1) * kGroups + group];
            }
        }
    }
    return fold;
}

std::vector<std::uint8_t> randomBytes(std::size_t count, std::mt19937_64& random) {
    std::vector<std::uint8_t> bytes(count);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % 100);
    return bytes;
}

TEST(ActivityOfTheMachine, IsThatOfTheStructuralArrayWithGroupsSideBySide) {
    constexpr std::uint32_t kInputBytes = kWidth * kGroups;
    constexpr std::uint32_t kWeightBytes = kGroups * kTaps;
    StructuralArrayAdapter structural("array", arrayConfig(), datapath());
    arch::MachineState machine(machineOf(datapath(), arrayConfig()));
    arch::Program program;
    program.activationBytes = kInputBytes;
    program.weightBytes = kWeightBytes;
    program.accumulatorRows = kSteps;
    program.dramBytes = kInputBytes + kWeightBytes;
    machine.reset(program);

    std::mt19937_64 random(1);
    std::vector<GemmFold> folds;
    for (int f = 0; f < 4; ++f) {
        const auto activations = randomBytes(kInputBytes, random);
        const auto weights = randomBytes(kWeightBytes, random);
        std::copy(activations.begin(), activations.end(), machine.dram().begin());
        std::copy(weights.begin(), weights.end(), machine.dram().begin() + kInputBytes);
        machine.execute(arch::TransferCommand{.box = {.runBytes = kInputBytes}});
        machine.execute(
            arch::TransferCommand{.box = {.address = kInputBytes, .runBytes = kWeightBytes},
                                  .scratchpad = arch::Scratchpad::Weight});
        machine.execute(packedStream());
        folds.push_back(packedFold(activations, weights));
    }
    const LockstepProblem problem{.array = arrayConfig(), .datapath = datapath(), .shape = {}};
    const std::array<CycleArray*, 1> models{&structural};
    runLockstep(problem, folds, models);
    for (const auto& counter : arch::structural::kActivity) {
        EXPECT_EQ(machine.operandActivity().*counter.member, structural.activity().*counter.member)
            << counter.name;
    }
    EXPECT_GT(machine.operandActivity().loadRegisterToggles, 0U);

    machine.startReplay();
    EXPECT_EQ(machine.operandActivity(), arch::Activity{});
}

}  // namespace
}  // namespace systole::cosim
