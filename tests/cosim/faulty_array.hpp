// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <utility>

#include "tests/cosim/cycle_array.hpp"

namespace systole::cosim {

/// A model with a fault in what it shows.
class FaultyArray final : public CycleArray {
public:
    /// `fault` changes what is shown in a clock cycle, counted from 0.
    using Fault = std::function<void(ArrayOutputs&, std::uint64_t cycle)>;
    FaultyArray(CycleArray& model, Fault fault) : model_(model), fault_(std::move(fault)) {}

    void expect(std::span<const arch::structural::GemmFold> folds) override {
        model_.expect(folds);
    }
    ArrayOutputs outputs() override {
        ArrayOutputs shown = model_.outputs();
        fault_(shown, cycle_);
        return shown;
    }
    void clock(const ArrayInputs& inputs) override {
        ++cycle_;
        model_.clock(inputs);
    }

private:
    CycleArray& model_;
    Fault fault_;
    std::uint64_t cycle_ = 0;
};

}  // namespace systole::cosim
