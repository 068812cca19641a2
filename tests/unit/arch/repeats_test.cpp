// SPDX-License-Identifier: Apache-2.0
// What is added instead of simulated must be what the simulation of it would have given.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/lowering/lowering.hpp"
#include "sim/run/gemm_workload.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole {
namespace {

using arch::Dataflow;

struct Gemm {
    std::uint32_t m;
    std::uint32_t k;
    std::uint32_t n;
};

struct Case {
    std::string name;
    arch::MachineConfig machine;
};

/// A small edge machine: scratchpads with banks, queues, a vector unit, and an ideal memory.
arch::MachineConfig edge(Dataflow dataflow) {
    arch::MachineConfig machine = arrayOnly(8, 4);
    machine.array.dataflow = dataflow;
    machine.activationScratchpad = {8192, 4, 8, memory::PortKind::OneReadWrite};
    machine.weightScratchpad = {4096, 1, 8, memory::PortKind::OneReadOneWrite};
    machine.accumulatorBuffer = {64, memory::PortKind::OneReadWrite};
    machine.vectorUnit = {4, 3};
    machine.dma = {16, 4};
    machine.sequencer = {8, 1};
    machine.dram.ideal->latencyCycles = 7;
    return machine;
}

arch::MachineConfig with(arch::MachineConfig machine, void (*change)(arch::MachineConfig&)) {
    change(machine);
    return machine;
}

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Dataflow dataflow :
         {Dataflow::WeightStationary, Dataflow::OutputStationary, Dataflow::InputStationary}) {
        const std::string name = arch::kDataflowNames.at(static_cast<std::size_t>(dataflow));
        arch::MachineConfig alone = arrayOnly(8, 4);
        alone.array.dataflow = dataflow;
        alone.sequencer.queueDepth = 16;
        alone.array.drain = arch::Drain::Direct;
        all.push_back({name + ", array only", alone});
        all.push_back({name + ", edge", edge(dataflow)});
        all.push_back({name + ", limited bandwidth", with(edge(dataflow), [](auto& machine) {
                           machine.dram.ideal->bytesPerCycle = 8;
                       })});
        all.push_back({name + ", turns", with(edge(dataflow), [](auto& machine) {
                           machine.arbitration.kind = memory::Arbitration::RoundRobin;
                       })});
        all.push_back({name + ", overlapped", with(edge(dataflow), [](auto& machine) {
                           machine.array.overlapFolds = true;
                       })});
    }
    all.push_back({"as SCALE-Sim counts", with(arrayOnly(8, 4), [](auto& machine) {
                       machine.array.convention = arch::CycleConvention::ScaleSim;
                   })});
    return all;
}

void expectEqual(const cost::Counters& a, const cost::Counters& b, const std::string& where) {
    for (const auto& counter : cost::kCounters) {
        EXPECT_EQ(a.*counter.member, b.*counter.member) << where << ": " << counter.name;
    }
}

void expectEqual(const arch::RunRecord& a, const arch::RunRecord& b, const std::string& where) {
    EXPECT_EQ(a.cycles, b.cycles) << where;
    EXPECT_EQ(a.states, b.states) << where;
    EXPECT_EQ(a.dramBytes, b.dramBytes) << where;
    expectEqual(a.counters, b.counters, where);
    ASSERT_EQ(a.layers.size(), b.layers.size());
    for (std::size_t i = 0; i < a.layers.size(); ++i) {
        EXPECT_EQ(a.layers[i].begin, b.layers[i].begin) << where;
        EXPECT_EQ(a.layers[i].end, b.layers[i].end) << where;
        EXPECT_EQ(a.layers[i].states, b.layers[i].states) << where;
        EXPECT_EQ(a.layers[i].dram.reads, b.layers[i].dram.reads) << where;
        EXPECT_EQ(a.layers[i].dram.writes, b.layers[i].dram.writes) << where;
        expectEqual(a.layers[i].counters, b.layers[i].counters, where);
    }
}

/// All machines of the process are built before the first of them runs.
struct Machines {
    std::vector<Case> all = cases();
    std::vector<std::unique_ptr<arch::Accelerator>> built;

    Machines() {
        for (const Case& one : all) built.push_back(buildAccelerator(one.machine));
    }
    static Machines& get() {
        static Machines machines;
        return machines;
    }
};

// Edges in every dimension, and sizes that are multiples of everything.
const std::vector<Gemm>& shapes() {
    static const std::vector<Gemm> all{{64, 64, 64},  {100, 37, 53}, {7, 200, 90},
                                       {200, 8, 160}, {1, 96, 200},  {64, 256, 512}};
    return all;
}

TEST(Repeats, AddWhatSimulatingThemGives) {
    std::uint64_t added = 0;
    Machines& machines = Machines::get();
    for (std::size_t i = 0; i < machines.all.size(); ++i) {
        for (const Gemm& gemm : shapes()) {
            const arch::MachineConfig& machine = machines.all[i].machine;
            const std::string where =
                fmt::format("{}: {} x {} x {}", machines.all[i].name, gemm.m, gemm.k, gemm.n);
            const auto network = sim::gemmShape(int8Scheme(), gemm.m, gemm.k, gemm.n);
            const auto lowered = sim::lower(network, machine, {.values = false});
            arch::Accelerator& accelerator = *machines.built[i];
            accelerator.load(lowered.program);
            const auto plain =
                accelerator.replayTimed({.computeValues = false, .addRepeats = false});
            EXPECT_EQ(accelerator.foldsAdded(), 0U);
            const auto fast = accelerator.replayTimed({.computeValues = false});
            added += accelerator.foldsAdded();
            expectEqual(fast, plain, where);
        }
    }
    EXPECT_GT(added, 5000U);  // else nothing was tested
}

TEST(Repeats, AProgramWrittenWhileItRunsIsTheListedOne) {
    Machines& machines = Machines::get();
    for (std::size_t i = 0; i < machines.all.size(); ++i) {
        const arch::MachineConfig& machine = machines.all[i].machine;
        const auto network = sim::gemmNetwork(int8Scheme(), 50, 70, 40, 1);
        const auto listed = sim::lower(network, machine);
        const auto shape = sim::gemmShape(int8Scheme(), 50, 70, 40);
        const auto written = sim::lower(shape, machine, {.values = false});
        EXPECT_TRUE(written.program.commands.empty());
        EXPECT_TRUE(written.constants.empty());
        arch::Accelerator& accelerator = *machines.built[i];
        accelerator.load(listed.program);
        const auto expected =
            accelerator.replayTimed({.computeValues = false, .addRepeats = false});
        accelerator.load(written.program);
        EXPECT_TRUE(accelerator.dram().empty());
        expectEqual(accelerator.replayTimed({.computeValues = false}), expected,
                    machines.all[i].name);
    }
}

TEST(Repeats, AreNearlyAllFoldsOfALargeProductOnTheArrayAlone) {
    Machines& machines = Machines::get();
    const arch::MachineConfig& machine = machines.all.front().machine;
    const auto network = sim::gemmShape(int8Scheme(), 64, 4096, 4096);
    const auto lowered = sim::lower(network, machine, {.values = false});
    arch::Accelerator& accelerator = *machines.built.front();
    accelerator.load(lowered.program);
    const auto record = accelerator.replayTimed({.computeValues = false});
    // R + M + R + C - 2 cycles a fold; docs/array.md.
    EXPECT_EQ(record.cycles, Cycle{4096 / 8} * (4096 / 4) * (8 + 64 + 8 + 4 - 2));
    EXPECT_EQ(record.counters.macs, std::uint64_t{64} * 4096 * 4096);
    EXPECT_GT(accelerator.foldsAdded(), std::uint64_t{4096 / 8} * (4096 / 4) / 2);
}

}  // namespace
}  // namespace systole
