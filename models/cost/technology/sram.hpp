// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What an on-chip memory costs, as a function of its shape that never falls with capacity, word
/// width, ports or banks. Coefficients are data of the technology; analysis/fit_sram.py fits them.
namespace systole::cost {

/// A figure and the band that it is expected to lie in.
struct Estimate {
    double nominal = 0;
    double low = 0;
    double high = 0;
};

/// scale * max(0, KiB - above)^capacityExponent * (word bits / 64)^wordExponent. No coefficient is
/// negative: that is what makes every sum of terms monotone.
struct SramTerm {
    double scale = 0;
    double capacityExponent = 0;
    double wordExponent = 0;
    std::uint64_t aboveBytes = 0;
};
using SramCurve = std::vector<SramTerm>;  ///< their sum

/// How far rows of the fitted table lie outside, as a fraction of their bound.
struct SramFitError {
    double worst = 0;
    double rms = 0;
};

/// One quantity of a macro of one port.
struct SramQuantity {
    SramCurve nominal;
    SramCurve low;
    SramCurve high;
    double margin = 0;  ///< by which low and high are widened, as a fraction
    SramFitError inSample{};
    SramFitError sizeLeftOut{};
    SramFitError widthLeftOut{};
};

/// Of a further read-write port, as fractions of a bit cell of one port. An estimate.
struct SramPortGrowth {
    double cellWidth = 0;
    double cellHeight = 0;
    double leakage = 0;
    std::string source;
};

/// Wires between banks, as long as the side of all banks less that of one, and across a register
/// file. An estimate.
struct SramWires {
    double picojoulesPerBitMillimetre = 0;
    double nanosecondsPerMillimetre = 0;
    double micronsPerWire = 0;
    double addressWires = 0;  ///< address and control, beside the data
    std::string source;
};

/// A memory of flip-flops read through multiplexers of two inputs. An estimate within `error`.
struct RegisterFile {
    double flipFlopSquareMicrons = 0;
    double multiplexerSquareMicrons = 0;
    double flipFlopPicojoules = 0;     ///< a bit written, clock included
    double multiplexerPicojoules = 0;  ///< one that switches
    double flipFlopMicrowatts = 0;     ///< leakage
    double multiplexerMicrowatts = 0;
    double flipFlopNanoseconds = 0;
    double multiplexerNanoseconds = 0;
    double error = 0;  ///< a fraction
    std::string source;
};

struct SramCoefficients {
    std::string source;
    double temperatureKelvin = 0;  ///< of `leakageMicrowatts`
    double leakagePerKelvin = 0;   ///< leakage goes with exp of this times the kelvin above that
    SramQuantity readPicojoules;   ///< one word
    SramQuantity writePicojoules;
    SramQuantity leakageMicrowatts;
    SramQuantity areaSquareMicrons;
    SramQuantity accessNanoseconds;
    SramPortGrowth ports;
    SramWires wires;
    std::optional<RegisterFile> registerFile;  ///< none: small memories are macros too
};

struct SramShape {
    double capacityBytes = 0;  ///< of one bank
    double wordBits = 0;
    std::uint32_t readWritePorts = 1;
    std::uint64_t banks = 1;
};

struct SramMacro {
    Estimate readJoules;  ///< one word out of one bank, wires between banks included
    Estimate writeJoules;
    Estimate leakageWatts;       ///< all banks
    Estimate areaSquareMicrons;  ///< all banks
    Estimate accessSeconds;
};

/// Memories of any shape. A bank is what is cheaper, quantity by quantity: a macro or a register
/// file. Both are monotone and continuous, so the smaller of them is; near the crossing it promises
/// the better of both. Beyond the fitted sizes the same terms go on.
class SramModel {
public:
    SramModel() = default;  ///< costs nothing
    /// `coefficients` must pass `problemOf`.
    explicit SramModel(SramCoefficients coefficients);

    /// Why these are no coefficients of a monotone model. Empty: they are.
    static std::optional<std::string> problemOf(const SramCoefficients& coefficients);

    /// At the temperature of the coefficients.
    SramMacro at(const SramShape& shape) const;
    SramMacro at(const SramShape& shape, double kelvin) const;

    const SramCoefficients& coefficients() const { return coefficients_; }
    const std::string& source() const { return coefficients_.source; }

private:
    SramMacro bank(const SramShape& shape) const;

    SramCoefficients coefficients_;
};

}  // namespace systole::cost
