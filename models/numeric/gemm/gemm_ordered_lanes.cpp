// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/gemm/gemm_ordered.hpp"

// Vectors are held in classes and arrays, which scalable ones do not allow.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/numeric/gemm/gemm_ordered_lanes.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "models/numeric/gemm/gemm_ordered_steps-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace systole::numeric::HWY_NAMESPACE {

/// kRows rows of A by one vector of columns of B, product after product.
template <std::size_t kRows, class D, class Step, typename T = hn::TFromD<D>>
std::uint64_t sumBlock(D d, const Step& step, const LaneOperands<T>& operands,
                       const DepthRange& range, std::size_t row, std::size_t panel, double* sums) {
    using V = hn::Vec<D>;
    const auto& [m, depth, n] = operands.shape;
    const T* a = operands.a.data() + row * depth;
    const T* b = operands.b.data() + panel * depth * operands.width;
    const std::size_t column = panel * operands.width;
    LanePlace place{operands.origin.m + static_cast<std::uint32_t>(row),
                    operands.origin.n + static_cast<std::uint32_t>(column), 0,
                    RandomStage::Product};
    std::uint64_t events = 0;
    V held[kRows];
    for (std::size_t r = 0; r < kRows; ++r) held[r] = hn::Zero(d);
    for (std::size_t k = range.begin; k < range.end; ++k) {
        const V right = hn::LoadU(d, b + k * operands.width);
        place.k = operands.origin.k + static_cast<std::uint32_t>(k);
        for (std::size_t r = 0; r < kRows; ++r) {
            LanePlace here = place;
            here.m += static_cast<std::uint32_t>(r);
            held[r] = step(held[r], hn::Set(d, a[r * depth + k]), right, here, events);
        }
    }
    T lanes[HWY_MAX_BYTES / sizeof(T)] = {};
    for (std::size_t r = 0; r < kRows && row + r < m; ++r) {
        hn::StoreU(held[r], d, lanes);
        double* to = sums + (row + r) * n + column;
        const std::size_t count = HWY_MIN(operands.width, n - column);
        for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<double>(lanes[i]);
    }
    return events;
}

template <std::size_t kRows, class D, class Step, typename T = hn::TFromD<D>>
std::uint64_t sumBlocks(D d, const Step& step, const LaneOperands<T>& operands,
                        const DepthRange& range, double* sums) {
    std::uint64_t events = 0;
    const std::size_t panels = (operands.shape.n + operands.width - 1) / operands.width;
    for (std::size_t panel = 0; panel < panels; ++panel) {
        for (std::size_t row = 0; row < operands.shape.m; row += kRows) {
            events += sumBlock<kRows>(d, step, operands, range, row, panel, sums);
        }
    }
    return events;
}

template <typename T>
std::uint64_t sumRounded(const FloatRule& rule, const LaneOperands<T>& operands,
                         const DepthRange& range, double* sums) {
    const hn::ScalableTag<T> d;
    using D = decltype(d);
    const auto run = [&](const auto& step) {
        return sumBlocks<kLaneRows>(d, step, operands, range, sums);
    };
    switch (rule.rounding) {
        case Rounding::NearestEven:
            return run(FloatStep<std::remove_const_t<D>, Rounding::NearestEven>(d, rule));
        case Rounding::HalfAway:
            return run(FloatStep<std::remove_const_t<D>, Rounding::HalfAway>(d, rule));
        case Rounding::HalfUp:
            return run(FloatStep<std::remove_const_t<D>, Rounding::HalfUp>(d, rule));
        case Rounding::TowardZero:
            return run(FloatStep<std::remove_const_t<D>, Rounding::TowardZero>(d, rule));
        case Rounding::Stochastic:
            break;
    }
    if constexpr (sizeof(T) == sizeof(double)) {
        return run(FloatStep<std::remove_const_t<D>, Rounding::Stochastic>(d, rule));
    }
    HWY_ABORT("stochastic rounding needs binary64 lanes");
}

std::uint64_t sumFloat32(const FloatRule& rule, const LaneOperands<float>& operands,
                         const DepthRange& range, double* sums) {
    return sumRounded(rule, operands, range, sums);
}

std::uint64_t sumFloat64(const FloatRule& rule, const LaneOperands<double>& operands,
                         const DepthRange& range, double* sums) {
    return sumRounded(rule, operands, range, sums);
}

std::uint64_t sumInteger32(const IntegerRule& rule, const LaneOperands<float>& operands,
                           const DepthRange& range, double* sums) {
    const hn::ScalableTag<float> d;
    const IntegerStep<hn::ScalableTag<float>> step(d, rule);
    return sumBlocks<kLaneRows>(d, step, operands, range, sums);
}

std::uint64_t sumInteger64(const IntegerRule& rule, const LaneOperands<double>& operands,
                           const DepthRange& range, double* sums) {
    const hn::ScalableTag<double> d;
    const IntegerStep<hn::ScalableTag<double>> step(d, rule);
    return sumBlocks<kLaneRows>(d, step, operands, range, sums);
}

void sumFused(const LaneOperands<float>& operands, const DepthRange& range, double* sums) {
    const hn::ScalableTag<float> d;
    sumBlocks<kFmaRows>(d, FmaStep<hn::ScalableTag<float>>(), operands, range, sums);
}

template <Rounding kRounding>
std::uint64_t addRow(const FloatRule& rule, std::span<const double> terms, const RowPlace& place,
                     std::int64_t* sums) {
    using D = hn::ScalableTag<double>;
    const D d;
    const hn::RebindToSigned<D> di;
    const FloatStep<D, kRounding> step(d, rule);
    const std::size_t lanes = hn::Lanes(d);
    std::uint64_t events = 0;
    for (std::size_t i = 0; i < terms.size(); i += lanes) {
        const LanePlace here{place.m, place.n + static_cast<std::uint32_t>(i), place.k,
                             place.stage};
        if (i + lanes <= terms.size()) {
            const auto held = hn::BitCast(d, hn::LoadU(di, sums + i));
            const auto sum = step.add(held, hn::LoadU(d, terms.data() + i), here, events);
            hn::StoreU(hn::BitCast(di, sum), di, sums + i);
            continue;
        }
        double right[HWY_MAX_BYTES / sizeof(double)] = {};
        std::int64_t left[HWY_MAX_BYTES / sizeof(double)] = {};
        const std::size_t rest = terms.size() - i;
        for (std::size_t j = 0; j < rest; ++j) right[j] = terms[i + j];
        for (std::size_t j = 0; j < rest; ++j) left[j] = sums[i + j];
        const auto sum =
            step.add(hn::BitCast(d, hn::LoadU(di, left)), hn::LoadU(d, right), here, events);
        hn::StoreU(hn::BitCast(di, sum), di, left);
        for (std::size_t j = 0; j < rest; ++j) sums[i + j] = left[j];
    }
    return events;
}

std::uint64_t addRowRounded(const FloatRule& rule, std::span<const double> terms,
                            const RowPlace& place, std::int64_t* sums) {
    switch (rule.rounding) {
        case Rounding::NearestEven:
            return addRow<Rounding::NearestEven>(rule, terms, place, sums);
        case Rounding::HalfAway:
            return addRow<Rounding::HalfAway>(rule, terms, place, sums);
        case Rounding::HalfUp:
            return addRow<Rounding::HalfUp>(rule, terms, place, sums);
        case Rounding::TowardZero:
            return addRow<Rounding::TowardZero>(rule, terms, place, sums);
        case Rounding::Stochastic:
            return addRow<Rounding::Stochastic>(rule, terms, place, sums);
    }
    HWY_ABORT("rounding %d", static_cast<int>(rule.rounding));
}

std::size_t lanesOfFloat() { return hn::Lanes(hn::ScalableTag<float>()); }

bool nativeFma() { return HWY_NATIVE_FMA != 0; }

}  // namespace systole::numeric::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace systole::numeric {

HWY_EXPORT(sumFloat32);
HWY_EXPORT(sumFloat64);
HWY_EXPORT(sumInteger32);
HWY_EXPORT(sumInteger64);
HWY_EXPORT(sumFused);
HWY_EXPORT(addRowRounded);
HWY_EXPORT(lanesOfFloat);
HWY_EXPORT(nativeFma);

std::size_t floatLanes() { return HWY_DYNAMIC_DISPATCH(lanesOfFloat)(); }

bool hasFusedMultiplyAdd() { return HWY_DYNAMIC_DISPATCH(nativeFma)(); }

std::uint64_t sumLanes(const FloatRule& rule, const LaneOperands<float>& operands,
                       const DepthRange& range, double* sums) {
    return HWY_DYNAMIC_DISPATCH(sumFloat32)(rule, operands, range, sums);
}

std::uint64_t sumLanes(const FloatRule& rule, const LaneOperands<double>& operands,
                       const DepthRange& range, double* sums) {
    return HWY_DYNAMIC_DISPATCH(sumFloat64)(rule, operands, range, sums);
}

std::uint64_t sumLanes(const IntegerRule& rule, const LaneOperands<float>& operands,
                       const DepthRange& range, double* sums) {
    return HWY_DYNAMIC_DISPATCH(sumInteger32)(rule, operands, range, sums);
}

std::uint64_t sumLanes(const IntegerRule& rule, const LaneOperands<double>& operands,
                       const DepthRange& range, double* sums) {
    return HWY_DYNAMIC_DISPATCH(sumInteger64)(rule, operands, range, sums);
}

void sumFma(const LaneOperands<float>& operands, const DepthRange& range, double* sums) {
    HWY_DYNAMIC_DISPATCH(sumFused)(operands, range, sums);
}

std::uint64_t addRounded(const FloatRule& rule, std::span<const double> terms,
                         const RowPlace& place, std::int64_t* sums) {
    return HWY_DYNAMIC_DISPATCH(addRowRounded)(rule, terms, place, sums);
}

}  // namespace systole::numeric
#endif
