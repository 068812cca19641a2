// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_energy.hpp"

#include <cstdint>

namespace systole::arch {

double requantizationJoules(const ActionEnergies& energies) {
    using numeric::FunctionClass;
    const auto of = [&](FunctionClass which) {
        return energies.vectorFunctions[static_cast<std::size_t>(which)];
    };
    return energies.vectorPass + energies.vectorBias + of(FunctionClass::Multiply) +
           2 * of(FunctionClass::Convert);
}

double chipJoules(const ActionEnergies& energies, const cost::Counters& counters) {
    const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
    const std::uint64_t arrayCycles =
        counters.arrayStepCycles + counters.arrayFillCycles + counters.arrayDrainCycles;
    double functions = 0;
    for (std::size_t i = 0; i < cost::kFunctionCounters.size(); ++i) {
        functions += count(counters.*cost::kFunctionCounters[i]) * energies.vectorFunctions[i];
    }
    return count(counters.macs) * energies.product +
           count(counters.idlePeCycles) * energies.idleElementCycle +
           count(arrayCycles) * energies.arrayCycle +
           count(counters.stationaryRegisterWrites) * energies.stationaryOperand +
           count(counters.activationScratchpadReads) * energies.activationRead +
           count(counters.activationScratchpadWrites) * energies.activationWrite +
           count(counters.weightScratchpadReads) * energies.weightRead +
           count(counters.weightScratchpadWrites) * energies.weightWrite +
           count(counters.accumulatorReads) * energies.sumRead +
           count(counters.accumulatorWrites) * energies.sumWrite +
           count(counters.vectorOperations) * energies.vectorPass +
           count(counters.vectorBiasAdditions) * energies.vectorBias + functions +
           count(counters.commands) * energies.command +
           count(counters.bytesLoaded + counters.bytesStored) * energies.transferredByte;
}

}  // namespace systole::arch
