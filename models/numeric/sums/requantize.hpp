// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "models/numeric/formats/codec.hpp"

/// The arithmetic of the vector unit, element by element; docs/arithmetic.md defines it.
namespace systole::numeric {

/// How a scale change is carried out.
enum class ScaleArithmetic {
    Fp32Multiplier,  ///< FP32 multiply (ONNX QLinearConv)
    FixedPoint,      ///< integer multiply and right shift, round half up; integer formats only
};

/// Bits of the widest sum that FixedPoint scales: an integer of one word (`SumArithmetic::isWord`).
inline constexpr int kWidestFixedPointSum = 64;

/// A ratio as mantissa / 2^shift; 0 <= shift <= 62 and 2^30 <= mantissa < 2^31 unless shift is 62.
struct FixedPointScale {
    std::int32_t mantissa = 1 << 30;
    std::int32_t shift = 30;
};

/// One scale change; the arithmetic in use says which member counts.
struct Rescale {
    float multiplier = 1.0F;
    FixedPointScale fixedPoint;
};

/// The pair nearest to `ratio`, ties to even; 0 <= ratio <= 2^31 - 1.
FixedPointScale makeFixedPointScale(double ratio);

/// floor((product + 2^(shift-1)) / 2^shift): round half up.
Int128 shiftRoundHalfUp(Int128 product, std::int32_t shift);

/// An accumulator (its bias already added) or a sum of grid steps to an output code. A ReLU acts on
/// the rescaled value, before it is encoded.
Code requantize(std::int64_t sum, const Rescale& rescale, ScaleArithmetic arithmetic, bool relu,
                const Codec& output);

/// The same for a sum that is a float or wider than a word, rounded to binary32 already, with
/// Fp32Multiplier. NaN becomes the output format's NaN, or, where it has none, the code of zero.
Code requantize(float sum, const Rescale& rescale, bool relu, const Codec& output);

/// Scales of the two inputs and of the output of an addition.
struct AdditionScales {
    std::array<float, 2> inputs{1.0F, 1.0F};
    float output = 1.0F;
    /// FixedPoint: input scale / output scale; both with the same shift.
    std::array<FixedPointScale, 2> fixedPoint;
};

/// The sum of two codes of one format, rescaled, with ReLU if asked for.
Code addCodes(Code a, Code b, const AdditionScales& scales, ScaleArithmetic arithmetic, bool relu,
              const Codec& codec);

}  // namespace systole::numeric
