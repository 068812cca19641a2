// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/value_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace oracle {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// The posits above zero of one bit more: ends are multiplied by the regime's factor, distant
/// powers of two get their geometric mean, near ones and all others the arithmetic one.
std::vector<double> withOneBitMore(const std::vector<double>& posits, int regimeStep) {
    std::vector<double> finer{std::ldexp(posits.front(), -regimeStep)};
    for (std::size_t i = 0; i < posits.size(); ++i) {
        finer.push_back(posits[i]);
        if (i + 1 == posits.size()) break;
        const double low = posits[i];
        const double high = posits[i + 1];
        const int lowPower = std::ilogb(low);
        const int highPower = std::ilogb(high);
        const bool powers = std::ldexp(1.0, lowPower) == low && std::ldexp(1.0, highPower) == high;
        finer.push_back(powers && highPower - lowPower > 1
                            ? std::ldexp(1.0, (lowPower + highPower) / 2)
                            : (low + high) / 2);
    }
    finer.push_back(std::ldexp(posits.back(), regimeStep));
    return finer;
}

std::vector<double> positivePosits(int bits, int exponentBits) {
    std::vector<double> posits{1};  // the only one of two bits
    for (int width = 3; width <= bits; ++width) posits = withOneBitMore(posits, 1 << exponentBits);
    return posits;
}

}  // namespace

ValueTable integerTable(const IntSpec& spec, int wide) {
    const std::int64_t range = std::int64_t{1} << spec.bits;
    const std::int64_t lowest = spec.isSigned ? -range / 2 : 0;
    ValueTable table;
    for (std::int64_t i = lowest + (spec.narrow ? 1 : 0) - wide * range;
         i < lowest + range + wide * range; ++i) {
        const double doubled = 2 * static_cast<double>(i) + (spec.half ? 1 : 0);
        table.push_back({std::ldexp(doubled, -spec.fraction - 1),
                         static_cast<std::uint32_t>(i & (range - 1)), i % 2 == 0, kNan});
    }
    return table;
}

ValueTable codebookTable(const std::vector<double>& values) {
    std::vector<std::uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
        return values[left] < values[right];
    });
    ValueTable table;
    for (const std::uint32_t code : order) {
        table.push_back({values[code], code, table.size() % 2 == 0, kNan});
    }
    return table;
}

ValueTable positTable(int bits, int exponentBits) {
    const std::vector<double> posits = positivePosits(bits, exponentBits);
    const std::vector<double> boundaries = positivePosits(bits + 1, exponentBits);
    const std::uint32_t codes = 1U << bits;
    ValueTable table;
    // The codes of negative posits are two's complements; boundaries lie at odd places of the finer
    // list: code c has place c - 1 here and place 2c - 1 there.
    for (std::size_t i = posits.size(); i-- > 0;) {
        const auto code = static_cast<std::uint32_t>(i + 1);
        const double boundary = i == 0 ? 0.0 : -boundaries[2 * i];
        table.push_back({-posits[i], codes - code, code % 2 == 0, boundary});
    }
    table.push_back({0, 0, true, 0});
    for (std::size_t i = 0; i < posits.size(); ++i) {
        const auto code = static_cast<std::uint32_t>(i + 1);
        const double boundary = i + 1 == posits.size() ? kNan : boundaries[2 * i + 2];
        table.push_back({posits[i], code, code % 2 == 0, boundary});
    }
    return table;
}

const TableEntry& chooseEntry(const ValueTable& table, double value, Rule rule,
                              std::uint32_t random) {
    const auto above =
        std::upper_bound(table.begin(), table.end(), value,
                         [](double x, const TableEntry& entry) { return x < entry.value; });
    if (above == table.begin()) return table.front();
    const TableEntry& lower = *std::prev(above);
    if (above == table.end()) return lower;
    const Between between{lower.value, above->value, lower.even, lower.boundary};
    return takesUpper(between, value, rule, random) ? *above : lower;
}

}  // namespace oracle
