// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/ideal_parts.hpp"

#include <initializer_list>

#include "models/check.hpp"

namespace systole::cost {
namespace {

struct Resource {
    bool isUnlimited;
    std::string_view text;  ///< as the configuration writes it
};

/// The first one without limit.
std::string_view firstUnlimited(std::initializer_list<Resource> resources) {
    for (const Resource& resource : resources) {
        if (resource.isUnlimited) return resource.text;
    }
    return {};
}

std::string_view reasonOf(const ScratchpadDescription& scratchpad) {
    return firstUnlimited({{!scratchpad.capacityBytes, "capacity: unlimited"},
                           {!scratchpad.banks, "banks: unlimited"}});
}

}  // namespace

const char* nameOf(MachinePart part) {
    constexpr std::array kNames{"activation_scratchpad",
                                "weight_scratchpad",
                                "accumulator_buffer",
                                "vector_unit",
                                "dma",
                                "sequencer",
                                "memory_controller"};
    return kNames.at(static_cast<std::size_t>(part));
}

std::string_view idealReason(const MachineDescription& machine, MachinePart part) {
    const ControlDescription& control = machine.control;
    switch (part) {
        case MachinePart::ActivationScratchpad:
            return reasonOf(machine.activationScratchpad);
        case MachinePart::WeightScratchpad:
            return reasonOf(machine.weightScratchpad);
        case MachinePart::AccumulatorBuffer:
            return firstUnlimited({{!machine.accumulatorRows, "rows: unlimited"}});
        case MachinePart::VectorUnit:
            return firstUnlimited({{!machine.vectorLanes, "lanes: unlimited"}});
        case MachinePart::Dma:
            return firstUnlimited(
                {{!control.dmaBytesPerCycle, "bytes_per_cycle: unlimited"},
                 {!control.dmaOutstandingBursts, "outstanding_bursts: unlimited"}});
        case MachinePart::Sequencer:
            return firstUnlimited({{!control.commandQueueDepth, "queue_depth: unlimited"},
                                   {control.issuesInNoTime, "issue_cycles: 0"}});
        case MachinePart::MemoryController:
            return firstUnlimited({{control.dramChannels == 0, "ideal DRAM"}});
    }
    SYSTOLE_CHECK(false, "no part {}", static_cast<int>(part));
}

}  // namespace systole::cost
