// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace systole::sim {

/// fl32(amax / peak), with the peak of a format (`numeric::peakOf`); 1 where that is 0.
float scaleFor(float amax, double peak);

}  // namespace systole::sim
