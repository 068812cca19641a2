// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/products/product_class_packed.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <span>
#include <vector>

namespace systole::numeric {
namespace {

/// The produced code of the largest or the smallest value.
Code extremeCode(const Codec& codec, bool largest) {
    return codec.encode(largest ? codec.largest() : codec.smallest());
}

/// Sums of the fields by plain integer arithmetic.
std::vector<std::int64_t> plainSums(const Codec& a, const Codec& w, int fields, int exponent,
                                    std::span<const Code> codesA, std::span<const Code> codesW) {
    std::vector<std::int64_t> sums(static_cast<std::size_t>(fields));
    for (std::size_t i = 0; i < codesA.size(); ++i) {
        const double product =
            a.decode(codesA[i]) * w.decode(codesW[i / static_cast<std::size_t>(fields)]);
        sums[i % static_cast<std::size_t>(fields)] +=
            static_cast<std::int64_t>(std::ldexp(product, -exponent));
    }
    return sums;
}

std::vector<Code> producedCodes(const Codec& codec, std::size_t count, std::mt19937_64& random) {
    std::vector<Code> codes;
    while (codes.size() < count) {
        const auto code = static_cast<Code>(random() % codec.codeCount());
        if (isProduced(codec.format(), code)) codes.push_back(code);
    }
    return codes;
}

struct Packing {
    const char* activation;
    const char* weight;
    int fields;
    int guardBits;
};

constexpr Packing kPackings[] = {{"int4", "int4", 3, 4},
                                 {"uint4", "int4", 2, 3},
                                 {"int8", "int8", 2, 2},
                                 {"uint8", "int8", 3, 3},
                                 {"uint4", "uint4", 4, 5},
                                 {"ternary", "ternary", 7, 6},
                                 {"uint2", "int2", 6, 5},
                                 {"int4_half", "int4", 4, 4},
                                 {"int8_narrow", "int8_narrow", 2, 8},
                                 {"uint1", "uint1", 9, 5},
                                 {"int8_fraction6", "int5", 3, 3},
                                 {"uint1", "ternary", 10, 4},
                                 {"int4_narrow", "uint8", 2, 0}};

TEST(PackedMultiplier, GivesThePlainSumsOfRandomOperandsUpToItsDepth) {
    std::mt19937_64 random(4);
    for (const Packing& packing : kPackings) {
        const Codec a(*formatNamed(packing.activation));
        const Codec w(*formatNamed(packing.weight));
        const PackedMultiplier packed(a, w, packing.fields, packing.guardBits);
        const auto fields = static_cast<std::size_t>(packing.fields);
        for (int trial = 0; trial < 200; ++trial) {
            const std::size_t steps = 1 + random() % packed.depth();
            const auto codesA = producedCodes(a, steps * fields, random);
            const auto codesW = producedCodes(w, steps, random);
            std::vector<std::int64_t> sums(fields);
            packed.multiplyAccumulate(codesA, codesW, sums);
            ASSERT_EQ(sums, plainSums(a, w, packing.fields, packed.exponent(), codesA, codesW))
                << packing.activation << " x " << packing.weight;
        }
    }
}

/// Whether `steps` products of extreme values come out right, whatever the extremes: those of each
/// field in turn and of the weight.
bool extremesComeOutRight(const Codec& a, const Codec& w, const PackedMultiplier& packed,
                          std::uint64_t steps) {
    const auto fields = static_cast<std::size_t>(packed.fields());
    bool right = true;
    for (unsigned pattern = 0; pattern < 2U << fields; ++pattern) {
        std::vector<Code> codesA;
        for (std::size_t field = 0; field < fields; ++field) {
            codesA.push_back(extremeCode(a, bitOf(pattern, static_cast<int>(field))));
        }
        const Code weight = extremeCode(w, bitOf(pattern, static_cast<int>(fields)));
        std::int64_t sum = 0;
        for (std::uint64_t i = 0; i < steps; ++i)
            sum = packed.step(sum, packed.pack(codesA), weight);
        std::vector<std::int64_t> sums(fields);
        packed.unpack(sum, sums);
        for (std::size_t field = 0; field < fields; ++field) {
            const double product =
                std::ldexp(a.decode(codesA[field]) * w.decode(weight), -packed.exponent());
            right = right && sums[field] == static_cast<std::int64_t>(product) *
                                                static_cast<std::int64_t>(steps);
        }
    }
    return right;
}

TEST(PackedMultiplier, HoldsExtremeSumsToItsDepthAndNotOneStepMore) {
    for (const Packing& packing : kPackings) {
        const Codec a(*formatNamed(packing.activation));
        const Codec w(*formatNamed(packing.weight));
        const PackedMultiplier packed(a, w, packing.fields, packing.guardBits);
        EXPECT_GE(packed.depth(), std::uint64_t{1} << packing.guardBits);
        EXPECT_TRUE(extremesComeOutRight(a, w, packed, packed.depth()))
            << packing.activation << " x " << packing.weight;
        EXPECT_FALSE(extremesComeOutRight(a, w, packed, packed.depth() + 1))
            << packing.activation << " x " << packing.weight;
    }
}

TEST(PackedMultiplier, HasThePitchOfTheProductsRangeAndTheGuardBits) {
    const auto pitch = [](const char* a, const char* w, int guardBits) {
        return PackedMultiplier(Codec(*formatNamed(a)), Codec(*formatNamed(w)), 2, guardBits)
            .pitch();
    };
    EXPECT_EQ(pitch("int8", "int8", 2), 18);  // (-128)^2 = 2^14 takes 16 bits
    EXPECT_EQ(pitch("int8_narrow", "int8_narrow", 0), 15);
    EXPECT_EQ(pitch("uint4", "uint4", 0), 8);
    EXPECT_EQ(pitch("uint4", "int4", 3), 11);
    EXPECT_EQ(pitch("ternary", "ternary", 0), 2);
}

using Words = std::vector<std::uint64_t>;

std::int64_t plainDot(const Codec& a, const Codec& w, const Words& codesA, const Words& codesW,
                      std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto bit = [&](const Words& words) {
            return static_cast<Code>((words[i / 64] >> (i % 64)) & 1);
        };
        sum += a.decode(bit(codesA)) * w.decode(bit(codesW)) > 0 ? 1 : -1;
    }
    return static_cast<std::int64_t>(sum);
}

TEST(BinaryDot, IsThePlainSumOfTheProducts) {
    std::mt19937_64 random(5);
    const Codec binary(*formatNamed("binary"));
    const Codec turned(CodebookFormat{"turned", {0.5, -0.5}});
    for (const auto& [a, w] : {std::pair{&binary, &binary}, std::pair{&binary, &turned}}) {
        const BinaryDot dot(*a, *w);
        for (std::size_t n = 0; n <= 320; ++n) {
            for (const int kind : {0, 1, 2}) {
                Words codesA(5);
                Words codesW(5);
                for (std::uint64_t& word : codesA) word = kind == 0 ? random() : 0;
                for (std::uint64_t& word : codesW) {
                    word = kind == 0 ? random() : (kind == 1 ? 0 : ~std::uint64_t{0});
                }
                ASSERT_EQ(dot.dot(codesA, codesW, n), plainDot(*a, *w, codesA, codesW, n)) << n;
            }
        }
    }
}

}  // namespace
}  // namespace systole::numeric
