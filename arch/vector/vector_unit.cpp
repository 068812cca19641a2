// SPDX-License-Identifier: Apache-2.0
#include "arch/vector/vector_unit.hpp"

#include "models/check.hpp"

namespace systole::arch {
namespace {

/// What the elements of a command had done to them.
struct KindCount {
    std::uint64_t elements;
    cost::Counters& counters;

    void operator()(const Requantize& op) const {
        counters.vectorRequantizations += elements;
        counters.vectorAdditions += op.skip ? elements : 0;
    }
    void operator()(const Pool& /*op*/) const { counters.vectorPoolings += elements; }
    void operator()(const Elementwise& op) const {
        counters.vectorAdditions += op.addition ? elements : 0;
    }
    void operator()(const Softmax& /*op*/) const { counters.vectorSoftmaxes += elements; }
    template <typename Other>
    void operator()(const Other& /*op*/) const {
        SYSTOLE_CHECK(false, "not a command of the vector unit");
    }
};

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
        return vectorSteps(config_, replay().ports, command.operation,
                           replay().program->accumulatorRows,
                           parameterBytes(replay().state.datapath(), replay().program->arithmetic));
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
    std::visit(KindCount{steps.operations, count}, command.operation);
    count.accumulatorReads += steps.accumulatorReads;
    count.activationScratchpadReads += steps.activationReads;
    count.activationScratchpadWrites += steps.activationWrites;
    count.weightScratchpadReads += steps.weightReads;
    finish(command);
}

}  // namespace systole::arch
