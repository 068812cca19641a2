// SPDX-License-Identifier: Apache-2.0
#include "sim/report/area_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr int kIndent = 2;

/// The one unit of a table.
struct Unit {
    const char* name;
    double squareMicrons;  ///< of one
    int decimals;

    std::string text(double area) const {
        const double value = area / squareMicrons;
        const double least = std::pow(10, -decimals);
        // What is there is not shown as nothing.
        if (value > 0 && value < least / 2) return fmt::format("<{:.{}f}", least, decimals);
        return fmt::format("{:.{}f}", value, decimals);
    }
    std::string band(const cost::Estimate& area) const {
        return fmt::format("{} - {}", text(area.low), text(area.high));
    }
};
constexpr double kSquareMillimetre = 1e6;  // in square microns

/// Of a table of so much in all: its small parts show digits as well.
Unit unitOf(double squareMicrons) {
    if (squareMicrons >= kSquareMillimetre) return {"mm2", kSquareMillimetre, 4};
    if (squareMicrons >= kSquareMillimetre / 100) return {"mm2", kSquareMillimetre, 6};
    return {"um2", 1, 1};
}

/// A table whose figures are shares of one area.
class Table {
public:
    explicit Table(const cost::AreaNode& area)
        : area_(area),
          unit_(unitOf(area.squareMicrons)),
          isPlaced_(area.find("layout") != nullptr) {}

    bool isPlaced() const { return isPlaced_; }
    std::string text() const;

private:
    void append(Rows& rows, const cost::AreaNode& node, int depth) const;
    std::vector<std::string> row(const cost::AreaNode& node, const std::string& name) const;
    std::vector<std::string> totalRow() const;
    std::string share(const cost::AreaNode& node) const {
        const double total = area_.siliconSquareMicrons.nominal;
        const double share = total == 0 ? 0 : node.siliconSquareMicrons.nominal / total;
        return fmt::format("{:.1f} %", 100 * share);
    }

    const cost::AreaNode& area_;
    Unit unit_;
    bool isPlaced_;  ///< silicon is more than the cells
};

/// Name, cells with their band, and silicon with its share and its band; or name, cells, share and
/// band. What is in the silicon of the components has none of its own.
std::vector<std::string> Table::row(const cost::AreaNode& node, const std::string& name) const {
    std::vector<std::string> cells{name, "free"};
    cells.resize(isPlaced_ ? 6 : 4);
    if (node.basis == cost::AreaBasis::Free) return cells;
    cells[1] = unit_.text(node.squareMicrons);
    const std::string band = unit_.band(node.cells());
    if (!isPlaced_) {
        cells[2] = share(node);
        cells[3] = band;
        return cells;
    }
    cells[2] = band;
    if (node.siliconSquareMicrons.high > 0) {
        cells[3] = unit_.text(node.siliconSquareMicrons.nominal);
        cells[4] = share(node);
        cells[5] = unit_.band(node.siliconSquareMicrons);
    }
    return cells;
}

void Table::append(Rows& rows, const cost::AreaNode& node, int depth) const {
    if (node.highSquareMicrons == 0 && !node.isFree()) return;
    rows.push_back(row(node, fmt::format("{:{}}{}", "", depth * kIndent, node.name)));
    for (const cost::AreaNode& part : node.parts) append(rows, part, depth + 1);
}

/// The components' cells, and what silicon has in all.
std::vector<std::string> Table::totalRow() const {
    cost::AreaNode total = area_;
    if (const cost::AreaNode* layout = area_.find("layout")) {
        total.squareMicrons -= layout->squareMicrons;
        total.lowSquareMicrons -= layout->lowSquareMicrons;
        total.highSquareMicrons -= layout->highSquareMicrons;
    }
    return row(total, area_.name);
}

std::string Table::text() const {
    const std::string corner = fmt::format("area, {}", unit_.name);
    Rows rows{isPlaced_
                  ? std::vector<std::string>{corner, "cells", "band", "silicon", "share", "band"}
                  : std::vector<std::string>{corner, "cells", "share", "band"},
              {}};
    for (const cost::AreaNode& part : area_.parts) append(rows, part, 0);
    rows.emplace_back();
    rows.push_back(totalRow());
    return alignedTable(rows);
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
    const Table table(area);
    return table.text() +
           (table.isPlaced() ? "" : "Cells only: no room between them, clock tree or control.\n") +
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
