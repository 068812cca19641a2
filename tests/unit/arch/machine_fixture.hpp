// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>

#include "arch/accelerator.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole {

inline constexpr Limit kFree = std::nullopt;

inline numeric::Format formatOf(const std::string& name) { return *numeric::findFormat(name); }

inline arch::DatapathConfig int8Datapath() {
    return {formatOf("int8"), formatOf("int8"), *numeric::parseAccumulator("int32")};
}

/// What values depend on; the rest is left as it is.
inline arch::MachineConfig machineOf(
    const arch::DatapathConfig& datapath, const arch::ArrayConfig& array,
    const std::optional<arch::OperandSampling>& sampling = std::nullopt) {
    arch::MachineConfig machine;
    machine.array = array;
    machine.datapath = datapath;
    machine.operandSampling = sampling;
    return machine;
}

inline sim::Scheme int8Scheme() {
    sim::Scheme scheme;
    scheme.name = "int8";
    scheme.activation = formatOf("int8");
    scheme.weight = formatOf("int8");
    scheme.accumulator = *numeric::parseAccumulator("int32");
    return scheme;
}

/// Memory, vector unit and commands cost nothing: every cycle is the array's. As
/// configs/accelerators/array-only.yaml.
inline arch::MachineConfig arrayOnly(std::uint32_t rows, std::uint32_t columns) {
    arch::MachineConfig machine;
    machine.name = fmt::format("array {} x {}", rows, columns);
    machine.clockHertz = 500e6;
    machine.array = {rows, columns};
    machine.datapath = int8Datapath();
    machine.activationScratchpad = {kFree, kFree, 32};
    machine.weightScratchpad = {kFree, kFree, 32};
    machine.accumulatorBuffer = {kFree};
    machine.vectorUnit = {kFree, 0};
    machine.dma = {kFree, 65536};
    machine.sequencer = {65536, 0};
    machine.dram.name = "ideal";
    machine.dram.ideal = {.latencyCycles = 0,
                          .bytesPerCycle = kFree,
                          .burstBytes = 64,
                          .capacityBytes = std::uint64_t{1} << 30};
    return machine;
}

/// SystemC elaborates once: all machines of a process are built before the first of them runs.
inline std::unique_ptr<arch::Accelerator> buildAccelerator(const arch::MachineConfig& machine) {
    static int built = 0;
    if (built == 0) arch::useFemtoseconds();
    return std::make_unique<arch::Accelerator>(fmt::format("machine_{}", built++).c_str(), machine);
}

}  // namespace systole
