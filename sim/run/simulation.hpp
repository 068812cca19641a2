// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "arch/accelerator.hpp"
#include "sim/lowering/lowering.hpp"

namespace systole::sim {

/// One machine with one network loaded. One object a process: SystemC elaborates once. The network
/// must outlive it.
class Simulation {
public:
    enum class Values { Computed, Skipped };
    /// What the machine does again and again may be added, not simulated (arch::ReplayOptions).
    enum class Repeats { Added, Simulated };

    Simulation(const arch::MachineConfig& machine, const LoweredNetwork& network, TensorId input);

    /// Replays the program cycle by cycle for one image (codes, channels last). With
    /// Values::Skipped the input is not looked at and no tensor means anything afterwards.
    arch::RunRecord inferTimed(std::span<const numeric::Code> input,
                               Values values = Values::Computed, Repeats repeats = Repeats::Added);

    /// Of the whole program.
    std::uint64_t folds() const;
    /// Of the last replay: those that were added.
    std::uint64_t foldsAdded() const { return accelerator_.foldsAdded(); }

    /// The same values, without time.
    void inferValues(std::span<const numeric::Code> input);

    /// What the replays so far saw of faulty cells; empty if the DRAM has no errors.
    const std::optional<memory::DramFaultCounters>& dramFaults() const { return dramFaults_; }

    /// Codes of a tensor, read from the DRAM image; the tensor must have a place there.
    std::vector<numeric::Code> readTensor(TensorId tensor);

private:
    void writeInput(std::span<const numeric::Code> codes);
    void countFaults();

    const LoweredNetwork& network_;
    TensorId input_;
    arch::Accelerator accelerator_;
    std::optional<memory::DramFaultCounters> dramFaults_;
};

}  // namespace systole::sim
