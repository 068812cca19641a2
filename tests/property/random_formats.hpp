// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "random_source.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole::sim {

/// Formats of a machine: some whose sums do not depend on the order of additions, half of those of
/// integers in fixed point.
Scheme randomScheme(RandomSource& random);
/// Formats whose sums do.
Scheme orderedScheme(RandomSource& random);

/// Codes of finite values.
std::vector<numeric::Code> randomCodes(const numeric::Format& format, std::uint64_t count,
                                       RandomSource& random);

}  // namespace systole::sim
