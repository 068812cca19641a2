// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/fitted_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace systole::cost {
namespace {

/// A property's key in a technology, and how a sentence says it.
struct NumberText {
    const char* key;
    const char* sentence;
};
constexpr std::array<NumberText, kShapeNumbers.size()> kNumberTexts{{
    {"operand_bits", "operands of {} bits"},
    {"exponent_bits", "exponents of {} bits"},
    {"significand_bits", "significands of {} bits"},
    {"fixed_sum_bits", "fixed-point sums of {} bits"},
    {"float_sum_exponent_bits", "float sums with exponents of {} bits"},
    {"float_sum_significand_bits", "float sums with significands of {} bits"},
    {"stages", "{} pipeline stages"},
}};

struct KindText {
    const char* key;
    const char* sentence;
    std::vector<std::string> words;
};
const std::array<KindText, kShapeKinds.size()>& kindTexts() {
    static const std::array<KindText, kShapeKinds.size()> kTexts{{
        {"formats", "{} operands", {"integer", "float", "two_valued", "posit", "codebook"}},
        {"multipliers",
         "{} multipliers",
         {"parallel_integer", "sign_magnitude", "minifloat", "shift", "add_subtract",
          "xnor_popcount", "bit_serial_weight", "bit_serial_both", "composable", "look_up",
          "packed"}},
        {"sums", "{} sums", {"fixed_point", "float", "chunked", "block_scaled"}},
    }};
    return kTexts;
}

template <class T>
void addOnce(std::vector<T>& values, const T& value) {
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

std::string boundsText(const Bounds& bounds) {
    return bounds.least == bounds.most ? fmt::format("{}", bounds.most)
                                       : fmt::format("{} to {}", bounds.least, bounds.most);
}

/// How many times a number is as far from zero as the end of the bounds; 1 within them.
double ratioTo(const Bounds& bounds, int value) {
    if (value > bounds.most) return static_cast<double>(value) / std::max(bounds.most, 1);
    if (value < bounds.least) return static_cast<double>(bounds.least) / std::max(value, 1);
    return 1;
}

/// A word as a sentence has it: `block scaled`.
std::string spoken(std::string word) {
    std::replace(word.begin(), word.end(), '_', ' ');
    return word;
}

}  // namespace

const char* nameOf(ShapeKind kind) { return kindTexts().at(static_cast<std::size_t>(kind)).key; }
const char* nameOf(ShapeNumber number) {
    return kNumberTexts.at(static_cast<std::size_t>(number)).key;
}
const std::vector<std::string>& wordsOf(ShapeKind kind) {
    return kindTexts().at(static_cast<std::size_t>(kind)).words;
}

void CircuitShape::add(ShapeKind kind, const std::string& word) {
    addOnce(kinds.at(static_cast<std::size_t>(kind)), word);
}
void CircuitShape::add(ShapeNumber number, int value) {
    addOnce(numbers.at(static_cast<std::size_t>(number)), value);
}

FitDistance distanceFrom(const FittedRange& range, const CircuitShape& shape) {
    FitDistance distance;
    for (const ShapeKind kind : kShapeKinds) {
        const auto& known = range.kinds.at(static_cast<std::size_t>(kind));
        for (const std::string& word : shape.of(kind)) {
            if (std::find(known.begin(), known.end(), word) != known.end()) continue;
            const char* text = kindTexts().at(static_cast<std::size_t>(kind)).sentence;
            distance.reasons.push_back(fmt::format(fmt::runtime(text), spoken(word)));
            distance.factor = std::max(distance.factor, kUnknownKindFactor);
        }
    }
    for (const ShapeNumber number : kShapeNumbers) {
        const Bounds& bounds = range.numbers.at(static_cast<std::size_t>(number));
        for (const int value : shape.of(number)) {
            const double ratio = ratioTo(bounds, value);
            if (ratio == 1) continue;
            const char* text = kNumberTexts.at(static_cast<std::size_t>(number)).sentence;
            distance.reasons.push_back(fmt::format(
                "{}, not {}", fmt::format(fmt::runtime(text), value), boundsText(bounds)));
            if (number != ShapeNumber::Stages) {
                distance.factor = std::max(distance.factor, std::sqrt(ratio));
            }
        }
    }
    return distance;
}

}  // namespace systole::cost
