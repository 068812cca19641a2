// SPDX-License-Identifier: Apache-2.0
#include "sim/run/simulation.hpp"

#include <algorithm>

#include "arch/mapping/mapping_objective.hpp"
#include "models/check.hpp"
#include "sim/base/progress.hpp"
#include "sim/run/mapping_energies.hpp"

namespace systole::sim {
namespace {

const arch::MachineConfig& withTimeResolution(const arch::MachineConfig& machine) {
    arch::useFemtoseconds();
    return machine;
}

}  // namespace

Simulation::Simulation(const RunConfig& config)
    : config_(config), accelerator_("accelerator", withTimeResolution(config.machine)) {
    if (arch::needsEnergies(config.machine.mapping.objective)) {
        for (arch::DatapathId i = 0; i < arch::datapathsOf(config.machine); ++i) {
            energies_.push_back(mappingEnergies(config, i));
        }
    }
}

LoweredNetwork Simulation::plan(const graph::Graph& graph) const {
    return lower(graph, config_.machine, {.energies = energies_, .values = false});
}

void Simulation::load(const graph::Graph& graph, Values values) {
    input_ = graph.input;
    lowered_ = lower(graph, config_.machine,
                     {.accelerator = &accelerator_,
                      .energies = energies_,
                      .values = values == Values::Computed});
    sumEvents_.resize(lowered_.layers.size());
    accelerator_.load(lowered_.program);
    for (const ConstantData& constant : lowered_.constants) {
        std::copy(constant.bytes.begin(), constant.bytes.end(),
                  accelerator_.dram().begin() + static_cast<std::ptrdiff_t>(constant.address));
    }
}

void Simulation::writeInput(std::span<const numeric::Code> codes) {
    const TensorPlace& place = lowered_.tensors.at(input_);
    SYSTOLE_CHECK(codes.size() == place.elements, "{} input codes for {} elements", codes.size(),
                  place.elements);
    const std::uint32_t bytes = place.element.codeBytes();
    std::uint8_t* element = accelerator_.dram().data() + place.address.value();
    for (const numeric::Code code : codes) {
        for (std::uint32_t i = 0; i < bytes; ++i) {
            element[i] = static_cast<std::uint8_t>(code >> (8 * i));
        }
        element += place.element.room.imageBytes;
    }
}

std::uint64_t Simulation::folds() const {
    std::uint64_t folds = 0;
    for (const LoweredLayer& layer : lowered_.layers) {
        folds += layer.mapping ? layer.mapping->folds : 0;
    }
    return folds;
}

arch::RunRecord Simulation::inferTimed(std::span<const numeric::Code> input, Values values,
                                       Repeats repeats) {
    Progress progress("Folds", folds());
    if (values == Values::Computed) {
        writeInput(input);
    }
    const arch::RunRecord record = accelerator_.replayTimed(
        {.computeValues = values == Values::Computed,
         .addRepeats = repeats == Repeats::Added,
         .onFolds = [&progress](std::uint64_t folds) { progress.advanceTo(folds); }});
    SYSTOLE_CHECK(accelerator_.foldsDone() == folds(), "{} folds ran, {} were counted",
                  accelerator_.foldsDone(), folds());
    for (std::size_t i = 0; i < sumEvents_.size(); ++i) {
        const cost::Counters& counters = record.layers.at(i).counters;
        sumEvents_[i] += {.overflows = counters.accumulatorOverflows,
                          .saturations = counters.accumulatorSaturations};
    }
    countFaults();
    return record;
}

void Simulation::inferValues(std::span<const numeric::Code> input) {
    writeInput(input);
    const std::vector<numeric::AccumulatorEvents> events = accelerator_.replayValues();
    for (std::size_t i = 0; i < sumEvents_.size(); ++i) sumEvents_[i] += events.at(i);
    countFaults();
}

void Simulation::countFaults() {
    if (const memory::DramFaultCounters* faults = accelerator_.dramFaults()) {
        dramFaults_ = dramFaults_.value_or(memory::DramFaultCounters{});
        *dramFaults_ += *faults;
    }
}

std::vector<numeric::Code> Simulation::readTensor(graph::TensorId tensor) {
    const TensorPlace& place = lowered_.tensors.at(tensor);
    std::vector<numeric::Code> codes(place.elements, 0);
    const std::uint32_t bytes = place.element.codeBytes();
    const std::uint8_t* element = accelerator_.dram().data() + place.address.value();
    for (numeric::Code& code : codes) {
        for (std::uint32_t i = 0; i < bytes; ++i) {
            code |= static_cast<numeric::Code>(element[i]) << (8 * i);
        }
        element += place.element.room.imageBytes;
    }
    return codes;
}

}  // namespace systole::sim
