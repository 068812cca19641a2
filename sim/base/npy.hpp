// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace systole::sim {

/// An element of an .npy file, little endian.
struct NpyType {
    enum class Kind : char { Unsigned = 'u', Signed = 'i', Float = 'f' };
    Kind kind = Kind::Unsigned;
    std::uint32_t bytes = 1;

    std::string name() const;        ///< as numpy's: `int8`, `float64`
    std::string descriptor() const;  ///< as in the file: `|i1`, `<f8`
};

/// An array of little-endian elements as an .npy file, version 1.0 (numpy.lib.format), C order.
std::string npyFile(std::span<const std::uint8_t> data, const NpyType& type,
                    const std::vector<std::uint64_t>& shape);

}  // namespace systole::sim
