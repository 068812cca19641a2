// SPDX-License-Identifier: Apache-2.0
#include "sim/base/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>

namespace systole::sim {

Interval wilsonInterval(std::uint64_t correct, std::uint64_t images) {
    if (images == 0) return {0, 1};
    constexpr double kDeviations = 1.959963984540054;  // that 95 % of a normal distribution lie in
    constexpr double kSquared = kDeviations * kDeviations;
    const auto n = static_cast<double>(images);
    const double share = static_cast<double>(correct) / n;
    const double middle = share + kSquared / (2 * n);
    const double half = kDeviations * std::sqrt(share * (1 - share) / n + kSquared / (4 * n * n));
    const double scale = 1 + kSquared / n;
    return {std::max(0.0, (middle - half) / scale), std::min(1.0, (middle + half) / scale)};
}

double mcNemarProbability(std::uint64_t onlyFirst, std::uint64_t onlySecond) {
    const std::uint64_t images = onlyFirst + onlySecond;
    if (images == 0) return 1;
    const boost::math::binomial coin(static_cast<double>(images), 0.5);
    const auto fewer = static_cast<double>(std::min(onlyFirst, onlySecond));
    return std::min(1.0, 2 * boost::math::cdf(coin, fewer));
}

}  // namespace systole::sim
