// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "arch/control/command_unit.hpp"
#include "arch/dma/burst_passage.hpp"
#include "arch/memory/memory_port.hpp"

namespace systole::arch {

/// The bursts that a box touches, in the order of its runs. Two neighbouring runs whose end and
/// begin lie in one burst share it.
std::vector<BurstShare> burstsOf(const DramBox& box, const DramLayout& layout,
                                 std::uint32_t burstBytes);

/// How many bursts these are.
std::uint64_t burstCount(const DramBox& box, const DramLayout& layout, std::uint32_t burstBytes);

/// One direction of the DMA engine. While fewer than outstandingBursts are on their way it asks for
/// a burst a cycle, or for as many as bytesPerCycle bytes are where those are more than a burst.
/// Between the engine and the scratchpad bytesPerCycle bytes pass in a cycle (BurstPassage).
class TransferUnit final : public CommandUnit, public BurstClient {
public:
    sc_core::sc_port<MemoryPort> memory{"memory"};

    TransferUnit(const sc_core::sc_module_name& name, UnitId unit, const MachineConfig& config,
                 Replay& replay);

    void burstDone(std::uint64_t tag) override;
    void burstsDone(std::uint64_t tag, std::uint64_t count) override;
    void reset() override;

    /// What is executing, or was executed last.
    const TransferCommand& transferred() const { return transfer_; }
    /// The number of bursts that a layer's commands have asked for since reset.
    std::uint64_t burstsOfLayer(std::size_t layer) const {
        return layer < layerBursts_.size() ? layerBursts_[layer] : 0;
    }

private:
    /// Bursts that reach the scratchpad with a step, or with the steps of a stream.
    struct Passing {
        memory::Ticket ticket;
        std::size_t bursts = 0;
    };

    void execute(const Command& command) override;
    PassagePlace placeOf(const TransferCommand& transfer) const;
    void transfer(std::uint32_t layer);
    void transferRuns(std::uint32_t layer);
    void load(std::uint32_t layer);
    void store(std::uint32_t layer);
    void storeWide(std::uint32_t layer);
    void request(std::size_t burst, std::uint32_t layer);
    void awaitSlot();
    bool freeSlots();
    bool hasSlot() const { return inFlight_ + passing_ < config_.dma.slots(); }
    /// The whole way of what is in the passage.
    memory::AccessStream wholePassage();
    void pass();
    void awaitArrivals();
    void count(const Command& command, const TransferCommand& transfer);
    void recordStates(Cycle begin, Cycle conflicts);

    MachineConfig config_;
    bool isLoad_;
    bool isWide_ = false;  ///< several bursts a cycle
    TransferCommand transfer_;
    const WordLayout* words_ = nullptr;    ///< of the scratchpad of the command
    std::optional<BurstPassage> passage_;  ///< empty if that takes no time
    std::vector<BurstShare> bursts_;       ///< of the command that is executing
    std::size_t inFlight_ = 0;             ///< bursts asked for and not yet answered
    std::size_t passing_ = 0;              ///< bursts between the engine and the scratchpad
    std::deque<Passing> writing_;          ///< those of a load, posted to the ports
    Cycle moving_ = 0;                     ///< cycles of the command in which bytes pass
    bool isSettled_ = false;               ///< `pass` has let all answers of the instant arrive
    sc_core::sc_event moved_;              ///< an answer came, or bytes have passed
    sc_core::sc_event passNext_;
    std::vector<std::uint64_t> layerBursts_;
};

}  // namespace systole::arch
