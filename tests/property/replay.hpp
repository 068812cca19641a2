// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arch/accelerator.hpp"
#include "sim/lowering/lowering.hpp"

namespace systole::sim {

/// SystemC elaborates once: all machines of a process are built before the first of them runs.
std::unique_ptr<arch::Accelerator> buildAccelerator(const arch::MachineConfig& machine);

/// Clears the machine and writes weights and input where the program expects them.
void loadNetwork(arch::Accelerator& accelerator, const LoweredNetwork& lowered,
                 graph::TensorId input, std::span<const numeric::Code> codes);

/// Codes of a tensor that has a place in DRAM.
std::vector<numeric::Code> readTensor(arch::Accelerator& accelerator, const LoweredNetwork& lowered,
                                      graph::TensorId tensor);

/// Checks what must hold of every record: cycles and counters add up, unit by unit, layer by layer.
void expectConservation(const arch::RunRecord& record);

}  // namespace systole::sim
