// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "arch/accelerator.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/lowering/lowering.hpp"

namespace systole::sim {

/// One machine, and a network that runs on it. One object a process: SystemC elaborates once, so
/// everything else with modules has to be built before `load`, which runs the machine.
class Simulation {
public:
    enum class Values { Computed, Skipped };
    /// What the machine does again and again may be added, not simulated (arch::ReplayOptions).
    enum class Repeats { Added, Simulated };

    /// The configuration must outlive it.
    explicit Simulation(const RunConfig& config);

    /// What a graph will take, about: lowered by estimates alone, without weights. Other
    /// modules can still be built afterwards.
    LoweredNetwork plan(const graph::Graph& graph) const;
    /// Lowers a graph, with mappings that are tried on this machine, and loads it in the place of
    /// the one before. The graph must outlive it. With Values::Skipped weights are neither packed
    /// nor loaded.
    void load(const graph::Graph& graph, Values values = Values::Computed);
    /// After `load`.
    const LoweredNetwork& lowered() const { return lowered_; }

    /// Replays the program cycle by cycle for one image, or for those of graph::withImages (codes
    /// in the order of memory). With Values::Skipped the input is not looked at and no tensor means
    /// anything afterwards.
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

    /// By layer: sums that left the accumulator in the replays so far, of all graphs.
    const std::vector<numeric::AccumulatorEvents>& sumEvents() const { return sumEvents_; }

    /// Codes of a tensor, read from the DRAM image; the tensor must have a place there.
    std::vector<numeric::Code> readTensor(graph::TensorId tensor);

private:
    void writeInput(std::span<const numeric::Code> codes);
    void countFaults();

    const RunConfig& config_;
    arch::Accelerator accelerator_;
    std::vector<arch::ActionEnergies> energies_;  ///< where the objective of mappings needs them
    LoweredNetwork lowered_;
    graph::TensorId input_ = 0;
    std::optional<memory::DramFaultCounters> dramFaults_;
    std::vector<numeric::AccumulatorEvents> sumEvents_;
};

}  // namespace systole::sim
