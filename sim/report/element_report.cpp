// SPDX-License-Identifier: Apache-2.0
#include "sim/report/element_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;
using cost::ElementPart;

constexpr double kPicojoulesPerJoule = 1e12;

double ratio(double value, double reference) { return reference == 0 ? 0 : value / reference; }

/// How many products are drawn (cost::drawnActivity).
std::string drawnText(std::uint32_t weightProducts) {
    const std::string products = fmt::format("{} products", kStimulusSteps - 1);
    if (weightProducts <= cost::kWeightSteps) return products;
    return fmt::format("{} of {} weights: {} of each stand for all of its {}", products,
                       kStimulusSteps / cost::kWeightSteps, cost::kWeightSteps, weightProducts);
}

std::string stimulusText(const ElementReport& element) {
    const char* operands = *element.stimulus == cost::Stimulus::Gaussian
                               ? "Gaussian operands (deviation: a third of the range's end)"
                               : "uniform codes";
    const std::string weight = element.weightProducts == 1
                                   ? "product"
                                   : fmt::format("{} products", element.weightProducts);
    return fmt::format("{}, a new weight every {}{}, {}", operands, weight,
                       element.isMultiplierAlone ? "" : ", fresh sums of 16 products",
                       drawnText(element.weightProducts));
}

/// Figures of energy are null where none was computed.
Json energyJson(const ElementReport& element, double value) {
    return element.stimulus ? Json(value) : Json(nullptr);
}

Json picojoulesJson(const ElementReport& element, double joules) {
    return energyJson(element, joules * kPicojoulesPerJoule);
}

Json errorJson(const cost::FitError& error) {
    return {{"rms", error.rms}, {"largest", error.largest}};
}

Json componentsJson(const ElementReport& element) {
    Json components;
    const double area = element.squareMicrons.total();
    const double energy = element.joulesPerMac.total();
    for (const ElementPart part : cost::kElementParts) {
        components[nameOf(part)] = {
            {"area_um2", element.squareMicrons[part]},
            {"area_share", ratio(element.squareMicrons[part], area)},
            {"energy_pj_per_mac", picojoulesJson(element, element.joulesPerMac[part])},
            {"energy_share", energyJson(element, ratio(element.joulesPerMac[part], energy))}};
    }
    return components;
}

template <class Counts>
Json gateKindsJson(const Counts& counts) {
    Json kinds;
    for (const cost::CellKind kind : cost::kGateKinds) {
        kinds[nameOf(kind)] = counts[gateIndex(kind)];
    }
    return kinds;
}

/// What analysis/fitted_range.py takes the range of a fit from.
Json shapeJson(const cost::CircuitShape& shape) {
    Json json;
    for (const cost::ShapeKind kind : cost::kShapeKinds) json[nameOf(kind)] = shape.of(kind);
    for (const cost::ShapeNumber number : cost::kShapeNumbers) {
        json[nameOf(number)] = shape.of(number);
    }
    return json;
}

/// What the figures are coefficients times: analysis/characterize fits the coefficients to these.
Json circuitJson(const ElementReport& element) {
    Json gates;
    Json toggles;
    for (const cost::Part part : cost::kParts) {
        const auto index = static_cast<std::size_t>(part);
        const auto sum = [](const auto& counts) {
            return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
        };
        gates[nameOf(part)] = gateKindsJson(element.gates.gates[index]);
        gates[nameOf(part)]["output_and"] = element.gates.outputAnds[index];
        const std::uint64_t settled = sum(element.activity.gates.settled[index]);
        toggles[nameOf(part)] = {{"settled", settled},
                                 {"glitch", sum(element.activity.gates.gates[index]) - settled}};
    }
    Json path;
    for (const cost::Part part : cost::kParts) {
        path[nameOf(part)] = gateKindsJson(element.path.gates[static_cast<std::size_t>(part)]);
    }
    path["fanout_doublings"] = element.path.fanoutDoublings;
    return {{"shape", shapeJson(element.shape)},
            {"gates", gates},
            {"flip_flops", element.flipFlops},
            {"critical_path", path},
            {"toggles", toggles},
            {"input_toggles", element.activity.gates.inputs},
            {"register_toggles", element.activity.registerToggles},
            {"clocked_bits", element.activity.clockedBits},
            {"products", element.activity.products}};
}

Json figuresJson(const ElementReport& element) {
    return {{"area_um2", element.squareMicrons.total()},
            {"delay_ns", element.nanoseconds},
            {"energy_pj_per_mac", picojoulesJson(element, element.joulesPerMac.total())},
            {"leakage_uw", element.leakageWatts * 1e6}};
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

/// Of the kind of circuit that is reported: elements or multipliers alone, for its goal.
const cost::FitErrors& errorsOf(const ElementReport& element, const cost::CircuitErrors& errors) {
    return (element.isMultiplierAlone ? errors.multipliersAlone : errors.elements).of(element.goal);
}

/// Of one quantity, wider where the circuit lies outside of the fit.
std::optional<cost::FitError> widened(const std::optional<cost::FitError>& error, double factor) {
    return error ? std::optional(error->widened(factor)) : std::nullopt;
}

cost::FitErrors widenedErrorsOf(const ElementReport& element, const cost::CircuitErrors& ofRecipe) {
    const cost::FitErrors& errors = errorsOf(element, ofRecipe);
    return {.area = widened(errors.area, element.widening.area),
            .delay = widened(errors.delay, element.widening.delay),
            .energy = widened(errors.energy, element.widening.energy)};
}

/// `+-7 % (2.8 % rms)`, `up to 2.7 times (2.6 rms)`.
std::string errorText(const std::optional<cost::FitError>& error) {
    if (!error) return "not known";
    return doubtText(error->largest) + (error->largest < 1
                                            ? fmt::format(" ({:.1f} % rms)", 100 * error->rms)
                                            : fmt::format(" ({:.1f} rms)", 1 + error->rms));
}

/// Energies for speed that nobody measured have the coefficients of the least area.
std::string energyErrorText(const ElementReport& element,
                            const std::optional<cost::FitError>& error) {
    if (error || element.goal == cost::Goal::Area) return errorText(error);
    return fmt::format(
        "not known (an estimate: the circuit for speed with the coefficients of the least area, "
        "whose gates are {:.2f} times as small, so that it may be as much more)",
        element.gateSize);
}

/// Null where no error is known: of what was not measured, and of energies that were not computed.
Json errorsJson(const ElementReport& element, const cost::CircuitErrors& ofRecipe) {
    const cost::FitErrors errors = widenedErrorsOf(element, ofRecipe);
    const auto known = [](const std::optional<cost::FitError>& error) {
        return error ? errorJson(*error) : Json(nullptr);
    };
    return {{"area", known(errors.area)},
            {"delay", known(errors.delay)},
            {"energy", element.stimulus ? known(errors.energy) : Json(nullptr)}};
}

Json errorsJson(const ElementReport& element) {
    Json errors = errorsJson(element, element.logic.errors.fit);
    errors["other_recipe"] = errorsJson(element, element.logic.errors.otherRecipe);
    errors["outside_of_fit"] = element.widening.reasons;
    errors["source"] = element.logic.source;
    return errors;
}

}  // namespace

std::string elementJson(const ElementComparison& comparison) {
    const ElementReport& element = comparison.element;
    Json json{{"schema", "systole-pe/1"},
              {"technology", element.technology},
              {"node", element.node},
              {"activation", element.activation},
              {"weight", element.weight},
              {"accumulator", element.accumulator},
              {"accumulator_bits", element.accumulatorBits},
              {"multiplier", element.multiplier},
              {"goal", element.goal == cost::Goal::Area ? "area" : "speed"},
              {"cycles_per_mac", element.cyclesPerMac},
              {"stages", element.stages},
              {"useful_stages", element.usefulStages},
              {"stimulus", element.stimulus ? Json(stimulusText(element)) : Json(nullptr)},
              {"sums_beyond_register", energyJson(element, element.shareBeyondRegister)}};
    if (element.innerSum) json["inner_sum_bits"] = element.innerSum->bits;
    json.update(figuresJson(element));
    json["components"] = componentsJson(element);
    if (element.scaleSquareMicrons > 0) {
        json["block_scale_area_um2"] = element.scaleSquareMicrons;
    }
    json["error"] = errorsJson(element);
    json["int8"] = figuresJson(comparison.int8);
    const ElementReport& int8 = comparison.int8;
    json["ratio_to_int8"] = {
        {"area", ratio(element.squareMicrons.total(), int8.squareMicrons.total())},
        {"delay", ratio(element.nanoseconds, int8.nanoseconds)},
        {"energy",
         energyJson(element, ratio(element.joulesPerMac.total(), int8.joulesPerMac.total()))}};
    json["circuit"] = circuitJson(element);
    return json.dump(2) + "\n";
}

namespace {

using Rows = std::vector<std::vector<std::string>>;

/// Four digits, and no exponent: a column has one unit, which the eye compares by length.
std::string fourDigits(double value) {
    const std::string text = fmt::format("{:.4g}", value);
    if (text.find('e') == std::string::npos) return text;
    const int decimals = 3 - static_cast<int>(std::floor(std::log10(std::abs(value))));
    return fmt::format("{:.{}f}", value, std::max(decimals, 0));
}

/// A row of the table of parts; the cells of energy only where it was computed.
std::vector<std::string> partRow(const ElementReport& element, std::string name, std::string area,
                                 std::string areaShare, std::string energy,
                                 std::string energyShare) {
    std::vector<std::string> row{std::move(name), std::move(area), std::move(areaShare)};
    if (element.stimulus) {
        row.push_back(std::move(energy));
        row.push_back(std::move(energyShare));
    }
    return row;
}

Rows partRows(const ElementReport& element) {
    const double wholeArea = element.squareMicrons.total();
    const double wholeEnergy = element.joulesPerMac.total();
    const auto microns = [](double area) { return fmt::format("{:.1f} um2", area); };
    const auto picojoules = [](double joules) {
        return fmt::format("{} pJ", fourDigits(joules * kPicojoulesPerJoule));
    };
    Rows rows{partRow(element, "", "area", "share", "energy per MAC", "share"), {}};
    for (const ElementPart part : cost::kElementParts) {
        const double area = element.squareMicrons[part];
        const double energy = element.joulesPerMac[part];
        if (area == 0 && energy == 0) continue;
        rows.push_back(partRow(element, nameOf(part), microns(area),
                               percent(ratio(area, wholeArea)), picojoules(energy),
                               percent(ratio(energy, wholeEnergy))));
    }
    rows.emplace_back();
    rows.push_back(partRow(element, "total", microns(wholeArea), "", picojoules(wholeEnergy), ""));
    if (element.scaleSquareMicrons > 0) {
        rows.push_back(partRow(element, "of that, block scales",
                               microns(element.scaleSquareMicrons),
                               percent(ratio(element.scaleSquareMicrons, wholeArea)), "", ""));
    }
    if (element.isMultiplierAlone && element.stimulus) {
        rows.push_back(partRow(element, "of that, wires into it", "", "",
                               picojoules(element.inputJoulesPerMac),
                               percent(ratio(element.inputJoulesPerMac, wholeEnergy))));
    }
    return rows;
}

Rows ratioRows(const ElementReport& element, const ElementReport& int8) {
    Rows ratios{{"", "this one", "INT8", "ratio"}, {}};
    const auto compare = [&](const char* name, double a, double b, const char* unit) {
        ratios.push_back({name, fmt::format("{} {}", fourDigits(a), unit),
                          fmt::format("{} {}", fourDigits(b), unit),
                          fmt::format("{:.2f}", ratio(a, b))});
    };
    compare("area", element.squareMicrons.total(), int8.squareMicrons.total(), "um2");
    compare("delay", element.nanoseconds, int8.nanoseconds, "ns");
    if (element.cyclesPerMac > 1) {
        compare("time per MAC", element.nanoseconds * element.cyclesPerMac, int8.nanoseconds, "ns");
    }
    if (element.stimulus) {
        compare("energy per MAC", element.joulesPerMac.total() * kPicojoulesPerJoule,
                int8.joulesPerMac.total() * kPicojoulesPerJoule, "pJ");
    }
    compare("leakage", element.leakageWatts * 1e6, int8.leakageWatts * 1e6, "uW");
    return ratios;
}

/// Of a multiplier that takes an operand bit by bit.
std::string cyclesSentence(const ElementReport& element) {
    if (element.cyclesPerMac == 1) return "";
    return fmt::format("A MAC takes {} clocks.\n", element.cyclesPerMac);
}

/// `fp32, every block first summed in 14 bits`.
std::string accumulatorText(const ElementReport& element) {
    const std::string inner = element.innerSum
                                  ? fmt::format(", every {} first summed in {} bits",
                                                element.innerSum->what, element.innerSum->bits)
                                  : "";
    return fmt::format("{} of {} bits{}", element.accumulator, element.accumulatorBits, inner);
}

/// `area +-7 % (2.8 % rms), delay +-15 % (7.8 % rms), energy not known`.
std::string errorList(const ElementReport& element, const cost::FitErrors& errors,
                      const std::string& energy) {
    return fmt::format("area {}, delay {}{}", errorText(errors.area), errorText(errors.delay),
                       element.stimulus ? ", energy " + energy : "");
}

/// What a synthesis with other commands than those of the fit may differ by.
std::string otherRecipeSentence(const ElementReport& element) {
    const cost::FitErrors other = widenedErrorsOf(element, element.logic.errors.otherRecipe);
    if (!other.area && !other.delay) {
        return "Synthesis by another recipe may differ by more: it was not measured.\n";
    }
    return fmt::format("From synthesis by another recipe: {}.\n",
                       errorList(element, other, errorText(other.energy)));
}

std::string errorSentence(const ElementReport& element) {
    const cost::FitErrors errors = widenedErrorsOf(element, element.logic.errors.fit);
    const std::string note = element.widening.note();
    return fmt::format("{}Error{}{}: {}; {}.\n{}",
                       note.empty() ? "" : fmt::format("Note: {}.\n", note),
                       element.isMultiplierAlone ? " of multipliers alone" : "",
                       element.goal == cost::Goal::Delay ? " for speed" : "",
                       errorList(element, errors, energyErrorText(element, errors.energy)),
                       element.logic.source, otherRecipeSentence(element));
}

std::string beyondSentence(const ElementReport& element) {
    constexpr double kWorthAWord = 0.01;
    if (element.shareBeyondRegister < kWorthAWord) return "";
    return fmt::format(
        "Note: {:.0f} % of the drawn sums do not fit {}: a register that stays at the end of its "
        "range switches less than one that scales make fit.\n",
        100 * element.shareBeyondRegister, element.accumulator);
}

std::string stagesSentence(const ElementReport& element) {
    if (element.usefulStages == element.stages) return "";
    return fmt::format("Stages: {} clock no faster than {}; the others only add registers.\n",
                       element.stages, element.usefulStages);
}

}  // namespace

std::string elementTable(const ElementComparison& comparison) {
    const ElementReport& element = comparison.element;
    const std::string title = fmt::format(
        "{} x {} + {}, {} multiplier, {} ({}), synthesised for {}\n", element.activation,
        element.weight, accumulatorText(element), element.multiplier, element.technology,
        element.node, element.goal == cost::Goal::Area ? "area" : "speed");
    const std::string stimulus =
        element.stimulus ? fmt::format("Stimulus: {}.\n", stimulusText(element)) : "";
    return fmt::format("{}\n{}\n{}\n{}", wrapped(title), alignedTable(partRows(element)),
                       alignedTable(ratioRows(element, comparison.int8)),
                       wrapped(cyclesSentence(element) + stagesSentence(element) + stimulus +
                               beyondSentence(element) + errorSentence(element)));
}

}  // namespace systole::sim
