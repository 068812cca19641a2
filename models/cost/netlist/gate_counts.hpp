// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/cost/netlist/netlist.hpp"

namespace systole::cost {

/// Live gates of a circuit, as synthesis makes cells of them.
struct GateCounts {
    /// By part and kind. An exclusive or of two signals whose AND is there as well, as in a half
    /// adder, counts as two ANDs: that is all it takes then.
    std::array<std::array<std::uint32_t, kGateKindCount>, kPartCount> gates{};
    /// ANDs that drive an output, by part. Others merge with the gates that read them; these are
    /// cells of their own, with an output of the polarity that is asked for.
    std::array<std::uint32_t, kPartCount> outputAnds{};
};

GateCounts countGates(const Netlist& netlist, const Word& outputs);

/// Of every cell, whether it is an exclusive or of two signals whose AND is live as well.
std::vector<bool> halfAdderSums(const std::vector<Cell>& cells, const std::vector<bool>& live);

}  // namespace systole::cost
