// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/datapath.hpp"
#include "arch/mapping/column_plan.hpp"
#include "arch/mapping/tile_extents.hpp"

/// The bytes that a mapping moves between DRAM and the scratchpads; docs/mapping.md derives the
/// formulas. MappingCosts uses them for its bounds and the search for its ranking. They equal the
/// counters of the lowered program, with one exception: where elements have less than a byte, the
/// program rounds every transfer up to whole bytes, and this sum is rounded only once.
///
/// In the example of tiling.hpp the two tiles read 9 + 7 rows of 14 pixels, of which 2 x 14 are
/// halo. With weightsOuter both tiles are loaded for both column chunks: 16 x 14 x 32 x 2 = 14336
/// bytes of input, 1792 of them halo, and 64 x (288 + 8) = 18944 bytes of weights and parameters.
/// With the tiles outside the input is loaded once, 7168 bytes, but the weights are loaded for
/// every tile, 37888 bytes. The output has 14 x 14 x 64 = 12544 bytes either way.
namespace systole::arch {

/// Bytes that the commands of a layer move. DRAM moves whole bursts, so more may pass its pins.
struct DramTraffic {
    std::uint64_t input = 0;  ///< of all loads of tiles
    std::uint64_t halo = 0;   ///< bytes of `input` that an earlier tile of the same pass has loaded
    std::uint64_t weights = 0;  ///< with the parameter records
    std::uint64_t output = 0;
    std::uint64_t skip = 0;

    std::uint64_t loaded() const { return input + weights + skip; }
    std::uint64_t total() const { return loaded() + output; }
    bool operator==(const DramTraffic&) const = default;
};

/// Bits that the elements of a layer take in DRAM.
struct ElementSizes {
    ElementSizes(const Datapath& datapath, numeric::ScaleArithmetic arithmetic)
        : activation(datapath.activationBits),
          output(datapath.output.bits),
          skip(datapath.skip.bits),
          weight(datapath.weightBits),
          record(std::uint64_t{parameterBytes(datapath, arithmetic)} / datapath.weightBytes *
                 datapath.weightBits) {}

    std::uint64_t activation;
    std::uint64_t output;
    std::uint64_t skip;
    std::uint64_t weight;
    std::uint64_t record;  ///< the parameters of one output channel

    static std::uint64_t bytes(std::uint64_t bits) { return ceilDivide(bits, 8); }
};

DramTraffic dramTraffic(const ConvolutionShape& shape, const ElementSizes& sizes,
                        const AxisTiles& rows, const AxisTiles& columns, const ColumnPlan& plan,
                        const ConvolutionTiling& tiling);

}  // namespace systole::arch
