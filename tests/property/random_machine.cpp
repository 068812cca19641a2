// SPDX-License-Identifier: Apache-2.0
#include "random_machine.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "models/check.hpp"
#include "random_source.hpp"
#include "sim/base/config_error.hpp"
#include "sim/config/dram/dram_loader.hpp"

namespace systole::sim {
namespace {

constexpr Limit kFree = std::nullopt;
constexpr std::uint32_t kMostRefusals = 30;  // each time the memories grow by half

/// A shipped part, with frequent refreshes, so that short programs meet all of it.
memory::DdrConfig randomDdr(RandomSource& random) {
    const auto name = random.pick<std::string>(
        {"ddr4_2400", "ddr5_4800", "lpddr4_3200", "hbm2_pseudo", "gddr6", "in_dram"});
    const std::filesystem::path folder = SYSTOLE_SOURCE_DIR "/configs/dram";
    memory::DdrConfig ddr = *loadDram(folder / (name + ".yaml"), {}).ddr;
    ddr.organization.channels = random.between(1, 2);
    ddr.refresh.interval = random.pick<Cycle>({2000, ddr.refresh.interval});
    memory::DramControllerConfig& controller = ddr.controller;
    controller.policy =
        random.pick({memory::SchedulingPolicy::Fcfs, memory::SchedulingPolicy::FrFcfs});
    controller.pagePolicy = random.pick(
        {memory::PagePolicy::Open, memory::PagePolicy::Closed, memory::PagePolicy::Adaptive});
    controller.pipelineClocks = random.pick<Cycle>({0, 10});
    controller.powerDownAfter = random.pick<Limit>({kFree, 20});
    if (random.percent(30)) {
        controller.readQueue = 2;
        controller.writeQueue = 3;
        controller.writeHigh = 3;
        controller.writeLow = 1;
    }
    ddr.channelInterleaveBytes = random.pick<std::uint64_t>({256, 512});
    return ddr;
}

memory::DramConfig randomDram(RandomSource& random) {
    memory::DramConfig dram;
    if (random.percent(50)) {
        dram.name = "ddr";
        dram.ddr = randomDdr(random);
    } else {
        dram.name = "ideal";
        dram.ideal = {.latencyCycles = random.pick<std::uint64_t>({0, 1, 30, 200}),
                      .bytesPerCycle = random.pick<Limit>({kFree, 1, 5, 16, 64}),
                      .burstBytes = random.pick<std::uint32_t>({8, 16, 32, 64}),
                      .capacityBytes = std::uint64_t{1} << 30};
    }
    return dram;
}

arch::ScratchpadConfig randomScratchpad(RandomSource& random) {
    return {
        .capacityBytes = random.percent(10) ? kFree : Limit{random.between(48, 600)},
        .banks = random.pick<Limit>({kFree, 1, 2, 3, 5, 8}),
        .wordBytes = random.pick<std::uint32_t>({2, 3, 4, 7, 16, 32}),
        .ports = random.pick({memory::PortKind::OneReadWrite, memory::PortKind::OneReadOneWrite})};
}

arch::ArrayConfig randomArray(RandomSource& random) {
    using enum arch::Dataflow;
    using enum arch::Drain;
    return {.rows = random.between(1, 20),
            .columns = random.between(1, 20),
            .dataflow = random.pick({WeightStationary, OutputStationary, InputStationary}),
            .overlapFolds = random.percent(50),
            .drain = random.pick({Serial, Shadow, Direct}),
            .pipelineDepth = random.between(1, 4),
            .cyclesPerStep = random.pick<std::uint32_t>({1, 1, 2, 5})};
}

void grow(Limit& capacity) {
    if (capacity) *capacity += *capacity / 2 + 1;
}

}  // namespace

arch::MachineConfig randomMachine(const Scheme& scheme, std::uint64_t seed) {
    RandomSource random(seed);
    arch::MachineConfig machine;
    machine.name = fmt::format("machine {}", seed);
    machine.clockHertz = random.pick<double>({333e6, 500e6, 1e9});
    machine.array = randomArray(random);
    machine.datapath = {scheme.activation, scheme.weight, scheme.accumulator};
    machine.activationScratchpad = randomScratchpad(random);
    machine.weightScratchpad = randomScratchpad(random);
    machine.accumulatorBuffer.rows = random.percent(10) ? kFree : Limit{random.between(2, 60)};
    machine.accumulatorBuffer.ports =
        random.pick({memory::PortKind::OneReadWrite, memory::PortKind::OneReadOneWrite});
    machine.arbitration.kind =
        random.pick({memory::Arbitration::Fixed, memory::Arbitration::RoundRobin});
    machine.arbitration.order =
        random.pick<std::vector<memory::ClientId>>({{2, 3, 1, 0}, {0, 1, 2, 3}, {3, 0, 2, 1}});
    machine.datapath.packing = random.pick({memory::Packing::Packed, memory::Packing::Padded});
    machine.vectorUnit = {random.pick<Limit>({kFree, 1, 3, 8, 16}), random.between(0, 6)};
    machine.dma = {random.pick<Limit>({kFree, 1, 3, 8, 32}),
                   random.pick<std::uint32_t>({1, 2, 5, 32})};
    if (machine.dma.bytesPerCycle == 32U && machine.dma.outstandingBursts > 2) {
        // Wider than a burst. Drawn from what is drawn anyway, so that other machines stay.
        machine.dma.bytesPerCycle = machine.dma.outstandingBursts == 5 ? 100 : 256;
    }
    machine.sequencer = {random.pick<std::uint32_t>({1, 2, 4, 16}), random.between(0, 2)};
    machine.dram = randomDram(random);
    machine.array.depthwisePacking = random.percent(50);
    return machine;
}

TightFit fitTightly(const graph::Graph& graph, const Scheme& scheme, std::uint64_t seed) {
    TightFit fit{randomMachine(scheme, seed), {}, 0};
    for (;;) {
        try {
            fit.lowered = lower(graph, fit.machine);
            return fit;
        } catch (const ConfigError& error) {
            SYSTOLE_CHECK(++fit.refusals < kMostRefusals, "'{}' fits no machine: {}", graph.name,
                          error.what());
            grow(fit.machine.activationScratchpad.capacityBytes);
            grow(fit.machine.weightScratchpad.capacityBytes);
            grow(fit.machine.accumulatorBuffer.rows);
        }
    }
}

}  // namespace systole::sim
