// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/node_scaling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/check.hpp"

namespace systole::cost {

namespace {

template <std::size_t kSize>
double polynomial(const std::array<double, kSize>& coefficients, double x) {
    double value = 0;
    for (const double coefficient : coefficients) {
        value = value * x + coefficient;
    }
    return value;
}

std::string nameOf(const OperatingPoint& point) {
    return fmt::format("{:g} nm {}", point.nanometres, nameOf(point.family));
}

/// The value of a polynomial that stands for something positive.
template <std::size_t kSize>
double positive(const std::array<double, kSize>& coefficients, const OperatingPoint& point,
                const char* quantity) {
    const double value = polynomial(coefficients, point.volts);
    if (!(point.volts > 0 && value > 0)) {
        throw ScalingError(fmt::format(
            "{:g} V is out of range for {}: its polynomial gives a {} of {:.4g}, expected a supply "
            "voltage at which it is positive",
            point.volts, nameOf(point), quantity, value));
    }
    return value;
}

double pitchProduct(const ProcessNode& node) {
    return node.contactedPolyPitchNanometres * node.metalPitchNanometres;
}

}  // namespace

const char* nameOf(DeviceFamily family) {
    switch (family) {
        case DeviceFamily::HighPerformance:
            return "high_performance";
        case DeviceFamily::LowPower:
            return "low_power";
        case DeviceFamily::Bulk:
            return "bulk";
    }
    SYSTOLE_CHECK(false, "device family {}", static_cast<int>(family));
}

NodeScaling::NodeScaling(std::vector<ProcessNode> nodes, std::string source, std::string areaSource)
    : nodes_(std::move(nodes)), source_(std::move(source)), areaSource_(std::move(areaSource)) {}

const ProcessNode& NodeScaling::nodeOf(const OperatingPoint& point) const {
    const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](const ProcessNode& node) {
        return node.nanometres == point.nanometres && node.family == point.family;
    });
    if (found == nodes_.end()) {
        std::string known;
        for (const ProcessNode& node : nodes_) {
            known += fmt::format("{}{:g} nm {}", known.empty() ? "" : ", ", node.nanometres,
                                 cost::nameOf(node.family));
        }
        throw ScalingError(
            fmt::format("no polynomials of {}, expected one of: {}", nameOf(point), known));
    }
    return *found;
}

ScalingFactors NodeScaling::factors(const OperatingPoint& from, const OperatingPoint& to) const {
    if (from.family != to.family && from.family != DeviceFamily::Bulk &&
        to.family != DeviceFamily::Bulk) {
        throw ScalingError(fmt::format("scaling {} to {} mixes device families, expected one",
                                       nameOf(from), nameOf(to)));
    }
    const ProcessNode& source = nodeOf(from);
    const ProcessNode& target = nodeOf(to);
    return {
        .delay = positive(target.delay, to, "delay") / positive(source.delay, from, "delay"),
        .energy = positive(target.energy, to, "energy") / positive(source.energy, from, "energy"),
        .area = pitchProduct(target) / pitchProduct(source)};
}

}  // namespace systole::cost
