// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/structural/clocked_array.hpp"
#include "tests/cosim/cycle_array.hpp"

namespace systole::cosim {

/// The structural array among the models that are compared. To be built before anything of the
/// process runs: SystemC elaborates once.
class StructuralArrayAdapter final : public CycleArray {
public:
    StructuralArrayAdapter(const char* name, const arch::ArrayConfig& config,
                           const arch::DatapathConfig& datapath);

    ArrayOutputs outputs() override;
    void clock(const ArrayInputs& inputs) override;

    const arch::structural::StructuralArray& array() const { return array_.array(); }
    const arch::structural::Activity& activity() const { return array_.array().activity(); }

private:
    arch::structural::ClockedArray array_;
};

}  // namespace systole::cosim
