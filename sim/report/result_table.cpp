// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "sim/base/text.hpp"
#include "sim/report/area_report.hpp"
#include "sim/run/result.hpp"

namespace systole::sim {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

double shareOf(double part, double whole) { return whole == 0 ? 0 : part / whole; }

std::string stateShare(const Figures& figures, arch::UnitState state) {
    const auto& array = figures.states[static_cast<std::size_t>(arch::Unit::Array)];
    return percent(shareOf(static_cast<double>(array[static_cast<std::size_t>(state)]),
                           static_cast<double>(figures.cycles)));
}

std::vector<std::string> layerRow(const std::string& name, const Figures& figures) {
    using enum arch::UnitState;
    return {name,
            fmt::format("{}", figures.cycles),
            fmt::format("{}", figures.macs),
            percent(figures.utilization.overall),
            percent(figures.utilization.mapping),
            stateShare(figures, Busy),
            stateShare(figures, WaitLoad),
            stateShare(figures, WaitVector),
            stateShare(figures, ScratchpadConflict),
            stateShare(figures, Idle),
            fmt::format("{:.1f}", static_cast<double>(figures.dramBytes) / 1024),
            fmt::format("{:.3f}", figures.energy.totalJoules() * 1e6)};
}

std::string layerTable(const Result& result) {
    Rows rows{{"layer", "cycles", "MACs", "utilization", "mapping", "array busy", "wait load",
               "wait vector", "conflict", "idle", "DRAM KiB", "energy uJ"},
              {}};
    for (const LayerResult& layer : result.layers) {
        rows.push_back(layerRow(layer.name, layer.figures));
    }
    rows.emplace_back();
    rows.push_back(layerRow("total", result.totals));
    return alignedTable(rows);
}

std::string costTable(const Result& result) {
    if (result.config.technology.isFree) {
        return "Area and energy are left out (technology: none).\n";
    }
    const double joules = result.energyJoules();
    Rows rows{{"energy of one inference", "nominal", "share", "band"}, {}};
    cost::Estimate total;
    const auto append = [&](std::string_view name, const cost::Estimate& estimate) {
        rows.push_back(
            {std::string(name), fmt::format("{:.3f} uJ", estimate.nominal * 1e6),
             percent(shareOf(estimate.nominal, joules)),
             fmt::format("{:.3f} - {:.3f} uJ", estimate.low * 1e6, estimate.high * 1e6)});
    };
    for (std::size_t i = 0; i < result.energyBand.size(); ++i) {
        const cost::Estimate& part = result.energyBand[i].joules;
        append(cost::kEnergyComponents.at(i).name, part);
        total.nominal += part.nominal;
        total.low += part.low;
        total.high += part.high;
    }
    rows.emplace_back();
    append("total", total);
    std::string text = alignedTable(rows) + "\n";

    return text + areaTable(result.area);
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
        text = fmt::format("top-1 {} (FP32 {}), ", share(*accuracy.correct),
                           share(*accuracy.fp32Correct));
    }
    return fmt::format("{}SQNR {:.2f} dB, over {} image{}", text, accuracy.sqnrDecibels,
                       accuracy.images, accuracy.images == 1 ? "" : "s");
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

std::string summary(const Result& result) {
    const Figures& totals = result.totals;
    Rows rows{
        {"cycles", fmt::format("{}", totals.cycles)},
        {"time", withPrefix(totals.seconds, "s")},
        {"throughput", fmt::format("{:.1f} inferences/s", result.inferencesPerSecond())},
        {"utilization",
         fmt::format("{} ({} of the array by mapping, {} of the time)",
                     percent(totals.utilization.overall), percent(totals.utilization.mapping),
                     percent(totals.utilization.time))},
        {"DRAM traffic", fmt::format("{:.1f} KiB", static_cast<double>(totals.dramBytes) / 1024)},
    };
    if (!result.config.technology.isFree) {
        rows.insert(rows.end(),
                    {{"energy", withPrefix(result.energyJoules(), "J") + " per inference"},
                     {"average power", withPrefix(result.averageWatts(), "W")},
                     {"efficiency",
                      fmt::format("{:.1f} inferences/s/W", result.inferencesPerSecondPerWatt())},
                     {"area", fmt::format("{:.3f} mm2", result.areaSquareMillimetres())}});
    }
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
    std::string text;
    for (const auto& row : rows) {
        text += fmt::format("{:<14}{}\n", row[0], row[1]);
    }
    return text;
}

}  // namespace

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
    const std::string title =
        fmt::format("{} on {}: {}, {} x {} into {}, {}, {}\n\n", result.workload, machine.name,
                    arrayText(machine.array), numeric::nameOf(machine.datapath.activation),
                    numeric::nameOf(machine.datapath.weight), machine.datapath.accumulator.name,
                    withPrefix(machine.clockHertz, "Hz"), result.config.technology.name);
    std::string text =
        title + layerTable(result) + "\n" + costTable(result) + "\n" + summary(result);
    text += result.clockWarning;
    return text;
}

}  // namespace systole::sim
