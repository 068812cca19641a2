// SPDX-License-Identifier: Apache-2.0
#include "sim/config/energy_reader.hpp"

namespace systole::sim {
namespace {

arch::OperandSampling readSampling(const Section& section) {
    constexpr IntegerRange kCount{1, std::uint64_t{1} << 20};
    arch::OperandSampling sampling;
    sampling.folds = section.at("folds", sampling.folds).integer<std::uint32_t>(kCount);
    sampling.elements = section.at("elements", sampling.elements).integer<std::uint32_t>(kCount);
    sampling.steps = section.at("steps", sampling.steps).integer<std::uint32_t>(kCount);
    sampling.seed = section.at("seed", sampling.seed).integer();
    return sampling;
}

}  // namespace

EnergyConfig readEnergy(const Section& section) {
    EnergyConfig energy;
    cost::EnergyOptions& options = energy.options;
    const char* activity =
        cost::kActivitySourceNames.at(static_cast<std::size_t>(options.activity));
    options.activity = static_cast<cost::ActivitySource>(
        section.at("activity", activity)
            .choose({cost::kActivitySourceNames.begin(), cost::kActivitySourceNames.end()}));
    options.flatToggleRate = section.at("flat_toggle_rate", options.flatToggleRate).real({0, 1});
    options.zeroGating = section.at("zero_gating", options.zeroGating).boolean();
    options.clockGating = section.at("clock_gating", options.clockGating).boolean();
    options.temperatureKelvin =
        section.at("temperature_kelvin", options.temperatureKelvin).real({200, 450});
    options.floatAdder = section.at("float_adder", "flush")
                             .oneOf<cost::FloatAdder>({{"flush", cost::FloatAdder::Flush},
                                                       {"gradual", cost::FloatAdder::Gradual}});
    const Value sampling = section.at("sampling", Default::section());
    if (!sampling.isScalar()) {
        energy.sampling = readSampling(sampling.section());
    } else if (sampling.choose({"none"}) == 0) {
        energy.sampling.reset();
        if (section.clean() && options.activity != cost::ActivitySource::Flat) {
            sampling.fail(
                "none leaves no activity to count with, expected activity: flat beside it");
        }
    }
    if (energy.sampling) {
        energy.sampling->randomOperands = energy.options.activity == cost::ActivitySource::Random;
    }
    return energy;
}

}  // namespace systole::sim
