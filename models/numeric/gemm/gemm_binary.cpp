// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm/gemm_binary.hpp"

#include <algorithm>

#include "models/numeric/gemm/gemm_kernels.hpp"

namespace systole::numeric {
namespace {

constexpr int kWidestSteps = 15;                              // twice a product is below 2^31
constexpr std::size_t kDeepest = (std::size_t{1} << 31) - 1;  // so are the counts

bool isTwoValued(const Codec& codec) {
    const auto& steps = codec.gridStepTable();
    return steps.size() == 2 && steps[0] == -steps[1] && codec.gridBits() <= kWidestSteps;
}

/// Rows of codes as words, the first code in bit 0.
std::vector<std::uint64_t> packRows(std::span<const std::uint16_t> codes, std::size_t rows,
                                    std::size_t depth, std::size_t words) {
    std::vector<std::uint64_t> packed(rows * words);
    for (std::size_t row = 0; row < rows; ++row) {
        const std::uint16_t* from = codes.data() + row * depth;
        for (std::size_t k = 0; k < depth; k += kWordBits) {
            std::uint64_t bits = 0;
            const std::size_t count = std::min(kWordBits, depth - k);
            for (std::size_t i = 0; i < count; ++i) bits |= std::uint64_t{from[k + i]} << i;
            packed[row * words + k / kWordBits] = bits;
        }
    }
    return packed;
}

}  // namespace

bool popcountFits(const GemmCall& call) {
    return isTwoValued(call.gemm.activation()) && isTwoValued(call.gemm.weight()) &&
           call.gemm.words() == 1 && call.operands.shape.k <= kDeepest;
}

void popcountProduct(const Gemm& gemm, const Gemm::Operands& operands, bool accumulate,
                     std::span<std::int64_t> sums) {
    const auto& [m, k, n] = operands.shape;
    if (!accumulate) std::fill(sums.begin(), sums.end(), 0);
    // Equal codes give the product of codes 0, 0; different ones its negative.
    const std::int64_t product = gemm.activation().gridSteps(0) * gemm.weight().gridSteps(0);
    BitOperands bits;
    bits.m = m;
    bits.n = n;
    bits.words = (k + kWordBits - 1) / kWordBits;
    bits.scale = -2 * product;
    bits.offset = product * static_cast<std::int64_t>(k);
    bits.a = packRows(operands.a, m, k, bits.words);
    packWeights(operands.b, k, bits);
    addBinaryProducts(bits, sums.data());
}

}  // namespace systole::numeric
