// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/config.hpp"
#include "models/units.hpp"

/// How long each unit takes for its part of a mapping, as closed forms without queues and ports;
/// docs/mapping.md says what they leave out. MappingCosts combines them into the time of a layer.
/// All times are core cycles. FoldCosts is exact where no port stalls the array: it follows from
/// fold_schedule.hpp.
///
/// Numbers of the example of tiling.hpp, for a tile of 8 x 14 = 112 outputs:
/// - the array, 16 x 16 with isolated folds: a fold of 112 steps takes 16 + 112 + 16 + 16 - 2 = 158
///   cycles. With overlapped folds the next one begins after 112 cycles, and the last sum comes 46
///   cycles after that.
/// - a transfer of 9 x 14 x 32 = 4032 bytes, an ideal DRAM of 16 bytes a cycle with a latency of 20
///   cycles and bursts of 64 bytes: 20 + 63 x 4 = 272 cycles.
/// - the vector unit, 16 lanes and a pipeline of 4: 112 rows of 16 sums take 112 + 4 = 116 cycles.
namespace systole::arch {

/// The cycles of the array's folds, one after another.
class FoldCosts {
public:
    explicit FoldCosts(const ArrayConfig& array);

    /// Cycles from the start of a fold to the start of the next one, in a long sequence.
    Cycle period(std::uint64_t steps) const {
        const Cycle own = stepCycles_ * steps + gap_;
        return own > least_ ? own : least_;
    }
    /// Cycles from the end of the last fold's period until its last sum is there.
    Cycle tail(std::uint64_t steps) const {
        const Cycle whole = stepCycles_ * steps + alone_;
        const Cycle usual = period(steps);
        return whole > usual ? whole - usual : 0;
    }

private:
    Cycle stepCycles_;  ///< of one step
    Cycle least_;       ///< the shortest period
    Cycle gap_;         ///< of the period, over and above the steps of a long fold
    Cycle alone_;       ///< of an isolated fold, over and above its steps
};

/// The bytes of a transfer as they lie in DRAM: `rows` rows of `count` runs each. The runs of a row
/// begin `stride` bytes apart.
struct Runs {
    std::uint64_t rows = 1;
    std::uint64_t count = 1;   ///< runs in a row
    std::uint64_t bytes = 0;   ///< of a run
    std::uint64_t stride = 0;  ///< bytes

    std::uint64_t total() const { return rows * count * bytes; }
};

/// The cycles of transfers between DRAM and a scratchpad, by the DMA engine.
class TransferCosts {
public:
    explicit TransferCosts(const MachineConfig& machine);

    /// Bursts that the runs touch, on average over their possible alignments: 10 runs of 4 bytes
    /// that lie 64 bytes apart touch 10 bursts of 64 bytes.
    double bursts(const Runs& runs) const;
    /// Cycles from the first request until the last byte is in the scratchpad, or in DRAM.
    double cycles(const Runs& runs) const { return cycles(runs, activationRate_); }
    double weightCycles(std::uint64_t bytes) const { return cycles({1, 1, bytes, 0}, weightRate_); }
    /// Cycles that DRAM is busy with so many bursts.
    double busCycles(double bursts) const { return bursts * busPerBurst_; }
    /// Cycles that so many bytes take at least, however they lie in DRAM: a bound for `cycles`.
    double leastCycles(std::uint64_t bytes) const;
    double leastBusCycles(std::uint64_t bytes) const {
        return static_cast<double>(bytes) / burstBytes_ * busPerBurst_;
    }

private:
    double cycles(const Runs& runs, double rate) const;

    double burstBytes_;
    double busPerBurst_ = 0;  ///< core cycles that a burst keeps the bus
    double latency_ = 0;      ///< core cycles of a request without contention
    double perRequest_ = 0;   ///< core cycles between two requests, at least
    // Bytes a cycle between the DMA engine and the scratchpad; infinite if unlimited.
    double activationRate_;
    double weightRate_;
};

/// The cycles of the vector unit for requantizing sums of the accumulator buffer.
class VectorCosts {
public:
    explicit VectorCosts(const VectorUnitConfig& config) : config_(config) {}

    /// Cycles for `columns` sums in each of `rows` rows of the accumulator buffer.
    Cycle cycles(std::uint64_t rows, std::uint64_t columns) const {
        return config_.pipelineDepth +
               (config_.lanes ? rows * ceilDivide(columns, *config_.lanes) : 0);
    }

    const Limit& lanes() const { return config_.lanes; }

private:
    VectorUnitConfig config_;
};

}  // namespace systole::arch
