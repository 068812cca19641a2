// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/memory/dram/dram_counters.hpp"
#include "sim/base/statistics.hpp"
#include "sim/config/element_choice.hpp"
#include "sim/reader/resolved_json.hpp"
#include "sim/report/area_report.hpp"
#include "sim/report/mapping_figures.hpp"
#include "sim/run/result.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

template <typename Struct, typename Table>
Json countersJson(const Struct& counters, const Table& table) {
    Json json;
    for (const auto& counter : table) {
        json[std::string(counter.name)] = counters.*counter.member;
    }
    return json;
}

Json statesJson(const arch::UnitStates& states) {
    Json json;
    for (std::size_t unit = 0; unit < arch::kMachineUnits.size(); ++unit) {
        Json cycles;
        for (const auto& [state, name] : arch::namedStates()) {
            cycles[name] = states[unit].of(state);
        }
        json[arch::kMachineUnits.nameOf(arch::kMachineUnits.at(unit))] = std::move(cycles);
    }
    return json;
}

/// What is not real is null.
Json known(bool isKnown, double value) { return isKnown ? Json(value) : Json(nullptr); }
Json known(bool isKnown, const std::optional<double>& value) {
    return isKnown && value ? Json(*value) : Json(nullptr);
}

Json energyJson(const cost::EnergyBreakdown& energy, bool isKnown) {
    Json json;
    for (const cost::EnergyComponent& component : cost::kEnergyComponents) {
        json[std::string(component.name)] = known(isKnown, energy.*component.joules);
    }
    return json;
}

Json figuresJson(const Figures& figures, const Result& result) {
    return {{"cycles", figures.cycles},
            {"seconds", known(result.hasTimes(), figures.seconds)},
            {"macs", figures.macs},
            {"utilization", figures.utilization.overall},
            {"mapping_utilization", figures.utilization.mapping},
            {"time_utilization", figures.utilization.time},
            {"energy_joules", known(result.hasEnergies(), figures.energy.totalJoules())},
            {"dram_bytes", figures.dramBytes},
            {"unit_cycles", statesJson(figures.states)},
            {"energy_by_component_joules", energyJson(figures.energy, result.hasEnergies())},
            {"counters", countersJson(figures.counters, cost::kCounters)}};
}

/// The share of one inference in what a batch took; nothing where a batch is one inference.
void addPerInference(Json& json, const Figures& figures, const Result& result) {
    if (result.batch == 1) return;
    const double images = result.batch;
    json["per_inference"] = {
        {"cycles", static_cast<double>(figures.cycles) / images},
        {"seconds", known(result.hasTimes(), figures.seconds / images)},
        {"energy_joules", known(result.hasEnergies(), figures.energy.totalJoules() / images)},
        {"dram_bytes", static_cast<double>(figures.dramBytes) / images}};
}

Json activityJson(const ActivityResult& activity) {
    return {{"activation_bit_toggle_rate", activity.rates.activationToggles},
            {"weight_bit_toggle_rate", activity.rates.weightToggles},
            {"sum_bit_toggle_rate", activity.rates.sumToggles},
            {"zero_activation_fraction", activity.rates.zeroActivations},
            {"zero_weight_fraction", activity.rates.zeroWeights},
            {"sampled_steps", activity.steps},
            {"sampled_elements", activity.elements},
            {"sampled_folds", activity.sampledFolds},
            {"folds", activity.folds}};
}

template <typename Enum, std::size_t N>
const char* nameOf(Enum value, const std::array<const char*, N>& names) {
    return names.at(static_cast<std::size_t>(value));
}

Json limitJson(const Limit& limit) { return limit ? Json(*limit) : Json("unlimited"); }

Json energyConfigJson(const RunConfig& config) {
    Json sampling = "none";
    if (const auto& sampled = config.machine.operandSampling) {
        sampling = {{"folds", sampled->folds},
                    {"elements", sampled->elements},
                    {"steps", sampled->steps},
                    {"seed", sampled->seed}};
    }
    return {
        {"activity", nameOf(config.energy.activity, cost::kActivitySourceNames)},
        {"flat_toggle_rate", config.energy.flatToggleRate},
        {"zero_gating", config.energy.zeroGating},
        {"clock_gating", config.energy.clockGating},
        {"temperature_kelvin", config.energy.temperatureKelvin},
        {"float_adder", config.energy.floatAdder == cost::FloatAdder::Flush ? "flush" : "gradual"},
        {"sampling", std::move(sampling)}};
}

/// Of elements as they are made; null where nothing was measured.
Json technologyErrorJson(const RunConfig& config) {
    const cost::FitErrors errors = config.technology.logic.errors.ofElements(config.synthesis);
    const auto largest = [](const std::optional<cost::FitError>& error) {
        return error ? Json(error->largest) : Json(nullptr);
    };
    return {{"area", largest(errors.area)},
            {"delay", largest(errors.delay)},
            {"energy", largest(errors.energy)}};
}

Json furtherDatapathsJson(const RunConfig& config) {
    Json json = Json::array();
    for (std::size_t i = 0; i < config.machine.furtherDatapaths.size(); ++i) {
        const arch::DatapathConfig& datapath = config.machine.furtherDatapaths[i];
        json.push_back({{"activation", numeric::nameOf(datapath.activation)},
                        {"weight", numeric::nameOf(datapath.weight)},
                        {"accumulator", datapath.accumulator.name},
                        {"synthesis", nameOf(config.furtherSynthesis.at(i), kSynthesisNames)}});
    }
    return json;
}

Json configJson(const Result& result) {
    const arch::MachineConfig& machine = result.config.machine;
    Json json{
        {"file", result.configFile},
        {"overrides", result.overrides},
        {"name", machine.name},
        {"clock_hertz", machine.clockHertz},
        {"array_rows", machine.array.rows},
        {"array_columns", machine.array.columns},
        {"dataflow", nameOf(machine.array.dataflow, arch::kDataflowNames)},
        {"overlap_folds", machine.array.overlapFolds},
        {"drain", nameOf(machine.array.drain, arch::kDrainNames)},
        {"pipeline_depth", machine.array.pipelineDepth},
        {"cycles_per_step", machine.array.cyclesPerStep},
        {"row_split", machine.array.rowSplit()},
        {"column_split", machine.array.columnSplit()},
        {"depthwise_packing", machine.array.depthwisePacking},
        {"convention", nameOf(machine.array.convention, arch::kConventionNames)},
        {"activation", numeric::nameOf(machine.datapath.activation)},
        {"weight", numeric::nameOf(machine.datapath.weight)},
        {"accumulator", machine.datapath.accumulator.name},
        {"synthesis", nameOf(result.config.synthesis, kSynthesisNames)},
        {"element_packing", nameOf(machine.datapath.packing, arch::kPackingNames)},
        {"activation_scratchpad_bytes", limitJson(machine.activationScratchpad.capacityBytes)},
        {"weight_scratchpad_bytes", limitJson(machine.weightScratchpad.capacityBytes)},
        {"accumulator_rows", limitJson(machine.accumulatorBuffer.rows)},
        {"vector_lanes", limitJson(machine.vectorUnit.lanes)},
        {"dram", machine.dram.name},
        {"technology", result.config.technology.name},
        {"technology_error", technologyErrorJson(result.config)},
        {"layout", nameOf(result.config.layout, kLayoutNames)},
        {"energy", energyConfigJson(result.config)},
        {"scheme", result.config.scheme.name},
        {"weight_granularity",
         nameOf(result.config.scheme.weightGranularity, Scheme::kGranularityNames)},
        {"accumulator_headroom", result.config.scheme.accumulatorHeadroom},
        {"resolved", resolvedJson(result.config.resolved)}};
    if (!machine.furtherDatapaths.empty()) {
        json["further_datapaths"] = furtherDatapathsJson(result.config);
        json["datapath_switch_cycles"] = machine.datapathSwitchCycles;
    }
    return json;
}

/// JSON has no infinity: null where the outputs are those of FP32, a text where some are not
/// finite.
Json sqnrJson(double decibels) {
    if (std::isfinite(decibels)) return decibels;
    return decibels > 0 ? Json(nullptr) : Json("-inf");
}

Json accuracyJson(const Accuracy& accuracy) {
    const auto share = [&](const std::optional<std::uint64_t>& correct) {
        return correct ? Json(static_cast<double>(*correct) / static_cast<double>(accuracy.images))
                       : Json(nullptr);
    };
    const auto count = [](const std::optional<std::uint64_t>& correct) {
        return correct ? Json(*correct) : Json(nullptr);
    };
    const auto end = [&](const std::optional<std::uint64_t>& correct, double Interval::*side) {
        return correct ? Json(wilsonInterval(*correct, accuracy.images).*side) : Json(nullptr);
    };
    return {{"images", accuracy.images},
            {"random_images", accuracy.randomImages},
            {"correct", count(accuracy.correct)},
            {"top1", share(accuracy.correct)},
            {"top1_low", end(accuracy.correct, &Interval::low)},
            {"top1_high", end(accuracy.correct, &Interval::high)},
            {"fp32_correct", count(accuracy.fp32Correct)},
            {"fp32_top1", share(accuracy.fp32Correct)},
            {"sqnr_db", sqnrJson(accuracy.sqnrDecibels)},
            {"correct_by_image", accuracy.correct ? Json(accuracy.correctByImage) : Json(nullptr)}};
}

Json dramFaultsJson(const Result& result) {
    const memory::DramConfig& dram = result.config.machine.dram;
    Json json{{"bit_error_rate", dram.faults.bitErrorRate},
              {"seed", dram.faults.seed},
              {"ecc", dram.ecc ? "secded" : "none"}};
    json.update(countersJson(*result.dramFaults, memory::kDramFaultCounters));
    return json;
}

Json outOfRangeJson(const OutOfRange& counts) {
    return {{"accumulator_overflows", counts.overflows},
            {"accumulator_saturations", counts.saturations},
            {"clipped_biases", counts.clippedBiases}};
}

/// Rates, energies and areas; null where the clock is not reached, or without a technology.
Json costsJson(const Result& result) {
    Json costs;
    const bool hasTimes = result.hasTimes();
    const bool hasEnergies = result.hasEnergies();
    costs["inferences_per_second"] = known(hasTimes, result.inferencesPerSecond());
    costs["dram_bytes_per_second"] = known(hasTimes, result.dramBandwidth());
    const arch::MachineConfig& machine = result.config.machine;
    // That of an ideal memory is one of the machine's own clock.
    costs["dram_peak_bytes_per_second"] = known(hasTimes || machine.dram.ddr.has_value(),
                                                machine.dram.peakBandwidth(machine.clockHertz));
    costs["average_power_watts"] = known(hasEnergies, result.averageWatts());
    costs["inferences_per_second_per_watt"] =
        known(hasEnergies, result.inferencesPerSecondPerWatt());
    costs["energy_delay_joule_seconds"] = known(hasEnergies, result.energyDelayJouleSeconds());
    costs["joules_per_mac"] = known(hasEnergies, result.joulesPerMac());
    costs["array_joules_per_mac"] = known(hasEnergies, result.arrayJoulesPerMac());
    costs["area_mm2"] = known(result.hasCosts(), result.areaSquareMillimetres());
    costs["cells_mm2"] = known(result.hasCosts(), cost::cellsOf(result.area) * 1e-6);
    costs["area_by_component"] = areaJson(result.area).value("parts", Json::object());
    const cost::Estimate energy = result.energyWithBand();
    costs["energy_low_joules"] = known(hasEnergies, energy.low);
    costs["energy_high_joules"] = known(hasEnergies, energy.high);
    for (std::size_t i = 0; i < result.energyBand.size(); ++i) {
        const cost::EnergyFigure& figure = result.energyBand[i];
        costs["energy_band"][std::string(cost::kEnergyComponents.at(i).name)] = {
            {"low_joules", known(hasEnergies, figure.joules.low)},
            {"high_joules", known(hasEnergies, figure.joules.high)},
            {"source", figure.source}};
    }
    return costs;
}

/// What reaches which clock; null where nothing limits it.
Json clockJson(const Clocking& clocking, double clockHertz) {
    const std::string& memory = clocking.slowestMemory;
    Json accessCycles = Json::object();
    for (const cost::MemoryDelay& each : clocking.memories) {
        if (each.nanoseconds > 0) accessCycles[each.name] = each.accessCycles(clockHertz);
    }
    return {{"meets_clock", clocking.isReached()},
            {"reachable_clock_hertz", clocking.reachableHertz},
            {"element_clock_hertz", clocking.elementHertz},
            {"fastest_element_clock_hertz", clocking.fastestElementHertz},
            {"memory_clock_hertz", clocking.memoryHertz},
            {"slowest_memory", memory.empty() ? Json(nullptr) : Json(memory)},
            {"memory_access_cycles", accessCycles}};
}

Json dramChannelsJson(const Result& result) {
    Json channels = Json::array();
    for (const memory::DramCounters& channel : result.dramChannels) {
        channels.push_back(countersJson(channel, memory::kDramCounters));
    }
    return channels;
}

/// What only some runs know.
void addOptionalTotals(Json& totals, const Result& result) {
    if (result.activity) {
        totals["operand_activity"] = activityJson(*result.activity);
    }
    if (result.drawn) {
        totals["drawn_operands"] = {{"draw", result.drawn->description},
                                    {"energy_error", result.drawn->error},
                                    {"error_measured_on", result.drawn->errorSource}};
    }
    if (result.dramFaults) {
        totals["dram_faults"] = dramFaultsJson(result);
    }
    if (result.outOfRange) {
        totals["out_of_range"] = outOfRangeJson(*result.outOfRange);
    }
    if (!result.outputHash.empty()) {
        totals["output_sha256"] = result.outputHash;
    }
    if (result.accuracy) {
        totals["accuracy"] = accuracyJson(*result.accuracy);
    }
}

Json totalsJson(const Result& result) {
    Json totals = figuresJson(result.totals, result);
    totals.update(costsJson(result));
    totals.update(clockJson(result.clocking, result.config.machine.clockHertz));
    totals["dram_channels"] = dramChannelsJson(result);
    if (result.batch > 1) totals["batch"] = result.batch;
    addPerInference(totals, result.totals, result);
    addOptionalTotals(totals, result);
    return totals;
}

Json mappingJson(const LayerResult& layer, const arch::ArrayConfig& array) {
    Json json;
    for (const MappingFigure& figure : mappingFigures(layer, array)) {
        std::visit([&](const auto& value) { json[figure.name] = value; }, figure.value);
    }
    const LayerMapping& mapping = *layer.mapping;
    if (mapping.search.runnerUp) {
        Json other;
        for (const MappingFigure& figure :
             choiceFigures(*mapping.search.runnerUp, mapping.shape, array)) {
            std::visit([&](const auto& value) { other[figure.name] = value; }, figure.value);
        }
        json["runner_up"] = std::move(other);
    } else {
        json["runner_up"] = nullptr;
    }
    return json;
}

}  // namespace

nlohmann::ordered_json resultDocument(const Result& result) {
    const arch::MachineConfig& machine = result.config.machine;
    Json layers = Json::array();
    for (const LayerResult& layer : result.layers) {
        Json json{{"name", layer.name}, {"kind", layer.kind}};
        if (layer.mapping && !machine.furtherDatapaths.empty()) {
            json["datapath"] = arch::operandNames(arch::datapathAt(machine, layer.datapath));
        }
        json.update(figuresJson(layer.figures, result));
        addPerInference(json, layer.figures, result);
        if (layer.activity) {
            json["operand_activity"] = activityJson(*layer.activity);
        }
        if (layer.outOfRange) {
            json["out_of_range"] = outOfRangeJson(*layer.outOfRange);
        }
        if (result.explains && layer.mapping) {
            json["mapping"] = mappingJson(layer, arch::seenBy(machine, layer.datapath).array);
        }
        layers.push_back(std::move(json));
    }
    return {{"schema", kResultSchema},      {"command", result.command},
            {"config", configJson(result)}, {"workload", {{"name", result.workload}}},
            {"totals", totalsJson(result)}, {"layers", std::move(layers)}};
}

std::string resultJson(const Result& result) { return resultDocument(result).dump(2) + "\n"; }

}  // namespace systole::sim
