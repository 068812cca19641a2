// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "models/numeric/formats/rounding.hpp"

namespace systole::numeric {

/// Two neighbouring values of a format and the choice between them, for formats that are not
/// floats. `lower` < `upper`; both and the value between them are doubles.
struct Neighbours {
    double lower;
    double upper;
    bool lowerIsEven;
    /// Where nearest changes from lower to upper; NaN: midway, in exact arithmetic.
    double boundary = std::numeric_limits<double>::quiet_NaN();

    /// `lower` or `upper`, for lower <= value < upper. Where the two lie on either side of zero,
    /// "away" and "up in magnitude" follow the value's sign, and toward zero is nearest.
    double round(double value, Rounding rounding, std::uint32_t random) const;

private:
    /// The value against the boundary: -1, 0, 1.
    int compare(double value) const;
    bool upperIsFarther(double value) const;
};

}  // namespace systole::numeric
