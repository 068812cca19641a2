// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "arch/control/command_unit.hpp"
#include "arch/memory/memory_port.hpp"

namespace systole::arch {

/// One burst of a transfer and how many of its bytes are wanted.
struct BurstShare {
    std::uint64_t address = 0;
    std::uint32_t usefulBytes = 0;
    std::uint32_t offset = 0;  ///< of the first of them among those of the transfer
};

/// The bursts that a box touches, in the order of its runs. Two neighbouring runs whose end and
/// begin lie in one burst share it.
std::vector<BurstShare> burstsOf(const DramBox& box, const DramLayout& layout,
                                 std::uint32_t burstBytes);

/// How many bursts these are.
std::uint64_t burstCount(const DramBox& box, const DramLayout& layout, std::uint32_t burstBytes);

/// One direction of the DMA engine. It asks for a burst a cycle while fewer than outstandingBursts
/// are on their way. Between the engine and the scratchpad bytesPerCycle bytes pass in a cycle. A
/// load writes a word in the cycle in which the word's last byte passes; a store reads it in the
/// cycle in which its first byte passes.
class TransferUnit final : public CommandUnit, public BurstClient {
public:
    sc_core::sc_port<MemoryPort> memory{"memory"};

    TransferUnit(const sc_core::sc_module_name& name, Unit unit, const MachineConfig& config,
                 Replay& replay);

    void burstDone(std::uint64_t tag) override;
    void burstsDone(std::uint64_t tag, std::uint64_t count) override;
    void reset() override;

    /// The box of the command that is executing, and the byte of the scratchpad at which its data
    /// begin.
    const DramBox& box() const { return box_; }
    std::uint64_t scratchpadAddress() const { return scratchpadAddress_; }
    /// The number of bursts that a layer's commands have asked for since reset.
    std::uint64_t burstsOfLayer(std::size_t layer) const {
        return layer < layerBursts_.size() ? layerBursts_[layer] : 0;
    }

private:
    void execute(const Command& command) override;
    void transfer(const Command& command);
    void transferRuns(const Command& command);
    void awaitSlot();
    bool freeSlots();
    /// The port accesses of a burst on its way between the DMA engine and the scratchpad. They are
    /// empty if that takes no time.
    memory::AccessStream portSteps(const BurstShare& burst) const;
    void addWords(std::uint64_t from, std::uint64_t to, std::uint64_t begin, std::uint64_t end,
                  memory::AccessStep& step) const;
    std::uint64_t storageBytes(std::uint64_t bytes) const;
    void count(const Command& command);

    MachineConfig config_;
    bool isLoad_;
    const memory::PortMap* ports_ = nullptr;  ///< of the scratchpad of the command
    const WordLayout* words_ = nullptr;
    std::uint64_t scratchpadAddress_ = 0;
    DramBox box_;
    memory::ElementRoom room_;
    std::vector<BurstShare> bursts_;      ///< of the command that is executing
    std::size_t inFlight_ = 0;            ///< bursts asked for and not yet answered
    std::deque<memory::Ticket> writing_;  ///< answered bursts on their way to the scratchpad
    sc_core::sc_event answered_;
    std::vector<std::uint64_t> layerBursts_;
};

}  // namespace systole::arch
