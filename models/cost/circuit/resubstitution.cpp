// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/resubstitution.hpp"

#include <algorithm>
#include <utility>

namespace systole::cost {
namespace {

using Table = std::vector<std::uint64_t>;

/// What a gate weighs: about its area, in quarters of an AND.
int weightOf(CellKind kind) {
    switch (kind) {
        case CellKind::And:
            return 4;
        case CellKind::Xor:
        case CellKind::Mux:
            return 8;
        case CellKind::Majority:
            return 10;
        default:
            return 0;
    }
}

std::uint64_t maskOf(Signal signal) { return signal.isComplemented() ? ~std::uint64_t{0} : 0; }

class Resubstitution {
public:
    Resubstitution(const Netlist& netlist, const Word& outputs)
        : cells_(netlist.cells()), outputs_(outputs) {
        std::size_t inputs = netlist.inputCount();
        words_ = inputs <= 6 ? 1 : std::size_t{1} << (inputs - 6);
        const std::uint64_t all =
            inputs >= 6 ? ~std::uint64_t{0} : (std::uint64_t{1} << (1U << inputs)) - 1;
        used_.assign(words_, all);
        tables_.assign(cells_.size(), Table(words_, 0));
        std::size_t input = 0;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            if (cells_[i].kind == CellKind::Input) fillInput(tables_[i], input++);
        }
        simulate(0);
    }

    void run() {
        for (bool improved = true; improved;) {
            improved = false;
            for (std::size_t gate = cells_.size(); gate-- > 1;) {
                if (inputCount(cells_[gate].kind) == 0 || !live()[gate]) continue;
                improved = improve(gate) || improved;
            }
        }
    }

    Netlist result(Word& outputs) const {
        Netlist netlist;
        std::vector<Signal> at(cells_.size(), kFalse);
        const std::vector<bool> alive = live();
        for (std::size_t i = 1; i < cells_.size(); ++i) {
            const Cell& cell = cells_[i];
            const auto in = [&](std::size_t k) {
                return at[cell.inputs[k].cell()] ^ cell.inputs[k].isComplemented();
            };
            netlist.setPart(cell.part);
            if (cell.kind == CellKind::Input) at[i] = netlist.input();
            if (!alive[i]) continue;
            if (cell.kind == CellKind::And) at[i] = netlist.both(in(0), in(1));
            if (cell.kind == CellKind::Xor) at[i] = netlist.differ(in(0), in(1));
            if (cell.kind == CellKind::Mux) at[i] = netlist.choose(in(0), in(1), in(2));
            if (cell.kind == CellKind::Majority) at[i] = netlist.majority(in(0), in(1), in(2));
        }
        outputs = outputs_;
        for (Signal& output : outputs) output = at[output.cell()] ^ output.isComplemented();
        return netlist;
    }

private:
    /// The function of an input: alternating runs of 2^input zeros and ones.
    void fillInput(Table& table, std::size_t input) const {
        for (std::size_t word = 0; word < words_; ++word) {
            for (std::size_t bit = 0; bit < 64; ++bit) {
                const std::uint64_t row = word * 64 + bit;
                table[word] |= ((row >> input) & 1) << bit;
            }
        }
    }

    static std::uint64_t valueOf(const std::vector<Table>& tables, const Cell& cell,
                                 std::size_t word) {
        const auto in = [&](std::size_t k) {
            return tables[cell.inputs[k].cell()][word] ^ maskOf(cell.inputs[k]);
        };
        switch (cell.kind) {
            case CellKind::And:
                return in(0) & in(1);
            case CellKind::Xor:
                return in(0) ^ in(1);
            case CellKind::Mux:
                return (in(0) & in(1)) | (~in(0) & in(2));
            default:
                return (in(0) & in(1)) | (in(2) & (in(0) | in(1)));
        }
    }

    void simulate(std::size_t from) {
        for (std::size_t i = from; i < cells_.size(); ++i) {
            if (inputCount(cells_[i].kind) == 0) continue;
            for (std::size_t w = 0; w < words_; ++w) tables_[i][w] = valueOf(tables_, cells_[i], w);
        }
    }

    /// Input values for which some output depends on the gate.
    Table careSet(std::size_t gate) const {
        std::vector<Table> flipped = tables_;
        for (std::uint64_t& word : flipped[gate]) word = ~word;
        std::vector<bool> reached(cells_.size(), false);
        reached[gate] = true;
        for (std::size_t i = gate + 1; i < cells_.size(); ++i) {
            const Cell& cell = cells_[i];
            for (std::size_t k = 0; k < inputCount(cell.kind); ++k) {
                if (reached[cell.inputs[k].cell()]) reached[i] = true;
            }
            if (!reached[i]) continue;
            for (std::size_t w = 0; w < words_; ++w) flipped[i][w] = valueOf(flipped, cell, w);
        }
        Table care(words_, 0);
        for (const Signal output : outputs_) {
            for (std::size_t w = 0; w < words_; ++w) {
                care[w] |= flipped[output.cell()][w] ^ tables_[output.cell()][w];
            }
        }
        for (std::size_t w = 0; w < words_; ++w) care[w] &= used_[w];
        return care;
    }

    std::vector<bool> live() const {
        std::vector<bool> alive(cells_.size(), false);
        for (const Signal output : outputs_) alive[output.cell()] = true;
        for (std::size_t i = cells_.size(); i-- > 0;) {
            if (!alive[i]) continue;
            for (std::size_t k = 0; k < inputCount(cells_[i].kind); ++k) {
                alive[cells_[i].inputs[k].cell()] = true;
            }
        }
        return alive;
    }

    int weight() const {
        const std::vector<bool> alive = live();
        int sum = 0;
        for (std::size_t i = 0; i < cells_.size(); ++i)
            sum += alive[i] ? weightOf(cells_[i].kind) : 0;
        return sum;
    }

    /// All that read `gate` read `signal` from now on.
    void redirect(std::size_t gate, Signal signal) {
        const auto move = [&](Signal& reader) {
            if (reader.cell() == gate) reader = signal ^ reader.isComplemented();
        };
        for (Cell& cell : cells_) {
            for (Signal& input : cell.inputs) move(input);
        }
        for (Signal& output : outputs_) move(output);
    }

    /// Keeps a change that makes the circuit lighter.
    template <typename Change>
    bool keptIfLighter(Change change) {
        const auto cells = cells_;
        const auto outputs = outputs_;
        const int before = weight();
        change();
        if (weight() < before) return true;
        cells_ = cells;
        outputs_ = outputs;
        return false;
    }

    bool improve(std::size_t gate) {
        const Table care = careSet(gate);
        const std::vector<bool> alive = live();
        std::vector<std::uint32_t> others{0};
        for (std::uint32_t i = 1; i < gate; ++i) {
            if (alive[i] || cells_[i].kind == CellKind::Input) others.push_back(i);
        }
        for (const std::uint32_t other : others) {
            for (const bool flip : {false, true}) {
                const auto same = [&](std::size_t w) {
                    return tables_[other][w] ^ (flip ? ~std::uint64_t{0} : 0);
                };
                if (!stands(gate, care, same)) continue;
                if (keptIfLighter([&] { redirect(gate, Signal(other, flip)); })) {
                    simulate(gate);
                    return true;
                }
            }
        }
        return improveByPair(gate, care, others);
    }

    template <typename Function>
    bool stands(std::size_t gate, const Table& care, Function function) const {
        for (std::size_t w = 0; w < words_; ++w) {
            if (((function(w) ^ tables_[gate][w]) & care[w]) != 0) return false;
        }
        return true;
    }

    bool improveByPair(std::size_t gate, const Table& care,
                       const std::vector<std::uint32_t>& others) {
        for (std::size_t i = 1; i < others.size(); ++i) {
            for (std::size_t j = 1; j < i; ++j) {
                for (unsigned shape = 0; shape < 10; ++shape) {
                    if (tryPair(gate, care, others[i], others[j], shape)) return true;
                }
            }
        }
        return false;
    }

    /// Shapes 0 to 7: AND with each of the inputs and the output complemented or not; 8, 9: XOR.
    bool tryPair(std::size_t gate, const Table& care, std::uint32_t a, std::uint32_t b,
                 unsigned shape) {
        const bool isXor = shape >= 8;
        const Signal x(a, !isXor && (shape & 1) != 0);
        const Signal y(b, !isXor && (shape & 2) != 0);
        const bool complemented = isXor ? shape == 9 : (shape & 4) != 0;
        const auto function = [&](std::size_t w) {
            const std::uint64_t left = tables_[a][w] ^ maskOf(x);
            const std::uint64_t right = tables_[b][w] ^ maskOf(y);
            return (isXor ? left ^ right : left & right) ^ (complemented ? ~std::uint64_t{0} : 0);
        };
        if (!stands(gate, care, function)) return false;
        const bool kept = keptIfLighter([&] {
            if (complemented) redirect(gate, Signal(static_cast<std::uint32_t>(gate), true));
            cells_[gate].kind = isXor ? CellKind::Xor : CellKind::And;
            cells_[gate].inputs = {x, y, kFalse};
        });
        if (kept) simulate(gate);
        return kept;
    }

    std::vector<Cell> cells_;
    Word outputs_;
    std::size_t words_ = 1;
    Table used_;
    std::vector<Table> tables_;
};

}  // namespace

Netlist resubstitute(const Netlist& netlist, Word& outputs) {
    const std::vector<bool> live = netlist.liveCells(outputs);
    std::size_t gates = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
        gates += live[i] && inputCount(netlist.cells()[i].kind) != 0 ? 1 : 0;
    }
    if (netlist.inputCount() > kMostResubstitutionInputs || gates > kMostResubstitutionGates) {
        return netlist;
    }
    Resubstitution resubstitution(netlist, outputs);
    resubstitution.run();
    return resubstitution.result(outputs);
}

}  // namespace systole::cost
