// SPDX-License-Identifier: Apache-2.0
#include "arch/vector_unit.hpp"

#include "arch/operand_reads.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

constexpr std::uint64_t kSoftmaxPasses = 3;  // maximum; exponentials and their sum; quotients

struct WorkOf {
    VectorWork operator()(const Requantize& op) const {
        return op.channelsAlongRows ? VectorWork{op.channels, op.outputs}
                                    : VectorWork{op.outputs, op.channels};
    }
    VectorWork operator()(const Pool& op) const {
        return {op.window.outputs(), op.window.channelCount,
                std::uint64_t{op.window.kernelHeight} * op.window.kernelWidth};
    }
    VectorWork operator()(const Elementwise& op) const { return {1, op.elements}; }
    VectorWork operator()(const Softmax& op) const { return {1, op.elements, kSoftmaxPasses}; }
    template <typename Other>
    VectorWork operator()(const Other& /*op*/) const {
        SYSTOLE_CHECK(false, "not a command of the vector unit");
    }
};

/// Operands in memory that one result needs, by kind of command.
struct Operands {
    std::uint64_t accumulators = 0;
    std::uint64_t activations = 0;
};

Operands operandsOf(const Operation& operation, const VectorWork& work) {
    if (const auto* requantize = std::get_if<Requantize>(&operation)) {
        return {work.operations(), requantize->skip ? work.operations() : 0};
    }
    if (const auto* elementwise = std::get_if<Elementwise>(&operation)) {
        return {0, elementwise->addition ? 2 * work.operations() : work.operations()};
    }
    return {0, work.operations()};
}

}  // namespace

VectorWork vectorWork(const Operation& operation) { return std::visit(WorkOf{}, operation); }

Cycle vectorCycles(const VectorUnitConfig& config, const VectorWork& work) {
    return work.rows * work.passes * cyclesAtRate(work.columns, config.lanes) +
           config.pipelineDepth;
}

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, const MachineConfig& config,
                       Replay& replay)
    : CommandUnit(name, Unit::Vector, replay), config_(config) {}

void VectorUnit::execute(const Command& command) {
    const VectorWork work = vectorWork(command.operation);
    const Cycle begin = cycle();
    waitUntil(begin + vectorCycles(config_.vectorUnit, work));
    record(begin, cycle(), UnitState::Busy);

    const std::uint64_t elementBytes = replay().state.datapath().activationBytes;
    const Operands operands = operandsOf(command.operation, work);
    const std::uint64_t results = work.rows * work.columns;
    cost::Counters& count = counters(command);
    count.vectorOperations += work.operations();
    count.accumulatorReads += operands.accumulators;
    count.activationScratchpadReads +=
        wordsOf(config_.activationScratchpad, operands.activations * elementBytes);
    count.activationScratchpadWrites +=
        wordsOf(config_.activationScratchpad, results * elementBytes);
    if (const auto* requantize = std::get_if<Requantize>(&command.operation)) {
        const std::uint64_t record =
            parameterBytes(replay().state.datapath(), replay().program->arithmetic);
        count.weightScratchpadReads +=
            wordsOf(config_.weightScratchpad, requantize->channels * record);
    }
    finish(command);
}

}  // namespace systole::arch
