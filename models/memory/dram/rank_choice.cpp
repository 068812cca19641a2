// SPDX-License-Identifier: Apache-2.0
// What a controller does for its ranks: refreshes and power states.
#include <algorithm>
#include <numeric>

#include "models/memory/dram/memory_controller.hpp"

namespace systole::memory {

void MemoryController::refreshesDue() {
    now_ = std::max(now_, nextDue_);
    const Cycle due = nextDue_;
    nextDue_ = kNever;
    for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank) {
        RefreshSchedule& refresh = ranks_[rank].refresh;
        if (refresh.nextDue() == due) {
            if (!refresh.mustRefresh()) {
                aim(rank);  // else rows may be closed already for the set that it aims at
            }
            refresh.becomeDue();
            block(rank);
        }
        nextDue_ = std::min(nextDue_, refresh.nextDue());
    }
}

void MemoryController::noteRefresh(std::uint32_t rank) {
    ranks_[rank].refresh.refreshed(ranks_[rank].target);
    aim(rank);
    block(rank);
}

void MemoryController::notePower(const Choice& choice) {
    const std::uint32_t rank = device_.banks().rankOf(choice.bank);
    if (choice.command == Command::SelfRefreshEntry) {
        ranks_[rank].refresh.suspend();
    } else if (choice.command == Command::SelfRefreshExit) {
        ranks_[rank].refresh.resume(choice.clock);
    }
    nextDue_ = kNever;
    for (const Rank& each : ranks_) {
        nextDue_ = std::min(nextDue_, each.refresh.nextDue());
    }
    block(rank);
}

/// The banks that one refresh takes.
std::vector<std::uint32_t> MemoryController::banksOf(std::uint32_t rank, std::uint32_t set) const {
    const std::uint32_t first = rank * device_.banks().banksPerRank();
    if (config_.refresh.mode == RefreshMode::PerBank) {
        return device_.refreshSet(first + set);
    }
    std::vector<std::uint32_t> banks(device_.banks().banksPerRank());
    std::iota(banks.begin(), banks.end(), first);
    return banks;
}

/// Whether no burst waits for the banks of the set.
bool MemoryController::isIdle(std::uint32_t rank, std::uint32_t set) const {
    const auto banks = banksOf(rank, set);
    return std::all_of(banks.begin(), banks.end(), [&](std::uint32_t bank) {
        return reads_.oldestOf(bank) == RequestQueue::kNone &&
               writes_.oldestOf(bank) == RequestQueue::kNone;
    });
}

bool MemoryController::isClosed(std::uint32_t rank, std::uint32_t set) const {
    const auto banks = banksOf(rank, set);
    return std::none_of(banks.begin(), banks.end(),
                        [&](std::uint32_t bank) { return device_.isOpen(bank); });
}

/// The set to be refreshed next: one for which nothing waits, if there is any, and of those one
/// without an open row.
void MemoryController::aim(std::uint32_t rank) {
    if (config_.refresh.mode != RefreshMode::PerBank) {
        return;
    }
    Rank& state = ranks_[rank];
    int best = -1;
    for (std::uint32_t set = 0; set < state.refresh.sets(); ++set) {
        if (state.refresh.mayRefresh(set)) {
            const int merit = isIdle(rank, set) ? 1 + (isClosed(rank, set) ? 1 : 0) : 0;
            if (merit > best) {
                best = merit;
                state.target = set;
            }
        }
    }
}

/// Whether the next command of the bank is the Read or Write for which its row was opened. If a
/// refresh closed the row before, the Activate would have been in vain, and where refreshes are
/// frequent the burst would never be served.
bool MemoryController::servesFirst(std::uint32_t bank) const {
    const RequestQueue& bursts = queue(writing_);
    if (!banks_[bank].isFresh || bursts.hitOf(bank) == RequestQueue::kNone) {
        return false;
    }
    const Slot next = candidateOf(bank, agedBurst()).slot;
    const bool mayGo =
        config_.controller.policy == SchedulingPolicy::FrFcfs || next == oldestAvailable();
    return mayGo && bursts.at(next).row == device_.openRow(bank);
}

/// Banks that take no bursts: of a rank that is not up, or that a refresh must have first.
void MemoryController::block(std::uint32_t rank) {
    const std::uint32_t first = rank * device_.banks().banksPerRank();
    Rank& state = ranks_[rank];
    const bool isUp = device_.power(rank) == PowerState::Up;
    for (std::uint32_t i = 0; i < device_.banks().banksPerRank(); ++i) {
        banks_[first + i].servesFirst = false;
        candidates_.block(first + i, !isUp);
    }
    state.servesFirst = false;
    if (!isUp || !state.refresh.mustRefresh()) {
        return;
    }
    for (const std::uint32_t bank : banksOf(rank, state.target)) {
        banks_[bank].servesFirst = servesFirst(bank);
        state.servesFirst = state.servesFirst || banks_[bank].servesFirst;
        candidates_.block(bank, !banks_[bank].servesFirst);
    }
}

/// Of the bursts that refreshes wait for the oldest one that lacks only the data bus. It has the
/// bus for itself: else the bursts of other banks could hold up the refresh for long.
MemoryController::Slot MemoryController::firstBeforeRefresh() const {
    Slot first = RequestQueue::kNone;
    for (std::uint32_t bank = 0; bank < banks_.size(); ++bank) {
        if (!banks_[bank].servesFirst) {
            continue;
        }
        const BankCandidates::Candidate next = candidateOf(bank, agedBurst());
        const bool isOlder =
            first == RequestQueue::kNone || next.order < queue(writing_).at(first).order;
        if (next.ready <= now_ && isOlder) {
            first = next.slot;
        }
    }
    return first;
}

/// A refresh that may still be put off begins in a rank that has been idle for as long as the
/// refresh takes: after a shorter pause the next burst is likely to come soon, and would wait for
/// it. A rank that is to rest refreshes first.
Cycle MemoryController::idleTimeBeforeRefresh() const {
    const Cycle taken =
        config_.clocksBetween(Command::PrechargeAll, Command::Refresh, Level::Rank) +
        config_.clocksBetween(Command::Refresh, Command::Activate, Level::Rank);
    const DramControllerConfig& limits = config_.controller;
    return std::min(
        {taken, limits.powerDownAfter.value_or(taken), limits.selfRefreshAfter.value_or(taken)});
}

void MemoryController::considerRank(Choice& best, std::uint32_t rank) const {
    const Rank& state = ranks_[rank];
    if (device_.power(rank) != PowerState::Up) {
        considerWaking(best, rank);
    } else if (state.refresh.mustRefresh()) {
        if (!state.servesFirst) {
            considerRefresh(best, rank, Urgency::Forced, 0);
        }
    } else if (state.refresh.owes()) {
        if (config_.refresh.mode != RefreshMode::PerBank && state.pending == 0) {
            considerRefresh(best, rank, Urgency::Housekeeping,
                            state.idleSince + idleBeforeRefresh_);
        } else if (config_.refresh.mode == RefreshMode::PerBank && isIdle(rank, state.target)) {
            considerRefresh(best, rank, Urgency::Housekeeping, 0);
        }
    } else if (state.pending == 0) {
        considerResting(best, rank);
    }
}

/// The refresh that is owed, or what it needs before; not before `clock`.
void MemoryController::considerRefresh(Choice& best, std::uint32_t rank, Urgency urgency,
                                       Cycle clock) const {
    const std::uint32_t first = rank * device_.banks().banksPerRank();
    Choice next{.clock = clock, .urgency = urgency, .order = rank, .bank = first};
    next.isForRefresh = true;
    if (config_.refresh.mode == RefreshMode::AllBank) {
        next.command = device_.openBanks(rank) == 0 ? Command::Refresh : Command::PrechargeAll;
        consider(best, next);
        return;
    }
    next.command = Command::RefreshBank;
    next.bank = first + ranks_[rank].target;
    for (const std::uint32_t bank : banksOf(rank, ranks_[rank].target)) {
        if (device_.isOpen(bank)) {
            next.command = Command::Precharge;
            next.bank = bank;
            next.order = bank;
            break;
        }
    }
    consider(best, next);
}

void MemoryController::considerWaking(Choice& best, std::uint32_t rank) const {
    const Rank& state = ranks_[rank];
    const std::uint32_t first = rank * device_.banks().banksPerRank();
    if (device_.power(rank) == PowerState::SelfRefresh) {
        if (state.pending > 0) {
            consider(best, {0, Urgency::Forced, rank, Command::SelfRefreshExit, first});
        }
        return;
    }
    Cycle clock = state.pending > 0 || state.refresh.mustRefresh() ? 0 : kNever;
    const Limit& rest = config_.controller.selfRefreshAfter;
    if (clock == kNever && rest && state.refresh.mayRefreshItself()) {
        clock = state.idleSince + *rest;
    }
    if (clock != kNever) {
        consider(best, {clock, Urgency::Forced, rank, Command::PowerDownExit, first});
    }
}

void MemoryController::considerResting(Choice& best, std::uint32_t rank) const {
    const Rank& state = ranks_[rank];
    const DramControllerConfig& limits = config_.controller;
    const std::uint32_t first = rank * device_.banks().banksPerRank();
    const bool mayRest = limits.selfRefreshAfter && state.refresh.mayRefreshItself();
    const Cycle rest = mayRest ? state.idleSince + *limits.selfRefreshAfter : kNever;
    if (limits.powerDownAfter && now_ < rest) {
        consider(best, {state.idleSince + *limits.powerDownAfter, Urgency::Housekeeping, rank,
                        Command::PowerDownEntry, first});
    }
    if (mayRest) {
        const bool isReady = device_.openBanks(rank) == 0;
        const Command command = isReady ? Command::SelfRefreshEntry : Command::PrechargeAll;
        consider(best, {rest, Urgency::Housekeeping, rank, command, first});
    }
}

}  // namespace systole::memory
