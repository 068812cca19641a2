// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/dram_ledgers.hpp"

#include <algorithm>

namespace oracle {
namespace {

constexpr std::size_t kKeptTexts = 100;
constexpr std::int64_t kMostPulledIn = 8;

std::string number(std::int64_t value) { return std::to_string(value); }

}  // namespace

void DramFindings::add(std::string text) {
    ++count_;
    if (texts_.size() < kKeptTexts) {
        texts_.push_back(std::move(text));
    }
}

void DramFindings::addTooEarly(const char* rule, const DramEvent& previous, const DramEvent& next,
                               std::int64_t clocks) {
    const std::int64_t apart = next.clock - previous.clock;
    add(std::string(rule) + ": " + next.text() + " comes " + number(apart) + " clocks after " +
        previous.text() + ", which is " + number(clocks - apart) + " too early: " + number(clocks) +
        " are asked");
}

void CommandBuses::place(const DramEvent& event, DramFindings& findings) {
    const auto found = slots_.find(event.op);
    if (found == slots_.end()) {
        findings.add(std::string("no such command in this standard: ") + event.text());
        return;
    }
    const DramSlot& slot = found->second;
    if (slot.bus.empty()) {
        return;
    }
    const auto [place, isFirst] = last_.try_emplace(slot.bus);
    Use& use = place->second;
    if (!isFirst && event.clock < use.end) {
        findings.add("command bus '" + slot.bus + "': " + event.text() + " while " +
                     use.event.text() + " takes it until " + number(use.end));
    }
    use = {.end = event.clock + slot.clocks, .event = event};
}

DataBus::DataBus(const DramTimings& timings)
    : readLatency_(timings.readLatency),
      writeLatency_(timings.writeLatency),
      burst_(timings.burst),
      rankGap_(timings.tRTRS) {}

void DataBus::requireOrder(const Burst& first, const Burst& second, const DramEvent& event,
                           DramFindings& findings) const {
    const bool otherRank = first.event.rank != second.event.rank;
    const std::int64_t gap = second.start - first.end;
    const std::int64_t needed = otherRank ? rankGap_ : 0;
    if (gap >= needed) {
        return;
    }
    findings.add(std::string(gap < 0 ? "data bus" : "tRTRS") + ": data of " + second.event.text() +
                 " begin at " + number(second.start) + ", those of " + first.event.text() +
                 " end at " + number(first.end) + ": " + number(needed - gap) +
                 " too early (seen at clock " + number(event.clock) + ")");
}

void DataBus::place(const DramEvent& event, DramFindings& findings) {
    // A later command's data cannot begin before this clock.
    const std::int64_t horizon = event.clock + std::min(readLatency_, writeLatency_) - rankGap_;
    std::erase_if(recent_, [&](const Burst& burst) { return burst.end <= horizon; });

    const std::int64_t start =
        event.clock + (event.op == DramOp::RD ? readLatency_ : writeLatency_);
    const Burst placed{.start = start, .end = start + burst_, .event = event};
    for (const Burst& other : recent_) {
        if (other.start <= placed.start) {
            requireOrder(other, placed, event, findings);
        } else {
            requireOrder(placed, other, event, findings);
        }
    }
    recent_.push_back(placed);
}

RefreshLedger::RefreshLedger(const DramSpec& spec, const DramTimings& timings, std::uint32_t rank)
    : sameBank_(spec.refreshSameBank),
      banksPerGroup_(spec.banksPerGroup),
      sets_(spec.refreshSets()),
      intervalOfAll_(spec.refreshed ? timings.tREFI : 0),
      intervalByBank_(spec.refreshed ? timings.tREFIpb : 0),
      postponed_(spec.postponed),
      slack_(spec.refreshSlackClocks),
      mostInTwoIntervals_(timings.mostRefreshesInTwoIntervals),
      epoch_(rank * spec.refreshStaggerClocks),
      ahead_(kMostPulledIn * sets_),
      step_(sets_),
      refreshed_(static_cast<std::size_t>(sets_)),
      window_(static_cast<std::size_t>(mostInTwoIntervals_)) {}

void RefreshLedger::requireInTime(std::int64_t clock, const std::string& what,
                                  DramFindings& findings) const {
    if (interval() == 0) {
        return;
    }
    const std::int64_t due = epoch_ + (done_ + step_) * interval() / sets_;
    const std::int64_t latest = due + postponed_ * interval() + slack_;
    if (clock > latest) {
        findings.add("tREFI: " + what + ": a refresh was due at " + number(due) + ", with " +
                     number(postponed_) + " postponed by " + number(latest) +
                     " at the latest: " + number(clock - latest) + " too late");
    }
}

void RefreshLedger::requireNotEarly(const DramEvent& event, DramFindings& findings) const {
    if (interval() == 0) {
        return;
    }
    const std::int64_t fallenDue =
        std::max<std::int64_t>(event.clock - epoch_, 0) / interval() * sets_;
    if (done_ > fallenDue + ahead_) {
        findings.add("pulled in: " + event.text() + " is " + number(done_ - fallenDue) +
                     " sets of banks ahead, no more than " + number(ahead_) + " are allowed");
    }
}

void RefreshLedger::markSet(const DramEvent& event, DramFindings& findings) {
    const std::size_t set = sameBank_ ? event.bank : event.group * banksPerGroup_ + event.bank;
    if (refreshed_[set]) {
        findings.add("round: " + event.text() + " refreshes banks again before all others had " +
                     "their turn");
        return;
    }
    refreshed_[set] = true;
    if (++refreshedCount_ == sets_) {
        std::fill(refreshed_.begin(), refreshed_.end(), false);
        refreshedCount_ = 0;
    }
}

void RefreshLedger::requireWindow(const DramEvent& event, DramFindings& findings) {
    if (window_.empty() || interval() == 0) {
        return;
    }
    std::optional<DramEvent>& oldest = window_[windowNext_];
    findings.require("16 REF in two tREFI", oldest, event, 2 * interval());
    oldest = event;
    windowNext_ = (windowNext_ + 1) % window_.size();
}

void RefreshLedger::refresh(const DramEvent& event, DramFindings& findings) {
    step_ = event.op == DramOp::REF ? sets_ : 1;
    requireInTime(event.clock, event.text(), findings);
    done_ += step_;
    sinceExit_ += step_;
    requireNotEarly(event, findings);
    if (event.op == DramOp::REFB) {
        markSet(event, findings);
        return;
    }
    // A REF brings the count of the round into step.
    std::fill(refreshed_.begin(), refreshed_.end(), false);
    refreshedCount_ = 0;
    requireWindow(event, findings);
}

void RefreshLedger::enterSelfRefresh(const DramEvent& event, DramFindings& findings) {
    requireInTime(event.clock, event.text(), findings);
    // JESD79, "Self-refresh": at least one extra refresh before it is entered again.
    if (exit_ && sinceExit_ < sets_ && interval() > 0) {
        findings.add("self-refresh: " + event.text() + " follows " + exit_->text() + " with " +
                     number(sinceExit_) + " of " + number(sets_) +
                     " sets of banks refreshed between");
    }
    entry_ = event.clock;
}

void RefreshLedger::exitSelfRefresh(const DramEvent& event) {
    if (interval() > 0) {
        done_ -= (entry_ - epoch_) * sets_ / (step_ * interval()) * step_;
    }
    epoch_ = event.clock;
    exit_ = event;
    sinceExit_ = 0;
    ahead_ += sets_;  // the extra one comes on top
    std::fill(refreshed_.begin(), refreshed_.end(), false);
    refreshedCount_ = 0;
}

void RefreshLedger::finish(std::int64_t clock, DramFindings& findings) const {
    requireInTime(clock, "end of the run at " + number(clock), findings);
}

}  // namespace oracle
