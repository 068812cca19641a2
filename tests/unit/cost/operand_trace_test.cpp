// SPDX-License-Identifier: Apache-2.0
#include "models/cost/element/operand_trace.hpp"

#include <gtest/gtest.h>

#include <bit>

#include "models/check.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::cost {
namespace {

OperandMeter meterOf(const char* operands, const char* accumulator) {
    return {numeric::Codec(formatOf(operands)), numeric::Codec(formatOf(operands)),
            *numeric::parseAccumulator(accumulator)};
}

std::uint64_t bitsOf(double value) { return std::bit_cast<std::uint64_t>(value); }

TEST(OperandStatistics, CountBitsThatDifferFromTheStepBeforeAndZeros) {
    const OperandMeter meter = meterOf("int8", "int12");
    OperandTrace trace;
    trace.activations = {0, 3, 3, 0xFF};
    trace.weights = {0x80, 0x80, 0, 0};
    const std::uint64_t minusOne = ~std::uint64_t{0};
    trace.sums = {0, 5, minusOne, 0};
    const OperandStatistics one = meter.measure(trace);
    EXPECT_EQ(one, (OperandStatistics{.steps = 4,
                                      .transitions = 3,
                                      .activationToggles = 2 + 0 + 6,
                                      .weightToggles = 0 + 1 + 0,
                                      .sumToggles = 2 + 10 + 12,  // of 12 bits
                                      .zeroActivations = 1,
                                      .zeroWeights = 2}));
    OperandStatistics two = one;
    two += one;
    EXPECT_EQ(two.transitions, 6U);  // nothing between two traces
    const OperandRates rates = meter.rates(two);
    EXPECT_DOUBLE_EQ(rates.activationToggles, 8.0 / (3 * 8));
    EXPECT_DOUBLE_EQ(rates.weightToggles, 1.0 / (3 * 8));
    EXPECT_DOUBLE_EQ(rates.sumToggles, 24.0 / (3 * 12));
    EXPECT_DOUBLE_EQ(rates.zeroActivations, 0.25);
    EXPECT_DOUBLE_EQ(rates.zeroWeights, 0.5);
}

TEST(OperandStatistics, CountTheCodesOfFloatSumsNotTheBitsOfTheirBinary64) {
    OperandTrace trace;
    trace.activations = {0x80, 0};  // -0 and +0
    trace.weights = {0, 1};
    trace.sums = {bitsOf(1.0), bitsOf(-1.5)};  // fp16: 3C00 and BE00
    const OperandStatistics counts = meterOf("e4m3", "fp16").measure(trace);
    EXPECT_EQ(counts.sumToggles, 2U);
    EXPECT_EQ(counts.zeroActivations, 2U);
    trace.sums = {bitsOf(1.0), bitsOf(2.0)};  // fp32: 3F800000 and 40000000
    EXPECT_EQ(meterOf("e4m3", "fp32").measure(trace).sumToggles, 8U);
}

TEST(OperandStatistics, CountAllWordsOfAWideSumUpToItsSign) {
    const OperandMeter meter = meterOf("e5m2", "exact");
    EXPECT_GT(meter.sumBits(), 64);
    OperandTrace trace;
    trace.activations = trace.weights = {1, 1};
    trace.sumWords = 2;
    trace.sums = {0, 0, ~std::uint64_t{0}, ~std::uint64_t{0}};
    EXPECT_EQ(meter.measure(trace).sumToggles, static_cast<std::uint64_t>(meter.sumBits()));
}

TEST(OperandStatistics, MeasureTheInnerRegisterOfChunks) {
    numeric::AccumulatorFormat chunks = *numeric::parseAccumulator("fp32");
    chunks.chunk = numeric::Chunk{numeric::parseAccumulator("exact")->sum, 8};
    const OperandMeter meter(numeric::Codec(formatOf("int8")), numeric::Codec(formatOf("int8")),
                             chunks);
    EXPECT_EQ(meter.sumBits(), meterOf("int8", "exact").sumBits());
}

TEST(OperandStatistics, OfNothingAreZeroAndOfHalfATraceBreakAnInvariant) {
    const OperandMeter meter = meterOf("int8", "int32");
    EXPECT_EQ(meter.measure({}), OperandStatistics{});
    EXPECT_EQ(meter.rates({}).sumToggles, 0);
    OperandTrace trace;
    trace.activations = {1, 2};
    EXPECT_THROW(static_cast<void>(meter.measure(trace)), InvariantError);
}

}  // namespace
}  // namespace systole::cost
