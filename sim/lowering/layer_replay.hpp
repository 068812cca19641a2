// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "arch/accelerator.hpp"
#include "arch/mapping/candidate_replay.hpp"
#include "sim/lowering/matrix_layer.hpp"

namespace systole::sim {

/// What replays of layers took, so that a layer that comes again is not replayed again: by shape,
/// places of elements, tiling and number of steps.
using ReplayMemory = std::map<std::string, arch::CandidateReplay::Costs>;

/// Replays one batch of matrix work by itself on the machine that will run the graph. It places the
/// layer's tensors and weights in an empty DRAM, writes the commands with emitMatrixLayer, and
/// computes no values.
class LayerReplay final : public arch::CandidateReplay {
public:
    /// Keeps references to all of them. `energies` may be null.
    LayerReplay(const arch::MachineConfig& machine, const graph::Graph& graph,
                const MatrixLayer& layer, const arch::ActionEnergies* energies,
                arch::Accelerator& accelerator, ReplayMemory& memory)
        : machine_(machine),
          graph_(graph),
          layer_(layer),
          energies_(energies),
          accelerator_(accelerator),
          memory_(memory) {}

    Costs replay(const arch::ConvolutionTiling& tiling, std::uint64_t steps) override;

private:
    arch::MappingEnergy energyOf(const arch::RunRecord& record) const;

    const arch::MachineConfig& machine_;
    const graph::Graph& graph_;
    const MatrixLayer& layer_;
    const arch::ActionEnergies* energies_;
    arch::Accelerator& accelerator_;
    ReplayMemory& memory_;
};

}  // namespace systole::sim
