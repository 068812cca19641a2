// SPDX-License-Identifier: Apache-2.0
#include "arch/memory/scratchpad_ports.hpp"

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

WordLayout::WordLayout(const ScratchpadConfig& config, const numeric::Format& element,
                       memory::Packing packing)
    : elementBytes_(static_cast<std::uint32_t>(numeric::storageBytes(element))) {
    const memory::ElementPacking elements = packingOf(config, element, packing);
    const auto problem = memory::problemOf(elements);
    SYSTOLE_CHECK(!problem, "scratchpad words: {}", problem.value_or(""));
    elementsPerWord_ = elements.elementsPerWord();
    if (config.capacityBytes) {
        words_ = *config.capacityBytes / config.wordBytes;
    }
}

Limit WordLayout::capacityBytes() const { return words_ ? Limit{*words_ * wordBytes()} : words_; }

WordLayout activationLayout(const MachineConfig& machine) {
    return {machine.activationScratchpad, machine.datapath.activation, machine.datapath.packing};
}

WordLayout weightLayout(const MachineConfig& machine) {
    return {machine.weightScratchpad, machine.datapath.weight, machine.datapath.packing};
}

ScratchpadPorts::ScratchpadPorts(const MachineConfig& config)
    : activationWords_(activationLayout(config)),
      weightWords_(weightLayout(config)),
      activations_(0, config.activationScratchpad.banks, config.activationScratchpad.ports),
      weights_(activations_.end(), config.weightScratchpad.banks, config.weightScratchpad.ports),
      accumulators_(weights_.end(), accumulatorBanks(config.accumulatorBuffer),
                    config.accumulatorBuffer.ports),
      arbitration_(config.arbitration) {
    reset();
}

void ScratchpadPorts::reset() { arbiter_.emplace(accumulators_.end(), arbitration_); }

}  // namespace systole::arch
