// SPDX-License-Identifier: Apache-2.0
#include "tests/cosim/lockstep.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/cosim/faulty_array.hpp"
#include "tests/cosim/structural_array_adapter.hpp"

namespace systole::cosim {
namespace {

LockstepProblem problem() {
    LockstepProblem problem;
    problem.array = {.rows = 3, .columns = 2, .overlapFolds = true};
    problem.datapath = {.activation = numeric::formatNamed("int8").value(),
                        .weight = numeric::formatNamed("int8").value(),
                        .accumulator = numeric::parseAccumulator("int32").value()};
    problem.shape = {5, 7, 4};
    problem.stalls = 60;
    return problem;
}

class LockstepOfTwo : public testing::Test {
protected:
    LockstepRun run(const FaultyArray::Fault& fault) {
        FaultyArray faulty(second_, fault);
        const std::array<CycleArray*, 2> models{&first_, &faulty};
        return runLockstep(problem(), models);
    }

    StructuralArrayAdapter first_{"first", problem().array, problem().datapath};
    StructuralArrayAdapter second_{"second", problem().array, problem().datapath};
};

TEST_F(LockstepOfTwo, GoesThroughIfTheyAreEqual) {
    const LockstepRun run = this->run([](ArrayOutputs&, std::uint64_t) {});
    EXPECT_EQ(run.folds.size(), 6U);
    EXPECT_EQ(run.trace.size(), 6U * 5 * 2);
    EXPECT_GT(run.trace.back().wallCycle, static_cast<std::uint64_t>(run.trace.back().arrayCycle));
}

TEST_F(LockstepOfTwo, StopsAtADifferentSum) {
    const auto flip = [](ArrayOutputs& shown, std::uint64_t) {
        if (shown.valid[1] != 0) shown.sums[1] ^= 1;
    };
    EXPECT_THROW(run(flip), LockstepError);
}

TEST_F(LockstepOfTwo, StopsAtASumThatIsMissing) {
    const auto hide = [](ArrayOutputs& shown, std::uint64_t) { shown.valid[0] = 0; };
    EXPECT_THROW(run(hide), LockstepError);
}

TEST_F(LockstepOfTwo, StopsAtADescriptorTakenInAnotherCycle) {
    const auto refuse = [](ArrayOutputs& shown, std::uint64_t cycle) {
        if (cycle == 0) shown.takesFold = false;
    };
    EXPECT_THROW(run(refuse), LockstepError);
}

TEST_F(LockstepOfTwo, StopsAtAStepThatNobodyHasOrdered) {
    const auto ask = [](ArrayOutputs& shown, std::uint64_t) { shown.wantsStep = true; };
    EXPECT_THROW(run(ask), LockstepError);
}

TEST_F(LockstepOfTwo, DoesNotLookAtSumsThatAreNotValid) {
    const auto scramble = [](ArrayOutputs& shown, std::uint64_t cycle) {
        if (shown.valid[0] == 0) shown.sums[0] = static_cast<std::int64_t>(cycle);
    };
    EXPECT_NO_THROW(run(scramble));
}

}  // namespace
}  // namespace systole::cosim
