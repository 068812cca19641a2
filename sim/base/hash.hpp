// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

struct evp_md_ctx_st;

namespace systole::sim {

/// SHA-256 of what is added, piece after piece.
class Sha256 {
public:
    Sha256();
    void add(std::span<const std::uint8_t> bytes);
    /// With its length, so that two texts are not one.
    void add(std::string_view text);
    /// Numbers as they lie in memory, with their count.
    template <typename Number>
    requires std::is_arithmetic_v<Number>
    void add(std::span<const Number> numbers) {
        const std::uint64_t count = numbers.size();
        addBytes(&count, sizeof count);
        addBytes(numbers.data(), numbers.size_bytes());
    }
    /// 64 hexadecimal digits; nothing can be added afterwards.
    std::string text();

private:
    void addBytes(const void* bytes, std::size_t size);

    std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

/// SHA-256, as 64 hexadecimal digits.
std::string sha256(std::span<const std::uint8_t> bytes);

}  // namespace systole::sim
