// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/command_unit.hpp"

namespace systole::arch {

/// Cycles of one isolated fold of a weight-stationary array: R cycles shift the weights in, then
/// `outputs` activation rows stream in skewed; output (m, n) leaves column n at cycle m + n + R
/// after streaming starts. The array's full R and C count even where a fold uses fewer.
/// (SCALE-Sim's closed form; equal to its measured cycles.)
Cycle foldCycles(const ArrayConfig& array, Cycle outputs);

/// The weight-stationary array with its address generators. A fold's values are computed as a whole
/// when it completes; its time is the closed form plus the cycles lost to scratchpad conflicts.
class SystolicArray final : public CommandUnit {
public:
    SystolicArray(const sc_core::sc_module_name& name, const MachineConfig& config, Replay& replay);

private:
    void perform(const Command& command) override;

    MachineConfig config_;
};

}  // namespace systole::arch
