// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/numeric/products/product_class.hpp"

/// Which multipliers can be built as circuits, and so have area, delay and energy.
namespace systole::cost {

/// Bits of both codes together up to which a look-up table is built: its gates grow with the number
/// of pairs of codes.
inline constexpr int kWidestLookUpBits = 10;

/// Why this class has no circuit for these formats; empty if it has one.
std::optional<std::string> circuitProblem(numeric::ProductClass productClass,
                                          const numeric::Format& activation,
                                          const numeric::Format& weight);

/// Classes that have a circuit for these formats, in the order of `numeric::productClasses`.
std::vector<numeric::ProductClass> classesWithCircuit(const numeric::Format& activation,
                                                      const numeric::Format& weight);

}  // namespace systole::cost
