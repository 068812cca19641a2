// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/config.hpp"
#include "arch/memory/scratchpad_ports.hpp"
#include "arch/program/command.hpp"
#include "models/units.hpp"

/// Which scratchpad words the operands of a fold are read from.
namespace systole::arch {

/// Words that are read together, vector by vector of operands.
class WordSteps {
public:
    std::size_t steps() const { return ends_.size(); }
    std::uint64_t words() const { return words_.size(); }
    std::span<const std::uint64_t> of(std::size_t step) const {
        const std::size_t begin = step == 0 ? 0 : ends_[step - 1];
        return std::span(words_).subspan(begin, ends_[step] - begin);
    }

    /// One word for the present step, unless that has it already.
    void add(std::uint64_t word);
    void endStep() { ends_.push_back(words_.size()); }

private:
    std::vector<std::uint64_t> words_;
    std::vector<std::size_t> ends_;
};

/// The reads of one fold. A vector of operands is read at once:
///
/// - operands that lie side by side in memory (a row of weights; the reduction indices of one
/// output
///   position): the words that hold them, each once;
/// - operands that lie apart (one reduction index of many positions; one channel of many rows of
///   weights): every lane keeps the word that it read last, and reads when its next operand lies in
///   another one.
///
/// Operands in the padding are not read.
struct FoldReads {
    WordSteps activationLoads;  ///< stationary vectors, in the order of the array's rows from below
    WordSteps activationSteps;
    WordSteps weightLoads;
    WordSteps weightSteps;
    std::uint64_t activationOperands = 0;  ///< elements, every reading of one counted
    std::uint64_t weightOperands = 0;
};

FoldReads foldReads(Dataflow dataflow, const ScratchpadPorts& ports, const Stream& stream);

}  // namespace systole::arch
