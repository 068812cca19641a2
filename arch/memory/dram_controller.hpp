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

/// DRAM commands that one owner's bursts caused.
struct OwnerCommands {
    std::uint64_t activates = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
};

/// All DRAM channels behind one port, on a clock of their own. The timing is models/memory's; this
/// module waits for the next command or answer, and for nothing else. Each channel takes bursts in
/// the order of their arrival, as its queues have room. A write is answered one clock after the
/// queue has taken it, a read when its data have passed the pins.
class DramController final : public sc_core::sc_module, public MemoryPort {
public:
    DramController(const sc_core::sc_module_name& name, const memory::DramConfig& config,
                   const ClockDomain& coreClock);

    void request(const Burst& burst, BurstClient& client) override;
    std::uint32_t burstBytes() const override { return config_.burstBytes(); }

    /// Back to the state after power-up at the current time: all banks closed, refresh due tREFI
    /// later. All requests are answered; writes that are still queued are forgotten.
    void reset();
    /// Counters of each channel from reset to now; empty for an ideal memory. Nothing may be
    /// waiting.
    std::vector<memory::DramCounters> countersNow();
    /// Commands that each owner's bursts caused since reset, by Burst::owner.
    const std::vector<OwnerCommands>& ownerCommands() const { return ownerCommands_; }

private:
    struct Request {
        Burst burst;
        BurstClient* client = nullptr;
        std::uint64_t order = 0;  ///< of requests
    };
    struct Arrival {
        Request request;
        Cycle clock = 0;
    };
    struct Channel {
        memory::MemoryController controller;
        std::deque<Arrival> arriving;  ///< of this clock, or for which there has been no room
        Cycle freeSince = 0;           ///< there has been room
    };
    struct Answer {
        std::uint64_t ticks;
        std::uint64_t order;  ///< of the request; keeps equal times deterministic
        std::uint64_t tag;
        BurstClient* client;  ///< none: somebody was told before, and the time counts alone
        bool operator>(const Answer& other) const {
            return ticks != other.ticks ? ticks > other.ticks : order > other.order;
        }
    };

    OwnerCommands& commandsOf(const Burst& burst);
    Cycle clockNow() const;
    static void arrive(Channel& channel, const Arrival& arrival);
    Cycle entryClock(const Channel& channel) const;
    Cycle nextClock(Channel& channel) const;
    void enter(Channel& channel, Cycle clock);
    void serveUntil(Channel& channel, Cycle clock);
    void served(const memory::ServedBurst& burst);
    void schedule(Channel& channel);
    void answerAt(const sc_core::sc_time& time, const Request& request, bool isTold);
    void notifyAnswer();
    void issue();
    void deliver();

    memory::DramConfig config_;
    ClockDomain coreClock_;
    std::optional<ClockDomain> clock_;
    std::optional<memory::AddressMap> map_;
    std::vector<Channel> channels_;
    std::optional<memory::IdealMemory> ideal_;
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
