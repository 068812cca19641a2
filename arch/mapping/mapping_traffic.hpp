// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/datapath.hpp"
#include "arch/mapping/column_plan.hpp"
#include "arch/mapping/tile_extents.hpp"

/// What a mapping moves over DRAM: exactly what the lowered program moves, but that every transfer
/// of packed elements is rounded up to whole bytes there. docs/mapping.md.
namespace systole::arch {

/// Bytes that commands move; DRAM moves whole bursts and so may pass more over its pins.
struct DramTraffic {
    std::uint64_t input = 0;  ///< every load of a tile
    std::uint64_t halo = 0;   ///< the part of `input` that tiles of one pass share
    std::uint64_t weights = 0;
    std::uint64_t output = 0;
    std::uint64_t skip = 0;

    std::uint64_t loaded() const { return input + weights + skip; }
    std::uint64_t total() const { return loaded() + output; }
    bool operator==(const DramTraffic&) const = default;
};

/// Bits of the elements of a layer in DRAM.
struct ElementSizes {
    ElementSizes(const Datapath& datapath, numeric::ScaleArithmetic arithmetic)
        : activation(datapath.activationBits),
          weight(datapath.weightBits),
          record(std::uint64_t{parameterBytes(datapath, arithmetic)} / datapath.weightBytes *
                 datapath.weightBits) {}

    std::uint64_t activation;
    std::uint64_t weight;
    std::uint64_t record;  ///< parameters of an output channel

    static std::uint64_t bytes(std::uint64_t bits) { return ceilDivide(bits, 8); }
};

DramTraffic dramTraffic(const ConvolutionShape& shape, const ElementSizes& sizes,
                        const AxisTiles& rows, const AxisTiles& columns, const ColumnPlan& plan,
                        const ConvolutionTiling& tiling);

}  // namespace systole::arch
