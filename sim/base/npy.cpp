// SPDX-License-Identifier: Apache-2.0
#include "sim/base/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace systole::sim {

std::string npyFile(std::span<const std::uint8_t> data, std::uint32_t elementBytes,
                    const std::vector<std::uint64_t>& shape) {
    constexpr std::size_t kPreamble = 10;  // magic, version, length of the header
    constexpr std::size_t kAlignment = 64;
    std::string header =
        fmt::format("{{'descr': '{}u{}', 'fortran_order': False, 'shape': ({},), }}",
                    elementBytes == 1 ? '|' : '<', elementBytes, fmt::join(shape, ", "));
    while ((kPreamble + header.size() + 1) % kAlignment != 0) {
        header += ' ';
    }
    header += '\n';
    std::string file("\x93NUMPY\x01\x00", 8);
    file += static_cast<char>(header.size() & 0xFF);
    file += static_cast<char>(header.size() >> 8);
    file += header;
    file.append(data.begin(), data.end());
    return file;
}

}  // namespace systole::sim
