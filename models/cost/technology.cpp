// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace systole::cost {

namespace {

std::string nameOf(const ProcessingElement& element) {
    return fmt::format("{} x {} + {}{}", element.activation, element.weight, element.accumulator,
                       element.multiplier == "auto" ? "" : " (" + element.multiplier + ")");
}

}  // namespace

const ProcessingElement& processingElementOf(const Technology& technology,
                                             const std::string& activation,
                                             const std::string& weight,
                                             const std::string& accumulator,
                                             const std::string& multiplier) {
    const auto& elements = technology.processingElements;
    const auto found = std::find_if(elements.begin(), elements.end(), [&](const auto& element) {
        return element.activation == activation && element.weight == weight &&
               element.accumulator == accumulator && element.multiplier == multiplier;
    });
    if (found != elements.end()) {
        return *found;
    }
    std::string available;
    for (const ProcessingElement& element : elements) {
        available += (available.empty() ? "" : ", ") + nameOf(element);
    }
    ProcessingElement wanted;
    wanted.activation = activation;
    wanted.weight = weight;
    wanted.accumulator = accumulator;
    wanted.multiplier = multiplier;
    throw MissingCoefficient(fmt::format(
        "technology '{}' has no processing element {}, expected one of: {}; or an entry of its own "
        "under processing_elements, or technology: none to leave costs out",
        technology.name, nameOf(wanted), available));
}

ProcessingElementArea areaByPart(const Technology& technology, const ProcessingElement& element) {
    const double registers = element.flipFlops * technology.flipFlopSquareMicrons.value;
    return {.multiplierSquareMicrons = element.multiplierSquareMicrons,
            .registerSquareMicrons = registers,
            .restSquareMicrons =
                element.areaSquareMicrons - element.multiplierSquareMicrons - registers};
}

}  // namespace systole::cost
