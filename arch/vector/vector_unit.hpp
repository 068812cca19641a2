// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/control/command_unit.hpp"

namespace systole::arch {

/// Bias, requantize, activation, residual addition, pooling, softmax: `lanes` elements a cycle; see
/// vectorSteps.
class VectorUnit final : public CommandUnit {
public:
    VectorUnit(const sc_core::sc_module_name& name, const MachineConfig& config, Replay& replay);

private:
    void execute(const Command& command) override;

    VectorUnitConfig config_;
};

}  // namespace systole::arch
