// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/dram_checker.hpp"

#include <algorithm>
#include <stdexcept>

namespace oracle {
namespace {

std::int64_t given(const std::optional<std::int64_t>& parameter, const char* name) {
    if (!parameter) {
        throw std::invalid_argument(std::string(name) + " is missing, and a command needs it");
    }
    return *parameter;
}

bool isOfBank(DramOp op) {
    return op == DramOp::ACT || op == DramOp::PRE || op == DramOp::RD || op == DramOp::WR ||
           op == DramOp::REFB;
}

}  // namespace

DramChecker::DramChecker(const DramSpec& spec)
    : spec_(spec),
      timings_(spec),
      ranks_(spec.ranks),
      commandBuses_(spec),
      dataBuses_(spec.dataPathPerBank ? std::size_t{spec.ranks} * spec.banks() : 1,
                 DataBus(timings_)) {
    for (std::uint32_t i = 0; i < spec.ranks; ++i) {
        ledgers_.emplace_back(spec, timings_, i);
    }
    for (Rank& rank : ranks_) {
        rank.banks.resize(spec.banks());
        rank.groups.resize(spec.bankGroups);
    }
}

void DramChecker::check(const DramEvent& event) {
    ++commands_;
    if (event.clock < lastClock_) {
        findings_.add("order: " + event.text() + " is listed after clock " +
                      std::to_string(lastClock_));
    }
    lastClock_ = std::max(lastClock_, event.clock);
    if (!isPlaceKnown(event)) {
        return;
    }
    commandBuses_.place(event, findings_);
    Rank& rank = ranks_[event.rank];
    checkPower(rank, event);
    apply(rank, event);
}

void DramChecker::finish(std::int64_t clock) {
    for (std::size_t i = 0; i < ranks_.size(); ++i) {
        if (ranks_[i].power != Power::SelfRefresh) {
            ledgers_[i].finish(clock, findings_);
        }
    }
}

bool DramChecker::isPlaceKnown(const DramEvent& event) {
    const bool isColumn = event.op == DramOp::RD || event.op == DramOp::WR;
    bool isKnown = event.rank < spec_.ranks;
    if (isOfBank(event.op)) {
        isKnown =
            isKnown && event.bank < spec_.banksPerGroup &&
            (event.group < spec_.bankGroups || (event.op == DramOp::REFB && spec_.refreshSameBank));
    }
    if (event.op == DramOp::ACT) {
        isKnown = isKnown && event.row < spec_.rows;
    }
    if (isColumn) {
        isKnown = isKnown && event.column < spec_.columns && event.column % spec_.burstLength == 0;
    }
    if (!isKnown) {
        findings_.add("place: there is no such one: " + event.text());
    }
    return isKnown;
}

/// The commands that a rank takes depend on its CKE.
void DramChecker::checkPower(const Rank& rank, const DramEvent& event) {
    const Power needed = event.op == DramOp::PDX   ? Power::Down
                         : event.op == DramOp::SRX ? Power::SelfRefresh
                                                   : Power::Up;
    if (rank.power != needed) {
        findings_.add(
            std::string("power state: ") + event.text() +
            (rank.power == Power::Up ? " while the rank is up" : " after " + rank.entry->text()));
    }
    if (needed != Power::Up) {
        return;
    }
    if (rank.powerUp && event.op != DramOp::PDE) {
        findings_.require("tXP", rank.powerUp, event, given(timings_.tXP, "tXP"));
    }
    if (rank.selfRefreshExit) {
        const std::int64_t clocks =
            event.op == DramOp::RD ? timings_.selfRefreshToRead : given(timings_.tXS, "tXS");
        findings_.require("tXS", rank.selfRefreshExit, event, clocks);
    }
}

void DramChecker::apply(Rank& rank, const DramEvent& event) {
    switch (event.op) {
        case DramOp::ACT:
            return activate(rank, event);
        case DramOp::PRE:
            return prechargeOne(rank, event);
        case DramOp::PREA:
            return prechargeAll(rank, event);
        case DramOp::RD:
        case DramOp::WR:
            return access(rank, event);
        case DramOp::REF:
            return refresh(rank, event);
        case DramOp::REFB:
            return refreshBank(rank, event);
        case DramOp::PDE:
            return enterPowerDown(rank, event);
        case DramOp::PDX:
            return exitPowerDown(rank, event);
        case DramOp::SRE:
            return enterSelfRefresh(rank, event);
        case DramOp::SRX:
            return exitSelfRefresh(rank, event);
    }
}

/// Closed, precharged and not being refreshed.
void DramChecker::requireIdle(const Bank& bank, const DramEvent& event) {
    if (bank.isOpen) {
        findings_.add("open bank: " + event.text() + " while the row of " + bank.activate->text() +
                      " is open");
    }
    const bool wasAll = bank.precharge && bank.precharge->op == DramOp::PREA;
    findings_.require("tRP", bank.precharge, event,
                      wasAll ? timings_.prechargeAll : timings_.precharge);
    findings_.require("tRC", bank.activate, event, timings_.activateToActivate);
    findings_.require("tRFCpb", bank.refresh, event, timings_.tRFCpb.value_or(0));
}

void DramChecker::requireWindow(Rank& rank, const DramEvent& event) {
    Last& fourth = rank.window[rank.windowNext];
    findings_.require("tFAW", fourth, event, timings_.tFAW);
    fourth = event;
    rank.windowNext = (rank.windowNext + 1) % rank.window.size();
}

void DramChecker::activate(Rank& rank, const DramEvent& event) {
    Bank& bank = bankOf(rank, event.group, event.bank);
    Group& group = rank.groups[event.group];
    requireIdle(bank, event);
    findings_.require("tRFC", rank.refresh, event, timings_.tRFC);
    findings_.require("tRRD_L", group.activate, event, timings_.tRRD_L);
    findings_.require("tRRD_S", rank.activate, event, timings_.tRRD_S);
    findings_.require("REFB to ACT", rank.refreshBank, event, timings_.refreshBankToActivate);
    requireWindow(rank, event);
    bank.isOpen = true;
    bank.row = event.row;
    bank.activate = group.activate = rank.activate = event;
}

void DramChecker::precharge(Rank& rank, Bank& bank, const DramEvent& event) {
    findings_.require("tRFC", rank.refresh, event, timings_.tRFC);
    findings_.require("tRFCpb", bank.refresh, event, timings_.tRFCpb.value_or(0));
    if (bank.isOpen) {
        findings_.require("tRAS", bank.activate, event, timings_.activateToPrecharge);
        findings_.require("tRTP", bank.read, event, timings_.readToPrecharge);
        findings_.require("tWR", bank.write, event, timings_.writeToPrecharge);
    }
    bank.isOpen = false;
    // Of a bank that is closed already, too: "the precharge period will be determined by the last
    // PRECHARGE command issued to the bank".
    bank.precharge = event;
}

void DramChecker::prechargeOne(Rank& rank, const DramEvent& event) {
    findings_.require("tPPD", rank.precharge, event, timings_.prechargeToPrecharge);
    precharge(rank, bankOf(rank, event.group, event.bank), event);
    rank.precharge = event;
}

void DramChecker::prechargeAll(Rank& rank, const DramEvent& event) {
    findings_.require("tPPD", rank.precharge, event, timings_.prechargeToPrecharge);
    for (Bank& bank : rank.banks) {
        precharge(rank, bank, event);
    }
    rank.precharge = event;
}

void DramChecker::access(Rank& rank, const DramEvent& event) {
    Bank& bank = bankOf(rank, event.group, event.bank);
    Group& group = rank.groups[event.group];
    if (!bank.isOpen) {
        findings_.add("closed bank: " + event.text());
    } else if (event.row != kNotGiven && event.row != bank.row) {
        findings_.add("wrong row: " + event.text() + ", open is that of " + bank.activate->text());
    }
    const bool isRead = event.op == DramOp::RD;
    if (bank.isOpen) {
        findings_.require("tRCD", bank.activate, event,
                          isRead ? timings_.activateToRead : timings_.activateToWrite);
    }
    if (spec_.dataPathPerBank) {
        // Banks share nothing: to each other they are as other ranks are.
        const Group own{.activate = {}, .read = bank.read, .write = bank.write};
        isRead ? read({}, own, event) : write({}, own, event);
        const std::size_t path = std::size_t{event.rank} * spec_.banks() +
                                 event.group * spec_.banksPerGroup + event.bank;
        dataBuses_[path].place(event, findings_);
    } else {
        isRead ? read(rank, group, event) : write(rank, group, event);
        dataBuses_[0].place(event, findings_);
    }
    (isRead ? bank.read : bank.write) = event;
    (isRead ? group.read : group.write) = event;
    (isRead ? rank.read : rank.write) = event;
}

void DramChecker::read(const Rank& rank, const Group& group, const DramEvent& event) {
    findings_.require("tCCD_L", group.read, event, timings_.tCCD_L);
    findings_.require("tCCD_S", rank.read, event, timings_.tCCD_S);
    findings_.require("tWTR_L", group.write, event, timings_.writeToReadSameGroup);
    findings_.require("tWTR_S", rank.write, event, timings_.writeToReadOtherGroup);
}

void DramChecker::write(const Rank& rank, const Group& group, const DramEvent& event) {
    findings_.require("tCCD_L", group.write, event, timings_.tCCD_L_WR);
    findings_.require("tCCD_S", rank.write, event, timings_.tCCD_S);
    findings_.require("read to write", group.read, event, timings_.readToWriteSameGroup);
    findings_.require("read to write", rank.read, event, timings_.readToWriteOtherGroup);
}

void DramChecker::refresh(Rank& rank, const DramEvent& event) {
    for (const Bank& bank : rank.banks) {
        requireIdle(bank, event);
    }
    findings_.require("tRFC", rank.refresh, event, timings_.tRFC);
    ledgers_[event.rank].refresh(event, findings_);
    rank.refresh = event;
}

std::vector<std::uint32_t> DramChecker::groupsOfSet(const DramEvent& event) const {
    if (!spec_.refreshSameBank) {
        return {event.group};
    }
    std::vector<std::uint32_t> groups(spec_.bankGroups);
    for (std::uint32_t i = 0; i < spec_.bankGroups; ++i) {
        groups[i] = i;
    }
    return groups;
}

void DramChecker::refreshBank(Rank& rank, const DramEvent& event) {
    given(timings_.tRFCpb, "tRFCpb or tRFCsb");
    findings_.require("tRFC", rank.refresh, event, timings_.tRFC);
    findings_.require("REFB to REFB", rank.refreshBank, event, timings_.refreshBankToRefreshBank);
    findings_.require("tRRD_S", rank.activate, event, timings_.tRRD_S);
    for (const std::uint32_t group : groupsOfSet(event)) {
        findings_.require("tRRD_L", rank.groups[group].activate, event, timings_.tRRD_L);
        Bank& bank = bankOf(rank, group, event.bank);
        requireIdle(bank, event);
        bank.refresh = event;
    }
    if (timings_.refreshBankIsActivate) {
        requireWindow(rank, event);
    }
    ledgers_[event.rank].refresh(event, findings_);
    rank.refreshBank = event;
}

void DramChecker::enterPowerDown(Rank& rank, const DramEvent& event) {
    findings_.require("tRDPDEN", rank.read, event, timings_.readToPowerDown);
    findings_.require("tWRPDEN", rank.write, event, timings_.writeToPowerDown);
    findings_.require("tACTPDEN", rank.activate, event, timings_.activateToPowerDown);
    findings_.require("tPRPDEN", rank.precharge, event, timings_.prechargeToPowerDown);
    findings_.require("tREFPDEN", rank.refresh, event, timings_.refreshToPowerDown);
    findings_.require("tREFPDEN", rank.refreshBank, event, timings_.refreshToPowerDown);
    if (rank.powerUp) {
        findings_.require("tCKE", rank.powerUp, event, given(timings_.powerUp, "tCKE"));
    }
    rank.power = Power::Down;
    rank.entry = event;
}

void DramChecker::exitPowerDown(Rank& rank, const DramEvent& event) {
    findings_.require("tPD", rank.entry, event, given(timings_.powerDown, "tPD or tCKE"));
    rank.power = Power::Up;
    rank.powerUp = event;
}

void DramChecker::enterSelfRefresh(Rank& rank, const DramEvent& event) {
    for (const Bank& bank : rank.banks) {
        requireIdle(bank, event);
    }
    findings_.require("tRFC", rank.refresh, event, timings_.tRFC);
    findings_.require("data before self-refresh", rank.read, event, timings_.readToPowerDown);
    findings_.require("data before self-refresh", rank.write, event, timings_.writeToPowerDown);
    ledgers_[event.rank].enterSelfRefresh(event, findings_);
    rank.power = Power::SelfRefresh;
    rank.entry = event;
}

void DramChecker::exitSelfRefresh(Rank& rank, const DramEvent& event) {
    findings_.require("tCKESR", rank.entry, event, given(timings_.tCKESR, "tCKESR"));
    ledgers_[event.rank].exitSelfRefresh(event);
    rank.power = Power::Up;
    rank.selfRefreshExit = event;
}

}  // namespace oracle
