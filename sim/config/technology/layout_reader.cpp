// SPDX-License-Identifier: Apache-2.0
#include "sim/config/technology/layout_reader.hpp"

#include <fmt/format.h>

#include <array>

namespace systole::sim {
namespace {

using cost::LayoutCoefficient;
using cost::LayoutTechnology;

constexpr RealRange kShare{0, 100};
constexpr RealRange kDensity{0.01, 1};
constexpr RealRange kPicojoules{0, 1e6};

struct CoefficientKey {
    const char* name;
    LayoutCoefficient LayoutTechnology::*field;
    RealRange range;
};
constexpr std::array kCoefficientKeys{
    CoefficientKey{"placement_density", &LayoutTechnology::placementDensity, kDensity},
    CoefficientKey{"buffers", &LayoutTechnology::buffers, kShare},
    CoefficientKey{"clock_tree_area", &LayoutTechnology::clockTreeArea, kShare},
    CoefficientKey{"clock_tree_energy", &LayoutTechnology::clockTreeEnergy, kShare},
    CoefficientKey{"wire_energy", &LayoutTechnology::wireEnergy, kShare},
    CoefficientKey{"wire_pj_per_bit_mm", &LayoutTechnology::wirePicojoulesPerBitMillimetre,
                   kPicojoules},
    CoefficientKey{"macro_overhead", &LayoutTechnology::macroOverhead, kShare},
    CoefficientKey{"control", &LayoutTechnology::control, kShare},
};

LayoutCoefficient readCoefficient(const Section& section, RealRange range) {
    const LayoutCoefficient coefficient{.value = {.nominal = section.at("value").real(range),
                                                  .low = section.at("low").real(range),
                                                  .high = section.at("high").real(range)},
                                        .source = section.at("source").name()};
    const cost::Estimate& value = coefficient.value;
    if (section.clean() && (value.nominal < value.low || value.nominal > value.high)) {
        section.at("value").fail(fmt::format("{} is not within its band, expected {} to {}",
                                             value.nominal, value.low, value.high));
    }
    return coefficient;
}

}  // namespace

cost::LayoutTechnology readLayout(const Section& section) {
    LayoutTechnology layout;
    layout.source = section.at("source").name();
    for (const CoefficientKey& key : kCoefficientKeys) {
        layout.*key.field =
            readCoefficient(section.oneOfMany(key.name, "coefficient").section(), key.range);
    }
    if (const auto note = section.find("note")) layout.note = note->name();
    return layout;
}

}  // namespace systole::sim
