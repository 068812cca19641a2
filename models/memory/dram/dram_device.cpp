// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/dram_device.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::memory {

DramDevice::DramDevice(const DdrConfig& config)
    : timing_(config), row_(timing_.banks().banks(), kClosed), ranks_(timing_.banks().ranks()) {}

bool DramDevice::allows(const IssuedCommand& issued) const {
    return stateAllows(issued) &&
           issued.clock >= earliest(issued.command, banks().flat(issued.bank));
}

bool DramDevice::anyOpen(std::uint32_t bank) const {
    const auto set = refreshSet(bank);
    return std::any_of(set.begin(), set.end(),
                       [&](std::uint32_t each) { return row_[each] != kClosed; });
}

bool DramDevice::stateAllows(const IssuedCommand& issued) const {
    const std::uint32_t bank = banks().flat(issued.bank);
    const Rank& rank = ranks_[issued.bank.rank];
    const bool isUp = rank.power == PowerState::Up;
    switch (issued.command) {
        case Command::Activate:
            return isUp && row_[bank] == kClosed;
        case Command::Precharge:
        case Command::PrechargeAll:
        case Command::PowerDownEntry:
            return isUp;
        case Command::Read:
        case Command::Write:
            return isUp && row_[bank] != kClosed;
        case Command::RefreshBank:
            return isUp && !anyOpen(bank);
        case Command::Refresh:
        case Command::SelfRefreshEntry:
            return isUp && rank.openBanks == 0;
        case Command::PowerDownExit:
            return rank.power == PowerState::PoweredDown;
        case Command::SelfRefreshExit:
            break;
    }
    return rank.power == PowerState::SelfRefresh;
}

void DramDevice::issue(const IssuedCommand& issued) {
    const std::uint32_t bank = banks().flat(issued.bank);
    SYSTOLE_CHECK(allows(issued),
                  "{} of rank {}, bank group {}, bank {} at clock {}: {}, legal from clock {} on",
                  kCommandNames[indexOf(issued.command)], issued.bank.rank, issued.bank.bankGroup,
                  issued.bank.bank, issued.clock,
                  stateAllows(issued) ? "too early" : "the bank is not in the state for it",
                  earliest(issued.command, bank));
    timing_.issue(issued.command, bank, issued.clock);
    update(issued, bank);
    if (observer_) {
        observer_(issued);
    }
}

std::uint64_t& DramDevice::clocksOf(DramCounters& counters, const Rank& rank) {
    switch (rank.power) {
        case PowerState::Up:
            return rank.openBanks > 0 ? counters.activeStandbyClocks
                                      : counters.prechargeStandbyClocks;
        case PowerState::PoweredDown:
            return rank.openBanks > 0 ? counters.activePowerDownClocks
                                      : counters.prechargePowerDownClocks;
        case PowerState::SelfRefresh:
            break;
    }
    return counters.selfRefreshClocks;
}

void DramDevice::update(const IssuedCommand& issued, std::uint32_t bank) {
    if (issued.command == Command::Read) {
        ++counters_.reads;
        return;
    }
    if (issued.command == Command::Write) {
        ++counters_.writes;
        return;
    }
    updateRank(issued, bank);
}

/// What a command other than Read and Write changes.
void DramDevice::updateRank(const IssuedCommand& issued, std::uint32_t bank) {
    Rank& rank = ranks_[issued.bank.rank];
    clocksOf(counters_, rank) += issued.clock - rank.since;
    rank.since = issued.clock;
    switch (issued.command) {
        case Command::Activate:
            row_[bank] = issued.row;
            ++rank.openBanks;
            ++counters_.activates;
            break;
        case Command::Precharge:
            closeBank(bank);
            break;
        case Command::PrechargeAll:
            closeRank(issued.bank.rank);
            break;
        case Command::Refresh:
            ++counters_.refreshes;
            break;
        case Command::RefreshBank:
            ++counters_.bankRefreshes;
            break;
        case Command::PowerDownEntry:
            rank.power = PowerState::PoweredDown;
            ++counters_.powerDowns;
            break;
        case Command::SelfRefreshEntry:
            rank.power = PowerState::SelfRefresh;
            ++counters_.selfRefreshes;
            break;
        case Command::PowerDownExit:
        case Command::SelfRefreshExit:
            rank.power = PowerState::Up;
            break;
        case Command::Read:
        case Command::Write:
            break;
    }
}

void DramDevice::closeBank(std::uint32_t bank) {
    if (row_[bank] != kClosed) {
        row_[bank] = kClosed;
        --ranks_[banks().rankOf(bank)].openBanks;
        ++counters_.precharges;
    }
}

void DramDevice::closeRank(std::uint32_t rank) {
    const std::uint32_t first = rank * banks().banksPerRank();
    for (std::uint32_t bank = first; bank < first + banks().banksPerRank(); ++bank) {
        closeBank(bank);
    }
}

DramCounters DramDevice::countersAt(Cycle endClock) const {
    DramCounters counters = counters_;
    for (const Rank& rank : ranks_) {
        SYSTOLE_CHECK(endClock >= rank.since, "end at {} before a command at {}", endClock,
                      rank.since);
        clocksOf(counters, rank) += endClock - rank.since;
    }
    counters.totalClocks = endClock;
    return counters;
}

}  // namespace systole::memory
