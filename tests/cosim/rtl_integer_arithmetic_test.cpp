// SPDX-License-Identifier: Apache-2.0
// Multipliers of the RTL that models/numeric has no format or no such sum for, against integers.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <tuple>

#include "tests/cosim/rtl_circuits.hpp"

namespace systole::cosim {
namespace {

using numeric::Code;

/// Integers of sign and magnitude: rtl_arithmetic.sv's lanes after kProducts.
int signMagnitude(Code code, int bits) {
    const Code sign = 1U << (bits - 1);
    const int magnitude = static_cast<int>(code & (sign - 1));
    return (code & sign) != 0 ? -magnitude : magnitude;
}

TEST(RtlSignMagnitude, multipliesAnyTwoCodes) {
    Circuits circuits;
    for (const auto& [lane, bits, weightBits] : {std::tuple{28U, 8, 8}, {29U, 5, 3}}) {
        for (Code a = 0; a < 1U << bits; ++a) {
            for (Code w = 0; w < 1U << weightBits; ++w) {
                ASSERT_EQ(valueOfLane(circuits.multiply(lane, a, w, 1), 0),
                          signMagnitude(a, bits) * signMagnitude(w, weightBits))
                    << "codes " << a << " and " << w;
            }
        }
    }
}

TEST(RtlSignMagnitude, isAddedToAnExactAndToASaturatingSum) {
    constexpr std::size_t kExact = 25;
    constexpr std::size_t kSaturating = 26;
    constexpr int kLargest = 0x7fff;
    std::mt19937_64 random(1);
    Circuits circuits;
    for (int i = 0; i < 100'000; ++i) {
        const auto a = static_cast<Code>(random() & 0xff);
        const auto w = static_cast<Code>(random() & 0xff);
        const auto held = static_cast<std::int16_t>(random());
        const int sum = held + signMagnitude(a, 8) * signMagnitude(w, 8);
        ASSERT_EQ(numeric::wrapToBits(circuits.add(kExact, static_cast<Code>(held), a, w), 31), sum)
            << "codes " << a << " and " << w << " to " << held;
        ASSERT_EQ(
            static_cast<std::int16_t>(circuits.add(kSaturating, static_cast<Code>(held), a, w)),
            std::clamp(sum, -kLargest - 1, kLargest))
            << "codes " << a << " and " << w << " to " << held;
    }
}

/// Factors of one operand of a composable multiplier of `bits` bits.
struct Factors {
    int bits;
    int width;
    bool isSigned;

    int slices() const { return width / 2; }

    int value(Code code) const {
        return isSigned ? static_cast<int>(numeric::wrapToBits(code, width))
                        : static_cast<int>(code);
    }

    /// The operand, of which brick `k` has slice `sliceOf(k)` of the factor `factorOf(k)`.
    template <typename FactorOf, typename SliceOf>
    std::uint64_t operand(FactorOf factorOf, SliceOf sliceOf) const {
        const int bricks = bits * bits / 4;
        std::uint64_t operand = 0;
        for (int k = 0; k < bricks; ++k) {
            const Code slice = (factorOf(k) >> (2 * sliceOf(k))) & 3;
            operand |= std::uint64_t{slice} << (2 * k);
        }
        const std::uint64_t fused = (width >= 4 ? 1 : 0) | (width == 8 ? 2 : 0);
        const std::uint64_t mode = fused | (std::uint64_t{isSigned} << (bits / 4));
        return operand | (mode << (2 * bricks));
    }
};

class RtlComposable : public testing::TestWithParam<std::tuple<int, int, int, bool, bool>> {
public:
    /// The products by their place: [activation's slices above it][weight's].
    using Codes = std::array<std::array<Code, 4>, 4>;

protected:
    void expectSum(const Codes& as, const Codes& ws) {
        const auto [bits, aWidth, wWidth, aSigned, wSigned] = GetParam();
        const Factors a{bits, aWidth, aSigned};
        const Factors w{bits, wWidth, wSigned};
        const auto column = [](int k) { return (k & 1) | ((k >> 1) & 2); };
        const auto row = [](int k) { return ((k >> 1) & 1) | ((k >> 2) & 2); };
        const auto in = [&](const Codes& codes) {
            return [&, codes](int k) { return codes[column(k) / a.slices()][row(k) / w.slices()]; };
        };
        int sum = 0;
        for (int i = 0; i < bits / aWidth; ++i) {
            for (int j = 0; j < bits / wWidth; ++j) sum += a.value(as[i][j]) * w.value(ws[i][j]);
        }
        const auto activation = a.operand(in(as), [&](int k) { return column(k) % a.slices(); });
        const auto weight = w.operand(in(ws), [&](int k) { return row(k) % w.slices(); });
        ASSERT_EQ(circuits_.compose(bits, activation, weight), sum)
            << std::hex << activation << " and " << weight;
    }

    Circuits circuits_;
};

/// A third are the ends of the range.
Code drawFactor(int width, std::mt19937_64& random) {
    const Code half = 1U << (width - 1);
    const std::array<Code, 3> ends{half, half - 1, 2 * half - 1};
    const auto drawn = static_cast<Code>(random());
    return drawn % 3 == 0 ? ends.at((drawn >> 8) % 3) : (drawn >> 8) & (2 * half - 1);
}

RtlComposable::Codes drawFactors(int width, std::mt19937_64& random) {
    RtlComposable::Codes codes{};
    for (auto& row : codes) {
        for (Code& code : row) code = drawFactor(width, random);
    }
    return codes;
}

TEST_P(RtlComposable, addsTheProductsOfAllItsFactors) {
    const auto [bits, aWidth, wWidth, aSigned, wSigned] = GetParam();
    const bool single = bits == aWidth && bits == wWidth;
    const Code pairs = single ? 1U << (2 * bits) : 5'000;
    std::mt19937_64 random(bits + 10 * aWidth + wWidth);
    for (Code pair = 0; pair < pairs; ++pair) {
        const Codes as = single ? Codes{{{pair >> bits}}} : drawFactors(aWidth, random);
        const Codes ws =
            single ? Codes{{{pair & ((1U << bits) - 1)}}} : drawFactors(wWidth, random);
        ASSERT_NO_FATAL_FAILURE(expectSum(as, ws));
    }
}

std::string composableName(const testing::TestParamInfo<RtlComposable::ParamType>& test) {
    const auto [bits, aWidth, wWidth, aSigned, wSigned] = test.param;
    return "of" + std::to_string(bits) + (aSigned ? "_int" : "_uint") + std::to_string(aWidth) +
           (wSigned ? "_int" : "_uint") + std::to_string(wWidth);
}

INSTANTIATE_TEST_SUITE_P(Eight, RtlComposable,
                         testing::Combine(testing::Values(8), testing::Values(2, 4, 8),
                                          testing::Values(2, 4, 8), testing::Bool(),
                                          testing::Bool()),
                         composableName);
INSTANTIATE_TEST_SUITE_P(Four, RtlComposable,
                         testing::Combine(testing::Values(4), testing::Values(2, 4),
                                          testing::Values(2, 4), testing::Bool(), testing::Bool()),
                         composableName);

}  // namespace
}  // namespace systole::cosim
