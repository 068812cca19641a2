// SPDX-License-Identifier: Apache-2.0
#include "arch/accelerator.hpp"

#include <algorithm>
#include <new>
#include <numeric>
#include <string_view>

#include "models/check.hpp"

namespace systole::arch {

Accelerator::Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config)
    : Accelerator(name, config, nullptr) {}

Accelerator::Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config,
                         MemoryPort& memory)
    : Accelerator(name, config, &memory) {}

Accelerator::Accelerator(const sc_core::sc_module_name& name, const MachineConfig& config,
                         MemoryPort* memory)
    : sc_module(name),
      config_(config),
      replay_(config),
      dram_(memory == nullptr ? std::make_unique<DramController>("dram", config.dram, replay_.clock)
                              : nullptr),
      memory_(memory == nullptr ? *dram_ : *memory),
      sequencer_("sequencer", config.sequencer, replay_),
      load_("dma_load", {UnitKind::Load}, config, replay_),
      store_("dma_store", {UnitKind::Store}, config, replay_),
      array_("array", config, replay_),
      vector_("vector_unit", config, replay_),
      bursts_(replay_, load_, store_),
      units_{&load_, &store_, &array_, &vector_} {
    load_.memory(memory_);
    store_.memory(memory_);
    for (CommandUnit* unit : units_) {
        const std::size_t number = units().numberOf(unit->unit());
        queues_.push_back(std::make_unique<sc_core::sc_fifo<const Command*>>(
            ("queue_" + units().nameOf(unit->unit())).c_str(),
            static_cast<int>(config.sequencer.places())));
        sequencer_.queues[number](*queues_.back());
        unit->commands(*queues_.back());
    }
    if (!dram_) {
        SC_HAS_PROCESS(Accelerator);
        SC_METHOD(pauseWhenDone);
        for (const CommandUnit* unit : units_) {
            sensitive << replay_.scoreboard.event(unit->unit());
        }
        dont_initialize();
    }
}

/// A memory outside may have a clock of its own, which never ends.
void Accelerator::pauseWhenDone() {
    if (replay_.feed.isOver() && replay_.scoreboard.allCompleted() == replay_.feed.taken()) {
        sc_core::sc_pause();
    }
}

void Accelerator::load(const Program& program) {
    for (const Command& command : program.commands)
        static_cast<void>(units().numberOf(command.unit()));
    replay_.program = &program;
    replay_.state.reset(program);
}

std::vector<numeric::AccumulatorEvents> Accelerator::replayValues() {
    SYSTOLE_CHECK(!replay_.program->source, "{}: a program without values", name());
    replay_.state.startReplay();
    std::vector<numeric::AccumulatorEvents> layers(replay_.program->layerNames.size());
    for (const Command& command : replay_.program->commands) {
        const numeric::AccumulatorEvents before = replay_.state.accumulatorEvents();
        replay_.state.execute(command.operation);
        layers.at(command.layer) += replay_.state.accumulatorEvents() - before;
    }
    return layers;
}

std::uint64_t Accelerator::foldsAdded() const { return replay_.feed.skippedOf(array_.unit()); }

/// A command of the unit is over.
void Accelerator::completed(UnitId unit) {
    replay_.feed.forget(replay_.scoreboard.completed());
    constexpr std::size_t kMostIntervals = 256;
    if (units_[units().numberOf(unit)]->timeline().intervals() > kMostIntervals) {
        addUpTimelines();
    }
    if (unit.kind != UnitKind::Array) {
        return;
    }
    if (repeats_) {
        findRepeat();
    }
    constexpr std::uint64_t kFoldsBetweenReports = 64;
    if (options_.onFolds && foldsDone() - reported_ >= kFoldsBetweenReports) {
        reported_ = foldsDone();
        options_.onFolds(reported_);
    }
}

/// When the layers before this one were over.
Cycle Accelerator::endBefore(std::uint32_t layer) const {
    const auto ends = replay_.layerEnds.begin();
    return std::accumulate(ends, ends + layer, Cycle{0},
                           [](Cycle a, Cycle b) { return std::max(a, b); });
}

/// Only the ends of layers are asked for, and the layer of the oldest command is not over.
void Accelerator::addUpTimelines() {
    if (replay_.feed.underWay().empty()) {
        return;
    }
    const Cycle begin = endBefore(replay_.feed.underWay().front().layer);
    for (CommandUnit* unit : units_) {
        unit->timeline().addUpFrom(begin);
    }
}

/// The present, if all that the machine's future depends on can be said in numbers: no unit is in
/// the middle of a command, except that a fold may have begun in this cycle. Moments between blocks
/// are enough: the vector unit is about to take the block's sums.
std::optional<RepeatFinder::Moment> Accelerator::moment() const {
    const auto& underWay = replay_.feed.underWay();
    if (underWay.empty() || underWay.front().layer != underWay.back().layer) {
        return std::nullopt;
    }
    RepeatFinder::Moment moment;
    std::vector<std::uint64_t>& state = moment.state;
    if (!vector_.isAboutToTake(array_.unit())) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < units_.size(); ++i) {
        const UnitId unit = units_[i]->unit();
        if (!units_[i]->appendState(state) ||
            (unit.kind != UnitKind::Array &&
             !replay_.ports.arbiter().isIdle(ScratchpadPorts::clientOf(unit.kind)))) {
            return std::nullopt;
        }
        moment.completed[i] = replay_.scoreboard.completed(unit) + replay_.feed.skippedOf(unit);
        // How many of the commands under way are over.
        state.push_back(replay_.feed.takenOf(unit) - replay_.scoreboard.completed(unit));
    }
    if (!dram_->appendState(state)) {
        return std::nullopt;
    }
    sequencer_.appendState(state);
    const std::vector<std::size_t> turns = replay_.ports.arbiter().turns();
    state.insert(state.end(), turns.begin(), turns.end());
    moment.layer = underWay.front().layer;
    state.push_back(moment.layer);
    return moment;
}

void Accelerator::findRepeat() {
    replay_.ports.arbiter().advance(replay_.cycle());
    std::optional<RepeatFinder::Moment> now = moment();
    if (!now) {
        return;
    }
    const std::uint32_t layer = now->layer;
    const Cycle begin = endBefore(layer);
    LayerTally& tally = now->tally;
    tally.cycles = replay_.cycle() - begin;
    tally.counters = replay_.layerCounters[layer];
    const OwnerCommands bursts = dramCommands(layer);
    tally.reads = bursts.reads;
    tally.writes = bursts.writes;
    for (std::size_t unit = 0; unit < units_.size(); ++unit) {
        tally.states[unit] = units_[unit]->timeline().between(begin, replay_.cycle());
    }
    tally.add(added_[layer], 1);
    const auto onPeriod = [this](std::uint64_t /*times*/) {
        if (options_.onFolds) {
            options_.onFolds(foldsDone());
        }
    };
    if (const auto repeat = repeats_->find(*now, replay_.feed, onPeriod)) {
        added_[layer].add(repeat->period, repeat->times);
    }
}

/// Until nothing is left to happen.
void Accelerator::start() const {
    try {
        sc_core::sc_start();
    } catch (const sc_core::sc_report& report) {
        // The kernel hands on what a process threw as a report of its own type, and reports itself
        // where there is no memory for the stack of a process.
        const std::string_view what(report.what());
        for (const char* part : {"bad_alloc", "length_error", "failed to allocate stack"}) {
            if (what.find(part) != std::string_view::npos) {
                throw std::bad_alloc();
            }
        }
        throw;
    }
}

RunRecord Accelerator::replayTimed(const ReplayOptions& options) {
    const Program& program = *replay_.program;
    const bool computeValues = options.computeValues;
    SYSTOLE_CHECK(!computeValues || !program.source, "{}: a program without values", name());
    options_ = options;
    reported_ = 0;
    replay_.start = sc_core::sc_time_stamp();
    replay_.scoreboard.reset();
    replay_.layerCounters.assign(program.layerNames.size(), {});
    replay_.layerEnds.assign(program.layerNames.size(), 0);
    added_.assign(program.layerNames.size(), {});
    replay_.feed.begin(program, units());
    replay_.onCompletion = [this](UnitId unit) { completed(unit); };
    replay_.onTake = nullptr;
    repeats_.reset();
    if (options.addRepeats && !computeValues && dram_ && dram_->isIdeal()) {
        repeats_.emplace(replay_.ports, program, memory_.burstBytes());
        replay_.onTake = [this](const Command& command) { repeats_->take(command, replay_.feed); };
    }
    for (CommandUnit* unit : units_) {
        unit->reset();
    }
    if (dram_) {
        dram_->reset();
    }
    replay_.computeValues = computeValues;
    replay_.state.startReplay();
    if (computeValues) {
        replay_.state.startSampling(program);
    }
    replay_.ports.reset();
    sequencer_.start();
    start();
    checkCompletion();
    RunRecord result = record();
    checkUnits(result);
    checkBytes(result);
    return result;
}

void Accelerator::checkCompletion() const {
    const std::uint64_t completed = replay_.scoreboard.allCompleted();
    std::string activities;
    for (const CommandUnit* unit : units_) {
        activities += "\n  " + unit->activity();
    }
    SYSTOLE_CHECK(replay_.feed.isOver() && completed == replay_.feed.taken(),
                  "cycle {}: {}: {} of {} commands completed, then nothing more happened{}",
                  replay_.cycle(), name(), completed, replay_.feed.taken(), activities);
}

OwnerCommands Accelerator::dramCommands(std::size_t layer) const {
    if (!dram_) {
        return {.reads = load_.burstsOfLayer(layer), .writes = store_.burstsOfLayer(layer)};
    }
    return layer < dram_->ownerCommands().size() ? dram_->ownerCommands()[layer] : OwnerCommands{};
}

/// Without the bursts, operands and places in time, which follow.
LayerRecord Accelerator::layerRecord(std::uint32_t index) {
    LayerRecord layer;
    const Cycle begin = endBefore(index);
    const Cycle end = endBefore(index + 1);
    layer.counters = replay_.layerCounters[index];
    layer.counters += added_[index].counters;
    layer.dram = dramCommands(index);
    layer.dram.reads += added_[index].reads;
    layer.dram.writes += added_[index].writes;
    for (std::size_t unit = 0; unit < units_.size(); ++unit) {
        layer.states[unit] = units_[unit]->timeline().between(begin, end);
        for (std::size_t state = 0; state < kUnitStateCount; ++state) {
            layer.states[unit][state] += added_[index].states[unit][state];
        }
    }
    layer.end = end - begin + added_[index].cycles;
    return layer;
}

RunRecord Accelerator::record() {
    RunRecord result;
    result.burstBytes = memory_.burstBytes();
    if (dram_) {
        result.dramChannels = dram_->countersNow();
    }
    std::vector<OperandSample> samples = replay_.state.takeSamples();
    for (std::uint32_t i = 0; i < replay_.layerEnds.size(); ++i) {
        LayerRecord layer = layerRecord(i);
        layer.begin = result.cycles;
        layer.end += layer.begin;
        result.cycles = layer.end;
        result.counters += layer.counters;
        if (!samples.empty()) {
            layer.operands = std::move(samples[i]);
        }
        result.dramBytes += (layer.dram.reads + layer.dram.writes) * result.burstBytes;
        for (std::size_t unit = 0; unit < units_.size(); ++unit) {
            for (std::size_t state = 0; state < kUnitStateCount; ++state) {
                result.states[unit][state] += layer.states[unit][state];
            }
        }
        result.layers.push_back(std::move(layer));
    }
    return result;
}

/// busy + stalled + idle = cycles, and nobody is active outside of them.
void Accelerator::checkUnits(const RunRecord& run) const {
    constexpr auto kIdle = static_cast<std::size_t>(UnitState::Idle);
    for (std::size_t unit = 0; unit < units_.size(); ++unit) {
        const StateCycles& states = run.states[unit];
        const Cycle sum = std::accumulate(states.begin(), states.end(), Cycle{0});
        SYSTOLE_CHECK(sum == run.cycles, "{}: busy + stalled + idle = {} of {} cycles",
                      units_[unit]->name(), sum, run.cycles);
        const auto within = units_[unit]->timeline().between(0, lastEnd());
        const auto whole = units_[unit]->timeline().between(0, replay_.cycle() + 1);
        SYSTOLE_CHECK(replay_.cycle() + 1 - whole[kIdle] == lastEnd() - within[kIdle],
                      "{}: active after the last completion", units_[unit]->name());
    }
}

/// What commands move is what is timed, and what passes the pins is what the channels serve.
void Accelerator::checkBytes(const RunRecord& run) const {
    SYSTOLE_CHECK(
        !replay_.computeValues || (replay_.state.bytesLoaded() == run.counters.bytesLoaded &&
                                   replay_.state.bytesStored() == run.counters.bytesStored),
        "bytes moved {} in, {} out; bytes timed {} in, {} out", replay_.state.bytesLoaded(),
        replay_.state.bytesStored(), run.counters.bytesLoaded, run.counters.bytesStored);
    std::uint64_t bursts = 0;
    for (const memory::DramCounters& channel : run.dramChannels) {
        bursts += channel.reads + channel.writes;
        SYSTOLE_CHECK(
            channel.busyClocks + channel.stalledClocks + channel.idleClocks == channel.totalClocks,
            "{}: busy + stalled + idle is not the total of {} clocks", dram_->name(),
            channel.totalClocks);
    }
    SYSTOLE_CHECK(run.dramChannels.empty() || bursts * run.burstBytes == run.dramBytes,
                  "{} bursts served, {} bytes asked for", bursts, run.dramBytes);
}

}  // namespace systole::arch
