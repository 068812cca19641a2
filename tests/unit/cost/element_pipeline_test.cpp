// SPDX-License-Identifier: Apache-2.0
// Pipelined processing elements: registers between the operands and the sum, as in arch/rtl.
#include <gtest/gtest.h>

#include "models/cost/element/drawn_trace.hpp"
#include "tests/unit/cost/circuit_fixture.hpp"
#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

ElementDescription bitSerial() {
    ElementDescription element = elementOf("int4", "int16");
    element.productClass = numeric::ProductClass::BitSerialWeight;
    return element;
}

std::vector<bool> bitsOf(const Evaluator& evaluator, const Word& word) {
    std::vector<bool> bits;
    for (const Signal signal : word) bits.push_back(evaluator.bit(signal, 0));
    return bits;
}

/// The sum that follows from operands and sum: of a pipelined circuit as many clocks later as it
/// has ranks of registers.
std::vector<UInt128> sumsOf(const ElementCircuit& circuit,
                            const std::vector<std::vector<UInt128>>& cases) {
    std::vector<UInt128> sums;
    Evaluator evaluator(circuit.netlist);
    for (const auto& values : cases) {
        evaluator.set(circuit.activation, 0, values[0]);
        evaluator.set(circuit.weight, 0, values[1]);
        evaluator.set(circuit.sum, 0, values[2]);
        evaluator.run();
        for (std::uint32_t rank = 0; rank < circuit.ranks; ++rank) {
            const std::vector<bool> next = bitsOf(evaluator, circuit.nextHeld);
            for (std::size_t i = 0; i < next.size(); ++i) {
                evaluator.set({circuit.held[i]}, 0, next[i] ? 1 : 0);
            }
            evaluator.run();
        }
        sums.push_back(evaluator.value(circuit.nextSum, 0));
    }
    return sums;
}

const std::vector<std::pair<const char*, const char*>> kElements{
    {"int8", "int32"}, {"int8", "int16"}, {"int4", "int16_saturate"}, {"e4m3", "exact"},
    {"e4m3", "fp32"},  {"e2m1", "fp16"},  {"binary", "int16"},        {"int16", "int32"},
    {"e5m2", "bf16"},  {"int3", "int32"},
};

TEST(PipelinedElement, AddsTheSameSumsSomeClocksLater) {
    for (const Goal goal : {Goal::Area, Goal::Delay}) {
        for (const auto& [format, accumulator] : kElements) {
            const ElementDescription element = elementOf(format, accumulator);
            const ElementCircuit one = elementCircuit(element, goal);
            const auto cases = casesOf({one.activation, one.weight, one.sum}, 60);
            for (const std::uint32_t stages : {2U, 3U, 5U}) {
                const ElementCircuit more =
                    elementCircuit(element, goal, stages, roundLogic().area.nanoseconds);
                EXPECT_FALSE(more.held.empty());
                EXPECT_EQ(sumsOf(more, cases), sumsOf(one, cases)) << format << ' ' << stages;
            }
        }
    }
}

TEST(PipelinedElement, HoldsTheProductWhereTheSumIsTheLongestStage) {
    for (const ElementDescription& element : {elementOf("e4m3", "exact"), bitSerial()}) {
        const std::size_t one = ElementModel(roundLogic(), element).flipFlops();
        const ElementModel two(roundLogic(), element, {Goal::Area, 2});
        const ElementModel four(roundLogic(), element, {Goal::Area, 4});
        const std::size_t bits = two.circuit().held.size();
        EXPECT_EQ(two.flipFlops(), one + bits);
        EXPECT_EQ(four.flipFlops(), one + 3 * bits);
        EXPECT_DOUBLE_EQ(four.squareMicrons().total() - two.squareMicrons().total(),
                         2 * 5.0 * static_cast<double>(bits));
    }
    EXPECT_EQ(elementCircuit(elementOf("int8", "int32"), Goal::Area, 2).held.size(), 16U);
}

TEST(PipelinedElement, HoldsWhatCrossesTheCutsOfADeeperMultiplier) {
    // An 8-bit multiplier is deeper than a 16-bit sum. Within it, rows are summed in carry-save
    // form: a cut takes more bits than the product has.
    const ElementDescription element = elementOf("int8", "int16");
    const auto registers = [&](std::uint32_t stages) {
        return ElementModel(roundLogic(), element, {Goal::Area, stages}).flipFlops();
    };
    EXPECT_EQ(registers(2), registers(1) + 16);
    EXPECT_GT(registers(3), registers(2) + 16);
}

TEST(PipelinedElement, EveryFurtherStageCostsRegistersAreaAndClockEnergy) {
    for (const auto& [format, accumulator] : kElements) {
        double bits = 0;
        double area = 0;
        double idle = 0;
        double period = 1e9;
        for (const std::uint32_t stages : {1U, 2U, 3U, 4U, 5U, 7U, 10U, 16U}) {
            const ElementModel model(roundLogic(), elementOf(format, accumulator),
                                     {Goal::Area, stages});
            EXPECT_GT(static_cast<double>(model.flipFlops()), bits) << format << ' ' << stages;
            EXPECT_GT(model.squareMicrons()[ElementPart::Registers], area) << format << stages;
            EXPECT_GT(model.idleJoules(), idle) << format << ' ' << stages;
            EXPECT_LE(model.nanoseconds(), period + 1e-9) << format << ' ' << stages;
            bits = static_cast<double>(model.flipFlops());
            area = model.squareMicrons()[ElementPart::Registers];
            idle = model.idleJoules();
            period = model.nanoseconds();
        }
    }
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
        const double multiplier = pathTo(circuit, circuit.nextHeld);
        const double sum = pathTo(circuit, circuit.sumOutputs());
        for (const std::uint32_t stages : {2U, 3U, 4U}) {
            const ElementModel model(roundLogic(), element, {Goal::Area, stages});
            // Gates of 0.01 ns are not divided.
            const double share = std::max(multiplier / (stages - 1), sum);
            EXPECT_GE(model.nanoseconds(), 0.1 + share - 1e-9);
            EXPECT_LE(model.nanoseconds(), 0.1 + share + 0.01);
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
    trace.activations = {1, 3, 3, 0, 0, 0};
    trace.weights = {1, 1, 1, 1, 1, 1};
    trace.sums = {0, 0, 0, 0, 0, 0};
    trace.foldBegins = {0};
    const auto activity = [&](std::uint32_t stages) {
        return ElementModel(roundLogic(), element, {Goal::Area, stages}).activityOf(trace);
    };
    const ElementActivity one = activity(1);
    const ElementActivity two = activity(2);
    const ElementActivity four = activity(4);
    EXPECT_EQ(two.products, one.products);
    // The sum of 32 bits is the longest stage: all three ranks hold the product.
    EXPECT_EQ(two.clockedBits - one.clockedBits, 5U * 16U);
    EXPECT_EQ(four.clockedBits - one.clockedBits, 3U * 5U * 16U);
    // Products 1, 3, 3, 0 in a register that begins with 0: 1 + 1 + 0 + 2 bits change.
    EXPECT_EQ(two.registerToggles - one.registerToggles, 4U);
    // The same in each further rank, a clock later.
    EXPECT_EQ(four.registerToggles - one.registerToggles, 12U);
}

TEST(PipelinedElement, CutsStopGlitchesOfTheMultiplier) {
    const ElementDescription element = elementOf("int8", "int16");
    const OperandTrace trace = drawnTrace(element, Stimulus::Uniform, 512, 1);
    const auto glitches = [&](std::uint32_t stages) {
        const Toggles toggles =
            ElementModel(roundLogic(), element, {Goal::Area, stages}).activityOf(trace).gates;
        std::uint64_t count = 0;
        const auto part = static_cast<std::size_t>(Part::Multiplier);
        for (std::size_t kind = 0; kind < kGateKindCount; ++kind) {
            count += toggles.gates[part][kind] - toggles.settled[part][kind];
        }
        return count;
    };
    EXPECT_LT(glitches(4), glitches(2));
}

}  // namespace
}  // namespace systole::cost
