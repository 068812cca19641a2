// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "sim/base/statistics.hpp"
#include "sim/base/text.hpp"
#include "sim/report/area_report.hpp"
#include "sim/run/result.hpp"

namespace systole::sim {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

double shareOf(double part, double whole) { return whole == 0 ? 0 : part / whole; }

std::string stateShare(const Figures& figures, arch::UnitState state) {
    const arch::StateCycles& array = figures.statesOf(arch::UnitKind::Array);
    return percent(
        shareOf(static_cast<double>(array.of(state)), static_cast<double>(figures.cycles)));
}

using Row = std::vector<std::string>;

Row layerRow(const std::string& name, const Figures& figures, bool isReached) {
    return {name,
            fmt::format("{}", figures.cycles),
            fmt::format("{}", figures.macs),
            percent(figures.utilization.overall),
            percent(figures.utilization.mapping),
            fmt::format("{:.1f}", static_cast<double>(figures.dramBytes) / 1024),
            isReached ? fmt::format("{:.3f}", figures.energy.totalJoules() * 1e6) : "-"};
}

/// What the array did with the cycles.
Row stateRow(const std::string& name, const Figures& figures, bool) {
    using enum arch::UnitState;
    return {name,
            stateShare(figures, Busy),
            stateShare(figures, arch::waitFor({arch::UnitKind::Load})),
            stateShare(figures, arch::waitFor({arch::UnitKind::Vector})),
            stateShare(figures, ScratchpadConflict),
            stateShare(figures, Idle)};
}

std::string rowsOfLayers(const Result& result, const Row& header,
                         Row (*row)(const std::string& name, const Figures& figures,
                                    bool isReached)) {
    Rows rows{header, {}};
    for (const LayerResult& layer : result.layers) {
        rows.push_back(row(layer.name, layer.figures, result.hasTimes()));
    }
    rows.emplace_back();
    rows.push_back(row("total", result.totals, result.hasTimes()));
    return alignedTable(withoutZeroColumns(rows));
}

std::string layerTable(const Result& result) {
    return rowsOfLayers(
               result,
               {"layer", "cycles", "MACs", "utilization", "mapping", "DRAM KiB", "energy uJ"},
               layerRow) +
           "\n" +
           rowsOfLayers(
               result, {"the array's time", "busy", "wait load", "wait vector", "conflict", "idle"},
               stateRow);
}

std::string energyTable(const Result& result) {
    const double joules = result.energyJoules();
    Rows rows{{result.batch == 1 ? "energy of one inference"
                                 : fmt::format("energy of {} inferences", result.batch),
               "nominal", "share", "band"},
              {}};
    bool hasUnknown = false;
    const auto append = [&](std::string_view name, const cost::Estimate& estimate) {
        const bool isKnown = estimate.low < estimate.high;
        hasUnknown = hasUnknown || !isKnown;
        rows.push_back(
            {std::string(name), fmt::format("{:.3f} uJ", estimate.nominal * 1e6),
             percent(shareOf(estimate.nominal, joules)),
             isKnown ? fmt::format("{:.3f} - {:.3f} uJ", estimate.low * 1e6, estimate.high * 1e6)
                     : "not known"});
    };
    for (std::size_t i = 0; i < result.energyBand.size(); ++i) {
        const cost::Estimate& part = result.energyBand[i].joules;
        if (part.high == 0) continue;
        append(cost::kEnergyComponents.at(i).name, part);
    }
    rows.emplace_back();
    append("total", result.energyWithBand());
    const bool isFast = result.config.synthesis == cost::Goal::Delay;
    return alignedTable(rows) +
           "Leakage has the band of areas and memories: of what an area of logic leaks, no error "
           "is known.\n" +
           (hasUnknown
                ? "No error of the DRAM's energy is known: the total's band takes it as it is.\n"
                : "") +
           (isFast
                ? "The array's energy is less sure: few or no energies of synthesis for speed were "
                  "measured (docs/area.md).\n\n"
                : "\n");
}

std::string costTable(const Result& result) {
    if (!result.hasCosts()) {
        return "Area and energy are left out (technology: none).\n";
    }
    return (result.hasEnergies() ? energyTable(result) : "") + areaTable(result.area);
}

/// `16x16 output stationary, folds overlapped, shadow drain`.
std::string arrayText(const arch::ArrayConfig& array) {
    std::string dataflow = arch::kDataflowNames.at(static_cast<std::size_t>(array.dataflow));
    std::replace(dataflow.begin(), dataflow.end(), '_', ' ');
    std::string text = fmt::format("{}x{} {}", array.rows, array.columns, dataflow);
    if (array.overlapFolds) {
        text += ", folds overlapped";
    }
    if (array.dataflow == arch::Dataflow::OutputStationary) {
        text +=
            fmt::format(", {} drain", arch::kDrainNames.at(static_cast<std::size_t>(array.drain)));
        if (array.drain == arch::Drain::Direct) {
            text += " (which no hardware has)";
        }
    }
    if (array.cyclesPerStep > 1) {
        text += fmt::format(", {} cycles a step", array.cyclesPerStep);
    }
    if (array.convention != arch::CycleConvention::Hardware) {
        text += fmt::format(", cycles as {} counts them",
                            arch::kConventionNames.at(static_cast<std::size_t>(array.convention)));
    }
    return text;
}

std::string accuracyLine(const Accuracy& accuracy) {
    const auto share = [&](std::uint64_t correct) {
        return fmt::format("{:.2f} %", 100.0 * static_cast<double>(correct) /
                                           static_cast<double>(accuracy.images));
    };
    std::string text;
    if (accuracy.correct && accuracy.fp32Correct) {
        const Interval interval = wilsonInterval(*accuracy.correct, accuracy.images);
        text =
            fmt::format("top-1 {} (95 %: {:.1f} - {:.1f} %; FP32 {}), ", share(*accuracy.correct),
                        100 * interval.low, 100 * interval.high, share(*accuracy.fp32Correct));
    }
    return fmt::format("{}SQNR {:.2f} dB, over {} {}image{}{}", text, accuracy.sqnrDecibels,
                       accuracy.images, accuracy.randomImages ? "random " : "",
                       accuracy.images == 1 ? "" : "s",
                       accuracy.randomImages ? ": a bare .onnx names no data" : "");
}

/// What the energy of the array follows from.
std::string activityText(const ActivityResult& activity) {
    return fmt::format(
        "bits that toggle a step: activations {}, weights {}, sums {}; zero activations {}, zero "
        "weights {} ({} steps of {} of {} folds sampled)",
        percent(activity.rates.activationToggles), percent(activity.rates.weightToggles),
        percent(activity.rates.sumToggles), percent(activity.rates.zeroActivations),
        percent(activity.rates.zeroWeights), activity.steps, activity.sampledFolds, activity.folds);
}

/// What the DRAM gave, and the most that it can give.
std::string bandwidthText(const Result& result) {
    const arch::MachineConfig& machine = result.config.machine;
    const memory::DramConfig& dram = machine.dram;
    const std::uint32_t channels = dram.ddr ? dram.ddr->organization.channels : 1;
    const std::string name =
        fmt::format("{}{}", dram.name, channels > 1 ? fmt::format(", {} channels", channels) : "");
    const double given = result.dramBandwidth();
    const std::optional<double> peak = dram.peakBandwidth(machine.clockHertz);
    return peak ? fmt::format("{:.3f} GB/s, {} of the peak of {:.3f} GB/s ({})", given / 1e9,
                              percent(given / *peak), *peak / 1e9, name)
                : fmt::format("{:.3f} GB/s, of no limit ({})", given / 1e9, name);
}

/// Energies, and what follows from them and the clock.
void appendCosts(Rows& rows, const Result& result) {
    const auto atClock = [&](const std::string& text) {
        return result.hasTimes() ? text : kNotReachable;
    };
    rows.push_back(
        {"energy", atClock(withPrefix(result.joulesPerInference(), "J") + " per inference")});
    if (const auto perMac = result.joulesPerMac()) {
        rows.push_back(
            {"energy/MAC", atClock(fmt::format("{}, of that the array {}", withPrefix(*perMac, "J"),
                                               withPrefix(*result.arrayJoulesPerMac(), "J")))});
    }
    rows.push_back({"EDP", atClock(fmt::format("{:.4g} J s", result.energyDelayJouleSeconds()))});
    rows.push_back({"average power", atClock(withPrefix(result.averageWatts(), "W"))});
    rows.push_back({"efficiency", atClock(fmt::format("{:.1f} inferences/s/W",
                                                      result.inferencesPerSecondPerWatt()))});
    const double cells = cost::cellsOf(result.area) * 1e-6;
    rows.push_back(
        {"area", fmt::format("{:.3f} mm2{}", result.areaSquareMillimetres(),
                             cells < result.areaSquareMillimetres()
                                 ? fmt::format(" of silicon, of that cells {:.3f} mm2", cells)
                                 : ", cells only")});
    rows.push_back({"logic from", result.config.technology.logic.source});
}

/// What one inference has of a figure, where a batch has several.
std::string eachOf(const Result& result, const std::string& text) {
    return result.batch == 1 ? "" : fmt::format(" for {} inferences, {} each", result.batch, text);
}

/// `int8 x int8 into int32`.
std::string datapathText(const arch::DatapathConfig& datapath) {
    return fmt::format("{} x {} into {}", numeric::nameOf(datapath.activation),
                       numeric::nameOf(datapath.weight), datapath.accumulator.name);
}

void appendDatapaths(Rows& rows, const Result& result) {
    const arch::MachineConfig& machine = result.config.machine;
    for (const arch::DatapathConfig& further : machine.furtherDatapaths) {
        rows.push_back({"beside", datapathText(further)});
    }
    if (machine.furtherDatapaths.empty()) return;
    rows.push_back({"switches", fmt::format("{} between datapaths, of {} cycles each",
                                            result.totals.counters.datapathSwitches,
                                            machine.datapathSwitchCycles)});
}

std::string summary(const Result& result) {
    const Figures& totals = result.totals;
    const bool isReached = result.hasTimes();
    Rows rows{
        {"cycles",
         fmt::format("{}{}", totals.cycles,
                     eachOf(result, fmt::format("{:.0f}", static_cast<double>(totals.cycles) /
                                                              result.batch)))},
        {"time", isReached ? withPrefix(totals.seconds, "s") : kNotReachable},
        {"throughput", isReached ? fmt::format("{:.1f} inferences/s", result.inferencesPerSecond())
                                 : kNotReachable},
        {"utilization",
         fmt::format("{} ({} of the array by mapping, {} of the time)",
                     percent(totals.utilization.overall), percent(totals.utilization.mapping),
                     percent(totals.utilization.time))},
        {"DRAM traffic",
         fmt::format(
             "{:.1f} KiB{}", static_cast<double>(totals.dramBytes) / 1024,
             eachOf(result, fmt::format("{:.1f} KiB", static_cast<double>(totals.dramBytes) / 1024 /
                                                          result.batch)))},
        {"DRAM rate", isReached ? bandwidthText(result) : kNotReachable},
    };
    appendDatapaths(rows, result);
    if (result.hasCosts()) appendCosts(rows, result);
    if (result.activity) rows.push_back({"activity", activityText(*result.activity)});
    if (result.drawn) {
        rows.push_back(
            {"operands", fmt::format("{}; energy within {:.0f} % on {}", result.drawn->description,
                                     100 * result.drawn->error, result.drawn->errorSource)});
    }
    if (result.dramFaults) {
        rows.push_back(
            {"DRAM errors", dramFaultsText(*result.dramFaults, result.config.machine.dram.ecc)});
    }
    if (result.accuracy) {
        rows.push_back({"accuracy", accuracyLine(*result.accuracy)});
    }
    constexpr std::size_t kLabels = 14;
    return labelledLines(rows, kLabels);
}

/// What the tree of areas says of the elements is true of their energies as well.
std::string elementNote(const cost::AreaNode& area) {
    const cost::AreaNode* array = area.find("array");
    std::string text;
    if (array == nullptr) return text;
    for (const cost::AreaNode& elements : array->parts) {
        if (elements.basis != cost::AreaBasis::Sum) continue;
        for (const std::string& note : elements.notes) {
            text += fmt::format("Note: {}: {}.\n", elements.name, note);
        }
    }
    return text;
}

/// One line a layer.
std::string outOfRangeWarnings(const Result& result) {
    std::string text;
    const std::uint64_t images = result.accuracy ? result.accuracy->images : 1;
    for (const LayerResult& layer : result.layers) {
        if (!layer.outOfRange || !layer.outOfRange->any()) continue;
        text +=
            fmt::format("Warning: layer {} does not fit accumulator {}: {}{}.\n", layer.name,
                        arch::datapathAt(result.config.machine, layer.datapath).accumulator.name,
                        outOfRangeText(*layer.outOfRange),
                        images > 1 ? fmt::format(", over {} images", images) : "");
    }
    return wrapped(text);
}

}  // namespace

std::string outOfRangeText(const OutOfRange& counts) {
    std::vector<std::string> parts;
    const auto append = [&](std::uint64_t count, const char* one, const char* several) {
        if (count > 0) parts.push_back(fmt::format("{} {}", count, count == 1 ? one : several));
    };
    append(counts.overflows, "addition overflowed", "additions overflowed");
    append(counts.saturations, "addition saturated", "additions saturated");
    append(counts.clippedBiases, "bias was clipped", "biases were clipped");
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string dramFaultsText(const memory::DramFaultCounters& faults, bool ecc) {
    const std::string read =
        fmt::format("{} bits in {} words read", faults.bitErrors, faults.wordsRead);
    return ecc ? fmt::format("{}; {} words corrected, {} uncorrectable, {} wrong unnoticed", read,
                             faults.correctedWords, faults.uncorrectableWords,
                             faults.silentErrorWords)
               : fmt::format("{}; {} words wrong, no ECC", read, faults.silentErrorWords);
}

std::string resultTable(const Result& result) {
    const arch::MachineConfig& machine = result.config.machine;
    const std::string title = fmt::format(
        "{} on {}: {}, {}, {}, {}\n\n", titleName(result.workload), titleName(machine.name),
        arrayText(machine.array), datapathText(machine.datapath),
        withPrefix(machine.clockHertz, "Hz"), result.config.technology.name);
    std::string text =
        wrapped(title) + layerTable(result) + "\n" + costTable(result) + "\n" + summary(result);
    return text + wrapped(result.clocking.warning) +
           wrapped(elementMakeNote(result.config) + elementNote(result.area) +
                   memoryNotes(result.clocking, machine.clockHertz)) +
           outOfRangeWarnings(result);
}

}  // namespace systole::sim
