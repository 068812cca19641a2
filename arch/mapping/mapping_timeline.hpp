// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "arch/mapping/layer_plan.hpp"
#include "arch/mapping/mapping_costs.hpp"

namespace systole::arch {

/// The timeline of MappingCosts::estimate (docs/mapping.md). It follows the steps of a layer in
/// the order of its program. Four units work on them: the loads, the array, the vector unit and the
/// stores. Every buffer has two halves, and a unit starts when the half that it needs is free and
/// its operands are there. Loads and stores share DRAM, which serves them in the order of the
/// steps. Ports and queues are left out. Of very many steps only the first ones are followed, and
/// the others are taken to be as long on average.
///
/// The example of mapping_costs.hpp, with two column chunks outside and two tiles inside, has four
/// steps. The first weights (612 cycles) and the first tile (272) are there after 884 cycles. The
/// array then works without a gap, because the later loads are shorter than its work: 2 x 2844 +
/// 2 x 2340 cycles for each chunk, 20736 in all, until cycle 21620. The last pass of the vector
/// unit (88) and the last store (356) end at cycle 22064.
class MappingTimeline {
public:
    MappingTimeline(const MappingCosts& costs, const MappingCandidate& candidate);

    /// Follows the steps. The results below hold afterwards.
    void run() { run(stepCount()); }
    /// Follows the first `steps` steps alone.
    void run(std::uint64_t steps);
    std::uint64_t stepCount() const { return plan_.count(); }

    /// Cycles until the last store is over.
    double end() const { return end_; }
    /// Cycles from the end of the last load until `end`.
    double tail() const { return end_ - loadFree_; }
    /// Bursts that DRAM reads and writes, and the rows that it opens at least for them.
    const DramActions& dram() const { return dram_; }
    /// Cycles in which DRAM is busy.
    double busCycles() const { return bus_; }

private:
    /// A step on its way.
    struct Step {
        LayerStep work;
        double ready = 0;      ///< the cycle at which its operands are there
        double skipReady = 0;  ///< the cycle at which its skip operand is there
    };
    using Halves = std::array<double, 2>;

    std::uint64_t reductionOf(const LayerStep& step) const;
    /// The end of a transfer that may begin at `start`.
    double transfer(const Transfer& transfer, double start);
    double load(const Transfer& transfer, double start);

    /// With what it loads; `isFirst` of the layer.
    Step load(const LayerStep& step, bool isFirst);
    void compute(const Step& step);
    void store(const LayerStep& step);
    double vectorCycles(const LayerStep& step, const ColumnBlockWork& block,
                        std::uint64_t count) const;

    const MappingCosts& costs_;
    const MappingCandidate& candidate_;
    LayerPlan plan_;
    std::array<double, 2> writeStalls_;  ///< of the column chunks but the last, and of the last
    std::uint64_t passes_ = 0;           ///< followed so far
    DramActions dram_;
    double bus_ = 0;
    double busFree_ = 0;  ///< the cycle from which DRAM is free
    double end_ = 0;
    // The cycle from which each unit is free.
    double loadFree_ = 0;
    double storeFree_ = 0;
    double arrayFree_ = 0;
    double vectorFree_ = 0;
    // The cycle from which each half is free, because its last user is done with it.
    Halves inputFree_{};
    Halves weightFree_{};
    Halves outputFree_{};
    Halves skipFree_{};
    Halves sumsFree_{};
    std::size_t sumsTurn_ = 0;  ///< the half that is used next
};

/// Follows the steps of a layer: loads run ahead of the array, the vector unit and stores follow
/// it.
MappingEstimate estimateOf(const MappingCosts& costs, const MappingCandidate& candidate);

/// The first steps of a layer by themselves, so many that they take about `cycles`, to be compared
/// with a replay of them. Nothing of them is loaded before the layer begins.
struct HeadEstimate {
    std::uint64_t steps = 0;
    bool isWhole = false;  ///< whether these are all steps of the layer
    double cycles = 0;
    DramActions dram;
};
HeadEstimate estimateHead(const MappingCosts& costs, const MappingCandidate& candidate,
                          double cycles);

}  // namespace systole::arch
