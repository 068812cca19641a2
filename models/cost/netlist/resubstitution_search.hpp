// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/netlist/netlist.hpp"

namespace systole::cost {

/// The search behind `resubstitute`, for circuits within its limits. `outputs` are changed to the
/// new signals.
Netlist searchSmaller(const Netlist& netlist, Word& outputs);

}  // namespace systole::cost
