// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace systole::cost {

namespace {

std::string nameOf(const ProcessingElement& element) {
    return fmt::format("{} x {} + {}", element.activation, element.weight, element.accumulator);
}

}  // namespace

const ProcessingElement& processingElementOf(const Technology& technology,
                                             const std::string& activation,
                                             const std::string& weight,
                                             const std::string& accumulator) {
    const auto& elements = technology.processingElements;
    const auto found = std::find_if(elements.begin(), elements.end(), [&](const auto& element) {
        return element.activation == activation && element.weight == weight &&
               element.accumulator == accumulator;
    });
    if (found != elements.end()) {
        return *found;
    }
    std::string available;
    for (const ProcessingElement& element : elements) {
        available += (available.empty() ? "" : ", ") + nameOf(element);
    }
    throw MissingCoefficient(fmt::format(
        "technology '{}' has no processing element {} x {} + {}, expected one of: {}; or an "
        "entry of its own under processing_elements",
        technology.name, activation, weight, accumulator, available));
}

ProcessingElementArea areaByPart(const Technology& technology, const ProcessingElement& element) {
    const double registers = element.flipFlops * technology.flipFlopSquareMicrons.value;
    return {.multiplierSquareMicrons = element.multiplierSquareMicrons,
            .registerSquareMicrons = registers,
            .restSquareMicrons =
                element.areaSquareMicrons - element.multiplierSquareMicrons - registers};
}

}  // namespace systole::cost
