// SPDX-License-Identifier: Apache-2.0
#include "sim/config/technology/logic_reader.hpp"

#include <array>

namespace systole::sim {
namespace {

using cost::GateFigures;
using cost::LogicTechnology;

constexpr RealRange kNotNegative{0, 1e12};

template <class Row>
void readGateRow(const Section& section, Row& row) {
    for (const cost::CellKind kind : cost::kGateKinds) {
        row[gateIndex(kind)] = section.oneOfMany(nameOf(kind), "gate").real(kNotNegative);
    }
}

cost::FitError readFitError(const Section& section) {
    return {.rms = section.at("rms").real(kNotNegative),
            .largest = section.at("largest").real(kNotNegative)};
}

enum class Presence : std::uint8_t { Optional, Required };

std::optional<cost::FitError> readFitError(const Section& section, const char* quantity,
                                           Presence presence) {
    if (presence == Presence::Required) return readFitError(section.at(quantity).section());
    const auto error = section.find(quantity);
    return error ? std::optional(readFitError(error->section())) : std::nullopt;
}

cost::FitErrors readFitErrors(const Section& section, Presence areaAndDelay, Presence energy) {
    return {.area = readFitError(section, "area", areaAndDelay),
            .delay = readFitError(section, "delay", areaAndDelay),
            .energy = readFitError(section, "energy", energy)};
}

/// What was measured, of one kind of circuit: synthesised for area, and for speed.
cost::ErrorsByGoal readMeasuredErrors(const Section& section) {
    cost::ErrorsByGoal errors;
    errors.area = readFitErrors(section, Presence::Optional, Presence::Optional);
    if (const auto speed = section.find("speed")) {
        errors.speed = readFitErrors(speed->section(), Presence::Optional, Presence::Optional);
    }
    return errors;
}

cost::ErrorsByGoal readMultipliersAlone(const Section& section) {
    const auto alone = section.find("multiplier_alone");
    return alone ? readMeasuredErrors(alone->section()) : cost::ErrorsByGoal{};
}

/// Every technology says the errors of its processing elements.
cost::LogicErrors readErrors(const Section& section, bool hasSpeed) {
    cost::LogicErrors errors;
    errors.fit.elements.area = readFitErrors(section, Presence::Required, Presence::Required);
    if (hasSpeed) {
        errors.fit.elements.speed =
            readFitErrors(section.at("speed").section(), Presence::Required, Presence::Optional);
    }
    errors.fit.multipliersAlone = readMultipliersAlone(section);
    if (const auto recipe = section.find("other_recipe")) {
        const Section other = recipe->section();
        errors.otherRecipe = {.elements = readMeasuredErrors(other),
                              .multipliersAlone = readMultipliersAlone(other)};
    }
    return errors;
}

GateFigures readGates(const Section& section) {
    GateFigures figures;
    const Section area = section.at("gates_um2").section();
    const Section delay = section.at("delay_ns").section();
    const Section energy = section.at("toggles_fj").section();
    for (const cost::Part part : cost::kParts) {
        const auto index = static_cast<std::size_t>(part);
        readGateRow(area.oneOfMany(nameOf(part), "part").section(), figures.squareMicrons[index]);
        readGateRow(delay.oneOfMany(nameOf(part), "part").section(),
                    figures.nanoseconds.gate[index]);
        const Section toggles = energy.oneOfMany(nameOf(part), "part").section();
        figures.settledFemtojoules[index] = toggles.at("settled").real(kNotNegative);
        figures.glitchFemtojoules[index] = toggles.at("glitch").real(kNotNegative);
    }
    figures.outputAndSquareMicrons = area.at("output_and").real(kNotNegative);
    figures.nanoseconds.perFanoutDoubling = delay.at("fanout_doubling").real(kNotNegative);
    figures.registerNanoseconds = delay.at("register").real(kNotNegative);
    return figures;
}

}  // namespace

LogicTechnology readLogic(const Section& section) {
    LogicTechnology logic;
    logic.source = section.at("source").name();
    logic.area = readGates(section.at("area").section("gates"));
    const auto speed = section.find("speed");
    if (speed) logic.speed = readGates(speed->section("gates"));
    const Section flipFlop = section.at("register").section();
    logic.flipFlop = {.squareMicrons = flipFlop.at("area_um2").real(kNotNegative),
                      .clockFemtojoules = flipFlop.at("clock_fj").real(kNotNegative),
                      .toggleFemtojoules = flipFlop.at("toggle_fj").real(kNotNegative)};
    logic.inputFemtojoules = section.at("input_fj").real(kNotNegative);
    const Section leakage = section.at("leakage").section();
    logic.leakageMicrowattsPerSquareMicron = leakage.at("uw_per_um2").real(kNotNegative);
    logic.temperatureKelvin = leakage.at("temperature_kelvin").real({1, 1000});
    logic.kelvinPerLeakageDoubling = leakage.at("kelvin_per_doubling").real({1, 1000});
    logic.errors = readErrors(section.at("error").section(), speed.has_value());
    return logic;
}

}  // namespace systole::sim
