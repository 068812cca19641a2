// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/cost/technology/sram_surface.hpp"

/// What an on-chip memory costs, as a function of its shape that never falls with capacity, word
/// width, ports or banks. Coefficients are data of the technology; analysis/fit_sram.py fits them.
namespace systole::cost {

/// By how much the ends of a band are further away where there are several ports or macros, as
/// fractions.
struct SramErrors {
    double area = 0;
    double energy = 0;
    double leakage = 0;
    double time = 0;  ///< of several macros: of the access
};

/// What a further port adds, as fractions of a macro of one port.
struct SramPortGrowth {
    double cellWidth = 0;
    double cellHeight = 0;
    double energy = 0;
    double leakage = 0;
    double time = 0;  ///< of access and cycle
    SramErrors errors{};
    std::string source;
};

/// Wires between macros, as long as the side of all of them less that of one, and across a register
/// file. Those between macros have registers: they cost time to the data, never clock.
struct SramWires {
    double picojoulesPerBitMillimetre = 0;
    double nanosecondsPerMillimetre = 0;
    double micronsPerWire = 0;
    double addressWires = 0;  ///< address and control, beside the data
    SramErrors errors{};
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
    SramAxes axes;
    double temperatureKelvin = 0;  ///< of `leakageMicrowatts`
    double leakagePerKelvin = 0;   ///< leakage goes with exp of this times the kelvin above that
    SramQuantity readPicojoules;   ///< one word
    SramQuantity writePicojoules;
    SramQuantity leakageMicrowatts;
    SramQuantity areaSquareMicrons;
    SramQuantity accessNanoseconds;  ///< from an address to its data
    SramQuantity cycleNanoseconds;   ///< from an address to the next one
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

/// The equal parts that a bank is built of. Shares of a part stand for parts that are smaller:
/// words of 96 bits are read from one and a half parts of 64 bits.
struct SramParts {
    double inWord = 1;  ///< those that a word is spread over: all are read at once
    double all = 1;     ///< of a bank; no fewer than `inWord`
};

struct SramMacro {
    Estimate readJoules;  ///< one word out of one bank, wires between macros included
    Estimate writeJoules;
    Estimate leakageWatts;       ///< all banks
    Estimate areaSquareMicrons;  ///< all banks
    Estimate accessSeconds;      ///< to the farthest bank
    Estimate cycleSeconds;       ///< of a bank: what the clock is limited by
    bool isRegisterFile = false;
    std::string source;
    /// What of the shape lies outside of the fit, such as "48 MiB a bank, outside of the fit of
    /// 512 B to 32 MiB". Empty: nothing does.
    std::string outOfFit;

    /// No quantity is less than another memory's afterwards. What it takes from one outside of the
    /// fit lies there too.
    void raiseTo(const SramMacro& other);
};

/// Memories of any shape.
///
/// A bank is a macro or a register file as a whole, whichever takes less area with one port. Where
/// a register file hands over to a macro, a quantity other than the area might fall. So that none
/// does, a register file costs no more than the smallest macro of its word width, and no less than
/// the widest macro of its capacity; macros are as they were fitted.
///
/// Each is held on its own: of a wide file the cycle may be that of the widest macro, and longer
/// than the access.
///
/// Words wider than the table's widest are macros side by side with wires between them: 2,048 bits
/// of 64 KiB are two macros of 1,024 bits and 32 KiB. Their times are those of one macro of the
/// whole capacity, so that nothing falls with the width.
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
    SramMacro at(const SramShape& shape, const SramParts& parts, double kelvin) const;

    const SramCoefficients& coefficients() const { return coefficients_; }
    const std::string& source() const { return coefficients_.source; }

private:
    bool isFree() const { return coefficients_.axes.capacityBytes.empty(); }
    bool isRegisterFile(SramShape shape) const;
    std::optional<SramMacro> nextMacro(SramShape shape) const;
    std::optional<SramMacro> lastMacro(SramShape shape) const;
    SramMacro bank(SramShape shape) const;

    SramCoefficients coefficients_;
};

}  // namespace systole::cost
