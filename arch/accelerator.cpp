// SPDX-License-Identifier: Apache-2.0
#include "arch/accelerator.hpp"

#include <algorithm>
#include <numeric>

#include "models/check.hpp"

namespace systole::arch {

Accelerator::Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config)
    : Accelerator(name, config, nullptr) {}

Accelerator::Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config,
                         MemoryPort& memory)
    : Accelerator(name, config, &memory) {}

Accelerator::Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config,
                         MemoryPort* memory)
    : sc_module(name),
      config_(config),
      replay_(config),
      dram_(memory == nullptr ? std::make_unique<DramController>("dram", config.dram, replay_.clock)
                              : nullptr),
      memory_(memory == nullptr ? *dram_ : *memory),
      sequencer_("sequencer", config.sequencer, replay_),
      load_("dma_load", Unit::Load, config, replay_),
      store_("dma_store", Unit::Store, config, replay_),
      array_("array", config, replay_),
      vector_("vector_unit", config, replay_),
      bursts_(replay_, load_, store_),
      units_{&load_, &store_, &array_, &vector_} {
    load_.memory(memory_);
    store_.memory(memory_);
    for (std::size_t i = 0; i < kUnitCount; ++i) {
        queues_[i] = std::make_unique<sc_core::sc_fifo<std::uint32_t>>(
            fmt::format("queue_{}", kUnitNames[i]).c_str(),
            static_cast<int>(config.sequencer.queueDepth));
        sequencer_.queues[i](*queues_[i]);
        units_[i]->commands(*queues_[i]);
    }
    if (!dram_) {
        SC_HAS_PROCESS(Accelerator);
        SC_METHOD(pauseWhenDone);
        for (std::size_t i = 0; i < kUnitCount; ++i) {
            sensitive << replay_.scoreboard.event(static_cast<Unit>(i));
        }
        dont_initialize();
    }
}

/// A memory outside may have a clock of its own, which never ends.
void Accelerator::pauseWhenDone() {
    if (completedCommands() == replay_.program->commands.size()) {
        sc_core::sc_pause();
    }
}

std::uint64_t Accelerator::completedCommands() const {
    std::uint64_t completed = 0;
    for (std::size_t i = 0; i < kUnitCount; ++i) {
        completed += replay_.scoreboard.completed(static_cast<Unit>(i));
    }
    return completed;
}

void Accelerator::load(const Program& program) {
    replay_.program = &program;
    replay_.state.reset(program);
}

std::vector<numeric::AccumulatorEvents> Accelerator::replayValues() {
    replay_.state.startReplay();
    std::vector<numeric::AccumulatorEvents> layers(replay_.program->layerNames.size());
    for (const Command& command : replay_.program->commands) {
        const numeric::AccumulatorEvents before = replay_.state.accumulatorEvents();
        replay_.state.execute(command.operation);
        layers.at(command.layer) += replay_.state.accumulatorEvents() - before;
    }
    return layers;
}

RunRecord Accelerator::replayTimed(bool computeValues) {
    const Program& program = *replay_.program;
    replay_.start = sc_core::sc_time_stamp();
    replay_.scoreboard.reset();
    replay_.layerCounters.assign(program.layerNames.size(), {});
    replay_.layerEnds.assign(program.layerNames.size(), 0);
    for (CommandUnit* unit : units_) {
        unit->reset();
    }
    if (dram_) {
        dram_->reset();
    }
    replay_.computeValues = computeValues;
    replay_.state.startReplay();
    if (computeValues) {
        replay_.state.startSampling(program);
    }
    replay_.ports.reset();
    sequencer_.start();
    sc_core::sc_start();  // until nothing is left to happen
    checkCompletion();
    RunRecord result = record();
    checkUnits(result);
    checkBytes(result);
    return result;
}

void Accelerator::checkCompletion() const {
    const std::uint64_t completed = completedCommands();
    std::string activities;
    for (const CommandUnit* unit : units_) {
        activities += "\n  " + unit->activity();
    }
    SYSTOLE_CHECK(completed == replay_.program->commands.size(),
                  "cycle {}: {}: {} of {} commands completed, then nothing more happened{}",
                  replay_.cycle(), name(), completed, replay_.program->commands.size(), activities);
}

OwnerCommands Accelerator::dramCommands(std::size_t layer) const {
    if (!dram_) {
        return {.reads = load_.burstsOfLayer(layer), .writes = store_.burstsOfLayer(layer)};
    }
    return layer < dram_->ownerCommands().size() ? dram_->ownerCommands()[layer] : OwnerCommands{};
}

RunRecord Accelerator::record() {
    RunRecord result;
    result.cycles = *std::max_element(replay_.layerEnds.begin(), replay_.layerEnds.end());
    result.burstBytes = memory_.burstBytes();
    if (dram_) {
        result.dramChannels = dram_->countersNow();
    }
    std::vector<OperandSample> samples = replay_.state.takeSamples();
    Cycle begin = 0;
    for (std::size_t i = 0; i < replay_.layerEnds.size(); ++i) {
        LayerRecord layer;
        layer.begin = begin;
        layer.end = std::max(begin, replay_.layerEnds[i]);
        layer.counters = replay_.layerCounters[i];
        layer.dram = dramCommands(i);
        for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
            layer.states[unit] = units_[unit]->timeline().between(layer.begin, layer.end);
        }
        result.counters += layer.counters;
        if (!samples.empty()) {
            layer.operands = std::move(samples[i]);
        }
        result.dramBytes += (layer.dram.reads + layer.dram.writes) * result.burstBytes;
        begin = layer.end;
        result.layers.push_back(std::move(layer));
    }
    for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
        result.states[unit] = units_[unit]->timeline().between(0, result.cycles);
    }
    return result;
}

/// busy + stalled + idle = cycles, and nobody is active outside of them.
void Accelerator::checkUnits(const RunRecord& run) const {
    for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
        const auto& states = run.states[unit];
        const Cycle sum = std::accumulate(states.begin(), states.end(), Cycle{0});
        SYSTOLE_CHECK(sum == run.cycles, "{}: busy + stalled + idle = {} of {} cycles",
                      units_[unit]->name(), sum, run.cycles);
        const auto idle = states[static_cast<std::size_t>(UnitState::Idle)];
        const auto whole = units_[unit]->timeline().between(0, replay_.cycle() + 1);
        SYSTOLE_CHECK(replay_.cycle() + 1 - whole[static_cast<std::size_t>(UnitState::Idle)] ==
                          run.cycles - idle,
                      "{}: active after the last completion", units_[unit]->name());
    }
}

/// What commands move is what is timed, and what passes the pins is what the channels serve.
void Accelerator::checkBytes(const RunRecord& run) const {
    SYSTOLE_CHECK(
        !replay_.computeValues || (replay_.state.bytesLoaded() == run.counters.bytesLoaded &&
                                   replay_.state.bytesStored() == run.counters.bytesStored),
        "bytes moved {} in, {} out; bytes timed {} in, {} out", replay_.state.bytesLoaded(),
        replay_.state.bytesStored(), run.counters.bytesLoaded, run.counters.bytesStored);
    std::uint64_t bursts = 0;
    for (const memory::DramCounters& channel : run.dramChannels) {
        bursts += channel.reads + channel.writes;
        SYSTOLE_CHECK(
            channel.busyClocks + channel.stalledClocks + channel.idleClocks == channel.totalClocks,
            "{}: busy + stalled + idle is not the total of {} clocks", dram_->name(),
            channel.totalClocks);
    }
    SYSTOLE_CHECK(run.dramChannels.empty() || bursts * run.burstBytes == run.dramBytes,
                  "{} bursts served, {} bytes asked for", bursts, run.dramBytes);
}

}  // namespace systole::arch
