// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/cost/element/drawn_trace.hpp"
#include "models/cost/element/element_model.hpp"

namespace systole::cost {

/// What drawn operands do to a PE whose weight stays for `weightProducts` products.
///
/// Up to kWeightSteps the trace has a new weight as often. A weight that stays for longer is drawn
/// for kWeightSteps products as well, so that as many weights count: what it does beyond its first
/// product is then counted so much more often. One trace of 2048 products with one weight would
/// have the energy of that weight, which is up to 15 % more or less than the mean.
ElementActivity drawnActivity(const ElementModel& model, Stimulus stimulus, std::uint32_t steps,
                              std::uint32_t weightProducts);

}  // namespace systole::cost
