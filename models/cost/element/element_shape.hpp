// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/cost/circuit/element_circuit.hpp"
#include "models/cost/technology/fitted_range.hpp"

namespace systole::cost {

/// A processing element in the words and numbers that a technology's fitted range has.
CircuitShape shapeOf(const ElementDescription& element, std::uint32_t stages);
/// Of its multiplier alone.
CircuitShape multiplierShapeOf(const ElementDescription& element);

}  // namespace systole::cost
