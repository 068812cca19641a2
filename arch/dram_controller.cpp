// SPDX-License-Identifier: Apache-2.0
#include "arch/dram_controller.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch {

using sc_core::sc_time;
using sc_core::sc_time_stamp;

DramController::DramController(const sc_core::sc_module_name& name,
                               const memory::DramConfig& config, const ClockDomain& coreClock)
    : sc_module(name), config_(config), coreClock_(coreClock) {
    if (config_.ddr) {
        clock_.emplace(config_.ddr->clockHertz);
        map_.emplace(*config_.ddr);
    }
    reset();
    SC_HAS_PROCESS(DramController);
    SC_METHOD(deliver);
    sensitive << next_;
    dont_initialize();
}

void DramController::reset() {
    SYSTOLE_CHECK(pending_.empty(), "{}: reset with {} bursts under way", name(), pending_.size());
    origin_ = sc_time_stamp();
    channels_.clear();
    ownerCommands_.clear();
    if (config_.ddr) {
        for (std::uint32_t i = 0; i < config_.ddr->organization.channels; ++i) {
            channels_.emplace_back(*config_.ddr);
        }
    } else {
        ideal_.emplace(*config_.ideal);
    }
}

sc_time DramController::completionTime(const Burst& burst, OwnerCommands& commands) {
    ++(burst.isWrite ? commands.writes : commands.reads);
    const sc_time elapsed = sc_time_stamp() - origin_;
    if (ideal_) {
        return origin_ + coreClock_.edge(ideal_->serve(burstBytes(), coreClock_.cycleAt(elapsed)));
    }
    const memory::DramAddress place = map_->decode(burst.address);
    const memory::ServedBurst served =
        channels_[place.channel].serve(place, burst.isWrite, clock_->cycleAt(elapsed));
    commands.activates += served.activateClock ? 1 : 0;
    return origin_ + clock_->edge(served.dataEndClock);
}

void DramController::request(const Burst& burst, BurstClient& client) {
    SYSTOLE_CHECK(burst.address % burstBytes() == 0, "{}: burst at {} is not aligned", name(),
                  burst.address);
    if (ownerCommands_.size() <= burst.owner) {
        ownerCommands_.resize(burst.owner + 1);
    }
    const sc_time done = completionTime(burst, ownerCommands_[burst.owner]);
    pending_.push({done.value(), requests_++, burst.tag, &client});
    next_.notify(sc_time::from_value(pending_.top().ticks) - sc_time_stamp());
}

void DramController::deliver() {
    while (!pending_.empty() && pending_.top().ticks <= sc_time_stamp().value()) {
        const Completion completion = pending_.top();
        pending_.pop();
        completion.client->burstDone(completion.tag);
    }
    if (!pending_.empty()) {
        next_.notify(sc_time::from_value(pending_.top().ticks) - sc_time_stamp());
    }
}

std::vector<memory::DramCounters> DramController::countersNow() {
    std::vector<memory::DramCounters> counters;
    for (memory::DramChannel& channel : channels_) {
        const Cycle now =
            std::max(clock_->cycleAt(sc_time_stamp() - origin_), channel.lastDataClock());
        channel.idleUntil(now);
        counters.push_back(channel.countersAt(now));
    }
    return counters;
}

}  // namespace systole::arch
