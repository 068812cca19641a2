// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/corner.hpp"

#include <cmath>

#include "models/check.hpp"

namespace systole::cost {
namespace {

double Estimate::*endAt(Corner corner) {
    switch (corner) {
        case Corner::Low:
            return &Estimate::low;
        case Corner::High:
            return &Estimate::high;
        case Corner::Nominal:
            return &Estimate::nominal;
    }
    SYSTOLE_CHECK(false, "corner {}", static_cast<int>(corner));
}

}  // namespace

double& atCorner(Estimate& estimate, Corner corner) { return estimate.*endAt(corner); }

double atCorner(const Estimate& estimate, Corner corner) { return estimate.*endAt(corner); }

Corner opposite(Corner corner) {
    if (corner == Corner::Nominal) return corner;
    return corner == Corner::Low ? Corner::High : Corner::Low;
}

double joinedDoubt(double one, double other) {
    return std::expm1(std::hypot(std::log1p(one), std::log1p(other)));
}

Estimate within(double nominal, double down, double up) {
    return {nominal, nominal / (1 + down), nominal * (1 + up)};
}

}  // namespace systole::cost
