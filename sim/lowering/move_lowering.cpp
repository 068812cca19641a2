// SPDX-License-Identifier: Apache-2.0
// The copies of moves, their pieces and commands; piece_lowering.cpp writes them one after another.
// A copy goes from DRAM to DRAM by way of the activation scratchpad, where its elements lie in the
// order of the copy's space: a load gathers them, a store scatters them. Two buffers take turns.
// What the source has for several indices of an axis is loaded once and stored as often.
//
// An example: rows 0, 0, 1, 1, 2, 2 of a tensor (Resize) come from a table. It is one copy without
// a table, of 3 x 2 rows: row i goes to 2 i + j. A load brings three rows, and two stores take
// them to the even rows and to the odd ones.
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "models/check.hpp"
#include "models/units.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

using arch::Piece;
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

class MovePieces final : public LoweredPieces {
public:
    MovePieces(const LoweringContext& context, const graph::Node& node, Copy copy)
        : copy_(std::move(copy)),
          input_(node.inputs.at(copy_.input)),
          output_(node.output),
          source_(context.graph.tensors.at(input_)),
          target_(context.graph.tensors.at(output_)),
          room_(context.placeOf(output_).element.room),
          wordBytes_(wholeWords(context, 1)) {
        SYSTOLE_CHECK(context.placeOf(input_).type == context.placeOf(output_).type,
                      "move '{}' changes the format", node.name);
    }

    const graph::Extents& space() const override { return copy_.space; }
    bool mayCut(std::size_t /*axis*/) const override { return true; }
    std::size_t inputs() const override { return 1; }
    std::uint64_t bytes(const graph::Extents& extents) const override {
        const std::uint64_t bytes = graph::elementsOf(loadedOf(copy_, extents)) * room_.imageBytes;
        return 2 * ceilDivide(bytes, wordBytes_) * wordBytes_;
    }
    bool sameInput(std::size_t /*input*/, const Piece& left, const Piece& right) const override {
        return sourceBox(left) == sourceBox(right);
    }
    arch::Runs loadOf(std::size_t /*input*/, const Piece& piece) const override {
        return runsOf(sourceBox(piece), room_.bits);
    }
    arch::Runs storeOf(const Piece& piece) const override {
        return runsOf(targetBox(piece.begin, loadedOf(copy_, piece.extents)), room_.bits);
    }
    std::uint32_t storesOf(const Piece& piece) const override {
        return static_cast<std::uint32_t>(graph::elementsOf(piece.extents) /
                                          graph::elementsOf(loadedOf(copy_, piece.extents)));
    }
    std::optional<Cycle> cyclesOf(const Piece& /*piece*/) const override { return std::nullopt; }
    std::string key() const override {
        const Piece whole{graph::Extents(space().size(), 0), space()};
        std::string text =
            fmt::format("{}|{} {}", fmt::join(space(), ","), room_.imageBytes, room_.bits);
        for (const TensorBox& box : {sourceBox(whole), targetBox(whole.begin, whole.extents)}) {
            for (const BoxAxis& axis : box.axes) text += fmt::format(" {}", axis.stride);
            text += fmt::format("/{}", box.origin);
        }
        return text;
    }

    void placeBuffers(const graph::Extents& /*extents*/, std::uint64_t bytes) override {
        bufferBytes_ = static_cast<std::uint32_t>(bytes / 2);
    }

    void emit(LoweringContext& context, const arch::PieceStep& step) const override {
        const Buffer buffer{step.halves[0] * bufferBytes_, bufferBytes_};
        const auto& [begin, extents] = step.piece;
        if (step.loads[0]) emitLoad(context, sourceBox(step.piece), buffer);
        // Once for every index of the axes that were loaded once.
        const graph::Extents loaded = loadedOf(copy_, extents);
        graph::Extents at = begin;
        for (;;) {
            emitStore(context, targetBox(at, loaded), buffer);
            std::size_t axis = at.size();
            while (axis > 0 && (loaded[axis - 1] == extents[axis - 1] ||
                                ++at[axis - 1] == begin[axis - 1] + extents[axis - 1])) {
                --axis;
                at[axis] = begin[axis];
            }
            if (axis == 0) return;
        }
    }

private:
    /// An axis along which the source has the same elements counts as its first index.
    TensorBox sourceBox(const Piece& piece) const {
        return boxOf(source_, input_, copy_.source, piece.begin, loadedOf(copy_, piece.extents));
    }
    TensorBox targetBox(const graph::Extents& begin, const graph::Extents& extents) const {
        return boxOf(target_, output_, copy_.target, begin, extents);
    }

    Copy copy_;
    graph::TensorId input_;
    graph::TensorId output_;
    const graph::Tensor& source_;
    const graph::Tensor& target_;
    memory::ElementRoom room_;
    std::uint64_t wordBytes_;
    std::uint32_t bufferBytes_ = 0;
};

}  // namespace

PieceList movePieces(const LoweringContext& context, const graph::Node& node) {
    std::vector<Copy> copies;
    for (const Copy& copy : std::get<graph::MoveWork>(node.work).copies) {
        appendWithoutTables(copy, copies);
    }
    PieceList pieces;
    for (Copy& copy : copies) {
        pieces.push_back(std::make_unique<MovePieces>(context, node, std::move(copy)));
    }
    return pieces;
}

}  // namespace systole::sim
