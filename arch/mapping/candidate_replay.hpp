// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/mapping/mapping_energy.hpp"
#include "arch/mapping/tiling.hpp"
#include "models/units.hpp"

namespace systole::arch {

/// Replays of a layer by itself, so that the search can compare its estimates with the machine. The
/// search knows neither programs nor SystemC: sim/lowering makes the program of the layer, and the
/// machine that will run the network replays it.
class CandidateReplay {
public:
    struct Costs {
        Cycle cycles = 0;
        std::uint64_t bursts = 0;
        std::uint64_t macs = 0;
        MappingEnergy energy;  ///< 0 where the energies of the actions are not known
    };

    CandidateReplay() = default;
    CandidateReplay(const CandidateReplay&) = delete;
    CandidateReplay& operator=(const CandidateReplay&) = delete;
    virtual ~CandidateReplay() = default;

    /// The first `steps` steps of the layer, from an idle machine, for their time alone.
    virtual Costs replay(const ConvolutionTiling& tiling, std::uint64_t steps) = 0;
};

}  // namespace systole::arch
