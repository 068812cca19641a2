// SPDX-License-Identifier: Apache-2.0
// Operands that are drawn: what stays, what streams, and that scales leave the sums room.
#include "models/cost/element/drawn_trace.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <utility>
#include <variant>

#include "models/cost/element/operand_trace.hpp"
#include "models/numeric/sums/accumulator.hpp"
#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

constexpr std::uint32_t kSteps = 8192;
constexpr std::uint32_t kFold = 32;

OperandTrace rectified(const ElementDescription& description, Stationary stationary) {
    return drawnTrace(description, Stimulus::Rectified, kSteps, kFold, stationary);
}

OperandRates ratesOf(const ElementDescription& description, const OperandTrace& trace) {
    const OperandMeter meter(numeric::Codec(description.activation),
                             numeric::Codec(description.weight), {"sum", description.sum, {}});
    return meter.rates(meter.measure(trace));
}

TEST(DrawnTrace, IsTheSameEverywhereAndFinite) {
    for (const char* format : {"int8", "e5m2", "posit8es1", "e2m1"}) {
        const ElementDescription element = elementOf(format, "exact");
        for (const Stimulus stimulus :
             {Stimulus::Gaussian, Stimulus::Uniform, Stimulus::Rectified}) {
            const OperandTrace trace = drawnTrace(element, stimulus, 200);
            EXPECT_EQ(trace, drawnTrace(element, stimulus, 200));
            ASSERT_EQ(trace.steps(), 200);
            EXPECT_EQ(trace.sums.size(), 200 * trace.sumWords);
            const numeric::Codec codec(element.activation);
            for (const std::uint16_t code : trace.activations) EXPECT_TRUE(codec.isFinite(code));
            for (const std::uint16_t code : trace.weights) EXPECT_TRUE(codec.isFinite(code));
        }
    }
}

TEST(DrawnTrace, OfARegisterWithoutGuardBitsHasTheLowBitsOfItsSums) {
    ElementDescription element = elementOf("int8", "exact");
    const OperandTrace wide = drawnTrace(element, Stimulus::Uniform, 4000);
    element.sum = numeric::ExactRegister{.guardBits = 0};
    const OperandTrace narrow = drawnTrace(element, Stimulus::Uniform, 4000);
    EXPECT_EQ(narrow.activations, wide.activations);
    EXPECT_EQ(narrow.sums, wide.sums);
}

TEST(DrawnTrace, HasTheActivityOfRectifiedLayers) {
    const ElementDescription int8 = elementOf("int8", "int32");
    const OperandRates rates = ratesOf(int8, rectified(int8, Stationary::Weight));
    // ResNet-8 has 0.62 and 0.094: docs/energy_activity.md.
    EXPECT_NEAR(rates.zeroActivations, 0.62, 0.03);
    EXPECT_NEAR(rates.activationToggles, 0.094, 0.01);
}

TEST(DrawnTrace, OneOperandStaysForAFold) {
    const ElementDescription int8 = elementOf("int8", "int32");
    const OperandTrace weights = rectified(int8, Stationary::Weight);
    const OperandTrace activations = rectified(int8, Stationary::Activation);
    ASSERT_EQ(weights.steps(), kSteps);
    ASSERT_EQ(weights.foldBegins.size(), kSteps / kFold);
    for (std::uint32_t step = 0; step < kSteps; ++step) {
        const std::uint32_t begin = step / kFold * kFold;
        EXPECT_EQ(weights.weights[step], weights.weights[begin]);
        EXPECT_EQ(activations.activations[step], activations.activations[begin]);
    }
    EXPECT_GT(ratesOf(int8, activations).weightToggles, 0.3);
}

TEST(DrawnTrace, AnElementThatKeepsItsSumAddsToIt) {
    const ElementDescription int8 = elementOf("int8", "int32");
    const OperandTrace trace = rectified(int8, Stationary::Sum);
    const numeric::Codec codec(int8.activation);
    bool isZeroAtFirst = true;
    for (std::uint32_t step = 0; step + 1 < kSteps; ++step) {
        if (step % kFold == 0) isZeroAtFirst = isZeroAtFirst && trace.sums[step] == 0;
        if ((step + 1) % kFold == 0) continue;
        const double product =
            codec.decode(trace.activations[step]) * codec.decode(trace.weights[step]);
        const auto added = static_cast<std::int32_t>(trace.sums[step + 1] - trace.sums[step]);
        EXPECT_EQ(added, product) << step;
    }
    EXPECT_FALSE(isZeroAtFirst) << "folds are seen in their middle as well";
}

TEST(DrawnTrace, ScalesLeaveTheSumsRoom) {
    for (const auto& [operand, sum] :
         {std::pair("e5m2", "fp16"), {"e4m3", "fp16"}, {"e5m2", "dlfloat16"}, {"int8", "int16"}}) {
        const ElementDescription description = elementOf(operand, sum);
        const numeric::AccumulatorFormat accumulator{"sum", description.sum, {}};
        const numeric::Codec codec(description.activation);
        const double largest = numeric::largestSum(accumulator, codec, codec);
        for (const Stationary stationary :
             {Stationary::Weight, Stationary::Activation, Stationary::Sum}) {
            for (const std::uint64_t word : rectified(description, stationary).sums) {
                const auto* format = std::get_if<numeric::FloatRegister>(&description.sum);
                const double value = format ? std::bit_cast<double>(word)
                                            : static_cast<double>(static_cast<std::int64_t>(word));
                ASSERT_LT(std::abs(value), largest) << operand << " " << sum;
            }
        }
    }
}

}  // namespace
}  // namespace systole::cost
