// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "arch/config.hpp"

/// docs/array.md once more, in array time, for what has been built in hardware: folds that are
/// taken one after the other, each at once or late.
namespace systole::cosim {

/// When a fold does what, in array time.
struct FoldCycles {
    std::int64_t loads = 0;   ///< L
    std::int64_t begins = 0;  ///< X
};

/// The closed forms of one array.
class ClosedForms {
public:
    explicit ClosedForms(const arch::ArrayConfig& config)
        : config_(config),
          rows_(config.rows),
          columns_(config.columns),
          depth_(config.pipelineDepth),
          cycles_(config.cyclesPerStep),
          output_(config.dataflow == arch::Dataflow::OutputStationary),
          shadow_(config.drain == arch::Drain::Shadow) {}

    /// The first cycle in which the fold after this one can be taken.
    std::int64_t takes(const FoldCycles& fold, std::int64_t steps) const {
        const std::int64_t end = fold.begins + cycles_ * steps;
        if (!output_) {
            return config_.overlapFolds
                       ? fold.begins - 1
                       : fold.loads + 2 * rows_ + cycles_ * steps + columns_ + depth_ - 3 - 1;
        }
        if (config_.overlapFolds) return shadow_ ? end - 1 : end + rows_ - 1;
        return end + (shadow_ ? rows_ : 2 * rows_) + columns_ + depth_ - 3 - 1;
    }

    /// Of a fold taken in cycle `taken` on an idle array.
    FoldCycles first(std::int64_t taken) const {
        return {taken + 1, output_ ? taken + 1 : taken + 1 + rows_};
    }

    /// Of one taken then, after `fold`.
    FoldCycles after(const FoldCycles& fold, std::int64_t steps, std::int64_t taken,
                     std::int64_t nextSteps) const {
        const std::int64_t end = fold.begins + cycles_ * steps;
        FoldCycles next = first(taken);
        if (config_.overlapFolds && !output_) next.begins = std::max(next.begins, end);
        if (config_.overlapFolds && output_ && shadow_) {
            next.begins = std::max(next.begins, end + rows_ - cycles_ * nextSteps);
        }
        return next;
    }

    /// Of the sum of a step (stationary) or of a row.
    std::int64_t appearance(const FoldCycles& fold, std::int64_t steps, std::int64_t index,
                            std::int64_t column) const {
        if (!output_) return fold.begins + cycles_ * index + rows_ + column + cycles_ + depth_ - 2;
        const std::int64_t end = fold.begins + cycles_ * steps + rows_ + depth_ - 2;
        return end + column + (rows_ - 1 - index);
    }

    std::int64_t step(const FoldCycles& fold, std::int64_t index) const {
        return fold.begins + cycles_ * index;
    }

private:
    arch::ArrayConfig config_;
    std::int64_t rows_;
    std::int64_t columns_;
    std::int64_t depth_;
    std::int64_t cycles_;
    bool output_;
    bool shadow_;
};

}  // namespace systole::cosim
