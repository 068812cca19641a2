// SPDX-License-Identifier: Apache-2.0
#include "sim/config/energy_reader.hpp"

namespace systole::sim {
namespace {

arch::OperandSampling readSampling(const Section& section) {
    constexpr IntegerRange kCount{1, std::uint64_t{1} << 20};
    arch::OperandSampling sampling;
    if (const auto folds = section.find("folds")) {
        sampling.folds = folds->integer<std::uint32_t>(kCount);
    }
    if (const auto elements = section.find("elements")) {
        sampling.elements = elements->integer<std::uint32_t>(kCount);
    }
    if (const auto steps = section.find("steps")) {
        sampling.steps = steps->integer<std::uint32_t>(kCount);
    }
    if (const auto seed = section.find("seed")) {
        sampling.seed = seed->integer();
    }
    return sampling;
}

}  // namespace

EnergyConfig readEnergy(const Section& section) {
    EnergyConfig energy;
    if (const auto activity = section.find("activity")) {
        energy.options.activity = static_cast<cost::ActivitySource>(activity->choose(
            {cost::kActivitySourceNames.begin(), cost::kActivitySourceNames.end()}));
    }
    if (const auto rate = section.find("flat_toggle_rate")) {
        energy.options.flatToggleRate = rate->real({0, 1});
    }
    if (const auto gating = section.find("zero_gating")) {
        energy.options.zeroGating = gating->boolean();
    }
    if (const auto gating = section.find("clock_gating")) {
        energy.options.clockGating = gating->boolean();
    }
    if (const auto temperature = section.find("temperature_kelvin")) {
        energy.options.temperatureKelvin = temperature->real({200, 450});
    }
    if (const auto adder = section.find("float_adder")) {
        energy.options.floatAdder = adder->oneOf<cost::FloatAdder>(
            {{"flush", cost::FloatAdder::Flush}, {"gradual", cost::FloatAdder::Gradual}});
    }
    const bool flat = energy.options.activity == cost::ActivitySource::Flat;
    if (const auto sampling = section.find("sampling")) {
        if (!sampling->isScalar()) {
            energy.sampling = readSampling(sampling->section());
        } else if (sampling->choose({"none"}) == 0) {
            energy.sampling.reset();
            if (section.clean() && !flat) {
                sampling->fail(
                    "none leaves no activity to count with, expected activity: flat "
                    "beside it");
            }
        }
    }
    if (energy.sampling) {
        energy.sampling->randomOperands = energy.options.activity == cost::ActivitySource::Random;
    }
    return energy;
}

}  // namespace systole::sim
