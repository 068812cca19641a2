// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arch/mapping/column_plan.hpp"
#include "arch/mapping/mapping_costs.hpp"
#include "arch/mapping/tile_extents.hpp"

/// The mappings that the search considers for a layer (docs/mapping.md). It lists them without
/// asking whether they fit: TileFit decides that. A candidate is one choice from each of five
/// lists: channel chunks, column plans, tile heights, tile widths and loop orders. Where groups can
/// share a fold there is a plan with folds of as many groups as possible, and one with folds of one
/// group, for every number of blocks.
///
/// The example of tiling.hpp has 6 channel chunks (32, 16, 8, 4, 2, 1), 3 plans (4, 2 or 1 blocks a
/// chunk), 7 tile heights and 7 tile widths (14, 7, 5, 4, 3, 2, 1). With both loop orders, where
/// they differ, that makes 1458 candidates.
namespace systole::arch {

/// Whether a reduction that is cut after so many input channels has the folds of the uncut one, in
/// the same order, so that every sum keeps its value whatever its format. A product of 1 x 1 has,
/// where channels lie along the array's rows and the cut is at a fold's end.
bool keepsFolds(const ArrayConfig& array, const ConvolutionShape& shape, std::uint32_t channels);

/// The sizes of the parts when a dimension is cut into 1, 2, 3, .. equal parts. The last part may
/// be smaller. The largest size comes first and every size comes once: 14 gives 14, 7, 5, 4, 3, 2,
/// 1. A size in between, such as 6, is left out: it makes as many parts as the next smaller size
/// in the list, and these are less equal.
std::vector<std::uint32_t> equalParts(std::uint32_t whole);

/// At most kMostSizes of the sizes, which descend: the first and the last one, and of the others
/// those that are far enough from the one before. Up to 4096 parts all sizes stay. Of a million,
/// neighbours that stay are 12 percent apart, so the search takes as long for a product of a
/// million rows as for one of four thousand.
inline constexpr std::size_t kMostSizes = 128;
std::vector<std::uint32_t> thinned(const std::vector<std::uint32_t>& sizes);

/// The lists, and the candidates by their places in them.
class MappingSpace {
public:
    /// Where `fixed` has a value, it is the only choice in its list.
    MappingSpace(const ArrayConfig& array, const ConvolutionShape& shape,
                 const MappingOverride& fixed);

    /// Input channels of a load: all channels first, then a half, a quarter and so on. Sizes above
    /// the number of array rows are rounded up to multiples of it. Grouped layers have two choices:
    /// all channels, or those of the column chunk's groups, which is written as 0.
    const std::vector<std::uint32_t>& channelChunks() const { return channelChunks_; }
    const std::vector<AxisTiles>& rows() const { return rows_; }
    const std::vector<AxisTiles>& columns() const { return columns_; }
    const std::vector<ColumnPlan>& plans() const { return plans_; }
    /// Loop orders, as values of ConvolutionTiling::weightsOuter. There is only one where both
    /// would give the same steps: where there is one tile or one column chunk.
    std::vector<bool> loopOrders(std::size_t plan, std::size_t row, std::size_t column) const;

    /// The candidate that needs the least of every memory.
    MappingCandidate smallest() const;
    /// The candidate at these places in the lists. The sizes of its buffers are not filled in yet.
    MappingCandidate candidate(std::size_t channels, std::size_t plan, std::size_t row,
                               std::size_t column, bool weightsOuter) const;

private:
    std::uint32_t images_;
    std::vector<std::uint32_t> channelChunks_;
    std::vector<AxisTiles> rows_;
    std::vector<AxisTiles> columns_;
    std::vector<ColumnPlan> plans_;
    std::vector<bool> weightsOuter_{true, false};
};

}  // namespace systole::arch
