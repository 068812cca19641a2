// SPDX-License-Identifier: Apache-2.0
#include "models/cost/element/element_model.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "models/cost/element/drawn_trace.hpp"
#include "models/cost/element/element_waveforms.hpp"
#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::cost {
namespace {

TEST(ElementModel, AreaIsGatesAndRegisterBits) {
    LogicTechnology logic = roundLogic();
    for (std::size_t part = 0; part < kPartCount; ++part) {
        logic.area.squareMicrons[part] = {1.0, 10.0, 100.0, 1000.0};
    }
    logic.area.outputAndSquareMicrons = 7;
    const ElementModel model(logic, elementOf("e4m3", "fp32"));
    const auto areaOfPart = [&](Part part) {
        const auto index = static_cast<std::size_t>(part);
        const auto& gates = model.gates().gates[index];
        return gates[0] + 10.0 * gates[1] + 100.0 * gates[2] + 1000.0 * gates[3] +
               7.0 * model.gates().outputAnds[index];
    };
    const ByElementPart area = model.squareMicrons();
    EXPECT_DOUBLE_EQ(
        area[ElementPart::Multiplier],
        areaOfPart(Part::Decoder) + areaOfPart(Part::Exponent) + areaOfPart(Part::Multiplier));
    EXPECT_DOUBLE_EQ(area[ElementPart::Alignment], areaOfPart(Part::Alignment));
    EXPECT_DOUBLE_EQ(area[ElementPart::Accumulator], areaOfPart(Part::Accumulator));
    EXPECT_DOUBLE_EQ(area[ElementPart::Normalisation], areaOfPart(Part::Normalisation));
    EXPECT_DOUBLE_EQ(area[ElementPart::Rounding], areaOfPart(Part::Rounding));
    EXPECT_DOUBLE_EQ(area[ElementPart::Registers], (8 + 8 + 32) * 5);
    for (const ElementPart part : kElementParts) EXPECT_GT(area[part], 0) << nameOf(part);
}

/// Gates of an exact PE whose multiplier is made small by itself only.
std::uint32_t gatesInTwoSteps(const ElementDescription& element) {
    const ElementCircuit multiplier = multiplierAlone(element);
    Netlist netlist;
    const std::size_t operands = multiplier.activation.size() + multiplier.weight.size();
    const Word product =
        netlist.include(multiplier.netlist, netlist.inputs(operands), multiplier.nextSum);
    const Word sum = netlist.inputs(static_cast<std::size_t>(element.sumBits));
    // Significand, exponent, sign, as `multiplierAlone` hands them on.
    const auto significand =
        product.begin() + 2 * (std::get<numeric::FloatFormat>(element.weight).mantissaBits + 1);
    const NumberWires wires{.negative = product.back(),
                            .exponent = Word(significand, product.end() - 1),
                            .significand = Word(product.begin(), significand),
                            .unitExponent = element.sumExponent};
    const FixedTerm term = fixedTerm(netlist, sum.size(), element.sumExponent, wires, false);
    const GateCounts counts = countGates(netlist, fixedSum(netlist, Goal::Area, sum, term, false));
    std::uint32_t gates = 0;
    for (const auto& part : counts.gates) gates = std::accumulate(part.begin(), part.end(), gates);
    return gates;
}

TEST(ElementModel, MakesTheTermOfASmallProductSmallWithItsMultiplier) {
    const auto gatesOf = [](const ElementDescription& element) {
        const ElementModel model(roundLogic(), element);
        std::uint32_t gates = 0;
        for (const auto& part : model.gates().gates) {
            gates = std::accumulate(part.begin(), part.end(), gates);
        }
        return gates;
    };
    for (const char* format : {"e2m1", "e3m2"}) {
        const ElementDescription element = elementOf(format, "exact");
        EXPECT_LT(gatesOf(element), gatesInTwoSteps(element)) << format;
    }
    const ElementDescription large = elementOf("e4m3", "exact");
    EXPECT_EQ(gatesOf(large), gatesInTwoSteps(large));
}

TEST(ElementModel, CountsEveryLiveGateOnce) {
    const ElementModel model(roundLogic(), elementOf("int8", "int32"));
    const ElementCircuit& circuit = model.circuit();
    const std::vector<bool> live = circuit.netlist.liveCells(circuit.outputs());
    const std::vector<bool> isOfHalfAdder = halfAdderSums(circuit.netlist.cells(), live);
    double gates = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
        if (!live[i] || inputCount(circuit.netlist.cells()[i].kind) == 0) continue;
        gates += isOfHalfAdder[i] ? 2 : 1;
    }
    EXPECT_DOUBLE_EQ(model.squareMicrons().total(), 2 * gates + 5 * 48);
    EXPECT_DOUBLE_EQ(model.leakageWatts(), (2 * gates + 5 * 48) * 1e-9);
    // At least the bits of the partial products, and two XOR and a majority gate for each of 32.
    EXPECT_GT(gates, 64 + 3 * 32);
}

TEST(ElementModel, OfAMultiplierHasNoRegisters) {
    const ElementDescription element = elementOf("int8", "int32");
    const ElementModel alone = ElementModel::ofMultiplier(roundLogic(), element);
    const ElementModel whole(roundLogic(), element);
    EXPECT_EQ(alone.flipFlops(), 0);
    EXPECT_EQ(alone.squareMicrons()[ElementPart::Registers], 0);
    EXPECT_EQ(alone.squareMicrons()[ElementPart::Accumulator], 0);
    EXPECT_LE(alone.squareMicrons()[ElementPart::Multiplier],
              whole.squareMicrons()[ElementPart::Multiplier]);
    EXPECT_LT(alone.nanoseconds(), whole.nanoseconds());
    EXPECT_EQ(alone.idleJoules(), 0);
}

TEST(ElementModel, OfAMultiplierTakesTheEnergyOfItsPartAndOfTheWiresIntoIt) {
    for (const char* format : {"int8", "int3", "e4m3", "e2m1", "e5m2"}) {
        // A float sum takes the product as it is: the same gates as of the multiplier alone.
        const ElementDescription element = elementOf(format, "fp32");
        const OperandTrace trace = drawnTrace(element, Stimulus::Gaussian, 256);
        const ElementModel whole(roundLogic(), element);
        const ElementModel alone = ElementModel::ofMultiplier(roundLogic(), element);
        const ElementActivity activity = alone.activityOf(trace);
        const double energy = alone.energyOf(activity).total();
        EXPECT_NEAR(energy - alone.inputJoules(activity),
                    whole.energyOf(whole.activityOf(trace))[ElementPart::Multiplier], 1e-9 * energy)
            << format;
        EXPECT_GT(alone.inputJoules(activity), 0) << format;
    }
}

TEST(ElementModel, DelayIsTheLongestPathBetweenRegisters) {
    const ElementModel model(roundLogic(), elementOf("int8", "int32"));
    double deep = 0;
    for (const auto& row : model.path().gates) deep = std::accumulate(row.begin(), row.end(), deep);
    EXPECT_GT(deep, 16);
    EXPECT_NEAR(model.nanoseconds(), 0.1 + 0.01 * deep, 1e-12);
}

TEST(ElementModel, SynthesisedForSpeedIsFasterAndLarger) {
    LogicTechnology logic = roundLogic();
    logic.speed = logic.area;
    const ElementDescription element = elementOf("int8", "int32");
    const ElementModel small(logic, element);
    const ElementModel fast(logic, element, {Goal::Delay});
    EXPECT_LT(fast.nanoseconds(), small.nanoseconds());
    EXPECT_GT(fast.squareMicrons().total(), small.squareMicrons().total());
}

TEST(ElementModel, EnergyIsTogglesTimesFigures) {
    LogicTechnology logic = roundLogic();
    logic.area.settledFemtojoules[static_cast<std::size_t>(Part::Rounding)] = 40;
    logic.area.glitchFemtojoules[static_cast<std::size_t>(Part::Rounding)] = 10;
    const ElementModel model(logic, elementOf("int8", "int32"));
    ElementActivity activity;
    activity.products = 4;
    activity.registerToggles = 20;
    activity.clockedBits = 192;
    activity.gates.inputs = 8;
    const auto add = [&](Part part, CellKind kind, std::uint64_t settled, std::uint64_t all) {
        activity.gates.settled[static_cast<std::size_t>(part)][gateIndex(kind)] = settled;
        activity.gates.gates[static_cast<std::size_t>(part)][gateIndex(kind)] = all;
    };
    add(Part::Decoder, CellKind::And, 3, 3);
    add(Part::Multiplier, CellKind::Majority, 5, 11);
    add(Part::Rounding, CellKind::Mux, 2, 5);
    const ByElementPart energy = model.energyOf(activity);
    EXPECT_DOUBLE_EQ(energy[ElementPart::Multiplier], (3 * 4 + 5 * 4 + 6 * 1) * 1e-15 / 4);
    EXPECT_DOUBLE_EQ(energy[ElementPart::Rounding], (2 * 40 + 3 * 10) * 1e-15 / 4);
    EXPECT_DOUBLE_EQ(energy[ElementPart::Registers], (192 * 1 + 20 * 2 + 8 * 3) * 1e-15 / 4);
    EXPECT_EQ(energy[ElementPart::Alignment], 0);
    EXPECT_EQ(model.energyOf({}).total(), 0);
}

TEST(ElementModel, FlatEnergyIsLinearInTheRate) {
    for (const char* accumulator : {"int32", "fp32"}) {
        const ElementModel model(roundLogic(), elementOf("int8", accumulator));
        const ByElementPart rest = model.flatEnergy(0);
        EXPECT_DOUBLE_EQ(rest.total(), model.idleJoules());
        const ByElementPart tenth = model.flatEnergy(0.1);
        const ByElementPart half = model.flatEnergy(0.5);
        for (const ElementPart part : kElementParts) {
            EXPECT_NEAR(half[part] - rest[part], 5 * (tenth[part] - rest[part]), 1e-24);
        }
        const double gates = model.squareMicrons().total() - 5.0 * 48;
        EXPECT_NEAR(half.total(), (0.5 * 4 * gates / 2 + 48 * (1 + 0.5 * (2 + 3))) * 1e-15, 1e-24);
    }
}

TEST(ElementModel, FlatEnergyIsThatOfAllCyclesOfAProduct) {
    ElementDescription element = elementOf("int4", "int16");
    element.productClass = numeric::ProductClass::BitSerialWeight;
    const ElementModel model(roundLogic(), element);
    EXPECT_DOUBLE_EQ(model.flatEnergy(0).total(), 4 * model.idleJoules());
}

/// Int8 operands; of `zeros` per cent the activation is zero, of none else.
OperandTrace traceOf(unsigned zeros, std::size_t steps = 400) {
    std::mt19937 generator(3);
    OperandTrace trace;
    std::uint64_t sum = 0;
    for (std::size_t step = 0; step < steps; ++step) {
        const bool isZero = generator() % 100 < zeros;
        trace.activations.push_back(isZero ? 0 : static_cast<std::uint16_t>(1 + generator() % 255));
        trace.weights.push_back(static_cast<std::uint16_t>(1 + generator() % 255));
        trace.sums.push_back(sum);
        sum = generator() % (1U << 20);
    }
    trace.foldBegins = {0};
    return trace;
}

TEST(ZeroGating, LowersTheEnergyOfDataWithZeros) {
    const ElementModel model(roundLogic(), elementOf("int8", "int32"));
    const auto joules = [&](unsigned zeros, ZeroGating gating) {
        return model.energyOf(model.activityOf(traceOf(zeros), gating)).total();
    };
    EXPECT_LT(joules(50, ZeroGating::On), joules(50, ZeroGating::Off));
    EXPECT_LT(joules(80, ZeroGating::On), joules(30, ZeroGating::On));
}

TEST(ZeroGating, ChangesNothingWithoutZeros) {
    const ElementModel model(roundLogic(), elementOf("int8", "int32"));
    const ElementActivity on = model.activityOf(traceOf(0), ZeroGating::On);
    const ElementActivity off = model.activityOf(traceOf(0), ZeroGating::Off);
    EXPECT_EQ(on.gates.gates, off.gates.gates);
    EXPECT_EQ(on.registerToggles, off.registerToggles);
    EXPECT_EQ(on.clockedBits, off.clockedBits);
    EXPECT_EQ(on.products, off.products);
}

TEST(ElementActivity, OfATraceCountsProductsClocksAndRegisterBits) {
    const ElementModel model(roundLogic(), elementOf("int8", "int32"));
    OperandTrace trace;
    trace.activations = {0x0F, 0x0E, 0x0E};
    trace.weights = {0x01, 0x01, 0xFF};
    trace.sums = {0, 3, 1};
    trace.foldBegins = {0};
    const ElementActivity activity = model.activityOf(trace);
    EXPECT_EQ(activity.products, 2);
    EXPECT_EQ(activity.gates.cycles, 2);
    EXPECT_EQ(activity.clockedBits, 2 * 48);
    EXPECT_EQ(activity.registerToggles, 1 + 2 + 7 + 1);
    EXPECT_EQ(activity.gates.inputs, 1 + 2 + 7 + 1);
}

TEST(ElementActivity, OfOperandsThatDoNotChangeIsNone) {
    const ElementModel model(roundLogic(), elementOf("int8", "int32"));
    OperandTrace trace;
    trace.activations = {5, 5, 5};
    trace.weights = {7, 7, 7};
    trace.sums = {9, 9, 9};
    trace.foldBegins = {0};
    const ElementActivity activity = model.activityOf(trace);
    EXPECT_EQ(activity.gates.gates, Toggles{}.gates);
    EXPECT_DOUBLE_EQ(model.energyOf(activity).total(), model.idleJoules());
}

}  // namespace
}  // namespace systole::cost
