// SPDX-License-Identifier: Apache-2.0
#include "models/cost/netlist/circuit_activity.hpp"

#include <numeric>

#include "models/cost/circuit/element_circuit.hpp"
#include "tests/unit/cost/circuit_fixture.hpp"

namespace systole::cost {
namespace {

constexpr std::uint32_t delayOf(CellKind kind) { return kind == CellKind::And ? 2 : 3; }

bool bitAt(const Waveform& waveform, std::uint64_t cycle) {
    return ((waveform[cycle / 64] >> (cycle % 64)) & 1) != 0;
}

std::vector<bool> cycleOf(const std::vector<Waveform>& inputs, std::uint64_t cycle) {
    std::vector<bool> values;
    for (const Waveform& input : inputs) values.push_back(bitAt(input, cycle));
    return values;
}

/// Random values; bits that change rarely and often.
std::vector<Waveform> randomInputs(std::size_t inputs, std::uint64_t cycles) {
    std::mt19937_64 generator(7);
    std::vector<Waveform> waveforms(inputs, Waveform((cycles + 63) / 64, 0));
    for (std::size_t i = 0; i < inputs; ++i) {
        bool value = generator() % 2 == 0;
        for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
            value = value != (generator() % (1 + i % 4) == 0);
            if (value) waveforms[i][cycle / 64] |= std::uint64_t{1} << (cycle % 64);
        }
    }
    return waveforms;
}

std::vector<Waveform> cut(const std::vector<Waveform>& inputs, std::uint64_t begin,
                          std::uint64_t cycles) {
    std::vector<Waveform> part(inputs.size(), Waveform((cycles + 63) / 64, 0));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
            if (bitAt(inputs[i], begin + cycle)) {
                part[i][cycle / 64] |= std::uint64_t{1} << (cycle % 64);
            }
        }
    }
    return part;
}

struct Multiplier {
    Netlist netlist;
    Word outputs;

    Multiplier() {
        const Word a = netlist.inputs(5);
        const Word w = netlist.inputs(4);
        const Word sum = netlist.inputs(10);
        const Word product = integerProduct(netlist, Goal::Area, a, true, w, true);
        netlist.setPart(Part::Accumulator);
        outputs = sumModulo(netlist, Goal::Area, sum, resized(product, sum.size(), true));
        outputs[3] = ~outputs[3];
        netlist.majority(a[0], w[0], sum[0]);  // drives nothing: must not count
    }
};

/// Tick by tick: a gate takes the value that its inputs have asked for during its whole delay.
Toggles simulated(const Netlist& netlist, const Word& outputs, const std::vector<Waveform>& inputs,
                  std::uint64_t cycles) {
    const auto& cells = netlist.cells();
    const std::vector<bool> live = netlist.liveCells(outputs);
    const auto ticks = static_cast<std::uint32_t>(3 * cells.size());
    Toggles toggles;
    std::vector<bool> before = settledCells(netlist, cycleOf(inputs, 0));
    for (std::uint64_t cycle = 1; cycle < cycles; ++cycle) {
        const std::vector<bool> after = settledCells(netlist, cycleOf(inputs, cycle));
        std::vector<std::vector<bool>> at(cells.size());
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (inputCount(cells[i].kind) == 0) {
                at[i].assign(ticks, after[i]);
                continue;
            }
            at[i].assign(ticks, before[i]);
            if (!live[i]) continue;
            const std::uint32_t delay = delayOf(cells[i].kind);
            std::vector<bool> asked(ticks);
            for (std::uint32_t tick = 0; tick < ticks; ++tick) {
                std::array<bool, 3> x{};
                for (std::size_t k = 0; k < inputCount(cells[i].kind); ++k) {
                    const Signal in = cells[i].inputs[k];
                    x[k] = at[in.cell()][tick] != in.isComplemented();
                }
                const std::array<bool, 4> function{x[0] && x[1], x[0] != x[1], x[0] ? x[1] : x[2],
                                                   x[0] + x[1] + x[2] >= 2};
                asked[tick] = function[gateIndex(cells[i].kind)];
            }
            const auto part = static_cast<std::size_t>(cells[i].part);
            for (std::uint32_t tick = delay; tick < ticks; ++tick) {
                bool steady = true;
                for (std::uint32_t t = tick - delay; t < tick; ++t) {
                    steady = steady && asked[t] == asked[tick - delay];
                }
                at[i][tick] = steady ? asked[tick - delay] : at[i][tick - 1];
                toggles.gates[part][gateIndex(cells[i].kind)] += at[i][tick] != at[i][tick - 1];
            }
            toggles.settled[part][gateIndex(cells[i].kind)] += before[i] != after[i] ? 1 : 0;
        }
        before = after;
    }
    return toggles;
}

TEST(CircuitSimulator, CountsTheChangesThatAPlainSimulationFinds) {
    const Multiplier circuit;
    const auto inputs = randomInputs(circuit.netlist.inputCount(), 150);
    CircuitSimulator simulator(circuit.netlist, circuit.outputs);
    const Toggles toggles = simulator.run(inputs, 150);
    const Toggles expected = simulated(circuit.netlist, circuit.outputs, inputs, 150);
    EXPECT_EQ(toggles.cycles, 149);
    EXPECT_EQ(toggles.gates, expected.gates);
    EXPECT_EQ(toggles.settled, expected.settled);
    EXPECT_NE(toggles.gates, toggles.settled);
}

TEST(CircuitSimulator, CountsInputsAndSettledOutputs) {
    const Multiplier circuit;
    const auto inputs = randomInputs(circuit.netlist.inputCount(), 150);
    CircuitSimulator simulator(circuit.netlist, circuit.outputs);
    const Toggles toggles = simulator.run(inputs, 150);
    std::uint64_t changes = 0;
    std::uint64_t outputs = 0;
    std::vector<bool> before;
    for (std::uint64_t cycle = 0; cycle < 150; ++cycle) {
        const std::vector<bool> cells = settledCells(circuit.netlist, cycleOf(inputs, cycle));
        std::vector<bool> now;
        for (std::size_t i = 0; i < circuit.outputs.size(); ++i) {
            const Signal output = circuit.outputs[i];
            now.push_back(cells[output.cell()] != output.isComplemented());
            ASSERT_EQ(bitAt(simulator.outputs()[i], cycle), now.back()) << "cycle " << cycle;
            outputs += cycle > 0 && now[i] != before[i] ? 1 : 0;
        }
        for (const Waveform& input : inputs) {
            changes += cycle > 0 && bitAt(input, cycle) != bitAt(input, cycle - 1) ? 1 : 0;
        }
        before = now;
    }
    EXPECT_EQ(toggles.inputs, changes);
    EXPECT_EQ(toggles.outputs, outputs);
}

TEST(CircuitSimulator, DoesNotCareHowCyclesAreCut) {
    const Multiplier circuit;
    const auto inputs = randomInputs(circuit.netlist.inputCount(), 200);
    CircuitSimulator simulator(circuit.netlist, circuit.outputs);
    const Toggles whole = simulator.run(inputs, 200);
    for (const std::uint64_t at : {1U, 62U, 63U, 64U, 65U, 127U, 128U, 199U}) {
        Toggles parts = simulator.run(cut(inputs, 0, at + 1), at + 1);
        parts += simulator.run(cut(inputs, at, 200 - at), 200 - at);
        EXPECT_EQ(parts.cycles, whole.cycles) << at;
        EXPECT_EQ(parts.gates, whole.gates) << at;
        EXPECT_EQ(parts.settled, whole.settled) << at;
        EXPECT_EQ(parts.inputs, whole.inputs) << at;
        EXPECT_EQ(parts.outputs, whole.outputs) << at;
    }
}

TEST(CircuitSimulator, OfOneCycleCountsNothing) {
    const Multiplier circuit;
    CircuitSimulator simulator(circuit.netlist, circuit.outputs);
    const Toggles one = simulator.run(randomInputs(circuit.netlist.inputCount(), 1), 1);
    EXPECT_EQ(one.cycles, 0);
    EXPECT_EQ(one.gates, Toggles{}.gates);
    EXPECT_EQ(one.inputs, 0);
}

/// One path of two ticks and one of four from the same input, and the gate where they meet.
struct Hazard {
    Netlist netlist;
    Signal early;
    Signal late;
    std::vector<Waveform> inputs{{0xAA}, {0xFF}, {0xFF}, {0xFF}, {0}};  // 0 1 0 1 .., 1, 1, 1, 0

    Hazard() {
        const Word in = netlist.inputs(5);
        early = netlist.both(in[0], in[1]);
        late = netlist.both(netlist.both(in[0], in[2]), in[3]);
    }
};

TEST(CircuitSimulator, CountsThePulseOfAHazard) {
    Hazard hazard;
    const Signal pulse = hazard.netlist.both(hazard.early, ~hazard.late);
    CircuitSimulator simulator(hazard.netlist, {pulse});
    const Toggles toggles = simulator.run(hazard.inputs, 8);
    const auto part = static_cast<std::size_t>(Part::Multiplier);
    // Three gates follow the input seven times; it rises four times, and so often the AND of two
    // ticks sees a one for two ticks.
    EXPECT_EQ(toggles.settled[part][gateIndex(CellKind::And)], 3 * 7);
    EXPECT_EQ(toggles.gates[part][gateIndex(CellKind::And)], 3 * 7 + 4 * 2);
    EXPECT_EQ(toggles.outputs, 0);
}

TEST(CircuitSimulator, LosesPulsesThatAreShorterThanAGatesDelay) {
    Hazard hazard;
    const Signal slow = hazard.netlist.majority(hazard.early, ~hazard.late, {5, false});
    CircuitSimulator simulator(hazard.netlist, {slow});
    const Toggles toggles = simulator.run(hazard.inputs, 8);
    const auto part = static_cast<std::size_t>(Part::Multiplier);
    EXPECT_EQ(toggles.gates[part][gateIndex(CellKind::And)], 3 * 7);
    EXPECT_EQ(toggles.gates[part][gateIndex(CellKind::Majority)], 0);
}

TEST(CircuitSimulator, LeavesInputsThatNothingDependsOnEmpty) {
    Netlist netlist;
    const Word in = netlist.inputs(3);
    const Signal both = netlist.both(in[0], in[2]);
    CircuitSimulator simulator(netlist, {both});
    const std::vector<Waveform> inputs{{0b0110}, {}, {0b1010}};
    const Toggles toggles = simulator.run(inputs, 4);
    EXPECT_EQ(toggles.inputs, 2 + 3);
    EXPECT_EQ(toggles.outputs, 2);
    EXPECT_EQ(simulator.outputs()[0][0] & 0xF, 0b0010);
}

TEST(SettledCells, AreThoseOfTheEvaluatedCircuit) {
    const Multiplier circuit;
    Word all;
    for (std::uint32_t i = 1; i <= circuit.netlist.inputCount(); ++i) all.emplace_back(i, false);
    const auto cases = casesOf({all}, 256);
    forEachCase(circuit.netlist, {all}, cases, [&](const auto& run, auto lane, const auto& x) {
        std::vector<bool> inputs;
        for (std::size_t i = 0; i < all.size(); ++i) inputs.push_back(((x[0] >> i) & 1) != 0);
        const std::vector<bool> cells = settledCells(circuit.netlist, inputs);
        for (std::uint32_t i = 0; i < cells.size(); ++i) {
            ASSERT_EQ(cells[i], run.bit({i, false}, lane));
        }
    });
}

}  // namespace
}  // namespace systole::cost
