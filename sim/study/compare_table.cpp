// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sim/base/text.hpp"
#include "sim/run/result.hpp"
#include "sim/study/compare.hpp"
#include "sim/study/compare_sentences.hpp"
#include "sim/study/table_names.hpp"

namespace systole::sim {
namespace {

constexpr double kKibi = 1024;
constexpr double kMega = 1e-6;
constexpr double kMilli = 1e3;
constexpr double kMicro = 1e6;
constexpr double kPico = 1e12;

using Json = nlohmann::ordered_json;
using Text = std::optional<std::string>;

/// A number in another unit; precisions are those of the table of `systole run`.
Text number(const std::optional<double>& value, const char* format, double scale = 1) {
    return value ? Text(fmt::format(fmt::runtime(format), *value * scale)) : std::nullopt;
}

/// A frequency or a rate, which may be small.
Text rate(const std::optional<double>& value, double scale = 1) {
    return number(value, value && *value * scale < 1 ? "{:.4g}" : "{:.1f}", scale);
}

/// Rounded down, so that what is read is reached.
Text megahertz(const std::optional<double>& hertz) {
    return hertz ? rate(fourDigitsDown(*hertz), kMega) : std::nullopt;
}

template <auto Figure>
Text megahertz(const RunFigures& figures) {
    return megahertz(figures.*Figure);
}

Text percent(const std::optional<double>& share) { return number(share, "{:.2f}", 100); }

Text rangeText(const std::optional<double>& low, const std::optional<double>& high, double scale) {
    if (!low || !high) return std::nullopt;
    return fmt::format("{:.1f} - {:.1f}", *low * scale, *high * scale);
}

Text clockText(const RunFigures& figures) {
    if (figures.hardware != Hardware::ReachesClock) return std::nullopt;
    return megahertz<&RunFigures::clockHertz>(figures);
}

Text memoryText(const RunFigures& figures) {
    // Without a technology nothing is known of any part.
    const bool isFree = !figures.memoryClockHertz && figures.elementClockHertz;
    return isFree ? Text("unlimited") : megahertz(figures.memoryClockHertz);
}

Text synthesisText(const RunFigures& figures) {
    return figures.synthesis.empty() ? std::nullopt : Text(figures.synthesis);
}

Text stagesText(const RunFigures& figures) {
    return figures.pipelineDepth ? Text(fmt::to_string(*figures.pipelineDepth)) : std::nullopt;
}

Text intervalText(const RunFigures& figures) {
    const auto interval = top1Interval(figures);
    return interval ? rangeText(interval->low, interval->high, 100) : std::nullopt;
}

Text trafficText(const RunFigures& figures) {
    return fmt::format("{:.1f}", static_cast<double>(figures.dramBytes) / kKibi);
}

/// What must be known for a row to have a figure.
enum class Needs : std::uint8_t { Nothing, Circuit, Clock };

/// In the place of a figure that is not known.
std::string missing(Needs needs, Hardware hardware) {
    if (needs == Needs::Nothing) return "-";
    if (hardware == Hardware::NoCircuit) return "no circuit";
    return needs == Needs::Clock && hardware == Hardware::TooSlow ? kNotReachable : "-";
}

struct FigureRow {
    const char* name;
    Needs needs;
    Text (*cell)(const RunFigures& figures);
};

constexpr std::array kHardwareRows{
    FigureRow{"clock, MHz", Needs::Clock, clockText},
    FigureRow{"highest clock, MHz", Needs::Circuit,
              [](const RunFigures& f) { return megahertz(highestClock(f)); }},
    FigureRow{"synthesis for", Needs::Circuit, synthesisText},
    FigureRow{"pipeline stages", Needs::Circuit, stagesText},
    FigureRow{"elements reach, MHz", Needs::Circuit, megahertz<&RunFigures::elementClockHertz>},
    FigureRow{"memories reach, MHz", Needs::Nothing, memoryText},
};

constexpr std::array kFigureRows{
    FigureRow{"top-1, %", Needs::Nothing, [](const RunFigures& f) { return percent(top1(f)); }},
    FigureRow{"95 % interval of top-1, %", Needs::Nothing, intervalText},
    FigureRow{"top-1 of FP32, %", Needs::Nothing,
              [](const RunFigures& f) { return percent(fp32Top1(f)); }},
    FigureRow{"SQNR, dB", Needs::Nothing,
              [](const RunFigures& f) { return number(f.sqnrDecibels, "{:.2f}"); }},
    FigureRow{"area, mm2", Needs::Circuit,
              [](const RunFigures& f) { return number(f.areaMm2, "{:.3f}"); }},
    FigureRow{"PE array area, mm2", Needs::Circuit,
              [](const RunFigures& f) { return number(f.arrayAreaMm2, "{:.4f}"); }},
    FigureRow{"cycles", Needs::Nothing,
              [](const RunFigures& f) { return Text(fmt::to_string(f.cycles)); }},
    FigureRow{"inferences/s", Needs::Clock,
              [](const RunFigures& f) { return rate(f.inferencesPerSecond); }},
    FigureRow{"energy per inference, uJ", Needs::Clock,
              [](const RunFigures& f) { return number(f.energyJoules, "{:.3f}", kMicro); }},
    FigureRow{"its error band, uJ", Needs::Clock,
              [](const RunFigures& f) {
                  return rangeText(f.energyLowJoules, f.energyHighJoules, kMicro);
              }},
    FigureRow{"energy per MAC, pJ", Needs::Clock,
              [](const RunFigures& f) { return number(f.joulesPerMac, "{:.3f}", kPico); }},
    FigureRow{"of that the PE array, pJ", Needs::Clock,
              [](const RunFigures& f) { return number(f.arrayJoulesPerMac, "{:.3f}", kPico); }},
    FigureRow{"energy x delay (EDP), J s", Needs::Clock,
              [](const RunFigures& f) { return number(f.energyDelayJouleSeconds, "{:.3e}"); }},
    FigureRow{"average power, mW", Needs::Clock,
              [](const RunFigures& f) { return number(f.averagePowerWatts, "{:.1f}", kMilli); }},
    FigureRow{"inferences/s/W", Needs::Clock,
              [](const RunFigures& f) { return number(f.inferencesPerSecondPerWatt, "{:.1f}"); }},
    FigureRow{"DRAM traffic, KiB", Needs::Nothing, trafficText},
    FigureRow{"utilization, %", Needs::Nothing,
              [](const RunFigures& f) { return number(f.utilization, "{:.1f}", 100); }},
};

/// A key of the run's configuration with all its fragments; `-` where it is not there.
std::string resolvedText(const ComparedFormat& format, const char* pointer) {
    const Json::json_pointer place(std::string("/config/resolved") + pointer);
    if (!format.result.contains(place)) return "-";
    auto text = format.result.at(place).get<std::string>();
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

std::string nameText(const Json& named) { return titleName(named.at("name").get<std::string>()); }

std::string title(const Comparison& comparison) {
    const ComparedFormat& first = comparison.formats.front();
    const Json& config = first.result.at("config");
    auto dataflow = config.at("dataflow").get<std::string>();
    std::replace(dataflow.begin(), dataflow.end(), '_', ' ');
    const std::string objective = resolvedText(first, "/mapping/objective");
    const std::uint64_t images = first.figures.images;
    return fmt::format("{} on {}: {}x{} {}, {}{}{}\n\n", nameText(first.result.at("workload")),
                       nameText(config), config.at("array_rows").get<std::uint64_t>(),
                       config.at("array_columns").get<std::uint64_t>(), dataflow,
                       config.at("technology").get<std::string>(),
                       objective == "-" ? "" : ", all mapped for least " + objective,
                       images == 0 ? ""
                                   : fmt::format(", over {} {}image{}", images,
                                                 first.figures.randomImages ? "random " : "",
                                                 images == 1 ? "" : "s"));
}

std::string figureTable(const Comparison& comparison) {
    TableRows rows{{""}, {}};
    for (const std::string& name : columnNames(comparison)) rows.front().push_back(name);
    const auto append = [&](const char* name, const auto& cell) {
        std::vector<std::string> cells{name};
        for (const ComparedFormat& format : comparison.formats) cells.push_back(cell(format));
        rows.push_back(std::move(cells));
    };
    const auto appendFigure = [&](const FigureRow& row) {
        append(row.name, [&](const ComparedFormat& format) {
            const Text text = row.cell(format.figures);
            return text ? *text : missing(row.needs, format.figures.hardware);
        });
    };
    std::for_each(kHardwareRows.begin(), kHardwareRows.end(), appendFigure);
    append("scheme", [](const ComparedFormat& format) {
        return titleName(format.result.at("config").at("scheme").get<std::string>());
    });
    append("weight scales", [](const ComparedFormat& format) {
        return resolvedText(format, "/scheme/weight/granularity");
    });
    std::for_each(kFigureRows.begin(), kFigureRows.end(), appendFigure);
    return alignedTable(rows);
}

}  // namespace

std::string comparisonTable(const Comparison& comparison) {
    const std::string legend = namesLegend(comparison);
    return wrapped(title(comparison)) + figureTable(comparison) +
           (legend.empty() ? "" : "\n" + legend) + "\n" + wrapped(comparisonSentences(comparison));
}

}  // namespace systole::sim
