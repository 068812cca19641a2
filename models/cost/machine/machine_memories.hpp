// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/machine/machine_description.hpp"
#include "models/cost/technology/technology.hpp"

namespace systole::cost {

/// The memories of a machine; all zero where they are free.
struct MachineMemories {
    SramMacro activationScratchpad;  ///< all banks
    SramMacro weightScratchpad;
    SramMacro accumulatorColumn;  ///< of one column
};

MachineMemories memoriesOf(const Technology& technology, const MachineDescription& machine);

}  // namespace systole::cost
