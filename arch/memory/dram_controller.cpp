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
    arriving_.clear();
    answers_ = {};
    origin_ = sc_time_stamp();
    channels_.clear();
    ownerCommands_.clear();
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
    state.push_back(ideal_->slotsTaken(coreCycleNow()));
    return true;
}

Cycle DramController::coreCycleNow() const { return coreClock_.cycleAt(sc_time_stamp() - origin_); }

void DramController::request(const Burst& burst, BurstClient& client) {
    SYSTOLE_CHECK(burst.address % burstBytes() == 0, "{}: burst at {} is not aligned", name(),
                  burst.address);
    const Request request{burst, &client, requests_++};
    unanswered_ += burst.count;
    if (ideal_) {
        requestIdeal({request, coreCycleNow()});
        return;
    }
    SYSTOLE_CHECK(burst.count == 1, "{}: a run of {} bursts", name(), burst.count);
    Channel& channel = channels_[map_->decode(burst.address).channel];
    arrive(channel.arriving, {request, clockNow()});
    schedule(channel);
}

/// Which burst uses a limited bandwidth first is decided in the next cycle, when all bursts of this
/// one are known. Without a limit the order does not matter, and the answer may be due at once.
void DramController::requestIdeal(const Arrival& arrival) {
    OwnerCommands& commands = commandsOf(arrival.request.burst);
    (arrival.request.burst.isWrite ? commands.writes : commands.reads) +=
        arrival.request.burst.count;
    if (config_.ideal->bytesPerCycle) {
        arrive(arriving_, arrival);
        scheduleIdeal();
    } else {
        serveIdeal(arrival);
    }
}

/// Of the bursts that arrive in one clock, reads go before writes, so that the order in which the
/// kernel runs processes within an instant does not matter.
void DramController::arrive(std::deque<Arrival>& arriving, const Arrival& arrival) {
    auto place = arriving.end();
    const auto isLater = [&](const Arrival& other) {
        return other.clock == arrival.clock && other.request.burst.isWrite &&
               !arrival.request.burst.isWrite;
    };
    while (place != arriving.begin() && isLater(*std::prev(place))) {
        --place;
    }
    arriving.insert(place, arrival);
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

void DramController::notifyCommand(const sc_time& time) {
    nextCommand_.notify(std::max(time, sc_time_stamp()) - sc_time_stamp());
}

void DramController::schedule(Channel& channel) {
    const Cycle next = nextClock(channel);
    if (next != kNever) {
        notifyCommand(origin_ + clock_->edge(next + 1));
    }
}

void DramController::serveIdeal(const Arrival& arrival) {
    const Cycle end = ideal_->serve(arrival.request.burst.count * burstBytes(), arrival.clock);
    answerAt(origin_ + coreClock_.edge(end), arrival.request, true);
}

void DramController::scheduleIdeal() {
    if (!arriving_.empty()) {
        notifyCommand(origin_ + coreClock_.edge(arriving_.front().clock + 1));
    }
}

/// Answers that are due at the instant in which they are decided come with all others of it, in
/// the same delta cycle: a DMA engine may look at what has come only once.
void DramController::issue() {
    for (Channel& channel : channels_) {
        serveUntil(channel, clockNow());
        schedule(channel);
    }
    for (; !arriving_.empty() && arriving_.front().clock < coreCycleNow(); arriving_.pop_front()) {
        serveIdeal(arriving_.front());
    }
    scheduleIdeal();
    deliver();
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
