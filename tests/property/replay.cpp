// SPDX-License-Identifier: Apache-2.0
#include "replay.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace systole::sim {

std::unique_ptr<arch::Accelerator> buildAccelerator(const arch::MachineConfig& machine) {
    static int built = 0;
    if (built == 0) arch::useFemtoseconds();
    return std::make_unique<arch::Accelerator>(fmt::format("machine_{}", built++).c_str(), machine);
}

void loadNetwork(arch::Accelerator& accelerator, const LoweredNetwork& lowered,
                 graph::TensorId input, std::span<const numeric::Code> codes) {
    accelerator.load(lowered.program);
    const std::span<std::uint8_t> dram = accelerator.dram();
    for (const ConstantData& constant : lowered.constants) {
        std::copy(constant.bytes.begin(), constant.bytes.end(),
                  dram.begin() + static_cast<std::ptrdiff_t>(constant.address));
    }
    const TensorPlace& place = lowered.tensors.at(input);
    std::uint64_t at = place.address.value();
    for (const numeric::Code code : codes) {
        for (std::uint32_t i = 0; i < place.element.codeBytes(); ++i) {
            dram[at + i] = static_cast<std::uint8_t>(code >> (8 * i));
        }
        at += place.element.room.imageBytes;
    }
}

std::vector<numeric::Code> readTensor(arch::Accelerator& accelerator, const LoweredNetwork& lowered,
                                      graph::TensorId tensor) {
    const TensorPlace& place = lowered.tensors.at(tensor);
    std::vector<numeric::Code> codes(place.elements, 0);
    std::uint64_t at = place.address.value();
    for (numeric::Code& code : codes) {
        for (std::uint32_t i = 0; i < place.element.codeBytes(); ++i) {
            code |= static_cast<numeric::Code>(accelerator.dram()[at + i]) << (8 * i);
        }
        at += place.element.room.imageBytes;
    }
    return codes;
}

void expectConservation(const arch::RunRecord& record) {
    Cycle layerCycles = 0;
    cost::Counters counters;
    std::uint64_t bursts = 0;
    arch::UnitStates states{};
    for (const arch::LayerRecord& layer : record.layers) {
        layerCycles += layer.end - layer.begin;
        counters += layer.counters;
        bursts += layer.dram.reads + layer.dram.writes;
        for (std::size_t unit = 0; unit < arch::kMachineUnits.size(); ++unit) {
            Cycle sum = 0;
            for (std::size_t state = 0; state < arch::kUnitStateCount; ++state) {
                sum += layer.states[unit][state];
                states[unit][state] += layer.states[unit][state];
            }
            EXPECT_EQ(sum, layer.end - layer.begin)
                << arch::kMachineUnits.nameOf(arch::kMachineUnits.at(unit));
        }
    }
    EXPECT_EQ(layerCycles, record.cycles);
    EXPECT_EQ(bursts * record.burstBytes, record.dramBytes);
    std::uint64_t forwarded = 0;
    for (const memory::DramCounters& channel : record.dramChannels) {
        forwarded += channel.forwardedReads;
    }
    EXPECT_LE(record.counters.bytesLoaded + record.counters.bytesStored,
              record.dramBytes + forwarded * record.burstBytes);
    for (const auto& counter : cost::kCounters) {
        EXPECT_EQ(counters.*counter.member, record.counters.*counter.member) << counter.name;
    }
    for (std::size_t unit = 0; unit < arch::kMachineUnits.size(); ++unit) {
        EXPECT_EQ(states[unit], record.states[unit])
            << arch::kMachineUnits.nameOf(arch::kMachineUnits.at(unit));
        EXPECT_EQ(std::accumulate(record.states[unit].begin(), record.states[unit].end(), Cycle{0}),
                  record.cycles)
            << arch::kMachineUnits.nameOf(arch::kMachineUnits.at(unit));
    }
}

}  // namespace systole::sim
