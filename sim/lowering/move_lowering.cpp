// SPDX-License-Identifier: Apache-2.0
// Writes the commands of moves. lowering.cpp calls it. A copy goes from DRAM to DRAM by way of the
// activation scratchpad, where its elements lie in the order of the copy's space: a load gathers
// them, a store scatters them. The space is cut until two buffers fit. What the source has for
// several indices of an axis is loaded once and stored as often.
//
// An example: rows 0, 0, 1, 1, 2, 2 of a tensor (Resize) come from a table. It is one copy without
// a table, of 3 x 2 rows: row i goes to 2 i + j. A load brings three rows, and two stores take
// them to the even rows and to the odd ones.
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

/// How often each entry of a table stands there, if all do so equally often; else 1.
std::uint32_t repeatsOf(const std::vector<std::int64_t>& entries) {
    const auto count = static_cast<std::uint32_t>(entries.size());
    const auto first = static_cast<std::uint32_t>(
        std::find_if(entries.begin(), entries.end(),
                     [&](std::int64_t entry) { return entry != entries.front(); }) -
        entries.begin());
    if (count % first != 0) return 1;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (entries[i] != entries[i - i % first]) return 1;
    }
    return first;
}

/// An axis as two, the inner one of `inner` indices.
void splitAxis(Copy& copy, std::size_t axis, std::uint32_t inner) {
    const auto next = static_cast<std::ptrdiff_t>(axis) + 1;
    copy.space[axis] /= inner;
    copy.space.insert(copy.space.begin() + next, inner);
    for (graph::OperandMap* map : {&copy.source, &copy.target}) {
        for (AxisMap& of : map->axes) {
            of.coefficients.insert(of.coefficients.begin() + next, of.coefficients[axis]);
            of.coefficients[axis] *= inner;
        }
    }
}

/// The entries that a coordinate with a table has along the one axis that it depends on, or its
/// only one.
std::vector<std::int64_t> entriesOf(const AxisMap& map, const graph::Extents& space,
                                    std::optional<std::size_t> axis) {
    std::vector<std::int64_t> entries;
    graph::Extents index(space.size(), 0);
    const std::uint32_t extent = axis ? space[*axis] : 1;
    for (std::uint32_t i = 0; i < extent; ++i) {
        if (axis) index[*axis] = i;
        entries.push_back(map.at(index));
    }
    return entries;
}

/// Puts a straight line in the place of a table: `first`, then `step` more for each index.
void straighten(AxisMap& map, std::optional<std::size_t> axis, std::int64_t first,
                std::int64_t step) {
    map.table.clear();
    std::fill(map.coefficients.begin(), map.coefficients.end(), 0);
    map.offset = first;
    if (axis) map.coefficients[*axis] = step;
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
    const std::optional<std::size_t> axis = axes.empty() ? std::nullopt : std::optional(axes[0]);
    std::vector<std::int64_t> entries = entriesOf(*map, copy.space, axis);
    const std::uint32_t repeats = repeatsOf(entries);
    if (axis && repeats > 1) {
        splitAxis(copy, *axis, repeats);
        map->coefficients[*axis + 1] = 0;
        for (std::size_t i = 0; i * repeats < entries.size(); ++i)
            entries[i] = entries[i * repeats];
        entries.resize(copy.space[*axis]);
    }
    const auto count = static_cast<std::uint32_t>(entries.size());
    for (std::uint32_t begin = 0; begin < count;) {
        const std::uint32_t run = evenRun(entries, begin);
        Copy part = axis ? partOf(copy, *axis, begin, run) : copy;
        straighten(*firstTable(part), axis, entries[begin],
                   run > 1 ? entries[begin + 1] - entries[begin] : 0);
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

/// The indices of a space for which the source has elements of its own: an axis along which it has
/// the same one for all counts once.
graph::Extents loadedOf(const Copy& copy, graph::Extents extents) {
    for (std::size_t i = 0; i < extents.size(); ++i) {
        const bool repeats =
            std::all_of(copy.source.axes.begin(), copy.source.axes.end(),
                        [&](const AxisMap& axis) { return axis.coefficients[i] == 0; });
        if (repeats) extents[i] = 1;
    }
    return extents;
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
            most = std::max(most, bufferOf(copy, pieces_.back()));
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
    /// Bytes of the buffer for a piece.
    std::uint64_t bufferOf(const Copy& copy, const graph::Extents& piece) const {
        return wholeWords(context_, graph::elementsOf(loadedOf(copy, piece)) * bytes_);
    }

    /// Halves the space until two buffers fit, axis by axis.
    graph::Extents pieceOf(const Copy& copy) const {
        const Limit capacity = arch::activationLayout(context_.machine).capacityBytes();
        graph::Extents piece = copy.space;
        const auto needed = [&] { return 2 * bufferOf(copy, piece); };
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
        const graph::Tensor& source = context_.graph.tensors.at(input);
        const graph::Tensor& target = context_.graph.tensors.at(node_.output);
        const graph::Extents loaded = loadedOf(copy, extents);
        emitLoad(context_, boxOf(source, input, copy.source, begin_, loaded), buffer);
        // Once for every index of the axes that were loaded once.
        graph::Extents at = begin_;
        for (;;) {
            emitStore(context_, boxOf(target, node_.output, copy.target, at, loaded), buffer);
            std::size_t axis = at.size();
            const auto next = [&](std::size_t of) {
                return loaded[of] == extents[of] || ++at[of] == begin_[of] + extents[of];
            };
            while (axis > 0 && next(axis - 1)) {
                --axis;
                at[axis] = begin_[axis];
            }
            if (axis == 0) return;
        }
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
