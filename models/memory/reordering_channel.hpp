// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/memory/dram_channel.hpp"

namespace systole::memory {

/// The controller of one channel that looks for row hits: first ready, first come first served
/// (FR-FCFS; Rixner et al., "Memory Access Scheduling", ISCA 2000). Of all waiting bursts' next
/// commands the one that is legal first is issued; of several at one clock a column command before
/// others, then the older burst. A row is not closed while a waiting burst hits it. Bursts to one
/// row, hence to one address, keep their order. A burst that has waited kPatience clocks comes
/// first in its bank and on the data bus.
///
/// Bursts are offered in order of arrival and decided on as late as possible, so that the caller
/// steps through time: it steps while `nextClock` is not after the next arrival.
class ReorderingChannel {
public:
    static constexpr Cycle kPatience = 1000;

    struct Completion {
        std::uint64_t tag = 0;
        ServedBurst served;
    };

    explicit ReorderingChannel(const DdrConfig& config);

    void observe(CommandObserver observer) { device_.observe(std::move(observer)); }

    /// A burst arrives; the caller bounds how many wait (the controller's queue). No command of
    /// `arrivalClock` or later may have been issued.
    void offer(std::uint64_t tag, const DramAddress& address, bool isWrite, Cycle arrivalClock);

    std::size_t waiting() const { return queue_.size(); }

    /// The clock of the next command, refreshes included; empty while nothing waits.
    std::optional<Cycle> nextClock();

    /// Issues that command (a refresh: all that are due), which may complete a burst.
    std::optional<Completion> step();

    /// As of DramChannel.
    void idleUntil(Cycle clock);
    DramCounters countersAt(Cycle endClock) const;
    Cycle lastDataClock() const { return lastDataClock_; }

private:
    struct Entry {
        std::uint64_t tag;
        DramAddress address;
        bool isWrite;
        bool begun;  ///< its outcome is counted
        Cycle notBefore;
        ServedBurst served;
    };
    struct Choice {
        std::size_t entry;
        CommandStep step;
    };
    /// What a look through the queue has seen of a bank so far.
    struct BankView {
        bool hasHit = false;
        bool seen = false;
        bool columnTaken = false;
    };

    const Choice& choose();
    Choice bestChoice();
    bool isCandidate(const Entry& entry, Command command, BankView& bank) const;
    bool isUrgent(const Entry& entry) const { return now_ >= entry.notBefore + kPatience; }
    void findHits();
    BankView& viewOf(BankId bank);

    DdrConfig config_;
    Cycle burstClocks_;
    DramDevice device_;
    std::vector<Entry> queue_;  ///< in order of arrival
    std::vector<BankView> views_;
    std::optional<Choice> choice_;
    Cycle now_ = 0;  ///< before which everything is issued
    Cycle lastArrival_ = 0;
    Cycle lastDataClock_ = 0;
    Cycle idleClocks_ = 0;  ///< up to lastDataClock_
    std::uint64_t bursts_ = 0;
    RowOutcomes outcomes_;
};

}  // namespace systole::memory
