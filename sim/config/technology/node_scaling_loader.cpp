// SPDX-License-Identifier: Apache-2.0
#include "sim/config/technology/node_scaling_loader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/config_error.hpp"

namespace systole::sim {

namespace {

using cost::DeviceFamily;
using cost::ProcessNode;

/// The coefficients of polynomials have both signs.
constexpr RealRange kCoefficient{-1e6, 1e6};
constexpr RealRange kNanometres{1, 10'000};

template <std::size_t kSize>
std::array<double, kSize> readPolynomial(const Value& value) {
    std::array<double, kSize> coefficients{};
    const std::vector<Value> items = value.list({kSize, kSize});
    for (std::size_t i = 0; i < std::min(kSize, items.size()); ++i) {
        coefficients[i] = items[i].real(kCoefficient);
    }
    return coefficients;
}

ProcessNode readNode(const Section& section) {
    ProcessNode node;
    node.nanometres = section.at("nm").real(kNanometres);
    node.family = section.at("family").oneOf<DeviceFamily>(
        {{nameOf(DeviceFamily::Bulk), DeviceFamily::Bulk},
         {nameOf(DeviceFamily::HighPerformance), DeviceFamily::HighPerformance},
         {nameOf(DeviceFamily::LowPower), DeviceFamily::LowPower}});
    node.delay = readPolynomial<4>(section.at("delay"));
    node.energy = readPolynomial<3>(section.at("energy"));
    node.contactedPolyPitchNanometres = section.at("contacted_poly_pitch_nm").real(kNanometres);
    node.metalPitchNanometres = section.at("metal_pitch_nm").real(kNanometres);
    return node;
}

cost::NodeScaling readNodeScaling(const Section& root) {
    const std::string source = root.at("source").name();
    const std::string areaSource = root.at("area_source").name();
    std::vector<ProcessNode> nodes;
    for (const Value& item : root.at("nodes").list({1, 1000})) {
        const Section section = item.section();
        const ProcessNode node = readNode(section);
        const bool isKnown = std::any_of(nodes.begin(), nodes.end(), [&](const ProcessNode& other) {
            return other.nanometres == node.nanometres && other.family == node.family;
        });
        if (section.clean() && isKnown) {
            item.fail(fmt::format("{:g} nm {} is there twice, expected every node once",
                                  node.nanometres, nameOf(node.family)));
        }
        nodes.push_back(node);
    }
    return {std::move(nodes), source, areaSource};
}

}  // namespace

cost::NodeScaling loadNodeScaling(const std::filesystem::path& file, const Overrides& overrides) {
    return readConfig(file, overrides, readNodeScaling, {"node_scaling"});
}

cost::ScalingFactors requireScaling(const cost::NodeScaling& scaling,
                                    const cost::OperatingPoint& from,
                                    const cost::OperatingPoint& to) {
    try {
        return scaling.factors(from, to);
    } catch (const cost::ScalingError& error) {
        throw ConfigError(error.what());
    }
}

}  // namespace systole::sim
