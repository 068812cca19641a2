// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "arch/mapping/mapping_costs.hpp"

namespace systole::arch {

/// The steps of a layer in the order of its program, on four units that take turns at the two
/// halves of every buffer. Each unit works at its own speed, without ports, queues or refreshes.
/// Of very many steps only the first ones are followed; the others take as long on the average.
class MappingTimeline {
public:
    MappingTimeline(const MappingCosts& costs, const MappingCandidate& candidate);

    void run();

    double end() const { return end_; }
    double tail() const { return end_ - loadFree_; }
    double bursts() const { return bursts_; }

private:
    /// One tile, one column chunk, one channel chunk.
    struct Step {
        std::uint32_t row = 0;
        std::uint32_t column = 0;
        std::uint32_t chunk = 0;
        std::uint32_t part = 0;  ///< of the reduction
        std::uint32_t channels = 0;
        bool isFirst = true;
        bool isLast = true;
        double ready = 0;       ///< its operands are there
        double skipReady = 0;   ///< its skip operand is there
        std::size_t input = 0;  ///< which of the two buffers
        std::size_t weight = 0;
        std::size_t output = 0;
    };
    using Halves = std::array<double, 2>;

    std::uint64_t stepCount() const;
    Step stepAt(std::uint64_t index) const;
    bool keepsTile(const Step& before, const Step& step) const;
    bool keepsWeights(const Step& before, const Step& step) const;
    std::uint64_t reductionOf(const Step& step) const;
    double transfer(const Runs& runs);

    void load(Step& step, const Step* before);
    void compute(const Step& step);
    void store(const Step& step);
    double vectorCycles(const Step& step, const ColumnBlockWork& block, std::uint64_t count) const;

    const MappingCosts& costs_;
    const MappingCandidate& candidate_;
    std::uint32_t parts_;
    std::array<double, 2> writeStalls_;  ///< of the column chunks, and of the last one
    std::uint64_t passes_ = 0;
    double bursts_ = 0;
    double end_ = 0;
    double loadFree_ = 0;
    double storeFree_ = 0;
    double arrayFree_ = 0;
    double vectorFree_ = 0;
    // When the last user of a half is done with it.
    Halves inputFree_{};
    Halves weightFree_{};
    Halves outputFree_{};
    Halves skipFree_{};
    Halves sumsFree_{};
    std::size_t inputTurn_ = 1;
    std::size_t weightTurn_ = 1;
    std::size_t outputTurn_ = 1;
    std::size_t sumsTurn_ = 0;
};

/// Follows the steps of a layer: loads run ahead of the array, the vector unit and stores follow
/// it.
MappingEstimate estimateOf(const MappingCosts& costs, const MappingCandidate& candidate);

}  // namespace systole::arch
