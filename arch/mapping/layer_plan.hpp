// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "arch/mapping/column_plan.hpp"
#include "arch/mapping/tile_extents.hpp"

/// The steps of matrix work: the loop nest, written once. MappingTimeline runs its units over them,
/// sim/lowering counts their folds and writes their commands, and the sums of dramTraffic are
/// tested equal to theirs.
///
/// In the example of tiling.hpp, with weightsOuter, the four steps are these. `in` and `w` are the
/// halves of the buffers, in brackets where a step loads nothing.
///
///     tile 0, chunk 0    loads tile and weights    in 0    w 0     out 0
///     tile 1, chunk 0    loads the tile            in 1   (w 0)    out 1
///     tile 0, chunk 1    loads tile and weights    in 0    w 1     out 0
///     tile 1, chunk 1    loads the tile            in 1   (w 1)    out 1
namespace systole::arch {

/// The work on one tile of one image, one column chunk and one channel chunk.
struct LayerStep {
    std::uint32_t batch = 0;
    std::uint32_t image = 0;  ///< of the batch
    std::uint32_t row = 0;    ///< of the tile, counted in tiles; so is the column
    std::uint32_t column = 0;
    std::uint32_t chunk = 0;     ///< column chunk
    std::uint32_t part = 0;      ///< channel chunk
    std::uint32_t channels = 0;  ///< input channels of the load
    bool isFirst = true;         ///< whether it begins the sums of its outputs
    bool isLast = true;          ///< whether it completes them, requantizes and stores them
    bool loadsTile = true;       ///< else it has that of the step before
    bool loadsWeights = true;    ///< the same
    bool loadsSkip = false;
    // Which of two buffers, 0 or 1. A layer begins with half 0 of each.
    std::uint8_t input = 0;
    std::uint8_t weight = 0;
    std::uint8_t output = 0;
};

class LayerPlan {
public:
    /// Keeps references. The images of a layer follow each other: inside of the column chunks where
    /// these are the outer loop, else outside of everything. Batches have weights of their own and
    /// are outside of all.
    LayerPlan(const ConvolutionShape& shape, const ConvolutionTiling& tiling, const AxisTiles& rows,
              const AxisTiles& columns, const ColumnPlan& plan, std::uint32_t batches = 1);

    /// Steps of the layer: batches x images x tiles x column chunks x channel chunks.
    std::uint64_t count() const;
    std::uint32_t parts() const { return parts_; }

    /// Makes the steps one after another; empty after the last one.
    class Walk {
    public:
        explicit Walk(const LayerPlan& plan) : plan_(&plan) {}
        std::optional<LayerStep> next();

    private:
        const LayerPlan* plan_;
        std::uint64_t index_ = 0;
        std::optional<LayerStep> before_;
    };
    Walk walk() const { return Walk(*this); }

private:
    /// Without what depends on the step before.
    LayerStep stepAt(std::uint64_t index) const;
    bool keepsTile(const LayerStep& before, const LayerStep& step) const;
    bool keepsWeights(const LayerStep& before, const LayerStep& step) const {
        return parts_ == 1 && before.batch == step.batch && before.chunk == step.chunk;
    }

    const ConvolutionShape& shape_;
    const ConvolutionTiling& tiling_;
    const AxisTiles& rows_;
    const AxisTiles& columns_;
    const ColumnPlan& plan_;
    std::uint32_t batches_;
    std::uint32_t parts_;
};

/// The plan of a layer together with the pieces that it refers to.
struct TiledLayer {
    TiledLayer(const ArrayConfig& array, const ConvolutionShape& shape,
               const ConvolutionTiling& tiling, std::uint32_t batches = 1)
        : rows(verticalAxis(shape), tiling.tileHeight),
          columns(horizontalAxis(shape), tiling.tileWidth),
          chunks(array, shape, tiling.blocksPerChunk, tiling.groupsTogether),
          plan(shape, tiling, rows, columns, chunks, batches) {}
    TiledLayer(const TiledLayer&) = delete;
    TiledLayer& operator=(const TiledLayer&) = delete;

    AxisTiles rows;
    AxisTiles columns;
    ColumnPlan chunks;
    LayerPlan plan;
};

}  // namespace systole::arch
