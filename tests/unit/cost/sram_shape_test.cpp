// SPDX-License-Identifier: Apache-2.0
// Memories of several macros and ports.
#include <gtest/gtest.h>

#include "models/check.hpp"
#include "tests/unit/cost/sram_fixture.hpp"

namespace systole::cost {
namespace {

TEST(SramModel, SaysWhatOfAShapeIsOutsideOfTheFit) {
    const SramModel model = generic();
    const auto note = [&](const SramShape& shape) { return model.at(shape).outOfFit; };
    constexpr double kMebi = 1024 * 1024;
    EXPECT_EQ(note({.capacityBytes = 48 * kMebi, .wordBits = 64}),
              "48 MiB a macro, outside of the fit of 512 B to 32 MiB");
    EXPECT_EQ(note({.capacityBytes = 48 * kMebi, .wordBits = 64, .banks = 4}),
              "48 MiB a macro, outside of the fit of 512 B to 32 MiB");
    EXPECT_EQ(note({.capacityBytes = 384, .wordBits = 8}),
              "384 B a macro, outside of the fit of 512 B to 32 MiB");
    EXPECT_EQ(note({.capacityBytes = 4096, .wordBits = 4}),
              "words of 4 bits, outside of the fit of 8 bits and more");
    EXPECT_EQ(note({.capacityBytes = 1024, .wordBits = 512}),
              "16 words a macro, outside of the fit of 32 words and more");
    EXPECT_EQ(note({.capacityBytes = 4096, .wordBits = 32, .readWritePorts = 3}),
              "3 ports, outside of the fit of 1 and 2 ports");
    EXPECT_EQ(note({.capacityBytes = 48 * kMebi, .wordBits = 2048}),
              "times of a macro of 48 MiB, outside of the fit of 512 B to 32 MiB");
    EXPECT_EQ(note({.capacityBytes = 32 * kMebi, .wordBits = 2048}), "");
    EXPECT_EQ(note({.capacityBytes = 64.0 * 1024 * kMebi, .wordBits = 64}),
              "64 GiB a macro, outside of the fit of 512 B to 32 MiB");
    EXPECT_EQ(note({.capacityBytes = 4, .wordBits = 16}),
              "a register file, an estimate: 4 B a macro, outside of the fit of 512 B to 32 MiB; 2 "
              "words a macro, outside of the fit of 32 words and more");
}

TEST(SramModel, PutsMacrosSideBySideForWiderWords) {
    const SramModel model(simple());
    const SramMacro one = model.at({.capacityBytes = 4096, .wordBits = 128});
    const SramMacro three = model.at({.capacityBytes = 3 * 4096, .wordBits = 3 * 128});
    EXPECT_DOUBLE_EQ(three.readJoules.nominal, 3 * one.readJoules.nominal);
    EXPECT_DOUBLE_EQ(three.areaSquareMicrons.high, 3 * one.areaSquareMicrons.high);
    EXPECT_DOUBLE_EQ(three.leakageWatts.low, 3 * one.leakageWatts.low);
    // Nothing is faster for a wider word: times are those of a macro of all 12 KiB.
    EXPECT_DOUBLE_EQ(three.cycleSeconds.nominal, std::sqrt(3) * one.cycleSeconds.nominal);
}

TEST(SramModel, PaysForWiresBetweenMacrosSideBySide) {
    SramCoefficients coefficients = simple();
    coefficients.wires.picojoulesPerBitMillimetre = 0.25;
    const SramMacro macro =
        SramModel(coefficients).at({.capacityBytes = 4 * 1024, .wordBits = 4 * 128});
    // Four macros of 100 um a side: 100 um further than one.
    EXPECT_DOUBLE_EQ(macro.readJoules.nominal, (4 * 4 + 512 * 0.1 * 0.25) * 1e-12);
}

TEST(SramModel, IsBuiltOfPartsThatAWordIsSpreadOver) {
    SramCoefficients coefficients = simple();
    coefficients.wires.picojoulesPerBitMillimetre = 0.25;
    const SramModel model(coefficients);
    const SramMacro parts = model.at({.capacityBytes = 16 * 1024, .wordBits = 128},
                                     SramParts{.inWord = 2, .all = 16}, 300);
    // Sixteen parts of 1 KiB and 64 bits, 100 um a side: 300 um further than one.
    EXPECT_DOUBLE_EQ(parts.areaSquareMicrons.nominal, 160'000);
    EXPECT_DOUBLE_EQ(parts.leakageWatts.nominal, 64e-6);
    EXPECT_DOUBLE_EQ(parts.readJoules.nominal, (2 * 2 + 128 * 0.3 * 0.25) * 1e-12);
    EXPECT_DOUBLE_EQ(parts.cycleSeconds.nominal, 0.5e-9);
    EXPECT_THROW(
        model.at({.capacityBytes = 1024, .wordBits = 128}, SramParts{.inWord = 2, .all = 1}, 300),
        InvariantError);
}

TEST(SramModel, WidensTheBandOfSeveralMacrosAndPorts) {
    SramCoefficients coefficients = simple();
    coefficients.wires.errors = {.area = 0.25, .energy = 0.5, .leakage = 0.1, .time = 0.2};
    coefficients.ports.energy = 1;
    coefficients.ports.errors.energy = 0.6;
    const SramModel model(coefficients);
    const SramMacro banks = model.at({.capacityBytes = 1024, .wordBits = 64, .banks = 4});
    EXPECT_DOUBLE_EQ(banks.areaSquareMicrons.low, 32'000);
    EXPECT_DOUBLE_EQ(banks.areaSquareMicrons.high, 50'000);
    EXPECT_DOUBLE_EQ(banks.readJoules.low, 2e-12) << "no less than a bank";
    EXPECT_DOUBLE_EQ(banks.readJoules.high, 3e-12);
    EXPECT_DOUBLE_EQ(banks.leakageWatts.high, 17.6e-6);
    EXPECT_DOUBLE_EQ(banks.accessSeconds.high, 1.2e-9);
    EXPECT_DOUBLE_EQ(banks.cycleSeconds.high, 0.5e-9) << "that of a bank";
    const SramMacro ports = model.at({.capacityBytes = 1024, .wordBits = 64, .readWritePorts = 2});
    EXPECT_DOUBLE_EQ(ports.readJoules.low, 2.5e-12);
    EXPECT_DOUBLE_EQ(ports.readJoules.high, 6.4e-12);
    EXPECT_DOUBLE_EQ(ports.leakageWatts.low, 4e-6) << "no less than of one port";
}

TEST(SramModel, GrowsItsCellsForPorts) {
    SramCoefficients coefficients = simple();
    coefficients.ports = {.cellWidth = 0.5,
                          .cellHeight = 0.5,
                          .energy = 0.75,
                          .leakage = 0.25,
                          .time = 0.5,
                          .source = "test"};
    const SramModel model(coefficients);
    const SramMacro two = model.at({.capacityBytes = 1024, .wordBits = 64, .readWritePorts = 2});
    EXPECT_DOUBLE_EQ(two.areaSquareMicrons.nominal, 22'500);
    EXPECT_DOUBLE_EQ(two.readJoules.nominal, 3.5e-12);
    EXPECT_DOUBLE_EQ(two.accessSeconds.nominal, 1.5e-9);
    EXPECT_DOUBLE_EQ(two.cycleSeconds.nominal, 0.75e-9);
    EXPECT_DOUBLE_EQ(two.leakageWatts.high, 5e-6);
    // Of more ports than the tables have, the band opens.
    const Estimate three =
        model.at({.capacityBytes = 1024, .wordBits = 64, .readWritePorts = 3}).areaSquareMicrons;
    EXPECT_DOUBLE_EQ(three.nominal, 40'000);
    EXPECT_DOUBLE_EQ(three.low, 22'500 * std::sqrt(40.0 / 22.5));
    EXPECT_DOUBLE_EQ(three.high, 22'500 * std::pow(40.0 / 22.5, 1.5));
}

TEST(SramModel, PaysForWiresBetweenBanks) {
    SramCoefficients coefficients = simple();
    coefficients.wires = {.picojoulesPerBitMillimetre = 0.25,
                          .nanosecondsPerMillimetre = 2,
                          .micronsPerWire = 0.5,
                          .addressWires = 16,
                          .source = "test"};
    const SramMacro macro =
        SramModel(coefficients).at({.capacityBytes = 1024, .wordBits = 64, .banks = 4});
    // The side of a bank is 100 um: 100 um further, on 80 wires in and 64 out.
    EXPECT_DOUBLE_EQ(macro.areaSquareMicrons.nominal, 40'000 + 100 * 0.5 * 144);
    EXPECT_DOUBLE_EQ(macro.readJoules.nominal, 2e-12 + 80 * 0.1 * 0.25e-12);
    EXPECT_DOUBLE_EQ(macro.writeJoules.nominal, 3e-12 + 80 * 0.1 * 0.25e-12);
    EXPECT_DOUBLE_EQ(macro.accessSeconds.nominal, 1e-9 + 0.2e-9);
    EXPECT_DOUBLE_EQ(macro.cycleSeconds.nominal, 0.5e-9) << "wires between banks have registers";
    EXPECT_DOUBLE_EQ(macro.leakageWatts.nominal, 16e-6);
}

TEST(SramModel, HoldsAWordAtLeast) {
    const SramModel model(simple());
    const auto area = [&](double bytes) {
        return model.at({.capacityBytes = bytes, .wordBits = 4096}).areaSquareMicrons.nominal;
    };
    EXPECT_EQ(area(16), area(512));
    EXPECT_LT(area(512), area(513));
}

TEST(SramModel, WithoutCoefficientsCostsNothing) {
    const SramMacro macro = SramModel().at({.capacityBytes = 1024, .wordBits = 64, .banks = 2});
    EXPECT_EQ(macro.areaSquareMicrons.high, 0);
    EXPECT_EQ(macro.readJoules.high, 0);
}

}  // namespace
}  // namespace systole::cost
