// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/products/product_class_packed.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "models/check.hpp"
#include "models/numeric/sums/accumulator.hpp"

namespace systole::numeric {
namespace {

constexpr int kWidestPacked = 8;
constexpr int kWordBits = 63;  // a signed word of the wide accumulator, its sign apart
constexpr int kLane = 64;

std::int64_t integerOf(const IntegerPort& port, Code code) {
    const auto pattern = static_cast<std::int64_t>(port.patternOf(code));
    return port.isSigned ? wrapToBits(pattern, port.bits) : pattern;
}

/// Range of the products of produced codes.
struct Range {
    std::int64_t low;
    std::int64_t high;
};

Range productRange(const Codec& activation, const Codec& weight) {
    const auto steps = [](const Codec& codec, double value) {
        const int exponent = integerPortOf(codec.format())->exponent;
        return static_cast<std::int64_t>(std::ldexp(value, -exponent));
    };
    const std::int64_t a[] = {steps(activation, activation.smallest()),
                              steps(activation, activation.largest())};
    const std::int64_t w[] = {steps(weight, weight.smallest()), steps(weight, weight.largest())};
    const auto [low, high] = std::minmax({a[0] * w[0], a[0] * w[1], a[1] * w[0], a[1] * w[1]});
    return {low, high};
}

int bitsOf(const Range& range) {
    const auto width = [](std::int64_t value) {
        return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
    };
    if (range.low >= 0) return std::max(width(range.high), 1);
    return 1 + std::max(width(-range.low - 1), range.high > 0 ? width(range.high) : 0);
}

}  // namespace

bool PackedMultiplier::accepts(const Format& activation, const Format& weight) {
    return integerPortOf(activation) && integerPortOf(weight) &&
           widthOf(activation) <= kWidestPacked && widthOf(weight) <= kWidestPacked;
}

int PackedMultiplier::mostFields(const Codec& activation, const Codec& weight, int guardBits) {
    return kWordBits / (bitsOf(productRange(activation, weight)) + guardBits);
}

PackedMultiplier::PackedMultiplier(const Codec& activation, const Codec& weight, int fields,
                                   int guardBits)
    : fields_(fields) {
    SYSTOLE_CHECK(accepts(activation.format(), weight.format()), "{} x {} is not packed",
                  nameOf(activation.format()), nameOf(weight.format()));
    activation_ = *integerPortOf(activation.format());
    weight_ = *integerPortOf(weight.format());
    const Range range = productRange(activation, weight);
    isSigned_ = range.low < 0;
    pitch_ = bitsOf(range) + guardBits;
    SYSTOLE_CHECK(fields >= 1 && guardBits >= 0 && fields * pitch_ <= kWordBits,
                  "{} fields of {} bits, expected at most {} bits", fields, pitch_, kWordBits);
    const std::uint64_t limit = std::uint64_t{1} << (isSigned_ ? pitch_ - 1 : pitch_);
    depth_ = std::numeric_limits<std::uint64_t>::max();
    if (range.high > 0) depth_ = (limit - 1) / static_cast<std::uint64_t>(range.high);
    if (range.low < 0) depth_ = std::min(depth_, limit / static_cast<std::uint64_t>(-range.low));
}

std::int64_t PackedMultiplier::pack(std::span<const Code> activations) const {
    SYSTOLE_CHECK(activations.size() == static_cast<std::size_t>(fields_),
                  "{} activations in {} fields", activations.size(), fields_);
    std::int64_t packed = 0;
    for (int field = 0; field < fields_; ++field) {
        const Code code = activations[static_cast<std::size_t>(field)];
        packed += integerOf(activation_, code) * (std::int64_t{1} << (field * pitch_));
    }
    return packed;
}

std::int64_t PackedMultiplier::step(std::int64_t sum, std::int64_t packed, Code weight) const {
    // Modulo 2^64, as the wide register counts; it overflows past depth() only.
    const auto product =
        static_cast<std::uint64_t>(packed) * static_cast<std::uint64_t>(integerOf(weight_, weight));
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + product);
}

void PackedMultiplier::unpack(std::int64_t sum, std::span<std::int64_t> sums) const {
    const std::int64_t mask = (std::int64_t{1} << pitch_) - 1;
    for (std::int64_t& field : sums) {
        field = isSigned_ ? wrapToBits(sum, pitch_) : sum & mask;
        sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) -
                                        static_cast<std::uint64_t>(field)) >>
              pitch_;
    }
}

void PackedMultiplier::multiplyAccumulate(std::span<const Code> activations,
                                          std::span<const Code> weights,
                                          std::span<std::int64_t> sums) const {
    SYSTOLE_CHECK(weights.size() <= depth_, "{} products in fields for {}", weights.size(), depth_);
    const auto fields = static_cast<std::size_t>(fields_);
    SYSTOLE_CHECK(activations.size() == weights.size() * fields && sums.size() == fields,
                  "{} activations and {} sums, expected {} x {} and {}", activations.size(),
                  sums.size(), weights.size(), fields, fields);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        sum = step(sum, pack(activations.subspan(i * fields, fields)), weights[i]);
    }
    unpack(sum, sums);
}

bool BinaryDot::accepts(const Format& activation, const Format& weight) {
    return twoValuedOf(activation) && twoValuedOf(weight);
}

BinaryDot::BinaryDot(const Codec& activation, const Codec& weight) {
    SYSTOLE_CHECK(accepts(activation.format(), weight.format()), "{} x {} are not both two-valued",
                  nameOf(activation.format()), nameOf(weight.format()));
    const bool same = twoValuedOf(activation.format())->oneIsPositive ==
                      twoValuedOf(weight.format())->oneIsPositive;
    flip_ = same ? 0 : ~std::uint64_t{0};
}

std::int64_t BinaryDot::dot(std::span<const std::uint64_t> a, std::span<const std::uint64_t> w,
                            std::size_t n) const {
    SYSTOLE_CHECK(a.size() * kLane >= n && w.size() * kLane >= n, "{} and {} words for {} bits",
                  a.size(), w.size(), n);
    std::int64_t ones = 0;
    for (std::size_t word = 0; word * kLane < n; ++word) {
        const std::size_t left = n - word * kLane;
        const std::uint64_t mask =
            left >= kLane ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
        ones += std::popcount(~(a[word] ^ w[word] ^ flip_) & mask);
    }
    return 2 * ones - static_cast<std::int64_t>(n);
}

}  // namespace systole::numeric
