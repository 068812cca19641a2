// SPDX-License-Identifier: Apache-2.0
// Pipelined processing elements: registers between the multiplier and the sum, as in arch/rtl.
#include <gtest/gtest.h>

#include "tests/unit/cost/circuit_fixture.hpp"
#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

ElementDescription bitSerial() {
    ElementDescription element = elementOf("int4", "int16");
    element.productClass = numeric::ProductClass::BitSerialWeight;
    return element;
}

/// The sum that follows from operands and sum: of a pipelined circuit a clock later.
std::vector<UInt128> sumsOf(const ElementCircuit& circuit,
                            const std::vector<std::vector<UInt128>>& cases) {
    std::vector<UInt128> sums;
    Evaluator evaluator(circuit.netlist);
    for (const auto& values : cases) {
        evaluator.set(circuit.activation, 0, values[0]);
        evaluator.set(circuit.weight, 0, values[1]);
        evaluator.set(circuit.sum, 0, values[2]);
        evaluator.run();
        evaluator.set(circuit.product, 0, evaluator.value(circuit.nextProduct, 0));
        evaluator.run();
        sums.push_back(evaluator.value(circuit.nextSum, 0));
    }
    return sums;
}

TEST(PipelinedElement, AddsTheSameSumsAClockLater) {
    for (const Goal goal : {Goal::Area, Goal::Delay}) {
        for (const ElementDescription& element :
             {elementOf("int8", "int32"), elementOf("int4", "int16_saturate"),
              elementOf("e4m3", "exact"), elementOf("e4m3", "fp32"), elementOf("e2m1", "fp16"),
              elementOf("binary", "int16")}) {
            const ElementCircuit one = elementCircuit(element, goal);
            const ElementCircuit two = elementCircuit(element, goal, 2);
            const auto cases = casesOf({one.activation, one.weight, one.sum}, 500);
            EXPECT_FALSE(two.product.empty());
            EXPECT_EQ(sumsOf(two, cases), sumsOf(one, cases)) << nameOf(element.activation);
        }
    }
}

TEST(PipelinedElement, HasARankOfRegistersForEveryStageButTheLast) {
    for (const ElementDescription& element :
         {elementOf("int8", "int32"), elementOf("e4m3", "exact"), bitSerial()}) {
        const std::size_t one = ElementModel(roundLogic(), element).flipFlops();
        const ElementModel two(roundLogic(), element, {Goal::Area, 2});
        const ElementModel four(roundLogic(), element, {Goal::Area, 4});
        const std::size_t bits = two.circuit().product.size();
        EXPECT_EQ(two.flipFlops(), one + bits);
        EXPECT_EQ(four.flipFlops(), one + 3 * bits);
        EXPECT_DOUBLE_EQ(four.squareMicrons().total() - two.squareMicrons().total(),
                         2 * 5.0 * static_cast<double>(bits));
    }
    EXPECT_EQ(elementCircuit(elementOf("int8", "int32"), Goal::Area, 2).product.size(), 16U);
}

double pathTo(const ElementCircuit& circuit, const Word& ends) {
    return criticalPath(circuit.netlist, circuit.outputs(), roundLogic().area.nanoseconds, ends)
        .delay;
}

TEST(PipelinedElement, DividesTheMultiplierAndLeavesTheSumWhole) {
    // An 8-bit multiplier is deeper than a 16-bit sum; a 53-bit sum is deeper than any multiplier.
    for (const ElementDescription& element :
         {elementOf("int8", "int16"), elementOf("e4m3", "exact")}) {
        const ElementCircuit circuit = elementCircuit(element, Goal::Area, 2);
        const double multiplier = pathTo(circuit, circuit.multiplierOutputs());
        const double sum = pathTo(circuit, circuit.sumOutputs());
        for (const std::uint32_t stages : {2U, 3U, 4U}) {
            const ElementModel model(roundLogic(), element, {Goal::Area, stages});
            EXPECT_DOUBLE_EQ(model.nanoseconds(), 0.1 + std::max(multiplier / (stages - 1), sum));
        }
        EXPECT_LT(0.1 + std::max(multiplier, sum),
                  ElementModel(roundLogic(), element).nanoseconds());
    }
}

TEST(PipelinedElement, DoesNotCutTheLoopOfABitSerialMultiplier) {
    LogicTechnology logic = roundLogic();
    // So that the multiplier, and not the sum, is the longest.
    logic.area.nanoseconds.gate[static_cast<std::size_t>(Part::Multiplier)].fill(1);
    const ElementModel two(logic, bitSerial(), {Goal::Area, 2});
    const ElementModel four(logic, bitSerial(), {Goal::Area, 4});
    EXPECT_EQ(two.nanoseconds(), four.nanoseconds());
}

TEST(PipelinedElement, ClocksAndTogglesItsRegisters) {
    const ElementDescription element = elementOf("int8", "int32");
    OperandTrace trace;
    trace.activations = {1, 3, 3, 0};
    trace.weights = {1, 1, 1, 1};
    trace.sums = {0, 0, 0, 0};
    trace.foldBegins = {0};
    const auto activity = [&](std::uint32_t stages) {
        return ElementModel(roundLogic(), element, {Goal::Area, stages}).activityOf(trace);
    };
    const ElementActivity one = activity(1);
    const ElementActivity two = activity(2);
    const ElementActivity four = activity(4);
    EXPECT_EQ(two.products, one.products);
    EXPECT_EQ(two.clockedBits - one.clockedBits, 3U * 16U);
    EXPECT_EQ(four.clockedBits - one.clockedBits, 3U * 3U * 16U);
    // Products 1, 3, 3, 0 in a register that begins with 0: 1 + 1 + 0 + 2 bits change.
    EXPECT_EQ(two.registerToggles - one.registerToggles, 4U);
    EXPECT_EQ(four.registerToggles - one.registerToggles, 12U);
}

}  // namespace
}  // namespace systole::cost
