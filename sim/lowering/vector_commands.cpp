// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/vector_commands.hpp"

namespace systole::sim {

using arch::OperandMemory;
using arch::ParameterField;
using arch::VectorOperand;
using numeric::OperandView;

arch::VectorCommand requantizeCommand(const SharedProgram& program, const arch::Datapath& datapath,
                                      numeric::ScaleArithmetic arithmetic,
                                      const RequantizedBlock& block) {
    const std::int64_t element = datapath.activationBytes;
    const std::int64_t record = arch::parameterBytes(datapath, arithmetic);
    // Rows and columns of the accumulator buffer.
    const auto along = [&](std::int64_t output, std::int64_t channel) {
        return block.channelsAlongRows ? std::vector{channel, output}
                                       : std::vector{output, channel};
    };
    const auto codesAt = [&](std::uint32_t address) {
        return VectorOperand{OperandMemory::Activation, {address, along(block.pitch, element), {}}};
    };
    const OperandView records{block.parameters, along(0, record), {}};
    arch::VectorCommand command{.program = program, .space = {}, .operands = {}};
    command.space.extents = block.channelsAlongRows ? std::vector{block.channels, block.outputs}
                                                    : std::vector{block.outputs, block.channels};
    command.space.reduced = {false, false};
    command.operands.push_back(
        {.memory = OperandMemory::Sum,
         .view = {arch::sumPlace(block.accumulatorRow, 0), {arch::kSumRowPitch, 1}, {}},
         .bias = records});
    const auto parameter = [&](ParameterField field) {
        command.operands.push_back(
            {.memory = OperandMemory::Parameter, .view = records, .field = field});
    };
    if (arithmetic == numeric::ScaleArithmetic::FixedPoint) {
        parameter(ParameterField::Mantissa);
        parameter(ParameterField::Shift);
    } else {
        parameter(ParameterField::Multiplier);
    }
    if (block.skip) command.operands.push_back(codesAt(*block.skip));
    command.operands.push_back(codesAt(block.destination));
    return command;
}

arch::VectorCommand windowCommand(const SharedProgram& program, const arch::TileWindow& window,
                                  std::uint32_t destination) {
    const std::int64_t element = window.elementBytes;
    const std::int64_t pixel = element * window.channels;
    const std::int64_t channels = window.channelCount;
    // Axes: rows and columns of outputs, rows and columns of taps, channels.
    const OperandView image{
        window.address + window.channelBegin * element,
        {0, 0, 0, 0, element},
        {{window.originY,
          {window.strideY, 0, window.dilationY, 0, 0},
          window.height,
          pixel * window.width},
         {window.originX, {0, window.strideX, 0, window.dilationX, 0}, window.width, pixel}}};
    const OperandView result{
        destination,
        {element * channels * window.outputWidth, element * channels, 0, 0, element},
        {}};
    return {.program = program,
            .space = {{window.outputHeight, window.outputWidth, window.kernelHeight,
                       window.kernelWidth, window.channelCount},
                      {false, false, true, true, false}},
            .operands = {{.memory = OperandMemory::Activation, .view = image},
                         {.memory = OperandMemory::Activation, .view = result}}};
}

arch::VectorCommand elementsCommand(const SharedProgram& program,
                                    const std::vector<std::uint32_t>& sources,
                                    std::uint32_t destination, const ElementRun& run) {
    arch::VectorCommand command{
        .program = program, .space = {{run.elements}, {run.reduced}}, .operands = {}};
    const auto add = [&](std::uint32_t address) {
        command.operands.push_back({.memory = OperandMemory::Activation,
                                    .view = {address, {std::int64_t{run.bytes}}, {}}});
    };
    for (const std::uint32_t source : sources) add(source);
    add(destination);
    return command;
}

}  // namespace systole::sim
