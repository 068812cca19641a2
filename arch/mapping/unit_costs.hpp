// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/config.hpp"
#include "models/units.hpp"

/// Cycles of the units for the estimate of a mapping: closed forms, no queues, no ports.
/// docs/mapping.md.
namespace systole::arch {

/// Folds of the array, one behind the other.
class FoldCosts {
public:
    explicit FoldCosts(const ArrayConfig& array);

    /// From one fold to the next, in a long sequence.
    Cycle period(std::uint64_t steps) const {
        const Cycle own = stepCycles_ * steps + gap_;
        return own > least_ ? own : least_;
    }
    /// Behind its period, until the last sum of the last fold is there.
    Cycle tail(std::uint64_t steps) const {
        const Cycle whole = stepCycles_ * steps + alone_;
        const Cycle usual = period(steps);
        return whole > usual ? whole - usual : 0;
    }

private:
    Cycle stepCycles_;
    Cycle least_;
    Cycle gap_;
    Cycle alone_;
};

/// A transfer: rows of runs of bytes that lie `stride` apart in DRAM.
struct Runs {
    std::uint64_t rows = 1;
    std::uint64_t count = 1;  ///< in a row
    std::uint64_t bytes = 0;  ///< of each
    std::uint64_t stride = 0;

    std::uint64_t total() const { return rows * count * bytes; }
};

/// DRAM and DMA.
class TransferCosts {
public:
    explicit TransferCosts(const MachineConfig& machine);

    /// Bursts that the runs touch, at a mean alignment.
    double bursts(const Runs& runs) const;
    /// From the first request to the last byte in its scratchpad, or in DRAM.
    double cycles(const Runs& runs) const { return cycles(runs, activationRate_); }
    double weightCycles(std::uint64_t bytes) const { return cycles({1, 1, bytes, 0}, weightRate_); }
    /// That DRAM is busy with them.
    double busCycles(double bursts) const { return bursts * busPerBurst_; }
    /// Never more than what `cycles` says for the same bytes, however they lie.
    double leastCycles(std::uint64_t bytes) const;
    double leastBusCycles(std::uint64_t bytes) const {
        return static_cast<double>(bytes) / burstBytes_ * busPerBurst_;
    }

private:
    double cycles(const Runs& runs, double rate) const;

    double burstBytes_;
    double busPerBurst_ = 0;  ///< core cycles
    double latency_ = 0;      ///< of a request that meets nobody
    double perRequest_ = 0;   ///< at least, between two requests
    // Bytes a cycle between DMA and scratchpad, infinite if unlimited.
    double activationRate_;
    double weightRate_;
};

/// The vector unit on the way from the accumulators to codes.
class VectorCosts {
public:
    explicit VectorCosts(const VectorUnitConfig& config) : config_(config) {}

    /// `rows` of the accumulator buffer, `columns` of each.
    Cycle cycles(std::uint64_t rows, std::uint64_t columns) const {
        return config_.pipelineDepth +
               (config_.lanes ? rows * ceilDivide(columns, *config_.lanes) : 0);
    }

    const Limit& lanes() const { return config_.lanes; }

private:
    VectorUnitConfig config_;
};

}  // namespace systole::arch
