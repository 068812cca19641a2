// SPDX-License-Identifier: Apache-2.0
// What a controller does next: the policies of MemoryController.
#include <algorithm>
#include <tuple>

#include "models/memory/dram/memory_controller.hpp"

namespace systole::memory {

/// In general the command goes that may go first; at one clock the one for data. But what holds up
/// an Activate loses clocks of the activate window that nothing makes up for, so that an Activate
/// goes before what would still occupy its bus: not where column commands compete for the data bus,
/// nor where the command bus has less room than the window.
const MemoryController::Front& MemoryController::firstOf(const Front& activates,
                                                         const Front& precharges,
                                                         const Front& columns) const {
    const bool columnFirst = columns.clock <= precharges.clock;
    const Front& other = columnFirst ? columns : precharges;
    if (activates.clock == kNever || other.clock == kNever) {
        return activates.clock == kNever ? other : activates;
    }
    const bool isContended = columnFirst && columns.count > 1;
    const Command command = columnFirst ? Command::Read : Command::Precharge;
    const Cycle slot = activatesFirst_ && !isContended ? slotBeforeActivate_[indexOf(command)] : 0;
    return other.clock + slot <= activates.clock ? other : activates;
}

/// Whether bursts to random rows are limited by the activate window and not by the command bus.
bool MemoryController::isWindowNarrow() const {
    Cycle bus = 0;
    const auto& commands = config_.commands;
    for (const Command command : {Command::Activate, Command::Precharge, Command::Read}) {
        const CommandSlot& slot = commands[indexOf(command)];
        bus += slot.bus == commands[indexOf(Command::Activate)].bus ? slot.clocks : 0;
    }
    double window = 0;
    for (const TimingRule& rule : config_.rules) {
        if (rule.level == Level::Rank && rule.next == Command::Activate &&
            rule.follows(Command::Activate)) {
            window = std::max(window, static_cast<double>(rule.clocks) / rule.window);
        }
    }
    return window >= static_cast<double>(bus);
}

const MemoryController::Choice& MemoryController::choice() {
    if (!isChosen_) {
        isChosen_ = true;
        choice_ = {};
        chooseDirection();
        for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank) {
            if (ranks_[rank].servesFirst) {
                block(rank);  // a burst was served, or it is no longer its turn
            }
        }
        considerBursts(choice_);
        if (config_.controller.pagePolicy != PagePolicy::Open) {
            considerPages(choice_);
        }
        for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank) {
            considerRank(choice_, rank);
        }
    }
    return choice_;
}

void MemoryController::consider(Choice& best, Choice candidate) const {
    candidate.clock =
        std::max({candidate.clock, now_, device_.earliest(candidate.command, candidate.bank)});
    if (std::tie(candidate.clock, candidate.urgency, candidate.order) <
        std::tie(best.clock, best.urgency, best.order)) {
        best = candidate;
    }
}

void MemoryController::turn(bool toWrites, bool isDrain) {
    writing_ = toWrites;
    draining_ = isDrain;
    served_ = 0;
    candidates_.invalidateAll();
}

bool MemoryController::isAged(Slot slot, const RequestQueue& queue) const {
    return slot != RequestQueue::kNone &&
           now_ >= queue.at(slot).arrival + config_.controller.ageLimit;
}

/// Writes are served where no read waits, and in batches from the high watermark down to the low
/// one. A burst past the age limit ends the other direction's turn after a batch of that size.
void MemoryController::chooseDirection() {
    if (!writing_ && writes_.empty()) {
        return;
    }
    const DramControllerConfig& limits = config_.controller;
    const bool batchDone = served_ >= limits.writeHigh - limits.writeLow;
    const bool readAged = isAged(reads_.oldest(), reads_);
    const bool writeAged = isAged(writes_.oldest(), writes_);
    if (!writing_) {
        const bool full = writes_.size() >= limits.writeHigh && (batchDone || !readAged);
        const bool drain = full || (writeAged && batchDone);
        if (writes_.available() > 0 && (reads_.empty() || drain)) {
            turn(true, drain);
        }
    } else if (!reads_.empty()) {
        const bool drained = !draining_ || (writes_.size() <= limits.writeLow && !writeAged);
        if (writes_.available() == 0 || drained || (readAged && batchDone)) {
            turn(false, false);
        }
    }
}

Command MemoryController::nextCommand(const QueuedBurst& burst) const {
    const std::uint32_t row = device_.openRow(burst.bank);
    if (row == burst.row) {
        return writing_ ? Command::Write : Command::Read;
    }
    return row == DramDevice::kClosed ? Command::Activate : Command::Precharge;
}

MemoryController::Slot MemoryController::oldestAvailable() const {
    Slot oldest = RequestQueue::kNone;
    const RequestQueue& bursts = queue(writing_);
    bursts.pending().forEach([&](std::uint32_t bank) {
        const Slot slot = bursts.oldestOf(bank);
        if (oldest == RequestQueue::kNone || bursts.at(slot).order < bursts.at(oldest).order) {
            oldest = slot;
        }
    });
    return oldest;
}

/// Of a bank's bursts, the one that the policy lets go on.
MemoryController::Slot MemoryController::chosenOf(std::uint32_t bank) const {
    const RequestQueue& bursts = queue(writing_);
    const Slot oldest = bursts.oldestOf(bank);
    const Slot hit = bursts.hitOf(bank);
    const Limit& cap = config_.controller.rowHitCap;
    if (hit == RequestQueue::kNone || config_.controller.policy == SchedulingPolicy::Fcfs ||
        (hit != oldest && cap && banks_[bank].passed >= *cap)) {
        return oldest;
    }
    return hit;
}

BankCandidates::Candidate MemoryController::candidateOf(std::uint32_t bank, Slot aged) const {
    const RequestQueue& bursts = queue(writing_);
    const bool isAged = aged != RequestQueue::kNone && bursts.at(aged).bank == bank;
    const Slot slot = isAged ? aged : chosenOf(bank);
    const QueuedBurst& burst = bursts.at(slot);
    const Command command = nextCommand(burst);
    return {std::max(burst.notBefore, device_.timing().bankReady(command, bank)), burst.order, slot,
            command};
}

/// The oldest burst, if it is past the age limit: its bank serves no other.
MemoryController::Slot MemoryController::agedBurst() const {
    const RequestQueue& bursts = queue(writing_);
    const bool isAlone = config_.controller.policy == SchedulingPolicy::FrFcfs &&
                         isAged(bursts.oldest(), bursts) && !bursts.at(bursts.oldest()).held;
    return isAlone ? bursts.oldest() : RequestQueue::kNone;
}

/// The burst that alone may use the data bus: with FCFS the oldest one, else one that a refresh
/// waits for, else one past the age limit that only lacks its data.
MemoryController::Slot MemoryController::alone(Slot aged) const {
    if (config_.controller.policy == SchedulingPolicy::Fcfs) {
        return oldestAvailable();
    }
    const bool isAwaited = std::any_of(ranks_.begin(), ranks_.end(),
                                       [](const Rank& rank) { return rank.servesFirst; });
    if (const Slot first = isAwaited ? firstBeforeRefresh() : RequestQueue::kNone;
        first != RequestQueue::kNone) {
        return first;
    }
    if (aged != RequestQueue::kNone) {
        const QueuedBurst& burst = queue(writing_).at(aged);
        if (!candidates_.isBlocked(burst.bank) && device_.openRow(burst.bank) == burst.row) {
            return aged;
        }
    }
    return RequestQueue::kNone;
}

/// Nothing to choose from: what a row that conflicts with the next one, or a dependent request,
/// meets.
void MemoryController::considerOnlyBank(Choice& best) const {
    const std::uint32_t bank = queue(writing_).pending().only();
    if (!candidates_.isBlocked(bank)) {
        const BankCandidates::Candidate next = candidateOf(bank, agedBurst());
        const Cycle clock = std::max({next.ready, now_, device_.earliest(next.command, bank)});
        best = {clock, Urgency::Burst, next.order, next.command, bank, next.slot};
    }
}

/// The same as `consider` of every bank's next command.
void MemoryController::considerBursts(Choice& best) {
    const RequestQueue& bursts = queue(writing_);
    if (bursts.pending().size() == 1) {
        considerOnlyBank(best);
        return;
    }
    const TimingEngine& timing = device_.timing();
    const Slot aged = agedBurst();
    const Slot only = alone(aged);
    if (aged != RequestQueue::kNone) {
        candidates_.invalidate(bursts.at(aged).bank);
    }
    candidates_.renew(bursts.pending(), timing, now_,
                      [&](std::uint32_t bank) { return candidateOf(bank, aged); });
    const Command column = writing_ ? Command::Write : Command::Read;
    Front onlyFront;
    const Front* columns = &onlyFront;
    if (only == RequestQueue::kNone) {
        columns = &candidates_.first(column, timing, now_);
    } else if (candidates_.of(bursts.at(only).bank).slot == only) {
        onlyFront = candidates_.alone(bursts.at(only).bank, column, timing, now_);
    }
    const Front& front = firstOf(candidates_.first(Command::Activate, timing, now_),
                                 candidates_.first(Command::Precharge, timing, now_), *columns);
    if (front.clock != kNever) {
        const BankCandidates::Candidate& chosen = candidates_.of(front.bank);
        best = {front.clock, Urgency::Burst, chosen.order, chosen.command, front.bank, chosen.slot};
    }
    if (aged != RequestQueue::kNone) {
        candidates_.invalidate(bursts.at(aged).bank);  // it is its bank's for this time
    }
}

void MemoryController::considerPages(Choice& best) const {
    const bool adaptive = config_.controller.pagePolicy == PagePolicy::Adaptive;
    for (std::uint32_t i = 0; i < banks_.size(); ++i) {
        const Bank& bank = banks_[i];
        if (bank.mayClose && !candidates_.isBlocked(i) && reads_.hitOf(i) == RequestQueue::kNone &&
            writes_.hitOf(i) == RequestQueue::kNone) {
            const Cycle clock = adaptive ? bank.lastUse + bank.timeout : 0;
            consider(best, {clock, Urgency::Housekeeping, i, Command::Precharge, i});
        }
    }
}

}  // namespace systole::memory
