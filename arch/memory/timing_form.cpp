// SPDX-License-Identifier: Apache-2.0
#include "arch/memory/timing_form.hpp"

#include "models/overloaded.hpp"

namespace systole::arch {
namespace {

std::uint64_t periodOf(const WordLayout& words, const memory::PortMap& ports) {
    return std::uint64_t{words.wordBytes()} * ports.period();
}

/// Whether every output of the window reads the same channels of one pixel, and none is padding.
/// Then all addresses move along with the first output and the first channel.
bool isPoint(const TileWindow& window) {
    return window.kernelHeight == 1 && window.kernelWidth == 1 && window.upsampleY == 1 &&
           window.upsampleX == 1 && window.originY == 0 && window.originX == 0 &&
           (window.outputHeight - 1) * window.strideY < window.height &&
           (window.outputWidth - 1) * window.strideX < window.width;
}

/// Rows of the accumulator buffer from the first to the last one that a view has.
std::uint32_t rowsOf(const numeric::OperandView& view, const numeric::VectorSpace& space) {
    std::int64_t last = view.origin;
    for (std::size_t axis = 0; axis < space.extents.size(); ++axis) {
        last += view.strideOf(axis) * (space.extents[axis] - 1);
    }
    return static_cast<std::uint32_t>(last / kSumRowPitch - view.origin / kSumRowPitch + 1);
}

std::uint32_t within(std::uint64_t address, std::uint64_t period) {
    return static_cast<std::uint32_t>(address % period);
}

bool same(const VectorCommand& a, const VectorCommand& b) {
    return a.program == b.program && a.space == b.space && a.operands == b.operands &&
           a.datapath == b.datapath;
}

template <typename Op>
bool same(const Op& a, const Op& b) {
    return a == b;
}

}  // namespace

bool sameForm(const Operation& a, const Operation& b) {
    return a.index() == b.index() &&
           std::visit(
               [&](const auto& op) { return same(op, std::get<std::decay_t<decltype(op)>>(b)); },
               a);
}

TimingForms::TimingForms(const ScratchpadPorts& ports, const Program& program,
                         std::uint32_t burstBytes)
    : program_(program),
      burstBits_(std::uint64_t{8} * burstBytes),
      activationPeriod_(periodOf(ports.activationWords(), ports.activations())),
      weightPeriod_(periodOf(ports.weightWords(), ports.weights())) {}

Operation TimingForms::of(const Operation& operation) const {
    return std::visit([this](const auto& op) { return Operation{of(op)}; }, operation);
}

Stream TimingForms::of(Stream stream) const {
    TileWindow& window = stream.window;
    std::uint64_t address = window.address;
    if (isPoint(window)) {
        const std::uint64_t rows = stream.outputBegin / window.outputWidth;
        const std::uint64_t element = rows * window.strideY * window.width * window.channels +
                                      window.channelBegin + stream.kBegin;
        address += element * window.elementBytes;
        // A window as high as its outputs, from the first of them on.
        stream.outputBegin %= window.outputWidth;
        window.outputHeight = window.height = window.channelBegin = stream.kBegin = 0;
    }
    window.address = within(address, activationPeriod_);
    stream.weights = within(stream.weights, weightPeriod_);
    stream.accumulatorRow = half(stream.accumulatorRow, 1);
    return stream;
}

TransferCommand TimingForms::of(TransferCommand transfer) const {
    transfer.box.address = program_.dram.memoryBit(transfer.box.address) % burstBits_;
    transfer.address =
        within(transfer.address,
               transfer.scratchpad == Scratchpad::Weight ? weightPeriod_ : activationPeriod_);
    return transfer;
}

/// Rows of one half count the same, whichever they are; rows that lie in both stay as they are.
std::uint32_t TimingForms::half(std::uint32_t row, std::uint32_t rows) const {
    const std::uint32_t all = program_.accumulatorRows;
    const std::uint64_t first = ScratchpadPorts::halfOf(row, all);
    return first == ScratchpadPorts::halfOf(row + rows - 1, all)
               ? static_cast<std::uint32_t>(first * (all / 2))
               : row;
}

VectorCommand TimingForms::of(VectorCommand command) const {
    const auto within = [](numeric::OperandView& view, std::uint64_t period) {
        // Coordinates outside of their limits lie before the origin.
        view.origin -=
            view.origin / static_cast<std::int64_t>(period) * static_cast<std::int64_t>(period);
    };
    for (VectorOperand& operand : command.operands) {
        if (operand.bias) within(*operand.bias, weightPeriod_);
        switch (operand.memory) {
            case OperandMemory::Activation:
                within(operand.view, activationPeriod_);
                break;
            case OperandMemory::Parameter:
                within(operand.view, weightPeriod_);
                break;
            case OperandMemory::Sum: {
                const auto row = static_cast<std::uint32_t>(operand.view.origin / kSumRowPitch);
                const std::uint32_t rows = rowsOf(operand.view, command.space);
                operand.view.origin =
                    sumPlace(half(row, rows),
                             static_cast<std::uint32_t>(operand.view.origin % kSumRowPitch));
                break;
            }
        }
    }
    return command;
}

}  // namespace systole::arch
