// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "models/numeric/gemm/gemm.hpp"

/// The kernels behind `Gemm::run`, which chooses. Each gives the sums and events of
/// `Gemm::runScalar` for the calls that the functions here admit.
namespace systole::numeric {

enum class Kernel {
    Scalar,
    Popcount,        ///< products of two-valued formats, 64 a word
    BlasFp32,        ///< the whole product exact: binary32 with sums up to 2^24, in blocks of k
    BlasFp64,        ///< .. up to 2^53
    BlasDigits,      ///< .. binary64 over digits of 20 bits
    ChunksFp32,      ///< exact chunks by BLAS, rounded or wrapped by the outer register only
    ChunksFp64,      ///< ..
    FloatFma,        ///< binary32 registers: the processor's own rounding
    FloatLanes32,    ///< any float register, in binary32 lanes
    FloatLanes64,    ///< .. in binary64 lanes
    IntegerLanes32,  ///< integer registers that may overflow, in binary32 lanes (sums up to 2^24)
    IntegerLanes64,  ///< .. in binary64 lanes (up to 2^53)
};

/// What a choice of kernel looks at.
struct GemmCall {
    const Gemm& gemm;
    const Gemm::Operands& operands;
    bool accumulate;
    std::span<const std::int64_t> sums;

    /// The register that products are added to, and how many of them at most.
    const Register& inner() const {
        const auto& chunk = gemm.accumulator().chunk;
        return chunk ? chunk->inner : gemm.accumulator().sum;
    }
    std::size_t length() const {
        const auto& chunk = gemm.accumulator().chunk;
        const std::size_t k = operands.shape.k;
        return chunk && chunk->length < k ? chunk->length : k;
    }
    /// Whether chunks are added to the outer register, or there is one and it becomes the sum.
    bool addsChunks() const { return accumulate || gemm.accumulator().chunk.has_value(); }
};

/// The sums of chunks of products from zero, [m][n]: counts of 2^sumExponent of integer and exact
/// inner registers, values of float ones.
class ChunkSums {
public:
    virtual ~ChunkSums() = default;
    virtual AccumulatorEvents sum(std::size_t begin, std::size_t end,
                                  std::span<double> values) const = 0;
};

/// Largest magnitude of a product in grid steps, as binary64, rounded up.
double largestProduct(const Codec& activation, const Codec& weight);

/// No register can overflow whatever the operands: sums are then exact integers in any order.
/// True of exact registers, and of integer ones where (largest sum held) + k * largestProduct fits.
bool sumsAreExact(const GemmCall& call);

/// The BLAS kernel for `exactProduct`.
Kernel exactKernel(const Gemm& gemm);

/// Requires sumsAreExact.
void exactProduct(const Gemm& gemm, const Gemm::Operands& operands, bool accumulate,
                  std::span<std::int64_t> sums);

/// `kernel` is ChunksFp32 or ChunksFp64; every chunk's sum is exact in it.
std::unique_ptr<ChunkSums> makeExactChunks(const Gemm& gemm, const Gemm::Operands& operands,
                                           Kernel kernel);

/// Both operands have two codes, of values -v and +v.
bool popcountFits(const GemmCall& call);

/// Requires sumsAreExact and popcountFits.
void popcountProduct(const Gemm& gemm, const Gemm::Operands& operands, bool accumulate,
                     std::span<std::int64_t> sums);

/// The kernel for sums whose order matters; Scalar if there is no other.
Kernel orderedKernel(const GemmCall& call);

/// `kernel` is what orderedKernel gave.
AccumulatorEvents orderedProduct(const Gemm& gemm, const Gemm::Operands& operands, bool accumulate,
                                 std::span<std::int64_t> sums, Kernel kernel);

}  // namespace systole::numeric
