// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/vector_commands.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "models/check.hpp"

namespace systole::sim {

using arch::OperandMemory;
using arch::ParameterField;
using arch::VectorOperand;
using numeric::OperandView;

namespace {

LayerProgram layerProgram(const LoweringContext& context, graph::CodeProgram code) {
    LayerProgram program{
        .program = std::make_shared<const numeric::VectorProgram>(std::move(code.program)),
        .operands = std::move(code.operands),
        .formats = {}};
    for (const numeric::Format& format : code.formats) {
        program.formats.push_back(typeOf(context, format));
    }
    return program;
}

}  // namespace

LayerProgram programOf(const LoweringContext& context, const MatrixLayer& layer) {
    if (layer.behind == nullptr) {
        return layerProgram(context, codeProgramOf(context.graph, *layer.node));
    }
    return layerProgram(context, fuse(context.graph, *layer.node, *layer.behind).value());
}

LayerProgram programOf(const LoweringContext& context, const graph::Node& node) {
    return layerProgram(context, codeProgramOf(context.graph, node));
}

const char* missingCircuit(const numeric::VectorProgram& program,
                           const arch::VectorUnitConfig& unit) {
    std::vector<numeric::ValueId> steps(program.steps.size());
    std::iota(steps.begin(), steps.end(), numeric::ValueId{0});
    const auto work = workOf(program, planOf(program), steps);
    for (std::size_t i = 0; i < work.size(); ++i) {
        if (work[i] > 0 && unit.operations[i].circuits == 0) return numeric::kFunctionClassNames[i];
    }
    return nullptr;
}

namespace {

/// The operands of a block; those of a scratchpad go along its outputs and channels.
class BlockOperands {
public:
    BlockOperands(const RequantizedBlock& block, std::int64_t recordBytes)
        : block_(block), records_{block.parameters, along(0, recordBytes), {}} {}

    VectorOperand of(graph::CodeOperand::Source source) const {
        using Source = graph::CodeOperand::Source;
        switch (source) {
            case Source::Tensor:
                return codesAt(block_.skip.value());
            case Source::Output:
                return codesAt(block_.destination);
            case Source::Sum:
                return {
                    .memory = OperandMemory::Sum,
                    .view = {arch::sumPlace(block_.accumulatorRow, 0), {arch::kSumRowPitch, 1}, {}},
                    .bias = records_};
            case Source::Multiplier:
                return parameter(ParameterField::Multiplier);
            case Source::Mantissa:
                return parameter(ParameterField::Mantissa);
            case Source::Shift:
                return parameter(ParameterField::Shift);
        }
        SYSTOLE_CHECK(false, "source {} of an operand", static_cast<int>(source));
    }

private:
    /// Rows and columns of the accumulator buffer.
    std::vector<std::int64_t> along(std::int64_t output, std::int64_t channel) const {
        return block_.channelsAlongRows ? std::vector{channel, output}
                                        : std::vector{output, channel};
    }
    VectorOperand codesAt(const BlockElements& elements) const {
        const std::int64_t bytes = elements.bytes;
        return {.memory = OperandMemory::Activation,
                .view = {elements.address + block_.firstElement * bytes,
                         along(block_.pitch * bytes, bytes),
                         {}},
                .type = elements.type};
    }
    VectorOperand parameter(ParameterField field) const {
        return {.memory = OperandMemory::Parameter, .view = records_, .field = field};
    }

    const RequantizedBlock& block_;
    OperandView records_;
};

}  // namespace

arch::VectorCommand requantizeCommand(const LayerProgram& program, const arch::Datapath& datapath,
                                      numeric::ScaleArithmetic arithmetic,
                                      const RequantizedBlock& block) {
    const BlockOperands operands(block, arch::parameterBytes(datapath, arithmetic));
    arch::VectorCommand command{.program = program.program,
                                .space = {.extents = {}, .reduced = {false, false}},
                                .operands = {},
                                .formats = program.formats};
    command.space.extents = block.channelsAlongRows ? std::vector{block.channels, block.outputs}
                                                    : std::vector{block.outputs, block.channels};
    for (const graph::CodeOperand& operand : program.operands) {
        command.operands.push_back(operands.of(operand.source));
    }
    return command;
}

OperandView inBytes(OperandView view, std::uint32_t address, std::uint32_t elementBytes) {
    view.origin = address + view.origin * elementBytes;
    for (std::int64_t& stride : view.strides) stride *= elementBytes;
    for (numeric::BoundedCoordinate& coordinate : view.bounded) coordinate.pitch *= elementBytes;
    return view;
}

namespace {

/// Calls visit(strides by axis of the space) for every view, and for every bounded coordinate.
template <typename Visit>
void forEachStrides(arch::VectorCommand& command, const Visit& visit) {
    for (VectorOperand& operand : command.operands) {
        visit(operand.view.strides);
        for (numeric::BoundedCoordinate& bounded : operand.view.bounded) visit(bounded.strides);
    }
}

void dropAxis(arch::VectorCommand& command, std::size_t axis) {
    const auto at = static_cast<std::ptrdiff_t>(axis);
    command.space.extents.erase(command.space.extents.begin() + at);
    command.space.reduced.erase(command.space.reduced.begin() + at);
    forEachStrides(
        command, [&](std::vector<std::int64_t>& strides) { strides.erase(strides.begin() + at); });
}

/// Whether an axis and the next one are one axis for all operands.
bool goOn(arch::VectorCommand& command, std::size_t axis) {
    const numeric::VectorSpace& space = command.space;
    bool together = space.reduced[axis] == space.reduced[axis + 1];
    forEachStrides(command, [&](const std::vector<std::int64_t>& strides) {
        together = together && strides[axis] == strides[axis + 1] * space.extents[axis + 1];
    });
    return together;
}

}  // namespace

void mergeAxes(arch::VectorCommand& command) {
    numeric::VectorSpace& space = command.space;
    for (std::size_t axis = space.extents.size() - 1; axis-- > 0;) {
        if (space.extents[axis] == 1 && !space.reduced[axis]) {
            dropAxis(command, axis);
        } else if (goOn(command, axis)) {
            space.extents[axis + 1] *= space.extents[axis];
            dropAxis(command, axis);
        }
    }
}

}  // namespace systole::sim
