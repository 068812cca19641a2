// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/accumulator.hpp"

#include <bit>
#include <charconv>

namespace systole::numeric {
namespace {

constexpr int kNarrowestInteger = 8;
constexpr int kWidestInteger = 63;  // sums are formed in 64 bits before they wrap

}  // namespace

std::optional<AccumulatorFormat> parseAccumulator(const std::string& name) {
    if (name == "exact") {
        return AccumulatorFormat{name, AccumulatorFormat::Kind::Exact, 0, 16};
    }
    if (!name.starts_with("int")) {
        return std::nullopt;
    }
    int bits = 0;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + 3, end, bits);
    if (error != std::errc{} || stop != end || bits < kNarrowestInteger || bits > kWidestInteger) {
        return std::nullopt;
    }
    return AccumulatorFormat{name, AccumulatorFormat::Kind::Integer, bits, 0};
}

int accumulatorBits(const AccumulatorFormat& accumulator, const Codec& activation,
                    const Codec& weight) {
    if (accumulator.kind == AccumulatorFormat::Kind::Integer) {
        return accumulator.bits;
    }
    const auto bitsOf = [](const Codec& codec) {
        return std::bit_width(static_cast<std::uint64_t>(codec.largestGridSteps()));
    };
    return static_cast<int>(bitsOf(activation) + bitsOf(weight)) + 1 + accumulator.guardBits;
}

int accumulatorStorageBytes(int bits) { return bits <= 32 ? 4 : 8; }

}  // namespace systole::numeric
