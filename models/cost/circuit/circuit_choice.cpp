// SPDX-License-Identifier: Apache-2.0
#include "models/cost/circuit/circuit_choice.hpp"

#include <fmt/format.h>

#include "models/cost/circuit/multiplier_circuit.hpp"

namespace systole::cost {

using numeric::Format;
using numeric::ProductClass;

std::optional<std::string> circuitProblem(ProductClass productClass, const Format& activation,
                                          const Format& weight) {
    const bool isAccepted = numeric::accepts(productClass, activation, weight);
    if (isAccepted && hasCircuit(productClass, activation, weight)) return std::nullopt;
    const std::string problem =
        fmt::format("there is no {} circuit for {} x {}", numeric::nameOf(productClass),
                    numeric::nameOf(activation), numeric::nameOf(weight));
    if (!isAccepted || productClass != ProductClass::LookUp) return problem;
    return fmt::format("{}, which have {} bits together: look-up tables are built up to {} bits",
                       problem, numeric::widthOf(activation) + numeric::widthOf(weight),
                       kWidestLookUpBits);
}

std::vector<ProductClass> classesWithCircuit(const Format& activation, const Format& weight) {
    std::vector<ProductClass> classes;
    for (const ProductClass candidate : numeric::productClasses()) {
        if (!circuitProblem(candidate, activation, weight)) classes.push_back(candidate);
    }
    return classes;
}

}  // namespace systole::cost
