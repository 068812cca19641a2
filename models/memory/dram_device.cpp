// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram_device.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::memory {

Cycle CommandBus::firstFree(Cycle clock) const {
    SYSTOLE_CHECK(clock >= begin_, "clock {} before {}", clock, begin_);
    while (clock - begin_ < used_.size() && used_[clock - begin_]) {
        ++clock;
    }
    return clock;
}

void CommandBus::occupy(Cycle clock) {
    if (clock - begin_ >= used_.size()) {
        used_.resize(clock - begin_ + 1);
    }
    used_[clock - begin_] = true;
}

void CommandBus::forgetBefore(Cycle clock) {
    if (clock <= begin_) {
        return;
    }
    const Cycle count = std::min<Cycle>(clock - begin_, used_.size());
    used_.erase(used_.begin(), used_.begin() + static_cast<std::ptrdiff_t>(count));
    begin_ = clock;
}

void IntervalUnion::endBatch() {
    closedLength_ = lengthUntil(~Cycle{0});
    batch_.clear();
}

Cycle IntervalUnion::lengthUntil(Cycle end) const {
    auto intervals = batch_;
    std::sort(intervals.begin(), intervals.end());
    Cycle length = closedLength_;
    Cycle covered = 0;
    for (const auto& [first, last] : intervals) {
        const Cycle from = std::max(first, covered);
        const Cycle to = std::min(last, end);
        if (to > from) {
            length += to - from;
            covered = to;
        }
    }
    return length;
}

void RowOutcomes::count(Command first) {
    if (first == Command::Activate) {
        ++misses;
    } else if (first == Command::Precharge) {
        ++conflicts;
    } else {
        ++hits;
    }
}

void RowOutcomes::addTo(DramCounters& counters) const {
    counters.rowHits += hits;
    counters.rowMisses += misses;
    counters.rowConflicts += conflicts;
}

DramDevice::DramDevice(const DdrConfig& config)
    : banksPerGroup_(config.organization.banksPerGroup),
      refreshInterval_(config.timing.tREFI),
      refreshClocks_(config.timing.tRFC),
      nextRefresh_(refreshInterval_),
      timing_(config),
      banks_(std::size_t{config.organization.bankGroups} * banksPerGroup_) {
    SYSTOLE_CHECK(refreshClocks_ < refreshInterval_, "tRFC {} leaves no time within tREFI {}",
                  refreshClocks_, refreshInterval_);
}

Cycle DramDevice::earliest(Command command, BankId bank, Cycle notBefore) const {
    return bus_.firstFree(std::max(notBefore, timing_.earliest(command, bank)));
}

void DramDevice::issue(const IssuedCommand& issued) {
    SYSTOLE_CHECK(earliest(issued.command, issued.bank, issued.clock) == issued.clock,
                  "command {} at clock {} is too early", static_cast<int>(issued.command),
                  issued.clock);
    timing_.issue(issued.command, issued.bank, issued.clock);
    bus_.occupy(issued.clock);
    updateBanks(issued);
    if (observer_) {
        observer_(issued);
    }
}

void DramDevice::updateBanks(const IssuedCommand& issued) {
    Bank& bank = banks_[flat(issued.bank)];
    switch (issued.command) {
        case Command::Activate:
            SYSTOLE_CHECK(!bank.row, "activate of an open bank at clock {}", issued.clock);
            bank = {issued.row, issued.clock};
            ++openBanks_;
            ++counters_.activates;
            break;
        case Command::Precharge:
            close(bank, issued.clock);
            break;
        case Command::PrechargeAll:
            for (Bank& each : banks_) {
                close(each, issued.clock);
            }
            openTime_.endBatch();
            break;
        case Command::Read:
        case Command::Write:
            SYSTOLE_CHECK(bank.row, "access to a closed bank at clock {}", issued.clock);
            ++(issued.command == Command::Read ? counters_.reads : counters_.writes);
            break;
        case Command::Refresh:
            SYSTOLE_CHECK(allClosed(), "refresh with open banks at clock {}", issued.clock);
            ++counters_.refreshes;
            break;
    }
}

void DramDevice::close(Bank& bank, Cycle clock) {
    if (bank.row) {
        openTime_.add(bank.openedAt, clock);
        bank.row.reset();
        --openBanks_;
        ++counters_.precharges;
    }
}

CommandStep DramDevice::nextStep(const DramAddress& address, bool isWrite, Cycle notBefore) const {
    const auto row = openRow(address.bank);
    Command command = isWrite ? Command::Write : Command::Read;
    if (!row) {
        command = Command::Activate;
    } else if (*row != address.row) {
        command = Command::Precharge;
    }
    return {command, earliest(command, address.bank, notBefore)};
}

/// Returns the clock of REF.
Cycle DramDevice::refresh() {
    const BankId anyBank;
    if (!allClosed()) {
        issue({earliest(Command::PrechargeAll, anyBank, nextRefresh_), Command::PrechargeAll,
               anyBank, 0});
    }
    const Cycle clock = earliest(Command::Refresh, anyBank, nextRefresh_);
    issue({clock, Command::Refresh, anyBank, 0});
    nextRefresh_ += refreshInterval_;
    forgetBefore(forgotten_);
    return clock;
}

void DramDevice::refreshDueBy(Cycle clock) {
    while (nextRefresh_ <= clock) {
        const Cycle refreshed = refresh();
        // With all banks closed and this refresh done in time, each of the next ones is issued at
        // the clock at which it is due; the last one is left to the loop.
        if (!observer_ && nextRefresh_ < clock && refreshed + refreshClocks_ <= nextRefresh_) {
            const Cycle skipped = (clock - nextRefresh_) / refreshInterval_;
            counters_.refreshes += skipped;
            nextRefresh_ += skipped * refreshInterval_;
            forgetBefore(forgotten_);
        }
    }
}

void DramDevice::forgetBefore(Cycle clock) {
    forgotten_ = std::max(forgotten_, clock);
    bus_.forgetBefore(std::min(forgotten_, nextRefresh_));
}

DramCounters DramDevice::countersAt(Cycle endClock) const {
    DramCounters counters = counters_;
    IntervalUnion openTime = openTime_;
    for (const Bank& bank : banks_) {
        if (bank.row) {
            openTime.add(bank.openedAt, endClock);
        }
    }
    counters.totalClocks = endClock;
    counters.bankOpenClocks = openTime.lengthUntil(endClock);
    counters.allClosedClocks = endClock - counters.bankOpenClocks;
    return counters;
}

}  // namespace systole::memory
