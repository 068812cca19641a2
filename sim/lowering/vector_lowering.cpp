// SPDX-License-Identifier: Apache-2.0
// The pieces of vector work and their commands; piece_lowering.cpp writes them one after another.
// The axes of the space that are not reduced may be cut. Each piece has a load of every operand
// that the piece before does not hold, the command itself and a store. Every operand and the result
// have two buffers.
//
// An example: a ReLU over 8 rows of 16 codes in pieces of two rows. The 4 pieces read at addresses
// 0, 32, 0, 32 and write at 64, 96, 64, 96.
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "arch/vector/vector_steps.hpp"
#include "models/check.hpp"
#include "models/units.hpp"
#include "sim/lowering/layer_context.hpp"
#include "sim/lowering/vector_commands.hpp"

namespace systole::sim {
namespace {

/// The coordinates of one axis of a tensor that some indices of a space mean: `begin` up to, not
/// including, `end`, as far as they lie in the tensor.
struct Range {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

using arch::Piece;

Range rangeOf(const graph::AxisMap& map, const Piece& piece, std::uint32_t limit) {
    std::int64_t least = map.offset;
    std::int64_t most = map.offset;
    for (std::size_t i = 0; i < map.coefficients.size(); ++i) {
        const std::int64_t span = map.coefficients[i] * (std::int64_t{piece.extents[i]} - 1);
        least += map.coefficients[i] * piece.begin[i] + std::min<std::int64_t>(span, 0);
        most += map.coefficients[i] * piece.begin[i] + std::max<std::int64_t>(span, 0);
    }
    // There is at least one element, even where all coordinates lie in the padding, because a load
    // of nothing does not exist.
    const std::int64_t begin = std::clamp<std::int64_t>(least, 0, limit - 1);
    return {begin, std::clamp<std::int64_t>(most + 1, begin + 1, limit)};
}

/// One operand of the node: what a piece needs of its tensor, and where that lies.
class Operand {
public:
    Operand(const LoweringContext& context, graph::TensorId id, const graph::OperandMap& map)
        : id_(id), tensor_(context.graph.tensors.at(id)), map_(map), place_(context.placeOf(id)) {}

    graph::TensorId id() const { return id_; }
    const graph::Tensor& tensor() const { return tensor_; }
    arch::TypeId type() const { return place_.type; }
    std::uint32_t elementBytes() const { return place_.element.room.imageBytes; }
    std::uint32_t elementBits() const { return place_.element.room.bits; }

    /// Bytes that a piece of so many indices needs at most, wherever it lies.
    std::uint64_t mostBytes(const graph::Extents& extents) const {
        std::uint64_t bytes = elementBytes();
        for (std::size_t axis = 0; axis < map_.axes.size(); ++axis) {
            std::int64_t reach = 1;
            for (std::size_t i = 0; i < extents.size(); ++i) {
                const std::int64_t step = map_.axes[axis].coefficients[i];
                reach += (step < 0 ? -step : step) * (std::int64_t{extents[i]} - 1);
            }
            bytes *= static_cast<std::uint64_t>(std::min<std::int64_t>(reach, tensor_.shape[axis]));
        }
        return bytes;
    }

    /// The box of its tensor that a piece needs: begin and extents by axis.
    Piece boxOfPiece(const Piece& piece) const {
        Piece box;
        for (std::size_t axis = 0; axis < map_.axes.size(); ++axis) {
            const Range range = rangeOf(map_.axes[axis], piece, tensor_.shape[axis]);
            box.begin.push_back(static_cast<std::uint32_t>(range.begin));
            box.extents.push_back(static_cast<std::uint32_t>(range.end - range.begin));
        }
        return box;
    }

    TensorBox tensorBox(const Piece& piece) const {
        const Piece box = boxOfPiece(piece);
        return boxOf(tensor_, id_, box.begin, box.extents);
    }

    /// What the operand depends on in time.
    std::string key() const {
        std::string text = fmt::format("{} {} {}", elementBytes(), elementBits(),
                                       fmt::join(tensor_.strides(), ","));
        for (std::size_t axis = 0; axis < map_.axes.size(); ++axis) {
            text += fmt::format("|{} {} {}", tensor_.shape[axis], map_.axes[axis].offset,
                                fmt::join(map_.axes[axis].coefficients, ","));
        }
        return text;
    }

    /// Elements of a piece's box that pieces before it have as well, in a pass over the space.
    std::uint64_t haloOf(const Piece& piece, const graph::Extents& step) const {
        const Piece box = boxOfPiece(piece);
        std::uint64_t fresh = 1;
        for (std::size_t axis = 0; axis < map_.axes.size(); ++axis) {
            const std::uint32_t begin = box.begin[axis];
            const auto seen = std::max<std::int64_t>(0, seenUpTo(axis, piece, step) - begin);
            fresh *= static_cast<std::uint64_t>(
                std::max<std::int64_t>(0, std::int64_t{box.extents[axis]} - seen));
        }
        return graph::elementsOf(box.extents) - fresh;
    }

    numeric::OperandView viewOf(const Piece& piece, const numeric::VectorSpace& space,
                                const Piece& box, std::uint32_t address) const {
        graph::OperandMap map = map_;
        for (graph::AxisMap& axis : map.axes) {
            for (std::size_t i = 0; i < piece.begin.size(); ++i) {
                axis.offset += axis.coefficients[i] * piece.begin[i];
            }
        }
        return inBytes(graph::viewOf(map, tensor_, space, box.begin, box.extents), address,
                       elementBytes());
    }

private:
    /// One past the last coordinate of the pieces that come before along one axis of the space.
    std::int64_t seenUpTo(std::size_t axis, const Piece& piece, const graph::Extents& step) const {
        std::int64_t seen = 0;
        for (std::size_t i = 0; i < step.size(); ++i) {
            if (map_.axes[axis].coefficients[i] <= 0 || piece.begin[i] == 0) continue;
            Piece before = piece;
            before.begin[i] -= step[i];
            before.extents[i] = step[i];
            seen = std::max(seen, rangeOf(map_.axes[axis], before, tensor_.shape[axis]).end);
        }
        return seen;
    }

    graph::TensorId id_;
    const graph::Tensor& tensor_;
    const graph::OperandMap& map_;
    const TensorPlace& place_;
};

class VectorPieces final : public LoweredPieces {
public:
    VectorPieces(const LoweringContext& context, const graph::Node& node)
        : node_(node),
          work_(std::get<graph::VectorWork>(node.work)),
          unit_(context.machine.vectorUnit),
          program_(programOf(context, node)),
          wordBytes_(wholeWords(context, 1)) {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            operands_.emplace_back(context, node.inputs[i], work_.operands.at(i));
        }
        operands_.emplace_back(context, node.output, work_.operands.back());
        buffers_.resize(operands_.size());
    }

    const graph::Extents& space() const override { return work_.space.extents; }
    /// An output depends on all indices of a reduced axis.
    bool mayCut(std::size_t axis) const override { return !work_.space.reduced[axis]; }
    std::size_t inputs() const override { return operands_.size() - 1; }

    std::uint64_t bytes(const graph::Extents& extents) const override {
        std::uint64_t bytes = 0;
        for (const Operand& operand : operands_) bytes += 2 * bufferBytes(operand, extents);
        return bytes;
    }
    bool sameInput(std::size_t input, const Piece& left, const Piece& right) const override {
        const Piece a = operands_[input].boxOfPiece(left);
        const Piece b = operands_[input].boxOfPiece(right);
        return a.begin == b.begin && a.extents == b.extents;
    }
    arch::Runs loadOf(std::size_t input, const Piece& piece) const override {
        return runsOf(operands_[input].tensorBox(piece), operands_[input].elementBits());
    }
    arch::Runs storeOf(const Piece& piece) const override { return loadOf(inputs(), piece); }
    std::uint32_t storesOf(const Piece& /*piece*/) const override { return 1; }
    std::optional<Cycle> cyclesOf(const Piece& piece) const override {
        const auto [known, isNew] = cycles_.try_emplace(piece.extents);
        if (isNew) {
            const std::vector<std::uint8_t> halves(operands_.size(), 0);
            const arch::VectorCommand all =
                command({.piece = piece, .loads = {}, .halves = halves});
            known->second = arch::vectorCycles(unit_, *all.program, all.space);
        }
        return known->second;
    }
    std::string key() const override {
        const Piece whole{graph::Extents(space().size(), 0), space()};
        std::string text = fmt::format("{}|{}", fmt::join(space(), ","), *cyclesOf(whole));
        for (const Operand& operand : operands_) text += "/" + operand.key();
        return text;
    }

    void placeBuffers(const graph::Extents& extents, std::uint64_t /*bytes*/) override {
        std::uint32_t address = 0;
        for (std::size_t i = 0; i < operands_.size(); ++i) {
            const auto bytes = static_cast<std::uint32_t>(bufferBytes(operands_[i], extents));
            buffers_[i] = {address, bytes};
            address += 2 * bytes;
        }
        extents_ = extents;
    }

    void emit(LoweringContext& context, const arch::PieceStep& step) const override {
        std::vector<Access> accesses;
        for (std::size_t i = 0; i < operands_.size(); ++i) {
            const Operand& operand = operands_[i];
            const bool isResult = i == inputs();
            if (!isResult && step.loads[i]) {
                emitLoad(context, operand.tensorBox(step.piece), bufferOf(i, step),
                         operand.haloOf(step.piece, extents_));
            }
            accesses.push_back(bufferOf(i, step).access(Memory::Activation, isResult));
        }
        context.builder.emit(command(step), accesses);
        const TensorBox result = operands_.back().tensorBox(step.piece);
        checkDense(step.piece, result);
        emitStore(context, result, bufferOf(inputs(), step));
    }

private:
    std::uint64_t bufferBytes(const Operand& operand, const graph::Extents& extents) const {
        return ceilDivide(operand.mostBytes(extents), wordBytes_) * wordBytes_;
    }

    Buffer bufferOf(std::size_t operand, const arch::PieceStep& step) const {
        const Buffer& first = buffers_[operand];
        return {first.address + step.halves[operand] * first.bytes, first.bytes};
    }

    /// The store takes the whole box, so the command has to write all of it.
    void checkDense(const Piece& piece, const TensorBox& box) const {
        std::uint64_t written = 1;
        for (std::size_t axis = 0; axis < piece.extents.size(); ++axis) {
            const graph::OperandMap& map = work_.operands.back();
            const bool moves =
                std::any_of(map.axes.begin(), map.axes.end(),
                            [&](const graph::AxisMap& of) { return of.coefficients[axis] != 0; });
            written *= moves ? piece.extents[axis] : 1;
        }
        SYSTOLE_CHECK(written == box.elements(), "'{}' writes {} elements of a box of {}",
                      node_.name, written, box.elements());
    }

    arch::VectorCommand command(const arch::PieceStep& step) const {
        arch::VectorCommand command{.program = program_.program,
                                    .space = {step.piece.extents, work_.space.reduced},
                                    .operands = {},
                                    .formats = program_.formats};
        for (const graph::CodeOperand& code : program_.operands) {
            const std::size_t index = indexOf(code);
            const Operand& operand = operands_[index];
            command.operands.push_back(
                {.memory = arch::OperandMemory::Activation,
                 .view = operand.viewOf(step.piece, command.space, operand.boxOfPiece(step.piece),
                                        bufferOf(index, step).address),
                 .type = operand.type()});
        }
        mergeAxes(command);
        return command;
    }

    std::size_t indexOf(const graph::CodeOperand& operand) const {
        if (operand.source == graph::CodeOperand::Source::Output) return inputs();
        SYSTOLE_CHECK(operand.source == graph::CodeOperand::Source::Tensor,
                      "vector work '{}' reads sums", node_.name);
        return operand.input;
    }

    const graph::Node& node_;
    const graph::VectorWork& work_;
    const arch::VectorUnitConfig& unit_;
    LayerProgram program_;
    std::uint64_t wordBytes_;
    std::vector<Operand> operands_;  ///< the inputs, then the output
    std::vector<Buffer> buffers_;    ///< of each the first one; the second one lies behind it
    graph::Extents extents_;         ///< of the pieces
    mutable std::map<graph::Extents, Cycle> cycles_;
};

}  // namespace

std::unique_ptr<LoweredPieces> vectorPieces(const LoweringContext& context,
                                            const graph::Node& node) {
    return std::make_unique<VectorPieces>(context, node);
}

}  // namespace systole::sim
