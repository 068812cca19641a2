// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/mapping/tiling.hpp"

/// Which inputs the tiles along one axis of the image read. MappingSpace makes an AxisTiles for
/// every tile size that it considers, dramTraffic counts the bytes of the loads from it, and
/// sim/lowering uses tileExtent for the loads that it writes, so that both agree.
///
/// An example: 14 input rows, a kernel of 3, a padding of 1, 14 output rows in tiles of 8. The
/// first tile has output rows 0 to 7 and reads input rows 0 to 8: 9 rows, its origin is -1 because
/// the first tap lies in the padding. The second tile has output rows 8 to 13 and reads input rows
/// 7 to 13: 7 rows, of which 2 (rows 7 and 8) are halo, because the first tile has read them too.
/// Together the tiles read 16 rows, 14 of them fresh.
namespace systole::arch {

/// A window along one axis of an image with so many elements there.
struct TileAxis {
    WindowAxis window{};
    std::uint32_t inputs = 1;
    std::uint32_t outputs = 1;
};

TileAxis verticalAxis(const ConvolutionShape& shape);
TileAxis horizontalAxis(const ConvolutionShape& shape);

/// The inputs that a range of outputs reads.
struct TileExtent {
    std::uint32_t begin = 0;
    std::uint32_t length = 1;
    /// Where the first tap of the first output lies, relative to `begin`, in upsampled steps.
    std::int32_t origin = 0;
    std::uint32_t halo = 0;  ///< inputs of the range that earlier outputs read as well

    bool sameInputs(const TileExtent& other) const {
        return begin == other.begin && length == other.length;
    }
};

/// The inputs of outputs `firstOutput` to `firstOutput` + `outputs` - 1. A range has at least one
/// input, even where every tap lies in the padding, because a load of nothing does not exist.
TileExtent tileExtent(const TileAxis& axis, std::uint32_t firstOutput, std::uint32_t outputs);

/// An axis cut into tiles of `size` outputs. The last tile may be smaller. What a tile reads is
/// worked out when it is asked for: an axis of a million outputs may be cut into as many tiles.
struct AxisTiles {
    AxisTiles(const TileAxis& imageAxis, std::uint32_t tileSize);

    std::uint32_t count() const { return tiles; }
    std::uint32_t outputsOf(std::uint32_t tile) const { return tile + 1 == count() ? last : size; }
    TileExtent extent(std::uint32_t tile) const {
        return tileExtent(axis, tile * size, outputsOf(tile));
    }
    /// Whether two tiles read the same range.
    bool sameInputs(std::uint32_t left, std::uint32_t right) const {
        return left == right || extent(left).sameInputs(extent(right));
    }

    TileAxis axis;
    std::uint32_t size;
    std::uint32_t tiles = 0;
    std::uint32_t last;           ///< outputs of the last tile
    std::uint64_t inputs = 0;     ///< sum over all tiles
    std::uint64_t fresh = 0;      ///< the same sum without the halos
    std::uint64_t unchanged = 0;  ///< inputs of tiles that read the same range as the tile before
    bool returns = false;         ///< whether the first tile reads the same range as the last one
};

}  // namespace systole::arch
