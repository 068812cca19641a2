// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/graph/graph_builder.hpp"
#include "sim/onnx/onnx_exporter.hpp"

namespace systole::sim {

using graph::Axes;
using graph::AxisMap;
using graph::Copy;
using graph::Extents;
using graph::MoveWork;
using graph::Tensor;

namespace {

constexpr int kNone = -1;
constexpr int kSeveral = -2;

/// The axis of the space that a coordinate runs along.
int axisOf(const AxisMap& map) {
    int found = kNone;
    for (std::size_t axis = 0; axis < map.coefficients.size(); ++axis) {
        if (map.coefficients[axis] == 0) continue;
        found = found == kNone ? static_cast<int>(axis) : kSeveral;
    }
    return found;
}

/// The coordinates that a copy takes along an axis of its source.
std::vector<std::int64_t> indicesOf(const Copy& copy, const AxisMap& map) {
    const int axis = axisOf(map);
    Extents index(copy.space.size(), 0);
    const std::uint32_t count = axis < 0 ? 1 : copy.space[static_cast<std::size_t>(axis)];
    std::vector<std::int64_t> indices;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (axis >= 0) index[static_cast<std::size_t>(axis)] = i;
        indices.push_back(map.at(index));
    }
    return indices;
}

/// Whether these are all coordinates of an axis.
bool areAll(const std::vector<std::int64_t>& indices, std::uint32_t extent) {
    std::vector<std::int64_t> all(extent);
    std::iota(all.begin(), all.end(), std::int64_t{0});
    return indices == all;
}

/// What a copy writes along an axis of its target.
std::uint32_t extentOf(const Copy& copy, const AxisMap& target) {
    const int axis = axisOf(target);
    return axis < 0 ? 1 : copy.space[static_cast<std::size_t>(axis)];
}

}  // namespace

/// Along each axis of the source what the copy takes of it; `shape` becomes that of the result.
std::string OnnxExporter::gathered(const Copy& copy, Extents& shape, const std::string& output) {
    std::string value = nameOf(node_->inputs.at(copy.input));
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const AxisMap& map = copy.source.axes[axis];
        if (axisOf(map) == kSeveral) {
            fail(
                fmt::format("node '{}' mixes axes, expected a slice, a transposition, a "
                            "concatenation or a selection along an axis",
                            node_->name));
        }
        const auto indices = indicesOf(copy, map);
        if (areAll(indices, shape[axis])) continue;
        shape[axis] = static_cast<std::uint32_t>(indices.size());
        const std::string taken = fmt::format("{}/axis{}", output, axis);
        onnx::NodeProto& node =
            builder_.addNode("Gather", taken + "/gather",
                             {value, builder_.addIndices(taken + "/indices", indices)}, taken);
        OnnxBuilder::addInteger(node, "axis", static_cast<std::int64_t>(axis));
        value = taken;
    }
    return value;
}

/// The elements of a copy as a tensor of the target's axes: gathered along each axis of the source,
/// put in the target's order, and repeated along axes that the source does not have.
void OnnxExporter::addCopy(const Copy& copy, const std::string& output) {
    Extents shape = tensor(node_->inputs.at(copy.input)).shape;
    const std::string value = gathered(copy, shape, output);
    std::vector<int> spaceAxes;
    for (const AxisMap& map : copy.source.axes) spaceAxes.push_back(axisOf(map));
    Axes order;
    Extents box;
    Extents found;
    for (const AxisMap& map : copy.target.axes) {
        box.push_back(extentOf(copy, map));
        found.push_back(1);
        const auto source = std::find(spaceAxes.begin(), spaceAxes.end(), axisOf(map));
        if (axisOf(map) < 0 || source == spaceAxes.end()) continue;
        order.push_back(static_cast<std::uint8_t>(source - spaceAxes.begin()));
        found.back() = box.back();
    }
    for (std::uint8_t axis = 0; axis < shape.size(); ++axis) {
        if (std::find(order.begin(), order.end(), axis) == order.end()) order.push_back(axis);
    }
    const std::string transposed = reordered(value, shape, order, output + "/transposed");
    Extents from;
    for (const std::uint8_t axis : order) from.push_back(shape[axis]);
    std::string made = reshaped(transposed, from, found, output + "/shaped");
    if (found != box) {
        const std::vector<std::int64_t> dims(box.begin(), box.end());
        builder_.addNode("Expand", output + "/expand",
                         {made, builder_.addIndices(output + "/extents", dims)},
                         output + "/expanded");
        made = output + "/expanded";
    }
    addIdentity(made, output);
}

void OnnxExporter::addWork(const MoveWork& work) {
    const Tensor& target = tensor(node_->output);
    if (work.copies.size() == 1) {
        addCopy(work.copies.front(), outputName());
        return;
    }
    // Boxes one after another along one axis.
    std::size_t along = target.shape.size();
    for (std::size_t axis = 0; axis < target.shape.size(); ++axis) {
        const auto isPart = [&](const Copy& copy) {
            return extentOf(copy, copy.target.axes[axis]) != target.shape[axis];
        };
        if (std::any_of(work.copies.begin(), work.copies.end(), isPart)) {
            if (along != target.shape.size()) {
                fail(fmt::format("node '{}' puts boxes together along two axes, expected one",
                                 node_->name));
            }
            along = axis;
        }
    }
    std::vector<const Copy*> copies;
    for (const Copy& copy : work.copies) copies.push_back(&copy);
    std::sort(copies.begin(), copies.end(), [&](const Copy* left, const Copy* right) {
        return left->target.axes[along].offset < right->target.axes[along].offset;
    });
    std::vector<std::string> parts;
    for (const Copy* copy : copies) {
        parts.push_back(fmt::format("{}/part{}", outputName(), parts.size()));
        addCopy(*copy, parts.back());
    }
    onnx::NodeProto& node = builder_.addNode("Concat", node_->name, parts, outputName());
    OnnxBuilder::addInteger(node, "axis", static_cast<std::int64_t>(along));
}

}  // namespace systole::sim
