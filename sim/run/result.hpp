// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "arch/accelerator.hpp"
#include "models/cost/element/drawn_trace.hpp"
#include "models/cost/element/element_waveforms.hpp"
#include "models/cost/element/operand_trace.hpp"
#include "models/cost/machine/energy_band.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/run/clocking.hpp"

namespace systole::sim {

/// Version of the JSON that results are written as; a change that breaks readers raises it.
inline constexpr const char* kResultSchema = "systole-result/1";

/// Shares of 1. An element has a product in every cycle of a step that it takes part in.
struct Utilization {
    double overall = 0;  ///< elements with a product, of all elements in all cycles
    double mapping =
        0;            ///< the same of the cycles in which steps begin: what the shape leaves unused
    double time = 0;  ///< cycles in which steps begin, of all
};

/// What the array, a layer or the whole run did and cost.
struct Figures {
    Cycle cycles = 0;
    double seconds = 0;
    std::uint64_t macs = 0;
    Utilization utilization;
    arch::UnitStates states{};
    cost::Counters counters;
    std::uint64_t dramBytes = 0;  ///< over the pins, whole bursts
    cost::EnergyBreakdown energy;

    /// Of the first unit of a kind.
    const arch::StateCycles& statesOf(arch::UnitKind kind) const {
        return states[arch::kMachineUnits.numberOf({kind})];
    }
};

/// How active the operands of sampled processing elements were (docs/energy_activity.md).
struct ActivityResult {
    cost::OperandRates rates;
    std::uint64_t steps = 0;     ///< sampled
    std::uint64_t elements = 0;  ///< sampled; of the totals: the sum over the layers
    std::uint64_t sampledFolds = 0;
    std::uint64_t folds = 0;
};

/// What held a layer up, of most of its cycles.
enum class Bound : std::uint8_t { Array, Dram, Vector };
inline constexpr std::array<const char*, 3> kBoundNames{"array", "dram", "vector"};

/// What did not fit the accumulator: wrong values, unlike what rounding does.
struct OutOfRange {
    std::uint64_t overflows = 0;      ///< additions that wrapped, or left a float's range
    std::uint64_t saturations = 0;    ///< additions that stopped at the end of the range
    std::uint64_t clippedBiases = 0;  ///< of output channels: the end of the range in their place

    bool any() const { return overflows + saturations + clippedBiases > 0; }
};

struct LayerResult {
    std::string name;
    std::string kind;
    Figures figures;
    std::optional<LayerMapping> mapping;  ///< empty for a layer of the vector unit
    arch::DatapathId datapath = 0;        ///< of matrix work
    std::optional<ActivityResult> activity = std::nullopt;  ///< empty: nothing was sampled
    std::optional<OutOfRange> outOfRange = std::nullopt;    ///< of all images; as in Result

    Bound bound() const;
};

/// Operands that were drawn.
struct DrawnOperands {
    std::string description;
    /// Of the energy of an inference; in shares of that with the network's own operands.
    double error = 0;
    std::string errorSource;  ///< what it was measured on
};

/// Of the quantized network against the labels and against FP32.
struct Accuracy {
    std::uint64_t images = 0;
    bool randomImages = false;             ///< of a bare model: they say nothing of its data
    std::optional<std::uint64_t> correct;  ///< empty without labels
    std::optional<std::uint64_t> fp32Correct;
    std::string correctByImage;  ///< `1` where the largest output is the label, else `0`
    double sqnrDecibels = 0;  ///< infinite where nothing differs, minus infinite where an output is
};

/// What tables say in the place of a figure that depends on a clock which the hardware does not
/// reach. Files leave such a figure empty: JSON has null, CSV an empty cell (docs/area.md).
inline const std::string kNotReachable = "not reachable";

struct Result {
    std::string command;  ///< `run` or `gemm`
    std::string configFile;
    std::vector<std::string> overrides;
    RunConfig config;
    std::string workload;
    Figures totals;           ///< of one batch; so are those of the layers
    std::uint32_t batch = 1;  ///< images of a batch
    std::vector<LayerResult> layers;
    /// What the energy of products follows from where no operands were sampled, and how far it may
    /// be off; empty where it is the network's own operands.
    std::optional<DrawnOperands> drawn;
    /// Rates are the layers', each weighed by its MACs; empty where nothing was sampled.
    std::optional<ActivityResult> activity;
    cost::AreaNode area;
    /// Of the totals, in the order of cost::kEnergyComponents; empty without a technology.
    std::vector<cost::EnergyFigure> energyBand;
    Clocking clocking;
    bool explains = false;  ///< the mapping of each layer is written and printed as well
    std::vector<memory::DramCounters> dramChannels;
    /// Of all images; empty where the DRAM has no errors, and if timing only.
    std::optional<memory::DramFaultCounters> dramFaults;
    /// Of all layers and images; empty if timing only.
    std::optional<OutOfRange> outOfRange;
    std::optional<Accuracy> accuracy;
    std::string outputHash;  ///< SHA-256 over the output codes of all images; empty if timing only

    /// Bytes a second over the pins, over the whole run.
    double dramBandwidth() const { return static_cast<double>(totals.dramBytes) / totals.seconds; }
    double inferencesPerSecond() const { return batch / totals.seconds; }
    double energyJoules() const { return totals.energy.totalJoules(); }
    double joulesPerInference() const { return energyJoules() / batch; }
    /// The energy, and the sums of both ends of its components' bands.
    cost::Estimate energyWithBand() const;
    double averageWatts() const { return energyJoules() / totals.seconds; }
    double inferencesPerSecondPerWatt() const { return inferencesPerSecond() / averageWatts(); }
    /// Of one inference: its energy times its time, which is that of its batch.
    double energyDelayJouleSeconds() const { return joulesPerInference() * totals.seconds; }
    /// Of the whole machine with its DRAM; nothing where there are no MACs.
    std::optional<double> joulesPerMac() const;
    /// Of the processing elements, idle ones included, and the array's edge.
    std::optional<double> arrayJoulesPerMac() const;
    double areaSquareMillimetres() const { return area.squareMicrons * 1e-6; }

    /// Whether there is an area.
    bool hasCosts() const { return !config.technology.isFree; }
    /// Whether times and rates are real.
    bool hasTimes() const { return clocking.isReached(); }
    /// Whether energies are, part of which is leakage over the time.
    bool hasEnergies() const { return hasCosts() && hasTimes(); }
};

/// Costs of a timed replay; the technology must cover the machine.
/// `draw`: of operands, where the replay computed none.
Result makeResult(const RunConfig& config, const LoweredNetwork& network,
                  const arch::RunRecord& record, cost::Stimulus draw = cost::Stimulus::Rectified);

/// Fills in what was out of range, by layer and in total. `events` has an entry for each layer.
void addOutOfRange(Result& result, const LoweredNetwork& network,
                   std::span<const numeric::AccumulatorEvents> events);

/// `186253 additions overflowed, 2 biases were clipped`, for the terminal.
std::string outOfRangeText(const OutOfRange& counts);

/// `12 bits in 3400 words read; 11 words corrected, ..`, for the terminal.
std::string dramFaultsText(const memory::DramFaultCounters& faults, bool ecc);

/// Keys of totals and layers in the JSON of a result that follow from the technology: area, energy,
/// whether the clock is reached, and what is null where it is not.
inline constexpr std::array kCostKeys{"seconds",
                                      "dram_bytes_per_second",
                                      "energy_joules",
                                      "energy_by_component_joules",
                                      "energy_low_joules",
                                      "energy_high_joules",
                                      "energy_band",
                                      "area_mm2",
                                      "cells_mm2",
                                      "area_by_component",
                                      "meets_clock",
                                      "average_power_watts",
                                      "inferences_per_second_per_watt",
                                      "energy_delay_joule_seconds",
                                      "joules_per_mac",
                                      "array_joules_per_mac",
                                      "reachable_clock_hertz",
                                      "element_clock_hertz",
                                      "fastest_element_clock_hertz",
                                      "memory_clock_hertz",
                                      "slowest_memory",
                                      "inferences_per_second"};

/// The JSON of a result.
nlohmann::ordered_json resultDocument(const Result& result);
/// Its text; same result, same bytes.
std::string resultJson(const Result& result);
/// One row a layer and one for the total.
std::string resultCsv(const Result& result);
/// For the terminal.
std::string resultTable(const Result& result);
/// For the terminal: how each layer lies on the array, why, and what else would have been possible.
std::string mappingTable(const Result& result);

}  // namespace systole::sim
