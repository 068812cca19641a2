// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "models/cost/machine/machine_description.hpp"

namespace systole::cost {

/// The parts of a machine that a configuration may make ideal; their names are those of `areaOf`.
enum class MachinePart : std::uint8_t {
    ActivationScratchpad,
    WeightScratchpad,
    AccumulatorBuffer,
    VectorUnit,
    Dma,
    Sequencer,
    MemoryController,
};
inline constexpr std::array kMachineParts{MachinePart::ActivationScratchpad,
                                          MachinePart::WeightScratchpad,
                                          MachinePart::AccumulatorBuffer,
                                          MachinePart::VectorUnit,
                                          MachinePart::Dma,
                                          MachinePart::Sequencer,
                                          MachinePart::MemoryController};
const char* nameOf(MachinePart part);

/// What of the part has no limit, as the configuration writes it: `capacity: unlimited`. Empty: the
/// part is built.
///
/// The one rule of ideal parts: hardware of which anything is without limit cannot be built, so it
/// stands for none, and has neither area nor energy. That holds for sizes, for counts and for rates
/// (`issue_cycles: 0` is any number of commands in a cycle; an ideal DRAM needs no controller). A
/// number, however large, is a limit, and costs what it says.
std::string_view idealReason(const MachineDescription& machine, MachinePart part);

inline bool isIdeal(const MachineDescription& machine, MachinePart part) {
    return !idealReason(machine, part).empty();
}

}  // namespace systole::cost
