// SPDX-License-Identifier: Apache-2.0
#include "sim/report/mapping_figures.hpp"

#include <algorithm>

namespace systole::sim {

std::uint64_t outputChannelsOf(const arch::ConvolutionTiling& tiling,
                               const arch::ConvolutionShape& shape,
                               const arch::ArrayConfig& array) {
    std::uint64_t most = 0;
    for (const arch::ColumnChunkWork& chunk :
         arch::ColumnPlan(array, shape, tiling.blocksPerChunk, tiling.groupsTogether).chunks) {
        most = std::max<std::uint64_t>(most, chunk.outputs);
    }
    return most;
}

std::uint64_t channelsOf(const arch::ConvolutionTiling& tiling, const arch::ConvolutionShape& shape,
                         const arch::ArrayConfig& array) {
    if (tiling.channelChunk != 0) {
        return tiling.channelChunk;
    }
    std::uint64_t most = 0;
    for (const arch::ColumnChunkWork& chunk :
         arch::ColumnPlan(array, shape, tiling.blocksPerChunk, tiling.groupsTogether).chunks) {
        most = std::max<std::uint64_t>(most, chunk.groupEnd - chunk.groupBegin);
    }
    return most * shape.channelsPerGroup();
}

std::vector<MappingFigure> choiceFigures(const arch::MappingChoice& choice,
                                         const arch::ConvolutionShape& shape,
                                         const arch::ArrayConfig& array) {
    const arch::ConvolutionTiling& tiling = choice.tiling;
    const arch::MappingEstimate& estimate = choice.estimate;
    return {{"loop_order", std::string(arch::kLoopOrderNames.at(tiling.weightsOuter ? 0 : 1))},
            {"tile_height_pixels", std::uint64_t{tiling.tileHeight}},
            {"tile_width_pixels", std::uint64_t{tiling.tileWidth}},
            {"channels", channelsOf(tiling, shape, array)},
            {"output_channels", outputChannelsOf(tiling, shape, array)},
            {"groups_per_fold", std::uint64_t{tiling.groupsTogether}},
            {"estimated_cycles", estimate.cycles},
            {"estimated_array_cycles", estimate.arrayCycles},
            {"estimated_dram_cycles", estimate.dramCycles},
            {"estimated_vector_cycles", estimate.vectorCycles},
            {"estimated_dram_bytes", estimate.dramBytes},
            {"dram_bytes", estimate.traffic.total()},
            {"input_bytes", estimate.traffic.input},
            {"halo_bytes", estimate.traffic.halo},
            {"weight_bytes", estimate.traffic.weights},
            {"output_bytes", estimate.traffic.output},
            {"skip_bytes", estimate.traffic.skip}};
}

std::vector<MappingFigure> mappingFigures(const LayerResult& layer,
                                          const arch::ArrayConfig& array) {
    const LayerMapping& mapping = *layer.mapping;
    std::vector<MappingFigure> figures{
        {"m", mapping.m()},
        {"k_per_group", mapping.k()},
        {"n_per_group", mapping.n()},
        {"groups", std::uint64_t{mapping.shape.groups}},
        {"folds", mapping.folds},
        {"steps", mapping.steps},
        {"utilization_of_steps", layer.figures.utilization.mapping},
        {"utilization_of_time", layer.figures.utilization.time},
        {"bound", std::string(kBoundNames.at(static_cast<std::size_t>(layer.bound())))},
        {"measured_cycles", layer.figures.cycles},
        {"candidates", mapping.search.candidates},
        {"replayed", mapping.search.replayed}};
    const auto choice = choiceFigures(mapping.search.best, mapping.shape, array);
    figures.insert(figures.end(), choice.begin(), choice.end());
    return figures;
}

}  // namespace systole::sim
