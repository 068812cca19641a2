// SPDX-License-Identifier: Apache-2.0
#include "models/memory/reordering_channel.hpp"

#include <algorithm>
#include <tuple>

#include "models/check.hpp"

namespace systole::memory {

namespace {

bool isColumn(Command command) { return command == Command::Read || command == Command::Write; }

}  // namespace

ReorderingChannel::ReorderingChannel(const DdrConfig& config)
    : config_(config),
      burstClocks_(config.organization.burstLength / 2),
      device_(config),
      views_(std::size_t{config.organization.bankGroups} * config.organization.banksPerGroup) {}

void ReorderingChannel::offer(std::uint64_t tag, const DramAddress& address, bool isWrite,
                              Cycle arrivalClock) {
    SYSTOLE_CHECK(arrivalClock >= lastArrival_ && arrivalClock + 1 >= now_,
                  "arrival at {} after one at {} and commands before {}", arrivalClock,
                  lastArrival_, now_);
    lastArrival_ = arrivalClock;
    if (queue_.empty() && arrivalClock > lastDataClock_) {
        idleClocks_ += arrivalClock - lastDataClock_;
        lastDataClock_ = arrivalClock;
    }
    queue_.push_back({tag, address, isWrite, false, arrivalClock + config_.controllerClocks, {}});
    choice_.reset();
}

std::optional<Cycle> ReorderingChannel::nextClock() {
    if (queue_.empty()) {
        return std::nullopt;
    }
    return std::min(choose().step.clock, device_.nextRefresh());
}

const ReorderingChannel::Choice& ReorderingChannel::choose() {
    if (!choice_) {
        choice_ = bestChoice();
    }
    return *choice_;
}

ReorderingChannel::Choice ReorderingChannel::bestChoice() {
    findHits();
    std::optional<Choice> best;
    const auto rank = [](const Choice& choice) {
        return std::tuple(choice.step.clock, !isColumn(choice.step.command), choice.entry);
    };
    // An urgent burst that only lacks its data keeps others off the data bus.
    bool busTaken = false;
    for (std::size_t i = 0; i < queue_.size(); ++i) {
        const Entry& entry = queue_[i];
        const CommandStep step =
            device_.nextStep(entry.address, entry.isWrite, std::max(entry.notBefore, now_));
        if (!isCandidate(entry, step.command, viewOf(entry.address.bank)) ||
            (busTaken && isColumn(step.command))) {
            continue;
        }
        busTaken = busTaken || (isUrgent(entry) && isColumn(step.command));
        const Choice choice{i, step};
        if (!best || rank(choice) < rank(*best)) {
            best = choice;
        }
    }
    SYSTOLE_CHECK(best.has_value(), "{} bursts wait for each other", queue_.size());
    return *best;
}

/// Whether the policy lets `entry`, the next one of the queue by age, go on in its bank.
bool ReorderingChannel::isCandidate(const Entry& entry, Command command, BankView& bank) const {
    const bool isOldest = !bank.seen;
    bank.seen = true;
    if (isColumn(command)) {
        const bool isFirst = !bank.columnTaken;
        bank.columnTaken = true;
        return isFirst;
    }
    if (!isOldest) {
        return false;
    }
    if (command == Command::Precharge && bank.hasHit && !isUrgent(entry)) {
        return false;
    }
    // Its row comes next, even if younger bursts hit the one that is open.
    bank.columnTaken = bank.columnTaken || isUrgent(entry);
    return true;
}

void ReorderingChannel::findHits() {
    std::fill(views_.begin(), views_.end(), BankView{});
    for (const Entry& entry : queue_) {
        if (device_.openRow(entry.address.bank) == entry.address.row) {
            viewOf(entry.address.bank).hasHit = true;
        }
    }
}

ReorderingChannel::BankView& ReorderingChannel::viewOf(BankId bank) {
    return views_[std::size_t{bank.bankGroup} * config_.organization.banksPerGroup + bank.bank];
}

std::optional<ReorderingChannel::Completion> ReorderingChannel::step() {
    SYSTOLE_CHECK(!queue_.empty(), "nothing waits");
    const auto [index, step] = choose();
    choice_.reset();
    if (step.clock >= device_.nextRefresh()) {
        device_.refreshDueBy(step.clock);
        return std::nullopt;
    }
    Entry& entry = queue_[index];
    device_.issue({step.clock, step.command, entry.address.bank, entry.address.row});
    now_ = step.clock + 1;
    device_.forgetBefore(now_);
    if (!entry.begun) {
        outcomes_.count(step.command);
        entry.begun = true;
    }
    if (step.command == Command::Precharge) {
        entry.served.prechargeClock = step.clock;
        return std::nullopt;
    }
    if (step.command == Command::Activate) {
        entry.served.activateClock = step.clock;
        return std::nullopt;
    }
    entry.served.columnClock = step.clock;
    entry.served.dataEndClock =
        step.clock + (entry.isWrite ? config_.timing.CWL : config_.timing.CL) + burstClocks_;
    lastDataClock_ = std::max(lastDataClock_, entry.served.dataEndClock);
    ++bursts_;
    const Completion completion{entry.tag, entry.served};
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(index));
    return completion;
}

void ReorderingChannel::idleUntil(Cycle clock) {
    SYSTOLE_CHECK(queue_.empty() && clock >= lastArrival_, "idle until {} with {} bursts waiting",
                  clock, queue_.size());
    lastArrival_ = clock;
    device_.forgetBefore(std::max(now_, clock));
    if (clock > 0) {
        device_.refreshDueBy(clock - 1);
    }
}

DramCounters ReorderingChannel::countersAt(Cycle endClock) const {
    SYSTOLE_CHECK(endClock >= lastDataClock_, "end at {} before the last data at {}", endClock,
                  lastDataClock_);
    DramCounters counters = device_.countersAt(endClock);
    outcomes_.addTo(counters);
    counters.busyClocks = bursts_ * burstClocks_;
    counters.idleClocks = idleClocks_ + endClock - lastDataClock_;
    counters.stalledClocks = endClock - counters.idleClocks - counters.busyClocks;
    return counters;
}

}  // namespace systole::memory
