// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/netlist/netlist.hpp"

namespace systole::cost {

/// Most inputs and gates of a circuit that `resubstitute` takes.
inline constexpr std::size_t kMostResubstitutionInputs = 16;
inline constexpr std::size_t kMostResubstitutionGates = 160;

/// A smaller circuit of the same function: every gate that another signal, or one gate of two other
/// signals, can stand in for wherever an output would see the difference, is replaced by it as long
/// as the circuit gets smaller (Boolean resubstitution with observability don't cares: Mishchenko
/// et al. 2011, "Scalable don't-care-based logic optimization and resynthesis"). Exact, by truth
/// tables; what is small is where synthesis finds most. `outputs` are changed to the new signals.
/// A circuit beyond the limits comes back as it is.
Netlist resubstitute(const Netlist& netlist, Word& outputs);

}  // namespace systole::cost
