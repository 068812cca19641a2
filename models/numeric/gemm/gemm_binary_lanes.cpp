// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm/gemm_binary.hpp"

// Counts of whole 512-bit vectors in one instruction.
#define HWY_WANT_AVX3_DL
// Vectors are held in arrays, which scalable ones do not allow.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/numeric/gemm/gemm_binary_lanes.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace systole::numeric::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kRows = 4;
using Lanes = hn::ScalableTag<std::uint64_t>;

/// scale * count of lanes below 2^31.
template <class V>
HWY_INLINE V scaled(Lanes d, V count, std::int64_t scale) {
#if HWY_TARGET == HWY_SCALAR
    return hn::Set(d, hn::GetLane(count) * static_cast<std::uint64_t>(scale));
#else
    const hn::Repartition<std::int32_t, Lanes> half;
    const auto low = hn::BitCast(half, hn::Set(d, static_cast<std::uint64_t>(scale)));
    return hn::BitCast(d, hn::MulEven(hn::BitCast(half, count), low));
#endif
}

/// kM rows by the columns of one panel: sum += scale * count + offset.
template <std::size_t kM>
void countBlock(const BitOperands& operands, std::size_t row, std::size_t panel,
                std::int64_t* sums) {
    const Lanes d;
    using V = hn::Vec<Lanes>;
    const std::size_t lanes = hn::Lanes(d);
    const std::size_t words = operands.words;
    const std::uint64_t* a = operands.a.data() + row * words;
    const std::uint64_t* b = operands.b.data() + panel * words * lanes;
    V counts[kM];
    for (std::size_t r = 0; r < kM; ++r) counts[r] = hn::Zero(d);
    for (std::size_t word = 0; word < words; ++word) {
        const V columns = hn::LoadU(d, b + word * lanes);
        for (std::size_t r = 0; r < kM; ++r) {
            const V different = hn::Xor(hn::Set(d, a[r * words + word]), columns);
            counts[r] = hn::Add(counts[r], hn::PopulationCount(different));
        }
    }
    const std::size_t column = panel * lanes;
    const V offset = hn::Set(d, static_cast<std::uint64_t>(operands.offset));
    for (std::size_t r = 0; r < kM; ++r) {
        std::uint64_t products[HWY_MAX_BYTES / sizeof(std::uint64_t)] = {};
        hn::StoreU(hn::Add(scaled(d, counts[r], operands.scale), offset), d, products);
        std::int64_t* to = sums + (row + r) * operands.n + column;
        const std::size_t count = HWY_MIN(lanes, operands.n - column);
        for (std::size_t i = 0; i < count; ++i) to[i] += static_cast<std::int64_t>(products[i]);
    }
}

void countAll(const BitOperands& operands, std::int64_t* sums) {
    const std::size_t lanes = hn::Lanes(Lanes());
    const std::size_t panels = (operands.n + lanes - 1) / lanes;
    for (std::size_t panel = 0; panel < panels; ++panel) {
        std::size_t row = 0;
        for (; row + kRows <= operands.m; row += kRows) {
            countBlock<kRows>(operands, row, panel, sums);
        }
        for (; row < operands.m; ++row) countBlock<1>(operands, row, panel, sums);
    }
}

/// The words of one panel of columns, [depth][columns] -> [word][lane].
void packPanel(const std::uint16_t* codes, std::size_t depth, std::size_t columns,
               std::size_t column, std::uint64_t* to) {
    const Lanes d;
    const hn::Rebind<std::uint32_t, Lanes> half;
    const hn::Rebind<std::uint16_t, Lanes> quarter;
    const std::size_t lanes = hn::Lanes(d);
    const std::size_t count = HWY_MIN(lanes, columns - column);
    std::uint16_t last[HWY_MAX_BYTES / sizeof(std::uint64_t)] = {};
    for (std::size_t begin = 0; begin < depth; begin += kWordBits, to += lanes) {
        auto bits = hn::Zero(d);
        // From the last code to the first, which ends in bit 0.
        for (std::size_t k = HWY_MIN(begin + kWordBits, depth); k-- > begin;) {
            const std::uint16_t* from = codes + k * columns + column;
            if (count < lanes) {
                for (std::size_t i = 0; i < count; ++i) last[i] = from[i];
                from = last;
            }
            const auto code = hn::PromoteTo(half, hn::LoadU(quarter, from));
            bits = hn::Or(hn::Add(bits, bits), hn::PromoteTo(d, code));
        }
        hn::StoreU(bits, d, to);
    }
}

void packColumns(std::span<const std::uint16_t> codes, std::size_t depth, BitOperands& operands) {
    const std::size_t lanes = hn::Lanes(Lanes());
    const std::size_t panels = (operands.n + lanes - 1) / lanes;
    operands.b.resize(panels * operands.words * lanes);
    for (std::size_t panel = 0; panel < panels; ++panel) {
        packPanel(codes.data(), depth, operands.n, panel * lanes,
                  operands.b.data() + panel * operands.words * lanes);
    }
}

}  // namespace systole::numeric::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole::numeric {

HWY_EXPORT(countAll);
HWY_EXPORT(packColumns);

void packWeights(std::span<const std::uint16_t> codes, std::size_t depth, BitOperands& operands) {
    HWY_DYNAMIC_DISPATCH(packColumns)(codes, depth, operands);
}

void addBinaryProducts(const BitOperands& operands, std::int64_t* sums) {
    HWY_DYNAMIC_DISPATCH(countAll)(operands, sums);
}

}  // namespace systole::numeric
#endif
