// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "arch/mapping/tile_extents.hpp"
#include "arch/memory/scratchpad_ports.hpp"

namespace systole::arch {

/// Reads of the activation scratchpad for a step of a weight-stationary fold, on average; for the
/// other dataflows as BankStalls::ofLanes says.
struct OperandReads {
    double words = 0;
    double wait = 0;  ///< cycles beyond those of the step
};

/// What the array and the vector unit wait for because several words that they want in one cycle
/// lie in one bank of a scratchpad. MappingCosts adds it to the cycles of the folds. It leaves out
/// that other units want the same banks.
class BankStalls {
public:
    /// Keeps references to the machine's array and to the shape.
    BankStalls(const MachineConfig& machine, const ConvolutionShape& shape);

    /// What the array reads of the activation scratchpad, and how long it waits for its banks.
    /// `channels` is the number of channels of a pixel there, `groups` the number of groups in a
    /// fold.
    ///
    /// Weight stationary: in every step. A step reads all operands of one output position at once,
    /// and words that lie in one bank come one after the other. A depthwise 3 x 3 kernel reads 9
    /// words; with 256 channels of a byte in 16 banks of 16 bytes all of them lie in one bank, and
    /// the step waits 8 cycles. How the words lie depends on the width of the tile in the
    /// scratchpad, and taps in the padding are not read. So this is the mean over the tiles of a
    /// row of tiles, and over positions at the rim and inside.
    ///
    /// The others: each time the lanes read their next words. A lane is a row or column that holds
    /// an output position: a row if output stationary, a column if input stationary. The lanes
    /// change words in the same cycle, and those whose words lie in one bank wait for each other.
    /// The example has 32 channels and words of 32 elements: with 8 banks and an output-stationary
    /// array, 16 lanes give 2 reads of each bank, so they wait 1 cycle; with 16 banks they do not
    /// wait.
    OperandReads ofLanes(const AxisTiles& columns, std::uint32_t channels,
                         std::uint32_t groups) const;

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
    /// A step: the output position by its first tap, in steps of the upsampled image, and the
    /// reduction indices of its fold, in an input tile of `width` pixels of `channels` channels.
    struct Step {
        std::int64_t y = 0;
        std::int64_t x = 0;
        std::uint64_t k = 0;
        std::uint32_t width = 1;
        std::uint32_t channels = 1;
        std::uint32_t firstGroup = 0;
        std::uint32_t groups = 1;
    };

    OperandReads ofSteps(const AxisTiles& columns, std::uint32_t channels,
                         std::uint32_t groups) const;
    OperandReads ofStep(const Step& step) const;
    OperandReads ofPosition(Step step) const;
    double waitOfLanes(const AxisTiles& columns, std::uint32_t channels) const;
    std::uint64_t perTap(std::uint32_t channels) const;
    std::uint64_t reductionOf(std::uint32_t channels) const;

    const ArrayConfig& array_;
    const ConvolutionShape& shape_;
    TileAxis rows_;  ///< of the whole image
    WordLayout activationWords_;
    WordLayout weightWords_;
    Limit activationBanks_;
    Limit weightBanks_;
    Limit lanes_;  ///< of the vector unit
    /// By tile width, channels and groups: very many candidates have few of them.
    mutable std::map<std::array<std::uint32_t, 3>, OperandReads> known_;
};

}  // namespace systole::arch
