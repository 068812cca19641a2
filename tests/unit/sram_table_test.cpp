// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/check.hpp"
#include "models/cost/sram.hpp"
#include "sim/config/technology_loader.hpp"

namespace systole::cost {
namespace {

using ::testing::HasSubstr;

Technology generic() {
    return sim::loadTechnology(SYSTOLE_SOURCE_DIR "/configs/technology/generic_45nm.yaml");
}

SramPoint point(std::uint64_t capacity, std::uint32_t width, double energy) {
    return {.capacityBytes = capacity,
            .wordBits = width,
            .readPicojoules = energy,
            .writePicojoules = energy,
            .leakageMilliwatts = energy,
            .areaSquareMillimetres = energy};
}

/// Energy grows with the square root of capacity and linearly with the width.
SramTable powerLaw() {
    return {{point(1024, 64, 1), point(4096, 64, 2), point(1024, 256, 4), point(4096, 256, 8)},
            "test"};
}

TEST(SramTable, IsExactAtItsPoints) {
    const Technology technology = generic();
    for (const SramTable* table : {&technology.sram, &technology.sramOtherOptimum}) {
        ASSERT_EQ(table->points().size(), 16U);
        for (const SramPoint& each : table->points()) {
            const SramMacro macro =
                table->at(static_cast<double>(each.capacityBytes), each.wordBits);
            EXPECT_EQ(macro.readJoules, each.readPicojoules * 1e-12);
            EXPECT_EQ(macro.writeJoules, each.writePicojoules * 1e-12);
            EXPECT_EQ(macro.leakageWatts, each.leakageMilliwatts * 1e-3);
            EXPECT_EQ(macro.areaSquareMicrons, each.areaSquareMillimetres * 1e6);
        }
    }
}

TEST(SramTable, FollowsPowerLawsBetweenPoints) {
    EXPECT_DOUBLE_EQ(powerLaw().at(2048, 64).readJoules, 1.4142135623730951e-12);
    EXPECT_DOUBLE_EQ(powerLaw().at(1024, 128).readJoules, 2e-12);
    EXPECT_DOUBLE_EQ(powerLaw().at(2048, 128).readJoules, 2 * 1.4142135623730951e-12);
}

TEST(SramTable, GoesOnWithTheLastSlopeOutside) {
    EXPECT_DOUBLE_EQ(powerLaw().at(16384, 64).readJoules, 4e-12);
    EXPECT_DOUBLE_EQ(powerLaw().at(256, 64).readJoules, 0.5e-12);
    EXPECT_DOUBLE_EQ(powerLaw().at(1024, 512).readJoules, 8e-12);
    EXPECT_DOUBLE_EQ(powerLaw().at(1024, 32).readJoules, 0.5e-12);
}

TEST(SramTable, KeepsSlopesOutsideBetweenZeroAndOne) {
    const SramTable steep(
        {point(1024, 64, 1), point(2048, 64, 8), point(1024, 128, 0.5), point(2048, 128, 4)},
        "test");
    EXPECT_DOUBLE_EQ(steep.at(4096, 64).readJoules, 16e-12);
    EXPECT_DOUBLE_EQ(steep.at(1024, 256).readJoules, 0.5e-12);
}

TEST(SramTable, IsMonotoneInCapacity) {
    const Technology technology = generic();
    for (const double bits : {16.0, 32.0, 64.0, 100.0, 128.0, 256.0, 512.0, 2048.0}) {
        SramMacro smaller;
        for (double bytes = 64; bytes < 1 << 24; bytes *= 1.07) {
            const SramMacro macro = technology.sram.at(bytes, bits);
            EXPECT_GE(macro.readJoules, smaller.readJoules) << bytes << " B, " << bits;
            EXPECT_GE(macro.writeJoules, smaller.writeJoules) << bytes << " B, " << bits;
            EXPECT_GE(macro.leakageWatts, smaller.leakageWatts) << bytes << " B, " << bits;
            EXPECT_GT(macro.areaSquareMicrons, smaller.areaSquareMicrons)
                << bytes << " B, " << bits;
            smaller = macro;
        }
    }
}

TEST(SramTable, NeedsAFullGrid) {
    EXPECT_FALSE(SramTable::problemOf(powerLaw().points()));
    auto points = powerLaw().points();
    points.pop_back();
    EXPECT_THAT(SramTable::problemOf(points).value_or(""), HasSubstr("no grid"));
    EXPECT_THROW(SramTable(points, "test"), InvariantError);
    points.push_back(points.front());
    EXPECT_THAT(SramTable::problemOf(points).value_or(""), HasSubstr("twice"));
    points = powerLaw().points();
    points[1].readPicojoules = 0;
    EXPECT_THAT(SramTable::problemOf(points).value_or(""), HasSubstr("not positive"));
}

}  // namespace
}  // namespace systole::cost
