// SPDX-License-Identifier: Apache-2.0
// A quantity as a table, between its values and beyond them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/check.hpp"
#include "tests/unit/cost/sram_fixture.hpp"

namespace systole::cost {
namespace {

using ::testing::HasSubstr;

TEST(SramModel, FollowsItsTable) {
    const SramModel model(simple());
    const SramMacro macro = model.at({.capacityBytes = 4096, .wordBits = 128});
    EXPECT_DOUBLE_EQ(macro.readJoules.nominal, 8e-12);
    EXPECT_DOUBLE_EQ(macro.writeJoules.nominal, 12e-12);
    EXPECT_DOUBLE_EQ(macro.leakageWatts.nominal, 16e-6);
    EXPECT_DOUBLE_EQ(macro.areaSquareMicrons.nominal, 40'000);
    EXPECT_DOUBLE_EQ(macro.accessSeconds.nominal, 2e-9);
    EXPECT_DOUBLE_EQ(macro.cycleSeconds.nominal, 1e-9);
}

TEST(SramModel, GoesStraightByLogarithmsBetweenTheValues) {
    SramCoefficients coefficients = simple();
    coefficients.areaSquareMicrons.nominal = {10, 10, 40, 20, 20, 80, 20, 20, 80};
    coefficients.areaSquareMicrons.high = {10, 10, 40, 20, 20, 80, 20, 20, 80};
    const SramModel model(coefficients);
    const auto area = [&](double bytes, double bits) {
        return model.at({.capacityBytes = bytes, .wordBits = bits}).areaSquareMicrons.nominal;
    };
    EXPECT_DOUBLE_EQ(area(2048, 64), std::sqrt(10.0 * 20));
    EXPECT_DOUBLE_EQ(area(4096, 64 * std::sqrt(2.0)), 40);
    EXPECT_DOUBLE_EQ(area(8192, 48), 20);
}

TEST(SramModel, WidensItsBandByTheMargins) {
    SramCoefficients coefficients = simple();
    coefficients.readPicojoules.lowMargin = 0.25;
    coefficients.readPicojoules.highMargin = 0.5;
    const Estimate read =
        SramModel(coefficients).at({.capacityBytes = 1024, .wordBits = 64}).readJoules;
    EXPECT_DOUBLE_EQ(read.low, 1.6e-12);
    EXPECT_DOUBLE_EQ(read.nominal, 2e-12);
    EXPECT_DOUBLE_EQ(read.high, 3e-12);
}

TEST(SramModel, OpensItsBandBeyondTheTable) {
    const SramModel model(simple());
    const auto read = [&](double bytes) {
        return model.at({.capacityBytes = bytes, .wordBits = 64}).readJoules;
    };
    // 16 KiB read 8 pJ. Four times that: nominal by the root, low by the fourth root, high by the
    // power of 3/4.
    EXPECT_DOUBLE_EQ(read(65536).nominal, 16e-12);
    EXPECT_DOUBLE_EQ(read(65536).low, 8e-12 * std::sqrt(2.0));
    EXPECT_DOUBLE_EQ(read(65536).high, 8e-12 * std::pow(4, 0.75));
    EXPECT_DOUBLE_EQ(read(256).nominal, 1e-12);
    EXPECT_DOUBLE_EQ(read(256).low, 2e-12 / std::pow(4, 0.75));
    EXPECT_DOUBLE_EQ(read(256).high, 2e-12 / std::sqrt(2.0));
}

TEST(SramModel, LeaksExponentiallyMoreWithTemperature) {
    const SramModel model(simple());
    const SramShape shape{.capacityBytes = 1024, .wordBits = 64};
    EXPECT_DOUBLE_EQ(model.at(shape, 300).leakageWatts.nominal, 4e-6);
    EXPECT_DOUBLE_EQ(model.at(shape, 360).leakageWatts.nominal, 8e-6);
    EXPECT_DOUBLE_EQ(model.at(shape, 420).leakageWatts.high, 16e-6);
    EXPECT_EQ(model.at(shape, 420).readJoules.nominal, model.at(shape).readJoules.nominal);
}

TEST(SramModel, IsNoneWithWhatCouldFall) {
    const auto problem = [](const SramCoefficients& coefficients) {
        return SramModel::problemOf(coefficients).value_or("");
    };
    EXPECT_FALSE(SramModel::problemOf(simple()));
    SramCoefficients coefficients = simple();
    coefficients.readPicojoules.low[0] = -0.5;
    EXPECT_EQ(problem(coefficients), "read_pj.low has a value that is not above zero");
    EXPECT_THROW(SramModel{coefficients}, InvariantError);
    coefficients = simple();
    coefficients.areaSquareMicrons.high.clear();
    EXPECT_EQ(problem(coefficients), "area_um2.high has 0 values, expected 3 rows of 3");
    coefficients = simple();
    coefficients.cycleNanoseconds.nominal[3] = 0.1;
    EXPECT_EQ(problem(coefficients), "cycle_ns.nominal falls with the capacity");
    coefficients = simple();
    coefficients.areaSquareMicrons.nominal[1] *= 0.9;
    EXPECT_EQ(problem(coefficients), "area_um2.nominal falls with the word width");
    coefficients.areaSquareMicrons.nominal[1] /= 0.9;
    coefficients.areaSquareMicrons.nominal[4] *= 1.1;
    EXPECT_THAT(problem(coefficients), HasSubstr("rises faster than the capacity"));
}

}  // namespace
}  // namespace systole::cost
