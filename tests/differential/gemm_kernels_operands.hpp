// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "models/numeric/gemm/gemm.hpp"

/// Random operands and sums that bring kernels to their limits.
namespace systole::numeric {

using Random = std::mt19937_64;

inline std::size_t below(Random& random, std::size_t end) { return random() % end; }

template <typename T>
const T& anyOf(Random& random, const std::vector<T>& choices) {
    return choices[below(random, choices.size())];
}

/// What the codes of an operand are like.
enum class Codes {
    Finite,  ///< any finite ones
    Any,     ///< infinities and NaN among them
    Large,   ///< of the largest values: overflow
    Small,   ///< of the smallest: subnormals, underflow
    Few,     ///< three values and their negatives, if there: cancellation, ties
};

inline std::vector<std::uint16_t> pool(const Codec& codec, Codes kind, Random& random) {
    std::vector<std::uint16_t> codes;
    const std::size_t all = codec.codeCount();
    // Of the widest formats, one code in some; the first and the last ones are special or large.
    for (std::size_t code = 0; code<all; code += all> 256 && code % 256 > 2 && code % 256 < 250
                                   ? 1 + below(random, 40)
                                   : 1) {
        if (kind == Codes::Any || codec.isFinite(static_cast<Code>(code))) {
            codes.push_back(static_cast<std::uint16_t>(code));
        }
    }
    if (kind == Codes::Finite || kind == Codes::Any) return codes;
    std::sort(codes.begin(), codes.end(), [&](std::uint16_t left, std::uint16_t right) {
        return std::fabs(codec.decode(left)) < std::fabs(codec.decode(right));
    });
    const auto some = static_cast<std::ptrdiff_t>(std::min<std::size_t>(codes.size(), 8));
    if (kind == Codes::Small) return {codes.begin(), codes.begin() + some};
    if (kind == Codes::Large) return {codes.end() - some, codes.end()};
    std::vector<std::uint16_t> few;
    for (int i = 0; i < 3; ++i) {
        const double one = std::fabs(codec.decode(anyOf(random, codes)));
        for (std::size_t code = 0; code < all; ++code) {
            if (std::fabs(codec.decode(static_cast<Code>(code))) == one) {
                few.push_back(static_cast<std::uint16_t>(code));
            }
        }
    }
    return few;
}

inline std::vector<std::uint16_t> randomCodes(const Codec& codec, std::size_t count, Codes kind,
                                              Random& random) {
    const std::vector<std::uint16_t> from = pool(codec, kind, random);
    std::vector<std::uint16_t> codes(count);
    for (std::uint16_t& code : codes) code = anyOf(random, from);
    return codes;
}

/// What an accumulator buffer may hold: of float registers any double of a middling size, too.
inline std::vector<std::int64_t> heldSums(const Gemm& gemm, std::size_t count, Random& random) {
    const int bits = accumulatorBits(gemm.accumulator(), gemm.activation(), gemm.weight());
    const auto* sum = std::get_if<FloatRegister>(&gemm.accumulator().sum);
    std::optional<FloatRounder> rounder;
    if (sum != nullptr) rounder.emplace(sum->format);
    std::vector<std::int64_t> sums;
    for (std::size_t i = 0; i < count; ++i) {
        if (!rounder) {
            // Exact registers have room for this and more products.
            const bool exact = std::holds_alternative<ExactRegister>(gemm.accumulator().sum);
            const auto low = static_cast<std::int64_t>(random()) >> (64 - std::min(bits, 63));
            sums.push_back(exact ? low / 4 : low);
            sums.resize((i + 1) * gemm.words(), low < 0 ? -1 : 0);
            continue;
        }
        const double value = std::ldexp(static_cast<double>(below(random, 64)) - 31,
                                        static_cast<int>(below(random, 60)) - 30);
        const Code code =
            rounder->round(unroundedOf(value), Rounding::NearestEven, Overflow::Saturate).code;
        const bool any = below(random, 4) == 0;
        sums.push_back(std::bit_cast<std::int64_t>(any ? value * 1.1 : rounder->decode(code)));
    }
    return sums;
}

}  // namespace systole::numeric
