// SPDX-License-Identifier: Apache-2.0
#include "sim/run/result.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "models/memory/dram/dram_energy.hpp"
#include "sim/base/config_error.hpp"
#include "sim/run/machine_cost.hpp"

namespace systole::sim {
namespace {

/// DRAM energy of a run and how to share it out: commands to the layer that caused them, refresh
/// and background by time.
class DramShares {
public:
    DramShares(const arch::MachineConfig& machine, const arch::RunRecord& record)
        : cycles_(record.cycles) {
        if (!machine.dram.ddr) {
            return;
        }
        perCommand_ = memory::dramCommandEnergy(*machine.dram.ddr);
        memory::DramCounters sum;
        for (const memory::DramCounters& channel : record.dramChannels) {
            sum += channel;
        }
        const memory::DramEnergy energy = memory::dramEnergy(*machine.dram.ddr, sum);
        total_ = energy.deviceJoules();
        totalIo_ = energy.ioJoules;
        overTime_ = energy.refreshJoules + energy.backgroundJoules;
        refreshes_ = static_cast<double>(sum.refreshes + sum.bankRefreshes);
    }

    double total() const { return total_; }
    double totalIo() const { return totalIo_; }
    double refreshes() const { return refreshes_; }
    double refreshesOf(const arch::LayerRecord& layer) const {
        return refreshes_ * shareOfTime(layer);
    }
    double of(const arch::LayerRecord& layer) const {
        return perCommand_.activateJoules * static_cast<double>(layer.dram.activates) +
               perCommand_.readJoules * static_cast<double>(layer.dram.reads) +
               perCommand_.writeJoules * static_cast<double>(layer.dram.writes) +
               overTime_ * shareOfTime(layer);
    }
    double ioOf(const arch::LayerRecord& layer) const {
        return perCommand_.ioReadJoules * static_cast<double>(layer.dram.reads) +
               perCommand_.ioWriteJoules * static_cast<double>(layer.dram.writes);
    }

private:
    double shareOfTime(const arch::LayerRecord& layer) const {
        return cycles_ == 0
                   ? 0
                   : static_cast<double>(layer.end - layer.begin) / static_cast<double>(cycles_);
    }

    memory::DramCommandEnergy perCommand_;
    Cycle cycles_;
    double total_ = 0;
    double totalIo_ = 0;
    double overTime_ = 0;
    double refreshes_ = 0;
};

double share(double part, double whole) { return whole == 0 ? 0 : part / whole; }
double share(std::uint64_t part, std::uint64_t whole) {
    return share(static_cast<double>(part), static_cast<double>(whole));
}

void addWeighted(cost::ByElementPart& sum, const cost::ByElementPart& more, double weight) {
    for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += weight * more.values[i];
}

/// Element-cycles with a product, of all; those of the cycles in which steps begin; and the share
/// of these cycles.
Utilization utilizationOf(const cost::Counters& counters, Cycle cycles,
                          const arch::ArrayConfig& array) {
    const double products = static_cast<double>(counters.macs) * array.cyclesPerStep;
    const auto elements = static_cast<double>(array.processingElements());
    const auto steps = static_cast<double>(counters.arrayStepCycles);
    return {.overall = share(products, static_cast<double>(cycles) * elements),
            .mapping = share(products, steps * elements),
            .time = share(steps, static_cast<double>(cycles))};
}

double burstsOf(const arch::LayerRecord& layer) {
    return static_cast<double>(layer.dram.reads + layer.dram.writes);
}

Figures layerFigures(const RunConfig& config, const cost::EnergyModel& energy,
                     const DramShares& dram, const arch::LayerRecord& layer,
                     std::uint64_t burstBytes, const cost::ByElementPart& perMac) {
    Figures figures;
    figures.cycles = layer.end - layer.begin;
    figures.seconds = static_cast<double>(figures.cycles) / config.machine.clockHertz;
    figures.macs = layer.counters.macs;
    figures.states = layer.states;
    figures.counters = layer.counters;
    figures.utilization = utilizationOf(figures.counters, figures.cycles, config.machine.array);
    figures.dramBytes = (layer.dram.reads + layer.dram.writes) * burstBytes;
    figures.energy = energy.energyOf({.counters = layer.counters,
                                      .seconds = figures.seconds,
                                      .bursts = burstsOf(layer),
                                      .activates = static_cast<double>(layer.dram.activates),
                                      .refreshes = dram.refreshesOf(layer),
                                      .dramJoules = dram.of(layer),
                                      .dramIoJoules = dram.ioOf(layer),
                                      .perMac = perMac});
    return figures;
}

/// `perMac`: the mean over all products.
Figures totalFigures(const RunConfig& config, const cost::EnergyModel& energy,
                     const DramShares& dram, const arch::RunRecord& record,
                     const cost::ByElementPart& perMac) {
    Figures figures;
    figures.cycles = record.cycles;
    figures.seconds = static_cast<double>(record.cycles) / config.machine.clockHertz;
    figures.macs = record.counters.macs;
    figures.states = record.states;
    figures.counters = record.counters;
    figures.utilization = utilizationOf(figures.counters, figures.cycles, config.machine.array);
    figures.dramBytes = record.dramBytes;
    cost::MachineActions actions{.counters = record.counters,
                                 .seconds = figures.seconds,
                                 .refreshes = dram.refreshes(),
                                 .dramJoules = dram.total(),
                                 .dramIoJoules = dram.totalIo(),
                                 .perMac = perMac};
    for (const arch::LayerRecord& layer : record.layers) {
        actions.bursts += burstsOf(layer);
        actions.activates += static_cast<double>(layer.dram.activates);
    }
    figures.energy = energy.energyOf(actions);
    return figures;
}

/// Nothing where no processing element was sampled.
std::optional<ActivityResult> activityOf(const cost::OperandMeter& meter,
                                         const arch::OperandSample& sample) {
    if (sample.traces.empty()) {
        return std::nullopt;
    }
    cost::OperandStatistics statistics;
    for (const cost::OperandTrace& trace : sample.traces) {
        statistics += meter.measure(trace);
    }
    return ActivityResult{.rates = meter.rates(statistics),
                          .steps = statistics.steps,
                          .elements = sample.traces.size(),
                          .sampledFolds = sample.sampledFolds,
                          .folds = sample.folds};
}

/// docs/energy_activity.md, "Without values", has the measurements.
DrawnOperands drawnOperands(cost::Stimulus draw) {
    switch (draw) {
        case cost::Stimulus::Rectified:
            return {"drawn, rectified, correlated from step to step", 0.03, "ResNet-8"};
        case cost::Stimulus::Uniform:
            return {"drawn, all finite codes alike", 0.11, "products of random codes"};
        case cost::Stimulus::Gaussian:
            return {"drawn, Gaussian", 0.2, "ResNet-8 in INT8 and E4M3"};
    }
    SYSTOLE_CHECK(false, "no such draw");
}

/// The mean of the layers, each weighed by its products.
std::optional<ActivityResult> meanActivity(const std::vector<LayerResult>& layers) {
    ActivityResult sum;
    cost::OperandRates weighted;
    double macs = 0;
    for (const LayerResult& layer : layers) {
        if (!layer.activity) {
            continue;
        }
        sum.steps += layer.activity->steps;
        sum.elements += layer.activity->elements;
        sum.sampledFolds += layer.activity->sampledFolds;
        sum.folds += layer.activity->folds;
        macs += static_cast<double>(layer.figures.macs);
        for (const auto rate : cost::kOperandRates) {
            weighted.*rate += static_cast<double>(layer.figures.macs) * layer.activity->rates.*rate;
        }
    }
    if (sum.steps == 0) {
        return std::nullopt;
    }
    for (const auto rate : cost::kOperandRates) {
        sum.rates.*rate = share(weighted.*rate, macs);
    }
    return sum;
}

}  // namespace

/// By what the array did; where it has nothing to do, by what the vector unit waited for.
Bound LayerResult::bound() const {
    using enum arch::UnitState;
    using enum arch::UnitKind;
    const arch::StateCycles& states = figures.statesOf(mapping ? Array : Vector);
    const auto waitsFor = [&](arch::UnitKind kind) { return states.of(arch::waitFor({kind})); };
    const Cycle own = states.of(Busy) + states.of(ScratchpadConflict);
    const Cycle dram = waitsFor(Load) + waitsFor(Store);
    const Cycle array = mapping ? own : waitsFor(Array);
    const Cycle vector = mapping ? waitsFor(Vector) : own;
    if (array >= std::max(dram, vector)) {
        return Bound::Array;
    }
    return dram >= vector ? Bound::Dram : Bound::Vector;
}

cost::Estimate Result::energyWithBand() const {
    cost::Estimate energy;
    for (const cost::EnergyFigure& figure : energyBand) {
        energy.nominal += figure.joules.nominal;
        energy.low += figure.joules.low;
        energy.high += figure.joules.high;
    }
    return energy;
}

std::optional<double> Result::joulesPerMac() const {
    if (totals.macs == 0) return std::nullopt;
    return energyJoules() / static_cast<double>(totals.macs);
}

std::optional<double> Result::arrayJoulesPerMac() const {
    if (totals.macs == 0) return std::nullopt;
    const cost::EnergyBreakdown& energy = totals.energy;
    const double joules =
        energy.arrayMultiplierJoules + energy.arrayAlignmentJoules + energy.arrayAccumulatorJoules +
        energy.arrayNormalisationJoules + energy.arrayRoundingJoules + energy.arrayRegistersJoules +
        energy.arrayIdleJoules + energy.arrayEdgeJoules + energy.arrayControlJoules;
    return joules / static_cast<double>(totals.macs);
}

Result makeResult(const RunConfig& config, const LoweredNetwork& network,
                  const arch::RunRecord& record, cost::Stimulus draw) {
    const cost::MachineDescription machine = describeMachine(config);
    const cost::EnergyModel energy(config.technology, machine);
    const ProductEnergy productEnergy(config, draw);
    const DramShares dram(config.machine, record);
    const cost::OperandMeter meter(numeric::Codec(config.machine.datapath.activation),
                                   numeric::Codec(config.machine.datapath.weight),
                                   config.machine.datapath.accumulator);

    Result result;
    result.config = config;
    result.area = cost::areaOf(config.technology, machine);
    result.clocking = clockingOf(config);
    result.dramChannels = record.dramChannels;
    cost::ByElementPart mean;
    for (std::size_t i = 0; i < record.layers.size(); ++i) {
        const LoweredLayer& layer = network.layers.at(i);
        const arch::LayerRecord& done = record.layers[i];
        const cost::ByElementPart perMac = done.counters.macs == 0
                                               ? cost::ByElementPart{}
                                               : productEnergy.of(done.operands.traces);
        addWeighted(mean, perMac, share(done.counters.macs, record.counters.macs));
        result.layers.push_back(
            {layer.name, layer.kind,
             layerFigures(config, energy, dram, done, record.burstBytes, perMac), layer.mapping,
             activityOf(meter, done.operands)});
        SYSTOLE_CHECK(done.counters.macs == layer.macs, "layer {}: the array did {} MACs of {}",
                      layer.name, done.counters.macs, layer.macs);
    }
    result.totals = totalFigures(config, energy, dram, record, mean);
    if (!config.technology.isFree) {
        const auto at = [&](cost::Corner corner) {
            const cost::EnergyModel model(config.technology, machine, corner);
            return totalFigures(config, model, dram, record, mean).energy;
        };
        const auto band =
            cost::energyBand(config.technology, at(cost::Corner::Low), result.totals.energy,
                             at(cost::Corner::High), productEnergy.doubt());
        result.energyBand.assign(band.begin(), band.end());
    }
    result.activity = meanActivity(result.layers);
    if (productEnergy.draws() && !result.activity && record.counters.macs > 0) {
        result.drawn = drawnOperands(productEnergy.draw());
    }
    return result;
}

void addOutOfRange(Result& result, const LoweredNetwork& network,
                   std::span<const numeric::AccumulatorEvents> events) {
    OutOfRange total;
    for (std::size_t i = 0; i < result.layers.size(); ++i) {
        const OutOfRange counts{.overflows = events[i].overflows,
                                .saturations = events[i].saturations,
                                .clippedBiases = network.layers.at(i).clippedBiases};
        total.overflows += counts.overflows;
        total.saturations += counts.saturations;
        total.clippedBiases += counts.clippedBiases;
        result.layers[i].outOfRange = counts;
    }
    result.outOfRange = total;
}

}  // namespace systole::sim
