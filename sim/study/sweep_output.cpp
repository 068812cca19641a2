// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/base/text.hpp"
#include "sim/run/result.hpp"
#include "sim/study/sweep.hpp"
#include "sim/study/table_names.hpp"
#include "sim/study/technology_errors.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::string>;

bool succeeded(const SweepPoint& point) { return point.outcome.failure.empty(); }

const char* statusOf(const SweepPoint& point) { return succeeded(point) ? "ok" : "failed"; }

Row keysOf(const Sweep& sweep) {
    Row keys;
    for (const SweepAxis& axis : sweep.axes) {
        keys.insert(keys.end(), axis.keys.begin(), axis.keys.end());
    }
    return keys;
}

/// A cell a key: linked keys repeat the value.
Row valuesOf(const Sweep& sweep, const SweepPoint& point) {
    Row cells;
    for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
        cells.insert(cells.end(), sweep.axes[axis].keys.size(), point.values[axis]);
    }
    return cells;
}

void append(Row& row, const Row& cells) { row.insert(row.end(), cells.begin(), cells.end()); }

Row tableCells(const SweepPoint& point) {
    const RunFigures& figures = point.outcome.figures;
    const auto share = top1(figures);
    const auto interval = top1Interval(figures);
    const auto known = [](const std::optional<double>& value, const char* format, double scale) {
        return value ? fmt::format(fmt::runtime(format), *value * scale) : "-";
    };
    const bool isSlow = figures.hardware == Hardware::TooSlow;
    const double clock = fourDigitsDown(figures.clockHertz.value_or(0));
    return {
        point.isPareto ? "*" : "",
        isSlow ? kNotReachable : fmt::format("{:.1f}", clock * 1e-6),
        share ? fmt::format("{:.2f}", 100 * *share) : "-",
        interval ? fmt::format("{:.1f} - {:.1f}", 100 * interval->low, 100 * interval->high) : "-",
        figures.sqnrDecibels ? fmt::format("{:.2f}", *figures.sqnrDecibels) : "-",
        known(figures.areaMm2, "{:.3f}", 1),
        fmt::format("{}", figures.cycles),
        known(figures.inferencesPerSecond, "{:.1f}", 1),
        known(figures.energyJoules, "{:.3f}", 1e6),
        known(figures.joulesPerMac, "{:.3f}", 1e12),
        known(figures.energyDelayJouleSeconds, "{:.3e}", 1),
        known(figures.inferencesPerSecondPerWatt, "{:.1f}", 1),
        fmt::format("{:.1f}", 100 * figures.utilization)};
}

/// `array.rows=8 datapath=int8`.
std::string settingsOf(const SweepResult& result, const SweepPoint& point) {
    const Row keys = keysOf(result.sweep);
    const Row values = valuesOf(result.sweep, point);
    std::string settings;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        settings += fmt::format("{}{}={}", i == 0 ? "" : " ", keys[i], values[i]);
    }
    return settings;
}

std::string failureLines(const SweepResult& result) {
    std::string text;
    for (const SweepPoint& point : result.points) {
        if (succeeded(point)) continue;
        text += wrapped(
            fmt::format("{}: {}\n", settingsOf(result, point), inOneLine(point.outcome.failure)),
            2);
    }
    return text;
}

/// What is said of the elements of points, once for all points that it is said of.
std::string elementNotes(const SweepResult& result) {
    std::vector<std::pair<std::string, std::vector<std::string>>> notes;
    for (const SweepPoint& point : result.points) {
        const std::string& note = point.outcome.figures.elementNote;
        if (!succeeded(point) || note.empty()) continue;
        auto known = std::find_if(notes.begin(), notes.end(),
                                  [&](const auto& each) { return each.first == note; });
        if (known == notes.end()) known = notes.insert(known, {note, {}});
        known->second.push_back(settingsOf(result, point));
    }
    std::string text;
    for (const auto& [note, points] : notes) {
        const std::string more =
            points.size() == 1 ? "" : fmt::format(" and {} more", points.size() - 1);
        text += fmt::format("Note: area, clock and array energy of {}{}: {}.\n", points.front(),
                            more, note);
    }
    return wrapped(text, 2);
}

/// What makes figures of points misleading.
std::string warningLines(const SweepResult& result) {
    std::string text;
    double error = 0;
    std::vector<RunFigures> runs;
    for (const SweepPoint& point : result.points) {
        if (!succeeded(point)) continue;
        const RunFigures& figures = point.outcome.figures;
        runs.push_back(figures);
        error = std::max(error, figures.drawnEnergyError.value_or(0));
        if (!figures.outOfRange || !figures.outOfRange->any()) continue;
        text += fmt::format("Warning: {} does not fit its accumulator: {}, over {} image{}.\n",
                            settingsOf(result, point), outOfRangeText(*figures.outOfRange),
                            figures.images, figures.images == 1 ? "" : "s");
    }
    if (error > 0) {
        text += fmt::format("Energies are of drawn operands, within {:.0f} % on ResNet-8.\n",
                            100 * error);
    }
    return wrapped(text + technologyErrors(runs), 2);
}

/// How many images stand behind every accuracy.
std::string imagesOf(const SweepResult& result) {
    std::uint64_t images = 0;
    for (const SweepPoint& point : result.points) {
        images = std::max(images, point.outcome.figures.images);
    }
    if (images > 0) return fmt::format("{} image{} each", images, images == 1 ? "" : "s");
    return result.sweep.base.timingOnly ? "timing only, no accuracy" : "no images";
}

std::string slowPoints(const SweepResult& result) {
    const auto slow =
        std::count_if(result.points.begin(), result.points.end(), [](const SweepPoint& point) {
            return succeeded(point) && point.outcome.figures.hardware == Hardware::TooSlow;
        });
    return slow == 0 ? "" : fmt::format("; {} whose clock is not reachable left out", slow);
}

}  // namespace

std::string sweepCsv(const SweepResult& result) {
    Row header = keysOf(result.sweep);
    append(header, {"status", "message", "pareto"});
    append(header, figureColumns());
    std::string text = csvRow(header);
    for (const SweepPoint& point : result.points) {
        Row cells = valuesOf(result.sweep, point);
        append(cells, {statusOf(point), inOneLine(point.outcome.failure),
                       succeeded(point) ? fmt::to_string(point.isPareto) : ""});
        if (succeeded(point)) {
            append(cells, figureCells(point.outcome.figures));
        } else {
            cells.resize(header.size());
        }
        text += csvRow(cells);
    }
    return text;
}

std::string sweepJson(const SweepResult& result) {
    Json points = Json::array();
    const Row keys = keysOf(result.sweep);
    for (const SweepPoint& point : result.points) {
        const Row values = valuesOf(result.sweep, point);
        Json settings;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            settings[keys[i]] = values[i];
        }
        Json json{{"set", std::move(settings)}, {"status", statusOf(point)}};
        if (succeeded(point)) {
            json["pareto"] = point.isPareto;
            json["result"] = point.outcome.result;
        } else {
            json["message"] = point.outcome.failure;
        }
        points.push_back(std::move(json));
    }
    const RunRequest& base = result.sweep.base;
    const Json document{{"schema", kSweepSchema},
                        {"name", result.sweep.name},
                        {"config", {{"file", base.config}, {"overrides", base.overrides}}},
                        {"workload", {{"file", base.workload}}},
                        {"points", std::move(points)}};
    return document.dump(2) + "\n";
}

/// Values that are too long for a table, such as inline maps: each once.
Row longValues(const SweepResult& result) {
    Row values;
    for (const SweepPoint& point : result.points) {
        for (const std::string& value : valuesOf(result.sweep, point)) {
            const bool isNew = std::find(values.begin(), values.end(), value) == values.end();
            if (isNew && shortNames({value}).front() != value) values.push_back(value);
        }
    }
    return values;
}

/// What tells a point apart in the table.
Row tableValues(const SweepResult& result, const SweepPoint& point, const Row& longOnes) {
    Row cells = valuesOf(result.sweep, point);
    const Row names = shortNames(longOnes);
    for (std::string& cell : cells) {
        const auto at = std::find(longOnes.begin(), longOnes.end(), cell);
        if (at != longOnes.end()) {
            cell = names[static_cast<std::size_t>(at - longOnes.begin())];
        }
    }
    return cells;
}

/// Keys as heads: whole where there is room for them.
Row tableKeys(const Row& keys) {
    constexpr std::size_t kRoom = 56;
    std::size_t width = 0;
    for (const std::string& key : keys) width += displayWidth(key) + 2;
    return width <= kRoom ? keys : shortKeys(keys);
}

std::string sweepTable(const SweepResult& result) {
    const Row keys = tableKeys(keysOf(result.sweep));
    const Row longOnes = longValues(result);
    // Points of many keys are told apart by their number.
    constexpr std::size_t kMostKeys = 4;
    const bool numbered = keys.size() > kMostKeys;
    Row header = keys;
    if (numbered) header.insert(header.begin(), "point");
    append(header,
           {"Pareto", "clock MHz", "top-1 %", "95 % interval", "SQNR dB", "area mm2", "cycles",
            "inferences/s", "energy uJ", "pJ/MAC", "EDP J s", "inferences/s/W", "utilization %"});
    std::vector<Row> rows{header, {}};
    for (const SweepPoint& point : result.points) {
        Row row = tableValues(result, point, longOnes);
        if (numbered) row.insert(row.begin(), fmt::to_string(1 + (&point - result.points.data())));
        append(row, succeeded(point) ? tableCells(point) : Row{"failed"});
        rows.push_back(std::move(row));
    }
    std::string text = alignedTable(rows, numbered ? 1 : keys.size()) + "\n" + legendOf(longOnes);
    const std::size_t failures = result.failures();
    text += failureLines(result) + elementNotes(result) + warningLines(result);
    std::vector<std::string> objectives;
    for (const Objective& objective : result.sweep.objectives) {
        objectives.emplace_back(objective.words);
    }
    const std::string last = objectives.back();
    objectives.pop_back();
    if (std::any_of(result.points.begin(), result.points.end(), [](const SweepPoint& point) {
            return succeeded(point) && readRunFigures(point.outcome.result).randomImages;
        })) {
        text += "SQNR is over random images: a bare .onnx names no data.\n";
    }
    return text + wrapped(fmt::format(
                      "{} of {} points ok{}; {}; * marks those that no other beats in {}{}{} "
                      "together{}\n",
                      result.points.size() - failures, result.points.size(),
                      failures == 0 ? "" : fmt::format(", {} failed", failures), imagesOf(result),
                      fmt::join(objectives, ", "), objectives.empty() ? "" : " and ", last,
                      slowPoints(result)));
}

}  // namespace systole::sim
