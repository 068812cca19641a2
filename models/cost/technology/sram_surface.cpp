// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/sram_surface.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace systole::cost {

namespace {

// long double: its functions have no variants for processors with fused multiply-add, and rounding
// to double hides what the last bits of two libraries may differ in.
long double logarithm(double value) { return std::log(static_cast<long double>(value)); }

/// A place on an axis: between `cell` and the next value, and how far beyond either end.
struct Place {
    std::size_t cell = 0;
    long double share = 0;  ///< of the way to the next value, by logarithms
    long double below = 0;  ///< logarithm of what the first value is divided by; 0: not below
    long double above = 0;
};

Place placeOn(const std::vector<double>& axis, double value) {
    Place place;
    if (value < axis.front()) place.below = logarithm(axis.front()) - logarithm(value);
    if (value > axis.back()) place.above = logarithm(value) - logarithm(axis.back());
    const double inside = std::clamp(value, axis.front(), axis.back());
    const auto next = std::upper_bound(axis.begin() + 1, axis.end() - 1, inside);
    place.cell = static_cast<std::size_t>(next - axis.begin()) - 1;
    const long double start = logarithm(axis[place.cell]);
    place.share = (logarithm(inside) - start) / (logarithm(axis[place.cell + 1]) - start);
    return place;
}

/// A curve as rows and columns.
class Grid {
public:
    Grid(const SramAxes& axes, const SramCurve& curve)
        : curve_(curve), rows_(axes.capacityBytes.size()), columns_(axes.wordBits.size()) {}

    double at(std::size_t row, std::size_t column) const { return curve_[row * columns_ + column]; }
    long double log(std::size_t row, std::size_t column) const {
        return logarithm(at(row, column));
    }
    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }

    long double between(const Place& row, const Place& column) const {
        const auto across = [&](std::size_t line) {
            return (1 - column.share) * log(line, column.cell) +
                   column.share * log(line, column.cell + 1);
        };
        return (1 - row.share) * across(row.cell) + row.share * across(row.cell + 1);
    }

private:
    const SramCurve& curve_;
    std::size_t rows_;
    std::size_t columns_;
};

/// The mean rise from line to line + 1 of the rows, over all columns, by the axis' own.
long double rowSlope(const SramAxes& axes, const Grid& grid, std::size_t line) {
    long double rise = 0;
    for (std::size_t column = 0; column < grid.columns(); ++column) {
        rise += grid.log(line + 1, column) - grid.log(line, column);
    }
    const auto& axis = axes.capacityBytes;
    return rise / static_cast<long double>(grid.columns()) /
           (logarithm(axis[line + 1]) - logarithm(axis[line]));
}

long double columnSlope(const SramAxes& axes, const Grid& grid, std::size_t line) {
    long double rise = 0;
    for (std::size_t row = 0; row < grid.rows(); ++row) {
        rise += grid.log(row, line + 1) - grid.log(row, line);
    }
    const auto& axis = axes.wordBits;
    return rise / static_cast<long double>(grid.rows()) /
           (logarithm(axis[line + 1]) - logarithm(axis[line]));
}

/// Slopes of nominal, of a cost that hardly changes and of one nearly in proportion.
struct Slopes {
    long double nominal;
    long double flat;
    long double steep;

    explicit Slopes(long double slope)
        : nominal(slope), flat(slope / 2), steep(std::max(slope, (1 + slope) / 2)) {}
};

double value(long double logarithm) { return static_cast<double>(std::exp(logarithm)); }

/// What each of the three curves is multiplied by beyond the table, as logarithms.
struct Beyond {
    long double nominal = 0;
    long double low = 0;
    long double high = 0;

    void below(const Slopes& slopes, long double distance) {
        nominal -= slopes.nominal * distance;
        low -= slopes.steep * distance;
        high -= slopes.flat * distance;
    }
    void above(const Slopes& slopes, long double distance) {
        nominal += slopes.nominal * distance;
        low += slopes.flat * distance;
        high += slopes.steep * distance;
    }
};

Beyond beyond(const SramAxes& axes, const SramCurve& nominal, const Place& row,
              const Place& column) {
    const Grid grid(axes, nominal);
    Beyond result;
    if (row.below > 0) result.below(Slopes(rowSlope(axes, grid, 0)), row.below);
    if (row.above > 0) result.above(Slopes(rowSlope(axes, grid, grid.rows() - 2)), row.above);
    if (column.below > 0) result.below(Slopes(columnSlope(axes, grid, 0)), column.below);
    return result;
}

}  // namespace

Estimate surfaceAt(const SramAxes& axes, const SramQuantity& quantity, double capacityBytes,
                   double wordBits) {
    const Place column = placeOn(axes.wordBits, wordBits);
    const Place row = placeOn(axes.capacityBytes, capacityBytes);
    const Place enough =
        placeOn(axes.capacityBytes, std::max(capacityBytes, axes.fewestWords * wordBits / 8));
    const auto at = [&](const SramCurve& curve, const Place& line) {
        return Grid(axes, curve).between(line, column);
    };
    const Beyond more = beyond(axes, quantity.nominal, enough, column);
    const Beyond least = beyond(axes, quantity.nominal, row, column);
    const long double nominal = at(quantity.nominal, enough);
    // Low and high are fits of their own: they must not pass nominal.
    const long double low = std::min(at(quantity.low, row), at(quantity.nominal, row));
    const long double high = std::max(at(quantity.high, enough), nominal);
    return {.nominal = value(nominal + more.nominal),
            .low = value(low + least.low) / (1 + quantity.lowMargin),
            .high = value(high + more.high) * (1 + quantity.highMargin)};
}

namespace {

/// From the column `proportional` on, no value may rise faster than the capacity.
std::optional<std::string> problemOf(const SramAxes& axes, const SramCurve& curve,
                                     std::size_t proportional) {
    const Grid grid(axes, curve);
    if (curve.size() != grid.rows() * grid.columns()) {
        return fmt::format("has {} values, expected {} rows of {}", curve.size(), grid.rows(),
                           grid.columns());
    }
    for (std::size_t row = 0; row < grid.rows(); ++row) {
        for (std::size_t column = 0; column < grid.columns(); ++column) {
            if (!(grid.at(row, column) > 0)) return "has a value that is not above zero";
            if (column > 0 && grid.at(row, column) < grid.at(row, column - 1)) {
                return "falls with the word width";
            }
            if (row == 0) continue;
            const double rise = grid.at(row, column) / grid.at(row - 1, column);
            if (rise < 1) return "falls with the capacity";
            if (column >= proportional &&
                rise > axes.capacityBytes[row] / axes.capacityBytes[row - 1] * (1 + 1e-9)) {
                return "rises faster than the capacity";
            }
        }
    }
    return std::nullopt;
}

bool isAscending(const std::vector<double>& axis) {
    return axis.size() >= 2 && axis.front() > 0 &&
           std::adjacent_find(axis.begin(), axis.end(), std::greater_equal<>()) == axis.end();
}

}  // namespace

std::optional<std::string> problemOf(const SramAxes& axes) {
    if (!isAscending(axes.capacityBytes)) return "capacities: expected two or more, ascending";
    if (!isAscending(axes.wordBits)) return "word_bits: expected two or more, ascending";
    if (!(axes.fewestWords > 0)) return "fewest_words: expected a positive number";
    return std::nullopt;
}

std::optional<std::string> problemOf(const SramAxes& axes, const SramQuantity& quantity,
                                     SramGrowth growth) {
    const std::size_t columns = axes.wordBits.size();
    const bool isAny = growth == SramGrowth::Any;
    // Of the ends of the band, only the widest words stand side by side.
    for (const auto& [name, curve, proportional] :
         {std::tuple{"nominal", &quantity.nominal, isAny ? columns : 0},
          std::tuple{"low", &quantity.low, isAny ? columns : columns - 1},
          std::tuple{"high", &quantity.high, isAny ? columns : columns - 1}}) {
        if (const auto problem = problemOf(axes, *curve, proportional)) {
            return fmt::format("{} {}", name, *problem);
        }
    }
    return std::nullopt;
}

}  // namespace systole::cost
