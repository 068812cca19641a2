// SPDX-License-Identifier: Apache-2.0
#include "sim/base/hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "models/check.hpp"

namespace systole::sim {

std::string sha256(std::span<const std::uint8_t> bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const int done =
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
    SYSTOLE_CHECK(done == 1, "SHA-256 of {} bytes", bytes.size());
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += fmt::format("{:02x}", digest.at(i));
    }
    return text;
}

}  // namespace systole::sim
