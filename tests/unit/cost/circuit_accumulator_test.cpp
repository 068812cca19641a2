// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>

#include "models/cost/circuit/accumulator_circuit.hpp"
#include "models/cost/circuit/element_circuit.hpp"
#include "models/numeric/products/product_class_operand.hpp"
#include "models/numeric/sums/register_state.hpp"
#include "tests/unit/cost/circuit_fixture.hpp"

namespace systole::cost {
namespace {

using numeric::Code;
using numeric::Codec;
using numeric::FloatFormat;
using numeric::FloatRegister;
using numeric::FloatRounder;
using numeric::Format;
using numeric::Overflow;
using numeric::ProductClass;
using numeric::SpecialValues;
using numeric::ZeroExponent;

constexpr std::size_t kAdditions = 4096;

Format known(const char* name) { return *numeric::formatNamed(name); }

/// An element, and random operands of it.
class Additions {
public:
    Additions(const char* activation, const char* weight, const numeric::AccumulatorFormat& sum,
              FloatAdder adder, Goal goal)
        : activation_(known(activation)),
          weight_(known(weight)),
          element_(describeElement(
              activation_.format(), weight_.format(), sum,
              numeric::defaultProductClass(activation_.format(), weight_.format()), adder)),
          circuit_(elementCircuit(element_, goal)) {}

    const ElementDescription& element() const { return element_; }
    const ElementCircuit& circuit() const { return circuit_; }
    std::mt19937_64& generator() { return generator_; }

    Code draw(const Codec& codec) {
        for (;;) {
            const auto code = static_cast<Code>(generator_() % codec.codeCount());
            if (codec.isFinite(code) && numeric::isProduced(codec.format(), code)) return code;
        }
    }
    std::pair<Code, Code> operands() { return {draw(activation_), draw(weight_)}; }
    numeric::Term product(const std::vector<UInt128>& x) const {
        return numeric::productOf(activation_.decode(static_cast<Code>(x[0])),
                                  weight_.decode(static_cast<Code>(x[1])));
    }

private:
    Codec activation_;
    Codec weight_;
    ElementDescription element_;
    ElementCircuit circuit_;
    std::mt19937_64 generator_{1};
};

std::array<std::int64_t, 16> wordsOf(Int128 value) {
    std::array<std::int64_t, 16> words{};
    words.fill(value < 0 ? -1 : 0);
    words[0] = static_cast<std::int64_t>(value);
    words[1] = static_cast<std::int64_t>(value >> 64);
    return words;
}

/// Two's complement of `bits`: any of all magnitudes, `reserve` bits below the ends of the range.
Int128 drawSum(std::mt19937_64& generator, std::size_t bits, std::size_t reserve) {
    const auto random = static_cast<Int128>((UInt128{generator()} << 64) | generator());
    const std::size_t kept = 1 + generator() % (bits - reserve);
    return random >> (128 - kept);
}

void expectFixedSums(const char* activation, const char* weight, const char* accumulator,
                     Goal goal) {
    SCOPED_TRACE(fmt::format("{} x {} + {}", activation, weight, accumulator));
    Additions additions(activation, weight, *numeric::parseAccumulator(accumulator),
                        FloatAdder::Flush, goal);
    const ElementCircuit& circuit = additions.circuit();
    const bool isExact = std::holds_alternative<numeric::ExactRegister>(additions.element().sum);
    std::vector<std::vector<UInt128>> cases;
    for (std::size_t i = 0; i < kAdditions; ++i) {
        const auto [a, w] = additions.operands();
        const Int128 sum = drawSum(additions.generator(), circuit.sum.size(), isExact ? 1 : 0);
        cases.push_back({a, w, static_cast<UInt128>(sum)});
    }
    numeric::RegisterState state(additions.element().sum, additions.element().sumBits,
                                 additions.element().sumExponent);
    const std::vector<Word> in{circuit.activation, circuit.weight, circuit.sum};
    forEachCase(circuit.netlist, in, cases, [&](const auto& run, auto lane, const auto& x) {
        state.load(wordsOf(static_cast<Int128>(x[2])));
        numeric::AccumulatorEvents events;
        state.add(additions.product(x), 0, events);
        auto expected = wordsOf(0);
        state.store(expected);
        const auto actual = wordsOf(run.twosComplement(circuit.nextSum, lane));
        const std::size_t words = (circuit.sum.size() + 63) / 64;
        for (std::size_t i = 0; i < words; ++i) ASSERT_EQ(actual[i], expected[i]);
    });
}

TEST(CircuitAccumulator, OfIntegersWrapsOrSaturates) {
    for (const Goal goal : {Goal::Area, Goal::Delay}) {
        for (const char* accumulator : {"int32", "int16", "int17_saturate", "int9_saturate"}) {
            expectFixedSums("int8", "int8", accumulator, goal);
            expectFixedSums("uint8", "int4", accumulator, goal);
            expectFixedSums("uint4", "uint4", accumulator, goal);
        }
        expectFixedSums("int8", "ternary", "int16", goal);
        expectFixedSums("binary", "binary", "int12_saturate", goal);
        expectFixedSums("int4_half", "int4_half", "int16", goal);
        expectFixedSums("e2m1", "e2m1", "int16_saturate", goal);
    }
}

TEST(CircuitAccumulator, ThatIsExactTakesFloatsAtTheirPlaces) {
    for (const Goal goal : {Goal::Area, Goal::Delay}) {
        expectFixedSums("int8", "int8", "exact", goal);
        expectFixedSums("e4m3", "e4m3", "exact", goal);
        expectFixedSums("e2m1", "int4", "exact", goal);
        expectFixedSums("e5m2", "e2m1", "exact", goal);
        expectFixedSums("short_e4m3", "pow2_4", "exact", goal);
        expectFixedSums("e4m3", "ternary", "exact", goal);
        expectFixedSums("posit8es0", "posit8es0", "exact", goal);
        expectFixedSums("posit8es2", "posit6es1", "exact", goal);
    }
}

/// Of a register, with the special values of its adder.
FloatFormat registerFormat(int exponentBits, int mantissaBits, FloatAdder adder) {
    const bool flushes = adder == FloatAdder::Flush;
    return {.name = fmt::format("e{}m{}", exponentBits, mantissaBits),
            .exponentBits = exponentBits,
            .mantissaBits = mantissaBits,
            .bias = numeric::ieeeBias(exponentBits),
            .specials = flushes ? SpecialValues::None : SpecialValues::Ieee,
            .zeroExponent = flushes ? ZeroExponent::Flushed : ZeroExponent::Subnormal};
}

/// Sums to add a product to: any code, zero, and numbers about as large as the product, most of
/// them of the other sign, so that they cancel.
Code drawFloatSum(std::mt19937_64& generator, const FloatRounder& rounder,
                  const FloatFormat& format, double product) {
    const int bits = 1 + format.exponentBits + format.mantissaBits;
    const std::uint64_t kind = generator() % 8;
    if (kind == 0) return 0;
    if (kind < 3 || product == 0) {
        for (;;) {
            const auto code = static_cast<Code>(generator() & ((std::uint64_t{1} << bits) - 1));
            const double value = rounder.decode(code);
            if (!std::isfinite(value)) continue;
            return rounder
                .round(numeric::unroundedOf(value), numeric::Rounding::NearestEven,
                       Overflow::Saturate)
                .code;
        }
    }
    const int apart = static_cast<int>(generator() % 5) - 2;
    const double steps = std::ldexp(static_cast<double>(generator() % 64), -format.mantissaBits);
    const double far = kind == 7 ? std::ldexp(1, static_cast<int>(generator() % 60) - 30) : 1;
    const double value = product * std::ldexp(1 - steps, apart) * far * (kind == 3 ? 1 : -1);
    return rounder
        .round(numeric::unroundedOf(value), numeric::Rounding::NearestEven, Overflow::Saturate)
        .code;
}

double valueOf(const numeric::Term& term) {
    return std::ldexp(term.significand.convert_to<double>(), term.exponent);
}

void expectFloatSums(const char* activation, const char* weight, const FloatFormat& format,
                     FloatAdder adder, Goal goal) {
    SCOPED_TRACE(fmt::format("{} x {} + {} {}", activation, weight, format.name,
                             adder == FloatAdder::Flush ? "flush" : "gradual"));
    const auto overflow = adder == FloatAdder::Flush ? Overflow::Saturate : Overflow::ToSpecial;
    const FloatRegister sum{.format = format, .overflow = overflow};
    Additions additions(activation, weight, {.name = "sum", .sum = sum, .chunk = {}}, adder, goal);
    const ElementCircuit& circuit = additions.circuit();
    const FloatRounder rounder(format);
    std::vector<std::vector<UInt128>> cases;
    for (std::size_t i = 0; i < kAdditions; ++i) {
        const auto [a, w] = additions.operands();
        const double product = valueOf(additions.product({a, w}));
        cases.push_back({a, w, drawFloatSum(additions.generator(), rounder, format, product)});
    }
    numeric::RegisterState state(sum, additions.element().sumBits, 0);
    const std::vector<Word> in{circuit.activation, circuit.weight, circuit.sum};
    forEachCase(circuit.netlist, in, cases, [&](const auto& run, auto lane, const auto& x) {
        const double before = rounder.decode(static_cast<Code>(x[2]));
        std::array word{std::bit_cast<std::int64_t>(before)};
        state.load(word);
        numeric::AccumulatorEvents events;
        const numeric::Term product = additions.product(x);
        state.add(product, 0, events);
        state.store(word);
        const auto code = static_cast<Code>(run.value(circuit.nextSum, lane));
        ASSERT_EQ(std::bit_cast<std::uint64_t>(rounder.decode(code)),
                  static_cast<std::uint64_t>(word[0]))
            << fmt::format("{:a} + {:a} is code {:#x}, {:a}, expected {:a}", before,
                           valueOf(product), code, rounder.decode(code),
                           std::bit_cast<double>(word[0]));
    });
}

/// Formats of registers by exponent and mantissa bits: FP32, FP16, BF16, those of DLFloat.
constexpr std::array<std::pair<int, int>, 4> kFloatSums{{{8, 23}, {5, 10}, {8, 7}, {6, 9}}};

void expectAllFloatSums(FloatAdder adder) {
    for (const auto& [exponentBits, mantissaBits] : kFloatSums) {
        const FloatFormat format = registerFormat(exponentBits, mantissaBits, adder);
        expectFloatSums("e4m3", "e4m3", format, adder, Goal::Area);
        expectFloatSums("e5m2", "e5m2", format, adder, Goal::Delay);
        expectFloatSums("int8", "int8", format, adder, Goal::Area);
        expectFloatSums("posit8es2", "int4", format, adder, Goal::Delay);
        expectFloatSums("fp16", "fp16", format, adder, Goal::Area);
        expectFloatSums("bf16", "bf16", format, adder, Goal::Delay);
        expectFloatSums("e2m1", "ternary", format, adder, Goal::Area);
        expectFloatSums("uint4", "pow2_4", format, adder, Goal::Delay);
    }
}

TEST(CircuitAccumulator, OfFloatsThatUnderflowGraduallyIsThatOfIeee754) {
    expectAllFloatSums(FloatAdder::Gradual);
}

TEST(CircuitAccumulator, OfFloatsThatFlushIsThatOfTheRtl) { expectAllFloatSums(FloatAdder::Flush); }

TEST(CircuitAccumulator, OfChunksAddsTheInnerRegisterToTheOuterOne) {
    const FloatFormat fp16 = registerFormat(5, 10, FloatAdder::Gradual);
    const FloatFormat fp32 = registerFormat(8, 23, FloatAdder::Gradual);
    Additions additions("e4m3", "e4m3",
                        {.name = "chunks",
                         .sum = FloatRegister{.format = fp32},
                         .chunk = numeric::Chunk{.inner = FloatRegister{.format = fp16}}},
                        FloatAdder::Gradual, Goal::Area);
    const ElementCircuit& circuit = additions.circuit();
    ASSERT_EQ(circuit.sum.size(), 16);
    ASSERT_EQ(circuit.outer.size(), 32);
    const FloatRounder inner(fp16);
    const FloatRounder outer(fp32);
    std::vector<std::vector<UInt128>> cases;
    for (std::size_t i = 0; i < kAdditions; ++i) {
        const Code held = drawFloatSum(additions.generator(), inner, fp16, 1.5);
        cases.push_back(
            {held, drawFloatSum(additions.generator(), outer, fp32, inner.decode(held))});
    }
    numeric::RegisterState state(FloatRegister{.format = fp32}, 32, 0);
    forEachCase(
        circuit.netlist, {circuit.sum, circuit.outer}, cases,
        [&](const auto& run, auto lane, const auto& x) {
            std::array word{std::bit_cast<std::int64_t>(outer.decode(static_cast<Code>(x[1])))};
            state.load(word);
            numeric::AccumulatorEvents events;
            state.add(numeric::productOf(inner.decode(static_cast<Code>(x[0])), 1), 0, events);
            state.store(word);
            const auto code = static_cast<Code>(run.value(circuit.nextOuter, lane));
            ASSERT_EQ(outer.decode(code), std::bit_cast<double>(word[0]));
        });
}

}  // namespace
}  // namespace systole::cost
