// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/mapping_energy.hpp"

#include <cstdint>

namespace systole::arch {

double chipJoules(const ActionEnergies& energies, const cost::Counters& counters) {
    const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
    const std::uint64_t arrayCycles =
        counters.arrayStepCycles + counters.arrayFillCycles + counters.arrayDrainCycles;
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
           count(counters.vectorRequantizations) * energies.vectorRequantization +
           count(counters.vectorAdditions) * energies.vectorAddition +
           count(counters.vectorPoolings) * energies.vectorPooling +
           count(counters.vectorSoftmaxes) * energies.vectorSoftmax +
           count(counters.commands) * energies.command +
           count(counters.bytesLoaded + counters.bytesStored) * energies.transferredByte;
}

}  // namespace systole::arch
