// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/scales.hpp"

namespace systole::sim {

float scaleFor(float amax, double peak) {
    const float scale = amax / static_cast<float>(peak);
    return scale == 0 ? 1.0F : scale;
}

}  // namespace systole::sim
