// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm/gemm.hpp"

#include "models/check.hpp"
#include "models/numeric/gemm/gemm_kernels.hpp"

namespace systole::numeric {
namespace {

void checkSizes(const Gemm& gemm, const Gemm::Operands& operands, std::size_t words) {
    const auto& [m, k, n] = operands.shape;
    SYSTOLE_CHECK(operands.a.size() == m * k, "{} codes of A, expected {} x {}", operands.a.size(),
                  m, k);
    SYSTOLE_CHECK(operands.b.size() == k * n, "{} codes of B, expected {} x {}", operands.b.size(),
                  k, n);
    SYSTOLE_CHECK(words == m * n * gemm.words(), "{} words of sums, expected {} x {} x {}", words,
                  m, n, gemm.words());
}

}  // namespace

Gemm::Gemm(Codec activation, Codec weight, AccumulatorFormat accumulator)
    : activation_(std::move(activation)),
      weight_(std::move(weight)),
      accumulator_(std::move(accumulator)),
      words_(static_cast<std::size_t>(sumWords(accumulator_, activation_, weight_))) {
    const auto problem = problemOf(accumulator_);
    SYSTOLE_CHECK(!problem, "{}: {}", accumulator_.name, problem.value_or(""));
}

namespace {

void checkRoom(const Gemm& gemm, std::size_t products) {
    const auto* exact = std::get_if<ExactRegister>(&gemm.accumulator().sum);
    if (exact == nullptr) return;
    SYSTOLE_CHECK(products <= std::size_t{1} << exact->guardBits,
                  "{} products in an exact accumulator with {} guard bits", products,
                  exact->guardBits);
}

Kernel choose(const GemmCall& call) {
    if (!sumsAreExact(call)) return orderedKernel(call);
    return popcountFits(call) ? Kernel::Popcount : exactKernel(call.gemm);
}

const char* nameOf(Kernel kernel) {
    switch (kernel) {
        case Kernel::Scalar:
            return "scalar";
        case Kernel::Popcount:
            return "xnor popcount";
        case Kernel::BlasFp32:
            return "blas fp32";
        case Kernel::BlasFp64:
            return "blas fp64";
        case Kernel::BlasDigits:
            return "blas fp64 digits";
        case Kernel::ChunksFp32:
            return "blas fp32 by chunks";
        case Kernel::ChunksFp64:
            return "blas fp64 by chunks";
        case Kernel::FloatFma:
            return "fp32 fma";
        case Kernel::FloatLanes32:
            return "floats in fp32 lanes";
        case Kernel::FloatLanes64:
            return "floats in fp64 lanes";
        case Kernel::IntegerLanes32:
            return "integers in fp32 lanes";
        case Kernel::IntegerLanes64:
            return "integers in fp64 lanes";
    }
    SYSTOLE_CHECK(false, "kernel {}", static_cast<int>(kernel));
}

}  // namespace

const char* Gemm::kernelFor(const Operands& operands, bool accumulate,
                            std::span<const std::int64_t> sums) const {
    return nameOf(choose({*this, operands, accumulate, sums}));
}

AccumulatorEvents Gemm::run(const Operands& operands, bool accumulate,
                            std::span<std::int64_t> sums) const {
    checkSizes(*this, operands, sums.size());
    const Kernel kernel = choose({*this, operands, accumulate, sums});
    checkRoom(*this, operands.shape.k);
    switch (kernel) {
        case Kernel::Scalar:
            return runScalar(operands, accumulate, sums);
        case Kernel::Popcount:
            popcountProduct(*this, operands, accumulate, sums);
            return {};
        case Kernel::BlasFp32:
        case Kernel::BlasFp64:
        case Kernel::BlasDigits:
            exactProduct(*this, operands, accumulate, sums);
            return {};
        case Kernel::ChunksFp32:
        case Kernel::ChunksFp64:
        case Kernel::FloatFma:
        case Kernel::FloatLanes32:
        case Kernel::FloatLanes64:
        case Kernel::IntegerLanes32:
        case Kernel::IntegerLanes64:
            return orderedProduct(*this, operands, accumulate, sums, kernel);
    }
    SYSTOLE_CHECK(false, "kernel {}", static_cast<int>(kernel));
}

}  // namespace systole::numeric
