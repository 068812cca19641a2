// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "arch/activity/operand_activity.hpp"
#include "arch/fold/fold_schedule.hpp"
#include "models/numeric/gemm/gemm.hpp"
#include "tests/cosim/cycle_array.hpp"

namespace systole::cosim {

/// The fast model that `systole run` uses, cycle by cycle: arch::FoldSchedule gives all times,
/// numeric::Gemm the sums of a fold, all at once, and arch::OperandActivity what its registers do.
/// As in the simulator, a fold's operands are known when it begins; those that then come on the
/// wires must be the same.
class FastArray final : public CycleArray {
public:
    FastArray(const arch::ArrayConfig& config, const arch::DatapathConfig& datapath);

    void expect(std::span<const arch::structural::GemmFold> folds) override;
    ArrayOutputs outputs() override;
    void clock(const ArrayInputs& inputs) override;

    /// All but overflows and saturations.
    const arch::Activity& activity() const { return activity_.counts(); }

private:
    using GemmFold = arch::structural::GemmFold;

    /// What happens in a cycle of array time: operands that are wanted, and wires with the sums
    /// that appear on them.
    struct Events {
        std::vector<std::uint16_t> stationary;
        std::vector<std::uint8_t> used;
        std::vector<std::uint16_t> rows;
        std::vector<std::uint16_t> columns;
        std::vector<std::pair<std::size_t, std::vector<std::int64_t>>> sums;
    };

    void take(const GemmFold& fold);
    void planOperands(const GemmFold& fold, const arch::FoldTimes& times);
    void planSums(const GemmFold& fold, const arch::FoldTimes& times);
    void countActivity(const GemmFold& fold);
    std::vector<std::int64_t> sumsOf(const GemmFold& fold) const;
    void checkOperands(const Events& events, const ArrayInputs& inputs) const;
    bool outputStationary() const { return config_.dataflow == arch::Dataflow::OutputStationary; }

    arch::ArrayConfig config_;
    numeric::Gemm gemm_;
    arch::FoldSchedule schedule_;
    arch::OperandActivity activity_;
    std::deque<GemmFold> expected_;
    std::map<Cycle, Events> events_;  ///< that are still to come
    Cycle time_ = 0;                  ///< cycles in which the array has advanced
};

}  // namespace systole::cosim
