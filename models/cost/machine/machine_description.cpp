// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/machine_description.hpp"

#include <utility>

namespace systole::cost {

MachineDescription MachineDescription::with(std::size_t idle) const {
    MachineDescription machine = *this;
    IdleElement& other = machine.idleElements.at(idle);
    std::swap(machine.element, other.element);
    std::swap(machine.synthesis, other.synthesis);
    return machine;
}

const numeric::Format& MachineDescription::widestActivation() const {
    const numeric::Format* widest = &element.activation;
    for (const IdleElement& idle : idleElements) {
        const numeric::Format& other = idle.element.activation;
        if (numeric::widthOf(other) > numeric::widthOf(*widest)) widest = &other;
    }
    return *widest;
}

}  // namespace systole::cost
