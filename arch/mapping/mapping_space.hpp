// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arch/mapping/column_plan.hpp"
#include "arch/mapping/mapping_costs.hpp"
#include "arch/mapping/tile_extents.hpp"

/// The mappings that the search considers for a layer, before it is known which of them fit.
namespace systole::arch {

/// Part sizes of a dimension cut into 1, 2, 3, .. equal parts (the last one smaller): largest
/// first, each once. Sizes between two of them make as many parts, and a smaller last one.
std::vector<std::uint32_t> equalParts(std::uint32_t whole);

class MappingSpace {
public:
    /// What `fixed` says is the only choice there.
    MappingSpace(const ArrayConfig& array, const ConvolutionShape& shape,
                 const MappingOverride& fixed);

    /// Input channels of a load: all first, then halves, rounded up to whole array rows where they
    /// are longer. Grouped layers: all, or those of the column chunk's groups (0).
    const std::vector<std::uint32_t>& channelChunks() const { return channelChunks_; }
    const std::vector<AxisTiles>& rows() const { return rows_; }
    const std::vector<AxisTiles>& columns() const { return columns_; }
    const std::vector<ColumnPlan>& plans() const { return plans_; }
    /// Loop orders, as ConvolutionTiling::weightsOuter: one where they make the same steps.
    std::vector<bool> loopOrders(std::size_t plan, std::size_t row, std::size_t column) const;

    /// The candidate that needs least of every memory.
    MappingCandidate smallest() const;
    MappingCandidate candidate(std::size_t channels, std::size_t plan, std::size_t row,
                               std::size_t column, bool weightsOuter) const;

private:
    std::vector<std::uint32_t> channelChunks_;
    std::vector<AxisTiles> rows_;
    std::vector<AxisTiles> columns_;
    std::vector<ColumnPlan> plans_;
    std::vector<bool> weightsOuter_{true, false};
};

}  // namespace systole::arch
