// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/control/command_unit.hpp"
#include "arch/memory/form_cache.hpp"
#include "arch/memory/timing_form.hpp"
#include "arch/vector/vector_steps.hpp"

namespace systole::arch {

/// The unit that runs vector programs. It takes `lanes` elements a cycle; vectorSteps says what it
/// reads and writes in each.
class VectorUnit final : public CommandUnit {
public:
    VectorUnit(const sc_core::sc_module_name& name, const MachineConfig& config, Replay& replay);

    void reset() override;

private:
    void execute(const Command& command) override;

    VectorUnitConfig config_;
    std::optional<TimingForms> forms_;
    FormCache<Operation, VectorSteps> steps_;
};

}  // namespace systole::arch
