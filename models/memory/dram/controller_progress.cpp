// SPDX-License-Identifier: Apache-2.0
// The watchdog of MemoryController: bursts that wait are served sooner or later.
#include <algorithm>

#include "models/check.hpp"
#include "models/memory/dram/memory_controller.hpp"

namespace systole::memory {
namespace {

/// Refreshes, wake-ups and turns of direction come between two bursts, each of them not much longer
/// than the longest rule: a factor that no sound controller comes near.
constexpr Cycle kPatience = 64;

/// What a rank takes to make up for all refreshes that it put off: while it does so others fall
/// due, and it gains only what the interval leaves beside a refresh.
Cycle timeToCatchUp(const DdrConfig& config) {
    const Cycle refresh = config.clocksBetween(Command::Refresh, Command::Activate, Level::Rank);
    const Cycle interval = config.refresh.interval;
    const Cycle gain = interval > refresh ? interval - refresh : 1;
    return config.refresh.postponed * (refresh + 1) * (1 + interval / gain);
}

}  // namespace

Cycle MemoryController::longestWait() const {
    Cycle longest = config_.refresh.interval;
    for (const TimingRule& rule : config_.rules) {
        longest = std::max(longest, rule.clocks);
    }
    return config_.controller.pipelineClocks + kPatience * (longest + 1) + timeToCatchUp(config_);
}

void MemoryController::checkProgress(Cycle next) const {
    SYSTOLE_CHECK(waiting() == 0 || next <= lastServed_ + patience_, "{}", stuckText());
}

std::string MemoryController::stuckText() const {
    std::string text = fmt::format(
        "DRAM without progress at clock {}: {} bursts wait, none was served since clock {}", now_,
        waiting(), lastServed_);
    for (const RequestQueue* queue : {&reads_, &writes_}) {
        if (!queue->empty()) {
            const QueuedBurst& burst = queue->at(queue->oldest());
            const BankId& bank = device_.banks().id(burst.bank);
            text += fmt::format(
                "; the oldest {}, of rank {}, bank group {}, bank {}, row {}, column {}, arrived "
                "at clock {} and waits for {}",
                queue == &reads_ ? "read" : "write", bank.rank, bank.bankGroup, bank.bank,
                burst.row, burst.column, burst.arrival, waitsFor(burst));
        }
    }
    return text;
}

std::string MemoryController::waitsFor(const QueuedBurst& burst) const {
    const std::uint32_t rank = device_.banks().rankOf(burst.bank);
    if (device_.power(rank) != PowerState::Up) {
        return "its rank to wake up";
    }
    if (burst.held) {
        return "an older read of the same place";
    }
    if (candidates_.isBlocked(burst.bank)) {
        return fmt::format("a refresh, of which its rank owes {}", ranks_[rank].refresh.owed());
    }
    if (!device_.isOpen(burst.bank)) {
        return "its row to be opened";
    }
    return device_.openRow(burst.bank) == burst.row
               ? "its Read or Write"
               : fmt::format("row {} of its bank to be closed", device_.openRow(burst.bank));
}

}  // namespace systole::memory
