// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/sram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "models/check.hpp"

namespace systole::cost {

namespace {

constexpr double kBytesPerKibibyte = 1024;
constexpr double kReferenceBits = 64;
constexpr double kJoulesPerPicojoule = 1e-12;
constexpr double kWattsPerMicrowatt = 1e-6;
constexpr double kSecondsPerNanosecond = 1e-9;
constexpr double kMillimetresPerMicron = 1e-3;

struct NamedQuantity {
    const char* name;
    SramQuantity SramCoefficients::*quantity;
};
constexpr std::array kQuantities{
    NamedQuantity{"read_pj", &SramCoefficients::readPicojoules},
    NamedQuantity{"write_pj", &SramCoefficients::writePicojoules},
    NamedQuantity{"leakage_uw", &SramCoefficients::leakageMicrowatts},
    NamedQuantity{"area_um2", &SramCoefficients::areaSquareMicrons},
    NamedQuantity{"access_ns", &SramCoefficients::accessNanoseconds},
};

// long double: its functions have no variants for processors with fused multiply-add, and rounding
// to double hides what the last bits of two libraries may differ in.
double power(double base, double exponent) {
    return static_cast<double>(std::pow(static_cast<long double>(base), exponent));
}

double sumOf(const SramCurve& curve, double capacityBytes, double wordBits) {
    double sum = 0;
    for (const SramTerm& term : curve) {
        const double beyond = capacityBytes - static_cast<double>(term.aboveBytes);
        if (beyond > 0) {
            sum += term.scale * power(beyond / kBytesPerKibibyte, term.capacityExponent) *
                   power(wordBits / kReferenceBits, term.wordExponent);
        }
    }
    return sum;
}

/// Low and high are fits of their own: they must not pass nominal.
Estimate estimateOf(const SramQuantity& quantity, double capacityBytes, double wordBits) {
    const auto sum = [&](const SramCurve& curve) { return sumOf(curve, capacityBytes, wordBits); };
    const double nominal = sum(quantity.nominal);
    return {.nominal = nominal,
            .low = std::min(nominal, sum(quantity.low) / (1 + quantity.margin)),
            .high = std::max(nominal, sum(quantity.high) * (1 + quantity.margin))};
}

template <class Function>
Estimate eachOf(const Estimate& estimate, Function function) {
    return {function(estimate.nominal), function(estimate.low), function(estimate.high)};
}

Estimate scaled(const Estimate& estimate, double factor) {
    return eachOf(estimate, [factor](double value) { return value * factor; });
}

Estimate smaller(const Estimate& a, const Estimate& b) {
    return {std::min(a.nominal, b.nominal), std::min(a.low, b.low), std::min(a.high, b.high)};
}

SramMacro smaller(const SramMacro& a, const SramMacro& b) {
    return {.readJoules = smaller(a.readJoules, b.readJoules),
            .writeJoules = smaller(a.writeJoules, b.writeJoules),
            .leakageWatts = smaller(a.leakageWatts, b.leakageWatts),
            .areaSquareMicrons = smaller(a.areaSquareMicrons, b.areaSquareMicrons),
            .accessSeconds = smaller(a.accessSeconds, b.accessSeconds)};
}

/// Wires inside a macro grow with the side of its cells, and so do the energy and the time of an
/// access; CACTI's bit cell grows by two wires each way for a port.
SramMacro macroOf(const SramCoefficients& coefficients, const SramShape& shape) {
    const double more = shape.readWritePorts - 1.0;
    const SramPortGrowth& growth = coefficients.ports;
    const double area = (1 + growth.cellWidth * more) * (1 + growth.cellHeight * more);
    const double side = std::sqrt(area);
    const auto of = [&](const SramQuantity& quantity, double factor) {
        return scaled(estimateOf(quantity, shape.capacityBytes, shape.wordBits), factor);
    };
    return {.readJoules = of(coefficients.readPicojoules, side * kJoulesPerPicojoule),
            .writeJoules = of(coefficients.writePicojoules, side * kJoulesPerPicojoule),
            .leakageWatts = of(coefficients.leakageMicrowatts,
                               (1 + growth.leakage * more) * kWattsPerMicrowatt),
            .areaSquareMicrons = of(coefficients.areaSquareMicrons, area),
            .accessSeconds = of(coefficients.accessNanoseconds, side * kSecondsPerNanosecond)};
}

/// A multiplexer a bit and port for reading, and one a bit for every further port that writes. An
/// access switches half of the selects of a tree whose inputs differ half of the time, and all that
/// leads to the word itself, which crosses the side of the file.
SramMacro registerFileOf(const RegisterFile& file, const SramWires& wires, const SramShape& shape) {
    const double bits = shape.capacityBytes * 8;
    const double multiplexers = bits * (2.0 * shape.readWritePorts - 1);
    const double area =
        bits * file.flipFlopSquareMicrons + multiplexers * file.multiplexerSquareMicrons;
    const double side = std::sqrt(area) * kMillimetresPerMicron;
    const double read = (bits / 4 + shape.wordBits) * file.multiplexerPicojoules +
                        shape.wordBits * side * wires.picojoulesPerBitMillimetre;
    const double write = read + shape.wordBits * file.flipFlopPicojoules;
    const double leakage =
        bits * file.flipFlopMicrowatts + multiplexers * file.multiplexerMicrowatts;
    // Buffers of the selects and the tree: a level a doubling of bits, whatever the word.
    const double levels = std::log2(std::max(bits, 1.0));
    const double access = file.flipFlopNanoseconds + levels * file.multiplexerNanoseconds +
                          side * wires.nanosecondsPerMillimetre;
    const auto within = [&](double value) {
        return Estimate{value, value / (1 + file.error), value * (1 + file.error)};
    };
    return {.readJoules = within(read * kJoulesPerPicojoule),
            .writeJoules = within(write * kJoulesPerPicojoule),
            .leakageWatts = within(leakage * kWattsPerMicrowatt),
            .areaSquareMicrons = within(area),
            .accessSeconds = within(access * kSecondsPerNanosecond)};
}

/// `banks` of them side by side, and the wires to the farthest.
SramMacro banked(const SramMacro& bank, const SramWires& wires, const SramShape& shape) {
    const auto banks = static_cast<double>(shape.banks);
    const Estimate length = eachOf(bank.areaSquareMicrons, [&](double area) {
        return (std::sqrt(banks) - 1) * std::sqrt(area) * kMillimetresPerMicron;
    });
    const auto plus = [&](const Estimate& estimate, double perMillimetre) {
        return Estimate{estimate.nominal + perMillimetre * length.nominal,
                        estimate.low + perMillimetre * length.low,
                        estimate.high + perMillimetre * length.high};
    };
    const double wiresOut = shape.wordBits + wires.addressWires;
    const double access = wiresOut * wires.picojoulesPerBitMillimetre * kJoulesPerPicojoule;
    // Data go in and come out on wires of their own, for every port.
    const double pitch = (wiresOut + shape.wordBits) * shape.readWritePorts * wires.micronsPerWire /
                         kMillimetresPerMicron;
    return {.readJoules = plus(bank.readJoules, access),
            .writeJoules = plus(bank.writeJoules, access),
            .leakageWatts = scaled(bank.leakageWatts, banks),
            .areaSquareMicrons = plus(scaled(bank.areaSquareMicrons, banks), pitch),
            .accessSeconds =
                plus(bank.accessSeconds, wires.nanosecondsPerMillimetre * kSecondsPerNanosecond)};
}

std::optional<std::string> problemOf(const SramCurve& curve) {
    double sum = 0;
    for (const SramTerm& term : curve) {
        if (!(term.scale >= 0 && term.capacityExponent >= 0 && term.wordExponent >= 0)) {
            return "has a negative coefficient";
        }
        if (term.aboveBytes > 0 && term.capacityExponent == 0) {
            return "has a step: a term above some capacity needs a capacity exponent";
        }
        sum += term.scale;
    }
    return sum > 0 ? std::nullopt : std::optional<std::string>("has no positive term");
}

}  // namespace

std::optional<std::string> SramModel::problemOf(const SramCoefficients& coefficients) {
    for (const NamedQuantity& named : kQuantities) {
        const SramQuantity& quantity = coefficients.*named.quantity;
        for (const auto& [name, curve] :
             {std::pair{"nominal", &quantity.nominal}, std::pair{"low", &quantity.low},
              std::pair{"high", &quantity.high}}) {
            if (const auto problem = cost::problemOf(*curve)) {
                return fmt::format("{}.{} {}", named.name, name, *problem);
            }
        }
    }
    return std::nullopt;
}

SramModel::SramModel(SramCoefficients coefficients) : coefficients_(std::move(coefficients)) {
    const auto problem = problemOf(coefficients_);
    SYSTOLE_CHECK(!problem, "{}", *problem);
}

SramMacro SramModel::bank(const SramShape& shape) const {
    // A memory holds a word at least.
    SramShape whole = shape;
    whole.capacityBytes = std::max(shape.capacityBytes, shape.wordBits / 8);
    const SramMacro macro = macroOf(coefficients_, whole);
    return coefficients_.registerFile ? smaller(macro, registerFileOf(*coefficients_.registerFile,
                                                                      coefficients_.wires, whole))
                                      : macro;
}

SramMacro SramModel::at(const SramShape& shape) const {
    return at(shape, coefficients_.temperatureKelvin);
}

SramMacro SramModel::at(const SramShape& shape, double kelvin) const {
    SYSTOLE_CHECK(shape.capacityBytes > 0 && shape.wordBits > 0 && shape.readWritePorts > 0 &&
                      shape.banks > 0 && kelvin >= 0,
                  "{} banks of {} bytes, {} bits, {} ports, {} K", shape.banks, shape.capacityBytes,
                  shape.wordBits, shape.readWritePorts, kelvin);
    SramMacro macro = banked(bank(shape), coefficients_.wires, shape);
    const long double warmer = kelvin - coefficients_.temperatureKelvin;
    macro.leakageWatts = scaled(
        macro.leakageWatts, static_cast<double>(std::exp(coefficients_.leakagePerKelvin * warmer)));
    return macro;
}

}  // namespace systole::cost
