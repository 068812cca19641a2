// SPDX-License-Identifier: Apache-2.0
#include "arch/memory/scratchpad_ports.hpp"

#include "arch/datapath.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

memory::ElementPacking packingOf(const ScratchpadConfig& config, const numeric::Format& element,
                                 memory::Packing packing) {
    return {static_cast<std::uint32_t>(numeric::widthOf(element)), config.wordBytes * 8, packing};
}

Limit accumulatorBanks(const AccumulatorBufferConfig& config) {
    const bool meet = config.rows && config.ports == memory::PortKind::OneReadWrite;
    return meet ? Limit{2} : std::nullopt;
}

}  // namespace

WordLayout::WordLayout(const ScratchpadConfig& config, const numeric::Format& place,
                       memory::Packing packing, std::uint32_t elementBytes)
    : elementBytes_(elementBytes) {
    const memory::ElementPacking elements = packingOf(config, place, packing);
    const auto problem = memory::problemOf(elements);
    SYSTOLE_CHECK(!problem, "scratchpad words: {}", problem.value_or(""));
    wordBytes_ =
        elements.elementsPerWord() * static_cast<std::uint32_t>(numeric::storageBytes(place));
    if (config.capacityBytes) {
        words_ = *config.capacityBytes / config.wordBytes;
    }
}

Limit WordLayout::capacityBytes() const { return words_ ? Limit{*words_ * wordBytes()} : words_; }

WordLayout activationLayout(const MachineConfig& machine) {
    return {machine.activationScratchpad, placesOf(machine).activation, machine.datapath.packing,
            Datapath(machine).activationBytes};
}

WordLayout weightLayout(const MachineConfig& machine) {
    return {machine.weightScratchpad, placesOf(machine).weight, machine.datapath.packing,
            Datapath(machine).weightBytes};
}

ScratchpadPorts::ScratchpadPorts(const MachineConfig& config)
    : activations_(0, config.activationScratchpad.banks, config.activationScratchpad.ports),
      weights_(activations_.end(), config.weightScratchpad.banks, config.weightScratchpad.ports),
      accumulators_(weights_.end(), accumulatorBanks(config.accumulatorBuffer),
                    config.accumulatorBuffer.ports),
      arbitration_(config.arbitration) {
    for (DatapathId i = 0; i < datapathsOf(config); ++i) {
        const MachineConfig seen = seenBy(config, i);
        activationWords_.push_back(activationLayout(seen));
        weightWords_.push_back(weightLayout(seen));
    }
    reset();
}

void ScratchpadPorts::reset() { arbiter_.emplace(accumulators_.end(), arbitration_); }

}  // namespace systole::arch
