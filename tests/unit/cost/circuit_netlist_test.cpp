// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/element_circuit.hpp"
#include "models/cost/netlist/circuit_activity.hpp"
#include "models/cost/netlist/circuit_timing.hpp"
#include "models/cost/netlist/gate_counts.hpp"
#include "models/cost/netlist/netlist.hpp"
#include "models/cost/netlist/resubstitution.hpp"
#include "tests/unit/cost/circuit_fixture.hpp"

namespace systole::cost {
namespace {

constexpr std::size_t kInputs = 6;
constexpr std::uint64_t kAll = ~std::uint64_t{0};

/// Signals with the truth tables that they must have: a random circuit in which gates often have
/// neighbours in common, and every rewriting rule is met.
struct RandomCircuit {
    Netlist netlist;
    Word signals{kFalse, kTrue};
    std::vector<std::uint64_t> tables{0, kAll};

    RandomCircuit(std::uint64_t seed, std::size_t gates) {
        for (std::size_t i = 0; i < kInputs; ++i) {
            signals.push_back(netlist.input());
            std::uint64_t table = 0;
            for (std::uint64_t row = 0; row < 64; ++row) table |= ((row >> i) & 1) << row;
            tables.push_back(table);
        }
        std::mt19937_64 generator(seed);
        for (std::size_t i = 0; i < gates; ++i) addGate(generator);
    }

    void addGate(std::mt19937_64& generator) {
        std::array<Signal, 3> s;
        std::array<std::uint64_t, 3> t{};
        for (std::size_t i = 0; i < 3; ++i) {
            const std::size_t at = generator() % signals.size();
            const bool complement = generator() % 2 == 0;
            s[i] = signals[at] ^ complement;
            t[i] = tables[at] ^ (complement ? kAll : 0);
        }
        switch (generator() % 5) {
            case 0:
                return add(netlist.both(s[0], s[1]), t[0] & t[1]);
            case 1:
                return add(netlist.either(s[0], s[1]), t[0] | t[1]);
            case 2:
                return add(netlist.differ(s[0], s[1]), t[0] ^ t[1]);
            case 3:
                return add(netlist.choose(s[0], s[1], s[2]), (t[0] & t[1]) | (~t[0] & t[2]));
            default:
                return add(netlist.majority(s[0], s[1], s[2]),
                           (t[0] & t[1]) | (t[0] & t[2]) | (t[1] & t[2]));
        }
    }

    void add(Signal signal, std::uint64_t table) {
        signals.push_back(signal);
        tables.push_back(table);
    }
};

Word inputsOf(const Netlist& netlist) {
    Word inputs;
    for (std::uint32_t i = 0; i < netlist.cells().size(); ++i) {
        if (netlist.cells()[i].kind == CellKind::Input) inputs.emplace_back(i, false);
    }
    return inputs;
}

/// Truth tables of signals, row by row.
std::vector<std::uint64_t> tablesOf(const Netlist& netlist, const Word& signals) {
    Evaluator run(netlist);
    const Word inputs = inputsOf(netlist);
    for (std::uint64_t row = 0; row < 64; ++row) run.set(inputs, row, row);
    run.run();
    std::vector<std::uint64_t> tables;
    for (const Signal signal : signals) {
        std::uint64_t table = 0;
        for (std::uint64_t row = 0; row < 64; ++row) {
            table |= std::uint64_t{run.bit(signal, row)} << row;
        }
        tables.push_back(table);
    }
    return tables;
}

std::size_t gatesOf(const Netlist& netlist, const Word& outputs) {
    const std::vector<bool> live = netlist.liveCells(outputs);
    std::size_t gates = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
        gates += live[i] && inputCount(netlist.cells()[i].kind) > 0 ? 1 : 0;
    }
    return gates;
}

TEST(CircuitNetlist, KeepsTheFunctionWhateverItRewrites) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const RandomCircuit circuit(seed, 40);
        ASSERT_EQ(tablesOf(circuit.netlist, circuit.signals), circuit.tables) << "seed " << seed;
    }
}

TEST(CircuitNetlist, MakesEqualGatesOnce) {
    Netlist netlist;
    const Word in = netlist.inputs(3);
    EXPECT_EQ(netlist.both(in[0], ~in[1]), netlist.both(~in[1], in[0]));
    EXPECT_EQ(netlist.differ(in[0], ~in[1]), ~netlist.differ(in[1], in[0]));
    EXPECT_EQ(netlist.majority(in[2], in[0], in[1]), netlist.majority(in[0], in[1], in[2]));
    EXPECT_EQ(netlist.choose(~in[0], in[1], in[2]), netlist.choose(in[0], in[2], in[1]));
    EXPECT_EQ(netlist.cells().size(), 1 + 3 + 4);
}

TEST(CircuitNetlist, LeavesOutWhatConstantsAndNeighboursMakeSuperfluous) {
    Netlist netlist;
    const Word in = netlist.inputs(2);
    const Signal both = netlist.both(in[0], in[1]);
    const std::size_t cells = netlist.cells().size();
    EXPECT_EQ(netlist.both(in[0], kTrue), in[0]);
    EXPECT_EQ(netlist.both(in[0], ~in[0]), kFalse);
    EXPECT_EQ(netlist.both(in[0], both), both);
    EXPECT_EQ(netlist.both(~in[0], both), kFalse);
    EXPECT_EQ(netlist.differ(in[0], kTrue), ~in[0]);
    EXPECT_EQ(netlist.majority(in[0], in[1], kFalse), both);
    EXPECT_EQ(netlist.choose(in[0], in[1], kFalse), both);
    EXPECT_EQ(netlist.cells().size(), cells);
}

TEST(CircuitNetlist, IncludesAnotherOnesFunction) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        const RandomCircuit inner(seed, 30);
        Netlist outer;
        Word inputs = outer.inputs(kInputs);
        const Word outputs = outer.include(inner.netlist, inputs, inner.signals);
        ASSERT_EQ(tablesOf(outer, outputs), inner.tables) << "seed " << seed;
    }
}

TEST(CircuitNetlist, CountsAsLiveWhatOutputsDependOn) {
    Netlist netlist;
    const Word in = netlist.inputs(3);
    const Signal used = netlist.both(in[0], in[1]);
    const Signal unused = netlist.differ(in[1], in[2]);
    const std::vector<bool> live = netlist.liveCells({~used});
    EXPECT_TRUE(live[used.cell()]);
    EXPECT_TRUE(live[in[0].cell()]);
    EXPECT_FALSE(live[unused.cell()]);
    EXPECT_FALSE(live[in[2].cell()]);
}

TEST(GateCounts, TakeTheSumOfAHalfAdderAsTwoAnds) {
    Netlist netlist;
    const Word in = netlist.inputs(4);
    netlist.setPart(Part::Exponent);
    const Signal sum = netlist.differ(in[0], in[1]);
    const Signal carry = netlist.both(~in[1], in[0]);
    netlist.setPart(Part::Rounding);
    const Signal other = netlist.differ(in[2], in[3]);
    const Word outputs{netlist.differ(sum, other), netlist.majority(carry, in[2], other)};
    const auto exponent = static_cast<std::size_t>(Part::Exponent);
    const auto rounding = static_cast<std::size_t>(Part::Rounding);
    const GateCounts counts = countGates(netlist, outputs);
    EXPECT_EQ(counts.gates[exponent], (std::array<std::uint32_t, 4>{3, 0, 0, 0}));
    EXPECT_EQ(counts.gates[rounding], (std::array<std::uint32_t, 4>{0, 2, 0, 1}));
    // Without the carry it is an exclusive or.
    const GateCounts alone = countGates(netlist, {outputs[0]});
    EXPECT_EQ(alone.gates[exponent], (std::array<std::uint32_t, 4>{0, 1, 0, 0}));
}

TEST(GateCounts, CountAndsThatDriveOutputsOnce) {
    Netlist netlist;
    const Word in = netlist.inputs(3);
    netlist.setPart(Part::Decoder);
    const Signal driver = netlist.both(in[0], in[1]);
    const Signal inner = netlist.both(~in[0], in[2]);
    const Word outputs{driver, ~driver, netlist.differ(in[1], inner), in[2], kTrue};
    const auto decoder = static_cast<std::size_t>(Part::Decoder);
    const GateCounts counts = countGates(netlist, outputs);
    EXPECT_EQ(counts.outputAnds[decoder], 1);
    EXPECT_EQ(counts.gates[decoder], (std::array<std::uint32_t, 4>{2, 1, 0, 0}));
}

TEST(Resubstitution, KeepsTheFunctionAndNeverGrows) {
    std::size_t before = 0;
    std::size_t after = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const RandomCircuit circuit(seed, 40);
        Word outputs(circuit.signals.end() - 5, circuit.signals.end());
        const std::vector<std::uint64_t> tables(circuit.tables.end() - 5, circuit.tables.end());
        before += gatesOf(circuit.netlist, outputs);
        const std::size_t most = gatesOf(circuit.netlist, outputs);
        const Netlist smaller = resubstitute(circuit.netlist, outputs);
        ASSERT_EQ(tablesOf(smaller, outputs), tables) << "seed " << seed;
        ASSERT_LE(gatesOf(smaller, outputs), most) << "seed " << seed;
        after += gatesOf(smaller, outputs);
    }
    EXPECT_LT(after, before);
}

TEST(Resubstitution, TellsCircuitsApartThatItHasSeen) {
    const RandomCircuit circuit(7, 40);
    const Word last(circuit.signals.end() - 3, circuit.signals.end());
    const std::vector<std::uint64_t> tables(circuit.tables.end() - 3, circuit.tables.end());
    for (int round = 0; round < 2; ++round) {
        Word outputs(last);
        EXPECT_EQ(tablesOf(resubstitute(circuit.netlist, outputs), outputs), tables);
        Word turned(last.rbegin(), last.rend());
        EXPECT_EQ(tablesOf(resubstitute(circuit.netlist, turned), turned),
                  std::vector(tables.rbegin(), tables.rend()));
    }
}

TEST(Resubstitution, FindsWhatRewritingDoesNot) {
    Netlist netlist;
    const Word in = netlist.inputs(2);
    // (a ^ b) & a is a & ~b; (a & b) | (a & ~b) is a.
    const Signal first = netlist.both(netlist.differ(in[0], in[1]), in[0]);
    const Signal second = netlist.either(netlist.both(in[0], in[1]), netlist.both(in[0], ~in[1]));
    Word one{first};
    Word other{second};
    EXPECT_EQ(gatesOf(netlist, one), 2);
    EXPECT_EQ(gatesOf(resubstitute(netlist, one), one), 1);
    EXPECT_EQ(gatesOf(resubstitute(netlist, other), other), 0);
}

TEST(Resubstitution, KeepsMultipliers) {
    for (const char* name : {"e2m1", "int4", "e3m2", "short_e2m1"}) {
        const numeric::Format format = *numeric::findFormat(name);
        Netlist netlist;
        const auto bits = static_cast<std::size_t>(numeric::widthOf(format));
        const std::vector<Word> in{netlist.inputs(bits), netlist.inputs(bits)};
        const auto multiplier =
            multiplierCircuit(netlist, Goal::Area, numeric::defaultProductClass(format, format),
                              format, format, in[0], in[1]);
        const NumberWires& product = multiplier.product;
        Word outputs(product.significand);
        outputs.insert(outputs.end(), product.exponent.begin(), product.exponent.end());
        const Word original(outputs);
        const Netlist smaller = resubstitute(netlist, outputs);
        EXPECT_LE(gatesOf(smaller, outputs), gatesOf(netlist, original));
        const auto cases = casesOf(in);
        std::vector<UInt128> expected;
        forEachCase(netlist, in, cases, [&](const auto& run, auto lane, const auto&) {
            expected.push_back(run.value(original, lane));
        });
        std::size_t at = 0;
        const Word inputs = inputsOf(smaller);
        const auto middle = inputs.begin() + static_cast<std::ptrdiff_t>(bits);
        const std::vector<Word> words{Word(inputs.begin(), middle), Word(middle, inputs.end())};
        forEachCase(smaller, words, cases, [&](const auto& run, auto lane, const auto&) {
            ASSERT_EQ(run.value(outputs, lane), expected[at++]);
        });
    }
}

TEST(Resubstitution, LeavesLargeCircuitsAlone) {
    Netlist netlist;
    const Word in = netlist.inputs(kMostResubstitutionInputs + 2);
    Word outputs{netlist.either(netlist.both(in[0], in[1]), netlist.both(in[0], in[2])),
                 allOf(netlist, in)};
    const std::size_t gates = gatesOf(netlist, outputs);
    const Netlist same = resubstitute(netlist, outputs);
    EXPECT_EQ(gatesOf(same, outputs), gates);
}

GateDelays delays() {
    GateDelays delays{.gate = {}, .perFanoutDoubling = 0.25};
    delays.gate.fill({1, 10, 100, 1000});
    delays.gate[static_cast<std::size_t>(Part::Rounding)] = {2, 20, 200, 2000};
    return delays;
}

TEST(CircuitTiming, AddsTheGatesOfTheLongestPath) {
    Netlist netlist;
    const Word in = netlist.inputs(4);
    const Signal both = netlist.both(in[0], in[1]);
    const Signal differ = netlist.differ(both, in[2]);
    netlist.setPart(Part::Rounding);
    const Signal choice = netlist.choose(in[3], differ, in[1]);
    const CriticalPath path = criticalPath(netlist, {choice}, delays());
    // Input 1 drives two gates: one doubling.
    EXPECT_DOUBLE_EQ(path.delay, 0.25 + 1 + 10 + 200);
    EXPECT_EQ(path.gates[static_cast<std::size_t>(Part::Multiplier)],
              (std::array<std::uint32_t, 4>{1, 1, 0, 0}));
    EXPECT_EQ(path.gates[static_cast<std::size_t>(Part::Rounding)],
              (std::array<std::uint32_t, 4>{0, 0, 1, 0}));
    EXPECT_DOUBLE_EQ(path.fanoutDoublings, 1);
}

TEST(CircuitTiming, CountsWhatGatesDriveOutputsIncluded) {
    Netlist netlist;
    const Word in = netlist.inputs(3);
    const Signal both = netlist.both(in[0], in[1]);
    const Signal carry = netlist.majority(both, in[2], ~in[1]);
    // `both` drives the majority gate and three outputs: two doublings.
    const CriticalPath path = criticalPath(netlist, {both, ~both, both, carry}, delays());
    EXPECT_DOUBLE_EQ(path.delay, 0.25 + (1 + 0.5) + 1000);
    EXPECT_DOUBLE_EQ(path.fanoutDoublings, 3);
}

TEST(CircuitTiming, LeavesOutWhatNoOutputDependsOn) {
    Netlist netlist;
    const Word in = netlist.inputs(3);
    const Signal both = netlist.both(in[0], in[1]);
    netlist.majority(both, in[0], in[2]);
    const CriticalPath path = criticalPath(netlist, {both}, delays());
    EXPECT_DOUBLE_EQ(path.delay, 1);
    EXPECT_DOUBLE_EQ(criticalPath(netlist, {in[0], kTrue}, delays()).delay, 0);
}

}  // namespace
}  // namespace systole::cost
