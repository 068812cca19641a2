// SPDX-License-Identifier: Apache-2.0
#include "arch/systolic_array.hpp"

#include "arch/scratchpad_access.hpp"
#include "models/check.hpp"

namespace systole::arch {

Cycle foldCycles(const ArrayConfig& array, Cycle outputs) {
    return array.rows + (outputs + array.rows + array.columns - 2);
}

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const MachineConfig& config,
                             Replay& replay)
    : CommandUnit(name, Unit::Array, replay), config_(config) {}

void SystolicArray::perform(const Command& command) {
    const auto& stream = std::get<Stream>(command.operation);
    const std::uint64_t outputs = stream.window.outputs();
    const Cycle streaming = foldCycles(config_.array, outputs);
    const AccessCount activations = activationReads(config_.activationScratchpad, stream);
    const AccessCount weights =
        weightReads(config_.weightScratchpad, stream, replay().state.datapath().weightBytes);

    SYSTOLE_CHECK(stream.rows * stream.groupCount <= config_.array.rows,
                  "{} groups of {} rows on an array of {}", stream.groupCount, stream.rows,
                  config_.array.rows);
    const Cycle begin = cycle();
    const Cycle conflicts = activations.conflictCycles + weights.conflictCycles;
    waitUntil(begin + streaming + conflicts);
    record(begin, begin + streaming, UnitState::Busy);
    record(begin + streaming, cycle(), UnitState::ScratchpadConflict);

    const std::uint64_t macs = macsOf(stream);
    const std::uint64_t sums = outputs * stream.columns * stream.groupCount;
    cost::Counters& count = counters(command);
    count.macs += macs;
    count.idlePeCycles += streaming * config_.array.rows * config_.array.columns - macs;
    count.activationScratchpadReads += activations.words;
    count.weightScratchpadReads += weights.words;
    count.accumulatorReads += stream.accumulate ? sums : 0;
    count.accumulatorWrites += sums;
}

}  // namespace systole::arch
