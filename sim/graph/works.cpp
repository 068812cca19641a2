// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/works.hpp"

#include <algorithm>
#include <utility>

#include "models/check.hpp"
#include "sim/graph/program_writer.hpp"

namespace systole::graph {

namespace {

/// Where in the space each axis of the tensor lies that gives the space its axes.
std::vector<std::size_t> placesInSpace(const Tensor& tensor) {
    std::vector<std::size_t> places(tensor.order.size());
    for (std::size_t i = 0; i < tensor.order.size(); ++i) places.at(tensor.order[i]) = i;
    return places;
}

AxisMap axisMap(std::size_t spaceAxes, std::size_t axis, std::int64_t coefficient,
                std::int64_t offset = 0) {
    AxisMap map{std::vector<std::int64_t>(spaceAxes, 0), offset, {}};
    map.coefficients.at(axis) = coefficient;
    return map;
}

AxisMap fixedMap(std::size_t spaceAxes) { return {std::vector<std::int64_t>(spaceAxes, 0), 0, {}}; }

/// The space has the axes of `whole` in its order; a scalar has one axis of one element.
numeric::VectorSpace spaceOf(const Tensor& whole) {
    numeric::VectorSpace space;
    for (const std::uint8_t axis : whole.order) space.extents.push_back(whole.shape.at(axis));
    if (space.extents.empty()) space.extents.push_back(1);
    space.reduced.assign(space.extents.size(), false);
    return space;
}

}  // namespace

OperandMap broadcastMap(const Tensor& operand, const Tensor& output) {
    const std::vector<std::size_t> places = placesInSpace(output);
    const std::size_t axes = std::max<std::size_t>(places.size(), 1);
    SYSTOLE_CHECK(operand.shape.size() <= output.shape.size(), "'{}' has more axes than '{}'",
                  operand.name, output.name);
    const std::size_t missing = output.shape.size() - operand.shape.size();
    OperandMap map;
    for (std::size_t axis = 0; axis < operand.shape.size(); ++axis) {
        const bool same = operand.shape[axis] == output.shape[axis + missing];
        SYSTOLE_CHECK(same || operand.shape[axis] == 1, "'{}' does not broadcast to '{}'",
                      operand.name, output.name);
        map.axes.push_back(same ? axisMap(axes, places[axis + missing], 1) : fixedMap(axes));
    }
    return map;
}

VectorWork elementwise(const std::vector<const Tensor*>& inputs, const Tensor& output,
                       numeric::VectorProgram program) {
    VectorWork work{std::move(program), spaceOf(output), {}};
    for (const Tensor* input : inputs) work.operands.push_back(broadcastMap(*input, output));
    work.operands.push_back(broadcastMap(output, output));
    return work;
}

VectorWork reducing(const std::vector<const Tensor*>& inputs, const Tensor& output,
                    const Axes& reduced, numeric::VectorProgram program) {
    const Tensor& whole = *inputs.at(0);
    const std::vector<std::size_t> places = placesInSpace(whole);
    VectorWork work{std::move(program), spaceOf(whole), {}};
    for (const std::uint8_t axis : reduced) work.space.reduced.at(places.at(axis)) = true;
    for (const Tensor* input : inputs) work.operands.push_back(broadcastMap(*input, whole));
    work.operands.push_back(broadcastMap(output, whole));
    return work;
}

VectorWork windowed(const arch::Window& window, const Tensor& output,
                    numeric::VectorProgram program) {
    const std::size_t rank = output.shape.size();
    SYSTOLE_CHECK(rank == 3 || rank == 4, "a window makes '{}'", output.name);
    enum : std::size_t { N, Y, X, KernelY, KernelX, C, Count };
    VectorWork work;
    work.program = std::move(program);
    work.space.extents = {output.shape[0],     rank == 4 ? output.shape[2] : 1,
                          output.shape.back(), window.y.kernel,
                          window.x.kernel,     output.shape[1]};
    work.space.reduced = {false, false, false, true, true, false};
    const auto along = [](const arch::WindowAxis& axis, std::size_t position, std::size_t tap) {
        AxisMap map = axisMap(Count, position, axis.stride, -std::int64_t{axis.padBefore});
        map.coefficients.at(tap) = axis.dilation;
        return map;
    };
    OperandMap source{{axisMap(Count, N, 1), axisMap(Count, C, 1)}};
    OperandMap target = source;
    if (rank == 4) {
        source.axes.push_back(along(window.y, Y, KernelY));
        target.axes.push_back(axisMap(Count, Y, 1));
    }
    source.axes.push_back(along(window.x, X, KernelX));
    target.axes.push_back(axisMap(Count, X, 1));
    work.operands = {std::move(source), std::move(target)};
    return work;
}

Copy boxCopy(std::uint32_t input, const Tensor& source, const Extents& begin) {
    Copy copy{input, {}, broadcastMap(source, source), broadcastMap(source, source)};
    for (const std::uint8_t axis : source.order) copy.space.push_back(source.shape.at(axis));
    if (copy.space.empty()) copy.space.push_back(1);
    for (std::size_t axis = 0; axis < begin.size(); ++axis) {
        copy.target.axes.at(axis).offset = begin[axis];
    }
    return copy;
}

numeric::VectorProgram identityProgram() {
    ProgramWriter writer;
    return writer.stored(writer.load());
}

ImageAxes imageAxes(std::size_t rank) {
    SYSTOLE_CHECK(rank >= 2 && rank <= 4, "an image of rank {}", rank);
    ImageAxes axes{.batch = {0}, .y = {}, .x = {}, .channel = {1}};
    if (rank == 4) axes.y = {2};
    if (rank >= 3) axes.x = {static_cast<std::uint8_t>(rank - 1)};
    return axes;
}

}  // namespace systole::graph
