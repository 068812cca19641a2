// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/accumulator_circuit.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::cost {
namespace {

/// Magnitude and sign of a number that may be two's complement.
NumberWires signMagnitude(Netlist& netlist, Goal goal, const NumberWires& number) {
    if (!number.isSigned) return number;
    NumberWires result = number;
    const Signal minus = number.significand.back();
    const Word complemented = complementedIf(netlist, number.significand, minus);
    result.significand = sumModulo(netlist, goal, complemented, {}, minus);
    result.negative = netlist.differ(number.negative, minus);
    result.isSigned = false;
    return result;
}

/// Two's complement of `bits` of a small constant that may be negative.
Word signedConstant(int value, std::size_t bits) {
    return constantWord(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)), bits);
}

/// A term of the addition: its top bit weighs as much as the hidden one of exponent field `field`.
struct AlignedTerm {
    Signal negative;
    Word field;  ///< two's complement
    Word word;   ///< as wide as the other's
};

struct FloatWidths {
    std::size_t mantissa;
    std::size_t exponent;
    std::size_t kept;   ///< bits of either significand
    std::size_t word;   ///< with guard, round and sticky
    std::size_t total;  ///< with a carry
    std::size_t field;  ///< of exponent fields and their differences
};

int offsetOf(const numeric::FloatFormat& format, const NumberWires& product) {
    return product.unitExponent + static_cast<int>(product.significand.size()) - 1 + format.bias;
}

FloatWidths widthsOf(const numeric::FloatFormat& format, const NumberWires& product) {
    FloatWidths widths{};
    widths.mantissa = static_cast<std::size_t>(format.mantissaBits);
    widths.exponent = static_cast<std::size_t>(format.exponentBits);
    widths.kept = std::max(widths.mantissa + 1, product.significand.size());
    widths.word = widths.kept + 3;
    widths.total = widths.word + 1;
    const int offset = offsetOf(format, product);
    const int highest = std::max(
        1 << widths.exponent, offset + (1 << std::min<std::size_t>(product.exponent.size(), 24)));
    const int lowest = std::min(0, offset - static_cast<int>(product.significand.size())) -
                       static_cast<int>(widths.total);
    widths.field =
        1 + bitsFor(static_cast<std::uint64_t>(highest) + static_cast<std::uint64_t>(2 - lowest));
    return widths;
}

/// The product with its top bit set. Zero has field 0 beside subnormals, below which nothing is
/// moved by it; where they are flushed the missing top bit tells it.
AlignedTerm productTerm(Netlist& netlist, Goal goal, const FloatWidths& widths,
                        const numeric::FloatFormat& format, FloatAdder adder,
                        const NumberWires& product) {
    PartScope part(netlist, Part::Alignment);
    NormalisedWord top;
    if (adder == FloatAdder::Flush) {
        top = normalised(netlist, product.significand);
    } else {
        top.zeros = leadingZeros(netlist, product.significand);
        top.value = barrelLeft(netlist, product.significand, top.zeros, product.significand.size());
    }
    Word field = sumModulo(netlist, goal, resized(product.exponent, widths.field),
                           signedConstant(offsetOf(format, product), widths.field));
    field = differenceOf(netlist, goal, field, resized(top.zeros, widths.field)).value;
    if (adder == FloatAdder::Gradual) {
        field = gatedBy(netlist, field, anyOf(netlist, product.significand));
    }
    return {.negative = product.negative,
            .field = field,
            .word = shiftedLeft(top.value, widths.kept - product.significand.size())};
}

AlignedTerm sumTerm(Netlist& netlist, const FloatWidths& widths, FloatAdder adder,
                    const Word& sum) {
    const auto mantissaEnd = sum.begin() + static_cast<std::ptrdiff_t>(widths.mantissa);
    Word word(sum.begin(), mantissaEnd);
    Word field(mantissaEnd, sum.end() - 1);
    const Signal normal = anyOf(netlist, field);
    word.push_back(normal);
    // Subnormals have the field 1 without the hidden one.
    if (adder == FloatAdder::Gradual) field.front() = netlist.either(field.front(), ~normal);
    return {.negative = sum.back(),
            .field = resized(field, widths.field),
            .word = shiftedLeft(word, widths.kept - widths.mantissa - 1)};
}

struct Magnitude {
    Signal negative;
    Word field;  ///< of the bit below the top one
    Word word;
};

/// Aligns the smaller term and adds it to the larger one.
Magnitude added(Netlist& netlist, Goal goal, const FloatWidths& widths, const AlignedTerm& sum,
                const AlignedTerm& product) {
    netlist.setPart(Part::Alignment);
    const Difference apart = differenceOf(netlist, goal, sum.field, product.field);
    const Signal swap = apart.value.back();  // the product's is larger
    const Word large = chosen(netlist, swap, product.word, sum.word);
    const Word small = chosen(netlist, swap, sum.word, product.word);
    const Word field = chosen(netlist, swap, product.field, sum.field);
    const Word distance =
        goal == Goal::Area
            ? sumModulo(netlist, goal, complementedIf(netlist, apart.value, swap), {}, swap)
            : chosen(netlist, swap, differenceOf(netlist, goal, product.field, sum.field).value,
                     apart.value);
    const std::size_t stages = bitsFor(widths.word - 1);
    const auto split =
        distance.begin() + static_cast<std::ptrdiff_t>(std::min(stages, distance.size()));
    const Signal far = anyOf(netlist, Word(split, distance.end() - 1));
    Word amount(distance.begin(), split);
    for (Signal& bit : amount) bit = netlist.either(bit, far);
    const Shifted aligned = barrelRight(netlist, shiftedLeft(small, 2), amount);

    netlist.setPart(Part::Accumulator);
    const Signal subtract = netlist.differ(sum.negative, product.negative);
    Word term{aligned.sticky};
    term.insert(term.end(), aligned.value.begin(), aligned.value.end());
    term = complementedIf(netlist, resized(term, widths.total), subtract);
    const Word raw =
        sumModulo(netlist, goal, resized(shiftedLeft(large, 3), widths.total), term, subtract);
    const Signal turned = netlist.both(subtract, raw.back());
    const Word magnitude =
        sumModulo(netlist, goal, complementedIf(netlist, raw, turned), {}, turned);
    const Signal largeNegative = netlist.choose(swap, product.negative, sum.negative);
    return {.negative = netlist.differ(largeNegative, turned), .field = field, .word = magnitude};
}

/// The top one moved to the top, as far as the lowest exponent allows.
Magnitude normalisedSum(Netlist& netlist, Goal goal, const FloatWidths& widths,
                        const Magnitude& sum) {
    netlist.setPart(Part::Normalisation);
    const Word zeros = resized(leadingZeros(netlist, sum.word), widths.field);
    const Difference left = differenceOf(netlist, goal, sum.field, zeros);
    const Word up = chosen(netlist, left.value.back(), sum.field, zeros);
    const Word amount(up.begin(), up.begin() + static_cast<std::ptrdiff_t>(
                                                   std::min(bitsFor(widths.total), up.size())));
    Magnitude result{.negative = sum.negative,
                     .field = {},
                     .word = barrelLeft(netlist, sum.word, amount, widths.total)};
    // One more than the large field: the top bit is the carry's place.
    const Word field = sumModulo(netlist, goal, left.value, {}, kTrue);
    result.field = gatedBy(netlist, field, result.word.back());
    return result;
}

/// A term with its top bit set, shifted down to where the lowest normal number has its one, if it
/// may lie below that.
Magnitude gradual(Netlist& netlist, Goal goal, const FloatWidths& widths, const AlignedTerm& term,
                  bool mayBeSubnormal) {
    netlist.setPart(Part::Alignment);
    const Word word = shiftedLeft(term.word, 2);
    if (!mayBeSubnormal) {
        return {.negative = term.negative, .field = term.field, .word = shiftedLeft(word, 1)};
    }
    const Word one = constantWord(1, widths.field);
    const Word under = differenceOf(netlist, goal, one, term.field).value;
    const std::size_t stages = bitsFor(widths.word - 1);
    const auto split =
        under.begin() + static_cast<std::ptrdiff_t>(std::min(stages, under.size() - 1));
    const Signal far = anyOf(netlist, Word(split, under.end() - 1));
    Word amount(under.begin(), split);
    for (Signal& bit : amount) bit = netlist.either(bit, far);
    const Shifted shifted = barrelRight(netlist, word, gatedBy(netlist, amount, ~under.back()));
    Magnitude result{.negative = term.negative, .field = {}, .word = {shifted.sticky}};
    result.word.insert(result.word.end(), shifted.value.begin(), shifted.value.end());
    result.field = gatedBy(netlist, term.field, result.word.back());
    return result;
}

/// Infinite beyond the range.
Word roundedSum(Netlist& netlist, Goal goal, const FloatWidths& widths, const Magnitude& sum) {
    netlist.setPart(Part::Rounding);
    const std::size_t below = widths.total - 1 - widths.mantissa;  // bits under the mantissa
    const auto bit = [&](std::size_t at) {
        return sum.word.begin() + static_cast<std::ptrdiff_t>(at);
    };
    const Signal rest = anyOf(netlist, Word(sum.word.begin(), bit(below - 1)));
    const Signal increment = netlist.both(*bit(below - 1), netlist.either(*bit(below), rest));
    Word code(bit(below), sum.word.end() - 1);
    code.insert(code.end(), sum.field.begin(), sum.field.end());
    code = sumModulo(netlist, goal, code, {}, increment);
    const auto fieldBegin = code.begin() + static_cast<std::ptrdiff_t>(widths.mantissa);
    const auto fieldEnd = fieldBegin + static_cast<std::ptrdiff_t>(widths.exponent);
    const Signal overflow = netlist.either(anyOf(netlist, Word(fieldEnd, code.end())),
                                           allOf(netlist, Word(fieldBegin, fieldEnd)));
    Word result(code.begin(), fieldEnd);
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = i < widths.mantissa ? netlist.both(result[i], ~overflow)
                                        : netlist.either(result[i], overflow);
    }
    result.push_back(netlist.both(sum.negative, anyOf(netlist, result)));
    return result;
}

struct FlushTerms {
    Word largeField;
    Word large;
    Signal largeNegative;
    Shifted aligned;
};

/// One subtraction of exponents and significands both compares the magnitudes and tells how far
/// apart they are; the smaller one is aligned, so that a difference is never negative.
FlushTerms alignedMagnitudes(Netlist& netlist, Goal goal, const FloatWidths& widths,
                             const AlignedTerm& sum, const AlignedTerm& product,
                             std::size_t productBits) {
    const auto top = [&](const Word& word) {
        return Word(word.end() - static_cast<std::ptrdiff_t>(productBits), word.end());
    };
    const Signal notBelow =
        differenceOf(netlist, goal, top(sum.word), top(product.word)).notNegative;
    const Word apart = sumModulo(netlist, goal, sum.field,
                                 complementedIf(netlist, product.field, kTrue), notBelow);
    const Signal below = apart.back();
    const Signal swap = netlist.both(netlist.either(below, ~sum.word.back()), product.word.back());
    const Word base = complementedIf(netlist, apart, below);
    const auto stages = static_cast<std::ptrdiff_t>(bitsFor(widths.word - 1));
    const Signal far = anyOf(netlist, Word(base.begin() + stages, base.end()));
    const Word near = sumOf(netlist, goal, Word(base.begin(), base.begin() + stages), {},
                            netlist.differ(below, ~notBelow));
    Word distance(near.begin(), near.begin() + stages);
    for (Signal& bit : distance) bit = netlist.either(bit, netlist.either(far, near.back()));
    const Word small = chosen(netlist, swap, sum.word, product.word);
    return {.largeField = chosen(netlist, swap, product.field, sum.field),
            .large = chosen(netlist, swap, product.word, sum.word),
            .largeNegative = netlist.choose(swap, product.negative, sum.negative),
            .aligned = barrelRight(netlist, shiftedLeft(small, 2), distance)};
}

/// Adds the mantissa and the rounding to the exponent, and sees to the ends of the range.
Word packedFlush(Netlist& netlist, Goal goal, const FloatWidths& widths, const Word& largeField,
                 Signal negative, const NormalisedWord& total) {
    netlist.setPart(Part::Normalisation);
    const Word below =
        differenceOf(netlist, goal, largeField, resized(total.zeros, widths.field)).value;
    netlist.setPart(Part::Rounding);
    const auto at = [&](std::size_t fromTop) {
        return total.value.end() - static_cast<std::ptrdiff_t>(fromTop);
    };
    const Signal nonzero = total.value.back();
    const Signal last = *at(1 + widths.mantissa);
    const Signal guard = *at(2 + widths.mantissa);
    const Signal rest = anyOf(netlist, Word(total.value.begin(), at(2 + widths.mantissa)));
    const Signal increment = netlist.both(guard, netlist.either(last, rest));
    // One less than the field of the result: the hidden one adds it.
    Word fields(widths.mantissa, kFalse);
    fields.insert(fields.end(), below.begin(), below.end());
    const Word code = sumModulo(netlist, goal, fields,
                                Word(at(1 + widths.mantissa), total.value.end()), increment);
    const auto codeEnd =
        code.begin() + static_cast<std::ptrdiff_t>(widths.exponent + widths.mantissa);
    const Signal normal = netlist.both(nonzero, ~below.back());
    const Signal smallest =
        netlist.both(netlist.both(nonzero, allOf(netlist, below)),
                     anyOf(netlist, Word(total.value.begin(), total.value.end() - 1)));
    const Signal largest =
        netlist.both(~code.back(), anyOf(netlist, Word(codeEnd, code.end() - 1)));
    Word result(code.begin(), codeEnd);
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = netlist.either(netlist.both(result[i], normal), largest);
        if (i == widths.mantissa) result[i] = netlist.either(result[i], smallest);
    }
    result.push_back(netlist.both(negative, netlist.either(normal, smallest)));
    return result;
}

Word flushedSum(Netlist& netlist, Goal goal, const FloatWidths& widths, const AlignedTerm& sum,
                const AlignedTerm& product, std::size_t productBits) {
    netlist.setPart(Part::Alignment);
    const FlushTerms terms = alignedMagnitudes(netlist, goal, widths, sum, product, productBits);
    netlist.setPart(Part::Accumulator);
    const Signal subtract = netlist.differ(sum.negative, product.negative);
    Word term{terms.aligned.sticky};
    term.insert(term.end(), terms.aligned.value.begin(), terms.aligned.value.end());
    term = complementedIf(netlist, resized(term, widths.total), subtract);
    const Word total = sumModulo(netlist, goal, resized(shiftedLeft(terms.large, 3), widths.total),
                                 term, subtract);
    netlist.setPart(Part::Normalisation);
    return packedFlush(netlist, goal, widths, terms.largeField, terms.largeNegative,
                       normalised(netlist, total));
}

/// Two's complement bits of the largest product, above its unit.
std::size_t widestProduct(const NumberWires& product) {
    const std::size_t shift =
        (std::size_t{1} << std::min<std::size_t>(product.exponent.size(), 24)) - 1;
    // Minus the most negative number, and what has a sign wire only, need one bit more.
    return product.significand.size() + shift +
           (product.isSigned && product.negative == kFalse ? 0 : 1);
}

/// The sum, or the end of the range that it is beyond.
Word saturated(Netlist& netlist, const Word& total, std::size_t bits) {
    Word differing;
    for (std::size_t i = bits - 1; i + 1 < total.size(); ++i) {
        differing.push_back(netlist.differ(total.back(), total[i]));
    }
    const Signal overflow = anyOf(netlist, differing);
    Word result(bits);
    for (std::size_t i = 0; i < bits; ++i) {
        const Signal end = i + 1 == bits ? total.back() : ~total.back();
        result[i] = netlist.choose(overflow, end, total[i]);
    }
    return result;
}

}  // namespace

FixedTerm fixedTerm(Netlist& netlist, std::size_t sumBits, int unitExponent,
                    const NumberWires& product, bool saturates) {
    netlist.setPart(Part::Alignment);
    const int above = product.unitExponent - unitExponent;
    // Units below the register's (posits) hold zeros only.
    const std::size_t below = above < 0 ? static_cast<std::size_t>(-above) : 0;
    const std::size_t whole = widestProduct(product) + static_cast<std::size_t>(std::max(above, 0));
    const std::size_t bits = std::max(sumBits + below, saturates ? whole : 0);
    const Signal sign = product.isSigned ? product.significand.back() : kFalse;
    Word word = product.significand;
    if (word.size() < bits) word.resize(bits, sign);
    word = complementedIf(netlist, word, product.negative);
    if (above > 0) {
        Word moved(static_cast<std::size_t>(above), product.negative);
        moved.insert(moved.end(), word.begin(), word.end());
        word = std::move(moved);
    }
    word.resize(bits, netlist.differ(sign, product.negative));
    word = barrelLeft(netlist, word, product.exponent, bits, product.negative);
    word.erase(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(below));
    return {.word = word, .carry = product.negative};
}

Word fixedSum(Netlist& netlist, Goal goal, const Word& sum, const FixedTerm& term, bool saturates) {
    netlist.setPart(Part::Accumulator);
    if (!saturates) return sumModulo(netlist, goal, sum, term.word, term.carry);
    const std::size_t wide = term.word.size() + 1;
    const Word total = sumModulo(netlist, goal, resized(sum, wide, true),
                                 resized(term.word, wide, true), term.carry);
    return saturated(netlist, total, sum.size());
}

Word floatSum(Netlist& netlist, Goal goal, const numeric::FloatFormat& format, FloatAdder adder,
              const Word& sum, const NumberWires& product) {
    SYSTOLE_CHECK(
        sum.size() == static_cast<std::size_t>(format.exponentBits + format.mantissaBits + 1),
        "a register of {} bits", sum.size());
    netlist.setPart(Part::Alignment);
    const NumberWires exact = signMagnitude(netlist, goal, product);
    const FloatWidths widths = widthsOf(format, exact);
    const AlignedTerm term = productTerm(netlist, goal, widths, format, adder, exact);
    if (adder == FloatAdder::Flush) {
        return flushedSum(netlist, goal, widths, sumTerm(netlist, widths, adder, sum), term,
                          exact.significand.size());
    }
    const Magnitude magnitude =
        added(netlist, goal, widths, sumTerm(netlist, widths, adder, sum), term);
    return roundedSum(netlist, goal, widths, normalisedSum(netlist, goal, widths, magnitude));
}

Word nearestFloat(Netlist& netlist, Goal goal, const numeric::FloatFormat& format,
                  const NumberWires& number) {
    netlist.setPart(Part::Alignment);
    const NumberWires exact = signMagnitude(netlist, goal, number);
    FloatWidths widths = widthsOf(format, exact);
    widths.total = widths.word;  // no carry
    const AlignedTerm term = productTerm(netlist, goal, widths, format, FloatAdder::Gradual, exact);
    const int lowestField =
        offsetOf(format, exact) - static_cast<int>(exact.significand.size()) + 1;
    return roundedSum(netlist, goal, widths, gradual(netlist, goal, widths, term, lowestField < 1));
}

}  // namespace systole::cost
