// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "arch/activity/operand_activity.hpp"
#include "arch/config.hpp"
#include "arch/program/command.hpp"
#include "models/cost/element/operand_trace.hpp"
#include "models/numeric/gemm/gemm.hpp"

namespace systole::arch {

/// What was kept of a layer's folds.
struct OperandSample {
    std::uint64_t folds = 0;         ///< of the layer
    std::uint64_t sampledFolds = 0;  ///< of which processing elements were sampled
    /// One a processing element, by row and column; those without a step are left out.
    std::vector<cost::OperandTrace> traces;
};

/// The folds of a program that are sampled, and the processing elements in each layer.
class SamplingPlan {
public:
    struct Element {
        std::uint32_t row;
        std::uint32_t column;
    };
    struct Layer {
        std::uint64_t folds = 0;
        std::uint64_t sampledFolds = 0;
        std::vector<Element> elements;  ///< by row and column
        DatapathId datapath = 0;        ///< of its folds
    };

    /// `arrays`: by datapath.
    SamplingPlan(const Program& program, std::span<const ArrayConfig> arrays,
                 const OperandSampling& sampling);

    const std::vector<Layer>& layers() const { return layers_; }
    /// Layer of the program's n-th fold, if the fold is sampled.
    std::optional<std::uint32_t> layerOf(std::size_t fold) const;

private:
    void chooseFolds(const std::vector<std::uint32_t>& folds, std::uint32_t layer,
                     const OperandSampling& sampling);
    void chooseElements(const std::vector<bool>& used, std::uint32_t layer,
                        const ArrayConfig& array, const OperandSampling& sampling);

    std::vector<Layer> layers_;
    std::vector<std::uint32_t> sampled_;  ///< layer of each fold, or kNone
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
};

/// Traces of processing elements, from the operands of whole folds. The partial sums are computed
/// anew, in the order of the array: those of the rows above (stationary), or of the steps before.
class OperandSampler {
public:
    OperandSampler(const MachineConfig& machine, const OperandSampling& sampling);

    /// Forgets all traces; the next fold is the program's first.
    void begin(const Program& program);

    /// A fold of the program, in its order: `add` its blocks between this and the next call.
    void nextFold() { ++fold_; }
    /// `origin` names the random bits of the block's products, as Gemm::Operands does.
    void add(const OperandActivity::Block& seen, const numeric::GemmOrigin& origin,
             DatapathId datapath);

    /// A sample for each layer. Nothing is left.
    std::vector<OperandSample> take();

private:
    using Sums = std::vector<std::int64_t>;

    /// One element's place in a block, and the steps that are kept.
    struct Place {
        std::size_t row;  ///< within the block
        std::size_t column;
        std::size_t begin;
        std::size_t steps;
    };

    /// A product of a block: activation (m, k) times weight (k, n).
    struct ProductPlace {
        std::size_t m = 0;
        std::size_t k = 0;
        std::size_t n = 0;
    };

    std::size_t stepsOfBlock(const numeric::GemmShape& shape) const;
    OperandActivity::Block randomized(const OperandActivity::Block& block, std::uint32_t layer);
    void append(const OperandActivity::Block& block, const numeric::GemmOrigin& origin,
                const Place& place, cost::OperandTrace& trace) const;
    ProductPlace productOf(const Place& place, std::size_t step) const;
    Sums sumsAbove(const OperandActivity::Block& block, const numeric::GemmOrigin& origin,
                   const Place& place) const;
    Sums sumsBefore(const OperandActivity::Block& block, const numeric::GemmOrigin& origin,
                    const Place& place) const;
    std::size_t chunkBegin(std::size_t k) const { return k / path_->chunk * path_->chunk; }

    /// A datapath.
    struct Path {
        explicit Path(const DatapathConfig& datapath);

        numeric::Gemm gemm;                          ///< of the register that products are added to
        std::size_t chunk;                           ///< products after which it is cleared
        std::vector<numeric::Code> activationCodes;  ///< that random operands are drawn from
        std::vector<numeric::Code> weightCodes;
    };

    Dataflow dataflow_;
    OperandSampling sampling_;
    std::vector<ArrayConfig> arrays_;  ///< by datapath
    std::vector<Path> paths_;          ///< likewise
    const Path* path_ = nullptr;       ///< of the block at hand
    std::optional<SamplingPlan> plan_;
    std::size_t fold_ = 0;                                 ///< 1 from the first one on
    std::vector<std::vector<cost::OperandTrace>> traces_;  ///< [layer][element]
    std::vector<std::uint16_t> activations_;               ///< of one block
    std::vector<std::uint16_t> weights_;
};

}  // namespace systole::arch
