// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/mapping/bank_stalls.hpp"
#include "arch/mapping/mapping_energy.hpp"
#include "arch/mapping/mapping_traffic.hpp"
#include "arch/mapping/unit_costs.hpp"
#include "arch/memory/scratchpad_ports.hpp"

/// What a mapping costs, as the search sees it; docs/mapping.md has the formulas and their measured
/// error. The search first asks for leastCycles, which is quick, and then for the estimate of the
/// candidates that may still win. An estimate follows the layer's steps with a MappingTimeline,
/// which takes the cycles of every step from here; those come from unit_costs.hpp.
///
/// The example of tiling.hpp on the machine of unit_costs.hpp, with weightsOuter: a pass over one
/// block and a tile of 112 outputs takes 18 folds (9 x 32 reduction indices in 16 rows) of 158
/// cycles, 2844 cycles. The whole layer keeps the array busy for 20736 cycles. The load of the
/// first tile takes 272 cycles, the last pass of the vector unit 88 and the last store 356, so the
/// layer takes at least 20736 + 272 + 88 + 356 = 21452 cycles. The estimate is 22064 cycles,
/// because the array also waits for its first weights, which take 612 cycles.
namespace systole::arch {

/// The estimated time of a layer, in core cycles, and its exact traffic.
struct MappingEstimate {
    Cycle cycles = 0;        ///< until the last store is over, with the machine to itself
    Cycle arrayCycles = 0;   ///< in which the array is busy
    Cycle vectorCycles = 0;  ///< in which the vector unit is busy
    Cycle dramCycles = 0;    ///< in which DRAM is busy
    /// From the end of the last load to the end of the layer. The next layer's first weights can be
    /// loaded in this time: it is that layer's `prefetch`.
    Cycle tail = 0;
    DramTraffic traffic;          ///< bytes that the commands ask for
    std::uint64_t dramBytes = 0;  ///< whole bursts, at the mean alignment of the transfers
    MappingEnergy energy;         ///< 0 where the energies of the actions are not known
};

/// A tiling together with the pieces that it cuts the layer into. The pointers lead into the
/// MappingSpace that made the candidate.
struct MappingCandidate {
    const AxisTiles* rows = nullptr;
    const AxisTiles* columns = nullptr;
    const ColumnPlan* plan = nullptr;
    ConvolutionTiling tiling;
    OperandReads reads;  ///< MappingCosts::operandReads of this candidate
};

/// What the costs of a layer depend on besides the machine and the layer's shape.
struct CostOptions {
    /// Cycles before the layer begins in which its first weights can be loaded.
    Cycle prefetch = 0;
    double dramSlowdown = 1;                   ///< TransferCosts
    const ActionEnergies* energies = nullptr;  ///< null: energy does not matter
};

/// The costs of one layer on one machine. It keeps references to the machine's array and the shape.
class MappingCosts {
public:
    MappingCosts(const MachineConfig& machine, const Datapath& datapath,
                 const ConvolutionShape& shape, numeric::ScaleArithmetic arithmetic,
                 const CostOptions& options);

    DramTraffic traffic(const MappingCandidate& candidate) const {
        return dramTraffic(shape_, sizes_, *candidate.rows, *candidate.columns, *candidate.plan,
                           candidate.tiling);
    }

    /// A quick lower bound of the estimate's cycles: the time of the slowest unit, and for the
    /// array also the time before its first fold and after its last one.
    double leastCycles(const MappingCandidate& candidate, const DramTraffic& traffic) const;
    /// The same for whole bursts: no transfer moves less than a burst.
    double leastBursts(const MappingCandidate& candidate, const DramTraffic& traffic) const;

    /// Energy of the layer if it takes so many cycles and DRAM does so much; 0 without energies.
    MappingEnergy energy(const MappingCandidate& candidate, const DramTraffic& traffic,
                         double cycles, const DramActions& dram) const;
    /// A lower bound of it.
    MappingEnergy leastEnergy(const MappingCandidate& candidate, const DramTraffic& traffic,
                              double cycles) const;

    /// Cycles of the array and of the vector unit, all steps together.
    struct Totals {
        double array = 0;
        double stalled = 0;  ///< those of the array in which it waits for operands
        double vector = 0;
    };
    Totals totals(const MappingCandidate& candidate) const;

    /// BankStalls::ofLanes, on average over the column chunks, which may load other channels each.
    OperandReads operandReads(const MappingCandidate& candidate) const;
    /// Array cycles of one pass over a block, from the start of its first fold until the fold after
    /// the pass may start. `reduction` is that of one group.
    double passCycles(const ColumnBlockWork& block, std::uint64_t outputs, std::uint64_t reduction,
                      double laneStall) const;
    /// Cycles from the end of passCycles until the last sum of the pass is there.
    double passTail(const ColumnBlockWork& block, std::uint64_t outputs,
                    std::uint64_t reduction) const;
    Cycle vectorCycles(const ColumnBlockWork& block, std::uint64_t outputs) const;
    /// BankStalls::ofWrites
    double writeStall(std::uint32_t pitch) const { return stalls_.ofWrites(pitch); }
    /// Sizes of a part of a tensor, in elements.
    struct Box {
        std::uint64_t height;
        std::uint64_t width;
        std::uint64_t channels;
    };
    /// Width and channels of the whole tensor, in elements.
    struct Pixels {
        std::uint64_t width;
        std::uint64_t channels;
    };
    static Runs runs(const Box& box, const Pixels& tensor, std::uint64_t elementBits);
    Runs inputRuns(const MappingCandidate& candidate, std::uint32_t row, std::uint32_t column,
                   std::uint32_t channels) const;
    Runs outputRuns(std::uint32_t height, std::uint32_t width, std::uint32_t channels) const;
    std::uint64_t weightBytes(const ColumnChunkWork& chunk, std::uint64_t reduction) const;

    /// The most output positions that one pass takes: 0 means all of a tile. Input stationary, they
    /// lie along the array's columns, so a pass takes no more than those.
    std::uint32_t outputsOfPass() const;
    /// Reduction indices of one group. `channels` counts the input channels of the load; it matters
    /// in dense layers only.
    std::uint64_t reduction(std::uint32_t channels) const;
    const TransferCosts& transfers() const { return transfers_; }
    const ConvolutionShape& shape() const { return shape_; }
    Cycle prefetch() const { return options_.prefetch; }

private:
    Totals arrayTotal(const MappingCandidate& candidate, std::uint64_t outputs,
                      std::uint64_t reduction) const;
    double weightReads(const ColumnPlan& plan) const;
    std::uint64_t reductionFolds(const MappingCandidate& candidate) const;
    double foldsOf(const MappingCandidate& candidate) const;
    double vectorTotal(const ColumnPlan& plan, std::uint64_t outputs) const;
    Totals tileTotals(const MappingCandidate& candidate, std::uint64_t outputs) const;
    double edges(const MappingCandidate& candidate) const;

    const ArrayConfig& array_;
    const ConvolutionShape& shape_;
    BankStalls stalls_;
    ElementSizes sizes_;
    FoldCosts folds_;
    TransferCosts transfers_;
    VectorCosts vectors_;
    CostOptions options_;
};

}  // namespace systole::arch
