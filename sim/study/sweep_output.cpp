// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/base/text.hpp"
#include "sim/study/sweep.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::string>;

bool succeeded(const SweepPoint& point) { return point.outcome.failure.empty(); }

const char* statusOf(const SweepPoint& point) { return succeeded(point) ? "ok" : "failed"; }

/// Messages of several lines become one, so that a line of CSV or of the table is a point.
std::string oneLine(const std::string& message) {
    std::string line;
    for (const char c : message) {
        line += c == '\n' ? "; " : std::string(1, c);
    }
    return line;
}

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
    return {share ? fmt::format("{:.2f}", 100 * *share) : "-",
            figures.sqnrDecibels ? fmt::format("{:.2f}", *figures.sqnrDecibels) : "-",
            fmt::format("{:.3f}", figures.areaMm2),
            fmt::format("{}", figures.cycles),
            fmt::format("{:.1f}", figures.inferencesPerSecond),
            fmt::format("{:.3f}", figures.energyJoules * 1e6),
            fmt::format("{:.1f}", figures.inferencesPerSecondPerWatt),
            fmt::format("{:.1f}", 100 * figures.utilization),
            point.isPareto ? "*" : ""};
}

std::string failureLines(const SweepResult& result) {
    std::string text;
    const Row keys = keysOf(result.sweep);
    for (const SweepPoint& point : result.points) {
        if (!succeeded(point)) {
            const Row values = valuesOf(result.sweep, point);
            std::string settings;
            for (std::size_t i = 0; i < keys.size(); ++i) {
                settings += fmt::format("{}{}={}", i == 0 ? "" : " ", keys[i], values[i]);
            }
            text += fmt::format("{}: {}\n", settings, oneLine(point.outcome.failure));
        }
    }
    return text;
}

}  // namespace

std::string sweepCsv(const SweepResult& result) {
    Row header = keysOf(result.sweep);
    append(header, {"status", "message", "pareto"});
    append(header, figureColumns());
    std::string text = csvRow(header);
    for (const SweepPoint& point : result.points) {
        Row cells = valuesOf(result.sweep, point);
        append(cells, {statusOf(point), oneLine(point.outcome.failure),
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

std::string sweepTable(const SweepResult& result) {
    Row header = keysOf(result.sweep);
    append(header, {"top-1 %", "SQNR dB", "area mm2", "cycles", "inferences/s", "energy uJ",
                    "inferences/s/W", "utilization %", "Pareto"});
    std::vector<Row> rows{header, {}};
    for (const SweepPoint& point : result.points) {
        Row row = valuesOf(result.sweep, point);
        append(row, succeeded(point) ? tableCells(point) : Row{"failed"});
        rows.push_back(std::move(row));
    }
    std::string text = alignedTable(rows) + "\n";
    const std::size_t failures = result.failures();
    text += failureLines(result);
    if (std::any_of(result.points.begin(), result.points.end(), [](const SweepPoint& point) {
            return succeeded(point) && readRunFigures(point.outcome.result).randomImages;
        })) {
        text += "SQNR is over random images: a bare .onnx names no data.\n";
    }
    return text + fmt::format(
                      "{} of {} points ok{}; * marks those that no other beats in area, "
                      "energy, speed and accuracy together\n",
                      result.points.size() - failures, result.points.size(),
                      failures == 0 ? "" : fmt::format(", {} failed", failures));
}

}  // namespace systole::sim
