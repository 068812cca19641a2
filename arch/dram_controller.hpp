// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <systemc>
#include <vector>

#include "arch/clock_domain.hpp"
#include "arch/memory_port.hpp"
#include "models/memory/address_map.hpp"
#include "models/memory/dram_channel.hpp"
#include "models/memory/dram_config.hpp"
#include "models/memory/ideal_memory.hpp"

namespace systole::arch {

/// DRAM commands that one owner's bursts caused.
struct OwnerCommands {
    std::uint64_t activates = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
};

/// All DRAM channels behind one port. Each channel serves its requests in order of arrival, on its
/// own clock; the timing is models/memory's, known at arrival, so that this module only waits for
/// the next completion.
class DramController final : public sc_core::sc_module, public MemoryPort {
public:
    DramController(const sc_core::sc_module_name& name, const memory::DramConfig& config,
                   const ClockDomain& coreClock);

    void request(const Burst& burst, BurstClient& client) override;
    std::uint32_t burstBytes() const override { return config_.burstBytes(); }

    /// Back to the state after power-up at the current time: all banks closed, refresh due tREFI
    /// later.
    void reset();
    /// Counters of each channel from reset to now; empty for an ideal memory.
    std::vector<memory::DramCounters> countersNow();
    /// Commands that each owner's bursts caused since reset, by Burst::owner.
    const std::vector<OwnerCommands>& ownerCommands() const { return ownerCommands_; }

private:
    struct Completion {
        std::uint64_t ticks;
        std::uint64_t order;  ///< of arrival; keeps equal times deterministic
        std::uint64_t tag;
        BurstClient* client;
        bool operator>(const Completion& other) const {
            return ticks != other.ticks ? ticks > other.ticks : order > other.order;
        }
    };

    sc_core::sc_time completionTime(const Burst& burst, OwnerCommands& commands);
    void deliver();

    memory::DramConfig config_;
    ClockDomain coreClock_;
    std::optional<ClockDomain> clock_;
    std::optional<memory::AddressMap> map_;
    std::vector<memory::DramChannel> channels_;
    std::optional<memory::IdealMemory> ideal_;
    sc_core::sc_time origin_;  ///< simulated time of the last reset; channel clocks count from it
    std::vector<OwnerCommands> ownerCommands_;
    std::uint64_t requests_ = 0;
    std::priority_queue<Completion, std::vector<Completion>, std::greater<>> pending_;
    sc_core::sc_event next_;
};

}  // namespace systole::arch
