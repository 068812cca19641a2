// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/cost/circuit/accumulator_circuit.hpp"

namespace systole::cost {

/// What the energy of a multiply-accumulate follows from.
enum class ActivitySource : std::uint8_t {
    Measured,  ///< traces of what the processing elements saw
    Flat,      ///< one toggle rate for all bits
    Random,    ///< traces of uniform random operands in the place of those seen
};
inline constexpr std::array<const char*, 3> kActivitySourceNames{"measured", "flat", "random"};

/// How energy is counted; what no technology file says.
struct EnergyOptions {
    ActivitySource activity = ActivitySource::Measured;
    double flatToggleRate = 0.1;     ///< share of all bits that toggle in a step
    bool zeroGating = false;         ///< a product with a zero leaves multiplier and adder at rest
    bool clockGating = false;        ///< elements without a product are not clocked
    double temperatureKelvin = 300;  ///< that leakage is of
    FloatAdder floatAdder = FloatAdder::Flush;  ///< that area and energy of float sums are of
};

}  // namespace systole::cost
