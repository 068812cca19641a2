// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "models/memory/dram_device.hpp"

namespace systole::memory {

/// What became of one burst; clocks of the DRAM.
struct ServedBurst {
    std::optional<Cycle> prechargeClock;  ///< of the bank, where another row was open
    std::optional<Cycle> activateClock;   ///< where the row was not open
    Cycle columnClock = 0;                ///< of Read or Write
    Cycle dataEndClock = 0;               ///< the first clock after the last beat on the bus
};

/// The controller of one channel: serves bursts in order of arrival (FCFS), leaves pages open,
/// refreshes all banks every tREFI. Nothing ticks: the clocks of a burst's commands follow from the
/// bursts before it. Banks are prepared ahead, so that a Precharge or Activate overlaps the data of
/// earlier bursts; activates keep the order of arrival among themselves, as column commands do.
/// The caller bounds the look-ahead by the number of bursts that it has under way.
///
/// A refresh is due every tREFI, counted from clock 0. It comes before the first burst whose first
/// command would otherwise be issued at or after that clock.
class DramChannel {
public:
    explicit DramChannel(const DdrConfig& config);

    void observe(CommandObserver observer) { device_.observe(std::move(observer)); }

    /// Serves the burst at `address` (`channel` is ignored). Arrivals never decrease.
    ServedBurst serve(const DramAddress& address, bool isWrite, Cycle arrivalClock);

    /// Nothing arrives before `clock`: refreshes due before it are done.
    void idleUntil(Cycle clock);

    /// The counters of a run that ends at `endClock`, not before the last data. Call `idleUntil`
    /// first, for the refreshes since the last burst.
    DramCounters countersAt(Cycle endClock) const;

    /// The end of the last data served so far.
    Cycle lastDataClock() const { return lastDataClock_; }

private:
    CommandStep firstStep(const DramAddress& address, bool isWrite, Cycle notBefore);

    DdrConfig config_;
    Cycle burstClocks_;
    DramDevice device_;
    Cycle lastArrival_ = 0;
    Cycle lastDataClock_ = 0;
    RowOutcomes outcomes_;
    Cycle activeClocks_ = 0;  ///< with a request pending
    std::uint64_t bursts_ = 0;
};

}  // namespace systole::memory
