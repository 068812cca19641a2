// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

/// The published code tables of eleven small float formats, every code.
namespace oracle {

/// code -> value, by the name that the table gives the format. Reads `FOLDER/minifloat-codes.csv`;
/// throws std::runtime_error if it cannot.
std::map<std::string, std::map<std::uint32_t, double>> readMinifloatCodes(
    const std::string& folder);

}  // namespace oracle
