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
/// of these cycles. Layers on several datapaths may find arrays of several sizes.
class UtilizationCounter {
public:
    void add(const cost::Counters& counters, Cycle cycles, const arch::ArrayConfig& array) {
        const auto elements = static_cast<double>(array.processingElements());
        products_ += static_cast<double>(counters.macs) * array.cyclesPerStep;
        places_ += static_cast<double>(cycles) * elements;
        stepPlaces_ += static_cast<double>(counters.arrayStepCycles) * elements;
        steps_ += static_cast<double>(counters.arrayStepCycles);
        cycles_ += static_cast<double>(cycles);
    }
    Utilization utilization() const {
        return {.overall = share(products_, places_),
                .mapping = share(products_, stepPlaces_),
                .time = share(steps_, cycles_)};
    }

private:
    double products_ = 0;
    double places_ = 0;
    double stepPlaces_ = 0;
    double steps_ = 0;
    double cycles_ = 0;
};

double burstsOf(const arch::LayerRecord& layer) {
    return static_cast<double>(layer.dram.reads + layer.dram.writes);
}

/// What the layers on one datapath cost.
struct DatapathCosts {
    DatapathCosts(const RunConfig& config, cost::Stimulus draw, arch::DatapathId id)
        : array(arch::seenBy(config.machine, id).array),
          machine(describeMachine(config, id)),
          energy(config.technology, machine),
          products(config, draw, id),
          meter(numeric::Codec(arch::datapathAt(config.machine, id).activation),
                numeric::Codec(arch::datapathAt(config.machine, id).weight),
                arch::datapathAt(config.machine, id).accumulator) {}

    arch::ArrayConfig array;
    cost::MachineDescription machine;
    cost::EnergyModel energy;
    ProductEnergy products;
    cost::OperandMeter meter;
    std::uint64_t macs = 0;  ///< of all its layers
    // Of those that were added so far.
    cost::MachineActions actions{};
    Cycle cycles = 0;
};

Figures layerFigures(const RunConfig& config, const DatapathCosts& costs, const DramShares& dram,
                     const arch::LayerRecord& layer, std::uint64_t burstBytes,
                     const cost::ByElementPart& perMac) {
    Figures figures;
    figures.cycles = layer.end - layer.begin;
    figures.seconds = static_cast<double>(figures.cycles) / config.machine.clockHertz;
    figures.macs = layer.counters.macs;
    figures.states = layer.states;
    figures.counters = layer.counters;
    UtilizationCounter utilization;
    utilization.add(figures.counters, figures.cycles, costs.array);
    figures.utilization = utilization.utilization();
    figures.dramBytes = (layer.dram.reads + layer.dram.writes) * burstBytes;
    figures.energy = costs.energy.energyOf({.counters = layer.counters,
                                            .seconds = figures.seconds,
                                            .bursts = burstsOf(layer),
                                            .activates = static_cast<double>(layer.dram.activates),
                                            .refreshes = dram.refreshesOf(layer),
                                            .dramJoules = dram.of(layer),
                                            .dramIoJoules = dram.ioOf(layer),
                                            .perMac = perMac});
    return figures;
}

void addLayer(DatapathCosts& costs, const arch::LayerRecord& layer,
              const cost::ByElementPart& perMac) {
    cost::MachineActions& sum = costs.actions;
    sum.counters += layer.counters;
    addWeighted(sum.perMac, perMac, share(layer.counters.macs, costs.macs));
    sum.bursts += burstsOf(layer);
    sum.activates += static_cast<double>(layer.dram.activates);
    costs.cycles += layer.end - layer.begin;
}

/// What the whole run has once, goes to the first datapath.
cost::EnergyBreakdown totalEnergy(const RunConfig& config, const std::vector<DatapathCosts>& all,
                                  const std::vector<cost::EnergyModel>& models,
                                  const DramShares& dram) {
    cost::EnergyBreakdown energy;
    for (std::size_t i = 0; i < all.size(); ++i) {
        cost::MachineActions actions = all[i].actions;
        actions.seconds = static_cast<double>(all[i].cycles) / config.machine.clockHertz;
        if (i == 0) {
            actions.refreshes = dram.refreshes();
            actions.dramJoules = dram.total();
            actions.dramIoJoules = dram.totalIo();
        }
        const cost::EnergyBreakdown part = models[i].energyOf(actions);
        for (const cost::EnergyComponent& component : cost::kEnergyComponents) {
            energy.*component.joules += part.*component.joules;
        }
    }
    return energy;
}

/// All but the energy.
Figures totalFigures(const RunConfig& config, const std::vector<DatapathCosts>& all,
                     const arch::RunRecord& record) {
    Figures figures;
    figures.cycles = record.cycles;
    figures.seconds = static_cast<double>(record.cycles) / config.machine.clockHertz;
    figures.macs = record.counters.macs;
    figures.states = record.states;
    figures.counters = record.counters;
    UtilizationCounter utilization;
    for (const DatapathCosts& costs : all) {
        utilization.add(costs.actions.counters, costs.cycles, costs.array);
    }
    figures.utilization = utilization.utilization();
    figures.dramBytes = record.dramBytes;
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
    const auto waitsFor = [&](arch::UnitKind other) { return states.of(arch::waitFor({other})); };
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

namespace {

std::vector<cost::EnergyModel> modelsOf(const RunConfig& config,
                                        const std::vector<DatapathCosts>& all,
                                        cost::Corner corner) {
    std::vector<cost::EnergyModel> models;
    for (const DatapathCosts& costs : all) {
        models.emplace_back(config.technology, costs.machine, corner);
    }
    return models;
}

/// The largest of all datapaths, which holds for their sum.
cost::EnergyDoubt doubtOf(const std::vector<DatapathCosts>& all) {
    cost::EnergyDoubt doubt = all.front().products.doubt();
    for (const DatapathCosts& costs : all) {
        const cost::EnergyDoubt other = costs.products.doubt();
        doubt.down = std::max(doubt.down, other.down);
        doubt.up = std::max(doubt.up, other.up);
    }
    return doubt;
}

void addEnergies(Result& result, const std::vector<DatapathCosts>& all, const DramShares& dram) {
    const RunConfig& config = result.config;
    const auto at = [&](cost::Corner corner) {
        return totalEnergy(config, all, modelsOf(config, all, corner), dram);
    };
    result.totals.energy = at(cost::Corner::Nominal);
    if (config.technology.isFree) return;
    const auto band = cost::energyBand(config.technology, at(cost::Corner::Low),
                                       result.totals.energy, at(cost::Corner::High), doubtOf(all));
    result.energyBand.assign(band.begin(), band.end());
}

}  // namespace

Result makeResult(const RunConfig& config, const LoweredNetwork& network,
                  const arch::RunRecord& record, cost::Stimulus draw) {
    std::vector<DatapathCosts> all;
    for (arch::DatapathId i = 0; i < arch::datapathsOf(config.machine); ++i) {
        all.emplace_back(config, draw, i);
    }
    for (std::size_t i = 0; i < record.layers.size(); ++i) {
        all.at(network.layers.at(i).datapath).macs += record.layers[i].counters.macs;
    }
    const DramShares dram(config.machine, record);
    Result result;
    result.config = config;
    result.area = cost::areaOf(config.technology, all.front().machine);
    result.clocking = clockingOf(config);
    result.dramChannels = record.dramChannels;
    for (std::size_t i = 0; i < record.layers.size(); ++i) {
        const LoweredLayer& layer = network.layers.at(i);
        const arch::LayerRecord& done = record.layers[i];
        DatapathCosts& costs = all.at(layer.datapath);
        const cost::ByElementPart perMac = done.counters.macs == 0
                                               ? cost::ByElementPart{}
                                               : costs.products.of(done.operands.traces);
        addLayer(costs, done, perMac);
        result.layers.push_back({layer.name, layer.kind,
                                 layerFigures(config, costs, dram, done, record.burstBytes, perMac),
                                 layer.mapping, layer.datapath,
                                 activityOf(costs.meter, done.operands)});
        SYSTOLE_CHECK(done.counters.macs == layer.macs, "layer {}: the array did {} MACs of {}",
                      layer.name, done.counters.macs, layer.macs);
    }
    result.totals = totalFigures(config, all, record);
    addEnergies(result, all, dram);
    result.activity = meanActivity(result.layers);
    const ProductEnergy& products = all.front().products;
    if (products.draws() && !result.activity && record.counters.macs > 0) {
        result.drawn = drawnOperands(products.draw());
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
