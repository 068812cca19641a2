// SPDX-License-Identifier: Apache-2.0
#include "arch/array/systolic_array.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "arch/datapath.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

const Stream& streamOf(const Command& command) { return std::get<Stream>(command.operation); }

}  // namespace

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const MachineConfig& config,
                             Replay& replay)
    : CommandUnit(name, {UnitKind::Array}, replay),
      config_(config),
      array_(config.array),
      schedule_(config.array),
      accesses_(config.array, replay.ports) {
    for (DatapathId i = 0; i < datapathsOf(config); ++i) {
        arrays_.push_back(seenBy(config, i).array);
    }
    SC_HAS_PROCESS(SystolicArray);
    SC_THREAD(retire);
    SC_THREAD(admit);
}

void SystolicArray::reset() {
    CommandUnit::reset();
    datapath_.reset();
    array_ = config_.array;
    schedule_ = FoldSchedule(array_);
    accesses_.restart(array_);
    stretches_.clear();
    arrayTime_ = stepsEnd_ = retired_ = arrayRetired_ = heldCycles_ = 0;
    begunFolds_ = 0;
    layer_.reset();
    reads_.clear();
    forms_.emplace(replay().ports, *replay().program, 1);
}

bool SystolicArray::appendState(std::vector<std::uint64_t>& state) const {
    static_cast<void>(CommandUnit::appendState(state));
    schedule_.appendState(arrayTime_, state);
    state.push_back(stepsEnd_ - arrayTime_);
    state.push_back(arrayRetired_ - arrayTime_);
    state.push_back(cycle() - retired_);
    state.push_back(layer_.value_or(~std::uint32_t{0}));
    state.push_back(flights_.size());
    for (const Flight& flight : flights_) {
        state.insert(state.end(), {flight.arrayBegin - arrayTime_, flight.arrayEnd - arrayTime_,
                                   flight.fill, begunFolds_ - flight.number});
        if (flight.begin != cycle()) {
            return false;
        }
    }
    return entries_.empty() && heldCycles_ == 0 && flights_.size() <= 1;
}

/// Folds of one form read alike: thousands of them are looked at once.
const FoldReads& SystolicArray::readsOf(const Stream& stream) {
    return reads_.get(forms_->of(stream),
                      [&] { return foldReads(array_.dataflow, replay().ports, stream); });
}

/// Overlapped folds do not wait for the vector unit before their first sum comes (mayEnterEarly).
bool SystolicArray::seesTo(UnitKind other) const {
    return array_.overlapFolds && other == UnitKind::Vector &&
           array_.convention == CycleConvention::Hardware;
}

/// Waiting does not count while other folds are under way, because the array is busy with those.
void SystolicArray::recordWait(Cycle begin, Cycle end, UnitState state) {
    if (flights_.empty() && end > retired_) {
        record(std::max(begin, retired_), end, state);
    }
}

/// Drops the stretches that are over by now.
void SystolicArray::passStretches() {
    arbiter().advance(cycle());
    while (!stretches_.empty() && arbiter().isComplete(stretches_.front().ticket)) {
        arrayTime_ = stretches_.front().arrayEnd;
        stretches_.pop_front();
    }
}

/// Takes back the posted stretches that the array has not begun. Returns the array time from which
/// on the caller may plan anew.
Cycle SystolicArray::interrupt() {
    passStretches();
    if (stretches_.empty()) {
        return arrayTime_;
    }
    const Cycle arrayTime = arrayTime_ + arbiter().cut(ScratchpadPorts::clientOf(UnitKind::Array));
    stretches_.clear();
    return arrayTime;
}

/// Posts all that is planned from that array time on, in stretches. A stretch ends at every event
/// that a process may wait for.
void SystolicArray::postFrom(Cycle arrayTime) {
    arrayTime_ = arrayTime;
    accesses_.forgetBefore(arrayTime);
    constexpr Cycle kUnbounded = std::numeric_limits<Cycle>::max();
    const Cycle horizon = entries_.empty() ? kUnbounded : entries_.front().firstOutput;
    std::set<Cycle> ends{schedule_.nextBegin(), accesses_.end()};
    for (const Flight& flight : flights_) {
        ends.insert(flight.arrayEnd);
    }
    if (!entries_.empty()) {
        ends.insert(horizon);
    }
    for (const Cycle end : ends) {
        if (end > arrayTime && end <= horizon) {
            stretches_.push_back({end, post(accesses_.steps(arrayTime, end))});
            arrayTime = end;
        }
    }
}

void SystolicArray::awaitArrayTime(Cycle arrayTime) {
    for (;;) {
        passStretches();
        if (arrayTime_ >= arrayTime) {
            return;
        }
        const auto stretch =
            std::find_if(stretches_.begin(), stretches_.end(),
                         [&](const Stretch& one) { return one.arrayEnd >= arrayTime; });
        if (stretch != stretches_.end()) {
            waitUntil(arbiter().completesNoSoonerThan(stretch->ticket));
            continue;
        }
        SYSTOLE_CHECK(!entries_.empty(), "cycle {}: {}: nobody brings array time {}", cycle(),
                      name(), arrayTime);
        wait(admitted_);
    }
}

const Token* SystolicArray::missingToken(const Command& command) const {
    for (const Token& token : command.after) {
        if (token.unit.kind == UnitKind::Vector && !isThere(token)) return &token;
    }
    return nullptr;
}

/// Whether a fold may begin although the vector unit has not yet read what its sums overwrite. If
/// the vector unit is late, array time is held until it has read. So all folds that the vector unit
/// may be waiting for must be over before that, or both would wait for ever.
bool SystolicArray::mayEnterEarly(const Command& command) const {
    if (missingToken(command) == nullptr) {
        return true;
    }
    FoldSchedule preview = schedule_;
    const FoldTimes times = preview.add(stepsOf(array_, streamOf(command)), arrayTime_);
    std::uint64_t folds = 0;
    for (const Token& token : command.after) {
        if (token.unit.kind == UnitKind::Vector && !isThere(token)) {
            folds =
                std::max(folds, replay().feed.commandsBefore(unit(), token.count - 1, token.unit));
        }
    }
    return std::all_of(flights_.begin(), flights_.end(), [&](const Flight& flight) {
        return flight.number >= folds || flight.arrayEnd <= times.firstOutput;
    });
}

/// The program's first fold finds the array as it needs it.
void SystolicArray::useDatapathOf(const Command& command) {
    const DatapathId next = streamOf(command).datapath;
    if (datapath_ == next) return;
    while (!flights_.empty()) wait(emptied_);
    if (datapath_) {
        const Cycle begin = cycle();
        waitUntil(begin + config_.datapathSwitchCycles);
        record(begin, cycle(), UnitState::Busy);
        ++counters(command).datapathSwitches;
        counters(command).idlePeCycles += (cycle() - begin) * arrays_.at(next).processingElements();
    }
    datapath_ = next;
    array_ = arrays_.at(next);
    schedule_ = FoldSchedule(array_);
    accesses_.restart(array_);
}

void SystolicArray::begin(const Command& command) {
    const Stream& stream = streamOf(command);
    const FoldReads& reads = readsOf(stream);
    countReads(command, reads);
    const Cycle now = interrupt();
    const std::uint32_t steps = stepsOf(array_, stream);
    const FoldTimes times = schedule_.add(steps, now);
    const Cycle idleUntil = std::max(times.load, stepsEnd_);
    flights_.push_back({&command, cycle(), now, times.end,
                        times.firstStep > idleUntil ? times.firstStep - idleUntil : 0,
                        begunFolds_++});
    if (missingToken(command) != nullptr) {
        entries_.push_back({&command, times.firstOutput});
    }
    stepsEnd_ = times.firstStep + Cycle{array_.cyclesPerStep} * steps;
    accesses_.add(times, stream, reads, replay().accumulatorHalf(stream.accumulatorRow));
    postFrom(now);
}

Cycle SystolicArray::assumedCycles(const Stream& stream, bool isFirstOfLayer) const {
    const ArrayConfig array = assumedArray(array_);
    const Cycle isolated = isolatedFoldCycles(array, stepsOf(array, stream));
    switch (array.convention) {
        case CycleConvention::ScaleSim:
            return isolated - (isFirstOfLayer ? 1 : 0);
        case CycleConvention::Stonne:
            return isolated + kStonneOverhead;
        case CycleConvention::Ideal:
            return ceilDivide(macsOf(stream) * array.cyclesPerStep, array.processingElements());
        case CycleConvention::Hardware:
            break;
    }
    SYSTOLE_CHECK(false, "no convention of others");
}

/// Folds by the convention of another simulator take its cycles, without contention at the ports.
void SystolicArray::beginAssumed(const Command& command) {
    const Stream& stream = streamOf(command);
    countReads(command, readsOf(stream));
    const Cycle cycles = assumedCycles(stream, layer_ != command.layer);
    flights_.push_back({&command, cycle(), arrayTime_, arrayTime_ + cycles, 0, begunFolds_++});
    if (cycles > 0) {
        stretches_.push_back({arrayTime_ + cycles, post(memory::streamOf({pauseOf(cycles)}))});
    }
}

void SystolicArray::execute(const Command& command) {
    useDatapathOf(command);
    const bool ours = array_.convention == CycleConvention::Hardware;
    if (ours) {
        if (!mayEnterEarly(command)) {
            while (const Token* token = missingToken(command)) awaitToken(*token);
        }
        begin(command);
    } else {
        beginAssumed(command);
    }
    layer_ = command.layer;
    const Cycle next = ours ? schedule_.nextBegin() : flights_.back().arrayEnd;
    begun_.notify(sc_core::SC_ZERO_TIME);
    awaitArrayTime(next);
}

void SystolicArray::countReads(const Command& command, const FoldReads& reads) {
    const Stream& stream = streamOf(command);
    cost::Counters& count = counters(command);
    count.macs += macsOf(stream);
    count.activationScratchpadReads +=
        reads.activationLoads.words() + reads.activationSteps.words();
    count.weightScratchpadReads += reads.weightLoads.words() + reads.weightSteps.words();
    count.activationOperands += reads.activationOperands;
    count.weightOperands += reads.weightOperands;
    count.accumulatorReads += stream.accumulate ? stream.sums() : 0;
    count.accumulatorWrites += stream.sums();
    const Activity writes = registerWrites(array_, stepsOf(array_, stream));
    count.operandRegisterWrites += writes.rowRegisterWrites + writes.columnRegisterWrites;
    count.stationaryRegisterWrites += writes.loadRegisterWrites + writes.switchWrites;
    count.sumRegisterWrites += writes.sumRegisterWrites + writes.drainRegisterWrites;
}

void SystolicArray::countFold(const Flight& flight) {
    const Cycle begin = std::max(flight.begin, retired_);
    const Cycle busy = flight.arrayEnd - std::max(flight.arrayBegin, arrayRetired_);
    const Cycle stalledFrom = begin + busy;
    const Cycle held = std::min(std::exchange(heldCycles_, 0), cycle() - stalledFrom);
    record(begin, stalledFrom, UnitState::Busy);
    record(stalledFrom, cycle() - held, UnitState::ScratchpadConflict);
    record(cycle() - held, cycle(), waitFor({UnitKind::Vector}, replay().scoreboard.units()));
    retired_ = cycle();
    arrayRetired_ = flight.arrayEnd;

    const Stream& stream = streamOf(*flight.command);
    const Cycle macCycles = macsOf(stream) * array_.cyclesPerStep;
    const Cycle steps = std::min(busy, Cycle{array_.cyclesPerStep} * stepsOf(array_, stream));
    const Cycle fill = std::min(flight.fill, busy - steps);
    const Cycle slots = busy * array_.processingElements();
    cost::Counters& count = counters(*flight.command);
    count.arrayStepCycles += steps;
    count.arrayFillCycles += fill;
    count.arrayDrainCycles += busy - steps - fill;
    count.idlePeCycles += slots - std::min(slots, macCycles);
    countPorts(*flight.command);
}

void SystolicArray::admit() {
    for (;;) {
        while (entries_.empty()) {
            wait(begun_);
        }
        awaitArrayTime(entries_.front().firstOutput);
        const Cycle begin = cycle();
        while (const Token* token = missingToken(*entries_.front().command)) {
            wait(replay().scoreboard.event(token->unit));
        }
        heldCycles_ += cycle() - begin;
        entries_.pop_front();
        postFrom(interrupt());
        admitted_.notify(sc_core::SC_ZERO_TIME);
    }
}

void SystolicArray::retire() {
    for (;;) {
        while (flights_.empty()) {
            wait(begun_);
        }
        awaitArrayTime(flights_.front().arrayEnd);
        const Flight flight = flights_.front();
        while (!entries_.empty() && entries_.front().command == flight.command) {
            wait(admitted_);  // its only sum appears when it ends
        }
        flights_.pop_front();
        if (flights_.empty()) emptied_.notify(sc_core::SC_ZERO_TIME);
        countFold(flight);
        finish(*flight.command);
    }
}

}  // namespace systole::arch
