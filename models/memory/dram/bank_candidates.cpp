// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/bank_candidates.hpp"

#include <algorithm>

namespace systole::memory {

BankCandidates::BankCandidates(const TimingEngine& timing)
    : places_(timing.banks().banks()),
      stale_(timing.banks().banks()),
      blocked_(stale_),
      byCommand_{stale_, stale_, stale_, stale_} {
    for (std::uint32_t bank = 0; bank < places_.size(); ++bank) {
        places_[bank].group = timing.banks().groupOf(bank);
        places_[bank].rank = timing.banks().rankOf(bank);
        stale_.insert(bank);
    }
    for (std::size_t previous = 0; previous < kCommandCount; ++previous) {
        for (std::size_t next = 0; next < kBurstCommandCount; ++next) {
            changes_[previous][next] =
                timing.delaysOtherBanks(static_cast<Command>(previous), static_cast<Command>(next));
        }
    }
}

void BankCandidates::invalidate(std::uint32_t bank) {
    const std::size_t command = indexOf(places_[bank].candidate.command);
    if (byCommand_[command].has(bank)) {
        byCommand_[command].erase(bank);
        fronts_[command].isKnown = false;
    }
    stale_.insert(bank);
}

void BankCandidates::invalidateAll() {
    for (std::uint32_t bank = 0; bank < places_.size(); ++bank) {
        invalidate(bank);
    }
}

void BankCandidates::issued(Command command) {
    for (std::size_t next = 0; next < kBurstCommandCount; ++next) {
        fronts_[next].isKnown = fronts_[next].isKnown && !changes_[indexOf(command)][next];
    }
}

void BankCandidates::block(std::uint32_t bank, bool isBlocked) {
    invalidate(bank);
    if (isBlocked) {
        blocked_.insert(bank);
    } else {
        blocked_.erase(bank);
    }
}

void BankCandidates::put(std::uint32_t bank, const Candidate& candidate, const TimingEngine& timing,
                         Cycle now) {
    const std::size_t command = indexOf(candidate.command);
    places_[bank].candidate = candidate;
    byCommand_[command].insert(bank);
    stale_.erase(bank);
    if (!fronts_[command].isKnown) {
        return;
    }
    Front& front = fronts_[command].front;
    const Cycle clock = std::max({candidate.ready, now, timing.groupReady(candidate.command, bank),
                                  timing.rankReady(candidate.command, places_[bank].rank)});
    if (clock < front.clock) {
        front = {clock, candidate.order, bank, 1};
    } else if (clock == front.clock) {
        ++front.count;
        if (candidate.order < front.order) {
            front.order = candidate.order;
            front.bank = bank;
        }
    }
}

BankCandidates::Front BankCandidates::search(Command command, const TimingEngine& timing,
                                             Cycle least) const {
    const Cycle* const groups = timing.groupsReady(command);
    const Cycle* const ranks = timing.ranksReady(command);
    Front front;
    byCommand_[indexOf(command)].forEach([&](std::uint32_t bank) {
        const Place& place = places_[bank];
        const Cycle clock =
            std::max({place.candidate.ready, least, groups[place.group], ranks[place.rank]});
        if (clock > front.clock) {
            return;
        }
        const bool isEarlier = clock < front.clock;
        const bool isFirst = isEarlier || place.candidate.order < front.order;
        front.count = isEarlier ? 1 : front.count + 1;
        front.clock = clock;
        front.order = isFirst ? place.candidate.order : front.order;
        front.bank = isFirst ? bank : front.bank;
    });
    return front;
}

BankCandidates::Front BankCandidates::alone(std::uint32_t bank, Command command,
                                            const TimingEngine& timing, Cycle now) const {
    if (!byCommand_[indexOf(command)].has(bank)) {
        return {};
    }
    const Candidate& candidate = places_[bank].candidate;
    const Cycle clock = std::max({candidate.ready, now, timing.groupReady(command, bank),
                                  timing.rankReady(command, places_[bank].rank)});
    return {clock, candidate.order, bank, 1};
}

}  // namespace systole::memory
