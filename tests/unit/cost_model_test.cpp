// SPDX-License-Identifier: Apache-2.0
#include "models/cost/cost_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace systole::cost {
namespace {

using ::testing::HasSubstr;

SramQuantity doubling(double nominal, double low, double high) {
    const auto curve = [](double scale) {
        return SramCurve{{.scale = scale, .capacityExponent = 1, .wordExponent = 1}};
    };
    return {.nominal = curve(nominal), .low = curve(low), .high = curve(high)};
}

/// Energies and areas that are easy to add up: a macro of 1024 bytes and 64 bits reads 2 pJ, writes
/// 3 pJ, leaks 0.5 mW and takes 0.01 mm2; everything doubles with either size.
SramModel roundMemories() {
    SramCoefficients coefficients;
    coefficients.source = "memories";
    coefficients.readPicojoules = doubling(2, 1, 2);
    coefficients.writePicojoules = doubling(3, 3, 3);
    coefficients.leakageMicrowatts = doubling(500, 500, 500);
    coefficients.areaSquareMicrons = doubling(10'000, 10'000, 30'000);
    coefficients.accessNanoseconds = doubling(1, 1, 1);
    return SramModel(coefficients);
}

Technology roundTechnology() {
    Technology technology;
    technology.name = "round";
    technology.flipFlopSquareMicrons = {5, "test"};
    technology.processingElements = {{.activation = "int8",
                                      .weight = "int8",
                                      .accumulator = "int32",
                                      .areaSquareMicrons = 800,
                                      .multiplierSquareMicrons = 300,
                                      .flipFlops = 40,
                                      .delayNanoseconds = 1.5,
                                      .picojoulesPerMac = 2,
                                      .idleClockPicojoules = 0.5,
                                      .leakageMicrowatts = 10,
                                      .fastAreaSquareMicrons = 1200,
                                      .fastDelayNanoseconds = 0.75,
                                      .source = "test"}};
    technology.sram = roundMemories();
    technology.fp32Multiply = {{4, "test"}, {7000, "test"}};
    technology.fp32Add = {{1, "test"}, {4000, "test"}};
    technology.int32Add = {{0.25, "test"}, {100, "test"}};
    return technology;
}

MachineDescription machine() {
    return {.arrayRows = 4,
            .arrayColumns = 8,
            .clockHertz = 500e6,
            .activation = "int8",
            .weight = "int8",
            .accumulator = "int32",
            .activationScratchpad = {.capacityBytes = 4096, .banks = 4, .wordBits = 64},
            .weightScratchpad = {.capacityBytes = 2048, .banks = 1, .wordBits = 128},
            .accumulatorRows = 256,
            .accumulatorBits = 64,
            .vectorLanes = 2};
}

TEST(EnergyModel, IsCountersTimesCoefficients) {
    const EnergyModel model(roundTechnology(), machine());
    const Counters counters{.macs = 1000,
                            .idlePeCycles = 100,
                            .activationScratchpadReads = 10,
                            .activationScratchpadWrites = 20,
                            .weightScratchpadReads = 5,
                            .weightScratchpadWrites = 1,
                            .accumulatorReads = 7,
                            .accumulatorWrites = 9,
                            .vectorOperations = 4,
                            .bytesLoaded = 0,
                            .bytesStored = 0};
    const EnergyBreakdown energy = model.energyOf(counters, 2e-6, 5e-9, 0);
    EXPECT_DOUBLE_EQ(energy.arrayMacJoules, 2000e-12);
    EXPECT_DOUBLE_EQ(energy.arrayClockJoules, 50e-12);
    EXPECT_DOUBLE_EQ(energy.activationScratchpadJoules, 10 * 2e-12 + 20 * 3e-12);
    EXPECT_DOUBLE_EQ(energy.weightScratchpadJoules, 5 * 8e-12 + 12e-12);
    EXPECT_DOUBLE_EQ(energy.accumulatorBufferJoules, 7 * 4e-12 + 9 * 6e-12);
    EXPECT_DOUBLE_EQ(energy.vectorUnitJoules, 4 * 5.25e-12);
    // 32 elements of 10 uW, 4 banks of 0.5 mW, one of 2 mW, 8 columns of 1 mW.
    EXPECT_DOUBLE_EQ(model.leakageWatts(), 320e-6 + 2e-3 + 2e-3 + 8e-3);
    EXPECT_DOUBLE_EQ(energy.leakageJoules, 12.32e-3 * 2e-6);
    EXPECT_DOUBLE_EQ(energy.dramJoules, 5e-9);
    EXPECT_DOUBLE_EQ(energy.totalJoules(),
                     2050e-12 + 80e-12 + 52e-12 + 82e-12 + 21e-12 + 24640e-12 + 5000e-12);
}

TEST(EnergyModel, OfTheLowCornerTakesTheLowEndOfTheBand) {
    const EnergyModel model(roundTechnology(), machine(), SramCorner::Low);
    Counters counters;
    counters.activationScratchpadReads = 10;
    EXPECT_DOUBLE_EQ(model.energyOf(counters, 0, 0, 0).activationScratchpadJoules, 10e-12);
}

MachineDescription withoutLimits() {
    MachineDescription free = machine();
    free.activationScratchpad.capacityBytes.reset();
    free.weightScratchpad.banks.reset();
    free.accumulatorRows.reset();
    free.vectorLanes.reset();
    return free;
}

TEST(EnergyModel, ChargesNothingForUnlimitedResources) {
    const EnergyModel model(roundTechnology(), withoutLimits());
    const Counters counters{.macs = 1,
                            .idlePeCycles = 0,
                            .activationScratchpadReads = 1,
                            .activationScratchpadWrites = 1,
                            .weightScratchpadReads = 1,
                            .weightScratchpadWrites = 1,
                            .accumulatorReads = 1,
                            .accumulatorWrites = 1,
                            .vectorOperations = 1,
                            .bytesLoaded = 1,
                            .bytesStored = 1};
    EXPECT_DOUBLE_EQ(model.energyOf(counters, 0, 0, 0).totalJoules(), 2e-12);
    EXPECT_DOUBLE_EQ(model.leakageWatts(), 320e-6);
}

TEST(AreaModel, IsTheSumOfTheComponents) {
    const AreaBreakdown area = AreaModel(roundTechnology(), machine()).area();
    EXPECT_DOUBLE_EQ(area.array.squareMicrons, 32 * 800);
    EXPECT_DOUBLE_EQ(area.activationScratchpad.squareMicrons, 4 * 10000);
    EXPECT_DOUBLE_EQ(area.weightScratchpad.squareMicrons, 40000);
    EXPECT_DOUBLE_EQ(area.accumulatorBuffer.squareMicrons, 8 * 20000);
    EXPECT_DOUBLE_EQ(area.vectorUnit.squareMicrons, 2 * 11100);
    EXPECT_DOUBLE_EQ(area.total().squareMicrons, 25600 + 40000 + 40000 + 160000 + 22200);
    EXPECT_FALSE(area.total().isFree);
}

TEST(AreaModel, BandsSpanThoseOfMemoriesAndBothSyntheses) {
    const AreaBreakdown area = AreaModel(roundTechnology(), machine()).area();
    EXPECT_DOUBLE_EQ(area.array.lowSquareMicrons, 32 * 800);
    EXPECT_DOUBLE_EQ(area.array.highSquareMicrons, 32 * 1200);
    EXPECT_DOUBLE_EQ(area.weightScratchpad.lowSquareMicrons, 40000);
    EXPECT_DOUBLE_EQ(area.weightScratchpad.highSquareMicrons, 120000);
}

TEST(AreaModel, FlagsUnlimitedResourcesAsFree) {
    const AreaBreakdown area = AreaModel(roundTechnology(), withoutLimits()).area();
    EXPECT_FALSE(area.array.isFree);
    for (const ComponentArea& each : {area.activationScratchpad, area.weightScratchpad,
                                      area.accumulatorBuffer, area.vectorUnit}) {
        EXPECT_TRUE(each.isFree);
        EXPECT_EQ(each.squareMicrons, 0);
    }
    EXPECT_TRUE(area.total().isFree);
    EXPECT_DOUBLE_EQ(area.total().squareMicrons, 32 * 800);
}

TEST(AreaModel, SaysWhetherAMacFitsInTheClock) {
    MachineDescription fast = machine();
    EXPECT_TRUE(AreaModel(roundTechnology(), fast).meetsClock());
    fast.clockHertz = 1e9;
    EXPECT_FALSE(AreaModel(roundTechnology(), fast).meetsClock());
    EXPECT_TRUE(AreaModel(roundTechnology(), fast).meetsClockSynthesisedForSpeed());
    fast.clockHertz = 2e9;
    EXPECT_FALSE(AreaModel(roundTechnology(), fast).meetsClockSynthesisedForSpeed());
}

TEST(ProcessingElement, AreaHasThreeParts) {
    const Technology technology = roundTechnology();
    const auto parts = areaByPart(technology, technology.processingElements[0]);
    EXPECT_DOUBLE_EQ(parts.multiplierSquareMicrons, 300);
    EXPECT_DOUBLE_EQ(parts.registerSquareMicrons, 200);
    EXPECT_DOUBLE_EQ(parts.restSquareMicrons, 300);
}

TEST(ProcessingElement, ThatIsUnknownIsAnErrorThatListsTheKnownOnes) {
    MachineDescription other = machine();
    other.weight = "e2m3";
    try {
        EnergyModel(roundTechnology(), other);
        FAIL() << "no error";
    } catch (const MissingCoefficient& error) {
        EXPECT_STREQ(error.what(),
                     "technology 'round' has no processing element int8 x e2m3 + int32, expected "
                     "one of: int8 x int8 + int32; or an entry of its own under "
                     "processing_elements, or technology: none to leave costs out");
    }
    EXPECT_THROW(AreaModel(roundTechnology(), other), MissingCoefficient);
}

TEST(Counters, TableNamesEveryMember) {
    EXPECT_EQ(kCounters.size() * sizeof(std::uint64_t), sizeof(Counters));
    EXPECT_EQ(kEnergyComponents.size() * sizeof(double), sizeof(EnergyBreakdown));
    EXPECT_EQ(kAreaComponents.size() * sizeof(ComponentArea), sizeof(AreaBreakdown));
}

}  // namespace
}  // namespace systole::cost
