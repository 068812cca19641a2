// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm/gemm_ordered.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "models/check.hpp"
#include "models/numeric/gemm/gemm_kernels.hpp"

namespace systole::numeric {

FloatRule::FloatRule(const FloatRegister& sum) : rounding(sum.rounding), seed(sum.seed) {
    const FloatFormat& format = sum.format;
    const FloatRounder rounder(format);
    const bool lowestIsNormal = format.zeroExponent == ZeroExponent::HiddenOne;
    mantissaBits = format.mantissaBits;
    lowestBinade = std::ldexp(1.0, (lowestIsNormal ? 0 : 1) - format.bias);
    if (format.zeroExponent == ZeroExponent::Flushed) smallest = lowestBinade;
    if (lowestIsNormal) smallest = rounder.decode(1);
    largest = rounder.decode(rounder.ofInfinity(false, Overflow::Saturate).code);
    beyond = rounder.decode(rounder.ofInfinity(false, sum.overflow).code);
}

IntegerRule::IntegerRule(const IntegerRegister& format)
    : lowest(-std::ldexp(1.0, format.bits - 1)),
      highest(-lowest - 1),
      wraps(format.overflow == Overflow::Wrap) {}

namespace {

// What lanes hold of a code.
struct ValueOf {
    static double of(const Codec& codec, std::uint16_t code) { return codec.decode(code); }
};
struct StepsOf {
    static double of(const Codec& codec, std::uint16_t code) { return codec.gridStepTable()[code]; }
};

template <typename T, typename Content>
LaneOperands<T> pack(const Gemm& gemm, const Gemm::Operands& operands, std::size_t rows) {
    const auto& [m, depth, n] = operands.shape;
    const std::size_t width = std::max<std::size_t>(floatLanes() * sizeof(float) / sizeof(T), 1);
    LaneOperands<T> packed{operands.shape, operands.origin, width, {}, {}};
    packed.a.resize((m + rows - 1) / rows * rows * depth);
    std::transform(operands.a.begin(), operands.a.end(), packed.a.begin(), [&](std::uint16_t code) {
        return static_cast<T>(Content::of(gemm.activation(), code));
    });
    packed.b.resize((n + width - 1) / width * width * depth);
    T* to = packed.b.data();
    for (std::size_t column = 0; column < n; column += width) {
        const std::size_t columns = std::min(width, n - column);
        for (std::size_t k = 0; k < depth; ++k, to += width) {
            std::transform(
                operands.b.begin() + static_cast<std::ptrdiff_t>(k * n + column),
                operands.b.begin() + static_cast<std::ptrdiff_t>(k * n + column + columns), to,
                [&](std::uint16_t code) {
                    return static_cast<T>(Content::of(gemm.weight(), code));
                });
        }
    }
    return packed;
}

AccumulatorEvents eventsOf(std::uint64_t count, Overflow overflow) {
    AccumulatorEvents events;
    (overflow == Overflow::Saturate ? events.saturations : events.overflows) = count;
    return events;
}

template <typename T, typename Rule>
class LaneChunks final : public ChunkSums {
public:
    LaneChunks(Rule rule, Overflow overflow, LaneOperands<T> operands)
        : rule_(rule), overflow_(overflow), operands_(std::move(operands)) {}

    AccumulatorEvents sum(std::size_t begin, std::size_t end,
                          std::span<double> values) const override {
        return eventsOf(sumLanes(rule_, operands_, {begin, end}, values.data()), overflow_);
    }

private:
    Rule rule_;
    Overflow overflow_;
    LaneOperands<T> operands_;
};

class FmaChunks final : public ChunkSums {
public:
    explicit FmaChunks(LaneOperands<float> operands) : operands_(std::move(operands)) {}

    AccumulatorEvents sum(std::size_t begin, std::size_t end,
                          std::span<double> values) const override {
        sumFma(operands_, {begin, end}, values.data());
        // Operands are finite: what is infinite has overflowed, once.
        const auto infinite = std::count_if(values.begin(), values.end(),
                                            [](double value) { return std::isinf(value); });
        return {static_cast<std::uint64_t>(infinite), 0};
    }

private:
    LaneOperands<float> operands_;
};

template <typename T>
std::unique_ptr<ChunkSums> makeLaneChunks(const GemmCall& call) {
    const Gemm& gemm = call.gemm;
    if (const auto* sum = std::get_if<FloatRegister>(&call.inner())) {
        return std::make_unique<LaneChunks<T, FloatRule>>(
            FloatRule(*sum), sum->overflow, pack<T, ValueOf>(gemm, call.operands, kLaneRows));
    }
    const auto& integer = std::get<IntegerRegister>(call.inner());
    return std::make_unique<LaneChunks<T, IntegerRule>>(
        IntegerRule(integer), integer.overflow, pack<T, StepsOf>(gemm, call.operands, kLaneRows));
}

std::unique_ptr<ChunkSums> makeChunks(const GemmCall& call, Kernel kernel) {
    switch (kernel) {
        case Kernel::ChunksFp32:
        case Kernel::ChunksFp64:
            return makeExactChunks(call.gemm, call.operands, kernel);
        case Kernel::FloatFma:
            return std::make_unique<FmaChunks>(
                pack<float, ValueOf>(call.gemm, call.operands, kFmaRows));
        case Kernel::FloatLanes32:
        case Kernel::IntegerLanes32:
            return makeLaneChunks<float>(call);
        case Kernel::FloatLanes64:
        case Kernel::IntegerLanes64:
            return makeLaneChunks<double>(call);
        case Kernel::Scalar:
        case Kernel::Popcount:
        case Kernel::BlasFp32:
        case Kernel::BlasFp64:
        case Kernel::BlasDigits:
            break;
    }
    SYSTOLE_CHECK(false, "kernel {} keeps no order", static_cast<int>(kernel));
}

/// Writes the values as the sums.
void store(const Gemm& gemm, std::span<const double> values, std::span<std::int64_t> sums) {
    if (!isFloat(gemm.accumulator())) {
        std::transform(values.begin(), values.end(), sums.begin(),
                       [](double value) { return static_cast<std::int64_t>(value); });
        return;
    }
    // One NaN, and no minus zero.
    std::transform(values.begin(), values.end(), sums.begin(), [](double value) {
        const bool nan = std::isnan(value);
        return std::bit_cast<std::int64_t>(nan ? std::numeric_limits<double>::quiet_NaN()
                                               : value + 0.0);
    });
}

/// Adds whole numbers, which T holds exactly.
template <typename T>
AccumulatorEvents addToInteger(const IntegerRegister& outer, std::span<const T> terms,
                               std::span<std::int64_t> sums) {
    const Int128 highest = (std::int64_t{1} << (outer.bits - 1)) - 1;
    const Int128 lowest = -highest - 1;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const Int128 sum = Int128{sums[i]} + static_cast<std::int64_t>(terms[i]);
        const bool outside = sum > highest || sum < lowest;
        count += outside ? 1 : 0;
        sums[i] = outer.overflow == Overflow::Wrap
                      ? wrapToBits(static_cast<std::int64_t>(sum), outer.bits)
                      : static_cast<std::int64_t>(std::clamp(sum, lowest, highest));
    }
    return eventsOf(count, outer.overflow);
}

/// Which product a term begins with, and what it is the sum of.
struct TermPlace {
    std::size_t k;
    RandomStage stage;
};

AccumulatorEvents addToFloat(const GemmCall& call, const FloatRegister& outer,
                             std::span<const double> terms, const TermPlace& place,
                             std::span<std::int64_t> sums) {
    const FloatRule rule(outer);
    const GemmOrigin& origin = call.operands.origin;
    const std::size_t n = call.operands.shape.n;
    std::uint64_t count = 0;
    for (std::size_t m = 0; m < call.operands.shape.m; ++m) {
        const RowPlace row{origin.m + static_cast<std::uint32_t>(m), origin.n,
                           origin.k + static_cast<std::uint32_t>(place.k), place.stage};
        count += addRounded(rule, terms.subspan(m * n, n), row, sums.data() + m * n);
    }
    for (std::int64_t& sum : sums) {
        if (std::isnan(std::bit_cast<double>(sum))) {
            sum = std::bit_cast<std::int64_t>(std::numeric_limits<double>::quiet_NaN());
        }
    }
    return eventsOf(count, outer.overflow);
}

/// Adds the sums of a chunk, which count units of 2^unit where the inner register is in fixed
/// point, to those of the fold.
AccumulatorEvents addChunk(const GemmCall& call, std::size_t begin, std::span<double> chunk,
                           std::span<std::int64_t> fold) {
    const Register& outer = call.gemm.accumulator().sum;
    const auto* sum = std::get_if<FloatRegister>(&outer);
    if (sum == nullptr) {
        return addToInteger<double>(std::get<IntegerRegister>(outer), chunk, fold);
    }
    if (!std::holds_alternative<FloatRegister>(call.inner())) {
        const double unit = std::ldexp(
            1.0, call.gemm.activation().gridExponent() + call.gemm.weight().gridExponent());
        for (double& value : chunk) value *= unit;
    }
    return addToFloat(call, *sum, chunk, {begin, RandomStage::Chunk}, fold);
}

/// The sums of the fold from zero.
AccumulatorEvents sumFold(const GemmCall& call, const ChunkSums& chunks,
                          std::span<std::int64_t> fold) {
    const std::size_t depth = call.operands.shape.k;
    std::vector<double> values(fold.size());
    if (!call.gemm.accumulator().chunk) {
        const AccumulatorEvents events = chunks.sum(0, depth, values);
        store(call.gemm, values, fold);
        return events;
    }
    AccumulatorEvents events;
    std::fill(fold.begin(), fold.end(), 0);
    for (std::size_t begin = 0; begin < depth; begin += call.length()) {
        events += chunks.sum(begin, std::min(begin + call.length(), depth), values);
        events += addChunk(call, begin, values, fold);
    }
    return events;
}

/// Adds the sums of the fold to those of the accumulator buffer.
AccumulatorEvents addFold(const GemmCall& call, std::span<const std::int64_t> fold,
                          std::span<std::int64_t> sums) {
    const Register& outer = call.gemm.accumulator().sum;
    const auto* sum = std::get_if<FloatRegister>(&outer);
    if (sum == nullptr) {
        return addToInteger<std::int64_t>(std::get<IntegerRegister>(outer), fold, sums);
    }
    std::vector<double> terms(fold.size());
    std::transform(fold.begin(), fold.end(), terms.begin(),
                   [](std::int64_t word) { return std::bit_cast<double>(word); });
    return addToFloat(call, *sum, terms, {0, RandomStage::Fold}, sums);
}

}  // namespace

AccumulatorEvents orderedProduct(const Gemm& gemm, const Gemm::Operands& operands, bool accumulate,
                                 std::span<std::int64_t> sums, Kernel kernel) {
    const GemmCall call{gemm, operands, accumulate, sums};
    if (operands.shape.k == 0) {
        if (!accumulate) std::fill(sums.begin(), sums.end(), 0);
        return {};
    }
    const auto chunks = makeChunks(call, kernel);
    if (!accumulate) return sumFold(call, *chunks, sums);
    std::vector<std::int64_t> fold(sums.size());
    AccumulatorEvents events = sumFold(call, *chunks, fold);
    events += addFold(call, fold, sums);
    return events;
}

}  // namespace systole::numeric
