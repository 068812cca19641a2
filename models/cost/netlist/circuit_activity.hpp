// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "models/cost/netlist/netlist.hpp"

namespace systole::cost {

/// Values of one wire over cycles: bit c % 64 of word c / 64 is the value in cycle c.
using Waveform = std::vector<std::uint64_t>;

/// How often gates switched between the settled states of consecutive cycles, glitches counted.
struct Toggles {
    std::uint64_t cycles = 0;  ///< transitions from one cycle to the next
    /// Changes of gates' outputs, glitches counted, and between settled states only.
    std::array<std::array<std::uint64_t, kGateKindCount>, kPartCount> gates{};
    std::array<std::array<std::uint64_t, kGateKindCount>, kPartCount> settled{};
    std::uint64_t inputs = 0;   ///< of the circuit
    std::uint64_t outputs = 0;  ///< settled values only: what registers see

    Toggles& operator+=(const Toggles& more);
};

/// Settled values of all cells for one set of input values, in the order in which the inputs were
/// made.
std::vector<bool> settledCells(const Netlist& netlist, const std::vector<bool>& inputs);

/// Runs a circuit on streams of input values, 64 cycles at a time. Gates have whole delays (AND 1,
/// the others 2 units), all inputs of a cycle change at once, and every change of a gate's output
/// is counted, also those that do not last: glitches.
class CircuitSimulator {
public:
    CircuitSimulator(const Netlist& netlist, const Word& outputs);

    /// `inputs`: one waveform for each input in the order in which they were made, of at least
    /// `cycles` bits. Inputs that nothing depends on may be empty.
    Toggles run(std::span<const Waveform> inputs, std::uint64_t cycles);

    /// Settled values of the outputs in the last run.
    const std::vector<Waveform>& outputs() const { return outputValues_; }

private:
    struct Gate {
        CellKind kind;
        Part part;
        std::array<Signal, 3> inputs;
        std::uint32_t cell;
        std::uint32_t earliest;  ///< the first tick at which the output may have changed
        std::uint32_t latest;    ///< and the one from which on it is settled
        std::size_t history;     ///< of its values at ticks from `earliest` - 1 to `latest`
    };

    std::uint64_t valueAt(Signal signal, std::uint32_t tick) const;
    std::uint64_t evaluate(const Gate& gate, std::uint32_t tick) const;
    void runWord(std::uint64_t mask, Toggles& toggles);

    Word outputs_;
    std::vector<Gate> gates_;
    std::vector<std::uint32_t> inputCells_;
    std::vector<std::uint32_t> gateOf_;  ///< cell to gate; inputs: none
    std::vector<std::uint64_t> before_;  ///< settled values, one cycle earlier
    std::vector<std::uint64_t> after_;   ///< settled values, by cell
    std::vector<std::uint64_t> history_;
    std::vector<Waveform> outputValues_;
};

}  // namespace systole::cost
