// SPDX-License-Identifier: Apache-2.0
// Vector work and moves, piece by piece: their cuts, and their commands in the order of
// arch::PiecePlan. vector_lowering.cpp and move_lowering.cpp know what a piece is.
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "arch/memory/scratchpad_ports.hpp"
#include "sim/base/config_error.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

/// The copies of a move follow each other without a gap: the halves of the buffers go on.
class PieceEmitter final : public LayerEmitter {
public:
    PieceEmitter(LoweringContext& context, PieceList pieces,
                 const std::vector<arch::PieceCut>& cuts, std::uint64_t steps)
        : context_(context), pieces_(std::move(pieces)), cuts_(cuts), steps_(steps) {
        std::uint64_t bytes = 0;
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            bytes = std::max(bytes, pieces_[i]->bytes(cuts_.at(i).extents));
        }
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            pieces_[i]->placeBuffers(cuts_[i].extents, bytes);
        }
        needActivations(context, bytes);
    }

    bool emitNext() override {
        for (; at_ < pieces_.size(); ++at_, plan_.reset()) {
            if (!plan_) {
                plan_.emplace(*pieces_[at_], cuts_[at_], half_);
                left_ = steps_;
            }
            if (left_ == 0) continue;
            if (const auto step = plan_->next()) {
                --left_;
                half_ = step->halves.back() ^ 1U;
                pieces_[at_]->emit(context_, *step);
                return true;
            }
        }
        return false;
    }

private:
    LoweringContext& context_;
    PieceList pieces_;
    std::vector<arch::PieceCut> cuts_;
    std::uint64_t steps_;
    std::size_t at_ = 0;
    std::optional<arch::PiecePlan> plan_;  ///< of pieces_[at_]
    std::uint64_t left_ = 0;               ///< steps of it
    std::uint8_t half_ = 0;
};

[[noreturn]] void failToFit(const LoweringContext& context, const graph::Node& node,
                            const LoweredPieces& pieces) {
    graph::Extents smallest = pieces.space();
    for (std::size_t axis = 0; axis < smallest.size(); ++axis) {
        if (pieces.mayCut(axis)) smallest[axis] = 1;
    }
    throw ConfigError(fmt::format(
        "{}: layer '{}' of '{}' does not fit the machine: its smallest piece needs {} bytes, the "
        "activation scratchpad has {}",
        context.machine.name, node.name, context.graph.name, pieces.bytes(smallest),
        arch::activationLayout(context.machine).capacityBytes().value_or(0)));
}

/// The piece work of a node with this number, alone.
PieceList onlyOf(const LoweringContext& context, const graph::Node& node, std::size_t index) {
    PieceList all = piecesOf(context, node);
    PieceList one;
    one.push_back(std::move(all.at(index)));
    return one;
}

arch::PieceReplay replayOf(const ReplayMachine& machine, const graph::Node& node, std::size_t index,
                           const std::string& key) {
    return [=, &node](const arch::PieceCut& cut, std::uint64_t steps) {
        return replayAlone(
            machine,
            fmt::format("{}|{}|{} {}", key, fmt::join(cut.extents, ","), cut.outermost, steps),
            [&](LoweringContext& context) {
                for (const graph::TensorId input : node.inputs) placeTensor(context, input);
                placeTensor(context, node.output);
                sizeHalves(context);
                return emitPieces(context, onlyOf(context, node, index), {cut}, steps);
            });
    };
}

}  // namespace

PieceList piecesOf(const LoweringContext& context, const graph::Node& node) {
    if (std::holds_alternative<graph::MoveWork>(node.work)) return movePieces(context, node);
    PieceList pieces;
    pieces.push_back(vectorPieces(context, node));
    return pieces;
}

std::unique_ptr<LayerEmitter> emitPieces(LoweringContext& context, PieceList pieces,
                                         const std::vector<arch::PieceCut>& cuts,
                                         std::uint64_t steps) {
    return std::make_unique<PieceEmitter>(context, std::move(pieces), cuts, steps);
}

std::vector<arch::PieceCut> chooseCuts(const LoweringContext& context, const graph::Node& node,
                                       double nextWeights, const LoweringOptions& options,
                                       ReplayMemory& memory) {
    constexpr std::size_t kMostReplayed = 16;  // of the copies of a move; else estimates decide
    // What a cut changes, DRAM and time, is the same on every datapath.
    const arch::ActionEnergies* energies =
        options.energies.empty() ? nullptr : &options.energies.front();
    std::vector<arch::PieceCut> cuts;
    const PieceList pieces = piecesOf(context, node);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        arch::PieceTask task{.nextWeights = i + 1 == pieces.size() ? nextWeights : 0,
                             .energies = energies};
        if (options.accelerator != nullptr && pieces.size() <= kMostReplayed) {
            task.replay =
                replayOf({context.machine, context.graph, energies, *options.accelerator, memory},
                         node, i, pieces[i]->key());
        }
        auto cut = arch::searchPieces(context.machine, *pieces[i], task);
        if (!cut) failToFit(context, node, *pieces[i]);
        cuts.push_back(std::move(*cut));
    }
    return cuts;
}

}  // namespace systole::sim
