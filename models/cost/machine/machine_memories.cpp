// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/machine_memories.hpp"

namespace systole::cost {
namespace {

SramMacro scratchpad(const Technology& technology, const ScratchpadDescription& description,
                     double kelvin) {
    if (description.isFree()) return {};
    const auto banks = static_cast<double>(*description.banks);
    return technology.sram.at(
        {.capacityBytes = static_cast<double>(*description.capacityBytes) / banks,
         .wordBits = static_cast<double>(description.wordBits),
         .readWritePorts = description.ports,
         .banks = *description.banks},
        kelvin);
}

}  // namespace

MachineMemories memoriesOf(const Technology& technology, const MachineDescription& machine) {
    const double kelvin = machine.energy.temperatureKelvin;
    MachineMemories memories{
        .activationScratchpad = scratchpad(technology, machine.activationScratchpad, kelvin),
        .weightScratchpad = scratchpad(technology, machine.weightScratchpad, kelvin),
        .accumulatorColumn = {}};
    if (machine.accumulatorRows) {
        const double bits = machine.accumulatorBits;
        memories.accumulatorColumn = technology.sram.at(
            {.capacityBytes = static_cast<double>(*machine.accumulatorRows) * bits / 8,
             .wordBits = bits},
            kelvin);
    }
    return memories;
}

}  // namespace systole::cost
