// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/mapping/tile_extents.hpp"
#include "arch/memory/scratchpad_ports.hpp"

namespace systole::arch {

/// What the array and the vector unit wait for because several words that they want in one cycle
/// lie in one bank of a scratchpad. MappingCosts adds it to the cycles of the folds. It leaves out
/// that other units want the same banks.
class BankStalls {
public:
    /// Keeps references to the machine's array and to the shape.
    BankStalls(const MachineConfig& machine, const ConvolutionShape& shape);

    /// Cycles that the array waits for the banks of the activation scratchpad. `channels` is the
    /// number of channels of a pixel there, `groups` the number of groups in a fold.
    ///
    /// Weight stationary: in every step. A step reads all operands of one output position at once,
    /// and words that lie in one bank come one after the other. A depthwise 3 x 3 kernel reads 9
    /// words; with 256 channels of a byte in 16 banks of 16 bytes all of them lie in one bank, and
    /// the step waits 8 cycles.
    ///
    /// The others: each time the lanes read their next words. A lane is a row or column that holds
    /// an output position: a row if output stationary, a column if input stationary. The lanes
    /// change words in the same cycle, and those whose words lie in one bank wait for each other.
    /// The example has 32 channels and words of 32 elements: with 8 banks and an output-stationary
    /// array, 16 lanes give 2 reads of each bank, so they wait 1 cycle; with 16 banks they do not
    /// wait.
    double ofLanes(const AxisTiles& columns, std::uint32_t channels, std::uint32_t groups) const;

    /// Cycles that one fold waits for its operands, given what ofLanes says.
    double ofFold(std::uint64_t channels, std::uint64_t outputs, std::uint64_t reduction,
                  double laneStall) const;
    /// Cycles that the vector unit waits when it writes the codes of one channel, which lie `pitch`
    /// channels apart in the output tile and may share banks. Only an input-stationary array makes
    /// it write in that order, so the result is 0 for the others.
    double ofWrites(std::uint32_t pitch) const;

    const WordLayout& activationWords() const { return activationWords_; }
    const WordLayout& weightWords() const { return weightWords_; }

private:
    double ofStep(const AxisTiles& columns, std::uint32_t channels, std::uint32_t groups) const;
    std::uint64_t bankReads(std::uint64_t k, std::uint64_t width, std::uint32_t channels,
                            std::uint32_t groups, std::uint32_t sample) const;
    std::uint64_t perTap(std::uint32_t channels) const;
    std::uint64_t reductionOf(std::uint32_t channels) const;

    const ArrayConfig& array_;
    const ConvolutionShape& shape_;
    WordLayout activationWords_;
    WordLayout weightWords_;
    Limit activationBanks_;
    Limit weightBanks_;
    Limit lanes_;  ///< of the vector unit
};

}  // namespace systole::arch
