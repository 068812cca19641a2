// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/operand_circuit.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "models/numeric/products/product_class_operand.hpp"
#include "models/overloaded.hpp"

namespace systole::cost {
namespace {

using numeric::ZeroExponent;

/// A bit of each of 2^inputs entries, chosen by a tree of multiplexers; equal branches are one.
Signal tableBit(Netlist& netlist, const Word& index, std::vector<Signal> entries) {
    for (const Signal select : index) {
        std::vector<Signal> next(entries.size() / 2);
        for (std::size_t i = 0; i < next.size(); ++i) {
            next[i] = netlist.choose(select, entries[2 * i + 1], entries[2 * i]);
        }
        entries = std::move(next);
    }
    return entries.front();
}

template <typename Value>
Word table(Netlist& netlist, const Word& index, std::size_t bits, Value value) {
    Word result(bits);
    for (std::size_t bit = 0; bit < bits; ++bit) {
        std::vector<Signal> entries(std::size_t{1} << index.size());
        for (std::size_t i = 0; i < entries.size(); ++i) {
            entries[i] = constant(((value(i) >> bit) & 1) != 0);
        }
        result[bit] = tableBit(netlist, index, std::move(entries));
    }
    return result;
}

/// The word minus one where `borrow` is true.
Word oneLess(Netlist& netlist, Word word, Signal borrow) {
    for (Signal& bit : word) {
        const Signal next = netlist.both(borrow, ~bit);
        bit = netlist.differ(bit, borrow);
        borrow = next;
    }
    return word;
}

NumberWires integerOperand(const numeric::IntFormat& format, const Word& code) {
    const auto port = *numeric::integerPortOf(format);
    NumberWires wires{.isSigned = port.isSigned, .unitExponent = port.exponent};
    if (port.appendsOne) wires.significand.push_back(kTrue);
    wires.significand.insert(wires.significand.end(), code.begin(), code.end());
    return wires;
}

NumberWires floatOperand(Netlist& netlist, const numeric::FloatFormat& format, const Word& code) {
    const auto mantissaBits = static_cast<std::ptrdiff_t>(format.mantissaBits);
    const auto exponentBits = static_cast<std::ptrdiff_t>(format.exponentBits);
    Word mantissa(code.begin(), code.begin() + mantissaBits);
    Word field(code.begin() + mantissaBits, code.begin() + mantissaBits + exponentBits);
    NumberWires wires;
    if (format.isSigned) wires.negative = code.back();
    const Signal normal = anyOf(netlist, field);
    Signal hidden = normal;
    wires.unitExponent = -format.bias - format.mantissaBits;
    switch (format.zeroExponent) {
        case ZeroExponent::Flushed:
            mantissa = gatedBy(netlist, mantissa, normal);
            [[fallthrough]];
        case ZeroExponent::Subnormal:  // fields 0 and 1 have the same exponent
            wires.unitExponent += 1;
            wires.exponent = oneLess(netlist, field, normal);
            break;
        case ZeroExponent::HiddenOne:
            hidden = netlist.either(normal, anyOf(netlist, mantissa));
            wires.exponent = field;
            // A product with a constant one, made zero at its end, is smaller.
            if (format.mantissaBits > 0) std::swap(hidden, wires.nonzero);
            // Without a mantissa field 0 is zero: field 1 is the first one that counts.
            if (format.mantissaBits == 0) {
                wires.unitExponent += 1;
                wires.exponent = oneLess(netlist, field, normal);
            }
            break;
        case ZeroExponent::NoZero:
            hidden = kTrue;
            wires.exponent = field;
            break;
    }
    wires.significand = mantissa;
    wires.significand.push_back(hidden);
    return wires;
}

/// Posit Standard 2022: a run of equal bits (the regime) and the first other one, exponent,
/// fraction; negative numbers are complemented as a whole.
NumberWires positOperand(Netlist& netlist, Goal goal, const numeric::PositFormat& format,
                         const Word& code) {
    NumberWires wires{.negative = code.back()};
    const Word body(code.begin(), code.end() - 1);
    const Word magnitude =
        sumModulo(netlist, goal, complementedIf(netlist, body, wires.negative), {}, wires.negative);
    const Signal first = magnitude.back();
    const Word run = complementedIf(netlist, magnitude, first);
    const Word length = leadingZeros(netlist, run);  // of the regime
    const Word moved = barrelLeft(netlist, magnitude, length, magnitude.size());
    const auto es = static_cast<std::size_t>(format.exponentBits);
    // What follows the regime and its stop: that one is the top bit of `moved` now.
    Word rest(moved.begin(), moved.end() - 1);
    const std::size_t fraction = rest.size() > es ? rest.size() - es : 0;
    Word exponent;
    for (std::size_t i = 0; i < es; ++i) {
        const std::size_t fromTop = es - i;  // bit i of the exponent
        exponent.push_back(rest.size() >= fromTop ? rest[rest.size() - fromTop] : kFalse);
    }
    // A run of k ones is regime k - 1, of k zeros -k; from the least regime, 2 - bits, on.
    const std::size_t regimeBits = length.size() + 1;
    const auto least = static_cast<std::uint64_t>(format.bits - 2);
    Word regime =
        sumModulo(netlist, goal, complementedIf(netlist, resized(length, regimeBits), ~first),
                  constantWord(least, regimeBits), kFalse);
    regime = sumModulo(netlist, goal, regime, Word(regimeBits, first), ~first);
    exponent.insert(exponent.end(), regime.begin(), regime.end());
    wires.exponent = exponent;
    wires.significand = Word(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(fraction));
    wires.significand.push_back(anyOf(netlist, magnitude));
    wires.unitExponent = -static_cast<int>(least << es) - static_cast<int>(fraction);
    return wires;
}

NumberWires codebookOperand(Netlist& netlist, const numeric::CodebookFormat& format,
                            const Word& code) {
    const std::size_t entries = format.values.size();
    const auto operand = [&](std::size_t i) {
        return numeric::operandOf(format, static_cast<numeric::Code>(std::min(i, entries - 1)));
    };
    int least = std::numeric_limits<int>::max();
    int most = std::numeric_limits<int>::min();
    std::uint64_t largest = 0;
    for (std::size_t i = 0; i < entries; ++i) {
        const numeric::Operand each = operand(i);
        if (each.significand == 0) continue;
        least = std::min(least, each.exponent);
        most = std::max(most, each.exponent);
        largest = std::max(largest, static_cast<std::uint64_t>(std::abs(each.significand)));
    }
    NumberWires wires{.unitExponent = least};
    wires.negative = table(netlist, code, 1, [&](std::size_t i) {
                         return operand(i).significand < 0 ? 1U : 0U;
                     }).front();
    wires.significand = table(netlist, code, bitsFor(largest), [&](std::size_t i) {
        return static_cast<std::uint64_t>(std::abs(operand(i).significand));
    });
    wires.exponent =
        table(netlist, code, bitsFor(static_cast<std::uint64_t>(most - least)), [&](std::size_t i) {
            const numeric::Operand each = operand(i);
            return each.significand == 0 ? 0U : static_cast<std::uint64_t>(each.exponent - least);
        });
    return wires;
}

}  // namespace

NumberWires withZero(Netlist& netlist, NumberWires wires) {
    wires.significand = gatedBy(netlist, wires.significand, wires.nonzero);
    wires.nonzero = kTrue;
    return wires;
}

NumberWires operandCircuit(Netlist& netlist, Goal goal, const numeric::Format& format,
                           const Word& code) {
    const PartScope part(netlist, Part::Decoder);
    return std::visit(
        Overloaded{[&](const numeric::IntFormat& integer) { return integerOperand(integer, code); },
                   [&](const numeric::FloatFormat& minifloat) {
                       return floatOperand(netlist, minifloat, code);
                   },
                   [&](const numeric::PositFormat& posit) {
                       return positOperand(netlist, goal, posit, code);
                   },
                   [&](const numeric::CodebookFormat& codebook) {
                       return codebookOperand(netlist, codebook, code);
                   }},
        format);
}

}  // namespace systole::cost
