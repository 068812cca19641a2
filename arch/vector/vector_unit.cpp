// SPDX-License-Identifier: Apache-2.0
#include "arch/vector/vector_unit.hpp"

namespace systole::arch {
VectorUnit::VectorUnit(const sc_core::sc_module_name& name, const MachineConfig& config,
                       Replay& replay)
    : CommandUnit(name, {UnitKind::Vector}, replay), config_(config.vectorUnit) {}

void VectorUnit::reset() {
    CommandUnit::reset();
    steps_.clear();
    forms_.emplace(replay().ports, *replay().program, 1);
}

void VectorUnit::execute(const Command& command) {
    const VectorSteps& steps = steps_.get(forms_->of(command.operation), [&] {
        const auto& vector = std::get<VectorCommand>(command.operation);
        return vectorSteps(config_, replay().ports, vector,
                           {.accumulatorRows = replay().program->accumulatorRows,
                            .recordBytes = parameterBytes(replay().state.datapath(vector.datapath),
                                                          replay().program->arithmetic),
                            .types = replay().program->types});
    });
    const Cycle begin = cycle();
    if (steps.stream.next) {
        awaitPorts(post(steps.stream));
    } else {
        waitUntil(begin + steps.cycles);
    }
    record(begin, begin + steps.cycles, UnitState::Busy);
    record(begin + steps.cycles, cycle(), UnitState::ScratchpadConflict);
    countPorts(command);

    cost::Counters& count = counters(command);
    count.vectorOperations += steps.operations;
    count.vectorBiasAdditions += steps.biases;
    for (std::size_t i = 0; i < steps.functions.size(); ++i) {
        count.*cost::kFunctionCounters[i] += steps.functions[i];
    }
    count.accumulatorReads += steps.accumulatorReads;
    count.activationScratchpadReads += steps.activationReads;
    count.activationScratchpadWrites += steps.activationWrites;
    count.weightScratchpadReads += steps.weightReads;
    finish(command);
}

}  // namespace systole::arch
