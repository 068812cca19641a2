// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/numeric/formats/format.hpp"

namespace systole::arch {

/// Reads a code, which is stored with the low byte first. The mask drops the bits above its width,
/// because their wires are not connected.
inline numeric::Code readCode(const std::uint8_t* bytes, std::uint32_t count, numeric::Code mask) {
    return mask & (count == 1 ? bytes[0] : static_cast<numeric::Code>(bytes[0] | bytes[1] << 8));
}

/// Codes of 1 or 2 bytes in a memory, `pitch` bytes apart.
struct StoredCodes {
    const std::uint8_t* bytes;
    std::uint32_t codeBytes;
    std::uint32_t pitch;
    numeric::Code mask;  ///< the bits of a code

    void read(std::uint16_t* codes, std::size_t count) const {
        if (codeBytes == 1 && pitch == 1) {  // a loop that compilers vectorise
            const auto bits = static_cast<std::uint8_t>(mask);
            for (std::size_t i = 0; i < count; ++i) codes[i] = bytes[i] & bits;
            return;
        }
        for (std::size_t i = 0; i < count; ++i) {
            codes[i] = static_cast<std::uint16_t>(readCode(bytes + i * pitch, codeBytes, mask));
        }
    }
};

}  // namespace systole::arch
