// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "arch/mapping/tiling.hpp"
#include "arch/memory/scratchpad_ports.hpp"
#include "arch/values/machine_state.hpp"

namespace systole::arch {

/// What a tiling needs of the scratchpads and of the accumulator buffer. Both halves of every
/// buffer are counted.
class TileFit {
public:
    TileFit(const MachineConfig& machine, const Datapath& datapath, const ConvolutionShape& shape,
            numeric::ScaleArithmetic arithmetic);

    bool fits(const ConvolutionTiling& tiling) const;
    /// What does not fit, as DoesNotFit says it; empty where all does.
    std::optional<std::string> problemOf(const ConvolutionTiling& tiling) const;
    /// The tiling, which fits, with the sizes of its buffers.
    ConvolutionTiling withBuffers(ConvolutionTiling tiling) const;

    /// Input channels that a load brings at most.
    std::uint32_t loadedChannels(const ConvolutionTiling& tiling) const;

private:
    std::uint64_t chunkWeightBytes(const ConvolutionTiling& tiling) const;
    std::uint64_t blockWeightBytes(std::uint32_t channelChunk) const;
    std::uint64_t chunkOutputs(const ConvolutionTiling& tiling) const;
    std::uint64_t accumulatorRows(const ConvolutionTiling& tiling) const;
    std::uint64_t inputBytes(const ConvolutionTiling& tiling) const;
    std::uint64_t outputBytes(const ConvolutionTiling& tiling) const;
    std::uint64_t skipBytes(const ConvolutionTiling& tiling) const;
    std::uint64_t aligned(std::uint64_t bytes) const;

    const ArrayConfig& array_;
    const ConvolutionShape& shape_;
    std::uint64_t activationBytes_;
    std::uint64_t weightBytes_;
    std::uint64_t recordBytes_;
    std::uint64_t wordBytes_;
    std::uint64_t activationCapacity_;
    std::uint64_t weightHalf_;
    std::uint64_t accumulatorHalf_;
};

}  // namespace systole::arch
