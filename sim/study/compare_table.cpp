// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sim/base/text.hpp"
#include "sim/run/result.hpp"
#include "sim/study/accuracy_difference.hpp"
#include "sim/study/compare.hpp"

namespace systole::sim {
namespace {

constexpr double kKibi = 1024;

using Json = nlohmann::ordered_json;

std::string percent(const std::optional<double>& share) {
    return share ? fmt::format("{:.2f}", 100 * *share) : "-";
}

std::string megahertz(double hertz) { return fmt::format("{:.1f}", hertz * 1e-6); }

/// A key of the run's configuration with all its fragments; `-` where it is not there.
std::string resolvedText(const ComparedFormat& format, const char* pointer) {
    const Json::json_pointer place(std::string("/config/resolved") + pointer);
    if (!format.result.contains(place)) return "-";
    auto text = format.result.at(place).get<std::string>();
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

std::string configText(const ComparedFormat& format, const char* key) {
    const Json& value = format.result.at("config").at(key);
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string reachableText(const ComparedFormat& format) {
    const Json& hertz = format.result.at("totals").at("reachable_clock_hertz");
    return hertz.is_null() ? "unlimited" : megahertz(hertz.get<double>());
}

std::string intervalText(const RunFigures& figures) {
    const auto interval = top1Interval(figures);
    return interval ? fmt::format("{:.1f} - {:.1f}", 100 * interval->low, 100 * interval->high)
                    : "-";
}

std::string energyBandText(const RunFigures& figures) {
    return fmt::format("{:.1f} - {:.1f}", figures.energyLowJoules * 1e6,
                       figures.energyHighJoules * 1e6);
}

struct TableRow {
    const char* name;
    std::string (*cell)(const ComparedFormat& format);
};
struct FigureRow {
    const char* name;
    std::string (*cell)(const RunFigures& figures);
    bool dependsOnClock = false;
};

constexpr std::array kSetupRows{
    TableRow{"clock, MHz",
             [](const ComparedFormat& f) {
                 return f.figures.meetsClock
                            ? megahertz(f.result.at("config").at("clock_hertz").get<double>())
                            : kNotReachable;
             }},
    TableRow{"highest clock, MHz", reachableText},
    TableRow{"synthesis for", [](const ComparedFormat& f) { return configText(f, "synthesis"); }},
    TableRow{"pipeline stages",
             [](const ComparedFormat& f) { return configText(f, "pipeline_depth"); }},
    TableRow{"scheme", [](const ComparedFormat& f) { return configText(f, "scheme"); }},
    TableRow{"weight scales",
             [](const ComparedFormat& f) { return resolvedText(f, "/scheme/weight/granularity"); }},
};

// Precisions are those of the table of `systole run`.
constexpr std::array kFigureRows{
    FigureRow{"top-1, %", [](const RunFigures& f) { return percent(top1(f)); }},
    FigureRow{"95 % interval of top-1, %", intervalText},
    FigureRow{"top-1 of FP32, %", [](const RunFigures& f) { return percent(fp32Top1(f)); }},
    FigureRow{"SQNR, dB",
              [](const RunFigures& f) {
                  return f.sqnrDecibels ? fmt::format("{:.2f}", *f.sqnrDecibels) : "-";
              }},
    FigureRow{"area, mm2", [](const RunFigures& f) { return fmt::format("{:.3f}", f.areaMm2); }},
    FigureRow{"PE array area, mm2",
              [](const RunFigures& f) { return fmt::format("{:.4f}", f.arrayAreaMm2); }},
    FigureRow{"cycles", [](const RunFigures& f) { return fmt::to_string(f.cycles); }, true},
    FigureRow{"inferences/s",
              [](const RunFigures& f) { return fmt::format("{:.1f}", f.inferencesPerSecond); },
              true},
    FigureRow{"energy per inference, uJ",
              [](const RunFigures& f) { return fmt::format("{:.3f}", f.energyJoules * 1e6); },
              true},
    FigureRow{"its error band, uJ", energyBandText, true},
    FigureRow{"energy per MAC, pJ",
              [](const RunFigures& f) {
                  return f.joulesPerMac ? fmt::format("{:.3f}", *f.joulesPerMac * 1e12) : "-";
              },
              true},
    FigureRow{"of that the PE array, pJ",
              [](const RunFigures& f) {
                  return f.arrayJoulesPerMac ? fmt::format("{:.3f}", *f.arrayJoulesPerMac * 1e12)
                                             : "-";
              },
              true},
    FigureRow{"energy x delay (EDP), J s",
              [](const RunFigures& f) { return fmt::format("{:.3e}", f.energyDelayJouleSeconds); },
              true},
    FigureRow{"average power, mW",
              [](const RunFigures& f) { return fmt::format("{:.1f}", f.averagePowerWatts * 1e3); },
              true},
    FigureRow{
        "inferences/s/W",
        [](const RunFigures& f) { return fmt::format("{:.1f}", f.inferencesPerSecondPerWatt); },
        true},
    FigureRow{"DRAM traffic, KiB",
              [](const RunFigures& f) {
                  return fmt::format("{:.1f}", static_cast<double>(f.dramBytes) / kKibi);
              },
              true},
    FigureRow{"utilization, %",
              [](const RunFigures& f) { return fmt::format("{:.1f}", 100 * f.utilization); }, true},
};

std::string title(const Comparison& comparison) {
    const ComparedFormat& first = comparison.formats.front();
    const Json& config = first.result.at("config");
    auto dataflow = config.at("dataflow").get<std::string>();
    std::replace(dataflow.begin(), dataflow.end(), '_', ' ');
    const std::string objective = resolvedText(first, "/mapping/objective");
    const std::uint64_t images = first.figures.images;
    return fmt::format(
        "{} on {}: {}x{} {}, {}{}{}\n\n", first.result.at("workload").at("name").get<std::string>(),
        config.at("name").get<std::string>(), config.at("array_rows").get<std::uint64_t>(),
        config.at("array_columns").get<std::uint64_t>(), dataflow,
        config.at("technology").get<std::string>(),
        objective == "-" ? "" : ", all mapped for least " + objective,
        images == 0
            ? ""
            : fmt::format(", over {} {}image{}", images,
                          first.figures.randomImages ? "random " : "", images == 1 ? "" : "s"));
}

std::string figureTable(const Comparison& comparison) {
    std::vector<std::vector<std::string>> rows{{""}, {}};
    for (const ComparedFormat& format : comparison.formats) {
        rows.front().push_back(format.format);
    }
    const auto append = [&](const char* name, const auto& cell) {
        std::vector<std::string> cells{name};
        for (const ComparedFormat& format : comparison.formats) cells.push_back(cell(format));
        rows.push_back(std::move(cells));
    };
    for (const TableRow& row : kSetupRows) append(row.name, row.cell);
    for (const FigureRow& row : kFigureRows) {
        append(row.name, [&](const ComparedFormat& format) {
            const bool isReal = !row.dependsOnClock || format.figures.meetsClock;
            return isReal ? row.cell(format.figures) : kNotReachable;
        });
    }
    return alignedTable(rows);
}

std::string times(double value, double reference) {
    return reference == 0 ? "-" : fmt::format("{:.2f}x", value / reference);
}

std::string topText(const RunFigures& first, const RunFigures& other) {
    const auto difference = accuracyDifference(first, other);
    if (!difference) return "";
    const std::string points =
        fmt::format("top-1 {:+.2f} points", 100 * (*top1(other) - *top1(first)));
    if (difference->isToldApart) return points + ", ";
    return fmt::format("{} (not told apart by {} image{}), ", points, other.images,
                       other.images == 1 ? "" : "s");
}

std::string ratioLine(const ComparedFormat& first, const ComparedFormat& other) {
    const RunFigures& a = first.figures;
    const RunFigures& b = other.figures;
    const bool isReal = a.meetsClock && b.meetsClock;
    const auto clocked = [&](double value, double reference) {
        return isReal ? times(value, reference) : "-";
    };
    return fmt::format(
        "{} against {}: {}area {}, PE array {}, inferences/s {}, energy {}, EDP {}, inferences/s/W "
        "{}, DRAM traffic {}\n",
        other.format, first.format, topText(a, b), times(b.areaMm2, a.areaMm2),
        times(b.arrayAreaMm2, a.arrayAreaMm2),
        clocked(b.inferencesPerSecond, a.inferencesPerSecond),
        clocked(b.energyJoules, a.energyJoules),
        clocked(b.energyDelayJouleSeconds, a.energyDelayJouleSeconds),
        clocked(b.inferencesPerSecondPerWatt, a.inferencesPerSecondPerWatt),
        times(static_cast<double>(b.dramBytes), static_cast<double>(a.dramBytes)));
}

std::string ratios(const Comparison& comparison) {
    std::string text;
    for (std::size_t i = 1; i < comparison.formats.size(); ++i) {
        text += ratioLine(comparison.formats.front(), comparison.formats[i]);
    }
    return text;
}

std::string namesOf(const Comparison& comparison, const std::vector<std::size_t>& indices,
                    const char* separator) {
    std::vector<std::string> list;
    list.reserve(indices.size());
    for (const std::size_t i : indices) {
        list.push_back(comparison.formats[i].format);
    }
    return fmt::format("{}", fmt::join(list, separator));
}

/// Formats that these images do not tell from the best one.
std::string doubtText(const Comparison& comparison) {
    const std::size_t best = mostAccurate(comparison);
    const RunFigures& figures = comparison.formats[best].figures;
    std::vector<std::size_t> alike;
    for (std::size_t i = 0; i < comparison.formats.size(); ++i) {
        const auto difference = accuracyDifference(figures, comparison.formats[i].figures);
        if (i != best && !difference->isToldApart) alike.push_back(i);
    }
    if (alike.empty()) return "";
    return fmt::format(
        "{} image{} cannot show a difference in top-1 between {} and {} (exact McNemar test, 5 "
        "%).\n",
        figures.images, figures.images == 1 ? "" : "s", comparison.formats[best].format,
        namesOf(comparison, alike, ", "));
}

std::string winnersText(const Comparison& comparison) {
    const EqualAccuracyWinners winners = winnersAtEqualAccuracy(comparison);
    if (winners.candidates.empty()) {
        return "No labels, no top-1: which format wins at equal accuracy cannot be told.\n";
    }
    const auto names = [&](const std::vector<std::size_t>& indices) {
        return namesOf(comparison, indices, " = ");
    };
    std::string text = fmt::format("At equal accuracy (top-1 within 1 point of the best: {}): ",
                                   names(winners.candidates));
    text += winners.fastest.empty()
                ? "none of them reaches the clock.\n"
                : fmt::format("lowest energy {}, lowest EDP {}, smallest area {}, fastest {}.\n",
                              names(winners.lowestEnergy), names(winners.lowestEnergyDelay),
                              names(winners.smallestArea), names(winners.fastest));
    text += doubtText(comparison);
    const std::uint64_t images = comparison.formats.front().figures.images;
    if (images < 100) {
        text += fmt::format("One of {} images is {:.2f} points: take more to tell formats apart.\n",
                            images, 100.0 / static_cast<double>(images));
    }
    return text;
}

std::string eventLines(const Comparison& comparison) {
    std::string text;
    for (const ComparedFormat& format : comparison.formats) {
        const auto& counts = format.figures.outOfRange;
        if (!counts || !counts->any()) continue;
        text += fmt::format("Warning: {} does not fit its accumulator: {}, over {} images.\n",
                            format.format, outOfRangeText(*counts), format.figures.images);
    }
    return text.empty() ? text : text + "\n";
}

std::string dramFaultLines(const Comparison& comparison) {
    std::string text;
    for (const ComparedFormat& format : comparison.formats) {
        if (const auto& faults = format.figures.dramFaults) {
            text += fmt::format("DRAM errors of {}: {}\n", format.format,
                                dramFaultsText(*faults, format.figures.ecc));
        }
    }
    return text.empty() ? text : text + "\n";
}

std::string clockWarnings(const Comparison& comparison) {
    std::vector<std::size_t> slow;
    for (std::size_t i = 0; i < comparison.formats.size(); ++i) {
        if (!comparison.formats[i].figures.meetsClock) slow.push_back(i);
    }
    if (slow.empty()) return "";
    return fmt::format(
        "The clock is beyond what memories and elements of {} reach, with the synthesis and the "
        "stages shown. `--clock max` takes each format at its highest clock.\n",
        namesOf(comparison, slow, ", "));
}

std::string estimateText(const Comparison& comparison) {
    std::vector<std::size_t> fast;
    for (std::size_t i = 0; i < comparison.formats.size(); ++i) {
        const ComparedFormat& format = comparison.formats[i];
        if (format.figures.meetsClock && configText(format, "synthesis") == "speed") {
            fast.push_back(i);
        }
    }
    if (fast.empty()) return "";
    return fmt::format(
        "Array energy of {} is an estimate: no synthesis for speed was measured for it; its band "
        "is "
        "wider (docs/area.md).\n",
        namesOf(comparison, fast, ", "));
}

}  // namespace

std::string comparisonTable(const Comparison& comparison) {
    std::string sentences = eventLines(comparison) + dramFaultLines(comparison);
    if (comparison.formats.size() > 1) {
        sentences += ratios(comparison) + "\n" + winnersText(comparison);
    }
    sentences += estimateText(comparison) + clockWarnings(comparison);
    return wrapped(title(comparison)) + figureTable(comparison) + "\n" + wrapped(sentences);
}

}  // namespace systole::sim
