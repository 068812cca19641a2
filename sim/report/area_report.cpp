// SPDX-License-Identifier: Apache-2.0
#include "sim/report/area_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr double kSquareMillimetres = 1e-6;  // of a square micron
constexpr int kIndent = 2;

/// `0.2293 mm2`.
std::string areaText(double squareMicrons) {
    const double mm2 = squareMicrons * kSquareMillimetres;
    return mm2 >= 1e-3 ? fmt::format("{:.4f} mm2", mm2) : fmt::format("{:.1f} um2", squareMicrons);
}

/// `0.2293`, where the column says mm2.
std::string mm2Text(double squareMicrons) {
    const double mm2 = squareMicrons * kSquareMillimetres;
    return mm2 >= 1e-4 || mm2 == 0 ? fmt::format("{:.4f}", mm2) : fmt::format("{:.2g}", mm2);
}

std::string bandText(std::string (*text)(double), const cost::Estimate& area) {
    return fmt::format("{} - {}", text(area.low), text(area.high));
}

/// Whether silicon is more than the cells.
bool isPlaced(const cost::AreaNode& area) { return area.find("layout") != nullptr; }

std::string shareText(const cost::AreaNode& node, double total) {
    const double share = total == 0 ? 0 : node.siliconSquareMicrons.nominal / total;
    return fmt::format("{:.1f} %", 100 * share);
}

cost::Estimate cellsWithBand(const cost::AreaNode& node) {
    return {node.squareMicrons, node.lowSquareMicrons, node.highSquareMicrons};
}

/// Name, cells, share and band.
std::vector<std::string> cellRow(const cost::AreaNode& node, const std::string& name,
                                 double total) {
    if (node.basis == cost::AreaBasis::Free) return {name, "free", "", ""};
    return {name, areaText(node.squareMicrons), shareText(node, total),
            bandText(areaText, cellsWithBand(node))};
}

/// Name, cells with their band, silicon with its share and its band. What is in the silicon of the
/// components has none of its own.
std::vector<std::string> siliconRow(const cost::AreaNode& node, const std::string& name,
                                    double total) {
    if (node.basis == cost::AreaBasis::Free) return {name, "free", "", "", "", ""};
    std::vector<std::string> row{
        name, mm2Text(node.squareMicrons), bandText(mm2Text, cellsWithBand(node)), "", "", ""};
    if (node.siliconSquareMicrons.high > 0) {
        row[3] = mm2Text(node.siliconSquareMicrons.nominal);
        row[4] = shareText(node, total);
        row[5] = bandText(mm2Text, node.siliconSquareMicrons);
    }
    return row;
}

std::vector<std::string> rowOf(const cost::AreaNode& node, const std::string& name, double total,
                               bool isPlaced) {
    return isPlaced ? siliconRow(node, name, total) : cellRow(node, name, total);
}

void appendRows(Rows& rows, const cost::AreaNode& node, double total, bool isPlaced, int depth) {
    if (node.highSquareMicrons == 0 && !node.isFree()) return;
    rows.push_back(
        rowOf(node, fmt::format("{:{}}{}", "", depth * kIndent, node.name), total, isPlaced));
    for (const cost::AreaNode& part : node.parts) {
        appendRows(rows, part, total, isPlaced, depth + 1);
    }
}

/// The components' cells, and what silicon has in all.
std::vector<std::string> totalRow(const cost::AreaNode& area) {
    cost::AreaNode total = area;
    if (const cost::AreaNode* layout = area.find("layout")) {
        total.squareMicrons -= layout->squareMicrons;
        total.lowSquareMicrons -= layout->lowSquareMicrons;
        total.highSquareMicrons -= layout->highSquareMicrons;
    }
    return rowOf(total, area.name, area.siliconSquareMicrons.nominal, isPlaced(area));
}

void collectNotes(std::vector<std::string>& lines, const cost::AreaNode& node) {
    for (const std::string& note : node.notes) {
        lines.push_back(fmt::format("Note: {}: {}.\n", node.name, note));
    }
    for (const cost::AreaNode& part : node.parts) collectNotes(lines, part);
}

using Sources = std::vector<std::pair<std::string, std::string>>;

void collectSources(Sources& sources, const cost::AreaNode& node) {
    for (const cost::AreaNode& part : node.parts) collectSources(sources, part);
    if (!node.parts.empty()) return;
    const auto found = std::find_if(sources.begin(), sources.end(),
                                    [&](const auto& each) { return each.first == node.source; });
    if (found == sources.end()) {
        sources.emplace_back(node.source, node.name);
    } else {
        found->second += ", " + node.name;
    }
}

}  // namespace

nlohmann::ordered_json areaJson(const cost::AreaNode& area) {
    nlohmann::ordered_json json{{"area_um2", area.squareMicrons},
                                {"low_um2", area.lowSquareMicrons},
                                {"high_um2", area.highSquareMicrons},
                                {"silicon",
                                 {{"area_um2", area.siliconSquareMicrons.nominal},
                                  {"low_um2", area.siliconSquareMicrons.low},
                                  {"high_um2", area.siliconSquareMicrons.high}}},
                                {"is_free", area.isFree()},
                                {"source", area.source}};
    if (!area.notes.empty()) json["notes"] = area.notes;
    for (const cost::AreaNode& part : area.parts) json["parts"][part.name] = areaJson(part);
    return json;
}

std::string areaTable(const cost::AreaNode& area) {
    const bool placed = isPlaced(area);
    Rows rows{
        placed ? std::vector<std::string>{"area, mm2", "cells", "band", "silicon", "share", "band"}
               : std::vector<std::string>{"area", "nominal", "share", "band"},
        {}};
    for (const cost::AreaNode& part : area.parts) {
        appendRows(rows, part, area.siliconSquareMicrons.nominal, placed, 0);
    }
    rows.emplace_back();
    rows.push_back(totalRow(area));
    return alignedTable(rows) +
           (placed ? "" : "Cells only: no room between them, clock tree or control.\n") +
           areaNotes(area);
}

std::string areaNotes(const cost::AreaNode& area) {
    std::vector<std::string> lines;
    collectNotes(lines, area);
    std::string text;
    for (const std::string& line : lines) text += wrapped(line, kIndent);
    return text;
}

std::string areaSources(const cost::AreaNode& area) {
    Sources sources;
    collectSources(sources, area);
    std::string text;
    for (const auto& [source, components] : sources) {
        text += wrapped(fmt::format("{}:\n", components), 2) +
                wrapped(fmt::format("  {}\n", source), 2);
    }
    return text;
}

}  // namespace systole::sim
