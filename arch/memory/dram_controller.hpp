// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <systemc>
#include <unordered_map>
#include <vector>

#include "arch/memory/clock_domain.hpp"
#include "arch/memory/memory_port.hpp"
#include "models/memory/dram/address_map.hpp"
#include "models/memory/dram/dram_config.hpp"
#include "models/memory/dram/ideal_memory.hpp"
#include "models/memory/dram/memory_controller.hpp"

namespace systole::arch {

/// The DRAM commands that one owner's bursts have caused.
struct OwnerCommands {
    std::uint64_t activates = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
};

/// All DRAM channels, on a clock of their own, with one port to the machine. The timing comes from
/// models/memory (docs/dram.md); this module only waits for the next command or answer. Each
/// channel takes bursts in the order of their arrival, as far as its queues have room. Of what
/// arrives in one clock reads go first, in either kind of memory. A write is answered one clock
/// after the queue has taken it, a read when its data have passed the pins.
class DramController final : public sc_core::sc_module, public MemoryPort {
public:
    DramController(const sc_core::sc_module_name& name, const memory::DramConfig& config,
                   const ClockDomain& coreClock);

    void request(const Burst& burst, BurstClient& client) override;
    bool takesRuns() const override { return ideal_ && ideal_->isUnlimited(); }
    std::uint32_t burstBytes() const override { return config_.burstBytes(); }

    /// Returns to the state after power-up at the current time: all banks are closed, and a refresh
    /// is due tREFI later. All requests must be answered. Writes that are still queued are dropped.
    void reset();
    /// The counters of each channel from reset until now; empty for an ideal memory. No request may
    /// be waiting.
    std::vector<memory::DramCounters> countersNow();
    /// Appends what the time of further requests depends on, where that is known: of an ideal
    /// memory without a request under way. Returns whether it is. An ideal memory treats all
    /// addresses alike; in a DRAM they matter, and so do refreshes.
    bool appendState(std::vector<std::uint64_t>& state) const;
    bool isIdeal() const { return ideal_.has_value(); }

    /// The commands that each owner's bursts have caused since reset, by Burst::owner.
    const std::vector<OwnerCommands>& ownerCommands() const { return ownerCommands_; }

private:
    struct Request {
        Burst burst;
        BurstClient* client = nullptr;
        std::uint64_t order = 0;  ///< number of the request since reset
    };
    struct Arrival {
        Request request;
        Cycle clock = 0;
    };
    struct Channel {
        memory::MemoryController controller;
        std::deque<Arrival> arriving;  ///< bursts of this clock, and those that found no room
        Cycle freeSince = 0;           ///< the clock since which there is room
    };
    struct Answer {
        std::uint64_t ticks;
        std::uint64_t order;  ///< of the request; keeps equal times deterministic
        std::uint64_t tag;
        BurstClient* client;  ///< null if it was told before, so that only the time counts
        std::uint64_t count;  ///< of bursts
        bool operator>(const Answer& other) const {
            return ticks != other.ticks ? ticks > other.ticks : order > other.order;
        }
    };

    OwnerCommands& commandsOf(const Burst& burst);
    Cycle clockNow() const;
    Cycle coreCycleNow() const;
    static void arrive(std::deque<Arrival>& arriving, const Arrival& arrival);
    void requestIdeal(const Arrival& arrival);
    void serveIdeal(const Arrival& arrival);
    void scheduleIdeal();
    Cycle entryClock(const Channel& channel) const;
    Cycle nextClock(Channel& channel) const;
    void enter(Channel& channel, Cycle clock);
    void serveUntil(Channel& channel, Cycle clock);
    void served(const memory::ServedBurst& burst);
    void schedule(Channel& channel);
    void answerAt(const sc_core::sc_time& time, const Request& request, bool isTold);
    void notifyAnswer();
    void notifyCommand(const sc_core::sc_time& time);
    void issue();
    void deliver();

    memory::DramConfig config_;
    ClockDomain coreClock_;
    std::optional<ClockDomain> clock_;
    std::optional<memory::AddressMap> map_;
    std::vector<Channel> channels_;
    std::optional<memory::IdealMemory> ideal_;
    std::deque<Arrival> arriving_;  ///< of this cycle of the core, at an ideal memory
    sc_core::sc_time origin_;  ///< simulated time of the last reset; channel clocks count from it
    std::vector<OwnerCommands> ownerCommands_;
    std::uint64_t requests_ = 0;
    std::uint64_t unanswered_ = 0;
    std::unordered_map<std::uint64_t, Request> waiting_;  ///< in the queues, by order
    std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
    sc_core::sc_event nextCommand_;
    sc_core::sc_event nextAnswer_;
};

}  // namespace systole::arch
