// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "arch/datapath.hpp"
#include "arch/mapping/column_plan.hpp"
#include "arch/mapping/tiling.hpp"
#include "arch/memory/scratchpad_ports.hpp"

namespace systole::arch {

/// What a tiling needs of the scratchpads and of the accumulator buffer (docs/mapping.md). The
/// search asks it for every candidate of MappingSpace and drops those that do not fit. Every buffer
/// has two halves, and both are counted.
///
/// In the example of tiling.hpp a tile of 8 x 14 outputs reads at most 10 x 14 pixels of 32
/// channels, 4480 bytes, and makes 8 x 14 x 32 = 3584 bytes. A chunk of two blocks needs 2 x 16 x
/// (9 x 32 weights + 8 bytes of parameters) = 9472 bytes in a half of the weight scratchpad. One
/// pass over a block needs 8 x 14 = 112 rows in a half of the accumulator buffer.
class TileFit {
public:
    /// Keeps references to the machine's array and to the shape.
    TileFit(const MachineConfig& machine, const Datapath& datapath, const ConvolutionShape& shape,
            numeric::ScaleArithmetic arithmetic);

    /// Whether it fits. The search uses this, because it asks often.
    bool fits(const ConvolutionTiling& tiling) const;
    /// What does not fit, worded as in DoesNotFit; empty where all does.
    std::optional<std::string> problemOf(const ConvolutionTiling& tiling) const;
    /// The tiling, which must fit, with the sizes of its buffers filled in.
    ConvolutionTiling withBuffers(ConvolutionTiling tiling) const;

    /// The most input channels that one load brings.
    std::uint32_t loadedChannels(const ConvolutionTiling& tiling) const;

private:
    std::uint64_t mostGroups(const ColumnCut& cut, std::uint64_t blocks) const;
    std::uint64_t chunkWeightBytes(const ConvolutionTiling& tiling) const;
    const ColumnCut& cutOf(const ConvolutionTiling& tiling) const {
        return tiling.groupsTogether > 1 ? packedCut_ : cut_;
    }
    std::uint64_t chunkOutputs(const ConvolutionTiling& tiling) const;
    std::uint64_t accumulatorRows(const ConvolutionTiling& tiling) const;
    std::uint64_t inputBytes(const ConvolutionTiling& tiling) const;
    std::uint64_t outputElements(const ConvolutionTiling& tiling) const {
        return std::uint64_t{tiling.tileHeight} * tiling.tileWidth * chunkOutputs(tiling);
    }
    std::uint64_t outputBytes(const ConvolutionTiling& tiling) const;
    std::uint64_t skipBytes(const ConvolutionTiling& tiling) const;
    std::uint64_t aligned(std::uint64_t bytes) const;

    const ArrayConfig& array_;
    const ConvolutionShape& shape_;
    ColumnCut cut_;        ///< of folds that hold one group
    ColumnCut packedCut_;  ///< of folds that hold as many groups as they can
    std::uint64_t activationBytes_;
    std::uint64_t outputBytes_;
    std::uint64_t skipBytes_;
    std::uint64_t weightBytes_;
    std::uint64_t recordBytes_;
    std::uint64_t wordBytes_;
    std::uint64_t activationCapacity_;
    std::uint64_t weightHalf_;
    std::uint64_t accumulatorHalf_;
};

}  // namespace systole::arch
