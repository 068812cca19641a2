// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/numeric/gemm/gemm.hpp"

/// Sums in the order of the array, one addition after another, vectorised across outputs: the
/// interface of the kernels that are compiled once for every instruction set.
namespace systole::numeric {

/// A float register as a rounding of lanes.
struct FloatRule {
    int mantissaBits = 0;
    double lowestBinade = 0;  ///< below this power of two the steps do not get finer
    double smallest = 0;      ///< the least value above zero, if nothing lies below it; else 0
    double largest = 0;       ///< finite value
    double beyond = 0;        ///< what a larger magnitude becomes: the largest, infinity, NaN
    Rounding rounding = Rounding::NearestEven;
    std::uint64_t seed = 0;

    explicit FloatRule(const FloatRegister& sum);
};

/// A two's complement register as bounds of lanes.
struct IntegerRule {
    double lowest = 0;
    double highest = 0;
    bool wraps = true;

    explicit IntegerRule(const IntegerRegister& format);
};

/// Rows of A that a kernel takes at once: enough independent sums to hide the latency of one.
inline constexpr std::size_t kLaneRows = 4;
inline constexpr std::size_t kFmaRows = 8;

/// Operands as lanes, padded with zeros: a zero product changes no sum, overflows none.
template <typename T>
struct LaneOperands {
    GemmShape shape;
    GemmOrigin origin;
    std::size_t width = 0;  ///< lanes of a vector
    std::vector<T> a;       ///< [m, up to whole groups of rows][k]
    std::vector<T> b;       ///< [n / width][k][width]
};

/// Products begin..end-1 of every output.
struct DepthRange {
    std::size_t begin;
    std::size_t end;
};

/// Lanes of binary32; half as many of binary64, but one at least.
std::size_t floatLanes();
/// Whether `sumFma` rounds once whatever the operands; else only exact products do.
bool hasFusedMultiplyAdd();

// Each writes sums[m][n] and returns how many additions overflowed (or saturated).
std::uint64_t sumLanes(const FloatRule& rule, const LaneOperands<float>& operands,
                       const DepthRange& range, double* sums);
std::uint64_t sumLanes(const FloatRule& rule, const LaneOperands<double>& operands,
                       const DepthRange& range, double* sums);
std::uint64_t sumLanes(const IntegerRule& rule, const LaneOperands<float>& operands,
                       const DepthRange& range, double* sums);
std::uint64_t sumLanes(const IntegerRule& rule, const LaneOperands<double>& operands,
                       const DepthRange& range, double* sums);

/// Sums of IEEE 754 binary32, to nearest even. A sum that overflowed stays infinite: the events are
/// the infinities of `sums`.
void sumFma(const LaneOperands<float>& operands, const DepthRange& range, double* sums);

/// Where the terms of one row are added; it names the random bits.
struct RowPlace {
    std::uint32_t m;
    std::uint32_t n;
    std::uint32_t k;
    RandomStage stage;
};

/// Adds term i to sum i (bits of binary64), rounding once. Returns how many overflowed.
std::uint64_t addRounded(const FloatRule& rule, std::span<const double> terms,
                         const RowPlace& place, std::int64_t* sums);

}  // namespace systole::numeric
