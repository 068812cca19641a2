// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "sim/graph/works.hpp"
#include "sim/operators/operators.hpp"
#include "sim/operators/shapes.hpp"

namespace systole::operators {

namespace {

/// One axis: so many elements become so many.
struct ResizedAxis {
    double from = 1;
    double to = 1;
    double scale = 1;
};

/// Where element `to` of the result lies among those of the input (ONNX, Resize,
/// coordinate_transformation_mode).
using Coordinate = double (*)(double to, const ResizedAxis& axis);
/// The element next to a coordinate (nearest_mode).
using Nearest = double (*)(double coordinate);

template <typename Way>
struct NamedWay {
    std::string_view name;
    Way way;
};

double halfPixel(double to, const ResizedAxis& axis) { return (to + 0.5) / axis.scale - 0.5; }

constexpr std::array kCoordinates{
    NamedWay<Coordinate>{"align_corners",
                         [](double to, const ResizedAxis& axis) {
                             return axis.to == 1 ? 0 : to * (axis.from - 1) / (axis.to - 1);
                         }},
    NamedWay<Coordinate>{"asymmetric",
                         [](double to, const ResizedAxis& axis) { return to / axis.scale; }},
    NamedWay<Coordinate>{"half_pixel", halfPixel},
    NamedWay<Coordinate>{
        "pytorch_half_pixel",
        [](double to, const ResizedAxis& axis) { return axis.to == 1 ? 0 : halfPixel(to, axis); }},
};
constexpr std::array kNearest{
    NamedWay<Nearest>{"ceil", [](double at) { return std::ceil(at); }},
    NamedWay<Nearest>{"floor", [](double at) { return std::floor(at); }},
    NamedWay<Nearest>{"round_prefer_ceil", [](double at) { return std::floor(at + 0.5); }},
    NamedWay<Nearest>{"round_prefer_floor", [](double at) { return std::ceil(at - 0.5); }},
};

template <typename Ways>
auto wayOf(const OnnxNode& node, const char* attribute, const Ways& ways,
           const std::string& otherwise) {
    const std::string name = node.text(attribute, otherwise);
    std::vector<std::string_view> names;
    for (const auto& each : ways) {
        if (each.name == name) return each.way;
        names.push_back(each.name);
    }
    node.fail(
        fmt::format("has {} '{}', expected one of {}", attribute, name, fmt::join(names, ", ")));
}

void expectText(const OnnxNode& node, const char* attribute, const char* expected) {
    node.attempt([&] {
        const std::string text = node.text(attribute, expected);
        if (text != expected) {
            node.fail(fmt::format("has {} '{}', expected '{}'", attribute, text, expected));
        }
    });
}

constexpr std::int64_t kFirstWithRegion = 11;

/// Scales or sizes of the axes that they are given for; others stay.
std::vector<ResizedAxis> resizedAxes(const OnnxNode& node, const Extents& shape) {
    const int scales = node.opset() < kFirstWithRegion ? 1 : 2;
    Sizes which(shape.size());
    std::iota(which.begin(), which.end(), 0);
    which = node.numbers("axes", -1).value_or(which);
    const bool hasSizes = node.hasInput(3);
    const Sizes sizes = hasSizes ? node.numbers("", 3).value_or(Sizes{}) : Sizes{};
    const auto factors = hasSizes ? std::vector<float>() : node.constant(scales).values;
    if ((hasSizes ? sizes.size() : factors.size()) != which.size()) {
        node.fail(fmt::format("has {} sizes or scales, expected {}",
                              hasSizes ? sizes.size() : factors.size(), which.size()));
    }
    std::vector<ResizedAxis> axes;
    for (const std::uint32_t size : shape) {
        axes.push_back({static_cast<double>(size), static_cast<double>(size), 1});
    }
    for (std::size_t i = 0; i < which.size(); ++i) {
        ResizedAxis& axis = axes[node.axis(which[i], shape.size())];
        const double size =
            hasSizes ? static_cast<double>(sizes[i]) : std::floor(axis.from * double{factors[i]});
        if (!(size >= 1 && size <= static_cast<double>(kLargestTensor))) {
            node.fail(fmt::format("makes {} elements of {}, expected 1 to {}", size, axis.from,
                                  kLargestTensor));
        }
        axis.to = size;
        axis.scale = hasSizes ? size / axis.from : double{factors[i]};
    }
    return axes;
}

std::vector<std::uint32_t> tableOf(const ResizedAxis& axis, Coordinate coordinate,
                                   Nearest nearest) {
    std::vector<std::uint32_t> table;
    for (double to = 0; to < axis.to; ++to) {
        const double at = nearest(coordinate(to, axis));
        table.push_back(static_cast<std::uint32_t>(std::clamp(at, 0.0, axis.from - 1)));
    }
    return table;
}

bool isIdentity(const std::vector<std::uint32_t>& table) {
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        if (table[i] != i) return false;
    }
    return true;
}

OnnxValue convertResize(const OnnxNode& node, Build& build) {
    expectText(node, "mode", "nearest");
    expectText(node, "keep_aspect_ratio_policy", "stretch");
    const bool isOld = node.opset() < kFirstWithRegion;
    const auto coordinate = node.attempt([&] {
        return wayOf(node, "coordinate_transformation_mode", kCoordinates,
                     isOld ? "asymmetric" : "half_pixel");
    });
    const auto nearest = node.attempt([&] {
        return wayOf(node, "nearest_mode", kNearest, isOld ? "floor" : "round_prefer_floor");
    });
    const OnnxValue& input = node.activation(0);
    const std::vector<ResizedAxis> axes = resizedAxes(node, input.shape);
    Extents shape;
    for (const ResizedAxis& axis : axes) shape.push_back(static_cast<std::uint32_t>(axis.to));
    node.checked(shape);
    const TensorId tensor = build.tensorOf(input);
    const Axes order = shape.size() == 4 ? graph::channelsLast(4) : build[tensor].order;
    return build.add(node, "resize", {tensor}, shape, order,
                     [&](const auto&, const Tensor& output) {
                         graph::Copy copy = graph::boxCopy(0, output, {});
                         for (std::size_t i = 0; i < axes.size(); ++i) {
                             auto table = tableOf(axes[i], known(coordinate), known(nearest));
                             if (isIdentity(table)) continue;
                             copy.source.axes[i].table = std::move(table);
                         }
                         return graph::MoveWork{{std::move(copy)}};
                     });
}

constexpr std::array kOperators{
    Operator{.name = "Resize",
             .attributes = {"mode", "coordinate_transformation_mode", "nearest_mode", "axes",
                            "keep_aspect_ratio_policy", "cubic_coeff_a", "exclude_outside",
                            "extrapolation_value"},
             .fewestInputs = 2,
             .mostInputs = 4,
             .convert = convertResize,
             .firstOpset = 10},
};

}  // namespace

std::span<const Operator> resizeOperators() { return kOperators; }

}  // namespace systole::operators
