// SPDX-License-Identifier: Apache-2.0
#include "sim/config/technology/logic_reader.hpp"

#include <fmt/format.h>

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

cost::FitError readFitError(const Value& value) {
    const Section section = value.section("fit_error");
    return {.rms = section.at("rms").real(kNotNegative),
            .largest = section.at("largest").real(kNotNegative)};
}

/// Of one goal of synthesis. Energies were not measured of all.
cost::FitErrors readErrorsOfGoal(const Section& section) {
    cost::FitErrors errors{.area = readFitError(section.at("area")),
                           .delay = readFitError(section.at("delay")),
                           .energy = {}};
    if (const auto energy = section.find("energy")) errors.energy = readFitError(*energy);
    return errors;
}

cost::FitErrors readErrorsForSpeed(const Value& value) {
    return readErrorsOfGoal(value.section("goal_errors"));
}

cost::ErrorsByGoal readErrorsByGoal(const Section& section) {
    cost::ErrorsByGoal errors{.area = readErrorsOfGoal(section), .speed = {}};
    if (const auto speed = section.find("speed")) errors.speed = readErrorsForSpeed(*speed);
    return errors;
}

cost::ErrorsByGoal findMultipliersAlone(const Section& section) {
    const auto alone = section.find("multiplier_alone");
    return alone ? readErrorsByGoal(alone->section("circuit_errors")) : cost::ErrorsByGoal{};
}

cost::LogicErrors readErrors(const Section& section, bool hasSpeed) {
    cost::LogicErrors errors;
    errors.fit.elements.area = {.area = readFitError(section.at("area")),
                                .delay = readFitError(section.at("delay")),
                                .energy = readFitError(section.at("energy"))};
    if (hasSpeed) errors.fit.elements.speed = readErrorsForSpeed(section.at("speed"));
    errors.fit.multipliersAlone = findMultipliersAlone(section);
    if (const auto recipe = section.find("other_recipe")) {
        const Section other = recipe->section();
        errors.otherRecipe = {.elements = readErrorsByGoal(other),
                              .multipliersAlone = findMultipliersAlone(other)};
    }
    return errors;
}

/// The circuits that a fit was made from; the sections' keys are the range's own names.
cost::FittedRange readFittedRange(const Section& section) {
    cost::FittedRange range;
    for (const cost::ShapeKind kind : cost::kShapeKinds) {
        const std::vector<std::string>& words = cost::wordsOf(kind);
        auto& known = range.kinds.at(static_cast<std::size_t>(kind));
        for (const Value& word : section.at(nameOf(kind)).list()) {
            known.push_back(words.at(word.choose(words)));
        }
    }
    constexpr std::uint64_t kMost = 100'000;
    for (const cost::ShapeNumber number : cost::kShapeNumbers) {
        const Value value = section.at(nameOf(number));
        const std::vector<Value> ends = value.list({2, 2});
        if (ends.size() != 2) continue;
        const auto least = ends.front().integer<std::uint32_t>({0, kMost});
        const auto most = ends.back().integer<std::uint32_t>({0, kMost});
        if (least > most) {
            value.fail(
                fmt::format("{} to {} is no range, expected the smaller one first", least, most));
        }
        range.numbers.at(static_cast<std::size_t>(number)) = {static_cast<int>(least),
                                                              static_cast<int>(most)};
    }
    return range;
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
    if (const auto fitted = section.find("fitted")) {
        logic.fitted = readFittedRange(fitted->section());
    }
    return logic;
}

}  // namespace systole::sim
