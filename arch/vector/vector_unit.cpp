// SPDX-License-Identifier: Apache-2.0
#include "arch/vector/vector_unit.hpp"

#include <algorithm>

namespace systole::arch {
namespace {

std::uint64_t functionsOf(const numeric::VectorProgram& program, numeric::FunctionClass which) {
    std::uint64_t count = 0;
    for (const numeric::VectorStep& step : program.steps) {
        const auto* apply = std::get_if<numeric::ApplyStep>(&step);
        count += apply != nullptr && apply->function->costs == which ? 1 : 0;
    }
    return count;
}

/// What the elements of a command had done to them.
void countWork(const VectorCommand& command, std::uint64_t operations, cost::Counters& counters) {
    using numeric::FunctionClass;
    const numeric::VectorProgram& program = *command.program;
    const auto any = [&](const auto& is) {
        return std::any_of(command.operands.begin(), command.operands.end(), is);
    };
    const bool sums =
        any([](const VectorOperand& each) { return each.memory == OperandMemory::Sum; });
    const bool window = any([](const VectorOperand& each) { return !each.view.bounded.empty(); });
    const bool softmax = functionsOf(program, FunctionClass::Transcendental) > 0;
    counters.vectorRequantizations += sums ? operations : 0;
    counters.vectorPoolings += window ? operations : 0;
    counters.vectorSoftmaxes += softmax ? operations : 0;
    if (!softmax) {
        counters.vectorAdditions += operations * functionsOf(program, FunctionClass::Add);
    }
}

}  // namespace

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, const MachineConfig& config,
                       Replay& replay)
    : CommandUnit(name, Unit::Vector, replay), config_(config.vectorUnit) {}

void VectorUnit::reset() {
    CommandUnit::reset();
    steps_.clear();
    forms_.emplace(replay().ports, *replay().program, 1);
}

void VectorUnit::execute(const Command& command) {
    const VectorSteps& steps = steps_.get(forms_->of(command.operation), [&] {
        return vectorSteps(config_, replay().ports, std::get<VectorCommand>(command.operation),
                           {.accumulatorRows = replay().program->accumulatorRows,
                            .recordBytes = parameterBytes(replay().state.datapath(),
                                                          replay().program->arithmetic)});
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
    countWork(std::get<VectorCommand>(command.operation), steps.operations, count);
    count.accumulatorReads += steps.accumulatorReads;
    count.activationScratchpadReads += steps.activationReads;
    count.activationScratchpadWrites += steps.activationWrites;
    count.weightScratchpadReads += steps.weightReads;
    finish(command);
}

}  // namespace systole::arch
