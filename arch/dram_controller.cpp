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
    SC_METHOD(issue);
    sensitive << nextCommand_;
    dont_initialize();
    SC_METHOD(deliver);
    sensitive << nextCompletion_;
    dont_initialize();
}

DramController::Channel DramController::makeChannel() const {
    if (config_.ddr->policy == memory::SchedulingPolicy::Fcfs) {
        return memory::DramChannel(*config_.ddr);
    }
    return memory::ReorderingChannel(*config_.ddr);
}

void DramController::reset() {
    SYSTOLE_CHECK(pending_.empty() && waiting_.empty(), "{}: reset with {} bursts under way",
                  name(), pending_.size() + waiting_.size());
    origin_ = sc_time_stamp();
    channels_.clear();
    ownerCommands_.clear();
    if (config_.ddr) {
        for (std::uint32_t i = 0; i < config_.ddr->organization.channels; ++i) {
            channels_.push_back(makeChannel());
        }
    } else {
        ideal_.emplace(*config_.ideal);
    }
}

OwnerCommands& DramController::commandsOf(const Burst& burst) {
    if (ownerCommands_.size() <= burst.owner) {
        ownerCommands_.resize(burst.owner + 1);
    }
    return ownerCommands_[burst.owner];
}

void DramController::request(const Burst& burst, BurstClient& client) {
    SYSTOLE_CHECK(burst.address % burstBytes() == 0, "{}: burst at {} is not aligned", name(),
                  burst.address);
    OwnerCommands& commands = commandsOf(burst);
    ++(burst.isWrite ? commands.writes : commands.reads);
    if (ideal_) {
        const Cycle now = coreClock_.cycleAt(sc_time_stamp() - origin_);
        addCompletion(origin_ + coreClock_.edge(ideal_->serve(burstBytes(), now)),
                      {0, requests_++, burst.tag, &client});
    } else {
        serve(burst, client);
    }
}

void DramController::serve(const Burst& burst, BurstClient& client) {
    const memory::DramAddress place = map_->decode(burst.address);
    const Cycle now = clock_->cycleAt(sc_time_stamp() - origin_);
    const std::uint64_t order = requests_++;
    if (auto* inOrder = std::get_if<memory::DramChannel>(&channels_[place.channel])) {
        complete(burst, client, order, inOrder->serve(place, burst.isWrite, now));
        return;
    }
    auto& channel = std::get<memory::ReorderingChannel>(channels_[place.channel]);
    waiting_.emplace(order, Waiting{burst, &client});
    channel.offer(order, place, burst.isWrite, now);
    nextCommand_.notify(issueTime(channel) - sc_time_stamp());
}

void DramController::complete(const Burst& burst, BurstClient& client, std::uint64_t order,
                              const memory::ServedBurst& served) {
    commandsOf(burst).activates += served.activateClock ? 1 : 0;
    addCompletion(origin_ + clock_->edge(served.dataEndClock), {0, order, burst.tag, &client});
}

void DramController::addCompletion(const sc_time& time, const Completion& completion) {
    pending_.push({time.value(), completion.order, completion.tag, completion.client});
    nextCompletion_.notify(sc_time::from_value(pending_.top().ticks) - sc_time_stamp());
}

/// A command of clock c is decided on one clock later: all that arrives in time for it is known
/// then, in whatever order processes of one instant run.
sc_time DramController::issueTime(memory::ReorderingChannel& channel) {
    const Cycle clock = channel.nextClock().value();
    return std::max(origin_ + clock_->edge(clock + 1), sc_time_stamp());
}

void DramController::issueDue(memory::ReorderingChannel& channel) {
    while (channel.nextClock() && issueTime(channel) <= sc_time_stamp()) {
        if (const auto done = channel.step()) {
            const auto entry = waiting_.find(done->tag);
            SYSTOLE_CHECK(entry != waiting_.end(), "{}: answer {} to no request", name(),
                          done->tag);
            const Waiting request = entry->second;
            waiting_.erase(entry);
            complete(request.burst, *request.client, done->tag, done->served);
        }
    }
}

void DramController::issue() {
    for (Channel& each : channels_) {
        auto& channel = std::get<memory::ReorderingChannel>(each);
        issueDue(channel);
        if (channel.nextClock()) {
            nextCommand_.notify(issueTime(channel) - sc_time_stamp());
        }
    }
}

void DramController::deliver() {
    while (!pending_.empty() && pending_.top().ticks <= sc_time_stamp().value()) {
        const Completion completion = pending_.top();
        pending_.pop();
        completion.client->burstDone(completion.tag);
    }
    if (!pending_.empty()) {
        nextCompletion_.notify(sc_time::from_value(pending_.top().ticks) - sc_time_stamp());
    }
}

std::vector<memory::DramCounters> DramController::countersNow() {
    std::vector<memory::DramCounters> counters;
    const Cycle present = config_.ddr ? clock_->cycleAt(sc_time_stamp() - origin_) : 0;
    for (Channel& each : channels_) {
        counters.push_back(std::visit(
            [&](auto& channel) {
                const Cycle now = std::max(present, channel.lastDataClock());
                channel.idleUntil(now);
                return channel.countersAt(now);
            },
            each));
    }
    return counters;
}

}  // namespace systole::arch
