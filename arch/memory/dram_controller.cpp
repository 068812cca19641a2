// SPDX-License-Identifier: Apache-2.0
#include "arch/memory/dram_controller.hpp"

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
    sensitive << nextAnswer_;
    dont_initialize();
}

void DramController::reset() {
    SYSTOLE_CHECK(unanswered_ == 0, "{}: reset with {} bursts under way", name(), unanswered_);
    waiting_.clear();
    answers_ = {};
    origin_ = sc_time_stamp();
    channels_.clear();
    ownerCommands_.clear();
    ties_ = 0;
    lastRequest_ = kNever;
    if (config_.ddr) {
        for (std::uint32_t i = 0; i < config_.ddr->organization.channels; ++i) {
            channels_.push_back({memory::MemoryController(*config_.ddr), {}, 0});
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

Cycle DramController::clockNow() const { return clock_->cycleAt(sc_time_stamp() - origin_); }

bool DramController::appendState(std::vector<std::uint64_t>& state) const {
    if (!ideal_ || unanswered_ > 0) {
        return false;
    }
    state.push_back(ideal_->slotsTaken(coreClock_.cycleAt(sc_time_stamp() - origin_)));
    return true;
}

void DramController::request(const Burst& burst, BurstClient& client) {
    SYSTOLE_CHECK(burst.address % burstBytes() == 0, "{}: burst at {} is not aligned", name(),
                  burst.address);
    const Request request{burst, &client, requests_++};
    unanswered_ += burst.count;
    if (ideal_) {
        OwnerCommands& commands = commandsOf(burst);
        (burst.isWrite ? commands.writes : commands.reads) += burst.count;
        const Cycle now = coreClock_.cycleAt(sc_time_stamp() - origin_);
        ties_ += now == lastRequest_ && burst.isWrite != lastIsWrite_ ? 1 : 0;
        lastRequest_ = now;
        lastIsWrite_ = burst.isWrite;
        answerAt(origin_ + coreClock_.edge(ideal_->serve(burst.count * burstBytes(), now)), request,
                 true);
        return;
    }
    SYSTOLE_CHECK(burst.count == 1, "{}: a run of {} bursts", name(), burst.count);
    Channel& channel = channels_[map_->decode(burst.address).channel];
    arrive(channel, {request, clockNow()});
    schedule(channel);
}

/// Of the bursts that arrive in one clock, reads go before writes, so that the order in which the
/// kernel runs processes within an instant does not matter.
void DramController::arrive(Channel& channel, const Arrival& arrival) {
    auto place = channel.arriving.end();
    const auto isLater = [&](const Arrival& other) {
        return other.clock == arrival.clock && other.request.burst.isWrite &&
               !arrival.request.burst.isWrite;
    };
    while (place != channel.arriving.begin() && isLater(*std::prev(place))) {
        --place;
    }
    channel.arriving.insert(place, arrival);
}

/// Does what the channel does before `clock`. What it does at a clock is decided in the next clock,
/// because only then all bursts that have arrived in time are known.
void DramController::serveUntil(Channel& channel, Cycle clock) {
    for (Cycle next = nextClock(channel); next < clock; next = nextClock(channel)) {
        if (next == entryClock(channel)) {
            enter(channel, next);
        } else if (const auto burst = channel.controller.step()) {
            served(*burst);
            channel.freeSince = burst->columnClock + 1;
        }
    }
}

/// The clock at which the queues take the next burst; kNever as long as they have no room for it.
Cycle DramController::entryClock(const Channel& channel) const {
    if (channel.arriving.empty() ||
        !channel.controller.hasRoom(channel.arriving.front().request.burst.isWrite)) {
        return kNever;
    }
    return std::max(channel.arriving.front().clock, channel.freeSince);
}

Cycle DramController::nextClock(Channel& channel) const {
    return std::min(entryClock(channel), channel.controller.nextClock());
}

void DramController::enter(Channel& channel, Cycle clock) {
    const Request request = channel.arriving.front().request;
    channel.arriving.pop_front();
    waiting_.emplace(request.order, request);
    const auto answer = channel.controller.offer(
        {request.order, map_->decode(request.burst.address), request.burst.isWrite}, clock);
    if (request.burst.isWrite) {
        answerAt(origin_ + clock_->edge(clock + 1), request, true);
    } else if (answer) {
        waiting_.erase(request.order);
        answerAt(origin_ + clock_->edge(answer->dataEndClock), request, true);
    }
}

void DramController::served(const memory::ServedBurst& burst) {
    const auto entry = waiting_.find(burst.tag);
    SYSTOLE_CHECK(entry != waiting_.end(), "{}: answer {} to no request", name(), burst.tag);
    const Request request = entry->second;
    waiting_.erase(entry);
    OwnerCommands& commands = commandsOf(request.burst);
    ++(burst.isWrite ? commands.writes : commands.reads);
    commands.activates += burst.activated ? 1 : 0;
    answerAt(origin_ + clock_->edge(burst.dataEndClock), request, !burst.isWrite);
}

void DramController::answerAt(const sc_time& time, const Request& request, bool isTold) {
    answers_.push({time.value(), request.order, request.burst.tag,
                   isTold ? request.client : nullptr, request.burst.count});
    notifyAnswer();
}

void DramController::notifyAnswer() {
    const sc_time time = sc_time::from_value(answers_.top().ticks);
    nextAnswer_.notify(std::max(time, sc_time_stamp()) - sc_time_stamp());
}

void DramController::schedule(Channel& channel) {
    const Cycle next = nextClock(channel);
    if (next != kNever) {
        const sc_time time = origin_ + clock_->edge(next + 1);
        nextCommand_.notify(std::max(time, sc_time_stamp()) - sc_time_stamp());
    }
}

void DramController::issue() {
    for (Channel& channel : channels_) {
        serveUntil(channel, clockNow());
        schedule(channel);
    }
}

void DramController::deliver() {
    while (!answers_.empty() && answers_.top().ticks <= sc_time_stamp().value()) {
        const Answer answer = answers_.top();
        answers_.pop();
        if (answer.client != nullptr) {
            unanswered_ -= answer.count;
            answer.client->burstsDone(answer.tag, answer.count);
        }
    }
    if (!answers_.empty()) {
        notifyAnswer();
    }
}

std::vector<memory::DramCounters> DramController::countersNow() {
    std::vector<memory::DramCounters> counters;
    for (Channel& channel : channels_) {
        const Cycle now = std::max(clockNow(), channel.controller.lastDataClock());
        channel.controller.idleUntil(now);
        counters.push_back(channel.controller.countersAt(now));
    }
    return counters;
}

}  // namespace systole::arch
