// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "arch/command_unit.hpp"
#include "arch/memory_port.hpp"

namespace systole::arch {

/// One burst of a transfer and how many of its bytes are wanted.
struct BurstShare {
    std::uint64_t address = 0;
    std::uint32_t usefulBytes = 0;
};

/// The bursts that a box touches, in the order of its runs. Neighbouring runs that meet in one
/// burst share it.
std::vector<BurstShare> burstsOf(const DramBox& box, std::uint32_t burstBytes);

/// One direction of the DMA engine. It asks for a burst a cycle while fewer than outstandingBursts
/// are on their way; the scratchpad port moves bytesPerCycle.
class TransferUnit final : public CommandUnit, public BurstClient {
public:
    sc_core::sc_port<MemoryPort> memory{"memory"};

    TransferUnit(const sc_core::sc_module_name& name, Unit unit, const MachineConfig& config,
                 Replay& replay);

    void burstDone(std::uint64_t tag) override;

private:
    void execute(const Command& command) override;
    void transfer(const Command& command);
    void awaitSlot();
    /// The scratchpad port moves one burst's bytes, not before the present cycle.
    void usePort(std::uint32_t bytes);
    void count(const Command& command);

    MachineConfig config_;
    bool isLoad_;
    std::vector<BurstShare> bursts_;  ///< of the command that is executing
    std::size_t inFlight_ = 0;        ///< asked for, not yet answered
    std::deque<Cycle> slotsFree_;     ///< when slots of answered bursts become free, ascending
    Cycle portFree_ = 0;
    sc_core::sc_event answered_;
};

}  // namespace systole::arch
