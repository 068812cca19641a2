// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "arch/accelerator.hpp"
#include "arch/mapping/candidate_replay.hpp"
#include "sim/lowering/matrix_layer.hpp"

namespace systole::sim {

/// What replays of layers took, so that a layer that comes again is not replayed again: by shape,
/// places of elements, tiling and number of steps.
using ReplayMemory = std::map<std::string, arch::CandidateReplay::Costs>;

class LayerEmitter;
struct LoweringContext;

/// The machine that will run a graph, for replays of its layers. The energies may be null.
struct ReplayMachine {
    const arch::MachineConfig& machine;
    const graph::Graph& graph;
    const arch::ActionEnergies* energies;
    arch::Accelerator& accelerator;
    ReplayMemory& memory;
};

/// Replays part of a layer by itself, from an idle machine and an empty DRAM, without values.
/// `begin` places what the layer needs and makes its emitter; `key` says what its time depends on.
arch::CandidateReplay::Costs replayAlone(
    const ReplayMachine& replay, const std::string& key,
    const std::function<std::unique_ptr<LayerEmitter>(LoweringContext&)>& begin);

/// Replays one batch of matrix work.
class LayerReplay final : public arch::CandidateReplay {
public:
    /// Keeps references.
    LayerReplay(const ReplayMachine& replay, const MatrixLayer& layer)
        : replay_(replay), layer_(layer) {}

    Costs replay(const arch::ConvolutionTiling& tiling, std::uint64_t steps) override;

private:
    ReplayMachine replay_;
    const MatrixLayer& layer_;
};

}  // namespace systole::sim
