// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/memory/dram/dram_config.hpp"
#include "models/memory/faults/secded.hpp"

/// Which cells of a DRAM are faulty: docs/dram_faults.md.
namespace systole::memory {

/// Faulty cells of a word of the memory and of its check bits. A read gives the inverse of what was
/// stored there.
struct FaultyCells {
    std::uint64_t data = 0;
    std::uint8_t check = 0;
};

/// How many of so many cells are faulty, each with the same probability and independently.
class FaultCount {
public:
    /// `cells` up to 64, `rate` 0 to 0.5.
    FaultCount(int cells, double rate);

    /// The count whose share of 0 .. 2^64 - 1 holds `draw`: shares are the binomial probabilities,
    /// in binary64 and steps of 2^-64, large counts first.
    int of(std::uint64_t draw) const;

private:
    /// [n]: more than n cells for a draw below.
    std::array<std::uint64_t, kWordBits> thresholds_{};
};

/// A function of seed, rate and the word's number alone: neither order nor time nor threads matter,
/// and a cell that is faulty once always is.
class CellFaults {
public:
    explicit CellFaults(const DramFaults& faults);

    /// Of the 64-bit word number `word`, bits 64 * word .. + 63 of the memory, bit 0 the lowest of
    /// the lowest byte.
    FaultyCells of(std::uint64_t word) const;

private:
    std::uint64_t seed_;
    FaultCount dataCount_;
    FaultCount checkCount_;
};

}  // namespace systole::memory
