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

void appendRows(Rows& rows, const cost::AreaNode& node, double total, int depth) {
    const auto text = [](double area) {
        const double mm2 = area * kSquareMillimetres;
        return mm2 >= 1e-3 ? fmt::format("{:.4f} mm2", mm2) : fmt::format("{:.1f} um2", area);
    };
    if (node.highSquareMicrons == 0 && !node.isFree()) return;
    const double share = total == 0 ? 0 : node.squareMicrons / total;
    const std::string name = fmt::format("{:{}}{}", "", depth * kIndent, node.name);
    if (node.basis == cost::AreaBasis::Free) {
        rows.push_back({name, "free", "", ""});
        return;
    }
    rows.push_back(
        {name, text(node.squareMicrons), fmt::format("{:.1f} %", 100 * share),
         fmt::format("{} - {}", text(node.lowSquareMicrons), text(node.highSquareMicrons))});
    for (const cost::AreaNode& part : node.parts) appendRows(rows, part, total, depth + 1);
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
                                {"is_free", area.isFree()},
                                {"source", area.source}};
    for (const cost::AreaNode& part : area.parts) json["parts"][part.name] = areaJson(part);
    return json;
}

std::string areaTable(const cost::AreaNode& area) {
    Rows rows{{"area", "nominal", "share", "band"}, {}};
    for (const cost::AreaNode& part : area.parts) {
        appendRows(rows, part, area.squareMicrons, 0);
    }
    rows.emplace_back();
    appendRows(rows,
               {.name = area.name,
                .squareMicrons = area.squareMicrons,
                .lowSquareMicrons = area.lowSquareMicrons,
                .highSquareMicrons = area.highSquareMicrons},
               area.squareMicrons, 0);
    return alignedTable(rows);
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
