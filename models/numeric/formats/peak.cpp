// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/peak.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace systole::numeric {
namespace {

/// A step is fine if it is less than this many times the finest one: floats, whose steps differ by
/// just under 2 within a power of two, are fine all along.
constexpr double kFine = 2;
/// Values below the peak by more powers of two than these add nothing to a binary32 result.
constexpr int kUsefulOctaves = 32;

std::vector<double> positiveValues(const Codec& codec) {
    std::vector<double> values;
    for (const Code code : finiteCodes(codec)) {
        if (codec.decode(code) > 0) values.push_back(codec.decode(code));
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

/// From value i - 1 to value i, relative to the lower one.
double stepTo(const std::vector<double>& values, std::size_t i) {
    return values[i] / values[i - 1] - 1;
}

}  // namespace

double peakOf(const Codec& codec) {
    const std::vector<double> values = positiveValues(codec);
    if (values.empty()) return 0;
    double finest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 1; i < values.size(); ++i) finest = std::min(finest, stepTo(values, i));
    const auto isFine = [&](std::size_t i) { return stepTo(values, i) < kFine * finest; };
    std::size_t top = values.size() - 1;
    while (top > 0 && !isFine(top)) --top;
    std::size_t bottom = top;
    while (bottom > 0 && isFine(bottom)) --bottom;
    return std::min(values[top], std::max(1.0, std::ldexp(values[bottom], kUsefulOctaves)));
}

}  // namespace systole::numeric
