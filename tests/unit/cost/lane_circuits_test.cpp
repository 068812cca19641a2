// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/lane_circuits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "models/cost/machine/logic_estimate.hpp"
#include "models/numeric/formats/codec.hpp"
#include "tests/unit/cost/circuit_fixture.hpp"
#include "tests/unit/cost/cost_fixture.hpp"
#include "tests/unit/cost/sram_fixture.hpp"

namespace systole::cost {
namespace {

using numeric::FunctionClass;

/// Gates of one circuit of a class, in a machine whose activations have this format.
double circuitArea(FunctionClass which, const std::string& activation, double cycles = 1) {
    MachineDescription machine = roundMachine();
    machine.element = elementOf(activation, "fp32");
    machine.vectorUnits.fill({.circuits = 0, .cycles = 1});
    const double none = vectorLane(roundLogic(), machine).gateSquareMicrons;
    machine.vectorUnits[static_cast<std::size_t>(which)] = {.circuits = 1, .cycles = cycles};
    return vectorLane(roundLogic(), machine).gateSquareMicrons - none;
}

float realOf(UInt128 bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }

/// Whether a circuit gives what binary32 does, for random inputs whose reals are finite. Zeros have
/// no sign here.
void expectReals(const LaneCircuit& circuit,
                 const std::function<float(const std::vector<UInt128>&)>& expected) {
    forEachCase(circuit.netlist, circuit.inputs, casesOf(circuit.inputs, 20'000),
                [&](const Evaluator& evaluator, std::size_t lane, const auto& x) {
                    const float value = expected(x);
                    if (std::isnan(value)) return;
                    EXPECT_EQ(realOf(evaluator.value(circuit.output, lane)), value)
                        << static_cast<std::uint64_t>(x.front());
                });
}

/// NaN instead of what no gates are spent on.
float finite(float value) { return std::isfinite(value) ? value : std::nanf(""); }

TEST(LaneCircuits, MultiplyRealsAndRoundOnce) {
    expectReals(realMultiplication(),
                [](const auto& x) { return finite(realOf(x[0])) * finite(realOf(x[1])); });
}

TEST(LaneCircuits, MultiplyRealsByCodes) {
    for (const char* format : {"int8", "int16", "e4m3", "bf16", "int4"}) {
        SCOPED_TRACE(format);
        const numeric::Codec codec(*numeric::formatNamed(format));
        expectReals(multiplicationBy(codec.format()), [&](const auto& x) {
            const auto code = static_cast<numeric::Code>(x[0]);
            const auto value = static_cast<float>(codec.decode(code));
            return finite(value) * finite(realOf(x[1]));
        });
    }
}

TEST(LaneCircuits, AddReals) {
    expectReals(realAddition(),
                [](const auto& x) { return finite(realOf(x[0])) + finite(realOf(x[1])); });
}

TEST(LaneCircuits, ConvertIntegersToTheNearestReal) {
    expectReals(conversionToReal(), [](const auto& x) {
        return static_cast<float>(static_cast<std::int32_t>(static_cast<std::uint32_t>(x[0])));
    });
}

/// Horowitz, Computing's energy problem, ISSCC 2014, binary32 at 45 nm: a multiplication has
/// 7,700 um2 and takes 3.7 pJ, an addition 4,184 um2 and 0.9 pJ; an addition of 32 bits 137 um2.
/// Those are for speed and at 0.9 V, ours for the least area and at 1.1 V.
TEST(LaneCircuits, AreNearThePublishedOnes) {
    const LogicTechnology logic = technologyNamed("generic_45nm").logic;
    MachineDescription machine = roundMachine();
    machine.vectorUnits.fill({.circuits = 0, .cycles = 1});
    const double none = vectorLane(logic, machine).gateSquareMicrons;
    const auto area = [&](FunctionClass which) {
        machine.vectorUnits.fill({.circuits = 0, .cycles = 1});
        machine.vectorUnits[static_cast<std::size_t>(which)].circuits = 1;
        return vectorLane(logic, machine).gateSquareMicrons - none;
    };
    const auto energies = vectorActions(logic, machine).functions;
    const auto joules = [&](FunctionClass which) {
        return energies[static_cast<std::size_t>(which)].gateJoules;
    };
    const auto apart = [](double ours, double published) {
        return std::max(ours / published, published / ours);
    };
    EXPECT_LT(apart(none, 137), 1.6);
    EXPECT_LT(apart(area(FunctionClass::Multiply), 7700), 1.5);
    EXPECT_LT(apart(area(FunctionClass::Add), 4184), 2.7);
    EXPECT_LT(apart(joules(FunctionClass::Multiply) / joules(FunctionClass::Add), 3.7 / 0.9), 1.5);
}

TEST(LaneCircuits, ProductsWithNarrowCodesAreSmaller) {
    const auto area = [](const char* format) {
        return circuitArea(FunctionClass::MultiplyCode, format);
    };
    EXPECT_LT(area("e4m3"), area("int8")) << "four significant bits";
    EXPECT_LT(area("int4"), area("int8"));
    EXPECT_LT(area("int8"), area("int16"));
    EXPECT_LT(area("int16"), circuitArea(FunctionClass::Multiply, "int16"));
}

TEST(LaneCircuits, OnlyProductsWithCodesDependOnTheFormat) {
    for (std::size_t i = 0; i < numeric::kFunctionClassNames.size(); ++i) {
        const auto which = static_cast<FunctionClass>(i);
        const bool isSame = circuitArea(which, "int4") == circuitArea(which, "int16");
        EXPECT_EQ(isSame, which != FunctionClass::MultiplyCode) << numeric::kFunctionClassNames[i];
    }
}

TEST(LaneCircuits, AConversionIsLessThanAnAddition) {
    const double conversion = circuitArea(FunctionClass::Convert, "int8");
    EXPECT_GT(conversion, 0);
    EXPECT_LT(conversion, circuitArea(FunctionClass::Add, "int8"));
}

TEST(LaneCircuits, ACircuitOfMoreCyclesIsSmallerInProportion) {
    EXPECT_NEAR(14 * circuitArea(FunctionClass::Divide, "int8", 14),
                circuitArea(FunctionClass::Divide, "int8"), 1e-6);
}

TEST(LaneCircuits, AUseTakesTheEnergyOfTheWholeCircuit) {
    const auto energies = [](const char* format) {
        MachineDescription machine = roundMachine();
        machine.element = elementOf(format, "fp32");
        return vectorActions(roundLogic(), machine).functions;
    };
    const auto of = [&](const char* format, FunctionClass which) {
        return energies(format)[static_cast<std::size_t>(which)].gateJoules;
    };
    EXPECT_DOUBLE_EQ(of("int8", FunctionClass::Divide), 2 * of("int8", FunctionClass::Multiply));
    EXPECT_LT(of("int4", FunctionClass::MultiplyCode), of("int8", FunctionClass::MultiplyCode));
}

}  // namespace
}  // namespace systole::cost
