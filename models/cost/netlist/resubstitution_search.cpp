// SPDX-License-Identifier: Apache-2.0
#include "models/cost/netlist/resubstitution_search.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "models/cost/netlist/gate_counts.hpp"
#include "models/split_mix.hpp"

namespace systole::cost {
namespace {

using Table = std::vector<std::uint64_t>;

/// Changes of weight zero are tried so often, after each descent.
constexpr int kRounds = 20;

/// What a gate weighs: about its area, in quarters of an AND.
constexpr int kAndWeight = 4;

/// Bits of the shapes of a pair's gate.
constexpr unsigned kXorShape = 1U << 8;
constexpr unsigned kXnorShape = 1U << 9;
constexpr unsigned kXorShapes = kXorShape | kXnorShape;

int weightOf(CellKind kind) {
    switch (kind) {
        case CellKind::And:
            return kAndWeight;
        case CellKind::Mux:
            return 8;
        case CellKind::Xor:
        case CellKind::Majority:
            return 10;
        case CellKind::Constant:
        case CellKind::Input:
            break;
    }
    return 0;
}

bool isPair(const Cell& cell, Signal a, Signal b) {
    return (cell.inputs[0] == a && cell.inputs[1] == b) ||
           (cell.inputs[0] == b && cell.inputs[1] == a);
}

std::uint64_t maskIf(bool flip) { return flip ? ~std::uint64_t{0} : 0; }
std::uint64_t maskOf(Signal signal) { return maskIf(signal.isComplemented()); }

class Resubstitution {
public:
    Resubstitution(const Netlist& netlist, const Word& outputs)
        : cells_(netlist.cells()), outputs_(outputs) {
        std::size_t inputs = netlist.inputCount();
        words_ = inputs <= 6 ? 1 : std::size_t{1} << (inputs - 6);
        const std::uint64_t all =
            inputs >= 6 ? ~std::uint64_t{0} : (std::uint64_t{1} << (1U << inputs)) - 1;
        used_.assign(words_, all);
        makeTables();
    }

    /// Descends, then walks along circuits of equal weight, in other orders, to where it descends
    /// again.
    void run() {
        descend(Step::Lighter);
        for (int round = 0; round < kRounds; ++round) {
            reorder();
            descend(Step::NotHeavier);
            descend(Step::Lighter);
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
            if (inputCount(cell.kind) != 0) {
                at[i] = netlist.gate(cell.kind, {in(0), in(1), in(2)});
            }
        }
        outputs = outputs_;
        for (Signal& output : outputs) output = at[output.cell()] ^ output.isComplemented();
        return netlist;
    }

private:
    /// What a change has to do to the weight. Changes that need not lower it are made once a pass.
    enum class Step { Lighter, NotHeavier };

    void descend(Step step) {
        step_ = step;
        for (bool improved = true; improved;) {
            improved = false;
            for (std::size_t gate = cells_.size(); gate-- > 1;) {
                if (inputCount(cells_[gate].kind) == 0 || !live()[gate]) continue;
                improved = improve(gate) || improved;
            }
            if (step == Step::NotHeavier) return;
        }
    }

    /// Constant and inputs, then the live gates, each after what it reads, else at random.
    std::vector<std::size_t> randomOrder() {
        const std::vector<bool> alive = live();
        std::vector<bool> isPlaced(cells_.size(), false);
        std::vector<std::size_t> order;
        std::vector<std::size_t> waiting;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            isPlaced[i] = inputCount(cells_[i].kind) == 0;
            if (isPlaced[i]) order.push_back(i);
            if (!isPlaced[i] && alive[i]) waiting.push_back(i);
        }
        const auto isReady = [&](std::size_t gate) {
            const auto& inputs = cells_[gate].inputs;
            return std::all_of(inputs.begin(), inputs.end(),
                               [&](Signal input) { return isPlaced[input.cell()]; });
        };
        while (!waiting.empty()) {
            std::size_t next = random_() % waiting.size();
            while (!isReady(waiting[next])) next = (next + 1) % waiting.size();
            order.push_back(waiting[next]);
            isPlaced[waiting[next]] = true;
            waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(next));
        }
        return order;
    }

    /// Another topological order: a gate is replaced by earlier ones only. Dead gates go.
    void reorder() {
        const std::vector<std::size_t> order = randomOrder();
        std::vector<std::uint32_t> place(cells_.size(), 0);
        for (std::size_t i = 0; i < order.size(); ++i) {
            place[order[i]] = static_cast<std::uint32_t>(i);
        }
        const auto moved = [&](Signal signal) {
            return Signal(place[signal.cell()], signal.isComplemented());
        };
        std::vector<Cell> cells;
        for (const std::size_t i : order) {
            cells.push_back(cells_[i]);
            for (Signal& input : cells.back().inputs) input = moved(input);
        }
        cells_ = std::move(cells);
        for (Signal& output : outputs_) output = moved(output);
        makeTables();
    }

    void makeTables() {
        levels_.assign(cells_.size(), 0);
        tables_.assign(cells_.size(), Table(words_, 0));
        std::size_t input = 0;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            if (cells_[i].kind == CellKind::Input) fillInput(tables_[i], input++);
        }
        simulate(0);
    }

    /// The function of an input: alternating runs of 2^input zeros and ones.
    void fillInput(Table& table, std::size_t input) const {
        for (std::size_t word = 0; word < words_; ++word) {
            for (std::size_t bit = 0; bit < 64; ++bit) {
                const std::uint64_t row = word * 64 + bit;
                table[word] |= ((row >> input) & 1) << bit;
            }
        }
    }

    static std::uint64_t valueOf(const std::array<const Table*, 3>& tables, const Cell& cell,
                                 std::size_t word) {
        const auto in = [&](std::size_t k) { return (*tables[k])[word] ^ maskOf(cell.inputs[k]); };
        return cost::valueOf(cell.kind, in(0), in(1), in(2));
    }

    void simulate(std::size_t from) {
        levels_.resize(cells_.size(), 0);
        for (std::size_t i = from; i < cells_.size(); ++i) {
            if (inputCount(cells_[i].kind) == 0) continue;
            levels_[i] = 0;
            for (const Signal input : cells_[i].inputs) {
                levels_[i] = std::max(levels_[i], levels_[input.cell()] + 1);
            }
            const auto& inputs = cells_[i].inputs;
            const std::array<const Table*, 3> in{
                &tables_[inputs[0].cell()], &tables_[inputs[1].cell()], &tables_[inputs[2].cell()]};
            for (std::size_t w = 0; w < words_; ++w) tables_[i][w] = valueOf(in, cells_[i], w);
        }
    }

    /// Input values for which some output depends on the gate.
    Table careSet(std::size_t gate) const {
        // Only what the gate reaches differs; an empty table is as it was.
        std::vector<Table> flipped(cells_.size());
        flipped[gate] = tables_[gate];
        for (std::uint64_t& word : flipped[gate]) word = ~word;
        const auto tableOf = [&](Signal signal) -> const Table& {
            const Table& table = flipped[signal.cell()];
            return table.empty() ? tables_[signal.cell()] : table;
        };
        for (std::size_t i = gate + 1; i < cells_.size(); ++i) {
            const Cell& cell = cells_[i];
            const auto isReached = [&](Signal input) { return !flipped[input.cell()].empty(); };
            if (std::none_of(cell.inputs.begin(), cell.inputs.end(), isReached)) continue;
            const std::array<const Table*, 3> in{&tableOf(cell.inputs[0]), &tableOf(cell.inputs[1]),
                                                 &tableOf(cell.inputs[2])};
            flipped[i].resize(words_);
            for (std::size_t w = 0; w < words_; ++w) flipped[i][w] = valueOf(in, cell, w);
        }
        Table care(words_, 0);
        for (const Signal output : outputs_) {
            if (flipped[output.cell()].empty()) continue;
            for (std::size_t w = 0; w < words_; ++w) {
                care[w] |= flipped[output.cell()][w] ^ tables_[output.cell()][w];
            }
        }
        for (std::size_t w = 0; w < words_; ++w) care[w] &= used_[w];
        return care;
    }

    std::vector<bool> live() const { return liveCells(cells_, outputs_); }

    int weight() const {
        const std::vector<bool> alive = live();
        const std::vector<bool> isOfHalfAdder = halfAdderSums(cells_, alive);
        int sum = 0;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            if (!alive[i]) continue;
            sum += isOfHalfAdder[i] ? 2 * kAndWeight : weightOf(cells_[i].kind);
        }
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

    /// Keeps a change that does to the weight what it should.
    template <typename Change>
    bool keptIfAllowed(Change change) {
        const auto cells = cells_;
        const auto outputs = outputs_;
        const int before = weight();
        change();
        const int after = weight();
        if (after < before || (step_ == Step::NotHeavier && after == before)) return true;
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
                const auto same = [&](std::size_t w) { return tables_[other][w] ^ maskIf(flip); };
                if (!stands(gate, care, same)) continue;
                if (keptIfAllowed([&] { redirect(gate, Signal(other, flip)); })) {
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

    /// Shapes (see `tryPair`) that a signal may be the first or the second input of: one of an AND
    /// is 1 wherever the output has to be. Any may be that of an XOR.
    struct Fit {
        unsigned first = kXorShapes;
        unsigned second = kXorShapes;
    };

    Fit fitOf(std::size_t gate, const Table& care, std::uint32_t other) const {
        Fit fit;
        for (const unsigned flip : {0U, 1U}) {
            for (const unsigned complemented : {0U, 1U}) {
                // Does the signal, flipped or not, cover what is 1, or 0, of the gate's?
                const auto isMissing = [&](std::size_t w) {
                    const std::uint64_t wanted = tables_[gate][w] ^ maskIf(complemented != 0);
                    const std::uint64_t given = tables_[other][w] ^ maskIf(flip != 0);
                    return (wanted & ~given & care[w]) != 0;
                };
                bool covers = true;
                for (std::size_t w = 0; covers && w < words_; ++w) covers = !isMissing(w);
                if (!covers) continue;
                const unsigned base = 4 * complemented;
                fit.first |= (1U << (base + flip)) | (1U << (base + flip + 2));
                fit.second |= (1U << (base + 2 * flip)) | (1U << (base + 2 * flip + 1));
            }
        }
        return fit;
    }

    /// Of the shapes, those that the one word does not rule out.
    unsigned inWord(unsigned shapes, std::size_t w, std::size_t gate, std::uint64_t care,
                    std::uint32_t a, std::uint32_t b) const {
        const std::uint64_t differing = (tables_[a][w] ^ tables_[b][w] ^ tables_[gate][w]) & care;
        if (differing != 0) shapes &= ~kXorShape;
        if (differing != care) shapes &= ~kXnorShape;
        return shapes;
    }

    bool improveByPair(std::size_t gate, const Table& care,
                       const std::vector<std::uint32_t>& others) {
        std::vector<Fit> fits(others.size());
        for (std::size_t n = 1; n < others.size(); ++n) fits[n] = fitOf(gate, care, others[n]);
        const auto first =
            std::find_if(care.begin(), care.end(), [](auto word) { return word != 0; });
        const std::size_t word =
            first == care.end() ? 0 : static_cast<std::size_t>(first - care.begin());
        const std::size_t start = step_ == Step::NotHeavier ? random_() : 0;
        for (std::size_t n = 1; n < others.size(); ++n) {
            const std::size_t i = 1 + (start + n) % (others.size() - 1);
            for (std::size_t j = 1; j < i; ++j) {
                unsigned shapes = inWord(fits[i].first & fits[j].second, word, gate, care[word],
                                         others[i], others[j]);
                for (unsigned shape = 0; shapes != 0; ++shape, shapes >>= 1) {
                    if ((shapes & 1) == 0) continue;
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
            return (isXor ? left ^ right : left & right) ^ maskIf(complemented);
        };
        const CellKind kind = isXor ? CellKind::Xor : CellKind::And;
        if (step_ == Step::NotHeavier &&
            (isPair(cells_[gate], x, y) || std::max(levels_[a], levels_[b]) >= levels_[gate])) {
            return false;  // the same, or a longer path
        }
        if (!stands(gate, care, function)) return false;
        const bool kept = keptIfAllowed([&] {
            if (complemented) redirect(gate, Signal(static_cast<std::uint32_t>(gate), true));
            cells_[gate].kind = kind;
            cells_[gate].inputs = {x, y, kFalse};
        });
        if (kept) simulate(gate);
        return kept;
    }

    std::vector<Cell> cells_;
    Word outputs_;
    Step step_ = Step::Lighter;
    SplitMix64 random_{0};
    std::size_t words_ = 1;
    Table used_;
    std::vector<Table> tables_;
    std::vector<int> levels_;  ///< gates on the longest path to each
};

}  // namespace

Netlist searchSmaller(const Netlist& netlist, Word& outputs) {
    Resubstitution resubstitution(netlist, outputs);
    resubstitution.run();
    return resubstitution.result(outputs);
}

}  // namespace systole::cost
