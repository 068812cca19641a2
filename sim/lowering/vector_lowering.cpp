// SPDX-License-Identifier: Apache-2.0
// Writes the commands of vector work. lowering.cpp calls it. The axes of the space that are not
// reduced are cut until the part of every operand fits the activation scratchpad; there is no
// search. Each piece has a load of every operand, the command itself and a store. Every operand and
// the result have two buffers, which take turns. What the piece before has loaded is not loaded
// again.
//
// An example: a ReLU over 8 rows of 16 codes, with a scratchpad of 128 bytes. Two buffers in and
// two out leave 32 bytes for each, which is two rows. The 4 pieces read at addresses 0, 32, 0, 32
// and write at 64, 96, 64, 96.
#include <algorithm>
#include <optional>

#include "arch/memory/scratchpad_ports.hpp"
#include "models/check.hpp"
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

/// A part of a space.
struct Piece {
    graph::Extents begin;
    graph::Extents extents;
};

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

/// The two buffers of an operand, and what was loaded into the last one.
struct Turns {
    Buffer buffer;  ///< the first one; the second one lies behind it
    std::uint32_t turn = 1;
    std::optional<TensorBox> held{};

    Buffer next() {
        turn ^= 1U;
        return current();
    }
    Buffer current() const { return {buffer.address + turn * buffer.bytes, buffer.bytes}; }
};

/// Chooses the size of the pieces, then writes their commands, the last axis fastest.
class VectorLowering final : public LayerEmitter {
public:
    VectorLowering(LoweringContext& context, const graph::Node& node)
        : context_(context),
          node_(node),
          work_(std::get<graph::VectorWork>(node.work)),
          program_(programOf(context, node)),
          piece_(work_.space.extents),
          begin_(piece_.size(), 0) {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            operands_.emplace_back(context, node.inputs[i], work_.operands.at(i));
        }
        operands_.emplace_back(context, node.output, work_.operands.back());
        choosePiece();
        placeBuffers();
        needActivations(context, bytesNeeded());
    }

    bool emitNext() override {
        if (done_) return false;
        emitPiece();
        std::size_t axis = piece_.size();
        while (axis > 0 && (begin_[axis - 1] += piece_[axis - 1]) >= extentOf(axis - 1)) {
            begin_[--axis] = 0;
        }
        done_ = axis == 0;
        return true;
    }

private:
    std::uint32_t extentOf(std::size_t axis) const { return work_.space.extents[axis]; }

    std::uint64_t bufferBytes(const Operand& operand) const {
        return wholeWords(context_, operand.mostBytes(piece_));
    }

    /// The bytes of two buffers for each operand and for the result.
    std::uint64_t bytesNeeded() const {
        std::uint64_t bytes = 0;
        for (const Operand& operand : operands_) bytes += 2 * bufferBytes(operand);
        return bytes;
    }

    /// Halves the piece until it fits, axis by axis. Reduced axes are not cut: an output depends on
    /// all their indices.
    void choosePiece() {
        const Limit capacity = arch::activationLayout(context_.machine).capacityBytes();
        while (capacity && bytesNeeded() > *capacity) {
            std::size_t axis = 0;
            while (axis < piece_.size() && (piece_[axis] == 1 || work_.space.reduced[axis])) {
                ++axis;
            }
            if (axis == piece_.size()) failToFit(context_, node_, bytesNeeded());
            piece_[axis] = (piece_[axis] + 1) / 2;
        }
    }

    void placeBuffers() {
        std::uint64_t address = 0;
        for (const Operand& operand : operands_) {
            const auto bytes = static_cast<std::uint32_t>(bufferBytes(operand));
            turns_.push_back({{static_cast<std::uint32_t>(address), bytes}});
            address += 2 * std::uint64_t{bytes};
        }
    }

    Piece pieceHere() const {
        Piece piece{begin_, piece_};
        for (std::size_t axis = 0; axis < piece_.size(); ++axis) {
            piece.extents[axis] = std::min(piece_[axis], extentOf(axis) - begin_[axis]);
        }
        return piece;
    }

    void emitPiece() {
        const Piece piece = pieceHere();
        for (std::size_t i = 0; i + 1 < operands_.size(); ++i) load(i, piece);
        turns_.back().next();
        std::vector<Access> accesses;
        for (std::size_t i = 0; i < operands_.size(); ++i) {
            const bool isResult = i + 1 == operands_.size();
            accesses.push_back(turns_[i].current().access(Memory::Activation, isResult));
        }
        context_.builder.emit(command(piece), accesses);
        const Piece box = operands_.back().boxOfPiece(piece);
        checkDense(piece, box);
        emitStore(context_,
                  boxOf(operands_.back().tensor(), operands_.back().id(), box.begin, box.extents),
                  turns_.back().current());
    }

    void load(std::size_t index, const Piece& piece) {
        const Operand& operand = operands_[index];
        Turns& turns = turns_[index];
        const Piece part = operand.boxOfPiece(piece);
        TensorBox box = boxOf(operand.tensor(), operand.id(), part.begin, part.extents);
        if (turns.held == box) return;
        emitLoad(context_, box, turns.next(), operand.haloOf(piece, piece_));
        turns.held = std::move(box);
    }

    /// The store takes the whole box, so the command has to write all of it.
    void checkDense(const Piece& piece, const Piece& box) const {
        std::uint64_t written = 1;
        for (std::size_t axis = 0; axis < piece.extents.size(); ++axis) {
            const graph::OperandMap& map = work_.operands.back();
            const bool moves =
                std::any_of(map.axes.begin(), map.axes.end(),
                            [&](const graph::AxisMap& of) { return of.coefficients[axis] != 0; });
            written *= moves ? piece.extents[axis] : 1;
        }
        SYSTOLE_CHECK(written == graph::elementsOf(box.extents),
                      "'{}' writes {} elements of a box of {}", node_.name, written,
                      graph::elementsOf(box.extents));
    }

    arch::VectorCommand command(const Piece& piece) const {
        arch::VectorCommand command{.program = program_.program,
                                    .space = {piece.extents, work_.space.reduced},
                                    .operands = {},
                                    .formats = program_.formats};
        for (const graph::CodeOperand& code : program_.operands) {
            const std::size_t index = indexOf(code);
            const Operand& operand = operands_[index];
            command.operands.push_back(
                {.memory = arch::OperandMemory::Activation,
                 .view = operand.viewOf(piece, command.space, operand.boxOfPiece(piece),
                                        turns_[index].current().address),
                 .type = operand.type()});
        }
        mergeAxes(command);
        return command;
    }

    std::size_t indexOf(const graph::CodeOperand& operand) const {
        if (operand.source == graph::CodeOperand::Source::Output) return operands_.size() - 1;
        SYSTOLE_CHECK(operand.source == graph::CodeOperand::Source::Tensor,
                      "vector work '{}' reads sums", node_.name);
        return operand.input;
    }

    LoweringContext& context_;
    const graph::Node& node_;
    const graph::VectorWork& work_;
    LayerProgram program_;
    std::vector<Operand> operands_;  ///< the inputs, then the output
    std::vector<Turns> turns_;       ///< of each
    graph::Extents piece_;           ///< of the space
    graph::Extents begin_;           ///< of the next piece
    bool done_ = false;
};

}  // namespace

std::unique_ptr<LayerEmitter> emitVectorWork(LoweringContext& context, const graph::Node& node) {
    return std::make_unique<VectorLowering>(context, node);
}

}  // namespace systole::sim
