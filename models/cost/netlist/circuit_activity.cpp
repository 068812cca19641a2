// SPDX-License-Identifier: Apache-2.0
#include "models/cost/netlist/circuit_activity.hpp"

#include <algorithm>
#include <bit>

#include "models/check.hpp"

namespace systole::cost {
namespace {

constexpr std::size_t kLongestDelay = 3;
constexpr std::uint32_t kNoGate = ~std::uint32_t{0};
constexpr std::uint32_t delayOf(CellKind kind) { return kind == CellKind::And ? 2 : 3; }

std::uint64_t complementMask(Signal signal) {
    return signal.isComplemented() ? ~std::uint64_t{0} : 0;
}

}  // namespace

std::vector<bool> settledCells(const Netlist& netlist, const std::vector<bool>& inputs) {
    SYSTOLE_CHECK(inputs.size() == netlist.inputCount(), "{} values for {} inputs", inputs.size(),
                  netlist.inputCount());
    const auto& cells = netlist.cells();
    std::vector<bool> values(cells.size(), false);
    std::size_t input = 0;
    for (std::size_t i = 1; i < cells.size(); ++i) {
        const auto in = [&](std::size_t k) -> std::uint64_t {
            const Signal signal = cells[i].inputs[k];
            return values[signal.cell()] != signal.isComplemented() ? 1 : 0;
        };
        values[i] = cells[i].kind == CellKind::Input
                        ? inputs[input++]
                        : (valueOf(cells[i].kind, in(0), in(1), in(2)) & 1) != 0;
    }
    return values;
}

Toggles& Toggles::operator+=(const Toggles& more) {
    cycles += more.cycles;
    for (std::size_t part = 0; part < kPartCount; ++part) {
        for (std::size_t kind = 0; kind < kGateKindCount; ++kind) {
            gates[part][kind] += more.gates[part][kind];
            settled[part][kind] += more.settled[part][kind];
        }
    }
    inputs += more.inputs;
    outputs += more.outputs;
    return *this;
}

CircuitSimulator::CircuitSimulator(const Netlist& netlist, const Word& outputs)
    : outputs_(outputs),
      gateOf_(netlist.cells().size(), kNoGate),
      before_(netlist.cells().size(), 0),
      after_(netlist.cells().size(), 0) {
    const std::vector<bool> live = netlist.liveCells(outputs);
    std::size_t history = 0;
    for (std::uint32_t index = 0; index < live.size(); ++index) {
        const Cell& cell = netlist.cells()[index];
        if (cell.kind == CellKind::Input) inputCells_.push_back(index);
        if (inputCount(cell.kind) == 0 || !live[index]) continue;
        Gate gate{.kind = cell.kind,
                  .part = cell.part,
                  .inputs = cell.inputs,
                  .cell = index,
                  .earliest = kNoGate,
                  .latest = 0,
                  .history = history};
        for (std::size_t i = 0; i < inputCount(cell.kind); ++i) {
            const std::uint32_t from = gateOf_[cell.inputs[i].cell()];
            gate.earliest = std::min(gate.earliest, from == kNoGate ? 0 : gates_[from].earliest);
            gate.latest = std::max(gate.latest, from == kNoGate ? 0 : gates_[from].latest);
        }
        gate.earliest += delayOf(cell.kind);
        gate.latest += delayOf(cell.kind);
        history += gate.latest - gate.earliest + 1;
        gateOf_[index] = static_cast<std::uint32_t>(gates_.size());
        gates_.push_back(gate);
    }
    history_.resize(history);
}

std::uint64_t CircuitSimulator::valueAt(Signal signal, std::uint32_t tick) const {
    const std::uint32_t cell = signal.cell();
    const std::uint32_t index = gateOf_[cell];
    std::uint64_t value = 0;
    if (index == kNoGate) {
        value = after_[cell];
    } else {
        const Gate& gate = gates_[index];
        value = tick < gate.earliest ? before_[cell]
                : tick > gate.latest ? after_[cell]
                                     : history_[gate.history + tick - gate.earliest];
    }
    return value ^ complementMask(signal);
}

std::uint64_t CircuitSimulator::evaluate(const Gate& gate, std::uint32_t tick) const {
    const bool three = inputCount(gate.kind) == 3;
    return valueOf(gate.kind, valueAt(gate.inputs[0], tick), valueAt(gate.inputs[1], tick),
                   three ? valueAt(gate.inputs[2], tick) : 0);
}

void CircuitSimulator::runWord(std::uint64_t mask, Toggles& toggles) {
    for (const Gate& gate : gates_) {
        const std::uint32_t delay = delayOf(gate.kind);
        std::uint64_t value = before_[gate.cell];
        std::uint64_t changes = 0;
        // What the inputs ask for, now and `delay` ticks ago; and since when they ask for it.
        std::array<std::uint64_t, kLongestDelay> asked{};
        for (std::uint32_t i = 0; i < delay; ++i)
            asked[i] = evaluate(gate, gate.earliest - delay + i);
        for (std::uint32_t tick = gate.earliest; tick <= gate.latest; ++tick) {
            std::uint64_t unsteady = 0;
            for (std::uint32_t i = 1; i < delay; ++i) unsteady |= asked[0] ^ asked[i];
            const std::uint64_t next = (value & unsteady) | (asked[0] & ~unsteady);
            changes += static_cast<std::uint64_t>(std::popcount((value ^ next) & mask));
            history_[gate.history + tick - gate.earliest] = next;
            value = next;
            std::copy(asked.begin() + 1, asked.end(), asked.begin());
            asked[delay - 1] = evaluate(gate, tick);
        }
        const auto part = static_cast<std::size_t>(gate.part);
        toggles.gates[part][gateIndex(gate.kind)] += changes;
        toggles.settled[part][gateIndex(gate.kind)] += static_cast<std::uint64_t>(
            std::popcount((before_[gate.cell] ^ after_[gate.cell]) & mask));
    }
}

Toggles CircuitSimulator::run(std::span<const Waveform> inputs, std::uint64_t cycles) {
    SYSTOLE_CHECK(inputs.size() == inputCells_.size(), "{} waveforms for {} inputs", inputs.size(),
                  inputCells_.size());
    Toggles toggles;
    toggles.cycles = cycles == 0 ? 0 : cycles - 1;
    outputValues_.assign(outputs_.size(), {});
    std::vector<std::uint64_t> last(after_.size(), 0);  // the cycle before, in bit 0
    for (std::uint64_t begin = 0; begin < cycles; begin += 64) {
        const std::size_t word = begin / 64;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            after_[inputCells_[i]] = inputs[i].empty() ? 0 : inputs[i][word];
        }
        for (const Gate& gate : gates_) {
            after_[gate.cell] =
                evaluate({gate.kind, gate.part, gate.inputs, gate.cell, 0, 0, 0}, kNoGate);
        }
        std::uint64_t mask =
            cycles - begin >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (cycles - begin)) - 1;
        if (begin == 0) mask &= ~std::uint64_t{1};
        for (std::size_t cell = 0; cell < after_.size(); ++cell) {
            before_[cell] = (after_[cell] << 1) | last[cell];
            last[cell] = after_[cell] >> 63;
        }
        for (const std::uint32_t cell : inputCells_) {
            toggles.inputs +=
                static_cast<std::uint64_t>(std::popcount((before_[cell] ^ after_[cell]) & mask));
        }
        runWord(mask, toggles);
        for (std::size_t i = 0; i < outputs_.size(); ++i) {
            const std::uint32_t cell = outputs_[i].cell();
            outputValues_[i].push_back(after_[cell] ^ complementMask(outputs_[i]));
            toggles.outputs +=
                static_cast<std::uint64_t>(std::popcount((before_[cell] ^ after_[cell]) & mask));
        }
    }
    return toggles;
}

}  // namespace systole::cost
