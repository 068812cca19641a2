// SPDX-License-Identifier: Apache-2.0
// Memories that are so small that they are made of flip-flops.
#include <gtest/gtest.h>

#include "tests/unit/cost/sram_fixture.hpp"

namespace systole::cost {
namespace {

SramCoefficients withRegisterFile() {
    SramCoefficients coefficients = simple();
    coefficients.areaSquareMicrons = rule(10'000, 0.5, 0);
    coefficients.registerFile = RegisterFile{.flipFlopSquareMicrons = 1,
                                             .multiplexerSquareMicrons = 0.4,
                                             .flipFlopPicojoules = 0.001,
                                             .multiplexerPicojoules = 0.001,
                                             .flipFlopMicrowatts = 0.0001,
                                             .multiplexerMicrowatts = 0.00005,
                                             .flipFlopNanoseconds = 0.1,
                                             .multiplexerNanoseconds = 0.005,
                                             .error = 0.5,
                                             .source = "test"};
    return coefficients;
}

TEST(SramModel, MakesSmallMemoriesOfFlipFlops) {
    const SramModel model(withRegisterFile());
    const SramMacro file = model.at({.capacityBytes = 32, .wordBits = 16});
    EXPECT_TRUE(file.isRegisterFile);
    EXPECT_EQ(file.source, "register file of flip-flops: test");
    EXPECT_DOUBLE_EQ(file.areaSquareMicrons.nominal, 256 * 1.4);
    EXPECT_DOUBLE_EQ(file.areaSquareMicrons.high, 256 * 1.4 * 1.5);
    EXPECT_DOUBLE_EQ(file.readJoules.nominal, (256 / 4 + 16) * 0.001e-12);
    EXPECT_DOUBLE_EQ(file.writeJoules.nominal, (80 + 16) * 0.001e-12);
    EXPECT_DOUBLE_EQ(file.leakageWatts.nominal, 256 * 0.00015e-6);
    EXPECT_DOUBLE_EQ(file.accessSeconds.nominal, 0.14e-9);
    EXPECT_DOUBLE_EQ(file.cycleSeconds.nominal, 0.14e-9);
    const SramMacro twoPorts = model.at({.capacityBytes = 16, .wordBits = 16, .readWritePorts = 2});
    EXPECT_DOUBLE_EQ(twoPorts.areaSquareMicrons.nominal, 128 * (1 + 3 * 0.4));
}

TEST(SramModel, PaysForWiresAcrossARegisterFile) {
    SramCoefficients coefficients = withRegisterFile();
    coefficients.wires.picojoulesPerBitMillimetre = 0.01;
    coefficients.wires.nanosecondsPerMillimetre = 0.1;
    const SramMacro file = SramModel(coefficients).at({.capacityBytes = 32, .wordBits = 16});
    const double side = std::sqrt(256 * 1.4) * 1e-3;
    EXPECT_DOUBLE_EQ(file.readJoules.nominal, (80 * 0.001 + 16 * side * 0.01) * 1e-12);
    EXPECT_DOUBLE_EQ(file.accessSeconds.nominal, (0.14 + side * 0.1) * 1e-9);
}

TEST(SramModel, IsARegisterFileOrAMacroAsAWhole) {
    const SramModel model(withRegisterFile());
    // 1.4 um2 a bit; macros of less than 1 KiB go with the root of the capacity: both take
    // 8,742 um2 at 780.5 B.
    const double crossing = 1e8 / 1024 / (11.2 * 11.2);
    const SramMacro file = model.at({.capacityBytes = crossing * 0.99, .wordBits = 32});
    const SramMacro macro = model.at({.capacityBytes = crossing * 1.01, .wordBits = 32});
    EXPECT_TRUE(file.isRegisterFile);
    EXPECT_FALSE(macro.isRegisterFile);
    EXPECT_EQ(macro.source, "test");
    EXPECT_NEAR(file.areaSquareMicrons.nominal, macro.areaSquareMicrons.nominal, 200);
    // A read of the file would take 1.6 pJ. It is that of the macro, so that nothing falls.
    EXPECT_NEAR(file.readJoules.nominal, std::sqrt(crossing / 1024) * 1e-12, 1e-20);
    EXPECT_LT(file.readJoules.nominal, macro.readJoules.nominal);
}

}  // namespace
}  // namespace systole::cost
