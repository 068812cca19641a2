// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "arch/program/tile_window.hpp"
#include "sim/graph/program_writer.hpp"
#include "sim/lowering/vector_commands.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

/// Vector commands as the lowering writes them, of INT8 with a 32-bit accumulator and binary32
/// multipliers. All scales are 1.
namespace systole {

inline constexpr auto kBinary32 = numeric::ScaleArithmetic::Fp32Multiplier;

/// What is behind the array: sums by a multiplier, an addition of the skip operand with or without
/// a ReLU.
enum class Behind : std::uint8_t { Nothing, Addition, AdditionAndRelu };

/// Operands from `first` on hold codes of activations.
inline numeric::VectorProgram withCodes(numeric::VectorProgram program, std::uint32_t first = 0) {
    for (numeric::VectorStep& step : program.steps) {
        if (auto* load = std::get_if<numeric::LoadStep>(&step))
            load->isCode = load->operand >= first;
    }
    return program;
}

inline sim::LayerProgram requantizeProgram(Behind behind = Behind::Nothing) {
    using Source = graph::CodeOperand::Source;
    graph::ProgramWriter writer;
    const auto sum = writer.add(numeric::RoundStep{writer.load(numeric::ValueType::Integer)});
    auto value = writer.apply("multiply", sum, writer.load());
    sim::LayerProgram program{
        .program = nullptr, .operands = {{.source = Source::Sum}, {.source = Source::Multiplier}}};
    if (behind != Behind::Nothing) {
        program.operands.push_back({.source = Source::Tensor});
        const auto code = writer.add(numeric::QuantizeStep{value, 0});
        const auto one = writer.constant(1);
        const auto own = writer.apply("multiply", code, one);
        const auto skip = writer.apply("multiply", writer.load(), one);
        value = writer.apply("divide", writer.apply("add", own, skip), one);
        if (behind == Behind::AdditionAndRelu) value = writer.apply("positive", value);
    }
    program.operands.push_back({.source = Source::Output});
    program.program =
        std::make_shared<const numeric::VectorProgram>(withCodes(writer.stored(value), 2));
    return program;
}

inline arch::VectorCommand requantizationOf(const sim::RequantizedBlock& block,
                                            Behind behind = Behind::Nothing) {
    return sim::requantizeCommand(requantizeProgram(behind), arch::Datapath(int8Datapath()),
                                  kBinary32, block);
}

inline arch::VectorOperand bytesAt(std::int64_t origin, std::vector<std::int64_t> strides,
                                   std::vector<numeric::BoundedCoordinate> bounded = {}) {
    return {.memory = arch::OperandMemory::Activation,
            .view = {origin, std::move(strides), std::move(bounded)}};
}

/// The taps of a window are reduced, every channel by itself; the result is dense
/// [output][channel].
inline arch::VectorCommand windowOf(numeric::VectorProgram program, const arch::TileWindow& window,
                                    std::uint32_t destination) {
    const std::int64_t pixel = window.channels;
    const std::int64_t channels = window.channelCount;
    const numeric::BoundedCoordinate row{window.originY,
                                         {window.strideY, 0, window.dilationY, 0, 0},
                                         window.height,
                                         pixel * window.width};
    const numeric::BoundedCoordinate column{
        window.originX, {0, window.strideX, 0, window.dilationX, 0}, window.width, pixel};
    return {
        .program = std::make_shared<const numeric::VectorProgram>(std::move(program)),
        .space = {{window.outputHeight, window.outputWidth, window.kernelHeight, window.kernelWidth,
                   window.channelCount},
                  {false, false, true, true, false}},
        .operands = {bytesAt(window.address + window.channelBegin, {0, 0, 0, 0, 1}, {row, column}),
                     bytesAt(destination, {channels * window.outputWidth, channels, 0, 0, 1})}};
}

inline arch::VectorCommand maximumOf(const arch::TileWindow& window, std::uint32_t destination) {
    graph::ProgramWriter writer;
    const auto x = writer.load();
    return windowOf(writer.stored(writer.reduce(numeric::ReduceStep::Kind::Maximum, x)), window,
                    destination);
}

/// The sum of the elements under a window, divided by a number or by their count.
inline arch::VectorCommand averageOf(const arch::TileWindow& window, std::uint32_t destination,
                                     double divisor = 0) {
    graph::ProgramWriter writer;
    const auto x = writer.load();
    const auto sum = writer.reduce(numeric::ReduceStep::Kind::Sum, x);
    const auto count =
        divisor > 0
            ? writer.constant(divisor)
            : writer.add(numeric::RoundStep{writer.reduce(numeric::ReduceStep::Kind::Count, x)});
    return windowOf(writer.stored(writer.apply("divide", sum, count)), window, destination);
}

/// Element by element, or over all of them.
inline arch::VectorCommand elementsOf(numeric::VectorProgram program,
                                      const std::vector<std::uint32_t>& sources,
                                      std::uint32_t destination, std::uint32_t elements,
                                      bool reduced = false) {
    arch::VectorCommand command{
        .program = std::make_shared<const numeric::VectorProgram>(std::move(program)),
        .space = {{elements}, {reduced}},
        .operands = {}};
    for (const std::uint32_t source : sources) command.operands.push_back(bytesAt(source, {1}));
    command.operands.push_back(bytesAt(destination, {1}));
    return command;
}

inline arch::VectorCommand reluOf(std::uint32_t source, std::uint32_t elements,
                                  std::uint32_t destination) {
    graph::ProgramWriter writer;
    return elementsOf(writer.stored(writer.apply("positive", writer.load())), {source}, destination,
                      elements);
}

inline arch::VectorCommand additionOf(const std::vector<std::uint32_t>& sources,
                                      std::uint32_t elements, std::uint32_t destination) {
    graph::ProgramWriter writer;
    const auto one = writer.constant(1);
    const auto left = writer.apply("multiply", writer.load(), one);
    const auto right = writer.apply("multiply", writer.load(), one);
    auto program = writer.stored(writer.apply("divide", writer.apply("add", left, right), one));
    return elementsOf(withCodes(std::move(program)), sources, destination, elements);
}

inline arch::VectorCommand softmaxOf(std::uint32_t source, std::uint32_t elements,
                                     std::uint32_t destination) {
    graph::ProgramWriter writer;
    const auto x = writer.load();
    const auto most = writer.reduce(numeric::ReduceStep::Kind::Maximum, x);
    const auto one = writer.constant(1);
    const auto below = writer.apply("multiply", writer.apply("subtract", x, most), one);
    const auto e = writer.apply("exponential", below);
    const auto share = writer.apply("divide", e, writer.reduce(numeric::ReduceStep::Kind::Sum, e));
    return elementsOf(writer.stored(writer.apply("divide", share, one)), {source}, destination,
                      elements, true);
}

}  // namespace systole
