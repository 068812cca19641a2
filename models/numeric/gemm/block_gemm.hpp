// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "models/numeric/formats/block_format.hpp"
#include "models/numeric/sums/accumulator.hpp"

namespace systole::numeric {

/// How a dot product of blocks is summed. OCP MX 1.0, section 6.1, leaves the precision open.
struct BlockAccumulator {
    Register inner = ExactRegister{};  ///< element products of a block
    Register outer;                    ///< float, or exact: the blocks' sums, scaled
};

/// The accumulator with an exact inner and an FP32 outer register.
BlockAccumulator fp32BlockAccumulator();

/// What is wrong and what is expected, or empty.
std::optional<std::string> problemOf(const BlockAccumulator& accumulator);

/// Matrix products of block tensors, C[m][n] = sum_k A[m][k] * B[n][k], both quantized along k.
///
/// k is cut at the block ends of both operands. For each piece, in ascending order, the element
/// products are summed from zero in the inner register; its value times the two scales of the
/// blocks, exactly, is one addition to the outer register. The tensor scales do not take part:
/// C is to be multiplied by a.tensorScale * b.tensorScale afterwards.
///
/// A NaN scale makes its outputs NaN in a float outer register and breaks an invariant in an exact
/// one, as elements that are not finite do in integer and exact inner registers. Stochastic
/// rounding takes `randomBits(seed, m, n, k, ..)`: stage Product with the k of the product, stage
/// Chunk with the first k of the piece.
class BlockGemm {
public:
    BlockGemm(BlockFormat a, BlockFormat b, BlockAccumulator accumulator);

    /// Writes the sums [m][n][words()]: as `sumWords` says, in units of 2^exponent() if exact. The
    /// fastest kernel that gives the bits of `runScalar` does the work.
    AccumulatorEvents run(const BlockTensor& a, const BlockTensor& b,
                          std::span<std::int64_t> sums) const;

    /// Defines what `run` gives, one addition at a time.
    AccumulatorEvents runScalar(const BlockTensor& a, const BlockTensor& b,
                                std::span<std::int64_t> sums) const;

    /// The kernels behind `run`: sums of pieces by BLAS in integers that binary32 or binary64 holds
    /// exactly (of A whole or as two digits), then additions to binary32. They take integer and
    /// exact inner registers that no piece can overflow, and an outer one of binary32, rounding to
    /// nearest even, overflowing to infinity.
    enum class Kernel { Scalar, BlasFp32, BlasFp64, BlasFp64Digits };
    Kernel kernelFor(std::size_t k) const;

    const BlockCodec& a() const { return a_; }
    const BlockCodec& b() const { return b_; }
    const BlockAccumulator& accumulator() const { return accumulator_; }
    std::size_t words() const { return static_cast<std::size_t>((outerBits() + 63) / 64); }
    int outerBits() const;
    int innerBits() const;
    /// Of the unit of the outer register, if exact; else 0.
    int exponent() const;
    int innerExponent() const;

    /// A piece of k between two block ends.
    struct Piece {
        std::size_t begin;
        std::size_t end;
        std::size_t blockA;
        std::size_t blockB;
    };
    void forEachPiece(std::size_t k, const std::function<void(const Piece&)>& visit) const;

private:
    void checkSizes(const BlockTensor& a, const BlockTensor& b, std::size_t words) const;

    BlockCodec a_;
    BlockCodec b_;
    BlockAccumulator accumulator_;
};

}  // namespace systole::numeric
