// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "models/check.hpp"
#include "models/numeric/formats/block_format.hpp"

namespace systole::numeric {
namespace {

constexpr double kTiny = 0x1p-1000;  // far below every element, well within binary64

double largestFinite(std::span<const double> values) {
    double largest = 0;
    for (const double value : values) {
        if (std::isfinite(value)) largest = std::max(largest, std::fabs(value));
    }
    return largest;
}

bool allFinite(std::span<const double> values) {
    return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

}  // namespace

BlockCodec::BlockCodec(BlockFormat format)
    : format_(std::move(format)),
      element_(format_.element),
      scale_(Format(format_.scale)),
      length_(static_cast<std::size_t>(format_.blockLength)),
      elementExponent_(std::ilogb(element_.largest())),
      largestScaleExponent_(std::ilogb(scale_.largest())) {
    const auto problem = problemOf(format_);
    SYSTOLE_CHECK(!problem, "{}: {}", format_.name, problem.value_or(""));
    // The least positive value is a power of two, but with a hidden one over a zero code.
    const double least = scale_.smallestPositive();
    lowestScaleExponent_ = std::ilogb(least);
    if (std::ldexp(1.0, lowestScaleExponent_) < least) ++lowestScaleExponent_;
}

float BlockCodec::tensorScaleOf(double largest) const {
    if (!format_.tensorScale || largest == 0) return 1;
    const double ratio = largest / (scale_.largest() * element_.largest());
    const float nearest = static_cast<float>(std::min<double>(ratio, 0x1.fffffep127));
    return std::max(nearest, std::numeric_limits<float>::denorm_min());
}

Code BlockCodec::scaleCodeOf(double largest, float tensorScale) const {
    if (format_.rule == ScaleRule::Ratio) {
        return scale_.encode(largest / (element_.largest() * static_cast<double>(tensorScale)));
    }
    const int exponent = largest == 0 ? lowestScaleExponent_
                                      : std::clamp(std::ilogb(largest) - elementExponent_,
                                                   lowestScaleExponent_, largestScaleExponent_);
    return scale_.encode(std::ldexp(1.0, exponent));
}

Code BlockCodec::elementCode(double value, double scale, Rounding rounding,
                             std::uint32_t random) const {
    double quotient = value / scale;
    if (value != 0 && std::fabs(quotient) < kTiny) quotient = std::copysign(kTiny, value);
    return element_.encode(quotient, rounding, Overflow::Saturate, random);
}

void BlockCodec::quantizeBlock(std::span<const double> values, const Place& place,
                               Rounding rounding, std::uint64_t seed, float tensorScale,
                               std::span<std::uint16_t> elements, std::uint16_t& scale) const {
    if (!allFinite(values)) {
        scale = static_cast<std::uint16_t>(scale_.encode(std::numeric_limits<double>::quiet_NaN()));
        std::fill(elements.begin(), elements.end(), 0);
        return;
    }
    const Code code = scaleCodeOf(largestFinite(values), tensorScale);
    scale = static_cast<std::uint16_t>(code);
    const double shared = scale_.decode(code) * static_cast<double>(tensorScale);
    if (shared == 0) {
        std::fill(elements.begin(), elements.end(), static_cast<std::uint16_t>(element_.encode(0)));
        return;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint32_t random =
            rounding == Rounding::Stochastic
                ? randomBits(seed, place.row, 0, place.k + static_cast<std::uint32_t>(i),
                             RandomStage::Product)
                : 0;
        elements[i] = static_cast<std::uint16_t>(elementCode(values[i], shared, rounding, random));
    }
}

template <typename Real>
BlockTensor BlockCodec::quantize(std::span<const Real> values, std::size_t k, Rounding rounding,
                                 std::uint64_t seed) const {
    SYSTOLE_CHECK(k > 0 && values.size() % k == 0, "{} values in rows of {}", values.size(), k);
    BlockTensor tensor{values.size() / k, k, {}, {}};
    tensor.elements.resize(values.size());
    tensor.scales.resize(tensor.rows * blocksOf(k));
    const std::vector<double> wide(values.begin(), values.end());
    tensor.tensorScale = tensorScaleOf(largestFinite(wide));
    for (std::size_t row = 0; row < tensor.rows; ++row) {
        for (std::size_t block = 0; block < blocksOf(k); ++block) {
            const std::size_t from = block * length_;
            const std::size_t count = std::min(length_, k - from);
            const Place place{static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(from)};
            quantizeBlock(std::span(wide).subspan(row * k + from, count), place, rounding, seed,
                          tensor.tensorScale,
                          std::span(tensor.elements).subspan(row * k + from, count),
                          tensor.scales[row * blocksOf(k) + block]);
        }
    }
    return tensor;
}

template BlockTensor BlockCodec::quantize(std::span<const float>, std::size_t, Rounding,
                                          std::uint64_t) const;
template BlockTensor BlockCodec::quantize(std::span<const double>, std::size_t, Rounding,
                                          std::uint64_t) const;

std::vector<double> BlockCodec::dequantize(const BlockTensor& tensor) const {
    std::vector<double> values(tensor.elements.size());
    const auto tensorScale = static_cast<double>(tensor.tensorScale);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t block = i % tensor.k / length_;
        const Code scale = tensor.scales[i / tensor.k * blocksOf(tensor.k) + block];
        values[i] = element_.decode(tensor.elements[i]) * (scale_.decode(scale) * tensorScale);
    }
    return values;
}

}  // namespace systole::numeric
