// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/products/product_class.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "models/check.hpp"

namespace systole::numeric {
namespace {

constexpr int kBricks = 16;
constexpr int kWidestProductTable = 16;  // of both codes together
constexpr int kWidestOperandTable = 8;

constexpr std::array kClasses{ProductClass::ParallelInteger, ProductClass::Minifloat,
                              ProductClass::Shift,           ProductClass::AddSubtract,
                              ProductClass::XnorPopcount,    ProductClass::BitSerialWeight,
                              ProductClass::BitSerialBoth,   ProductClass::Composable,
                              ProductClass::LookUp,          ProductClass::Packed};

constexpr std::array kNames{
    "parallel_integer",  "minifloat",       "shift",      "add_subtract", "xnor_popcount",
    "bit_serial_weight", "bit_serial_both", "composable", "look_up",      "packed"};
static_assert(kClasses.size() == kNames.size());

bool isInteger(const Format& format) { return std::holds_alternative<IntFormat>(format); }
bool isCodebook(const Format& format) { return std::holds_alternative<CodebookFormat>(format); }

bool isPowerOfTwo(const Format& format) {
    const auto* minifloat = std::get_if<FloatFormat>(&format);
    return minifloat != nullptr && minifloat->mantissaBits == 0;
}

bool fitsTable(const Format& activation, const Format& weight) {
    return widthOf(activation) + widthOf(weight) <= kWidestProductTable;
}

int bricksOfPair(const Format& activation, const Format& weight) {
    return bricksOf(*integerPortOf(activation)) * bricksOf(*integerPortOf(weight));
}

std::vector<Operand> operandsOf(const Format& format, int widest) {
    std::vector<Operand> operands;
    if (widthOf(format) > widest) return operands;
    for (Code code = 0; code < 1U << widthOf(format); ++code) {
        operands.push_back(operandOf(format, code));
    }
    return operands;
}

}  // namespace

std::span<const ProductClass> productClasses() { return kClasses; }

const char* nameOf(ProductClass productClass) {
    return kNames.at(static_cast<std::size_t>(productClass));
}

std::optional<ProductClass> productClassNamed(const std::string& name) {
    const auto* found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) return std::nullopt;
    return kClasses[static_cast<std::size_t>(found - kNames.begin())];
}

bool accepts(ProductClass productClass, const Format& activation, const Format& weight) {
    switch (productClass) {
        case ProductClass::ParallelInteger:
        case ProductClass::BitSerialBoth:
        case ProductClass::Composable:
            return isInteger(activation) && isInteger(weight);
        case ProductClass::Minifloat:
            return true;
        case ProductClass::Shift:
            return isPowerOfTwo(weight);
        case ProductClass::AddSubtract:
            return ternaryStepOf(weight).has_value();
        case ProductClass::XnorPopcount:
            return BinaryDot::accepts(activation, weight);
        case ProductClass::BitSerialWeight:
            return !isCodebook(activation) && isInteger(weight);
        case ProductClass::LookUp:
            return fitsTable(activation, weight);
        case ProductClass::Packed:
            return PackedMultiplier::accepts(activation, weight);
    }
    SYSTOLE_CHECK(false, "product class {}", static_cast<int>(productClass));
}

ProductClass defaultProductClass(const Format& activation, const Format& weight) {
    using enum ProductClass;
    for (const ProductClass candidate : {XnorPopcount, AddSubtract, Shift, ParallelInteger}) {
        if (accepts(candidate, activation, weight)) return candidate;
    }
    const bool looksUp = isCodebook(activation) || isCodebook(weight);
    return looksUp && fitsTable(activation, weight) ? LookUp : Minifloat;
}

int cyclesOf(ProductClass productClass, const Format& activation, const Format& weight) {
    SYSTOLE_CHECK(accepts(productClass, activation, weight), "{} x {} is not {}",
                  nameOf(activation), nameOf(weight), nameOf(productClass));
    if (productClass == ProductClass::BitSerialWeight) return integerPortOf(weight)->bits;
    if (productClass == ProductClass::BitSerialBoth) {
        return integerPortOf(activation)->bits * integerPortOf(weight)->bits;
    }
    if (productClass != ProductClass::Composable) return 1;
    return std::max(bricksOfPair(activation, weight) / kBricks, 1);
}

int composedProducts(const Format& activation, const Format& weight) {
    SYSTOLE_CHECK(accepts(ProductClass::Composable, activation, weight),
                  "{} x {} is not composable", nameOf(activation), nameOf(weight));
    return std::max(kBricks / bricksOfPair(activation, weight), 1);
}

ComposedSplit composedSplit(const Format& activation, const Format& weight) {
    constexpr int kSide = 4;  // bricks along each operand of 8 bits
    const int products = composedProducts(activation, weight);
    const int columns = std::min(std::max(kSide / bricksOf(*integerPortOf(weight)), 1), products);
    return {products / columns, columns};
}

Multiplier::Multiplier(ProductClass productClass, const Codec& activation, const Codec& weight)
    : class_(productClass),
      activation_(activation.format()),
      weight_(weight.format()),
      activations_(operandsOf(activation_, kWidestOperandTable)),
      weights_(operandsOf(weight_, kWidestOperandTable)),
      activationPort_(integerPortOf(activation_)),
      weightPort_(integerPortOf(weight_)) {
    SYSTOLE_CHECK(accepts(class_, activation_, weight_), "{} x {} is not {}", nameOf(activation_),
                  nameOf(weight_), nameOf(class_));
    if (class_ == ProductClass::ParallelInteger) array_.emplace(*activationPort_, *weightPort_);
    if (class_ == ProductClass::Packed) packed_.emplace(activation, weight);
    if (class_ == ProductClass::AddSubtract) {
        const Dyadic step = *ternaryStepOf(weight_);
        unit_ = {step.significand, step.exponent};
    }
    if (class_ == ProductClass::XnorPopcount) {
        const TwoValued a = *twoValuedOf(activation_);
        const TwoValued w = *twoValuedOf(weight_);
        xnorFlips_ = a.oneIsPositive != w.oneIsPositive;
        unit_ = {Int128{a.magnitude.significand} * w.magnitude.significand,
                 a.magnitude.exponent + w.magnitude.exponent};
    }
    if (class_ == ProductClass::LookUp) makeProducts();
}

void Multiplier::makeProducts() {
    const auto weights = operandsOf(weight_, kWidestProductTable);
    for (const Operand& a : operandsOf(activation_, kWidestProductTable)) {
        for (const Operand& w : weights) {
            const bool finite = a.special == 0 && w.special == 0;
            products_.push_back(finite ? ProductValue{Int128{a.significand} * w.significand,
                                                      a.exponent + w.exponent}
                                       : specialProduct(a, w));
        }
    }
}

Operand Multiplier::activationOf(Code code) const {
    return activations_.empty() ? operandOf(activation_, code) : activations_[code];
}

Operand Multiplier::weightOf(Code code) const {
    return weights_.empty() ? operandOf(weight_, code) : weights_[code];
}

ProductValue Multiplier::multiply(Code activation, Code weight) const {
    if (class_ == ProductClass::LookUp) return products_[(activation << widthOf(weight_)) | weight];
    if (activationPort_ && weightPort_) return integerProduct(activation, weight);
    const Operand a = activationOf(activation);
    const Operand w = weightOf(weight);
    if (a.special != 0 || w.special != 0) return specialProduct(a, w);
    return finiteProduct(a, w, activation, weight);
}

// An operand's class is enough: finite values of the other count by sign and being zero only.
ProductValue Multiplier::specialProduct(const Operand& a, const Operand& w) {
    const auto factor = [](const Operand& operand) {
        return operand.special != 0 ? operand.special : static_cast<double>(operand.significand);
    };
    return {0, 0, factor(a) * factor(w)};
}

ProductValue Multiplier::integerProduct(Code activation, Code weight) const {
    const IntegerPort& portA = *activationPort_;
    const IntegerPort& portW = *weightPort_;
    const int exponent = portA.exponent + portW.exponent;
    const std::uint64_t a = portA.patternOf(activation);
    const std::uint64_t w = portW.patternOf(weight);
    if (class_ == ProductClass::ParallelInteger) return {array_->multiply(a, w), exponent};
    if (class_ == ProductClass::BitSerialBoth)
        return {multiplyByBits(a, portA, w, portW), exponent};
    if (class_ == ProductClass::Composable) return {multiplyByBricks(a, portA, w, portW), exponent};
    if (class_ == ProductClass::Packed) {
        const std::array<Code, 2> fields{activation, activation};
        std::array<std::int64_t, 2> sums{};
        packed_->multiplyAccumulate(fields, std::span(&weight, 1), sums);
        return {sums.back(), exponent};
    }
    return finiteProduct(activationOf(activation), weightOf(weight), activation, weight);
}

ProductValue Multiplier::finiteProduct(const Operand& a, const Operand& w, Code activation,
                                       Code weight) const {
    const auto negatedIf = [](bool negative, Int128 value) { return negative ? -value : value; };
    switch (class_) {
        case ProductClass::BitSerialWeight:
            return {
                multiplyByWeightBits(a.significand, weightPort_->patternOf(weight), *weightPort_),
                a.exponent + weightPort_->exponent};
        case ProductClass::Shift:
            if (w.significand == 0) return {};
            return {negatedIf(w.significand < 0, a.significand), a.exponent + w.exponent};
        case ProductClass::AddSubtract: {
            SYSTOLE_CHECK(isProduced(weight_, weight), "code {} of {}", weight, nameOf(weight_));
            if (w.significand == 0) return {};
            const Int128 sum = negatedIf(w.significand < 0, a.significand);
            return {sum * unit_.significand, a.exponent + unit_.exponent};
        }
        case ProductClass::XnorPopcount: {
            const bool xnor = (activation == weight) != xnorFlips_;
            return {negatedIf(!xnor, unit_.significand), unit_.exponent};
        }
        case ProductClass::Minifloat: {
            const Int128 magnitude = Int128{std::abs(a.significand)} * std::abs(w.significand);
            const bool negative = (a.significand < 0) != (w.significand < 0);
            return {negatedIf(negative, magnitude), a.exponent + w.exponent};
        }
        case ProductClass::ParallelInteger:
        case ProductClass::BitSerialBoth:
        case ProductClass::Composable:
        case ProductClass::LookUp:
        case ProductClass::Packed:
            break;
    }
    SYSTOLE_CHECK(false, "{} has no product of significands", nameOf(class_));
}

}  // namespace systole::numeric
