// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <systemc>
#include <vector>

#include "arch/array/systolic_array.hpp"
#include "arch/control/command_unit.hpp"
#include "arch/control/repeat_finder.hpp"
#include "arch/control/sequencer.hpp"
#include "arch/dma/machine_bursts.hpp"
#include "arch/dma/transfer_unit.hpp"
#include "arch/memory/dram_controller.hpp"
#include "arch/vector/vector_unit.hpp"

namespace systole::arch {

/// Time and activity of one layer. A layer lasts from the last completion of the layers before it
/// to its own; commands of different layers overlap, so states are those of the units in that time.
struct LayerRecord {
    Cycle begin = 0;
    Cycle end = 0;
    cost::Counters counters;
    OwnerCommands dram;
    UnitStates states{};
    OperandSample operands;  ///< no traces where no values are computed, or none are asked for
};

/// What one timed replay of a program took.
struct RunRecord {
    Cycle cycles = 0;
    std::vector<LayerRecord> layers;
    UnitStates states{};
    cost::Counters counters;
    std::vector<memory::DramCounters> dramChannels;  ///< empty for an ideal memory
    std::uint64_t burstBytes = 0;
    std::uint64_t dramBytes = 0;  ///< that passed the pins: whole bursts
};

/// How a replay goes.
struct ReplayOptions {
    bool computeValues = true;
    /// Whether stretches that the machine would go through again and again are simulated once, and
    /// added for the other times (RepeatFinder). The record is the same. It needs a memory that is
    /// ideal, and no values.
    bool addRepeats = true;
    /// Is called now and then with the folds that are over.
    std::function<void(std::uint64_t folds)> onFolds = {};
};

/// The machine. One object a process: SystemC elaborates once.
class Accelerator final : public sc_core::sc_module {
public:
    Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config);
    /// With a memory outside of it instead of the configured one. What is counted inside of the
    /// DRAM comes out empty.
    Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config,
                MemoryPort& memory);

    /// Sizes and clears all memories for the program, which must outlive its replays. A program
    /// that is written while it runs has no values, and its memories stay empty.
    void load(const Program& program);

    /// The DRAM image, for the host to write weights and inputs and to read results.
    std::span<std::uint8_t> dram() { return replay_.state.dram(); }
    const Datapath& datapath() const { return replay_.state.datapath(); }
    /// What bursts carry, for a memory outside that holds data.
    const BurstData& burstData() const { return bursts_; }
    /// What the last replay saw of faulty cells; null if the DRAM has no errors.
    const memory::DramFaultCounters* dramFaults() const { return replay_.state.dramFaults(); }

    /// Replays the program from an idle machine, cycle by cycle, and checks what must hold of every
    /// run. Timing does not depend on values: without them it is the same, and no memory changes.
    RunRecord replayTimed(const ReplayOptions& options);
    RunRecord replayTimed(bool computeValues = true) {
        return replayTimed(ReplayOptions{.computeValues = computeValues});
    }
    /// Folds of the last replay that were added and not simulated.
    std::uint64_t foldsAdded() const;
    /// All of them.
    std::uint64_t foldsDone() const {
        return replay_.scoreboard.completed(array_.unit()) + foldsAdded();
    }

    /// The same values without time: every command in program order. By layer: sums that left the
    /// accumulator.
    std::vector<numeric::AccumulatorEvents> replayValues();

private:
    Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config,
                MemoryPort* memory);
    void completed(UnitId unit);
    void start() const;
    void addUpTimelines();
    void findRepeat();
    std::optional<RepeatFinder::Moment> moment() const;
    Cycle endBefore(std::uint32_t layer) const;
    Cycle lastEnd() const {
        return endBefore(static_cast<std::uint32_t>(replay_.layerEnds.size()));
    }
    LayerRecord layerRecord(std::uint32_t layer);
    void pauseWhenDone();
    OwnerCommands dramCommands(std::size_t layer) const;
    void checkCompletion() const;
    RunRecord record();
    void checkUnits(const RunRecord& run) const;
    void checkBytes(const RunRecord& run) const;

    MachineConfig config_;
    Replay replay_;
    std::unique_ptr<DramController> dram_;  ///< empty: the memory is outside
    MemoryPort& memory_;
    Sequencer sequencer_;
    TransferUnit load_;
    TransferUnit store_;
    SystolicArray array_;
    VectorUnit vector_;
    MachineBursts bursts_;
    std::vector<CommandUnit*> units_;  ///< by number
    std::vector<std::unique_ptr<sc_core::sc_fifo<const Command*>>> queues_;
    const UnitSet& units() const { return replay_.scoreboard.units(); }

    std::vector<LayerTally> added_;  ///< by layer: what was not simulated
    std::optional<RepeatFinder> repeats_;
    ReplayOptions options_;
    std::uint64_t reported_ = 0;  ///< folds, to onFolds
};

}  // namespace systole::arch
