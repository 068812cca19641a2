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

}  // namespace systole::cost
