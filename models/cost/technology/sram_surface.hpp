// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A quantity of a memory macro as a surface over capacity and word width, by a table of the
/// technology (analysis/fit_sram.py writes it).
namespace systole::cost {

/// A figure and the band that it is expected to lie in.
struct Estimate {
    double nominal = 0;
    double low = 0;
    double high = 0;
};

/// What the tables of a technology cover. At least two of both, ascending.
struct SramAxes {
    std::vector<double> capacityBytes;  ///< of a bank: the rows
    std::vector<double> wordBits;       ///< the columns
    double fewestWords = 1;             ///< no macro of the tables has fewer
};

/// Values above zero, row after row.
using SramCurve = std::vector<double>;

/// How far rows of the fitted table lie outside, as a fraction of their bound.
struct SramFitError {
    double worst = 0;
    double rms = 0;
};

/// One quantity of a macro of one port. Example: with capacities of 1 and 4 KiB, words of 32 and
/// 64 bits and a nominal curve {1, 2, 2, 4}, a macro of 2 KiB and 32 bits has sqrt(2): logarithms
/// go straight between the values.
struct SramQuantity {
    SramCurve nominal;
    SramCurve low;
    SramCurve high;
    double lowMargin = 0;  ///< by which low and high are widened, as fractions
    double highMargin = 0;
    SramFitError inSample{};
    SramFitError sizeLeftOut{};
    SramFitError widthLeftOut{};
};

/// Whether a quantity may rise faster than the capacity; the ends of its band may but for the
/// widest words.
enum class SramGrowth : std::uint8_t {
    AtMostCapacity,  ///< energy, leakage, area: two macros of half the capacity can stand for one
    Any,             ///< times
};

/// Why this is no monotone quantity. Empty: it is one.
std::optional<std::string> problemOf(const SramAxes& axes);
std::optional<std::string> problemOf(const SramAxes& axes, const SramQuantity& quantity,
                                     SramGrowth growth);

/// The quantity of a macro of any capacity and of words up to the widest of the axes.
///
/// Beyond the table nominal goes on with the mean slope at the table's edge; low and high go half
/// of the way from there to what could be at most and at least: a cost that stays as at the edge,
/// and a cost in proportion. So the band opens with the distance. Of fewer words than the fewest,
/// nominal and high are those of the fewest.
Estimate surfaceAt(const SramAxes& axes, const SramQuantity& quantity, double capacityBytes,
                   double wordBits);

}  // namespace systole::cost
