// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace systole::numeric {

/// Bits in which `count` codes differ from `count` others, all together.
std::uint64_t differingBits(const std::uint16_t* left, const std::uint16_t* right,
                            std::size_t count);

}  // namespace systole::numeric
