// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/differing_bits.hpp"

#include <bit>

// Counts of whole 512-bit vectors in one instruction.
#define HWY_WANT_AVX3_DL
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/numeric/formats/differing_bits.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace systole::numeric::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

std::uint64_t countDifferingBits(const std::uint16_t* left, const std::uint16_t* right,
                                 std::size_t count) {
    std::uint64_t bits = 0;
    std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
    const hn::ScalableTag<std::uint64_t> words;
    const hn::Repartition<std::uint16_t, decltype(words)> codes;
    auto counts = hn::Zero(words);
    for (; i + hn::Lanes(codes) <= count; i += hn::Lanes(codes)) {
        const auto different = hn::Xor(hn::LoadU(codes, left + i), hn::LoadU(codes, right + i));
        counts = hn::Add(counts, hn::PopulationCount(hn::BitCast(words, different)));
    }
    bits = hn::GetLane(hn::SumOfLanes(words, counts));
#endif
    for (; i < count; ++i) {
        bits +=
            static_cast<std::uint64_t>(std::popcount(static_cast<unsigned>(left[i] ^ right[i])));
    }
    return bits;
}

}  // namespace systole::numeric::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole::numeric {

HWY_EXPORT(countDifferingBits);

std::uint64_t differingBits(const std::uint16_t* left, const std::uint16_t* right,
                            std::size_t count) {
    return HWY_DYNAMIC_DISPATCH(countDifferingBits)(left, right, count);
}

}  // namespace systole::numeric
#endif
