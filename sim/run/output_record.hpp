// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/numeric/formats/format.hpp"

namespace systole::sim {

/// Output codes as bytes, low byte first, image after image: what goldens and hashes are made of.
class OutputRecord {
public:
    void add(std::span<const numeric::Code> codes, const numeric::Format& format);
    std::string hash() const;
    const std::vector<std::uint8_t>& bytes() const { return bytes_; }

private:
    std::vector<std::uint8_t> bytes_;
};

}  // namespace systole::sim
