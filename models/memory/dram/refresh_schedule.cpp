// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/refresh_schedule.hpp"

#include "models/check.hpp"

namespace systole::memory {
namespace {

std::uint32_t setsOf(const DdrConfig& config) {
    if (config.refresh.mode != RefreshMode::PerBank) {
        return 1;
    }
    return config.refresh.set == RefreshSet::OneBank ? config.organization.banks()
                                                     : config.organization.banksPerGroup;
}

}  // namespace

RefreshSchedule::RefreshSchedule(const DdrConfig& config, std::uint32_t rank)
    : interval_(config.refresh.mode == RefreshMode::None ? 0 : config.refresh.interval),
      isDone_(setsOf(config)),
      postponed_(std::uint64_t{config.refresh.postponed} * isDone_.size()),
      begin_(interval_ * rank / config.organization.ranks) {
    SYSTOLE_CHECK(interval_ > 0 || config.refresh.mode == RefreshMode::None,
                  "a refresh interval of {} clocks", interval_);
    findNextDue();
}

void RefreshSchedule::findNextDue() {
    nextDue_ = interval_ == 0 ? kNever : begin_ + (count_ + 1) * interval_ / sets();
}

void RefreshSchedule::becomeDue() {
    ++owed_;
    isForced_ = isForced_ || owed_ > postponed_;
    ++count_;
    findNextDue();
}

void RefreshSchedule::begin() {
    SYSTOLE_CHECK(owed_ > 0, "the begin of a refresh that is not owed");
    isBegun_ = true;
}

void RefreshSchedule::refreshed(std::uint32_t set) {
    SYSTOLE_CHECK(owed_ > 0 && mayRefresh(set), "a refresh that is not owed");
    --owed_;
    isBegun_ = false;
    isForced_ = isForced_ && owed_ > 0;
    isDone_[set] = true;
    if (++done_ == sets()) {
        isDone_.assign(sets(), false);
        done_ = 0;
    }
    missing_ -= missing_ > 0 ? 1 : 0;
}

void RefreshSchedule::suspend() { nextDue_ = kNever; }

void RefreshSchedule::resume(Cycle clock) {
    begin_ = clock;
    count_ = 0;
    isDone_.assign(sets(), false);  // the rank has refreshed all of itself
    done_ = 0;
    missing_ = interval_ == 0 ? 0 : sets();
    findNextDue();
}

}  // namespace systole::memory
