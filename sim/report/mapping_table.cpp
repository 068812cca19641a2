// SPDX-License-Identifier: Apache-2.0
#include "sim/base/text.hpp"
#include "sim/report/mapping_figures.hpp"

namespace systole::sim {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string number(std::uint64_t value) { return fmt::format("{}", value); }
std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

double errorOf(const LayerResult& layer) {
    const auto measured = static_cast<double>(layer.figures.cycles);
    const auto estimated = static_cast<double>(layer.mapping->search.best.estimate.cycles);
    return measured == 0 ? 0 : estimated / measured - 1;
}

std::string tileText(const arch::MappingChoice& choice, const arch::ConvolutionShape& shape,
                     const arch::ArrayConfig& array) {
    const arch::ConvolutionTiling& tiling = choice.tiling;
    return fmt::format("{}x{}, {} to {} channels", tiling.tileHeight, tiling.tileWidth,
                       channelsOf(tiling, shape, array), outputChannelsOf(tiling, shape, array));
}

std::string orderText(const arch::MappingChoice& choice) {
    return arch::kLoopOrderNames.at(choice.tiling.weightsOuter ? 0 : 1);
}

template <typename Row>
std::string table(const Result& result, std::vector<std::string> head, Row&& row) {
    Rows rows{std::move(head), {}};
    for (const LayerResult& layer : result.layers) {
        if (layer.mapping) {
            rows.push_back(row(layer, *layer.mapping));
        }
    }
    return alignedTable(withoutZeroColumns(rows));
}

std::string productTable(const Result& result) {
    return table(result,
                 {"mapping", "M", "K", "N", "groups", "folds", "steps/fold", "PEs in steps",
                  "in time", "bound by"},
                 [&](const LayerResult& layer, const LayerMapping& mapping) {
                     const auto perFold =
                         static_cast<double>(mapping.steps) / static_cast<double>(mapping.folds);
                     return std::vector<std::string>{
                         layer.name,
                         number(mapping.m()),
                         number(mapping.k()),
                         number(mapping.n()),
                         number(mapping.shape.groups),
                         number(mapping.folds),
                         fmt::format("{:.1f}", perFold),
                         percent(layer.figures.utilization.mapping),
                         percent(layer.figures.utilization.overall),
                         kBoundNames.at(static_cast<std::size_t>(layer.bound()))};
                 });
}

std::string choiceTable(const Result& result) {
    const arch::ArrayConfig& array = result.config.machine.array;
    return table(result, {"chosen", "loop order", "tile", "estimated", "measured", "error"},
                 [&](const LayerResult& layer, const LayerMapping& mapping) {
                     const arch::MappingChoice& best = mapping.search.best;
                     return std::vector<std::string>{
                         layer.name,
                         orderText(best),
                         tileText(best, mapping.shape, array),
                         number(best.estimate.cycles),
                         number(layer.figures.cycles),
                         fmt::format("{:+.1f} %", 100 * errorOf(layer))};
                 });
}

std::string runnerUpTable(const Result& result) {
    const arch::ArrayConfig& array = result.config.machine.array;
    return table(result, {"runner-up", "loop order", "tile", "estimated", "DRAM bytes"},
                 [&](const LayerResult& layer, const LayerMapping& mapping) {
                     const auto& other = mapping.search.runnerUp;
                     if (!other) {
                         return std::vector<std::string>{layer.name, "none", "-", "-", "-"};
                     }
                     return std::vector<std::string>{
                         layer.name, orderText(*other), tileText(*other, mapping.shape, array),
                         number(other->estimate.cycles), number(other->estimate.traffic.total())};
                 });
}

std::string trafficTable(const Result& result) {
    return table(result,
                 {"DRAM bytes", "input", "of it halo", "weights", "output", "skip", "total"},
                 [](const LayerResult& layer, const LayerMapping& mapping) {
                     const arch::DramTraffic& traffic = mapping.search.best.estimate.traffic;
                     return std::vector<std::string>{layer.name,
                                                     number(traffic.input),
                                                     number(traffic.halo),
                                                     number(traffic.weights),
                                                     number(traffic.output),
                                                     number(traffic.skip),
                                                     number(traffic.total())};
                 });
}

}  // namespace

std::string mappingTable(const Result& result) {
    return productTable(result) + "\n" + choiceTable(result) + "\n" + runnerUpTable(result) + "\n" +
           trafficTable(result);
}

}  // namespace systole::sim
