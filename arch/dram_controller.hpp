// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <systemc>
#include <unordered_map>
#include <variant>
#include <vector>

#include "arch/clock_domain.hpp"
#include "arch/memory_port.hpp"
#include "models/memory/address_map.hpp"
#include "models/memory/dram_channel.hpp"
#include "models/memory/dram_config.hpp"
#include "models/memory/ideal_memory.hpp"
#include "models/memory/reordering_channel.hpp"

namespace systole::arch {

/// DRAM commands that one owner's bursts caused.
struct OwnerCommands {
    std::uint64_t activates = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
};

/// All DRAM channels behind one port, each with its queue and on its own clock. The timing is
/// models/memory's; this module waits for the next command or completion, and for nothing else.
class DramController final : public sc_core::sc_module, public MemoryPort {
public:
    DramController(const sc_core::sc_module_name& name, const memory::DramConfig& config,
                   const ClockDomain& coreClock);

    void request(const Burst& burst, BurstClient& client) override;
    std::uint32_t burstBytes() const override { return config_.burstBytes(); }

    /// Back to the state after power-up at the current time: all banks closed, refresh due tREFI
    /// later.
    void reset();
    /// Counters of each channel from reset to now; empty for an ideal memory. Nothing may be
    /// waiting.
    std::vector<memory::DramCounters> countersNow();
    /// Commands that each owner's bursts caused since reset, by Burst::owner.
    const std::vector<OwnerCommands>& ownerCommands() const { return ownerCommands_; }

private:
    using Channel = std::variant<memory::DramChannel, memory::ReorderingChannel>;

    struct Completion {
        std::uint64_t ticks;
        std::uint64_t order;  ///< of arrival; keeps equal times deterministic
        std::uint64_t tag;
        BurstClient* client;
        bool operator>(const Completion& other) const {
            return ticks != other.ticks ? ticks > other.ticks : order > other.order;
        }
    };
    /// What waits in the queue of a reordering channel.
    struct Waiting {
        Burst burst;
        BurstClient* client;
    };

    Channel makeChannel() const;
    OwnerCommands& commandsOf(const Burst& burst);
    void serve(const Burst& burst, BurstClient& client);
    void complete(const Burst& burst, BurstClient& client, std::uint64_t order,
                  const memory::ServedBurst& served);
    void addCompletion(const sc_core::sc_time& time, const Completion& completion);
    void issue();
    void issueDue(memory::ReorderingChannel& channel);
    sc_core::sc_time issueTime(memory::ReorderingChannel& channel);
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
    std::unordered_map<std::uint64_t, Waiting> waiting_;  ///< by order of arrival
    std::priority_queue<Completion, std::vector<Completion>, std::greater<>> pending_;
    sc_core::sc_event nextCommand_;
    sc_core::sc_event nextCompletion_;
};

}  // namespace systole::arch
