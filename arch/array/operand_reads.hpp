// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/config.hpp"
#include "arch/memory/scratchpad_ports.hpp"
#include "arch/program/command.hpp"
#include "models/units.hpp"

/// Which scratchpad words the operands of a fold are read from. ArrayAccesses lays these reads
/// along the array time of the fold.
namespace systole::arch {

/// The words that each step reads. A step reads one vector of operands.
class WordSteps {
public:
    std::size_t steps() const { return ends_.size(); }
    std::uint64_t words() const { return words_.size(); }
    std::span<const std::uint64_t> of(std::size_t step) const {
        const std::size_t begin = step == 0 ? 0 : ends_[step - 1];
        return std::span(words_).subspan(begin, ends_[step] - begin);
    }

    /// Adds a word to the present step, unless the step has it already.
    void add(std::uint64_t word);
    void endStep() { ends_.push_back(words_.size()); }

private:
    std::vector<std::uint64_t> words_;
    std::vector<std::size_t> ends_;
};

/// The reads of one fold. A vector of operands is read at once. There are two cases:
///
/// - The operands lie side by side in memory: a row of weights, or the reduction indices of one
///   output position. Every word that holds some of them is read once.
/// - The operands lie apart: one reduction index of many positions, or one channel of many rows of
///   weights. Every lane keeps the word that it has read last, and reads a word only when its next
///   operand lies in another one.
///
/// Operands in the padding are not read.
struct FoldReads {
    WordSteps activationLoads;  ///< stationary vectors, bottom row of the array first
    WordSteps activationSteps;
    WordSteps weightLoads;
    WordSteps weightSteps;
    std::uint64_t activationOperands = 0;  ///< elements, counted every time that they are read
    std::uint64_t weightOperands = 0;
};

FoldReads foldReads(Dataflow dataflow, const ScratchpadPorts& ports, const Stream& stream);

}  // namespace systole::arch
