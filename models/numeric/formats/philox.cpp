// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/rounding.hpp"

namespace systole::numeric {
namespace {

// Salmon et al. 2011, section 4.3 and table 2: multipliers, and the Weyl sequence of the key.
constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

constexpr std::uint32_t high(std::uint64_t product) {
    return static_cast<std::uint32_t>(product >> 32);
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(const std::array<std::uint32_t, 4>& counter,
                                        std::uint64_t key) {
    auto [c0, c1, c2, c3] = counter;
    auto key0 = static_cast<std::uint32_t>(key);
    auto key1 = high(key);
    for (int round = 0; round < kRounds; ++round) {
        const std::uint64_t product0 = kMultiplier0 * c0;
        const std::uint64_t product1 = kMultiplier1 * c2;
        c0 = high(product1) ^ c1 ^ key0;
        c1 = static_cast<std::uint32_t>(product1);
        c2 = high(product0) ^ c3 ^ key1;
        c3 = static_cast<std::uint32_t>(product0);
        key0 += kWeyl0;
        key1 += kWeyl1;
    }
    return {c0, c1, c2, c3};
}

std::uint32_t randomBits(std::uint64_t seed, std::uint32_t m, std::uint32_t n, std::uint32_t k,
                         RandomStage stage) {
    return philox4x32({k, n, m, static_cast<std::uint32_t>(stage)}, seed)[0];
}

}  // namespace systole::numeric
