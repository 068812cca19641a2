// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "models/cost/netlist/words.hpp"
#include "models/numeric/formats/float_rounder.hpp"

namespace systole::cost {

using numeric::Int128;
using numeric::UInt128;

/// The low bits of a number.
constexpr UInt128 lowBits(UInt128 value, std::size_t bits) {
    return bits >= 128 ? value : value & ((UInt128{1} << bits) - 1);
}

/// Settled values of a circuit for 64 sets of input values at once, straight from the definitions
/// of its cells.
class Evaluator {
public:
    explicit Evaluator(const Netlist& netlist)
        : netlist_(netlist), values_(netlist.cells().size()) {}

    void set(const Word& inputs, std::size_t lane, UInt128 value) {
        const std::uint64_t mask = std::uint64_t{1} << lane;
        for (std::size_t bit = 0; bit < inputs.size(); ++bit) {
            std::uint64_t& cell = values_[inputs[bit].cell()];
            cell = ((value >> bit) & 1) != 0 ? cell | mask : cell & ~mask;
        }
    }

    void run() {
        for (std::size_t i = 1; i < values_.size(); ++i) {
            const Cell& cell = netlist_.cells()[i];
            const std::uint64_t a = lanes(cell.inputs[0]);
            const std::uint64_t b = lanes(cell.inputs[1]);
            const std::uint64_t c = lanes(cell.inputs[2]);
            if (cell.kind == CellKind::And) values_[i] = a & b;
            if (cell.kind == CellKind::Xor) values_[i] = a ^ b;
            if (cell.kind == CellKind::Mux) values_[i] = (a & b) | (~a & c);
            if (cell.kind == CellKind::Majority) values_[i] = (a & b) | (a & c) | (b & c);
        }
    }

    bool bit(Signal signal, std::size_t lane) const { return ((lanes(signal) >> lane) & 1) != 0; }

    UInt128 value(const Word& word, std::size_t lane) const {
        UInt128 result = 0;
        for (std::size_t i = word.size(); i-- > 0;)
            result = 2 * result + (bit(word[i], lane) ? 1 : 0);
        return result;
    }

    Int128 twosComplement(const Word& word, std::size_t lane) const {
        auto result = static_cast<Int128>(value(word, lane));
        if (!word.empty() && bit(word.back(), lane)) result -= Int128{1} << word.size();
        return result;
    }

private:
    std::uint64_t lanes(Signal signal) const {
        const std::uint64_t value = values_[signal.cell()];
        return signal.isComplemented() ? ~value : value;
    }

    const Netlist& netlist_;
    std::vector<std::uint64_t> values_;
};

/// Evaluates a circuit for each case, the values of the words `inputs`, and lets `check` look at
/// it.
inline void forEachCase(const Netlist& netlist, const std::vector<Word>& inputs,
                        const std::vector<std::vector<UInt128>>& cases,
                        const std::function<void(const Evaluator&, std::size_t lane,
                                                 const std::vector<UInt128>&)>& check) {
    Evaluator evaluator(netlist);
    for (std::size_t begin = 0; begin < cases.size(); begin += 64) {
        const std::size_t end = std::min(begin + 64, cases.size());
        for (std::size_t i = begin; i < end; ++i) {
            for (std::size_t word = 0; word < inputs.size(); ++word) {
                evaluator.set(inputs[word], i - begin, cases[i][word]);
            }
        }
        evaluator.run();
        for (std::size_t i = begin; i < end; ++i) check(evaluator, i - begin, cases[i]);
    }
}

/// All values of words of these widths, or, beyond `most` of them, as many random ones.
inline std::vector<std::vector<UInt128>> casesOf(const std::vector<Word>& inputs,
                                                 std::size_t most = 4096) {
    std::size_t bits = 0;
    for (const Word& word : inputs) bits += word.size();
    const bool isExhaustive = bits < 40 && (std::uint64_t{1} << bits) <= most;
    const std::size_t count = isExhaustive ? std::size_t{1} << bits : most;
    std::mt19937_64 generator(1);
    std::vector<std::vector<UInt128>> cases(count);
    for (std::size_t i = 0; i < count; ++i) {
        UInt128 rest = i;
        for (const Word& word : inputs) {
            if (!isExhaustive) {
                rest = (UInt128{generator()} << 64) | generator();
                // Long runs of zeros and ones, too.
                if (generator() % 2 == 0) rest >>= generator() % 128;
                if (generator() % 4 == 0) rest = ~rest;
            }
            cases[i].push_back(lowBits(rest, word.size()));
            rest >>= word.size();
        }
    }
    return cases;
}

}  // namespace systole::cost
