// SPDX-License-Identifier: Apache-2.0
#include "models/cost/element/element_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/check.hpp"
#include "models/cost/element/element_shape.hpp"
#include "models/cost/element/element_waveforms.hpp"

namespace systole::cost {
namespace {

constexpr double kFemto = 1e-15;

ElementPart partOf(Part part) {
    switch (part) {
        case Part::Alignment:
            return ElementPart::Alignment;
        case Part::Accumulator:
            return ElementPart::Accumulator;
        case Part::Normalisation:
            return ElementPart::Normalisation;
        case Part::Rounding:
            return ElementPart::Rounding;
        case Part::Decoder:
        case Part::Exponent:
        case Part::Multiplier:
            return ElementPart::Multiplier;
    }
    SYSTOLE_CHECK(false, "part {}", static_cast<int>(part));
}

}  // namespace

const char* nameOf(ElementPart part) {
    static constexpr std::array kNames{"multiplier",    "alignment", "accumulator",
                                       "normalisation", "rounding",  "registers"};
    static_assert(kNames.size() == kElementPartCount);
    return kNames.at(static_cast<std::size_t>(part));
}

std::string FitWidening::note() const {
    if (reasons.empty()) return "";
    return fmt::format("outside of the fit ({}): bands are wider, by estimate",
                       fmt::join(reasons, ", "));
}

double ByElementPart::total() const { return std::accumulate(values.begin(), values.end(), 0.0); }

ElementActivity& ElementActivity::operator+=(const ElementActivity& more) {
    gates += more.gates;
    products += more.products;
    registerToggles += more.registerToggles;
    clockedBits += more.clockedBits;
    return *this;
}

ElementModel::ElementModel(const LogicTechnology& technology, const ElementDescription& element,
                           Goal goal, std::uint32_t stages, ElementCircuit circuit,
                           bool hasRegisters)
    : technology_(technology),
      element_(element),
      goal_(goal),
      stages_(stages),
      circuit_(std::move(circuit)),
      hasRegisters_(hasRegisters) {
    const Word outputs = circuit_.outputs();
    gates_ = countGates(circuit_.netlist, outputs);
    const GateFigures& figures = technology_.of(goal);
    path_ = criticalPath(circuit_.netlist, outputs, figures.nanoseconds);
    delay_ = path_.delay + (hasRegisters_ ? figures.registerNanoseconds : 0);
}

ElementModel::ElementModel(const LogicTechnology& technology, const ElementDescription& element,
                           ElementMake make)
    : ElementModel(
          technology, element, make.goal, make.stages,
          elementCircuit(element, make.goal, make.stages, technology.of(make.goal).nanoseconds),
          true) {}

ElementModel ElementModel::ofMultiplier(const LogicTechnology& technology,
                                        const ElementDescription& element, Goal goal) {
    return {technology, element, goal, 1, multiplierAlone(element, goal), false};
}

std::size_t ElementModel::flipFlops() const { return hasRegisters_ ? circuit_.flipFlops() : 0; }

ByElementPart ElementModel::squareMicrons() const {
    ByElementPart area;
    const GateFigures& figures = technology_.of(goal_);
    for (const Part part : kParts) {
        area[partOf(part)] += figures.squareMicronsOf(gates_, part);
    }
    area[ElementPart::Registers] =
        static_cast<double>(flipFlops()) * technology_.flipFlop.squareMicrons;
    return area;
}

double ElementModel::leakageWatts() const {
    return squareMicrons().total() * technology_.leakageMicrowattsPerSquareMicron * 1e-6;
}

double ElementModel::gateSize() const {
    double own = 0;
    double least = 0;
    for (const Part part : kParts) {
        own += technology_.of(goal_).squareMicronsOf(gates_, part);
        least += technology_.area.squareMicronsOf(gates_, part);
    }
    return least == 0 ? 1 : own / least;
}

ElementActivity ElementModel::activityOf(const OperandTrace& trace, ZeroGating gating) const {
    const ElementWaveforms waveforms = waveformsOf(element_, circuit_, trace, gating);
    ElementActivity activity;
    if (waveforms.cycles < 2) return activity;
    CircuitSimulator simulator(circuit_.netlist, circuit_.outputs());
    activity.gates = simulator.run(waveforms.inputs, waveforms.cycles);
    activity.products = waveforms.products;
    if (hasRegisters_) {
        activity.registerToggles = waveforms.registerToggles;
        activity.clockedBits = waveforms.clockedBits;
    }
    return activity;
}

ByElementPart ElementModel::energyOf(const ElementActivity& activity) const {
    ByElementPart energy;
    if (activity.products == 0) return energy;
    const GateFigures& figures = technology_.of(goal_);
    for (const Part part : kParts) {
        const auto index = static_cast<std::size_t>(part);
        const auto sum = [](const auto& counts) {
            return static_cast<double>(
                std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
        };
        const double settled = sum(activity.gates.settled[index]);
        const double glitches = sum(activity.gates.gates[index]) - settled;
        energy[partOf(part)] += settled * figures.settledFemtojoules[index] +
                                glitches * figures.glitchFemtojoules[index];
    }
    // Wires into the circuit are driven by registers, or by what is before a multiplier alone.
    const ElementPart driver = hasRegisters_ ? ElementPart::Registers : ElementPart::Multiplier;
    energy[driver] += static_cast<double>(activity.gates.inputs) * technology_.inputFemtojoules;
    energy[ElementPart::Registers] +=
        static_cast<double>(activity.clockedBits) * technology_.flipFlop.clockFemtojoules +
        static_cast<double>(activity.registerToggles) * technology_.flipFlop.toggleFemtojoules;
    for (double& value : energy.values) value *= kFemto / static_cast<double>(activity.products);
    return energy;
}

double ElementModel::inputJoules(const ElementActivity& activity) const {
    if (activity.products == 0) return 0;
    return static_cast<double>(activity.gates.inputs) * technology_.inputFemtojoules * kFemto /
           static_cast<double>(activity.products);
}

EnergyDoubt ElementModel::energyDoubt() const {
    const LogicErrors& errors = technology_.errors;
    const FitWidening widening = fitWidening();
    EnergyDoubt doubt{.outsideOfFit = widening.note()};
    if (const auto known = errors.ofElements(goal_).energy) {
        doubt.down = doubt.up = known->widened(widening.energy).largest;
        return doubt;
    }
    doubt.isMeasured = false;
    doubt.down =
        errors.ofElements(Goal::Area).energy.value_or(FitError{}).widened(widening.energy).largest;
    doubt.up = (1 + doubt.down) * std::max(gateSize(), 1.0) - 1;
    return doubt;
}

CircuitShape ElementModel::shape() const {
    return hasRegisters_ ? shapeOf(element_, stages_) : multiplierShapeOf(element_);
}

void ElementModel::widenByStages(FitWidening& widening) const {
    const Bounds& bounds =
        technology_.fitted->numbers.at(static_cast<std::size_t>(ShapeNumber::Stages));
    const auto fitted = static_cast<std::uint32_t>(std::max(bounds.most, 1));
    if (stages_ <= fitted) return;
    // Only the ratio of the energies counts; how often gates toggle hardly matters to it.
    constexpr double kToggleRate = 0.25;
    const ElementModel whole(technology_, element_, {goal_, fitted});
    const auto halfWay = [](double one, double other) {
        return std::exp(std::abs(std::log(one / other)) / 2);
    };
    widening.area *= halfWay(squareMicrons().total(), whole.squareMicrons().total());
    widening.delay *= halfWay(nanoseconds(), whole.nanoseconds());
    widening.energy *=
        halfWay(flatEnergy(kToggleRate).total(), whole.flatEnergy(kToggleRate).total());
}

FitWidening ElementModel::fitWidening() const {
    if (!technology_.fitted) return {};
    const FitDistance distance = distanceFrom(*technology_.fitted, shape());
    FitWidening widening{distance.factor, distance.factor, distance.factor, distance.reasons};
    widenByStages(widening);
    return widening;
}

ByElementPart ElementModel::flatEnergy(double rate) const {
    ByElementPart energy;
    const GateFigures& figures = technology_.of(goal_);
    for (const Part part : kParts) {
        const auto index = static_cast<std::size_t>(part);
        for (const std::uint32_t gates : gates_.gates[index]) {
            energy[partOf(part)] += rate * gates * figures.settledFemtojoules[index] * kFemto;
        }
    }
    const auto bits = static_cast<double>(flipFlops());
    energy[ElementPart::Registers] +=
        bits * kFemto *
        (technology_.flipFlop.clockFemtojoules +
         rate * (technology_.flipFlop.toggleFemtojoules + technology_.inputFemtojoules));
    const auto cycles = static_cast<double>(circuit_.schedule.size());
    for (double& value : energy.values) value *= cycles;
    return energy;
}

double ElementModel::idleJoules() const {
    return static_cast<double>(flipFlops()) * technology_.flipFlop.clockFemtojoules * kFemto;
}

}  // namespace systole::cost
