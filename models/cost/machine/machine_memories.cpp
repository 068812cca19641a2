// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/machine_memories.hpp"

#include <algorithm>
#include <cmath>

namespace systole::cost {
namespace {

SramShape partOf(SramShape shape, std::uint64_t parts) {
    shape.capacityBytes /= static_cast<double>(parts);
    shape.banks *= parts;
    return shape;
}

/// Smaller parts would be no macros of the technology's tables any more.
bool canBeHalved(const SramModel& sram, const SramShape& part) {
    const SramAxes& axes = sram.coefficients().axes;
    if (axes.capacityBytes.empty()) return false;
    const double macros = std::max(1.0, part.wordBits / axes.wordBits.back());
    return part.capacityBytes / 2 >=
           std::max(macros * axes.capacityBytes.front(), axes.fewestWords * part.wordBits / 8);
}

MachineMemory built(const SramModel& sram, const SramShape& shape, double clockHertz,
                    double kelvin) {
    MachineMemory memory{.macro = sram.at(shape, kelvin)};
    memory.fastestSeconds = memory.macro.cycleSeconds.nominal;
    for (std::uint64_t parts = 2; canBeHalved(sram, partOf(shape, parts / 2)); parts *= 2) {
        const SramMacro macro = sram.at(partOf(shape, parts), kelvin);
        if (memory.macro.cycleSeconds.nominal * clockHertz > 1 &&
            macro.cycleSeconds.nominal < memory.macro.cycleSeconds.nominal) {
            memory.macro = macro;
            memory.parts = parts;
        }
        memory.fastestSeconds = std::min(memory.fastestSeconds, macro.cycleSeconds.nominal);
    }
    return memory;
}

MachineMemory scratchpad(const Technology& technology, const MachineDescription& machine,
                         const ScratchpadDescription& description) {
    if (description.isFree()) return {};
    const auto banks = static_cast<double>(*description.banks);
    return built(technology.sram,
                 {.capacityBytes = static_cast<double>(*description.capacityBytes) / banks,
                  .wordBits = static_cast<double>(description.wordBits),
                  .readWritePorts = description.ports,
                  .banks = *description.banks},
                 machine.clockHertz, machine.energy.temperatureKelvin);
}

}  // namespace

MachineMemories memoriesOf(const Technology& technology, const MachineDescription& machine) {
    MachineMemories memories{
        .activationScratchpad = scratchpad(technology, machine, machine.activationScratchpad),
        .weightScratchpad = scratchpad(technology, machine, machine.weightScratchpad),
        .accumulatorColumn = {}};
    if (machine.accumulatorRows) {
        const double bits = machine.accumulatorBits;
        memories.accumulatorColumn =
            built(technology.sram,
                  {.capacityBytes = static_cast<double>(*machine.accumulatorRows) * bits / 8,
                   .wordBits = bits},
                  machine.clockHertz, machine.energy.temperatureKelvin);
    }
    return memories;
}

std::uint64_t MemoryDelay::accessCycles(double clockHertz) const {
    return static_cast<std::uint64_t>(std::ceil(accessNanoseconds * 1e-9 * clockHertz));
}

std::array<MemoryDelay, 3> memoryDelays(const Technology& technology,
                                        const MachineDescription& machine) {
    const MachineMemories memories =
        technology.isFree ? MachineMemories{} : memoriesOf(technology, machine);
    const auto delay = [](const char* name, const MachineMemory& memory) {
        return MemoryDelay{.name = name,
                           .nanoseconds = memory.fastestSeconds * 1e9,
                           .accessNanoseconds = memory.macro.accessSeconds.nominal * 1e9,
                           .parts = memory.parts,
                           .outOfFit = memory.macro.outOfFit};
    };
    return {delay("activation_scratchpad", memories.activationScratchpad),
            delay("weight_scratchpad", memories.weightScratchpad),
            delay("accumulator_buffer", memories.accumulatorColumn)};
}

}  // namespace systole::cost
