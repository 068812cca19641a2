// SPDX-License-Identifier: Apache-2.0
#include "sim/base/hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "models/check.hpp"

namespace systole::sim {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    const int done = EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
    SYSTOLE_CHECK(done == 1, "SHA-256 does not begin");
}

void Sha256::add(std::span<const std::uint8_t> bytes) { addBytes(bytes.data(), bytes.size()); }

void Sha256::add(std::string_view text) { add(std::span<const char>(text.data(), text.size())); }

void Sha256::addBytes(const void* bytes, std::size_t size) {
    const int done = EVP_DigestUpdate(context_.get(), bytes, size);
    SYSTOLE_CHECK(done == 1, "SHA-256 of {} bytes", size);
}

std::string Sha256::text() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const int done = EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    SYSTOLE_CHECK(done == 1, "SHA-256 does not end");
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += fmt::format("{:02x}", digest.at(i));
    }
    return text;
}

std::string sha256(std::span<const std::uint8_t> bytes) {
    Sha256 hash;
    hash.add(bytes);
    return hash.text();
}

}  // namespace systole::sim
