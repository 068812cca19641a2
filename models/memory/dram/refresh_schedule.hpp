// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/memory/dram/dram_config.hpp"

namespace systole::memory {

/// When a rank is to be refreshed, and what it owes. Refreshes are due evenly, the k-th one
/// floor(k tREFI / sets) after the begin (one set: all banks); ranks take turns, a share of tREFI
/// apart.
class RefreshSchedule {
public:
    RefreshSchedule(const DdrConfig& config, std::uint32_t rank);

    /// kNever without refreshes, and while the rank refreshes itself.
    Cycle nextDue() const { return nextDue_; }
    void becomeDue();

    std::uint64_t owed() const { return owed_; }
    bool owes() const { return owed_ > 0; }
    /// The first step towards a refresh was taken, for instance rows were closed for it: the
    /// refresh follows, whatever arrives.
    void begin();
    /// A refresh comes now: it has begun, or no more may be put off and all that are owed come.
    bool mustRefresh() const { return isForced_ || isBegun_; }
    /// Sets may be refreshed in any order, but all of them before one comes again.
    std::uint32_t sets() const { return static_cast<std::uint32_t>(isDone_.size()); }
    bool mayRefresh(std::uint32_t set) const { return !isDone_[set]; }
    void refreshed(std::uint32_t set);

    /// The rank refreshes itself from now on, and no longer.
    void suspend();
    void resume(Cycle clock);
    /// JESD79-4, "Self-Refresh Operation": one refresh (of each set) between an exit and the next
    /// entry.
    bool mayRefreshItself() const { return missing_ == 0; }

private:
    void findNextDue();

    Cycle interval_;
    std::vector<bool> isDone_;  ///< in this round
    std::uint32_t done_ = 0;
    std::uint64_t postponed_;
    Cycle begin_;
    std::uint64_t count_ = 0;
    Cycle nextDue_ = 0;
    std::uint64_t owed_ = 0;
    bool isForced_ = false;
    bool isBegun_ = false;
    std::uint32_t missing_ = 0;  ///< since the last exit
};

}  // namespace systole::memory
