// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace systole::sim {

/// An array of little-endian unsigned integers of 1 or 2 bytes as an .npy file, version 1.0
/// (numpy.lib.format), C order.
std::string npyFile(std::span<const std::uint8_t> data, std::uint32_t elementBytes,
                    const std::vector<std::uint64_t>& shape);

}  // namespace systole::sim
