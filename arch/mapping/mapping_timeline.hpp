// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

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
    /// Steps of the layer: tiles x column chunks x channel chunks.
    std::uint64_t stepCount() const;

    /// Cycles until the last store is over.
    double end() const { return end_; }
    /// Cycles from the end of the last load until `end`.
    double tail() const { return end_ - loadFree_; }
    /// Bursts that DRAM reads and writes, and the rows that it opens at least for them.
    const DramActions& dram() const { return dram_; }
    /// Cycles in which DRAM is busy.
    double busCycles() const { return bus_; }

private:
    /// The work on one tile, one column chunk and one channel chunk.
    struct Step {
        std::uint32_t row = 0;
        std::uint32_t column = 0;
        std::uint32_t chunk = 0;
        std::uint32_t part = 0;      ///< which channel chunk
        std::uint32_t channels = 0;  ///< input channels of the load
        bool isFirst = true;         ///< whether it begins the sums of its outputs
        bool isLast = true;          ///< whether it completes them
        double ready = 0;            ///< the cycle at which its operands are there
        double skipReady = 0;        ///< the cycle at which its skip operand is there
        std::size_t input = 0;       ///< which of the two buffers, 0 or 1; so are the next two
        std::size_t weight = 0;
        std::size_t output = 0;
    };
    using Halves = std::array<double, 2>;

    /// Step `index` in the order of the program, without its times and buffers.
    Step stepAt(std::uint64_t index) const;
    /// Whether the step uses the tile, or the weights, that the step before it has loaded.
    bool keepsTile(const Step& before, const Step& step) const;
    bool keepsWeights(const Step& before, const Step& step) const;
    std::uint64_t reductionOf(const Step& step) const;
    /// The end of a transfer that may begin at `start`.
    double transfer(const Transfer& transfer, double start);
    double load(const Transfer& transfer, double start);

    void load(Step& step, const Step* before);
    void compute(const Step& step);
    void store(const Step& step);
    double vectorCycles(const Step& step, const ColumnBlockWork& block, std::uint64_t count) const;

    const MappingCosts& costs_;
    const MappingCandidate& candidate_;
    std::uint32_t parts_;                ///< channel chunks
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
    // The half that was used last; for the sums the half that is used next.
    std::size_t inputTurn_ = 1;
    std::size_t weightTurn_ = 1;
    std::size_t outputTurn_ = 1;
    std::size_t sumsTurn_ = 0;
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
