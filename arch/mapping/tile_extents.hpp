// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arch/mapping/tiling.hpp"

/// Which inputs the tiles of an axis of the image read.
namespace systole::arch {

/// A sliding window along one axis, in steps of the upsampled image.
struct TileAxis {
    std::uint32_t kernel = 1;
    std::uint32_t stride = 1;
    std::int32_t padBefore = 0;
    std::uint32_t dilation = 1;
    std::uint32_t upsample = 1;
    std::uint32_t inputs = 1;
    std::uint32_t outputs = 1;
};

TileAxis verticalAxis(const ConvolutionShape& shape);
TileAxis horizontalAxis(const ConvolutionShape& shape);

/// The inputs that a range of outputs reads.
struct TileExtent {
    std::uint32_t begin = 0;
    std::uint32_t length = 1;
    std::int32_t origin = 0;  ///< first tap of the first output, relative to begin, upsampled
    std::uint32_t halo = 0;   ///< those of them that the outputs before the range read as well

    bool sameInputs(const TileExtent& other) const {
        return begin == other.begin && length == other.length;
    }
};

/// Where no tap lies on an element, one element all the same: a tile is never empty.
TileExtent tileExtent(const TileAxis& axis, std::uint32_t firstOutput, std::uint32_t outputs);

/// An axis cut into tiles of `size` outputs, the last one smaller.
struct AxisTiles {
    AxisTiles(const TileAxis& axis, std::uint32_t tileSize);

    std::uint32_t count() const { return static_cast<std::uint32_t>(extents.size()); }
    std::uint32_t outputsOf(std::uint32_t tile) const { return tile + 1 == count() ? last : size; }

    std::uint32_t size;
    std::uint32_t last;  ///< outputs of the last tile
    std::vector<TileExtent> extents;
    std::uint64_t inputs = 0;     ///< of all tiles together
    std::uint64_t fresh = 0;      ///< those without the halo
    std::uint64_t unchanged = 0;  ///< those of tiles that read what the tile before them read
    bool returns = false;         ///< the first tile reads what the last one reads
};

}  // namespace systole::arch
