// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/fitted_range.hpp"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/technology/technology_loader.hpp"
#include "tests/unit/cost/cost_fixture.hpp"

/// Circuits outside of those that a technology was fitted to: what is said of them, and by how much
/// their bands are wider.
namespace systole::cost {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Technology& nm45() {
    static const Technology technology = sim::parseTechnology("generic_45nm", "technology");
    return technology;
}

FitWidening wideningOf(const ElementDescription& element, ElementMake make = {}) {
    return ElementModel(nm45().logic, element, make).fitWidening();
}

TEST(FittedRange, HoldsTheCircuitsThatWereSynthesised) {
    for (const char* format : {"int2", "int8", "int16", "uint8", "e2m1", "e5m2", "short_e4m3"}) {
        for (const char* sum : {"exact", "int32", "fp32", "bf16"}) {
            if (*format == 'e' && *sum == 'i') continue;
            const FitWidening widening = wideningOf(elementOf(format, sum));
            EXPECT_THAT(widening.reasons, IsEmpty()) << format << " + " << sum;
            EXPECT_EQ(widening.area, 1);
            EXPECT_EQ(widening.energy, 1);
        }
    }
}

TEST(FittedRange, NamesWhatLiesOutside) {
    // The three figures that printed +-7 %: sums of 527 bits, 16 stages, posits.
    EXPECT_THAT(wideningOf(elementOf("e8m0", "exact")).reasons,
                ElementsAre("fixed-point sums of 527 bits, not 12 to 85"));
    EXPECT_THAT(wideningOf(elementOf("int8", "int32"), {.stages = 16}).reasons,
                ElementsAre("16 pipeline stages, not 1"));
    EXPECT_THAT(wideningOf(elementOf("posit8es1", "fp32")).reasons, ElementsAre("posit operands"));
    // Others of the same kinds.
    EXPECT_THAT(wideningOf(elementOf("int2", "int8")).reasons,
                ElementsAre("fixed-point sums of 8 bits, not 12 to 85"));
    EXPECT_THAT(wideningOf(elementOf("e4m3", "e4m3")).reasons,
                ElementsAre("float sums with exponents of 4 bits, not 5 to 8",
                            "float sums with significands of 4 bits, not 8 to 24"));
    EXPECT_THAT(wideningOf(elementOf("ternary", "int16")).reasons,
                ElementsAre("add subtract multipliers"));
    ElementDescription serial = elementOf("int8", "int32");
    serial.productClass = numeric::ProductClass::BitSerialWeight;
    EXPECT_THAT(wideningOf(serial).reasons, ElementsAre("bit serial weight multipliers"));
    EXPECT_THAT(wideningOf(elementOf("e4m3", "fp32_of_8xfp16")).reasons,
                ElementsAre("chunked sums"));
}

TEST(FittedRange, WidensByHalfOfTheWayInLogarithms) {
    EXPECT_DOUBLE_EQ(wideningOf(elementOf("e8m0", "exact")).area, std::sqrt(527.0 / 85));
    EXPECT_DOUBLE_EQ(wideningOf(elementOf("posit8es1", "fp32")).delay, kUnknownKindFactor);
    const ElementDescription int8 = elementOf("int8", "int32");
    const auto areaOf = [&](std::uint32_t stages) {
        return ElementModel(nm45().logic, int8, {.stages = stages}).squareMicrons().total();
    };
    EXPECT_DOUBLE_EQ(wideningOf(int8, {.stages = 4}).area, std::sqrt(areaOf(4) / areaOf(1)));
    EXPECT_GT(wideningOf(int8, {.stages = 4}).delay, 1);
    EXPECT_GT(wideningOf(int8, {.stages = 4}).energy, 1);
}

TEST(FittedRange, GrowsWithTheDistance) {
    double before = 1;
    for (const char* format : {"e5m2", "e6m1_none", "e7m0_none", "e8m0"}) {
        const double area = wideningOf(elementOf(format, "exact")).area;
        EXPECT_GE(area, before) << format;
        before = area;
    }
    EXPECT_GT(before, 2);
}

TEST(FittedRange, WithoutOneErrorsHoldOfAllCircuits) {
    const ElementModel model(roundLogic(), elementOf("posit8es1", "exact"));
    EXPECT_EQ(model.fitWidening().area, 1);
    EXPECT_EQ(model.fitWidening().note(), "");
}

const AreaNode& elementsOf(const AreaNode& area) {
    return *area.find("array")->find("processing_elements");
}

TEST(FittedRange, BandsOfMachinesWidenAndSayWhy) {
    MachineDescription machine = roundMachine();
    const auto widthOf = [&] {
        const AreaNode area = areaOf(nm45(), machine);
        const AreaNode& registers = *elementsOf(area).find("registers");
        return registers.highSquareMicrons / registers.squareMicrons;
    };
    const double known = nm45().logic.errors.ofElements(Goal::Area).area->largest;
    EXPECT_DOUBLE_EQ(widthOf(), 1 + known);
    EXPECT_THAT(elementsOf(areaOf(nm45(), machine)).notes, IsEmpty());
    for (const char* format : {"posit8es1", "e8m0"}) {
        machine.element = elementOf(format, "exact");
        EXPECT_GT(widthOf(), 2) << format;
        EXPECT_THAT(elementsOf(areaOf(nm45(), machine)).notes,
                    ElementsAre(HasSubstr("outside of the fit")));
        const EnergyDoubt doubt = ElementModel(nm45().logic, machine.element).energyDoubt();
        EXPECT_GT(doubt.up, 1) << format;
        EXPECT_GT(doubt.down, 1) << format;
        EXPECT_THAT(doubt.outsideOfFit, HasSubstr("outside of the fit"));
    }
}

TEST(FittedRange, OfScaledNodesIsThatOfTheirSource) {
    for (const char* name : {"generic_65nm", "generic_28nm", "generic_7nm"}) {
        const auto fitted = sim::parseTechnology(name, "technology").logic.fitted;
        ASSERT_TRUE(fitted.has_value()) << name;
        EXPECT_EQ(fitted->kinds, nm45().logic.fitted->kinds) << name;
        for (std::size_t i = 0; i < kShapeNumbers.size(); ++i) {
            EXPECT_EQ(fitted->numbers.at(i).most, nm45().logic.fitted->numbers.at(i).most) << name;
        }
    }
}

}  // namespace
}  // namespace systole::cost
