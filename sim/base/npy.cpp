// SPDX-License-Identifier: Apache-2.0
#include "sim/base/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace systole::sim {

std::string NpyType::name() const {
    const char* word = kind == Kind::Float ? "float" : kind == Kind::Signed ? "int" : "uint";
    return fmt::format("{}{}", word, 8 * bytes);
}

std::string NpyType::descriptor() const {
    return fmt::format("{}{}{}", bytes == 1 ? '|' : '<', static_cast<char>(kind), bytes);
}

std::string npyFile(std::span<const std::uint8_t> data, const NpyType& type,
                    const std::vector<std::uint64_t>& shape) {
    constexpr std::size_t kPreamble = 10;  // magic, version, length of the header
    constexpr std::size_t kAlignment = 64;
    std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},), }}",
                                     type.descriptor(), fmt::join(shape, ", "));
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
