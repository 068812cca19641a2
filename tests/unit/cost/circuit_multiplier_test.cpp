// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "models/cost/circuit/element_circuit.hpp"
#include "models/cost/circuit/multiplier_circuit.hpp"
#include "models/numeric/products/product_class_operand.hpp"
#include "tests/unit/cost/circuit_fixture.hpp"

namespace systole::cost {
namespace {

using numeric::Code;
using numeric::Codec;
using numeric::FloatFormat;
using numeric::Format;
using numeric::ProductClass;
using numeric::SpecialValues;
using numeric::ZeroExponent;

constexpr std::size_t kMostPairs = 8192;

struct Number {
    Int128 significand = 0;
    int exponent = 0;
    bool operator==(const Number&) const = default;
};

/// With an odd significand, or zero.
Number reduced(Int128 significand, int exponent) {
    if (significand == 0) return {};
    for (; significand % 2 == 0; significand /= 2) ++exponent;
    return {significand, exponent};
}

std::string textOf(const Number& number) {
    return fmt::format("{} * 2^{}", static_cast<std::int64_t>(number.significand), number.exponent);
}

Number numberOn(const NumberWires& wires, const Evaluator& run, std::size_t lane) {
    Int128 significand = wires.isSigned ? run.twosComplement(wires.significand, lane)
                                        : static_cast<Int128>(run.value(wires.significand, lane));
    if (run.bit(wires.negative, lane)) significand = -significand;
    return reduced(significand,
                   static_cast<int>(run.value(wires.exponent, lane)) + wires.unitExponent);
}

/// Codes of numbers; those of infinities and NaN have no gates.
std::vector<Code> codesOf(const Format& format, bool producedOnly) {
    std::vector<Code> codes;
    const Codec codec(format);
    if (numeric::widthOf(format) > 16) {
        std::mt19937 generator(1);
        while (codes.size() < kMostPairs) {
            const auto code = static_cast<Code>(generator());
            if (codec.isFinite(code)) codes.push_back(code);
        }
        return codes;
    }
    for (Code code = 0; code < codec.codeCount(); ++code) {
        if (!codec.isFinite(code) || (producedOnly && !numeric::isProduced(format, code))) continue;
        codes.push_back(code);
    }
    return codes;
}

/// All pairs, or some of many.
std::vector<std::vector<UInt128>> pairsOf(const std::vector<Code>& a, const std::vector<Code>& w) {
    std::vector<std::vector<UInt128>> pairs;
    if (a.size() * w.size() <= kMostPairs) {
        for (const Code left : a) {
            for (const Code right : w) pairs.push_back({left, right});
        }
        return pairs;
    }
    std::mt19937_64 generator(1);
    for (std::size_t i = 0; i < kMostPairs; ++i) {
        pairs.push_back({a[generator() % a.size()], w[generator() % w.size()]});
    }
    return pairs;
}

/// Plays the schedule of a multiplier for one word of operands, its registers holding anything
/// first.
void playSchedule(Evaluator& run, const MultiplierCircuit& circuit, std::size_t lanes) {
    for (std::size_t cycle = 0; cycle < circuit.schedule.size(); ++cycle) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const UInt128 next = cycle == 0 ? UInt128{0x5A5A5A5A5A5A5A5A} * (lane + 1)
                                            : run.value(circuit.nextState, lane);
            for (std::size_t i = 0; i < circuit.control.size(); ++i) {
                run.set({circuit.control[i]}, lane, circuit.schedule[cycle][i] ? 1 : 0);
            }
            run.set(circuit.state, lane, next);
        }
        run.run();
    }
}

/// The products of a circuit against those of the multiplier that networks are computed with.
void expectProducts(ProductClass productClass, const Format& a, const Format& w,
                    Goal goal = Goal::Area) {
    SCOPED_TRACE(fmt::format("{} {} x {}", nameOf(productClass), nameOf(a), nameOf(w)));
    ASSERT_TRUE(numeric::accepts(productClass, a, w));
    ASSERT_TRUE(hasCircuit(productClass, a, w));
    Netlist netlist;
    const Word codeA = netlist.inputs(portBits(productClass, a));
    const Word codeW = netlist.inputs(portBits(productClass, w));
    const MultiplierCircuit circuit =
        multiplierCircuit(netlist, goal, productClass, a, w, codeA, codeW);
    EXPECT_EQ(circuit.schedule.size(), numeric::cyclesOf(productClass, a, w));
    EXPECT_EQ(circuit.state.size(), circuit.nextState.size());
    const numeric::Multiplier multiplier(productClass, Codec(a), Codec(w));
    const bool producedOnly = productClass == ProductClass::AddSubtract;
    const auto pairs = pairsOf(codesOf(a, producedOnly), codesOf(w, producedOnly));
    Evaluator run(netlist);
    for (std::size_t begin = 0; begin < pairs.size(); begin += 64) {
        const std::size_t lanes = std::min<std::size_t>(64, pairs.size() - begin);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            run.set(codeA, lane, pairs[begin + lane][0]);
            run.set(codeW, lane, pairs[begin + lane][1]);
        }
        playSchedule(run, circuit, lanes);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const auto left = static_cast<Code>(pairs[begin + lane][0]);
            const auto right = static_cast<Code>(pairs[begin + lane][1]);
            const auto value = multiplier.multiply(left, right);
            const Number expected = reduced(value.significand, value.exponent);
            const Number actual = numberOn(circuit.product, run, lane);
            ASSERT_TRUE(actual == expected)
                << fmt::format("codes {:#x} {:#x}: {}, expected {}", left, right, textOf(actual),
                               textOf(expected));
        }
    }
}

/// Significands and exponents of very different sizes, and fewer values than codes. Entries are
/// FP32, so that products fit a double, as look-up tables have them.
Format lookUpTable() {
    return numeric::CodebookFormat{
        .name = "table",
        .values = {-1, -0.6962F, -0.375, 0, 0.0796F, 0.5, 0.7230F, 1, 3, 640, -12}};
}

Format known(const std::string& name) {
    if (name == "table") return lookUpTable();
    const auto format = numeric::formatNamed(name);
    EXPECT_TRUE(format.has_value()) << name;
    return format.value_or(numeric::IntFormat{});
}

void expectProducts(ProductClass productClass,
                    const std::vector<std::pair<const char*, const char*>>& pairs) {
    for (const auto& [a, w] : pairs) {
        expectProducts(productClass, known(a), known(w), Goal::Area);
        expectProducts(productClass, known(a), known(w), Goal::Delay);
    }
}

Format minifloat(int exponentBits, int mantissaBits, ZeroExponent zero, bool isSigned = true) {
    return FloatFormat{
        .name = fmt::format("e{}m{}_{}", exponentBits, mantissaBits, static_cast<int>(zero)),
        .exponentBits = exponentBits,
        .mantissaBits = mantissaBits,
        .bias = numeric::ieeeBias(exponentBits),
        .specials = SpecialValues::None,
        .isSigned = isSigned,
        .zeroExponent = zero};
}

TEST(CircuitMultiplier, OfIntegersIsExact) {
    expectProducts(ProductClass::ParallelInteger, {{"int8", "int8"},
                                                   {"uint8", "int8"},
                                                   {"uint8", "uint8"},
                                                   {"int4", "int8"},
                                                   {"uint3", "int5"},
                                                   {"int2", "int2"},
                                                   {"int16", "int12"},
                                                   {"int8_fraction6", "int4"},
                                                   {"int4_half", "int4_half"},
                                                   {"int4_half", "uint4"},
                                                   {"int8_narrow", "ternary"}});
}

TEST(CircuitMultiplier, OfMinifloatsTakesEveryMeaningOfTheExponentZero) {
    expectProducts(ProductClass::Minifloat, {{"e4m3", "e4m3"},
                                             {"e5m2", "e4m3fnuz"},
                                             {"e2m1", "e2m1"},
                                             {"e3m2", "e2m3"},
                                             {"short_e4m3", "short_e2m1"},
                                             {"pow2_4", "short_e3m2"},
                                             {"fp16", "bf16"},
                                             {"fp32", "fp16"}});
    for (const auto zero : {ZeroExponent::Subnormal, ZeroExponent::Flushed, ZeroExponent::HiddenOne,
                            ZeroExponent::NoZero}) {
        for (const bool isSigned : {true, false}) {
            expectProducts(ProductClass::Minifloat, minifloat(3, 2, zero, isSigned),
                           minifloat(2, 3, zero));
            if (zero == ZeroExponent::Flushed || zero == ZeroExponent::Subnormal) continue;
            expectProducts(ProductClass::Minifloat, minifloat(4, 0, zero, isSigned), known("int4"));
        }
    }
}

TEST(CircuitMultiplier, OfPositsTakesEveryRegime) {
    expectProducts(ProductClass::Minifloat, {{"posit8es0", "posit8es0"},
                                             {"posit8es1", "posit8es1"},
                                             {"posit8es2", "posit8es2"},
                                             {"posit6es1", "int4"},
                                             {"posit3es2", "posit5es1"},
                                             {"posit16es2", "e4m3"}});
}

TEST(CircuitMultiplier, OfDifferentKindsOfNumbersIsExact) {
    expectProducts(ProductClass::Minifloat, {{"fp16", "int4"},
                                             {"int8", "e4m3"},
                                             {"bf16", "table"},
                                             {"uint4", "posit8es1"},
                                             {"e8m0", "int8"},
                                             {"int4_half", "e3m2"}});
}

TEST(CircuitMultiplier, ByPowersOfTwoIsAShift) {
    expectProducts(ProductClass::Shift, {{"int8", "pow2_4"},
                                         {"e4m3", "pow2_5"},
                                         {"uint4", "e8m0"},
                                         {"posit8es1", "pow2_3"},
                                         {"int4_half", "pow2_4"}});
}

TEST(CircuitMultiplier, ByWeightsOfThreeValuesNegatesAndGates) {
    expectProducts(ProductClass::AddSubtract, {{"int8", "ternary"},
                                               {"uint4", "binary"},
                                               {"e4m3", "ternary"},
                                               {"e5m2", "binary"},
                                               {"posit8es1", "ternary"},
                                               {"table", "ternary"}});
    const Format steps = numeric::CodebookFormat{.name = "steps", .values = {0.75, -0.75}};
    for (const char* name : {"int4", "uint4", "short_e2m1", "e2m1"}) {
        expectProducts(ProductClass::AddSubtract, known(name), steps);
    }
}

TEST(CircuitMultiplier, OfBinaryOperandsIsXnor) {
    const Format flipped = numeric::CodebookFormat{.name = "flipped", .values = {0.75, -0.75}};
    for (const Format& a : {known("binary"), flipped}) {
        for (const Format& w : {known("binary"), flipped}) {
            expectProducts(ProductClass::XnorPopcount, a, w);
        }
    }
}

TEST(CircuitMultiplier, BitSerialWeightTakesTheBitsOfTheWeightInTurn) {
    expectProducts(ProductClass::BitSerialWeight, {{"int8", "int8"},
                                                   {"uint8", "int4"},
                                                   {"int4", "uint4"},
                                                   {"uint3", "uint2"},
                                                   {"int4_half", "int4_half"},
                                                   {"e4m3", "int4"},
                                                   {"short_e4m3", "uint4"},
                                                   {"posit8es1", "int3"}});
}

TEST(CircuitMultiplier, BitSerialBothTakesEveryPairOfBitsInTurn) {
    expectProducts(ProductClass::BitSerialBoth, {{"int8", "int8"},
                                                 {"uint4", "int4"},
                                                 {"int3", "uint5"},
                                                 {"uint3", "uint2"},
                                                 {"int4_half", "int4"},
                                                 {"int2", "int2"}});
}

TEST(CircuitMultiplier, LooksUpEveryProduct) {
    expectProducts(ProductClass::LookUp, {{"table", "table"},
                                          {"int4", "table"},
                                          {"e2m1", "int4"},
                                          {"e3m2", "int4"},
                                          {"uint2", "short_e2m1"}});
    EXPECT_FALSE(hasCircuit(ProductClass::LookUp, known("e4m3"), known("int4")));
}

TEST(CircuitMultiplier, OfSignAndMagnitudeMultipliesMagnitudes) {
    Netlist netlist;
    const std::vector<Word> in{netlist.inputs(6), netlist.inputs(4)};
    const NumberWires product = signMagnitudeProduct(netlist, Goal::Area, in[0], in[1]);
    const auto valueOf = [](UInt128 code, std::size_t bits) {
        const auto magnitude = static_cast<Int128>(lowBits(code, bits - 1));
        return (code >> (bits - 1)) != 0 ? -magnitude : magnitude;
    };
    forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
        EXPECT_TRUE(numberOn(product, run, lane) ==
                    reduced(valueOf(x[0], 6) * valueOf(x[1], 4), 0));
    });
}

std::size_t slicesOf(const Format& format) {
    const auto port = *numeric::integerPortOf(format);
    return port.bits <= 2 ? 1 : port.bits <= 4 ? 2 : 4;
}

UInt128 numberOf(const std::vector<bool>& bits) {
    UInt128 number = 0;
    for (std::size_t i = bits.size(); i-- > 0;) number = 2 * number + (bits[i] ? 1 : 0);
    return number;
}

/// As many products as there are bricks for, of numbers of their own, all added.
void expectComposed(const Format& a, const Format& w) {
    SCOPED_TRACE(fmt::format("{} x {}", nameOf(a), nameOf(w)));
    const std::size_t products = 16 / slicesOf(a) / slicesOf(w);
    ASSERT_EQ(products, numeric::composedProducts(a, w));
    Netlist netlist;
    const Word portA = netlist.inputs(portBits(ProductClass::Composable, a));
    const Word portW = netlist.inputs(portBits(ProductClass::Composable, w));
    const MultiplierCircuit circuit =
        multiplierCircuit(netlist, Goal::Area, ProductClass::Composable, a, w, portA, portW);
    const numeric::Multiplier multiplier(ProductClass::Composable, Codec(a), Codec(w));
    std::mt19937 generator(1);
    std::vector<std::vector<UInt128>> cases;
    std::vector<Number> sums;
    for (std::size_t i = 0; i < 2048; ++i) {
        std::vector<std::uint16_t> codesA(products);
        std::vector<std::uint16_t> codesW(products);
        Int128 sum = 0;
        for (std::size_t k = 0; k < products; ++k) {
            codesA[k] = static_cast<std::uint16_t>(generator() % Codec(a).codeCount());
            codesW[k] = static_cast<std::uint16_t>(generator() % Codec(w).codeCount());
            const auto product = multiplier.multiply(codesA[k], codesW[k]);
            sum += product.significand << (product.exponent - circuit.product.unitExponent);
        }
        cases.push_back({numberOf(composablePort(a, false, slicesOf(w), codesA)),
                         numberOf(composablePort(w, true, slicesOf(a), codesW))});
        sums.push_back(reduced(sum, circuit.product.unitExponent));
    }
    std::size_t at = 0;
    forEachCase(netlist, {portA, portW}, cases, [&](const auto& run, auto lane, const auto&) {
        const Number actual = numberOn(circuit.product, run, lane);
        ASSERT_TRUE(actual == sums[at])
            << textOf(actual) << ", expected " << textOf(sums[at]) << ", case " << at;
        ++at;
    });
}

TEST(CircuitMultiplier, ComposesBricksInAllModes) {
    const std::array names{"int2", "int4", "int8", "uint2", "uint4", "uint8"};
    for (const char* a : names) {
        for (const char* w : names) expectComposed(known(a), known(w));
    }
}

TEST(CircuitMultiplier, ExtendsNumbersToTheirBricks) {
    for (const char* name : {"int3", "uint3", "int5", "uint7", "ternary", "int4_half"}) {
        expectComposed(known(name), known("int2"));
        expectComposed(known("uint4"), known(name));
    }
}

}  // namespace
}  // namespace systole::cost
