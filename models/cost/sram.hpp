// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace systole::cost {

/// One memory macro as a memory compiler or CACTI gives it.
struct SramPoint {
    std::uint64_t capacityBytes = 0;
    std::uint32_t wordBits = 0;
    double readPicojoules = 0;  ///< one word
    double writePicojoules = 0;
    double leakageMilliwatts = 0;
    double areaSquareMillimetres = 0;
};

/// A macro of any size, in the units of results.
struct SramMacro {
    double readJoules = 0;  ///< one word
    double writeJoules = 0;
    double leakageWatts = 0;
    double areaSquareMicrons = 0;
};

/// Macros between and beyond tabulated ones. Quantities follow power laws of capacity and word
/// width, so logarithms are interpolated linearly over log2(capacity) and log2(word bits): exact at
/// the points. Beyond the table the last slope goes on, kept between 0 and 1 (nothing shrinks with
/// size, nothing grows faster than it); beyond its word widths that is the mean over all
/// capacities, so that everything stays monotone in capacity wherever the points are.
class SramTable {
public:
    SramTable() = default;
    /// `points` must pass `problemOf`.
    SramTable(std::vector<SramPoint> points, std::string source);

    /// Why `points` are no table: they need every combination of at least two capacities and at
    /// least two word widths once, and positive values. Empty: they are one.
    static std::optional<std::string> problemOf(const std::vector<SramPoint>& points);

    SramMacro at(double capacityBytes, double wordBits) const;

    const std::vector<SramPoint>& points() const { return points_; }
    const std::string& source() const { return source_; }

private:
    double interpolate(double SramPoint::*quantity, double capacityBytes, double wordBits) const;
    double alongWidth(double SramPoint::*quantity, std::size_t capacity, double wordBits) const;
    double meanWidthSlope(double SramPoint::*quantity, std::size_t lowerWidth) const;
    const SramPoint& point(std::size_t capacity, std::size_t width) const {
        return points_[capacity * widths_.size() + width];
    }

    std::vector<SramPoint> points_;  ///< sorted by capacity, then width
    std::vector<double> capacities_;
    std::vector<double> widths_;
    std::string source_;
};

}  // namespace systole::cost
