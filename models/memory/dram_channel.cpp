// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram_channel.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::memory {

DramChannel::DramChannel(const DdrConfig& config)
    : config_(config), burstClocks_(config.organization.burstLength / 2), device_(config) {}

ServedBurst DramChannel::serve(const DramAddress& address, bool isWrite, Cycle arrivalClock) {
    SYSTOLE_CHECK(arrivalClock >= lastArrival_, "arrival at {} after one at {}", arrivalClock,
                  lastArrival_);
    lastArrival_ = arrivalClock;
    device_.forgetBefore(arrivalClock);

    const Cycle notBefore = arrivalClock + config_.controllerClocks;
    CommandStep step = firstStep(address, isWrite, notBefore);
    outcomes_.count(step.command);

    ServedBurst served;
    for (;; step = device_.nextStep(address, isWrite, notBefore)) {
        device_.issue({step.clock, step.command, address.bank, address.row});
        if (step.command == Command::Precharge) {
            served.prechargeClock = step.clock;
        } else if (step.command == Command::Activate) {
            served.activateClock = step.clock;
        } else {
            break;
        }
    }
    served.columnClock = step.clock;
    served.dataEndClock =
        step.clock + (isWrite ? config_.timing.CWL : config_.timing.CL) + burstClocks_;
    // Data ends in order of arrival, so the union of [arrival, end) needs only the last end.
    activeClocks_ += served.dataEndClock - std::max(arrivalClock, lastDataClock_);
    lastDataClock_ = served.dataEndClock;
    ++bursts_;
    return served;
}

/// The burst's first command, after the refreshes that come before it.
CommandStep DramChannel::firstStep(const DramAddress& address, bool isWrite, Cycle notBefore) {
    CommandStep step = device_.nextStep(address, isWrite, notBefore);
    while (step.clock >= device_.nextRefresh()) {
        device_.refreshDueBy(step.clock);
        step = device_.nextStep(address, isWrite, notBefore);
    }
    return step;
}

void DramChannel::idleUntil(Cycle clock) {
    SYSTOLE_CHECK(clock >= lastArrival_, "idle until {} after an arrival at {}", clock,
                  lastArrival_);
    lastArrival_ = clock;
    if (clock > 0) {
        device_.refreshDueBy(clock - 1);
    }
}

DramCounters DramChannel::countersAt(Cycle endClock) const {
    SYSTOLE_CHECK(endClock >= lastDataClock_, "end at {} before the last data at {}", endClock,
                  lastDataClock_);
    DramCounters counters = device_.countersAt(endClock);
    outcomes_.addTo(counters);
    counters.busyClocks = bursts_ * burstClocks_;
    counters.stalledClocks = activeClocks_ - counters.busyClocks;
    counters.idleClocks = endClock - activeClocks_;
    return counters;
}

}  // namespace systole::memory
