// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "arch/structural/gemm_folds.hpp"
#include "tests/cosim/cycle_array.hpp"

/// Drives any number of models of one array with the same operands and the same stalls and compares
/// what they show, every cycle.
namespace systole::cosim {

/// A GEMM of random finite codes for one array.
struct LockstepProblem {
    arch::ArrayConfig array;
    arch::DatapathConfig datapath;
    numeric::GemmShape shape;
    std::uint32_t maxSteps = 1 << 16;  ///< of a fold
    std::uint64_t seed = 1;            ///< of codes and stalls
    /// Out of 256: chances that an operand is not there, that results are not taken, that there is
    /// no descriptor yet.
    std::uint32_t stalls = 0;
    std::uint32_t lateFolds = 0;
    bool scramblesUnused = false;  ///< what folds do not use: random codes in place of code 0

    std::string text() const;
};

/// A sum on the wires, in the first cycle in which it is there.
struct Appearance {
    std::uint64_t wallCycle = 0;
    std::int64_t arrayCycle = 0;  ///< array time: -1 takes the first descriptor
    std::size_t column = 0;       ///< of a direct drain row * C + column
    std::vector<std::int64_t> sum;
};

struct LockstepRun {
    std::vector<std::uint16_t> a;  ///< codes [m][k]
    std::vector<std::uint16_t> b;  ///< codes [k][n]
    std::vector<arch::structural::GemmFold> folds;
    std::vector<std::int64_t> taken;  ///< array time of every descriptor
    std::vector<Appearance> trace;    ///< by time, then by column
    std::uint64_t wallCycles = 0;
};

/// Models that differ, or do something that nobody asked for. The text names the problem, with
/// everything that repeats it.
class LockstepError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The models must be idle, as built or as a run leaves them. Ends when all sums have appeared and
/// nothing has happened for long enough. While an operand is not offered, others lie on its wires.
LockstepRun runLockstep(const LockstepProblem& problem, std::span<CycleArray* const> models);

/// Folds of the caller's, in place of a GEMM's: shape and maximum of steps do not matter.
LockstepRun runLockstep(const LockstepProblem& problem,
                        std::vector<arch::structural::GemmFold> folds,
                        std::span<CycleArray* const> models);

/// Products of a chunk, if the accumulator has chunks.
std::optional<std::uint32_t> chunkOf(const arch::DatapathConfig& datapath);

/// Codes that encoding gives, finite ones.
std::vector<std::uint16_t> randomCodes(const numeric::Format& format, std::size_t count,
                                       std::mt19937_64& random);

}  // namespace systole::cosim
