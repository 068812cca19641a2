// SPDX-License-Identifier: Apache-2.0
#include "sim/run/simulation.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "sim/base/progress.hpp"

namespace systole::sim {
namespace {

const arch::MachineConfig& withTimeResolution(const arch::MachineConfig& machine) {
    arch::useFemtoseconds();
    return machine;
}

}  // namespace

Simulation::Simulation(const arch::MachineConfig& machine, const LoweredNetwork& network,
                       TensorId input)
    : network_(network), input_(input), accelerator_("accelerator", withTimeResolution(machine)) {
    accelerator_.load(network.program);
    for (const ConstantData& constant : network.constants) {
        std::copy(constant.bytes.begin(), constant.bytes.end(),
                  accelerator_.dram().begin() + static_cast<std::ptrdiff_t>(constant.address));
    }
}

void Simulation::writeInput(std::span<const numeric::Code> codes) {
    const TensorPlace& place = network_.tensors.at(input_);
    SYSTOLE_CHECK(codes.size() == place.shape.elements(), "{} input codes for {} elements",
                  codes.size(), place.shape.elements());
    const std::uint32_t bytes = accelerator_.datapath().activationBytes;
    std::size_t at = place.address.value();
    for (const numeric::Code code : codes) {
        for (std::uint32_t i = 0; i < bytes; ++i) {
            accelerator_.dram()[at++] = static_cast<std::uint8_t>(code >> (8 * i));
        }
    }
}

std::uint64_t Simulation::folds() const {
    std::uint64_t folds = 0;
    for (const LoweredLayer& layer : network_.layers) {
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
    countFaults();
    return record;
}

void Simulation::inferValues(std::span<const numeric::Code> input) {
    writeInput(input);
    accelerator_.replayValues();
    countFaults();
}

void Simulation::countFaults() {
    if (const memory::DramFaultCounters* faults = accelerator_.dramFaults()) {
        dramFaults_ = dramFaults_.value_or(memory::DramFaultCounters{});
        *dramFaults_ += *faults;
    }
}

std::vector<numeric::Code> Simulation::readTensor(TensorId tensor) {
    const TensorPlace& place = network_.tensors.at(tensor);
    const std::uint32_t bytes = accelerator_.datapath().activationBytes;
    std::vector<numeric::Code> codes(place.shape.elements(), 0);
    std::size_t at = place.address.value();
    for (numeric::Code& code : codes) {
        for (std::uint32_t i = 0; i < bytes; ++i) {
            code |= static_cast<numeric::Code>(accelerator_.dram()[at++]) << (8 * i);
        }
    }
    return codes;
}

}  // namespace systole::sim
