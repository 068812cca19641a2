// SPDX-License-Identifier: Apache-2.0
// Writes the commands of moves. lowering.cpp calls it. A copy goes from DRAM to DRAM by way of the
// activation scratchpad, where its elements lie in the order of the copy's space: a load gathers
// them, a store scatters them. The space is cut until two buffers fit.
//
// An example: rows 0, 0, 1, 1 of a tensor (Resize) come from a table. It is two copies without a
// table: row 0 twice, then row 1 twice, each a load with a stride of 0.
#include <algorithm>
#include <iterator>
#include <optional>

#include "arch/memory/scratchpad_ports.hpp"
#include "models/check.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

using graph::AxisMap;
using graph::Copy;

/// Part of a copy: `extent` indices of an axis, from `begin` on.
Copy partOf(const Copy& copy, std::size_t axis, std::uint32_t begin, std::uint32_t extent) {
    Copy part = copy;
    part.space[axis] = extent;
    for (graph::OperandMap* map : {&part.source, &part.target}) {
        for (AxisMap& of : map->axes) of.offset += of.coefficients[axis] * begin;
    }
    return part;
}

AxisMap* firstTable(Copy& copy) {
    for (graph::OperandMap* map : {&copy.source, &copy.target}) {
        for (AxisMap& axis : map->axes) {
            if (!axis.table.empty()) return &axis;
        }
    }
    return nullptr;
}

/// The axes of the space that a coordinate depends on.
std::vector<std::size_t> axesOf(const AxisMap& map, const graph::Extents& space) {
    std::vector<std::size_t> axes;
    for (std::size_t i = 0; i < space.size(); ++i) {
        if (map.coefficients[i] != 0 && space[i] > 1) axes.push_back(i);
    }
    return axes;
}

/// Indices from `begin` on for which the entries of a table grow by one and the same step.
std::uint32_t evenRun(const std::vector<std::int64_t>& entries, std::uint32_t begin) {
    const auto count = static_cast<std::uint32_t>(entries.size());
    if (begin + 1 == count) return 1;
    const std::int64_t step = entries[begin + 1] - entries[begin];
    std::uint32_t end = begin + 1;
    while (end < count && entries[end] - entries[end - 1] == step) ++end;
    return end - begin;
}

/// The copies that a copy is without tables: neighbours in a table become one copy.
void appendWithoutTables(Copy copy, std::vector<Copy>& copies) {
    AxisMap* map = firstTable(copy);
    if (map == nullptr) {
        copies.push_back(std::move(copy));
        return;
    }
    const std::vector<std::size_t> axes = axesOf(*map, copy.space);
    if (axes.size() > 1) {
        for (std::uint32_t i = 0; i < copy.space[axes[0]]; ++i) {
            appendWithoutTables(partOf(copy, axes[0], i, 1), copies);
        }
        return;
    }
    std::vector<std::int64_t> entries;
    graph::Extents index(copy.space.size(), 0);
    const std::uint32_t extent = axes.empty() ? 1 : copy.space[axes[0]];
    for (std::uint32_t i = 0; i < extent; ++i) {
        if (!axes.empty()) index[axes[0]] = i;
        entries.push_back(map->at(index));
    }
    for (std::uint32_t begin = 0; begin < extent;) {
        const std::uint32_t run = evenRun(entries, begin);
        Copy part = axes.empty() ? copy : partOf(copy, axes[0], begin, run);
        AxisMap& straight = *firstTable(part);
        straight.table.clear();
        std::fill(straight.coefficients.begin(), straight.coefficients.end(), 0);
        straight.offset = entries[begin];
        if (run > 1) straight.coefficients[axes[0]] = entries[begin + 1] - entries[begin];
        appendWithoutTables(std::move(part), copies);
        begin += run;
    }
}

/// The elements of a tensor that a map means, in the order of the space.
TensorBox boxOf(const graph::Tensor& tensor, graph::TensorId id, const graph::OperandMap& map,
                const graph::Extents& begin, const graph::Extents& extents) {
    const std::vector<std::int64_t> strides = tensor.strides();
    TensorBox box{.tensor = id, .origin = 0, .axes = {}};
    for (const std::uint32_t extent : extents) box.axes.push_back({extent, 0});
    for (std::size_t axis = 0; axis < map.axes.size(); ++axis) {
        box.origin += map.axes[axis].at(begin) * strides[axis];
        for (std::size_t i = 0; i < extents.size(); ++i) {
            box.axes[i].stride += map.axes[axis].coefficients[i] * strides[axis];
        }
    }
    return box;
}

class MoveLowering final : public LayerEmitter {
public:
    MoveLowering(LoweringContext& context, const graph::Node& node)
        : context_(context),
          node_(node),
          bytes_(context.placeOf(node.output).element.room.imageBytes) {
        for (const graph::TensorId input : node.inputs) {
            SYSTOLE_CHECK(context.placeOf(input).type == context.placeOf(node.output).type,
                          "move '{}' changes the format", node.name);
        }
        for (const Copy& copy : std::get<graph::MoveWork>(node.work).copies) {
            appendWithoutTables(copy, copies_);
        }
        std::uint64_t most = 0;
        for (const Copy& copy : copies_) {
            pieces_.push_back(pieceOf(copy));
            most = std::max(most, wholeWords(context, graph::elementsOf(pieces_.back()) * bytes_));
        }
        bufferBytes_ = static_cast<std::uint32_t>(most);
        needActivations(context, 2 * most);
    }

    bool emitNext() override {
        if (copy_ == copies_.size()) return false;
        const graph::Extents& space = copies_[copy_].space;
        const graph::Extents& piece = pieces_[copy_];
        if (begin_.empty()) begin_.assign(space.size(), 0);
        emitPiece();
        std::size_t axis = space.size();
        while (axis > 0 && (begin_[axis - 1] += piece[axis - 1]) >= space[axis - 1]) {
            begin_[--axis] = 0;
        }
        if (axis == 0) {
            ++copy_;
            begin_.clear();
        }
        return true;
    }

private:
    /// Halves the space until two buffers fit, axis by axis.
    graph::Extents pieceOf(const Copy& copy) const {
        const Limit capacity = arch::activationLayout(context_.machine).capacityBytes();
        graph::Extents piece = copy.space;
        const auto needed = [&] {
            return 2 * wholeWords(context_, graph::elementsOf(piece) * bytes_);
        };
        while (capacity && needed() > *capacity) {
            const auto axis = std::find_if(piece.begin(), piece.end(),
                                           [](std::uint32_t size) { return size > 1; });
            if (axis == piece.end()) failToFit(context_, node_, needed());
            *axis = (*axis + 1) / 2;
        }
        return piece;
    }

    void emitPiece() {
        const Copy& copy = copies_[copy_];
        graph::Extents extents = pieces_[copy_];
        for (std::size_t axis = 0; axis < extents.size(); ++axis) {
            extents[axis] = std::min(extents[axis], copy.space[axis] - begin_[axis]);
        }
        const Buffer buffer{turn_ * bufferBytes_, bufferBytes_};
        turn_ ^= 1U;
        const graph::TensorId input = node_.inputs.at(copy.input);
        const auto& tensors = context_.graph.tensors;
        emitLoad(context_, boxOf(tensors.at(input), input, copy.source, begin_, extents), buffer);
        emitStore(context_,
                  boxOf(tensors.at(node_.output), node_.output, copy.target, begin_, extents),
                  buffer);
    }

    LoweringContext& context_;
    const graph::Node& node_;
    std::uint32_t bytes_;                 ///< of an element
    std::vector<Copy> copies_;            ///< without tables
    std::vector<graph::Extents> pieces_;  ///< of the space of each
    std::uint32_t bufferBytes_ = 0;
    std::size_t copy_ = 0;
    graph::Extents begin_;  ///< of the next piece
    std::uint32_t turn_ = 0;
};

}  // namespace

std::unique_ptr<LayerEmitter> emitMoveWork(LoweringContext& context, const graph::Node& node) {
    return std::make_unique<MoveLowering>(context, node);
}

}  // namespace systole::sim
