// SPDX-License-Identifier: Apache-2.0
#include "models/cost/netlist/netlist.hpp"

#include <algorithm>
#include <utility>

#include "models/check.hpp"

namespace systole::cost {

const char* nameOf(Part part) {
    static constexpr std::array kNames{"decoder",     "exponent",      "multiplier", "alignment",
                                       "accumulator", "normalisation", "rounding"};
    static_assert(kNames.size() == kPartCount);
    return kNames.at(static_cast<std::size_t>(part));
}

const char* nameOf(CellKind kind) {
    static constexpr std::array kNames{"and", "xor", "mux", "majority"};
    static_assert(kNames.size() == kGateKindCount);
    return kNames.at(gateIndex(kind));
}

Netlist::Netlist() { cells_.emplace_back(); }

Signal Netlist::input() {
    const auto index = static_cast<std::uint32_t>(cells_.size());
    cells_.push_back({.kind = CellKind::Input, .part = part_, .inputs = {}});
    ++inputs_;
    return {index, false};
}

Word Netlist::inputs(std::size_t bits) {
    Word word(bits);
    for (Signal& bit : word) bit = input();
    return word;
}

Signal Netlist::make(CellKind kind, Signal a, Signal b, Signal c) {
    const auto code = [](Signal s) {
        return (std::uint64_t{s.cell()} << 1) | (s.isComplemented() ? 1U : 0U);
    };
    const Key key{.low = (code(a) << 32) | code(b),
                  .high = (code(c) << 3) | static_cast<std::uint64_t>(kind)};
    const auto [found, isNew] = known_.try_emplace(key, static_cast<std::uint32_t>(cells_.size()));
    if (isNew) cells_.push_back({.kind = kind, .part = part_, .inputs = {a, b, c}});
    return {found->second, false};
}

/// Whether `gate` is, as it stands, an AND one of whose inputs is `input`.
bool Netlist::isAndOf(Signal gate, Signal input) const {
    const Cell& cell = cells_[gate.cell()];
    return cell.kind == CellKind::And && (cell.inputs[0] == input || cell.inputs[1] == input);
}

Signal Netlist::both(Signal a, Signal b) {
    if (b < a) std::swap(a, b);
    if (a == kFalse || a == ~b) return kFalse;
    if (a == kTrue || a == b) return b;
    for (const auto& [x, gate] : {std::pair{a, b}, std::pair{b, a}}) {
        if (isAndOf(gate, x)) {  // x & (x & y) = x & y; x & ~(x & y) = x & ~y
            if (!gate.isComplemented()) return gate;
            const Cell& cell = cells_[gate.cell()];
            return both(x, ~(cell.inputs[0] == x ? cell.inputs[1] : cell.inputs[0]));
        }
        if (isAndOf(gate, ~x)) return gate.isComplemented() ? x : kFalse;
    }
    return make(CellKind::And, a, b);
}

Signal Netlist::differ(Signal a, Signal b) {
    const bool complement = a.isComplemented() != b.isComplemented();
    a = a ^ a.isComplemented();
    b = b ^ b.isComplemented();
    if (b < a) std::swap(a, b);
    if (a == b) return constant(complement);
    if (a == kFalse) return b ^ complement;
    for (const auto& [x, gate] : {std::pair{a, b}, std::pair{b, a}}) {
        for (const bool flip : {false, true}) {  // x ^ (x & y) = x & ~y; x ^ (~x & y) = x | y
            if (!isAndOf(gate, x ^ flip)) continue;
            const Cell& cell = cells_[gate.cell()];
            const Signal y = cell.inputs[0] == (x ^ flip) ? cell.inputs[1] : cell.inputs[0];
            return (flip ? either(x, y) : both(x, ~y)) ^ complement;
        }
    }
    return make(CellKind::Xor, a, b) ^ complement;
}

Signal Netlist::choose(Signal select, Signal one, Signal zero) {
    if (select.isComplemented()) {
        select = ~select;
        std::swap(one, zero);
    }
    if (select == kFalse || one == zero) return zero;
    if (one == ~zero) return differ(select, zero);
    if (one == kTrue || one == select) return either(select, zero);
    if (one == kFalse || one == ~select) return both(~select, zero);
    if (zero == kFalse || zero == select) return both(select, one);
    if (zero == kTrue || zero == ~select) return either(~select, one);
    const bool complement = one.isComplemented();
    return make(CellKind::Mux, select, one ^ complement, zero ^ complement) ^ complement;
}

Signal Netlist::majority(Signal a, Signal b, Signal c) {
    std::array<Signal, 3> in{a, b, c};
    std::sort(in.begin(), in.end());
    if (in[0] == kFalse) return both(in[1], in[2]);
    if (in[0] == kTrue) return either(in[1], in[2]);
    if (in[0] == in[1] || in[1] == in[2]) return in[1];
    if (in[0] == ~in[1]) return in[2];
    if (in[1] == ~in[2]) return in[0];
    const bool complement = in[0].isComplemented();  // of all three at once
    return make(CellKind::Majority, in[0] ^ complement, in[1] ^ complement, in[2] ^ complement) ^
           complement;
}

Signal Netlist::gate(CellKind kind, const std::array<Signal, 3>& inputs) {
    switch (kind) {
        case CellKind::And:
            return both(inputs[0], inputs[1]);
        case CellKind::Xor:
            return differ(inputs[0], inputs[1]);
        case CellKind::Mux:
            return choose(inputs[0], inputs[1], inputs[2]);
        case CellKind::Majority:
            return majority(inputs[0], inputs[1], inputs[2]);
        case CellKind::Constant:
        case CellKind::Input:
            break;
    }
    SYSTOLE_CHECK(false, "a cell that is no gate");
}

Word Netlist::include(const Netlist& other, const Word& inputs, const Word& outputs) {
    const PartScope scope(*this, part_);
    std::vector<Signal> at(other.cells_.size(), kFalse);
    std::size_t input = 0;
    for (std::size_t i = 1; i < at.size(); ++i) {
        const Cell& cell = other.cells_[i];
        const auto in = [&](std::size_t k) {
            return at[cell.inputs[k].cell()] ^ cell.inputs[k].isComplemented();
        };
        setPart(cell.part);
        at[i] =
            cell.kind == CellKind::Input ? inputs[input++] : gate(cell.kind, {in(0), in(1), in(2)});
    }
    Word result(outputs);
    for (Signal& output : result) output = at[output.cell()] ^ output.isComplemented();
    return result;
}

std::vector<bool> liveCells(const std::vector<Cell>& cells, const Word& outputs) {
    std::vector<bool> live(cells.size(), false);
    for (const Signal output : outputs) live[output.cell()] = true;
    for (std::size_t index = cells.size(); index-- > 0;) {
        if (!live[index]) continue;
        const Cell& cell = cells[index];
        for (std::size_t i = 0; i < inputCount(cell.kind); ++i) {
            live[cell.inputs[i].cell()] = true;
        }
    }
    return live;
}

}  // namespace systole::cost
