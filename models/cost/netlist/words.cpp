// SPDX-License-Identifier: Apache-2.0
#include "models/cost/netlist/words.hpp"

#include <algorithm>
#include <bit>

namespace systole::cost {
namespace {

struct SumAndCarry {
    Word sum;
    Signal carry;
};

SumAndCarry rippleSum(Netlist& netlist, const Word& a, const Word& b, Signal carry) {
    Word sum(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum[i] = netlist.differ(netlist.differ(a[i], b[i]), carry);
        carry = netlist.majority(a[i], b[i], carry);
    }
    return {std::move(sum), carry};
}

/// Sklansky: each level merges the groups of the lower half of every block with its upper half.
SumAndCarry prefixSum(Netlist& netlist, const Word& a, const Word& b, Signal carry) {
    const std::size_t bits = a.size();
    Word half(bits);
    Word generate(bits);
    Word propagate(bits);
    for (std::size_t i = 0; i < bits; ++i) {
        half[i] = netlist.differ(a[i], b[i]);
        generate[i] = i == 0 ? netlist.majority(a[i], b[i], carry) : netlist.both(a[i], b[i]);
        propagate[i] = half[i];
    }
    for (std::size_t block = 1; block < bits; block *= 2) {
        for (std::size_t i = 0; i < bits; ++i) {
            if ((i & block) == 0) continue;
            const std::size_t lower = (i & ~(block - 1)) - 1;
            generate[i] = netlist.either(generate[i], netlist.both(propagate[i], generate[lower]));
            propagate[i] = netlist.both(propagate[i], propagate[lower]);
        }
    }
    Word sum(bits);
    for (std::size_t i = 0; i < bits; ++i) {
        sum[i] = netlist.differ(half[i], i == 0 ? carry : generate[i - 1]);
    }
    return {std::move(sum), bits == 0 ? carry : generate[bits - 1]};
}

SumAndCarry adder(Netlist& netlist, Goal goal, const Word& a, const Word& b, Signal carry) {
    return goal == Goal::Area ? rippleSum(netlist, a, b, carry) : prefixSum(netlist, a, b, carry);
}

/// A tree of the least depth.
template <typename Gate>
Signal tree(Word word, Signal empty, Gate gate) {
    if (word.empty()) return empty;
    while (word.size() > 1) {
        Word next;
        for (std::size_t i = 0; i + 1 < word.size(); i += 2) {
            next.push_back(gate(word[i], word[i + 1]));
        }
        if (word.size() % 2 == 1) next.push_back(word.back());
        word = std::move(next);
    }
    return word.front();
}

void compress(Netlist& netlist, Columns& columns, std::size_t column, Columns& next) {
    const Word& bits = columns[column];
    std::size_t i = 0;
    const auto put = [&](std::size_t at, Signal bit) {
        if (at < next.size() && bit != kFalse) next[at].push_back(bit);
    };
    for (; i + 3 <= bits.size(); i += 3) {
        put(column, netlist.differ(netlist.differ(bits[i], bits[i + 1]), bits[i + 2]));
        put(column + 1, netlist.majority(bits[i], bits[i + 1], bits[i + 2]));
    }
    for (; i < bits.size(); ++i) put(column, bits[i]);
}

}  // namespace

std::size_t bitsFor(std::uint64_t value) { return static_cast<std::size_t>(std::bit_width(value)); }

Word constantWord(std::uint64_t value, std::size_t bits) {
    Word word(bits, kFalse);
    for (std::size_t i = 0; i < std::min<std::size_t>(bits, 64); ++i) {
        word[i] = constant(((value >> i) & 1) != 0);
    }
    return word;
}

Word resized(const Word& word, std::size_t bits, bool isSigned) {
    Word result(word);
    result.resize(bits, isSigned && !word.empty() ? word.back() : kFalse);
    return result;
}

Word shiftedLeft(const Word& word, std::size_t count) {
    Word result(count, kFalse);
    result.insert(result.end(), word.begin(), word.end());
    return result;
}

Word complementedIf(Netlist& netlist, const Word& word, Signal condition) {
    Word result(word);
    for (Signal& bit : result) bit = netlist.differ(bit, condition);
    return result;
}

Word gatedBy(Netlist& netlist, const Word& word, Signal condition) {
    Word result(word);
    for (Signal& bit : result) bit = netlist.both(bit, condition);
    return result;
}

Word chosen(Netlist& netlist, Signal select, const Word& one, const Word& zero) {
    const std::size_t bits = std::max(one.size(), zero.size());
    const Word a = resized(one, bits);
    const Word b = resized(zero, bits);
    Word result(bits);
    for (std::size_t i = 0; i < bits; ++i) result[i] = netlist.choose(select, a[i], b[i]);
    return result;
}

Signal anyOf(Netlist& netlist, const Word& word) {
    return tree(word, kFalse, [&](Signal a, Signal b) { return netlist.either(a, b); });
}

Signal allOf(Netlist& netlist, const Word& word) {
    return tree(word, kTrue, [&](Signal a, Signal b) { return netlist.both(a, b); });
}

Word sumOf(Netlist& netlist, Goal goal, const Word& a, const Word& b, Signal carry) {
    const std::size_t bits = std::max(a.size(), b.size());
    SumAndCarry sum = adder(netlist, goal, resized(a, bits), resized(b, bits), carry);
    sum.sum.push_back(sum.carry);
    return std::move(sum.sum);
}

Word sumModulo(Netlist& netlist, Goal goal, const Word& a, const Word& b, Signal carry) {
    return adder(netlist, goal, a, resized(b, a.size()), carry).sum;
}

Difference differenceOf(Netlist& netlist, Goal goal, const Word& a, const Word& b) {
    const std::size_t bits = std::max(a.size(), b.size());
    SumAndCarry sum = adder(netlist, goal, resized(a, bits),
                            complementedIf(netlist, resized(b, bits), kTrue), kTrue);
    return {std::move(sum.sum), sum.carry};
}

Word sumOfColumns(Netlist& netlist, Goal goal, Columns columns) {
    const auto isHigh = [](const Word& column) { return column.size() > 2; };
    while (std::any_of(columns.begin(), columns.end(), isHigh)) {
        Columns next(columns.size());
        for (std::size_t column = 0; column < columns.size(); ++column) {
            compress(netlist, columns, column, next);
        }
        columns = std::move(next);
    }
    Word a(columns.size(), kFalse);
    Word b(columns.size(), kFalse);
    for (std::size_t column = 0; column < columns.size(); ++column) {
        if (!columns[column].empty()) a[column] = columns[column][0];
        if (columns[column].size() > 1) b[column] = columns[column][1];
    }
    return sumModulo(netlist, goal, a, b);
}

Word barrelLeft(Netlist& netlist, const Word& word, const Word& amount, std::size_t bits,
                Signal fill) {
    Word result = word;
    for (std::size_t stage = 0; stage < amount.size(); ++stage) {
        const std::size_t step = std::size_t{1} << std::min<std::size_t>(stage, 32);
        const std::size_t width = std::min(bits, result.size() + step);
        Word next(width);
        for (std::size_t i = 0; i < width; ++i) {
            const Signal stay = i < result.size() ? result[i] : kFalse;
            const Signal moved = i < step ? fill : result[i - step];
            next[i] = netlist.choose(amount[stage], moved, stay);
        }
        result = std::move(next);
    }
    return resized(result, bits);
}

Shifted barrelRight(Netlist& netlist, Word word, const Word& amount) {
    Signal sticky = kFalse;
    for (std::size_t stage = 0; stage < amount.size(); ++stage) {
        const std::size_t step =
            std::min(word.size(), std::size_t{1} << std::min<std::size_t>(stage, 32));
        const Word lost(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(step));
        sticky = netlist.either(sticky, netlist.both(amount[stage], anyOf(netlist, lost)));
        Word moved(word.begin() + static_cast<std::ptrdiff_t>(step), word.end());
        word = chosen(netlist, amount[stage], resized(moved, word.size()), word);
    }
    return {std::move(word), sticky};
}

Word leadingZeros(Netlist& netlist, const Word& word) {
    const std::size_t stages = bitsFor(word.size());
    const std::size_t wide = std::size_t{1} << stages;
    Word rest(wide - word.size(), kTrue);
    rest.insert(rest.end(), word.begin(), word.end());
    Word count(stages, kFalse);
    for (std::size_t stage = stages; stage-- > 0;) {
        const auto half = static_cast<std::ptrdiff_t>(std::size_t{1} << stage);
        const Word upper(rest.end() - half, rest.end());
        const Word lower(rest.begin(), rest.begin() + half);
        const Signal found = anyOf(netlist, upper);
        count[stage] = ~found;
        rest = chosen(netlist, found, upper, lower);
    }
    return count;
}

NormalisedWord normalised(Netlist& netlist, Word word) {
    const std::size_t stages = bitsFor(word.size() - 1);
    Word zeros(stages, kFalse);
    for (std::size_t stage = stages; stage-- > 0;) {
        const auto step =
            static_cast<std::ptrdiff_t>(std::min(word.size(), std::size_t{1} << stage));
        zeros[stage] = ~anyOf(netlist, Word(word.end() - step, word.end()));
        Word moved(static_cast<std::size_t>(step), kFalse);
        moved.insert(moved.end(), word.begin(), word.end() - step);
        word = chosen(netlist, zeros[stage], moved, word);
    }
    return {std::move(word), std::move(zeros)};
}

}  // namespace systole::cost
