// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sim/base/text.hpp"
#include "sim/run/result.hpp"
#include "sim/study/compare.hpp"

namespace systole::sim {
namespace {

constexpr double kKibi = 1024;

std::string percent(const std::optional<double>& share) {
    return share ? fmt::format("{:.2f}", 100 * *share) : "-";
}

struct TableRow {
    const char* name;
    std::string (*cell)(const RunFigures& figures);
};

// Precisions are those of the table of `systole run`.
constexpr std::array kRows{
    TableRow{"top-1, %", [](const RunFigures& f) { return percent(top1(f)); }},
    TableRow{"top-1 of FP32, %", [](const RunFigures& f) { return percent(fp32Top1(f)); }},
    TableRow{"SQNR, dB",
             [](const RunFigures& f) {
                 return f.sqnrDecibels ? fmt::format("{:.2f}", *f.sqnrDecibels) : "-";
             }},
    TableRow{"area, mm2", [](const RunFigures& f) { return fmt::format("{:.3f}", f.areaMm2); }},
    TableRow{"PE array area, mm2",
             [](const RunFigures& f) { return fmt::format("{:.4f}", f.arrayAreaMm2); }},
    TableRow{"cycles", [](const RunFigures& f) { return fmt::to_string(f.cycles); }},
    TableRow{"inferences/s",
             [](const RunFigures& f) { return fmt::format("{:.1f}", f.inferencesPerSecond); }},
    TableRow{"energy per inference, uJ",
             [](const RunFigures& f) { return fmt::format("{:.3f}", f.energyJoules * 1e6); }},
    TableRow{"average power, mW",
             [](const RunFigures& f) { return fmt::format("{:.1f}", f.averagePowerWatts * 1e3); }},
    TableRow{
        "inferences/s/W",
        [](const RunFigures& f) { return fmt::format("{:.1f}", f.inferencesPerSecondPerWatt); }},
    TableRow{"DRAM traffic, KiB",
             [](const RunFigures& f) {
                 return fmt::format("{:.1f}", static_cast<double>(f.dramBytes) / kKibi);
             }},
    TableRow{"utilization, %",
             [](const RunFigures& f) { return fmt::format("{:.1f}", 100 * f.utilization); }},
};

std::string title(const Comparison& comparison) {
    const nlohmann::ordered_json& result = comparison.formats.front().result;
    const nlohmann::ordered_json& config = result.at("config");
    auto dataflow = config.at("dataflow").get<std::string>();
    std::replace(dataflow.begin(), dataflow.end(), '_', ' ');
    const RunFigures& figures = comparison.formats.front().figures;
    const std::uint64_t images = figures.images;
    return fmt::format(
        "{} on {}: {}x{} {}, {}, {}{}\n\n", result.at("workload").at("name").get<std::string>(),
        config.at("name").get<std::string>(), config.at("array_rows").get<std::uint64_t>(),
        config.at("array_columns").get<std::uint64_t>(), dataflow,
        withPrefix(config.at("clock_hertz").get<double>(), "Hz"),
        config.at("technology").get<std::string>(),
        images == 0 ? ""
                    : fmt::format(", over {} {}image{}", images,
                                  figures.randomImages ? "random " : "", images == 1 ? "" : "s"));
}

std::string figureTable(const Comparison& comparison) {
    std::vector<std::vector<std::string>> rows{{""}, {}};
    for (const ComparedFormat& format : comparison.formats) {
        rows.front().push_back(format.format);
    }
    for (const TableRow& row : kRows) {
        std::vector<std::string> cells{row.name};
        for (const ComparedFormat& format : comparison.formats) {
            cells.push_back(row.cell(format.figures));
        }
        rows.push_back(std::move(cells));
    }
    return alignedTable(rows);
}

std::string times(double value, double reference) {
    return reference == 0 ? "-" : fmt::format("{:.2f}x", value / reference);
}

std::string ratioLine(const ComparedFormat& first, const ComparedFormat& other) {
    const RunFigures& a = first.figures;
    const RunFigures& b = other.figures;
    std::string text = fmt::format("{} against {}: ", other.format, first.format);
    if (a.correct && b.correct) {
        text += fmt::format("top-1 {:+.2f} points, ", 100 * (*top1(b) - *top1(a)));
    }
    return text + fmt::format(
                      "area {}, PE array {}, inferences/s {}, energy {}, inferences/s/W {}, "
                      "DRAM traffic {}\n",
                      times(b.areaMm2, a.areaMm2), times(b.arrayAreaMm2, a.arrayAreaMm2),
                      times(b.inferencesPerSecond, a.inferencesPerSecond),
                      times(b.energyJoules, a.energyJoules),
                      times(b.inferencesPerSecondPerWatt, a.inferencesPerSecondPerWatt),
                      times(static_cast<double>(b.dramBytes), static_cast<double>(a.dramBytes)));
}

std::string ratios(const Comparison& comparison) {
    std::string text;
    for (std::size_t i = 1; i < comparison.formats.size(); ++i) {
        text += ratioLine(comparison.formats.front(), comparison.formats[i]);
    }
    return text;
}

std::string winnersText(const Comparison& comparison) {
    const EqualAccuracyWinners winners = winnersAtEqualAccuracy(comparison);
    if (winners.candidates.empty()) {
        return "No labels, no top-1: which format wins at equal accuracy cannot be told.\n";
    }
    const auto names = [&](const std::vector<std::size_t>& indices) {
        std::vector<std::string> list;
        list.reserve(indices.size());
        for (const std::size_t i : indices) {
            list.push_back(comparison.formats[i].format);
        }
        return fmt::format("{}", fmt::join(list, " = "));
    };
    std::string text = fmt::format(
        "At equal accuracy (top-1 within 1 point of the best: {}): lowest energy {}, smallest area "
        "{}, fastest {}.\n",
        names(winners.candidates), names(winners.lowestEnergy), names(winners.smallestArea),
        names(winners.fastest));
    const std::uint64_t images = comparison.formats.front().figures.images;
    if (images < 100) {
        text += fmt::format("One of {} images is {:.2f} points: take more to tell formats apart.\n",
                            images, 100.0 / static_cast<double>(images));
    }
    return text;
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
    std::string text;
    for (const ComparedFormat& format : comparison.formats) {
        if (!format.figures.meetsClock) {
            text += fmt::format(
                "Warning: the processing element of {}, synthesised for area, is slower than the "
                "clock.\n",
                format.format);
        }
    }
    return text;
}

}  // namespace

std::string comparisonTable(const Comparison& comparison) {
    std::string sentences = dramFaultLines(comparison);
    if (comparison.formats.size() > 1) {
        sentences += ratios(comparison) + "\n" + winnersText(comparison);
    }
    sentences += clockWarnings(comparison);
    return wrapped(title(comparison)) + figureTable(comparison) + "\n" + wrapped(sentences);
}

}  // namespace systole::sim
