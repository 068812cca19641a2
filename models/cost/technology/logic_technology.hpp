// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "models/cost/netlist/circuit_timing.hpp"
#include "models/cost/netlist/gate_counts.hpp"
#include "models/cost/netlist/netlist.hpp"
#include "models/cost/netlist/words.hpp"
#include "models/cost/technology/fitted_range.hpp"

namespace systole::cost {

/// Gates as a synthesis for one goal maps them. What a gate costs depends on what surrounds it:
/// synthesis merges the gates of a decoder better than those of a carry chain.
struct GateFigures {
    std::array<std::array<double, kGateKindCount>, kPartCount> squareMicrons{};
    double outputAndSquareMicrons = 0;  ///< what an AND that drives an output has more
    GateDelays nanoseconds;
    double registerNanoseconds = 0;  ///< clock to output, and setup
    /// Of a change between settled states, and of one that does not last.
    std::array<double, kPartCount> settledFemtojoules{};
    std::array<double, kPartCount> glitchFemtojoules{};

    double squareMicronsOf(const GateCounts& counts, Part part) const;
};

struct RegisterFigures {
    double squareMicrons = 0;      ///< of a bit
    double clockFemtojoules = 0;   ///< of a bit, every clocked cycle
    double toggleFemtojoules = 0;  ///< of a bit that changes, the wire behind it included
};

/// How far figures are from those of syntheses that the fit has not seen, as shares of 1.
struct FitError {
    double rms = 0;
    double largest = 0;

    /// Of circuits outside of the fit (fitted_range.hpp).
    FitError widened(double factor) const;
};

/// Of one kind of circuit and one goal of synthesis; nothing where nothing was measured.
struct FitErrors {
    std::optional<FitError> area;
    std::optional<FitError> delay;
    std::optional<FitError> energy;
};

struct ErrorsByGoal {
    FitErrors area;  ///< synthesised for the least area
    FitErrors speed;

    const FitErrors& of(Goal goal) const { return goal == Goal::Delay ? speed : area; }
};

/// Errors of circuits that one recipe of synthesis made.
struct CircuitErrors {
    ErrorsByGoal elements;
    ErrorsByGoal multipliersAlone;
};

/// Of the recipe that the fit was made from, and of another one, as a user's synthesis is.
struct LogicErrors {
    CircuitErrors fit;
    CircuitErrors otherRecipe;

    /// Of processing elements, whichever recipe makes them: the larger of both.
    FitErrors ofElements(Goal goal) const;
};

/// Coefficients of logic, fitted to synthesis (analysis/characterize).
struct LogicTechnology {
    GateFigures area;                  ///< synthesised for the least area
    std::optional<GateFigures> speed;  ///< synthesised for the least delay
    RegisterFigures flipFlop;
    double inputFemtojoules = 0;  ///< of an input of a circuit that changes
    double leakageMicrowattsPerSquareMicron = 0;
    double temperatureKelvin = 300;        ///< that leakage is of
    double kelvinPerLeakageDoubling = 10;  ///< leakage doubles every so many kelvin
    LogicErrors errors;
    /// The circuits that `errors` hold of; nothing: of all circuits.
    std::optional<FittedRange> fitted;
    std::string source;

    double leakageWatts(double squareMicrons, double kelvin) const {
        const double doublings = (kelvin - temperatureKelvin) / kelvinPerLeakageDoubling;
        return squareMicrons * leakageMicrowattsPerSquareMicron * 1e-6 *
               static_cast<double>(std::exp2(static_cast<long double>(doublings)));
    }
    const GateFigures& of(Goal goal) const { return goal == Goal::Delay && speed ? *speed : area; }
};

}  // namespace systole::cost
