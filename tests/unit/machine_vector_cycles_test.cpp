// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arch/vector_unit.hpp"

namespace systole::arch {
namespace {

TEST(VectorCycles, FillWholeCyclesRowByRow) {
    EXPECT_EQ(vectorCycles({8, 4}, {10, 16, 1}), 10U * 2 + 4);
    EXPECT_EQ(vectorCycles({8, 4}, {10, 17, 1}), 10U * 3 + 4);
    EXPECT_EQ(vectorCycles({8, 4}, {10, 1, 1}), 10U + 4);
    EXPECT_EQ(vectorCycles({8, 0}, {3, 9, 3}), 3U * 3 * 2);
}

TEST(VectorCycles, AreThePipelineAloneWhereLanesAreFree) {
    EXPECT_EQ(vectorCycles({std::nullopt, 0}, {10, 16, 4}), 0U);
    EXPECT_EQ(vectorCycles({std::nullopt, 5}, {10, 16, 4}), 5U);
}

TEST(VectorWork, IsWhatTheCommandAsksFor) {
    Requantize requantize;
    requantize.outputs = 7;
    requantize.channels = 5;
    const VectorWork work = vectorWork(requantize);
    EXPECT_EQ(work.rows, 7U);
    EXPECT_EQ(work.columns, 5U);
    EXPECT_EQ(work.passes, 1U);

    Pool pool;
    pool.window.outputHeight = 2;
    pool.window.outputWidth = 3;
    pool.window.channelCount = 4;
    pool.window.kernelHeight = 3;
    pool.window.kernelWidth = 2;
    EXPECT_EQ(vectorWork(pool).operations(), 2U * 3 * 4 * 3 * 2);

    Elementwise elementwise;
    elementwise.elements = 9;
    EXPECT_EQ(vectorWork(elementwise).operations(), 9U);
    Softmax softmax;
    softmax.elements = 9;
    EXPECT_EQ(vectorWork(softmax).operations(), 27U);
}

}  // namespace
}  // namespace systole::arch
