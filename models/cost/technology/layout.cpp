// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/layout.hpp"

#include "models/check.hpp"

namespace systole::cost {

double atCorner(const Estimate& estimate, Corner corner) {
    switch (corner) {
        case Corner::Low:
            return estimate.low;
        case Corner::High:
            return estimate.high;
        case Corner::Nominal:
            return estimate.nominal;
    }
    SYSTOLE_CHECK(false, "corner {}", static_cast<int>(corner));
}

}  // namespace systole::cost
