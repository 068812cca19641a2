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
    std::array<StateCycles, kUnitCount> states{};
    OperandSample operands;  ///< no traces where no values are computed, or none are asked for
};

/// What one timed replay of a program took.
struct RunRecord {
    Cycle cycles = 0;
    std::vector<LayerRecord> layers;
    std::array<StateCycles, kUnitCount> states{};
    cost::Counters counters;
    std::vector<memory::DramCounters> dramChannels;  ///< empty for an ideal memory
    std::uint64_t burstBytes = 0;
    std::uint64_t dramBytes = 0;  ///< that passed the pins: whole bursts
};

/// The machine. One object a process: SystemC elaborates once.
class Accelerator final : public sc_core::sc_module {
public:
    Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config);
    /// With a memory outside of it instead of the configured one. What is counted inside of the
    /// DRAM comes out empty.
    Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config,
                MemoryPort& memory);

    /// Sizes and clears all memories for the program, which must outlive its replays.
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
    RunRecord replayTimed(bool computeValues = true);

    /// The same values without time: every command in program order. By layer: sums that left the
    /// accumulator.
    std::vector<numeric::AccumulatorEvents> replayValues();

private:
    Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config,
                MemoryPort* memory);
    std::uint64_t completedCommands() const;
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
    std::array<std::unique_ptr<sc_core::sc_fifo<std::uint32_t>>, kUnitCount> queues_;
    std::array<CommandUnit*, kUnitCount> units_;
};

}  // namespace systole::arch
