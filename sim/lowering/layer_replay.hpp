// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "arch/accelerator.hpp"
#include "arch/mapping/candidate_replay.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole::sim {

/// What replays of layers took, so that a layer that comes again is not replayed again: by shape,
/// tiling and number of steps.
using ReplayMemory = std::map<std::string, arch::CandidateReplay::Costs>;

/// Replays one layer by itself on the machine that will run the network. It places the layer's
/// tensors and weights in an empty DRAM, writes the commands with emitConvolution, and computes no
/// values.
class LayerReplay final : public arch::CandidateReplay {
public:
    /// Keeps references to all of them. `energies` may be null.
    LayerReplay(const arch::MachineConfig& machine, const Scheme& scheme,
                const arch::ConvolutionShape& shape, const arch::ActionEnergies* energies,
                arch::Accelerator& accelerator, ReplayMemory& memory)
        : machine_(machine),
          scheme_(scheme),
          shape_(shape),
          energies_(energies),
          accelerator_(accelerator),
          memory_(memory) {}

    Costs replay(const arch::ConvolutionTiling& tiling, std::uint64_t steps) override;

private:
    arch::MappingEnergy energyOf(const arch::RunRecord& record) const;

    const arch::MachineConfig& machine_;
    const Scheme& scheme_;
    const arch::ConvolutionShape& shape_;
    const arch::ActionEnergies* energies_;
    arch::Accelerator& accelerator_;
    ReplayMemory& memory_;
};

}  // namespace systole::sim
