// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_traffic.hpp"

namespace systole::arch {
namespace {

/// Pixels of the input that one pass over the tiles reads.
struct Areas {
    std::uint64_t all;     ///< sum over all tiles
    std::uint64_t loaded;  ///< the sum without tiles that read the same pixels as the tile before
    std::uint64_t fresh;   ///< every pixel once
    std::uint64_t corner;  ///< pixels of the first tile if the last one reads the same; else 0
};

Areas areasOf(const AxisTiles& rows, const AxisTiles& columns) {
    Areas areas{};
    const std::uint64_t width = columns.extent(0).length;
    areas.all = rows.inputs * columns.inputs;
    areas.loaded = areas.all - rows.inputs * columns.unchanged -
                   (columns.returns ? rows.unchanged * width : 0);
    areas.fresh = rows.fresh * columns.fresh;
    areas.corner = rows.returns && columns.returns ? rows.extent(0).length * width : 0;
    return areas;
}

/// Elements of the input that the loads of the layer bring, and how many of them are halo.
struct InputElements {
    std::uint64_t all;
    std::uint64_t halo;
};

InputElements inputElements(const ConvolutionShape& shape, const Areas& areas,
                            const ColumnPlan& plan, const ConvolutionTiling& tiling) {
    if (tiling.splits(shape)) {
        const std::uint64_t channels = plan.chunks.size() * std::uint64_t{shape.inputChannels};
        return {areas.all * channels, (areas.all - areas.fresh) * channels};
    }
    const ChannelLoads& loads = plan.loads(tiling.channelChunk);
    if (tiling.weightsOuter) {
        // With several images the tile before is another image's where a chunk begins.
        const std::uint64_t kept = shape.images == 1 ? areas.corner * loads.repeated : 0;
        return {areas.loaded * loads.all - kept, (areas.loaded - areas.fresh) * loads.all};
    }
    const std::uint64_t first = loads.returns ? areas.loaded : areas.all;
    return {first * loads.first + areas.all * loads.changed,
            (first - areas.fresh) * loads.first + (areas.all - areas.fresh) * loads.changed};
}

std::uint64_t weightBits(const ConvolutionShape& shape, const ElementSizes& sizes,
                         std::uint64_t tiles, const ColumnPlan& plan,
                         const ConvolutionTiling& tiling) {
    const bool splits = tiling.splits(shape);
    const std::uint64_t parts =
        splits ? ceilDivide(shape.inputChannels, tiling.channelChunk) : 1;  // records with each
    const std::uint64_t reduction =
        std::uint64_t{shape.kernelHeight} * shape.kernelWidth * shape.channelsPerGroup();
    const std::uint64_t once =
        shape.outputChannels * (reduction * sizes.weight + parts * sizes.record);
    const bool reloads = splits || (!tiling.weightsOuter && plan.chunks.size() > 1);
    return once * (reloads ? tiles : 1);
}

}  // namespace

DramTraffic dramTraffic(const ConvolutionShape& shape, const ElementSizes& sizes,
                        const AxisTiles& rows, const AxisTiles& columns, const ColumnPlan& plan,
                        const ConvolutionTiling& tiling) {
    const std::uint64_t images = shape.images;
    const InputElements input = inputElements(shape, areasOf(rows, columns), plan, tiling);
    DramTraffic traffic;
    traffic.input = ElementSizes::bytes(images * input.all * sizes.activation);
    traffic.halo = ElementSizes::bytes(images * input.halo * sizes.activation);
    traffic.weights = ElementSizes::bytes(
        weightBits(shape, sizes, images * rows.count() * columns.count(), plan, tiling));
    const std::uint64_t outputs = shape.positions() * shape.outputChannels;
    traffic.output = ElementSizes::bytes(outputs * sizes.output);
    traffic.skip = shape.hasSkip ? ElementSizes::bytes(outputs * sizes.skip) : 0;
    return traffic;
}

}  // namespace systole::arch
