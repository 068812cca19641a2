// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/mapping/mapping_traffic.hpp"
#include "arch/mapping/unit_costs.hpp"
#include "arch/memory/scratchpad_ports.hpp"

/// What a mapping costs, as the search for one sees it; docs/mapping.md has the formulas and their
/// measured error.
namespace systole::arch {

struct MappingEstimate {
    Cycle cycles = 0;        ///< of the layer, alone on the machine but for `prefetch`
    Cycle arrayCycles = 0;   ///< that the array is busy
    Cycle vectorCycles = 0;  ///< that the vector unit is busy
    Cycle dramCycles = 0;    ///< that DRAM is busy
    /// From the end of the last load to the end of the layer: time in which the next layer's
    /// weights come.
    Cycle tail = 0;
    DramTraffic traffic;
};

/// A tiling with what it cuts the layer into; the tiling's buffers are sized.
struct MappingCandidate {
    const AxisTiles* rows = nullptr;
    const AxisTiles* columns = nullptr;
    const ColumnPlan* plan = nullptr;
    ConvolutionTiling tiling;
    double laneStall = 0;  ///< MappingCosts::laneStall
};

class MappingCosts {
public:
    /// `prefetch`: cycles before the layer begins in which its first weights may be loaded.
    MappingCosts(const MachineConfig& machine, const Datapath& datapath,
                 const ConvolutionShape& shape, numeric::ScaleArithmetic arithmetic,
                 Cycle prefetch);

    DramTraffic traffic(const MappingCandidate& candidate) const {
        return dramTraffic(shape_, sizes_, *candidate.rows, *candidate.columns, *candidate.plan,
                           candidate.tiling);
    }

    /// Never more than the estimate's cycles, and quick: what the slowest unit needs, and what
    /// cannot be hidden before and behind it.
    double leastCycles(const MappingCandidate& candidate, const DramTraffic& traffic) const;

    /// Cycles of the array and of the vector unit, all steps together.
    struct Totals {
        double array = 0;
        double vector = 0;
    };
    Totals totals(const MappingCandidate& candidate) const;

    /// Cycles that the array waits when every lane that holds an output position (output
    /// stationary: a row, input stationary: a column) reads another word of the activations: they
    /// meet in the banks. `channels`: of a pixel of the tile. 0 if weight stationary.
    double laneStall(const AxisTiles& columns, std::uint32_t channels) const;

    /// Array cycles of one pass over a block, from its first fold's begin to where another fold may
    /// begin.
    double passCycles(const ColumnBlockWork& block, std::uint64_t outputs, std::uint64_t reduction,
                      double laneStall) const;
    /// Behind passCycles, until the last sum is there.
    double passTail(const ColumnBlockWork& block, std::uint64_t outputs,
                    std::uint64_t reduction) const;
    Cycle vectorCycles(const ColumnBlockWork& block, std::uint64_t outputs) const;
    /// Input stationary: cycles that the codes of one channel, `pitch` channels apart in the output
    /// tile, wait for each other's banks.
    double writeStall(std::uint32_t pitch) const;
    struct Box {
        std::uint64_t height;
        std::uint64_t width;
        std::uint64_t channels;
    };
    struct Pixels {
        std::uint64_t width;
        std::uint64_t channels;
    };
    Runs runs(const Box& box, const Pixels& tensor) const;
    Runs inputRuns(const MappingCandidate& candidate, std::uint32_t row, std::uint32_t column,
                   std::uint32_t channels) const;
    Runs outputRuns(std::uint32_t height, std::uint32_t width, std::uint32_t channels) const;
    std::uint64_t weightBytes(const ColumnChunkWork& chunk, std::uint64_t reduction) const;

    /// Output positions that lie on the array together: 0, all.
    std::uint32_t outputsOfPass() const;
    /// Of a group, for `channels` input channels of the load (dense layers).
    std::uint64_t reduction(std::uint32_t channels) const;
    const TransferCosts& transfers() const { return transfers_; }
    const ConvolutionShape& shape() const { return shape_; }
    Cycle prefetch() const { return prefetch_; }

private:
    double arrayTotal(const MappingCandidate& candidate, std::uint64_t outputs,
                      std::uint64_t reduction) const;
    double foldStall(std::uint64_t channels, std::uint64_t reduction, double laneStall) const;
    double vectorTotal(const ColumnPlan& plan, std::uint64_t outputs) const;
    Totals tileTotals(const MappingCandidate& candidate, std::uint64_t outputs) const;
    double edges(const MappingCandidate& candidate) const;

    const ArrayConfig& array_;
    const ConvolutionShape& shape_;
    WordLayout activationWords_;
    WordLayout weightWords_;
    Limit activationBanks_;
    Limit weightBanks_;
    ElementSizes sizes_;
    FoldCosts folds_;
    TransferCosts transfers_;
    VectorCosts vectors_;
    Cycle prefetch_;
};

}  // namespace systole::arch
