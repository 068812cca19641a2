// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "sim/graph/works.hpp"
#include "sim/operators/onnx_window.hpp"
#include "sim/operators/operators.hpp"
#include "sim/operators/programs.hpp"

namespace systole::operators {

namespace {

enum class Pool : std::uint8_t { Average, Maximum };

/// ONNX, ceil_mode: a last window that fits only in part counts as well. It is the window of a
/// longer pad. An average over taps outside of the pads that the node asks for would have to leave
/// these out of its count, while `countsPads` counts the whole kernel.
void roundUp(const OnnxNode& node, const Extents& sizes, WindowAxes& window, bool& countsPads) {
    const bool padded = windowOf(window).readsZeros();
    if (!padLastWindow(node, sizes, window)) return;
    if (countsPads && padded) {
        node.fail(
            "has ceil_mode 1, count_include_pad 1 and pads, and its last window goes beyond "
            "them, expected only two of the three");
    }
    countsPads = false;  // without pads the taps inside are all that count
}

/// Whether every tap of every position lies on the image.
bool allTapsAreInside(const WindowAxes& window, const Extents& sizes) {
    for (std::size_t i = 0; i < window.size(); ++i) {
        const auto last = static_cast<std::uint32_t>(window[i].positions(sizes[i]) - 1);
        if (window[i].coordinate(0, 0) < 0 ||
            window[i].coordinate(last, window[i].kernel - 1) >= std::int64_t{sizes[i]}) {
            return false;
        }
    }
    return true;
}

/// Divides by the taps inside the image, which the program counts where they are not all.
numeric::VectorProgram averageOfTaps(std::uint32_t taps, bool countsTaps) {
    if (!countsTaps) return meanProgram(taps);
    ProgramWriter writer;
    const auto x = writer.load();
    const auto sum = writer.reduce(ReduceStep::Kind::Sum, x);
    const auto count = writer.add(numeric::RoundStep{writer.reduce(ReduceStep::Kind::Count, x)});
    return writer.stored(writer.apply("divide", sum, count));
}

OnnxValue addPool(const OnnxNode& node, Build& build, const WindowAxes& window,
                  const Extents& result, const numeric::VectorProgram& program) {
    return build.add(node, "pooling", {build.image(node.image(0))}, result,
                     graph::channelsLast(result.size()), [&](const auto&, const Tensor& output) {
                         return graph::windowed(windowOf(window), output, program);
                     });
}

template <Pool kPool>
OnnxValue convertPool(const OnnxNode& node, Build& build) {
    const std::size_t axes = node.rankOf(0).value_or(4) == 3 ? 1 : 2;
    const auto kernel = node.attempt([&] {
        if (!node.has("kernel_shape")) node.fail("has no kernel_shape, expected one");
        return node.integers("kernel_shape", axes, axes, 1, kLargestTensor, 1);
    });
    const auto steps = readWindowSteps(node, axes);
    const auto countsPads = node.attempt(
        [&] { return kPool == Pool::Average && node.integer("count_include_pad", 0) != 0; });
    const auto roundsUp = node.attempt([&] { return node.integer("ceil_mode", 0) != 0; });
    const Extents& input = node.image(0).shape;
    const Extents sizes = sizesOf(input);
    WindowAxes window = readWindow(node, known(steps), sizes, known(kernel));
    bool countsAll = known(countsPads);
    if (known(roundsUp)) roundUp(node, sizes, window, countsAll);
    const Extents result = windowedShape(node, window, sizes, input[1]);
    for (std::size_t i = 0; i < window.size(); ++i) {
        if (arch::everyPositionSeesTheImage(window[i], sizes[i])) continue;
        node.fail("has windows that lie in the padding alone, expected a pad below the kernel");
    }
    const std::uint32_t taps = windowOf(window).taps();
    const bool countsTaps = !countsAll && !allTapsAreInside(window, sizes);
    return addPool(node, build, window, result,
                   kPool == Pool::Average ? averageOfTaps(taps, countsTaps)
                                          : reduceProgram(ReduceStep::Kind::Maximum));
}

template <Pool kPool>
OnnxValue convertGlobalPool(const OnnxNode& node, Build& build) {
    const OnnxValue& input = node.activation(0);
    const std::size_t rank = input.shape.size();
    if (rank < 3) node.fail("input 0 has fewer than three axes, expected N, C and others");
    Extents result(rank, 1);
    std::copy_n(input.shape.begin(), 2, result.begin());
    const auto count = graph::elementsOf(sizesOf(input.shape));
    const auto program =
        kPool == Pool::Average ? meanProgram(count) : reduceProgram(ReduceStep::Kind::Maximum);
    if (rank <= 4) {
        WindowAxes window;
        for (const std::uint32_t size : sizesOf(input.shape)) window.push_back({.kernel = size});
        return addPool(node, build, window, result, program);
    }
    Axes reduced = graph::naturalOrder(rank);
    reduced.erase(reduced.begin(), reduced.begin() + 2);
    return build.add(node, "pooling", {build.image(input)}, result, graph::channelsLast(rank),
                     [&](const auto& inputs, const Tensor& output) {
                         return graph::reducing(inputs, output, reduced, program);
                     });
}

constexpr std::array kOperators{
    Operator{.name = "AveragePool",
             .attributes = {"auto_pad", "ceil_mode", "count_include_pad", "dilations",
                            "kernel_shape", "pads", "strides"},
             .convert = convertPool<Pool::Average>},
    Operator{.name = "GlobalAveragePool", .convert = convertGlobalPool<Pool::Average>},
    Operator{.name = "GlobalMaxPool", .convert = convertGlobalPool<Pool::Maximum>},
    Operator{.name = "MaxPool",
             .attributes = {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads",
                            "storage_order", "strides"},
             .convert = convertPool<Pool::Maximum>},
};

}  // namespace

std::span<const Operator> poolingOperators() { return kOperators; }

}  // namespace systole::operators
