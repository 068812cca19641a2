// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/cost/sram.hpp"

/// What a silicon technology makes things cost. Coefficients keep the units of their sources, which
/// their names carry; results of the models are in joules, watts and square microns.
namespace systole::cost {

/// A figure and where it came from.
struct Coefficient {
    double value = 0;
    std::string source;
};

/// A weight stationary processing element: multiplier, accumulation, registers of weight,
/// activation and partial sum. Names are those of formats and accumulators (`int8`, `e4m3`;
/// `int32`, `exact`, `fp32`).
struct ProcessingElement {
    std::string activation;
    std::string weight;
    std::string accumulator;
    std::string multiplier = "auto";  ///< the circuit, where it is not the usual one of the formats
    double areaSquareMicrons = 0;
    double multiplierSquareMicrons = 0;  ///< the part of the multiplier alone
    std::uint32_t flipFlops = 0;
    double delayNanoseconds = 0;
    double picojoulesPerMac = 0;     ///< clock included
    double idleClockPicojoules = 0;  ///< a cycle of an active array without a MAC
    double leakageMicrowatts = 0;
    /// Synthesised for speed instead of area, where that was done.
    std::optional<double> fastAreaSquareMicrons;
    std::optional<double> fastDelayNanoseconds;
    std::string source;
};

/// One operator of a vector lane.
struct VectorOperator {
    Coefficient energyPicojoules;
    Coefficient areaSquareMicrons;
};

struct Technology {
    std::string name;
    std::string node;
    bool isFree = false;  ///< nothing has area or takes energy: costs are left out
    Coefficient flipFlopSquareMicrons;
    std::vector<ProcessingElement> processingElements;
    SramModel sram;
    VectorOperator fp32Multiply;
    VectorOperator fp32Add;
    VectorOperator int32Add;
};

/// The technology has no figure for what the machine is made of. what() says what there is.
class MissingCoefficient : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The processing element of these operands. Throws MissingCoefficient.
const ProcessingElement& processingElementOf(const Technology& technology,
                                             const std::string& activation,
                                             const std::string& weight,
                                             const std::string& accumulator,
                                             const std::string& multiplier = "auto");

/// The area of a processing element by part.
struct ProcessingElementArea {
    double multiplierSquareMicrons = 0;
    double registerSquareMicrons = 0;
    double restSquareMicrons = 0;  ///< alignment, addition, rounding
};

ProcessingElementArea areaByPart(const Technology& technology, const ProcessingElement& element);

}  // namespace systole::cost
