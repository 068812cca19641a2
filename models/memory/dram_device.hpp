// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "models/memory/dram_counters.hpp"
#include "models/memory/timing_rules.hpp"

namespace systole::memory {

/// One command a clock. Commands come in almost the order of their clocks, so that only the clocks
/// from a moving begin on are remembered.
class CommandBus {
public:
    /// The first free clock at or after `clock`, which must not lie before what was forgotten.
    Cycle firstFree(Cycle clock) const;
    void occupy(Cycle clock);
    /// No command will be issued before `clock` any more.
    void forgetBefore(Cycle clock);

private:
    Cycle begin_ = 0;
    std::deque<bool> used_;  ///< from begin_ on
};

/// The length of the union of intervals that are added in any order, in batches: every interval of
/// a batch ends before those of the next one begin.
class IntervalUnion {
public:
    void add(Cycle begin, Cycle end) { batch_.emplace_back(begin, end); }
    void endBatch();
    /// Clocks covered, those after `end` left out.
    Cycle lengthUntil(Cycle end) const;

private:
    std::vector<std::pair<Cycle, Cycle>> batch_;
    Cycle closedLength_ = 0;
};

struct CommandStep {
    Command command = Command::Activate;
    Cycle clock = 0;
};

/// How bursts found their rows, told from the first command that each of them needed.
struct RowOutcomes {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t conflicts = 0;

    void count(Command first);
    void addTo(DramCounters& counters) const;
};

/// The banks of one channel (one rank): which rows are open, what is legal when, what was issued.
/// Policies (`DramChannel`, `ReorderingChannel`) decide what to issue; this class checks that it is
/// legal.
class DramDevice {
public:
    explicit DramDevice(const DdrConfig& config);

    void observe(CommandObserver observer) { observer_ = std::move(observer); }

    std::optional<std::uint32_t> openRow(BankId bank) const { return banks_[flat(bank)].row; }
    bool allClosed() const { return openBanks_ == 0; }

    /// The first legal clock at or after `notBefore` with a free slot on the command bus.
    Cycle earliest(Command command, BankId bank, Cycle notBefore) const;

    void issue(const IssuedCommand& issued);

    /// What the burst at `address` needs next, and when at the earliest.
    CommandStep nextStep(const DramAddress& address, bool isWrite, Cycle notBefore) const;

    /// A refresh is due every tREFI, counted from clock 0.
    Cycle nextRefresh() const { return nextRefresh_; }

    /// Does all refreshes due at or before `clock`: closes all banks and refreshes, both as early
    /// as legal.
    void refreshDueBy(Cycle clock);

    /// No command but refreshes will be issued before `clock` any more.
    void forgetBefore(Cycle clock);

    /// Commands and open clocks up to `endClock`; what requests waited for is not known here.
    DramCounters countersAt(Cycle endClock) const;

private:
    struct Bank {
        std::optional<std::uint32_t> row;
        Cycle openedAt = 0;
    };

    std::size_t flat(BankId bank) const {
        return std::size_t{bank.bankGroup} * banksPerGroup_ + bank.bank;
    }
    void close(Bank& bank, Cycle clock);
    Cycle refresh();
    void updateBanks(const IssuedCommand& issued);

    std::uint32_t banksPerGroup_;
    Cycle refreshInterval_;
    Cycle refreshClocks_;
    Cycle nextRefresh_;
    Cycle forgotten_ = 0;
    TimingEngine timing_;
    CommandBus bus_;
    std::vector<Bank> banks_;
    std::uint32_t openBanks_ = 0;
    IntervalUnion openTime_;
    DramCounters counters_;
    CommandObserver observer_;
};

}  // namespace systole::memory
