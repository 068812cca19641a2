// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/machine_memories.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace systole::cost {
namespace {

/// Words of parts are narrowed down to this: narrower macros are hardly faster, and a word takes
/// more energy out of many of them.
constexpr double kNarrowBits = 64;
/// A choice: caches of shipped processors run at 6 GHz at most. Figures that are scaled to fine
/// nodes would fall below that.
constexpr double kShortestCycleSeconds = 1 / 6e9;

double cycleOf(const SramMacro& macro) {
    return std::max(macro.cycleSeconds.nominal, kShortestCycleSeconds);
}

/// A bank of words of `bits` after so many doublings of its parts.
SramParts partsAfter(std::uint32_t doublings, double bits) {
    const double all = std::ldexp(1.0, static_cast<int>(doublings));
    const double part = std::max(std::min(bits, kNarrowBits), bits / all);
    return {.inWord = bits / part, .all = all};
}

double smallestPartBytes(const SramModel& sram) {
    return sram.coefficients().axes.capacityBytes[1];
}

std::uint32_t mostDoublings(const SramModel& sram, const SramShape& shape) {
    const double halvings =
        std::max(shape.capacityBytes / smallestPartBytes(sram), shape.wordBits / kNarrowBits);
    return halvings <= 1 ? 0 : static_cast<std::uint32_t>(std::ceil(std::log2(halvings)));
}

/// Of the largest among the smallest parts, so that a larger memory is never the faster one.
double fastestCycle(const SramModel& sram, SramShape shape) {
    shape.capacityBytes = std::min(shape.capacityBytes, smallestPartBytes(sram));
    shape.wordBits = std::min(shape.wordBits, kNarrowBits);
    return cycleOf(sram.at(shape));
}

void setCycle(SramMacro& macro, double seconds) {
    Estimate& cycle = macro.cycleSeconds;
    cycle = {seconds, std::min(cycle.low, seconds), std::max(cycle.high, seconds)};
}

MachineMemory scratchpad(const Technology& technology, const MachineDescription& machine,
                         const ScratchpadDescription& description) {
    if (description.isFree()) return {};
    const auto banks = static_cast<double>(*description.banks);
    return memoryFor(technology.sram,
                     {.capacityBytes = static_cast<double>(*description.capacityBytes) / banks,
                      .wordBits = static_cast<double>(description.wordBits),
                      .readWritePorts = description.ports,
                      .banks = *description.banks},
                     machine.clockHertz, machine.energy.temperatureKelvin);
}

}  // namespace

MachineMemory memoryFor(const SramModel& sram, const SramShape& shape, double clockHertz,
                        double kelvin) {
    if (sram.coefficients().axes.capacityBytes.empty()) return {};
    MachineMemory memory;
    memory.fastestSeconds = fastestCycle(sram, shape);
    const bool isReachable = memory.fastestSeconds * clockHertz <= 1;
    const std::uint32_t most = mostDoublings(sram, shape);
    double cycle = 0;
    for (std::uint32_t doublings = 0; doublings <= most; ++doublings) {
        SramMacro macro = sram.at(shape, partsAfter(doublings, shape.wordBits), kelvin);
        cycle = cycleOf(macro);
        macro.raiseTo(memory.macro);
        memory.macro = std::move(macro);
        memory.parts = std::uint64_t{1} << doublings;
        if (isReachable && cycle * clockHertz <= 1) break;
    }
    if (!isReachable) {
        cycle = memory.fastestSeconds;
    } else if (memory.parts > 1) {
        cycle = 1 / clockHertz;
    }
    setCycle(memory.macro, cycle);
    return memory;
}

MachineMemories memoriesOf(const Technology& technology, const MachineDescription& machine) {
    MachineMemories memories{
        .activationScratchpad = scratchpad(technology, machine, machine.activationScratchpad),
        .weightScratchpad = scratchpad(technology, machine, machine.weightScratchpad),
        .accumulatorColumn = {}};
    if (machine.accumulatorRows) {
        const double bits = machine.accumulatorBits;
        memories.accumulatorColumn =
            memoryFor(technology.sram,
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
                           .nanoseconds = memory.macro.cycleSeconds.nominal * 1e9,
                           .accessNanoseconds = memory.macro.accessSeconds.nominal * 1e9,
                           .fastestNanoseconds = memory.fastestSeconds * 1e9,
                           .parts = memory.parts,
                           .outOfFit = memory.macro.outOfFit};
    };
    return {delay("activation_scratchpad", memories.activationScratchpad),
            delay("weight_scratchpad", memories.weightScratchpad),
            delay("accumulator_buffer", memories.accumulatorColumn)};
}

}  // namespace systole::cost
