// SPDX-License-Identifier: Apache-2.0
#include "models/cost/sram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "models/check.hpp"

namespace systole::cost {

namespace {

constexpr std::array<double SramPoint::*, 4> kQuantities{
    &SramPoint::readPicojoules, &SramPoint::writePicojoules, &SramPoint::leakageMilliwatts,
    &SramPoint::areaSquareMillimetres};

std::tuple<std::uint64_t, std::uint32_t> sizeOf(const SramPoint& point) {
    return {point.capacityBytes, point.wordBits};
}

/// Index of the segment [i, i + 1] of `grid` that x lies in or that is nearest to it.
std::size_t segmentOf(const std::vector<double>& grid, double x) {
    const auto above = std::upper_bound(grid.begin(), grid.end(), x);
    const auto index = std::max<std::ptrdiff_t>(above - grid.begin() - 1, 0);
    return std::min<std::size_t>(static_cast<std::size_t>(index), grid.size() - 2);
}

// long double: its functions have no variants for processors with fused multiply-add, and rounding
// to double hides what the last bits of two libraries may differ in.
double doublings(double from, double to) {
    return static_cast<double>(std::log2(static_cast<long double>(to) / from));
}

double scaled(double value, double slope, double distance) {
    return static_cast<double>(value * std::exp2(static_cast<long double>(slope) * distance));
}

/// From (x0, v0) to x along the line through (x1, v1) in logarithms; exact at both ends. Outside of
/// [x0, x1] from the nearer end on, with the slope kept between 0 and 1.
double alongPowerLaw(double x0, double v0, double x1, double v1, double x) {
    const double slope = doublings(v0, v1) / doublings(x0, x1);
    if (x == x1) {
        return v1;
    }
    if (x < x0 || x > x1) {
        const double gentle = std::clamp(slope, 0.0, 1.0);
        return x < x0 ? scaled(v0, gentle, doublings(x0, x)) : scaled(v1, gentle, doublings(x1, x));
    }
    return scaled(v0, slope, doublings(x0, x));
}

}  // namespace

std::optional<std::string> SramTable::problemOf(const std::vector<SramPoint>& points) {
    std::set<std::uint64_t> capacities;
    std::set<std::uint32_t> widths;
    std::set<std::tuple<std::uint64_t, std::uint32_t>> sizes;
    for (const SramPoint& point : points) {
        const auto isPositive = [&](double SramPoint::*quantity) { return point.*quantity > 0; };
        if (point.capacityBytes == 0 || point.wordBits == 0 ||
            !std::all_of(kQuantities.begin(), kQuantities.end(), isPositive)) {
            return fmt::format(
                "the point of {} bytes and {} bits a word has a value that is not positive",
                point.capacityBytes, point.wordBits);
        }
        if (!sizes.insert(sizeOf(point)).second) {
            return fmt::format("the point of {} bytes and {} bits a word is there twice",
                               point.capacityBytes, point.wordBits);
        }
        capacities.insert(point.capacityBytes);
        widths.insert(point.wordBits);
    }
    if (capacities.size() < 2 || widths.size() < 2 ||
        sizes.size() != capacities.size() * widths.size()) {
        return fmt::format(
            "{} points for {} capacities and {} word widths are no grid of at least 2 x 2",
            points.size(), capacities.size(), widths.size());
    }
    return std::nullopt;
}

SramTable::SramTable(std::vector<SramPoint> points, std::string source)
    : points_(std::move(points)), source_(std::move(source)) {
    const auto problem = problemOf(points_);
    SYSTOLE_CHECK(!problem, "{}", *problem);
    std::sort(points_.begin(), points_.end(),
              [](const auto& a, const auto& b) { return sizeOf(a) < sizeOf(b); });
    for (const SramPoint& each : points_) {
        const auto capacity = static_cast<double>(each.capacityBytes);
        if (capacities_.empty() || capacities_.back() != capacity) {
            capacities_.push_back(capacity);
        }
        if (capacities_.size() == 1) {
            widths_.push_back(each.wordBits);
        }
    }
}

SramMacro SramTable::at(double capacityBytes, double wordBits) const {
    SYSTOLE_CHECK(capacityBytes > 0 && wordBits > 0 && !points_.empty(), "{} bytes of {} bits",
                  capacityBytes, wordBits);
    const auto value = [&](double SramPoint::*quantity) {
        return interpolate(quantity, capacityBytes, wordBits);
    };
    return {.readJoules = value(&SramPoint::readPicojoules) * 1e-12,
            .writeJoules = value(&SramPoint::writePicojoules) * 1e-12,
            .leakageWatts = value(&SramPoint::leakageMilliwatts) * 1e-3,
            .areaSquareMicrons = value(&SramPoint::areaSquareMillimetres) * 1e6};
}

double SramTable::interpolate(double SramPoint::*quantity, double capacityBytes,
                              double wordBits) const {
    const std::size_t lower = segmentOf(capacities_, capacityBytes);
    return alongPowerLaw(capacities_[lower], alongWidth(quantity, lower, wordBits),
                         capacities_[lower + 1], alongWidth(quantity, lower + 1, wordBits),
                         capacityBytes);
}

double SramTable::alongWidth(double SramPoint::*quantity, std::size_t capacity,
                             double wordBits) const {
    const std::size_t lower = segmentOf(widths_, wordBits);
    if (wordBits < widths_.front()) {
        return scaled(point(capacity, 0).*quantity, meanWidthSlope(quantity, 0),
                      doublings(widths_.front(), wordBits));
    }
    if (wordBits > widths_.back()) {
        return scaled(point(capacity, lower + 1).*quantity, meanWidthSlope(quantity, lower),
                      doublings(widths_.back(), wordBits));
    }
    return alongPowerLaw(widths_[lower], point(capacity, lower).*quantity, widths_[lower + 1],
                         point(capacity, lower + 1).*quantity, wordBits);
}

double SramTable::meanWidthSlope(double SramPoint::*quantity, std::size_t lowerWidth) const {
    double sum = 0;
    for (std::size_t capacity = 0; capacity < capacities_.size(); ++capacity) {
        sum += doublings(point(capacity, lowerWidth).*quantity,
                         point(capacity, lowerWidth + 1).*quantity);
    }
    const double width = doublings(widths_[lowerWidth], widths_[lowerWidth + 1]);
    return std::clamp(sum / width / static_cast<double>(capacities_.size()), 0.0, 1.0);
}

}  // namespace systole::cost
