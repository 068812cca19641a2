// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// How sure a count of right answers is.
namespace systole::sim {

/// As shares of 1.
struct Interval {
    double low = 0;
    double high = 0;
};

/// The share that `correct` of `images` is a sample of lies in it at 95 % confidence: Wilson's
/// score interval (Wilson 1927). Of no images: all from 0 to 1.
Interval wilsonInterval(std::uint64_t correct, std::uint64_t images);

/// Differences that are at least this likely by chance alone are not told apart.
inline constexpr double kSignificance = 0.05;

/// McNemar's exact test of two classifiers on the same images, two-sided: how likely it is, if both
/// are equally good, that of the images that only one of them has right the shares differ at least
/// as much. 1 where there is no such image.
double mcNemarProbability(std::uint64_t onlyFirst, std::uint64_t onlySecond);

}  // namespace systole::sim
