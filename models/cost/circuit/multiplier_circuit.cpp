// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/multiplier_circuit.hpp"

#include <algorithm>
#include <cmath>

#include "models/check.hpp"
#include "models/cost/circuit/circuit_choice.hpp"
#include "models/numeric/products/product_class_operand.hpp"

namespace systole::cost {
namespace {

using numeric::Format;
using numeric::ProductClass;

constexpr std::size_t kBricks = 16;
constexpr std::size_t kComposableBits = 2 * kBricks + 3;

/// A significand of one bit passes the other one, or not.
Word significandProduct(Netlist& netlist, Goal goal, const NumberWires& a, const NumberWires& w) {
    for (const auto& [bit, other] : {std::pair{&w, &a}, std::pair{&a, &w}}) {
        if (bit->significand.size() != 1 || bit->isSigned) continue;
        const PartScope part(netlist, Part::Decoder);
        const Word word = gatedBy(netlist, other->significand, bit->significand.front());
        return resized(word, word.size() + 1, other->isSigned);
    }
    return integerProduct(netlist, goal, a.significand, a.isSigned, w.significand, w.isSigned);
}

/// An activation that is negated, gated or as it is: weights of -s, 0 and s.
NumberWires gatedOperand(Netlist& netlist, const NumberWires& a, const Format& weight,
                         const Word& code) {
    const numeric::Dyadic step = *numeric::ternaryStepOf(weight);
    const std::size_t entries = std::size_t{1} << code.size();
    Signal nonzero = kFalse;
    Signal negative = kFalse;
    for (std::size_t i = 0; i < entries; ++i) {
        if (!numeric::isProduced(weight, static_cast<numeric::Code>(i))) continue;
        const auto operand = numeric::operandOf(weight, static_cast<numeric::Code>(i));
        if (operand.special != 0 || operand.significand == 0) continue;
        Word match(code);
        for (std::size_t bit = 0; bit < code.size(); ++bit)
            match[bit] = code[bit] ^ (((i >> bit) & 1) == 0);
        const Signal here = allOf(netlist, match);
        nonzero = netlist.either(nonzero, here);
        if (operand.significand < 0) negative = netlist.either(negative, here);
    }
    NumberWires product = a;
    product.negative = netlist.differ(a.negative, negative);
    product.significand = gatedBy(netlist, a.significand, nonzero);
    product.unitExponent += step.exponent;
    if (step.significand != 1) {
        product.significand =
            integerProduct(netlist, Goal::Area, product.significand, a.isSigned,
                           constantWord(static_cast<std::uint64_t>(step.significand),
                                        bitsFor(static_cast<std::uint64_t>(step.significand))),
                           false);
    }
    return product;
}

NumberWires xnorProduct(Netlist& netlist, const Format& activation, const Format& weight, Signal a,
                        Signal w) {
    const auto left = *numeric::twoValuedOf(activation);
    const auto right = *numeric::twoValuedOf(weight);
    const bool flips = left.oneIsPositive != right.oneIsPositive;
    const auto magnitude = static_cast<std::uint64_t>(left.magnitude.significand) *
                           static_cast<std::uint64_t>(right.magnitude.significand);
    return {.negative = netlist.differ(a, w) ^ flips,
            .significand = constantWord(magnitude, bitsFor(magnitude)),
            .unitExponent = left.magnitude.exponent + right.magnitude.exponent};
}

/// One bit of the weight a cycle, the highest one first (Horner's rule). An input tells the first
/// cycle.
MultiplierCircuit bitSerialWeight(Netlist& netlist, Goal goal, const NumberWires& a,
                                  const NumberWires& w) {
    const Signal first = netlist.input();
    const std::size_t bits = a.significand.size() + w.significand.size();
    const Word pending = netlist.inputs(w.significand.size());
    const Word partial = netlist.inputs(bits);
    const Word now = chosen(netlist, first, w.significand, pending);
    const Signal negate = w.isSigned ? first : kFalse;
    Word term = gatedBy(netlist, resized(a.significand, bits, a.isSigned), now.back());
    term = complementedIf(netlist, term, negate);
    Word above = shiftedLeft(partial, 1);
    above.resize(bits);
    above = gatedBy(netlist, above, ~first);
    MultiplierCircuit circuit;
    circuit.control = {first};
    circuit.schedule.assign(w.significand.size(), {false});
    circuit.schedule.front().front() = true;
    circuit.product = a;
    circuit.product.isSigned = a.isSigned || w.isSigned;
    circuit.product.unitExponent += w.unitExponent;
    circuit.product.significand = sumModulo(netlist, goal, above, term, negate);
    circuit.state = pending;
    circuit.state.insert(circuit.state.end(), partial.begin(), partial.end());
    circuit.nextState = shiftedLeft(now, 1);
    circuit.nextState.resize(now.size());
    const Word& product = circuit.product.significand;
    circuit.nextState.insert(circuit.nextState.end(), product.begin(), product.end());
    return circuit;
}

/// Control of a multiplier that takes every pair of bits in turn: whether it is the first one, its
/// weight, and whether that is negative, which it is if exactly one is a sign bit.
std::vector<std::vector<bool>> pairSchedule(const NumberWires& a, const NumberWires& w,
                                            std::size_t placeBits) {
    std::vector<std::vector<bool>> schedule;
    for (std::size_t i = 0; i < w.significand.size(); ++i) {
        for (std::size_t j = 0; j < a.significand.size(); ++j) {
            std::vector<bool> bits{i + j == 0};
            for (std::size_t bit = 0; bit < placeBits; ++bit) {
                bits.push_back((((i + j) >> bit) & 1) != 0);
            }
            bits.push_back((a.isSigned && j + 1 == a.significand.size()) !=
                           (w.isSigned && i + 1 == w.significand.size()));
            schedule.push_back(std::move(bits));
        }
    }
    return schedule;
}

/// One bit of each operand a cycle (Sharify et al. 2018, Loom): an AND gate, whose bit is added at
/// its place to what came before. The activation turns once for every bit of the weight.
MultiplierCircuit bitSerialBoth(Netlist& netlist, Goal goal, const NumberWires& a,
                                const NumberWires& w) {
    const std::size_t bits = a.significand.size() + w.significand.size();
    const Signal first = netlist.input();
    const Word place = netlist.inputs(bitsFor(bits - 2));
    const Signal negative = netlist.input();
    const Signal weightTurns = netlist.input();  // with the last bit of the activation
    const Word pendingA = netlist.inputs(a.significand.size());
    const Word pendingW = netlist.inputs(w.significand.size());
    const Word partial = netlist.inputs(bits);
    const Word nowA = chosen(netlist, first, a.significand, pendingA);
    const Word nowW = chosen(netlist, first, w.significand, pendingW);
    const Signal bit = netlist.both(nowA.front(), nowW.front());
    const Word placed = barrelLeft(netlist, {bit}, place, bits);
    MultiplierCircuit circuit;
    circuit.product = {.isSigned = a.isSigned || w.isSigned,
                       .unitExponent = a.unitExponent + w.unitExponent};
    circuit.product.significand = sumModulo(netlist, goal, gatedBy(netlist, partial, ~first),
                                            complementedIf(netlist, placed, negative), negative);
    circuit.control = {first};
    circuit.control.insert(circuit.control.end(), place.begin(), place.end());
    circuit.control.insert(circuit.control.end(), {negative, weightTurns});
    circuit.schedule = pairSchedule(a, w, place.size());
    for (std::size_t i = 0; i < circuit.schedule.size(); ++i) {
        circuit.schedule[i].push_back((i + 1) % pendingA.size() == 0);
    }
    for (const Word* word : {&pendingA, &pendingW, &partial}) {
        circuit.state.insert(circuit.state.end(), word->begin(), word->end());
    }
    const auto turned = [](const Word& word) {
        Word result(word.begin() + 1, word.end());
        result.push_back(word.front());
        return result;
    };
    for (const Word& word : {turned(nowA), chosen(netlist, weightTurns, turned(nowW), nowW),
                             circuit.product.significand}) {
        circuit.nextState.insert(circuit.nextState.end(), word.begin(), word.end());
    }
    return circuit;
}

/// Pairs of neighbours become one: the upper one shifted where both are parts of one number, else
/// both added as they are.
std::vector<Word> fused(Netlist& netlist, Goal goal, const std::vector<Word>& parts,
                        std::size_t shift, Signal isFused) {
    std::vector<Word> sums;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
        const std::size_t bits = parts[i].size() + shift;
        const Word placed = chosen(netlist, isFused, shiftedLeft(parts[i + 1], shift),
                                   resized(parts[i + 1], bits, true));
        sums.push_back(sumModulo(netlist, goal, resized(parts[i], bits, true), placed));
    }
    return sums;
}

/// Bits of a composable operand behind the slices of its bricks.
struct ComposableFlags {
    Signal isFused2;  ///< numbers have 4 bits or more
    Signal isFused4;  ///< 8 bits
    Signal isSigned;
};

/// A brick's slice with the sign of its number, where it is the highest slice: 3 bits.
Word signedSlice(Netlist& netlist, const Word& operand, std::size_t brick,
                 const ComposableFlags& flags, bool upperOfPair, bool upperPair) {
    const Signal top =
        netlist.both(upperOfPair ? kTrue : ~flags.isFused2, upperPair ? kTrue : ~flags.isFused4);
    Word slice{operand[2 * brick], operand[2 * brick + 1]};
    slice.push_back(netlist.both(netlist.both(flags.isSigned, top), slice.back()));
    return slice;
}

/// Sharma et al. 2018 (Bit Fusion): sixteen bricks of 2 x 2 bits form one product of 8 x 8, two of
/// 8 x 4, four of 4 x 4 ... sixteen of 2 x 2, all added; as arch/rtl/multiplier_composable.sv. An
/// operand has a slice of 2 bits for each brick, and how they belong together.
MultiplierCircuit composableProduct(Netlist& netlist, Goal goal, const Word& a, const Word& w) {
    const auto flagsOf = [](const Word& operand) {
        return ComposableFlags{operand[2 * kBricks], operand[2 * kBricks + 1],
                               operand[2 * kBricks + 2]};
    };
    const ComposableFlags aFlags = flagsOf(a);
    const ComposableFlags wFlags = flagsOf(w);
    std::vector<Word> parts;
    for (std::size_t brick = 0; brick < kBricks; ++brick) {
        const auto bit = [&](unsigned index) { return ((brick >> index) & 1) != 0; };
        Word product =
            integerProduct(netlist, goal, signedSlice(netlist, a, brick, aFlags, bit(0), bit(2)),
                           true, signedSlice(netlist, w, brick, wFlags, bit(1), bit(3)), true);
        product.pop_back();  // -6 to 9 takes 5 bits
        parts.push_back(std::move(product));
    }
    parts = fused(netlist, goal, parts, 2, aFlags.isFused2);
    parts = fused(netlist, goal, parts, 2, wFlags.isFused2);
    parts = fused(netlist, goal, parts, 4, aFlags.isFused4);
    parts = fused(netlist, goal, parts, 4, wFlags.isFused4);
    MultiplierCircuit circuit;
    circuit.product = {.significand = std::move(parts.front()), .isSigned = true};
    return circuit;
}

/// All products in a table, as sign, significand and exponent of a codebook.
NumberWires lookedUpProduct(Netlist& netlist, Goal goal, const Format& activation,
                            const Format& weight, const Word& a, const Word& w) {
    const numeric::Multiplier multiplier(ProductClass::LookUp, numeric::Codec(activation),
                                         numeric::Codec(weight));
    numeric::CodebookFormat products{.name = "products", .values = {}};
    Word index(w);
    index.insert(index.end(), a.begin(), a.end());
    for (std::uint32_t code = 0; code < 1U << index.size(); ++code) {
        const auto value = multiplier.multiply(code >> w.size(), code & ((1U << w.size()) - 1));
        const auto magnitude = static_cast<double>(value.significand);
        products.values.push_back(value.special != 0 ? 0 : std::ldexp(magnitude, value.exponent));
    }
    return operandCircuit(netlist, goal, Format(products), index);
}

}  // namespace

NumberWires productOf(Netlist& netlist, Goal goal, const NumberWires& a, const NumberWires& w) {
    NumberWires product{.negative = netlist.differ(a.negative, w.negative),
                        .isSigned = a.isSigned || w.isSigned,
                        .unitExponent = a.unitExponent + w.unitExponent};
    product.significand = gatedBy(netlist, significandProduct(netlist, goal, a, w),
                                  netlist.both(a.nonzero, w.nonzero));
    if (a.exponent.empty() || w.exponent.empty()) {
        product.exponent = a.exponent.empty() ? w.exponent : a.exponent;
    } else {
        const PartScope part(netlist, Part::Exponent);
        product.exponent = sumOf(netlist, goal, a.exponent, w.exponent);
    }
    return product;
}

Word integerProduct(Netlist& netlist, Goal goal, const Word& a, bool aIsSigned, const Word& w,
                    bool wIsSigned) {
    const std::size_t bits = a.size() + w.size();
    Columns columns(bits);
    std::vector<std::uint64_t> ones(bits, 0);  // constants to be added, by weight
    for (std::size_t i = 0; i < w.size(); ++i) {
        for (std::size_t j = 0; j < a.size(); ++j) {
            const bool negative =
                (aIsSigned && j + 1 == a.size()) != (wIsSigned && i + 1 == w.size());
            const Signal bit = netlist.both(a[j], w[i]) ^ negative;
            if (bit != kFalse) columns[i + j].push_back(bit);
            // -x = (1 - x) - 1: all ones from here up, modulo the width.
            for (std::size_t k = i + j; negative && k < bits; ++k) ++ones[k];
        }
    }
    for (std::size_t k = 0; k < bits; ++k) {
        if (ones[k] % 2 == 1) columns[k].push_back(kTrue);
        if (k + 1 < bits) ones[k + 1] += ones[k] / 2;
    }
    return sumOfColumns(netlist, goal, std::move(columns));
}

NumberWires signMagnitudeProduct(Netlist& netlist, Goal goal, const Word& activation,
                                 const Word& weight) {
    const auto magnitude = [](const Word& word) { return Word(word.begin(), word.end() - 1); };
    return {.negative = netlist.differ(activation.back(), weight.back()),
            .significand = integerProduct(netlist, goal, magnitude(activation), false,
                                          magnitude(weight), false)};
}

bool hasCircuit(ProductClass productClass, const Format& activation, const Format& weight) {
    if (productClass == ProductClass::Packed) return false;
    if (productClass != ProductClass::LookUp) return true;
    return numeric::widthOf(activation) + numeric::widthOf(weight) <= kWidestLookUpBits;
}

std::size_t portBits(ProductClass productClass, const Format& format) {
    const auto bits = static_cast<std::size_t>(numeric::widthOf(format));
    return productClass == ProductClass::Composable ? kComposableBits : bits;
}

std::vector<bool> composablePort(const Format& format, bool isWeight, std::size_t otherSlices,
                                 std::span<const std::uint16_t> codes) {
    const auto port = *numeric::integerPortOf(format);
    const auto slices = std::min<std::size_t>(static_cast<std::size_t>(numeric::bricksOf(port)), 4);
    std::vector<bool> bits(kComposableBits, false);
    for (std::size_t brick = 0; brick < kBricks; ++brick) {
        const auto bit = [&](unsigned index) { return (brick >> index) & 1; };
        const std::size_t own = isWeight ? bit(1) + 2 * bit(3) : bit(0) + 2 * bit(2);
        const std::size_t other = isWeight ? bit(0) + 2 * bit(2) : bit(1) + 2 * bit(3);
        const std::size_t activations = isWeight ? otherSlices : slices;
        const std::size_t alongA = isWeight ? other / otherSlices : own / slices;
        const std::size_t alongW = isWeight ? own / slices : other / otherSlices;
        const std::size_t number = alongA + 4 / activations * alongW;
        const std::uint64_t pattern = port.patternOf(codes[number % codes.size()]);
        const std::uint64_t extended = port.isSigned && numeric::bitOf(pattern, port.bits - 1)
                                           ? pattern | ~std::uint64_t{0} << port.bits
                                           : pattern;
        const std::uint64_t slice = extended >> (2 * (own % slices));
        bits[2 * brick] = (slice & 1) != 0;
        bits[2 * brick + 1] = (slice & 2) != 0;
    }
    bits[2 * kBricks] = slices > 1;
    bits[2 * kBricks + 1] = slices > 2;
    bits[2 * kBricks + 2] = port.isSigned;
    return bits;
}

MultiplierCircuit multiplierCircuit(Netlist& netlist, Goal goal, ProductClass productClass,
                                    const Format& activation, const Format& weight,
                                    const Word& activationCode, const Word& weightCode) {
    SYSTOLE_CHECK(numeric::accepts(productClass, activation, weight) &&
                      hasCircuit(productClass, activation, weight),
                  "no circuit of {} for {} x {}", numeric::nameOf(productClass),
                  numeric::nameOf(activation), numeric::nameOf(weight));
    // One after the other: the order of arguments would be the compiler's choice.
    const NumberWires a = operandCircuit(netlist, goal, activation, activationCode);
    const NumberWires w = operandCircuit(netlist, goal, weight, weightCode);
    switch (productClass) {
        case ProductClass::AddSubtract:
            return {.product = gatedOperand(netlist, withZero(netlist, a), weight, weightCode)};
        case ProductClass::XnorPopcount:
            return {.product = xnorProduct(netlist, activation, weight, activationCode.front(),
                                           weightCode.front())};
        case ProductClass::BitSerialWeight:
            return bitSerialWeight(netlist, goal, withZero(netlist, a), withZero(netlist, w));
        case ProductClass::BitSerialBoth:
            return bitSerialBoth(netlist, goal, withZero(netlist, a), withZero(netlist, w));
        case ProductClass::Composable: {
            MultiplierCircuit circuit =
                composableProduct(netlist, goal, activationCode, weightCode);
            circuit.product.unitExponent = a.unitExponent + w.unitExponent;
            return circuit;
        }
        case ProductClass::LookUp:
            return {.product = lookedUpProduct(netlist, goal, activation, weight, activationCode,
                                               weightCode)};
        case ProductClass::ParallelInteger:
        case ProductClass::Minifloat:
        case ProductClass::Shift:
            return {.product = productOf(netlist, goal, a, w)};
        case ProductClass::Packed:
            break;
    }
    SYSTOLE_CHECK(false, "no circuit of {}", numeric::nameOf(productClass));
}

}  // namespace systole::cost
