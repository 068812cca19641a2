// SPDX-License-Identifier: Apache-2.0
#include "models/memory/timing_engine.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::memory {

namespace {

template <typename Delays>
void raise(std::vector<Cycle>& ready, const Delays& delays, std::size_t place, Cycle clock) {
    for (const auto& delay : delays) {
        Cycle& first = ready[delay.next + place];
        first = std::max(first, clock + delay.clocks);
    }
}

}  // namespace

BankIndex::BankIndex(const DramOrganization& organization)
    : ranks_(organization.ranks),
      banksPerGroup_(organization.banksPerGroup),
      banksPerRank_(organization.banks()),
      group_(std::size_t{ranks_} * banksPerRank_),
      rank_(group_.size()) {
    for (std::uint32_t bank = 0; bank < group_.size(); ++bank) {
        group_[bank] = bank / banksPerGroup_;
        rank_[bank] = bank / banksPerRank_;
    }
}

TimingEngine::TimingEngine(const DdrConfig& config)
    : banks_(config.organization),
      set_(config.refresh.set),
      bankCount_(banks_.banks()),
      groupCount_(banks_.groups()),
      ranks_(banks_.ranks()),
      bank_(kCommandCount * bankCount_),
      group_(kCommandCount * groupCount_),
      rank_(kCommandCount * ranks_),
      channel_(kCommandCount) {
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
    }
    windows_.push_back({indexOf(rule.next) * ranks_, rule.clocks, rule.window,
                        std::vector<Cycle>(rule.window * ranks_),
                        std::vector<std::uint64_t>(ranks_)});
}

void TimingEngine::bind(const TimingRule& rule, Command previous) {
    Level level = rule.level;
    const bool ofBanks = level == Level::Bank || level == Level::BankGroup;
    if (ofBanks && (isRankCommand(previous) || isRankCommand(rule.next))) {
        level = Level::Rank;  // such a command concerns every bank
    }
    const std::size_t next = indexOf(rule.next);
    Delays& delays = delays_[indexOf(previous)];
    switch (level) {
        case Level::Bank:
            delays.bank.push_back({next * bankCount_, rule.clocks});
            break;
        case Level::BankGroup:
            delays.group.push_back({next * groupCount_, rule.clocks});
            break;
        case Level::Rank:
            delays.rank.push_back({next * ranks_, rule.clocks});
            break;
        case Level::OtherRank:
            delays.otherRank.push_back({next * ranks_, rule.clocks});
            break;
        case Level::Channel:
            delays.channel.push_back({next, rule.clocks});
            break;
    }
}

void TimingEngine::issue(Command command, std::uint32_t bank, Cycle clock) {
    const std::size_t index = indexOf(command);
    const std::uint32_t rank = banks_.rankOf(bank);
    const Delays& delays = delays_[index];
    busFree_[bus_[index]] = slotClocks_[index] > 0 ? clock + slotClocks_[index] : 0;
    if (command == Command::RefreshBank) {
        for (const std::uint32_t each : refreshSet(bank)) {
            raise(bank_, delays.bank, each, clock);
            raise(group_, delays.group, banks_.groupOf(each), clock);
        }
    } else {
        raise(bank_, delays.bank, bank, clock);
        raise(group_, delays.group, banks_.groupOf(bank), clock);
    }
    raise(rank_, delays.rank, rank, clock);
    raise(channel_, delays.channel, 0, clock);
    for (std::uint32_t other = 0; other < ranks_ && !delays.otherRank.empty(); ++other) {
        if (other != rank) {
            raise(rank_, delays.otherRank, other, clock);
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
        Cycle& first = rank_[window.next + rank];
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
    for (id.bankGroup = 0; id.bankGroup < groupCount_ / ranks_; ++id.bankGroup) {
        set.push_back(banks_.flat(id));
    }
    return set;
}

}  // namespace systole::memory
