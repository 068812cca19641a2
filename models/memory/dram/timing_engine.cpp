// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/timing_engine.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::memory {

BankIndex::BankIndex(const DramOrganization& organization)
    : ranks_(organization.ranks),
      banksPerGroup_(organization.banksPerGroup),
      banksPerRank_(organization.banks()),
      group_(std::size_t{ranks_} * banksPerRank_),
      rank_(group_.size()),
      ids_(group_.size()) {
    for (std::uint32_t bank = 0; bank < group_.size(); ++bank) {
        group_[bank] = bank / banksPerGroup_;
        rank_[bank] = bank / banksPerRank_;
        ids_[bank] = {rank_[bank], group_[bank] % organization.bankGroups, bank % banksPerGroup_};
    }
}

TimingEngine::TimingEngine(const DdrConfig& config)
    : banks_(config.organization),
      set_(config.refresh.set),
      groupBegin_(banks_.banks()),
      rankBegin_(groupBegin_ + banks_.groups()),
      channel_(rankBegin_ + banks_.ranks()),
      places_(channel_ + 1),
      ready_(kCommandCount * places_) {
    SYSTOLE_CHECK(config.latencies.burst > 0, "a burst of {} beats takes no clock",
                  config.organization.burstLength);
    for (std::size_t command = 0; command < kCommandCount; ++command) {
        const CommandSlot& slot = config.commands[command];
        SYSTOLE_CHECK(!slot.bus || *slot.bus < kMostCommandBuses, "command bus {}", *slot.bus);
        bus_[command] = slot.bus.value_or(kMostCommandBuses);
        slotClocks_[command] = slot.bus ? slot.clocks : 0;
    }
    for (const TimingRule& rule : config.rules) {
        bind(rule);
    }
}

void TimingEngine::bind(const TimingRule& rule) {
    if (rule.window > 1) {
        bindWindow(rule);
        return;
    }
    for (const Command previous : rule.previous) {
        bind(rule, previous);
    }
}

void TimingEngine::bindWindow(const TimingRule& rule) {
    SYSTOLE_CHECK(rule.level == Level::Rank, "rule '{}': a window of {} at level {}", rule.text,
                  rule.window, static_cast<int>(rule.level));
    for (const Command previous : rule.previous) {
        delays_[indexOf(previous)].windows.push_back(windows_.size());
        delaysOthers_[indexOf(previous)][indexOf(rule.next)] = true;
    }
    windows_.push_back({indexOf(rule.next) * places_ + rankBegin_, rule.clocks, rule.window,
                        std::vector<Cycle>(std::size_t{rule.window} * banks_.ranks()),
                        std::vector<std::uint64_t>(banks_.ranks())});
}

void TimingEngine::bind(const TimingRule& rule, Command previous) {
    Level level = rule.level;
    const bool ofBanks = level == Level::Bank || level == Level::BankGroup;
    if (ofBanks && (isRankCommand(previous) || isRankCommand(rule.next))) {
        level = Level::Rank;  // such a command concerns every bank
    }
    const std::size_t begin = level == Level::Bank        ? 0
                              : level == Level::BankGroup ? groupBegin_
                              : level == Level::Channel   ? channel_
                                                          : rankBegin_;
    if (banks_.ranks() == 1 && level == Level::Channel) {
        level = Level::Rank;
    }
    if (level == Level::OtherRank && banks_.ranks() == 1) {
        return;
    }
    if (level != Level::Bank && level != Level::Channel) {
        delaysOthers_[indexOf(previous)][indexOf(rule.next)] = true;
    }
    Delays& ofPrevious = delays_[indexOf(previous)];
    auto& delays = level == Level::OtherRank ? ofPrevious.otherRanks : ofPrevious.delays;
    const std::size_t next = indexOf(rule.next) * places_ + begin;
    // Of several rules that delay the same the longest counts.
    for (Delay& delay : delays) {
        if (delay.next == next && delay.level == level) {
            delay.clocks = std::max(delay.clocks, rule.clocks);
            return;
        }
    }
    delays.push_back({next, level, rule.clocks});
}

void TimingEngine::delay(const std::vector<Delay>& delays, std::uint32_t bank, Cycle clock) {
    // By Level; the channel is one place.
    const std::array<std::size_t, kLevelNames.size()> place{bank, banks_.groupOf(bank),
                                                            banks_.rankOf(bank), 0, 0};
    for (const Delay& delay : delays) {
        Cycle& first = ready_[delay.next + place[static_cast<std::size_t>(delay.level)]];
        first = std::max(first, clock + delay.clocks);
    }
}

void TimingEngine::issue(Command command, std::uint32_t bank, Cycle clock) {
    const std::size_t index = indexOf(command);
    const std::uint32_t rank = banks_.rankOf(bank);
    const Delays& delays = delays_[index];
    busFree_[bus_[index]] = slotClocks_[index] > 0 ? clock + slotClocks_[index] : 0;
    if (command == Command::RefreshBank) {
        for (const std::uint32_t each : refreshSet(bank)) {
            delay(delays.delays, each, clock);
        }
    } else {
        delay(delays.delays, bank, clock);
    }
    for (const Delay& delay : delays.otherRanks) {
        for (std::uint32_t other = 0; other < banks_.ranks(); ++other) {
            Cycle& first = ready_[delay.next + other];
            first = other == rank ? first : std::max(first, clock + delay.clocks);
        }
    }
    for (const std::size_t window : delays.windows) {
        apply(windows_[window], rank, clock);
    }
}

/// A window begins with the command that is as many back as it is long.
void TimingEngine::apply(Window& window, std::uint32_t rank, Cycle clock) {
    std::uint64_t& issued = window.issued[rank];
    Cycle* last = window.last.data() + std::size_t{rank} * window.commands;
    last[issued % window.commands] = clock;
    ++issued;
    if (issued >= window.commands) {
        Cycle& first = ready_[window.next + rank];
        first = std::max(first, last[issued % window.commands] + window.clocks);
    }
}

Cycle TimingEngine::setReady(std::uint32_t bank) const {
    Cycle clock = 0;
    for (const std::uint32_t each : refreshSet(bank)) {
        clock = std::max(
            {clock, bankReady(Command::RefreshBank, each), groupReady(Command::RefreshBank, each)});
    }
    return clock;
}

std::vector<std::uint32_t> TimingEngine::refreshSet(std::uint32_t bank) const {
    if (set_ == RefreshSet::OneBank) {
        return {bank};
    }
    std::vector<std::uint32_t> set;
    BankId id = banks_.id(bank);
    for (id.bankGroup = 0; id.bankGroup < banks_.groups() / banks_.ranks(); ++id.bankGroup) {
        set.push_back(banks_.flat(id));
    }
    return set;
}

}  // namespace systole::memory
