// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/memory_controller.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::memory {
namespace {

/// Without the rules for commands that the controller never issues: they cost time only.
DdrConfig withoutIdleRules(DdrConfig config) {
    const DramControllerConfig& controller = config.controller;
    std::erase_if(config.rules, [&](const TimingRule& rule) {
        switch (rule.next) {
            case Command::PowerDownEntry:
            case Command::PowerDownExit:
                return !controller.powerDownAfter;
            case Command::SelfRefreshEntry:
            case Command::SelfRefreshExit:
                return !controller.selfRefreshAfter;
            case Command::RefreshBank:
                return config.refresh.mode != RefreshMode::PerBank;
            case Command::Activate:
            case Command::Precharge:
            case Command::Read:
            case Command::Write:
            case Command::PrechargeAll:
            case Command::Refresh:
                return false;
        }
        SYSTOLE_CHECK(false, "command {}", indexOf(rule.next));
    });
    return config;
}

bool isRefresh(Command command) {
    return command == Command::Refresh || command == Command::RefreshBank;
}

}  // namespace

MemoryController::MemoryController(const DdrConfig& config)
    : config_(config),
      device_(withoutIdleRules(config)),
      reads_(config.controller.readQueue, device_.banks().banks()),
      writes_(config.controller.writeQueue, device_.banks().banks()),
      banks_(device_.banks().banks()),
      candidates_(device_.timing()),
      activatesFirst_(isWindowNarrow()),
      idleBeforeRefresh_(idleTimeBeforeRefresh()),
      patience_(longestWait()) {
    const DramControllerConfig& controller = config_.controller;
    SYSTOLE_CHECK(controller.readQueue > 0 && controller.writeQueue > 0 &&
                      controller.writeLow < controller.writeHigh &&
                      controller.writeHigh <= controller.writeQueue,
                  "queues of {} reads and {} writes, watermarks {} and {}", controller.readQueue,
                  controller.writeQueue, controller.writeHigh, controller.writeLow);
    for (std::size_t i = 0; i < kBurstCommandCount; ++i) {
        const CommandSlot& slot = config_.commands[i];
        const bool isShared = slot.bus == config_.commands[indexOf(Command::Activate)].bus;
        slotBeforeActivate_[i] = isShared && slot.bus ? slot.clocks : 0;
    }
    for (std::uint32_t rank = 0; rank < device_.banks().ranks(); ++rank) {
        ranks_.push_back({RefreshSchedule(config_, rank)});
        nextDue_ = std::min(nextDue_, ranks_.back().refresh.nextDue());
    }
    for (Bank& bank : banks_) {
        bank.timeout = config_.clocksBetween(Command::Activate, Command::Activate, Level::Bank);
    }
}

Cycle MemoryController::burstLatency(bool isWrite) const {
    return isWrite ? config_.latencies.write : config_.latencies.read;
}

std::optional<ServedBurst> MemoryController::offer(const MemoryRequest& request, Cycle clock) {
    SYSTOLE_CHECK(clock >= lastArrival_, "arrival at {} after one at {}", clock, lastArrival_);
    lastArrival_ = clock;
    if (waiting() == 0) {
        endIdling(clock);
    }
    SYSTOLE_CHECK(now_ <= clock, "arrival at {} after commands at {}", clock, now_);
    now_ = clock;
    const DramAddress& address = request.address;
    QueuedBurst burst;
    burst.tag = request.tag;
    burst.arrival = clock;
    burst.notBefore = clock + config_.controller.pipelineClocks;
    burst.order = arrivals_++;
    burst.bank = device_.banks().flat(address.bank);
    burst.row = address.row;
    burst.column = address.column;
    if (request.isWrite) {
        // It would overwrite what an older read wants.
        burst.held = reads_.findLast(burst) != RequestQueue::kNone;
    } else if (const Slot write = writes_.findLast(burst); write != RequestQueue::kNone) {
        ++counters_.forwardedReads;
        lastDataClock_ = std::max(lastDataClock_, burst.notBefore + 1);
        return ServedBurst{.tag = burst.tag,
                           .forwardedFrom = writes_.at(write).tag,
                           .arrivalClock = clock,
                           .columnClock = burst.notBefore,
                           .dataEndClock = burst.notBefore + 1};
    }
    const Slot slot = queue(request.isWrite).insert(burst, device_.openRow(burst.bank));
    ++ranks_[address.bank.rank].pending;
    if (!keepsChoice(slot, request.isWrite)) {
        isChosen_ = false;
        candidates_.invalidate(burst.bank);
    }
    return std::nullopt;
}

/// Whether what is done next is the same with the new burst: others of its bank go before it.
bool MemoryController::keepsChoice(Slot slot, bool isWrite) const {
    const RequestQueue& own = queue(isWrite);
    const std::uint32_t bank = own.at(slot).bank;
    const bool isFirst = slot == own.oldestOf(bank) || slot == own.hitOf(bank);
    const bool mayTurn = isWrite ? own.size() >= config_.controller.writeHigh : writing_;
    return isChosen_ && !isFirst && !mayTurn;
}

void MemoryController::idleUntil(Cycle clock) {
    SYSTOLE_CHECK(waiting() == 0 && clock >= lastArrival_, "idle until {} with {} bursts waiting",
                  clock, waiting());
    lastArrival_ = clock;
    catchUp(clock);
}

/// A burst comes while none waits.
void MemoryController::endIdling(Cycle clock) {
    catchUp(clock);
    lastServed_ = clock;
    if (clock > lastDataClock_) {
        counters_.idleClocks += clock - lastDataClock_;
        lastDataClock_ = clock;
    }
}

void MemoryController::catchUp(Cycle clock) {
    while (nextEvent() < clock) {
        step();
    }
}

Cycle MemoryController::nextEvent() {
    const Cycle clock = std::min(choice().clock, nextDue_);
    SYSTOLE_CHECK(clock != kNever || waiting() == 0, "{}", stuckText());
    return clock;
}

std::optional<ServedBurst> MemoryController::step() {
    const Choice next = choice();
    checkProgress(std::min(next.clock, nextDue_));
    isChosen_ = false;
    if (nextDue_ <= next.clock) {
        refreshesDue();
        return std::nullopt;
    }
    issue(next);
    if (isColumn(next.command)) {
        return serve(next);
    }
    note(next);
    if (next.isForRefresh && !isRefresh(next.command)) {
        const std::uint32_t rank = device_.banks().rankOf(next.bank);
        ranks_[rank].refresh.begin();
        block(rank);
    }
    return std::nullopt;
}

void MemoryController::issue(const Choice& choice) {
    IssuedCommand issued{choice.clock, choice.command, device_.banks().id(choice.bank), 0, 0};
    if (choice.slot != RequestQueue::kNone) {
        const QueuedBurst& burst = queue(writing_).at(choice.slot);
        issued.row = burst.row;
        issued.column = isColumn(choice.command) ? burst.column : 0;
    }
    device_.issue(issued);
    candidates_.issued(choice.command);
    now_ = choice.clock;
}

/// What a command other than Read and Write changes for the bursts.
void MemoryController::note(const Choice& choice) {
    const std::uint32_t rank = device_.banks().rankOf(choice.bank);
    switch (choice.command) {
        case Command::Activate:
            adaptTimeout(choice);
            countOutcome(choice);
            queue(writing_).at(choice.slot).activated = true;
            opened(choice.bank, device_.openRow(choice.bank));
            break;
        case Command::Precharge:
            adaptTimeout(choice);
            countOutcome(choice);
            closed(choice.bank);
            break;
        case Command::PrechargeAll:
            for (std::uint32_t i = 0; i < device_.banks().banksPerRank(); ++i) {
                closed(rank * device_.banks().banksPerRank() + i);
            }
            break;
        case Command::RefreshBank:
            for (const std::uint32_t bank : device_.refreshSet(choice.bank)) {
                candidates_.invalidate(bank);
            }
            noteRefresh(rank);
            break;
        case Command::Refresh:
            noteRefresh(rank);
            break;
        case Command::SelfRefreshEntry:
        case Command::SelfRefreshExit:
        case Command::PowerDownEntry:
        case Command::PowerDownExit:
            notePower(choice);
            break;
        case Command::Read:
        case Command::Write:
            SYSTOLE_CHECK(false, "command {} is noted with its burst", indexOf(choice.command));
    }
}

void MemoryController::opened(std::uint32_t bank, std::uint32_t row) {
    reads_.rowChanged(bank, row);
    writes_.rowChanged(bank, row);
    candidates_.invalidate(bank);
    banks_[bank].passed = 0;
    banks_[bank].isFresh = true;
    banks_[bank].row = row;
    banks_[bank].lastUse = now_;
}

void MemoryController::closed(std::uint32_t bank) {
    reads_.rowChanged(bank, DramDevice::kClosed);
    writes_.rowChanged(bank, DramDevice::kClosed);
    candidates_.invalidate(bank);
    banks_[bank].mayClose = false;
    banks_[bank].isFresh = false;
}

/// How the burst found its row is what the first command for it says.
void MemoryController::countOutcome(const Choice& choice) {
    if (choice.slot == RequestQueue::kNone) {
        return;
    }
    QueuedBurst& burst = queue(writing_).at(choice.slot);
    if (!burst.begun) {
        burst.begun = true;
        if (choice.command == Command::Activate) {
            ++counters_.rowMisses;
        } else if (choice.command == Command::Precharge) {
            ++counters_.rowConflicts;
        } else {
            ++counters_.rowHits;
        }
    }
}

/// A row that is opened again after its timeout was closed too early; one that a burst had to
/// close was open for too long.
void MemoryController::adaptTimeout(const Choice& choice) {
    if (config_.controller.pagePolicy != PagePolicy::Adaptive) {
        return;
    }
    const Cycle middle = config_.clocksBetween(Command::Activate, Command::Activate, Level::Bank);
    constexpr Cycle kRange = 16;
    Bank& bank = banks_[choice.bank];
    if (choice.command == Command::Activate) {
        const std::uint32_t row = queue(writing_).at(choice.slot).row;
        if (bank.closedRow == row) {
            bank.timeout = std::min(bank.timeout * 2, middle * kRange);
        }
        bank.closedRow = DramDevice::kClosed;
    } else if (choice.isForRefresh) {
        bank.closedRow = DramDevice::kClosed;  // not closed by the timeout
    } else if (choice.slot == RequestQueue::kNone) {
        bank.closedRow = bank.row;
    } else {
        bank.timeout = std::max<Cycle>(bank.timeout / 2, 1 + middle / kRange);
    }
}

ServedBurst MemoryController::serve(const Choice& choice) {
    countOutcome(choice);
    RequestQueue& own = queue(writing_);
    const QueuedBurst burst = own.at(choice.slot);
    const ServedBurst served{
        .tag = burst.tag,
        .isWrite = writing_,
        .activated = burst.activated,
        .forwardedFrom = std::nullopt,
        .arrivalClock = burst.arrival,
        .columnClock = choice.clock,
        .dataEndClock = choice.clock + burstLatency(writing_) + config_.latencies.burst};
    Bank& bank = banks_[burst.bank];
    bank.passed += own.oldestOf(burst.bank) != choice.slot ? 1 : 0;
    bank.mayClose = config_.controller.pagePolicy != PagePolicy::Open;
    bank.isFresh = false;
    bank.lastUse = choice.clock;
    lastServed_ = choice.clock;
    own.erase(choice.slot);
    candidates_.invalidate(burst.bank);
    if (!writing_) {
        writes_.release(burst.bank, device_.openRow(burst.bank), [&](const QueuedBurst& write) {
            return reads_.findLast(write) == RequestQueue::kNone;
        });
    }
    const Cycle dataBegin = std::max(served.dataEndClock - config_.latencies.burst, busyUntil_);
    counters_.busyClocks += std::max(served.dataEndClock, dataBegin) - dataBegin;
    busyUntil_ = std::max(busyUntil_, served.dataEndClock);
    lastDataClock_ = std::max(lastDataClock_, served.dataEndClock);
    Rank& rank = ranks_[device_.banks().rankOf(burst.bank)];
    if (--rank.pending == 0) {
        rank.idleSince = served.dataEndClock;
    }
    ++served_;
    return served;
}

DramCounters MemoryController::countersAt(Cycle endClock) const {
    SYSTOLE_CHECK(endClock >= lastDataClock_, "end at {} before the last data at {}", endClock,
                  lastDataClock_);
    DramCounters counters = device_.countersAt(endClock);
    const Cycle idle = counters_.idleClocks + endClock - lastDataClock_;
    counters += counters_;
    counters.idleClocks = idle;
    counters.stalledClocks = endClock - idle - counters.busyClocks;
    return counters;
}

}  // namespace systole::memory
