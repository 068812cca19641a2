// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/sram.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "models/check.hpp"

namespace systole::cost {

namespace {

constexpr double kJoulesPerPicojoule = 1e-12;
constexpr double kWattsPerMicrowatt = 1e-6;
constexpr double kSecondsPerNanosecond = 1e-9;
constexpr double kMillimetresPerMicron = 1e-3;
/// The tables have macros of one and of two ports.
constexpr std::uint32_t kFittedPorts = 2;
/// Halves an interval down to the last bits of a double.
constexpr int kBisections = 80;
/// No register file is larger.
constexpr double kMostBytes = 1e12;

struct NamedQuantity {
    const char* name;
    SramQuantity SramCoefficients::*quantity;
    Estimate SramMacro::*estimate;
    double unit;
    SramGrowth growth;
};
constexpr auto kProportional = SramGrowth::AtMostCapacity;
constexpr std::array kQuantities{
    NamedQuantity{"read_pj", &SramCoefficients::readPicojoules, &SramMacro::readJoules,
                  kJoulesPerPicojoule, kProportional},
    NamedQuantity{"write_pj", &SramCoefficients::writePicojoules, &SramMacro::writeJoules,
                  kJoulesPerPicojoule, kProportional},
    NamedQuantity{"leakage_uw", &SramCoefficients::leakageMicrowatts, &SramMacro::leakageWatts,
                  kWattsPerMicrowatt, kProportional},
    NamedQuantity{"area_um2", &SramCoefficients::areaSquareMicrons, &SramMacro::areaSquareMicrons,
                  1, kProportional},
    NamedQuantity{"access_ns", &SramCoefficients::accessNanoseconds, &SramMacro::accessSeconds,
                  kSecondsPerNanosecond, SramGrowth::Any},
    NamedQuantity{"cycle_ns", &SramCoefficients::cycleNanoseconds, &SramMacro::cycleSeconds,
                  kSecondsPerNanosecond, SramGrowth::Any},
};

template <class Function>
Estimate eachOf(const Estimate& estimate, Function function) {
    return {function(estimate.nominal), function(estimate.low), function(estimate.high)};
}

Estimate scaled(const Estimate& estimate, double factor) {
    return eachOf(estimate, [factor](double value) { return value * factor; });
}

Estimate larger(const Estimate& a, const Estimate& b) {
    return {std::max(a.nominal, b.nominal), std::max(a.low, b.low), std::max(a.high, b.high)};
}

Estimate smaller(const Estimate& a, const Estimate& b) {
    return {std::min(a.nominal, b.nominal), std::min(a.low, b.low), std::min(a.high, b.high)};
}

bool isArea(const NamedQuantity& named) { return named.estimate == &SramMacro::areaSquareMicrons; }
bool isLeakage(const NamedQuantity& named) { return named.estimate == &SramMacro::leakageWatts; }

/// What `more` further ports multiply a quantity by.
double growthOf(const NamedQuantity& named, const SramPortGrowth& ports, double more) {
    if (isArea(named)) return (1 + ports.cellWidth * more) * (1 + ports.cellHeight * more);
    if (isLeakage(named)) return 1 + ports.leakage * more;
    return 1 + (named.growth == SramGrowth::Any ? ports.time : ports.energy) * more;
}

double errorOf(const NamedQuantity& named, const SramErrors& errors) {
    if (isArea(named)) return errors.area;
    if (isLeakage(named)) return errors.leakage;
    return named.growth == SramGrowth::Any ? errors.time : errors.energy;
}

/// Ends of a band that are `error` further away; low is no less than that of `one`.
Estimate widened(const Estimate& estimate, const Estimate& one, double error) {
    return {estimate.nominal, std::max(one.low, estimate.low / (1 + error)),
            estimate.high * (1 + error)};
}

/// Beyond the ports of the tables the band opens: low grows by the root of what nominal does, high
/// by its power of 3/2.
Estimate withPorts(const NamedQuantity& named, const SramPortGrowth& ports, std::uint32_t count,
                   const Estimate& one) {
    if (count == 1) return one;
    const double fitted = growthOf(named, ports, std::min(count, kFittedPorts) - 1.0);
    const double beyond = growthOf(named, ports, count - 1.0) / fitted;
    return widened({one.nominal * fitted * beyond, one.low * fitted * std::sqrt(beyond),
                    one.high * fitted * beyond * std::sqrt(beyond)},
                   one, errorOf(named, ports.errors));
}

/// Words wider than the widest of the table are macros side by side.
double macrosOf(const SramAxes& axes, const SramShape& shape) {
    return std::max(1.0, shape.wordBits / axes.wordBits.back());
}

/// A part of a bank.
SramShape partOf(SramShape shape, const SramParts& parts) {
    shape.capacityBytes /= parts.all;
    shape.wordBits /= parts.inWord;
    return shape;
}

Estimate macroQuantity(const SramCoefficients& coefficients, const NamedQuantity& named,
                       const SramShape& shape) {
    const double macros = macrosOf(coefficients.axes, shape);
    const double times = named.growth == SramGrowth::Any ? 1 : macros;
    const Estimate one = surfaceAt(coefficients.axes, coefficients.*named.quantity,
                                   shape.capacityBytes / times, shape.wordBits / macros);
    return withPorts(named, coefficients.ports, shape.readWritePorts,
                     scaled(one, times * named.unit));
}

const NamedQuantity& areaQuantity() {
    return *std::find_if(kQuantities.begin(), kQuantities.end(), isArea);
}

std::string bytesText(double bytes) {
    constexpr double kKibi = 1024;
    constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; bytes >= kKibi && unit + 1 < kUnits.size(); ++unit) bytes /= kKibi;
    return fmt::format("{:.{}f} {}", bytes, bytes == std::floor(bytes) || bytes >= 1000 ? 0 : 1,
                       kUnits.at(unit));
}

std::string outOfFit(const SramAxes& axes, const SramShape& shape) {
    const double macros = macrosOf(axes, shape);
    const double bytes = shape.capacityBytes / macros;
    const double least = axes.capacityBytes.front();
    const double most = axes.capacityBytes.back();
    std::vector<std::string> parts;
    if (bytes < least || bytes > most) {
        parts.push_back(fmt::format("{} a macro, outside of the fit of {} to {}", bytesText(bytes),
                                    bytesText(least), bytesText(most)));
    } else if (shape.capacityBytes > most) {  // macros side by side
        parts.push_back(fmt::format("times of a macro of {}, outside of the fit of {} to {}",
                                    bytesText(shape.capacityBytes), bytesText(least),
                                    bytesText(most)));
    }
    if (shape.wordBits < axes.wordBits.front()) {
        parts.push_back(fmt::format("words of {:g} bits, outside of the fit of {:g} bits and more",
                                    shape.wordBits, axes.wordBits.front()));
    }
    const double words = shape.capacityBytes * 8 / shape.wordBits;
    if (words < axes.fewestWords) {
        parts.push_back(
            fmt::format("{:.3g} words a macro, outside of the fit of {:g} words and "
                        "more",
                        words, axes.fewestWords));
    }
    if (shape.readWritePorts > kFittedPorts) {
        parts.push_back(fmt::format("{} ports, outside of the fit of 1 and {} ports",
                                    shape.readWritePorts, kFittedPorts));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

SramMacro macroOf(const SramCoefficients& coefficients, const SramShape& shape) {
    SramMacro macro;
    for (const NamedQuantity& named : kQuantities) {
        macro.*named.estimate = macroQuantity(coefficients, named, shape);
    }
    macro.source = coefficients.source;
    macro.outOfFit = outOfFit(coefficients.axes, shape);
    return macro;
}

double registerFileArea(const RegisterFile& file, const SramShape& shape) {
    // A multiplexer a bit and port for reading, and one a bit for every further port that writes.
    const double multiplexers = 2.0 * shape.readWritePorts - 1;
    return shape.capacityBytes * 8 *
           (file.flipFlopSquareMicrons + multiplexers * file.multiplexerSquareMicrons);
}

/// An access switches half of the selects of a tree whose inputs differ half of the time, and all
/// that leads to the word itself, which crosses the side of the file.
SramMacro registerFileOf(const RegisterFile& file, const SramWires& wires, const SramShape& shape) {
    const double bits = shape.capacityBytes * 8;
    const double area = registerFileArea(file, shape);
    const double side = std::sqrt(area) * kMillimetresPerMicron;
    const double read = (bits / 4 + shape.wordBits) * file.multiplexerPicojoules +
                        shape.wordBits * side * wires.picojoulesPerBitMillimetre;
    const double write = read + shape.wordBits * file.flipFlopPicojoules;
    const double leakage = bits * (file.flipFlopMicrowatts +
                                   (2.0 * shape.readWritePorts - 1) * file.multiplexerMicrowatts);
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
            .accessSeconds = within(access * kSecondsPerNanosecond),
            .cycleSeconds = within(access * kSecondsPerNanosecond),
            .isRegisterFile = true,
            .source = "register file of flip-flops: " + file.source,
            .outOfFit = {}};
}

/// With the wires to the farthest of `number` macros that are as large as all of `macro`.
SramMacro withWires(SramMacro macro, const SramWires& wires, const SramShape& shape,
                    double number) {
    const Estimate length = eachOf(macro.areaSquareMicrons, [&](double area) {
        return (1 - 1 / std::sqrt(number)) * std::sqrt(area) * kMillimetresPerMicron;
    });
    const auto lengthen = [&](Estimate& estimate, double perMillimetre) {
        estimate.nominal += perMillimetre * length.nominal;
        estimate.low += perMillimetre * length.low;
        estimate.high += perMillimetre * length.high;
    };
    const double wiresOut = shape.wordBits + wires.addressWires;
    const double access = wiresOut * wires.picojoulesPerBitMillimetre * kJoulesPerPicojoule;
    // Data go in and come out on wires of their own, for every port.
    const double pitch = (wiresOut + shape.wordBits) * shape.readWritePorts * wires.micronsPerWire /
                         kMillimetresPerMicron;
    lengthen(macro.readJoules, access);
    lengthen(macro.writeJoules, access);
    lengthen(macro.areaSquareMicrons, pitch);
    lengthen(macro.accessSeconds, wires.nanosecondsPerMillimetre * kSecondsPerNanosecond);
    return macro;
}

/// All parts of a memory. `part`: one of a bank.
SramMacro assembled(const SramMacro& part, const SramCoefficients& coefficients,
                    const SramShape& shape, const SramParts& parts) {
    const SramWires& wires = coefficients.wires;
    const SramShape one = partOf(shape, parts);
    const double macros = macrosOf(coefficients.axes, one);
    const double all = static_cast<double>(shape.banks) * parts.all;
    const SramMacro alone = withWires(part, wires, one, macros);
    if (all == 1) return alone;
    SramMacro memory = part;
    memory.readJoules = scaled(part.readJoules, parts.inWord);
    memory.writeJoules = scaled(part.writeJoules, parts.inWord);
    memory.leakageWatts = scaled(part.leakageWatts, all);
    memory.areaSquareMicrons = scaled(part.areaSquareMicrons, all);
    memory = withWires(std::move(memory), wires, shape, all * macros);
    for (const NamedQuantity& named : kQuantities) {
        if (named.estimate == &SramMacro::cycleSeconds) continue;
        Estimate& estimate = memory.*named.estimate;
        estimate = widened(estimate, alone.*named.estimate, errorOf(named, wires.errors));
    }
    return memory;
}

/// A value between `no`, where `holds` does not, and `yes`, where it does: the last bits on the
/// latter's side of where it begins to.
template <class Predicate>
double whereItBegins(double no, double yes, Predicate holds) {
    for (int i = 0; i < kBisections; ++i) {
        const double middle = (no + yes) / 2;
        (holds(middle) ? yes : no) = middle;
    }
    return yes;
}

}  // namespace

void SramMacro::raiseTo(const SramMacro& other) {
    constexpr std::string_view kOther = "figures of fewer parts: ";
    bool isRaised = false;
    for (const NamedQuantity& named : kQuantities) {
        const Estimate own = this->*named.estimate;
        const Estimate& least = other.*named.estimate;
        this->*named.estimate = larger(own, least);
        isRaised = isRaised || own.nominal < least.nominal || own.high < least.high;
    }
    if (!isRaised || other.outOfFit.empty() || !outOfFit.empty()) return;
    outOfFit =
        other.outOfFit.starts_with(kOther) ? other.outOfFit : std::string(kOther) + other.outOfFit;
}

std::optional<std::string> SramModel::problemOf(const SramCoefficients& coefficients) {
    if (const auto problem = cost::problemOf(coefficients.axes)) return problem;
    for (const NamedQuantity& named : kQuantities) {
        if (const auto problem =
                cost::problemOf(coefficients.axes, coefficients.*named.quantity, named.growth)) {
            return fmt::format("{}.{}", named.name, *problem);
        }
    }
    return std::nullopt;
}

SramModel::SramModel(SramCoefficients coefficients) : coefficients_(std::move(coefficients)) {
    const auto problem = problemOf(coefficients_);
    SYSTOLE_CHECK(!problem, "{}", *problem);
}

bool SramModel::isRegisterFile(SramShape shape) const {
    shape.readWritePorts = 1;
    return coefficients_.registerFile &&
           registerFileArea(*coefficients_.registerFile, shape) <
               macroQuantity(coefficients_, areaQuantity(), shape).nominal;
}

/// The smallest macro of the word width of a register file.
std::optional<SramMacro> SramModel::nextMacro(SramShape shape) const {
    const double file = shape.capacityBytes;
    const auto isMacro = [&](double bytes) {
        shape.capacityBytes = bytes;
        return !isRegisterFile(shape);
    };
    double most = file;
    while (!isMacro(most)) {
        if (most > kMostBytes) return std::nullopt;
        most *= 2;
    }
    shape.capacityBytes = whereItBegins(file, most, isMacro);
    return macroOf(coefficients_, shape);
}

/// The macro of the widest words that has the capacity of a register file.
std::optional<SramMacro> SramModel::lastMacro(SramShape shape) const {
    const double file = shape.wordBits;
    const auto isMacro = [&](double bits) {
        shape.wordBits = bits;
        return !isRegisterFile(shape);
    };
    if (!isMacro(1)) return std::nullopt;
    shape.wordBits = whereItBegins(file, 1, isMacro);
    return macroOf(coefficients_, shape);
}

SramMacro SramModel::bank(SramShape shape) const {
    // A memory holds a word at least.
    shape.capacityBytes = std::max(shape.capacityBytes, shape.wordBits / 8);
    if (!isRegisterFile(shape)) return macroOf(coefficients_, shape);
    SramMacro file = registerFileOf(*coefficients_.registerFile, coefficients_.wires, shape);
    const std::string outside = outOfFit(coefficients_.axes, shape);
    const auto above = nextMacro(shape);
    const auto below = lastMacro(shape);
    for (const NamedQuantity& named : kQuantities) {
        Estimate& estimate = file.*named.estimate;
        if (above) estimate = smaller(estimate, (*above).*named.estimate);
        if (below) estimate = larger(estimate, (*below).*named.estimate);
    }
    file.outOfFit =
        fmt::format("a register file, an estimate{}{}", outside.empty() ? "" : ": ", outside);
    return file;
}

SramMacro SramModel::at(const SramShape& shape) const {
    return at(shape, coefficients_.temperatureKelvin);
}

SramMacro SramModel::at(const SramShape& shape, double kelvin) const {
    return at(shape, SramParts{}, kelvin);
}

SramMacro SramModel::at(const SramShape& shape, const SramParts& parts, double kelvin) const {
    SYSTOLE_CHECK(shape.capacityBytes > 0 && shape.wordBits > 0 && shape.readWritePorts > 0 &&
                      shape.banks > 0 && kelvin >= 0,
                  "{} banks of {} bytes, {} bits, {} ports, {} K", shape.banks, shape.capacityBytes,
                  shape.wordBits, shape.readWritePorts, kelvin);
    SYSTOLE_CHECK(1 <= parts.inWord && parts.inWord <= parts.all, "{} of {} parts", parts.inWord,
                  parts.all);
    if (isFree()) return {};
    SramMacro macro = assembled(bank(partOf(shape, parts)), coefficients_, shape, parts);
    const long double warmer = kelvin - coefficients_.temperatureKelvin;
    macro.leakageWatts = scaled(
        macro.leakageWatts, static_cast<double>(std::exp(coefficients_.leakagePerKelvin * warmer)));
    return macro;
}

}  // namespace systole::cost
