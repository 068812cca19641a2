// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "arch/command.hpp"
#include "arch/config.hpp"
#include "models/units.hpp"

namespace systole::arch {

/// Words read from a scratchpad, and the cycles lost where a bank had to serve several in one
/// cycle.
struct AccessCount {
    std::uint64_t words = 0;
    Cycle conflictCycles = 0;
};

/// Counts the accesses of steps; in each step any number of elements is read at once. An element
/// that shares a word with another costs nothing more; a bank serves one word a cycle; word w lies
/// in bank w modulo banks.
class AccessCounter {
public:
    explicit AccessCounter(const ScratchpadConfig& config);

    void beginStep();
    void read(std::uint64_t address, std::uint64_t bytes);
    void endStep();
    const AccessCount& count() const { return count_; }

private:
    ScratchpadConfig config_;
    std::vector<std::uint64_t> words_;  ///< of the present step
    std::vector<std::uint32_t> bankWords_;
    AccessCount count_;
};

/// A fold's reads of activations: one step per output position, before the skew registers.
AccessCount activationReads(const ScratchpadConfig& config, const Stream& stream);

/// A fold's reads of weights: one step per row of the fold.
AccessCount weightReads(const ScratchpadConfig& config, const Stream& stream,
                        std::uint32_t elementBytes);

/// Words that hold `bytes` consecutive bytes from an aligned address on.
inline std::uint64_t wordsOf(const ScratchpadConfig& config, std::uint64_t bytes) {
    return ceilDivide(bytes, config.wordBytes);
}

}  // namespace systole::arch
