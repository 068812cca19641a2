// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/memory/dram/bank_candidates.hpp"
#include "models/memory/dram/dram_command.hpp"
#include "models/memory/dram/dram_config.hpp"
#include "models/memory/dram/dram_counters.hpp"
#include "models/memory/dram/dram_device.hpp"
#include "models/memory/dram/refresh_schedule.hpp"
#include "models/memory/dram/request_queue.hpp"

namespace systole::memory {

struct MemoryRequest {
    std::uint64_t tag = 0;  ///< the caller's
    DramAddress address;
    bool isWrite = false;
};

/// What became of a burst; clocks of the DRAM.
struct ServedBurst {
    std::uint64_t tag = 0;
    bool isWrite = false;
    bool activated = false;  ///< a row was opened for it
    /// A read that was answered from the write queue: the tag of that write. No command was issued.
    std::optional<std::uint64_t> forwardedFrom;
    Cycle arrivalClock = 0;
    Cycle columnClock = 0;   ///< of Read or Write
    Cycle dataEndClock = 0;  ///< the first clock after the last beat on the bus (or the answer)
};

/// The controller of one channel. Nothing ticks: it says when it will do something next, and the
/// caller steps through time. Reads and writes have queues of their own; a read of what a queued
/// write will write is answered from the queue. docs/dram.md is the contract. If bursts wait and
/// none is served any more, `step` throws an InvariantError that says what waits for what.
///
/// The caller issues all commands before `clock` (`while (nextClock() < clock) step()`) before it
/// offers what arrives at `clock`; a command may follow in the same clock.
class MemoryController {
public:
    explicit MemoryController(const DdrConfig& config);

    void observe(CommandObserver observer) { device_.observe(std::move(observer)); }

    bool hasRoom(bool isWrite) const { return !queue(isWrite).isFull(); }

    /// A burst arrives; there is room. Arrivals never decrease. Returns the answer of a read that a
    /// queued write answers. A write may be taken as done for its sender.
    std::optional<ServedBurst> offer(const MemoryRequest& request, Cycle clock);

    std::size_t waiting() const { return reads_.size() + writes_.size(); }

    /// The clock of what is done next; kNever while nothing waits: what the controller does on its
    /// own (refreshes, power states) is made up for at the next arrival.
    Cycle nextClock() { return waiting() == 0 ? kNever : nextEvent(); }

    /// Does it. Returns the burst whose Read or Write was issued, if one was.
    std::optional<ServedBurst> step();

    /// Nothing arrives before `clock`; nothing waits.
    void idleUntil(Cycle clock);

    /// The counters of a run that ends at `endClock`, not before the last data; after
    /// `idleUntil(endClock)`.
    DramCounters countersAt(Cycle endClock) const;

    /// The end of the last data, or answer, so far.
    Cycle lastDataClock() const { return lastDataClock_; }

private:
    using Slot = RequestQueue::Slot;

    /// Of several commands at one clock the one of the least urgency value is issued first, then
    /// the one for the oldest burst.
    enum class Urgency : std::uint8_t { Forced, Burst, Housekeeping };
    struct Choice {
        Cycle clock = kNever;
        Urgency urgency = Urgency::Housekeeping;
        std::uint64_t order = 0;
        Command command = Command::Activate;
        std::uint32_t bank = 0;
        Slot slot = RequestQueue::kNone;  ///< of the burst that it is for
        bool isForRefresh = false;        ///< a refresh, or what it needs before
    };
    struct Rank {
        RefreshSchedule refresh;
        std::uint64_t pending = 0;
        Cycle idleSince = 0;
        std::uint32_t target = 0;  ///< the set that is refreshed next, where one is owed
        bool servesFirst = false;  ///< one of its banks does
    };
    struct Bank {
        bool mayClose = false;     ///< by the page policy
        bool isFresh = false;      ///< a row was opened, and no burst served in it yet
        bool servesFirst = false;  ///< a refresh of the bank waits for that burst
        std::uint64_t passed = 0;  ///< hits that passed an older burst since the row was opened
        Cycle lastUse = 0;
        Cycle timeout = 0;                              ///< of the adaptive page policy
        std::uint32_t row = DramDevice::kClosed;        ///< that was opened last
        std::uint32_t closedRow = DramDevice::kClosed;  ///< by the timeout
    };

    using Front = BankCandidates::Front;
    Cycle idleTimeBeforeRefresh() const;
    Cycle longestWait() const;
    const Front& firstOf(const Front& activates, const Front& precharges,
                         const Front& columns) const;
    bool isWindowNarrow() const;

    RequestQueue& queue(bool isWrite) { return isWrite ? writes_ : reads_; }
    const RequestQueue& queue(bool isWrite) const { return isWrite ? writes_ : reads_; }
    Cycle burstLatency(bool isWrite) const;

    Cycle nextEvent();
    const Choice& choice();
    void chooseDirection();
    void turn(bool toWrites, bool isDrain);
    bool isAged(Slot slot, const RequestQueue& queue) const;
    void consider(Choice& best, Choice candidate) const;
    void considerBursts(Choice& best);
    void considerOnlyBank(Choice& best) const;
    Slot agedBurst() const;
    Slot firstBeforeRefresh() const;
    Slot alone(Slot aged) const;
    Slot chosenOf(std::uint32_t bank) const;
    BankCandidates::Candidate candidateOf(std::uint32_t bank, Slot aged) const;
    Command nextCommand(const QueuedBurst& burst) const;
    Slot oldestAvailable() const;
    void considerPages(Choice& best) const;
    void considerRank(Choice& best, std::uint32_t rank) const;
    void considerRefresh(Choice& best, std::uint32_t rank, Urgency urgency, Cycle clock) const;
    void considerWaking(Choice& best, std::uint32_t rank) const;
    void considerResting(Choice& best, std::uint32_t rank) const;

    bool keepsChoice(Slot slot, bool isWrite) const;
    void refreshesDue();
    void issue(const Choice& choice);
    void note(const Choice& choice);
    void countOutcome(const Choice& choice);
    void opened(std::uint32_t bank, std::uint32_t row);
    void closed(std::uint32_t bank);
    void noteRefresh(std::uint32_t rank);
    void notePower(const Choice& choice);
    void aim(std::uint32_t rank);
    std::vector<std::uint32_t> banksOf(std::uint32_t rank, std::uint32_t set) const;
    bool isIdle(std::uint32_t rank, std::uint32_t set) const;
    bool isClosed(std::uint32_t rank, std::uint32_t set) const;
    bool servesFirst(std::uint32_t bank) const;
    void block(std::uint32_t rank);
    void adaptTimeout(const Choice& choice);
    ServedBurst serve(const Choice& choice);
    void catchUp(Cycle clock);
    void endIdling(Cycle clock);
    void checkProgress(Cycle next) const;
    std::string stuckText() const;
    std::string waitsFor(const QueuedBurst& burst) const;

    DdrConfig config_;
    DramDevice device_;
    RequestQueue reads_;
    RequestQueue writes_;
    std::vector<Bank> banks_;
    BankCandidates candidates_;  ///< of the banks, in this direction
    std::vector<Rank> ranks_;
    bool activatesFirst_;
    Cycle idleBeforeRefresh_;  ///< of a rank, until a refresh that may be put off begins
    Cycle patience_;           ///< bursts wait and none is served for longer: a defect
    Cycle lastServed_ = 0;     ///< clock of the last Read or Write, or since when bursts wait
    /// For how long a command keeps an Activate from its bus.
    std::array<Cycle, kBurstCommandCount> slotBeforeActivate_{};
    Choice choice_;
    bool isChosen_ = false;     ///< else choice_ is of the past
    bool writing_ = false;      ///< writes are served
    bool draining_ = false;     ///< until few are left
    std::uint64_t served_ = 0;  ///< in this direction
    Cycle nextDue_ = kNever;    ///< of all ranks' refreshes
    Cycle now_ = 0;             ///< before which everything is issued
    Cycle lastArrival_ = 0;
    std::uint64_t arrivals_ = 0;
    Cycle lastDataClock_ = 0;
    Cycle busyUntil_ = 0;
    DramCounters counters_;  ///< what the device does not count
};

}  // namespace systole::memory
