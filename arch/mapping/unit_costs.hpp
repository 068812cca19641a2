// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "arch/config.hpp"
#include "arch/mapping/dram_pace.hpp"
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

/// What a transfer costs.
struct Transfer {
    double bursts = 0;
    double bus = 0;     ///< cycles in which it keeps DRAM busy
    double cycles = 0;  ///< from the first request until it is complete, by itself
    double after = 0;   ///< cycles from the end of its last burst on the bus until it is complete;
                        ///< below 0 for a store, which is complete when the controller has it
};

/// The cycles of transfers between DRAM and a scratchpad, by the DMA engine.
class TransferCosts {
public:
    /// With a `slowdown` above 1 the DRAM takes so many times as long as it does. The search uses
    /// it to find mappings that do not depend on how good this estimate is.
    explicit TransferCosts(const MachineConfig& machine, double slowdown = 1);

    /// Bursts that the runs touch, on average over their possible alignments: 10 runs of 4 bytes
    /// that lie 64 bytes apart touch 10 bursts of 64 bytes.
    double bursts(const Runs& runs) const;
    Transfer load(const Runs& runs) const { return loadAt(activationRate_, runs); }
    Transfer loadWeights(std::uint64_t bytes) const {
        return loadAt(weightRate_, {1, 1, bytes, 0, 0});
    }
    /// DRAM's controller takes writes faster than it writes them, as long as its queue has room.
    Transfer store(const Runs& runs) const;
    double burstBytes() const { return burstBytes_; }

    /// Lower bounds of Transfer::cycles and Transfer::bus for so many bytes, however they lie.
    double leastCycles(std::uint64_t bytes) const;
    double leastBusCycles(std::uint64_t bytes) const {
        return static_cast<double>(bytes) / burstBytes_ * leastBus_;
    }

private:
    Transfer loadAt(double rate, const Runs& runs) const;
    double pace(const Runs& runs) const;
    double useful(const Runs& runs, double bursts, double rate) const;

    double burstBytes_;
    double leastBus_ = 0;           ///< core cycles that a burst keeps the bus, at least
    double clock_ = 0;              ///< core cycles of a DRAM clock, refreshes included
    double perTurn_ = 0;            ///< core cycles more for a written burst: the bus turns around
    double latency_ = 0;            ///< core cycles of a request without contention
    double perIssue_ = 0;           ///< core cycles that the DMA engine takes for a request
    double queue_ = 0;              ///< written bursts that the controller holds
    double perRequest_ = 0;         ///< core cycles between two requests, at least
    std::optional<DramPace> pace_;  ///< empty for an ideal memory
    // Bytes a cycle between the DMA engine and the scratchpad; infinite if unlimited.
    double activationRate_;
    double weightRate_;
};

/// The cycles of the vector unit for requantizing sums of the accumulator buffer.
class VectorCosts {
public:
    /// `interval`: cycles from one group of sums to the next.
    VectorCosts(const VectorUnitConfig& config, std::uint32_t interval)
        : config_(config), interval_(interval) {}

    /// Cycles for `columns` sums in each of `rows` rows of the accumulator buffer.
    Cycle cycles(std::uint64_t rows, std::uint64_t columns) const {
        return config_.pipelineDepth +
               (config_.lanes ? rows * ceilDivide(columns, *config_.lanes) * interval_ : 0);
    }

    const Limit& lanes() const { return config_.lanes; }

private:
    VectorUnitConfig config_;
    std::uint32_t interval_;
};

}  // namespace systole::arch
