// SPDX-License-Identifier: Apache-2.0
#include "sim/config/technology/sram_reader.hpp"

#include <array>

namespace systole::sim {

namespace {

using cost::RegisterFile;
using cost::SramAxes;
using cost::SramCoefficients;
using cost::SramCurve;
using cost::SramErrors;
using cost::SramFitError;
using cost::SramPortGrowth;
using cost::SramQuantity;
using cost::SramWires;

constexpr RealRange kNotNegative{0, 1e12};
constexpr RealRange kKelvin{1, 1000};
constexpr RealRange kWordBits{1, 1e6};
constexpr RealRange kWords{1, 1e6};
constexpr std::uint64_t kLargestBank = std::uint64_t{1} << 40;
constexpr std::uint64_t kMostLines = 100;

template <class Struct>
struct RealKey {
    const char* name;
    double Struct::*field;
};

constexpr std::array kPortKeys{
    RealKey<SramPortGrowth>{"cell_width", &SramPortGrowth::cellWidth},
    RealKey<SramPortGrowth>{"cell_height", &SramPortGrowth::cellHeight},
    RealKey<SramPortGrowth>{"energy", &SramPortGrowth::energy},
    RealKey<SramPortGrowth>{"leakage", &SramPortGrowth::leakage},
    RealKey<SramPortGrowth>{"time", &SramPortGrowth::time},
};
constexpr std::array kWireKeys{
    RealKey<SramWires>{"pj_per_bit_mm", &SramWires::picojoulesPerBitMillimetre},
    RealKey<SramWires>{"ns_per_mm", &SramWires::nanosecondsPerMillimetre},
    RealKey<SramWires>{"um_per_wire", &SramWires::micronsPerWire},
    RealKey<SramWires>{"address_wires", &SramWires::addressWires},
};
constexpr std::array kErrorsKeys{
    RealKey<SramErrors>{"area", &SramErrors::area},
    RealKey<SramErrors>{"energy", &SramErrors::energy},
    RealKey<SramErrors>{"leakage", &SramErrors::leakage},
    RealKey<SramErrors>{"time", &SramErrors::time},
};
constexpr std::array kRegisterFileKeys{
    RealKey<RegisterFile>{"flip_flop_um2", &RegisterFile::flipFlopSquareMicrons},
    RealKey<RegisterFile>{"multiplexer_um2", &RegisterFile::multiplexerSquareMicrons},
    RealKey<RegisterFile>{"flip_flop_pj", &RegisterFile::flipFlopPicojoules},
    RealKey<RegisterFile>{"multiplexer_pj", &RegisterFile::multiplexerPicojoules},
    RealKey<RegisterFile>{"flip_flop_leakage_uw", &RegisterFile::flipFlopMicrowatts},
    RealKey<RegisterFile>{"multiplexer_leakage_uw", &RegisterFile::multiplexerMicrowatts},
    RealKey<RegisterFile>{"flip_flop_ns", &RegisterFile::flipFlopNanoseconds},
    RealKey<RegisterFile>{"multiplexer_ns", &RegisterFile::multiplexerNanoseconds},
    RealKey<RegisterFile>{"error", &RegisterFile::error},
};

struct QuantityKey {
    const char* name;
    SramQuantity SramCoefficients::*field;
};
constexpr std::array kQuantityKeys{
    QuantityKey{"read_pj", &SramCoefficients::readPicojoules},
    QuantityKey{"write_pj", &SramCoefficients::writePicojoules},
    QuantityKey{"leakage_uw", &SramCoefficients::leakageMicrowatts},
    QuantityKey{"area_um2", &SramCoefficients::areaSquareMicrons},
    QuantityKey{"access_ns", &SramCoefficients::accessNanoseconds},
    QuantityKey{"cycle_ns", &SramCoefficients::cycleNanoseconds},
};

struct CurveKey {
    const char* name;
    SramCurve SramQuantity::*field;
};
constexpr std::array kCurveKeys{
    CurveKey{"nominal", &SramQuantity::nominal},
    CurveKey{"low", &SramQuantity::low},
    CurveKey{"high", &SramQuantity::high},
};

struct ErrorKey {
    const char* name;
    SramFitError SramQuantity::*field;
};
constexpr std::array kErrorKeys{
    ErrorKey{"in_sample", &SramQuantity::inSample},
    ErrorKey{"size_left_out", &SramQuantity::sizeLeftOut},
    ErrorKey{"width_left_out", &SramQuantity::widthLeftOut},
};

template <class Struct, std::size_t kSize>
Struct readNumbers(const Section& section, const std::array<RealKey<Struct>, kSize>& keys) {
    Struct figures;
    for (const auto& key : keys) {
        figures.*key.field = section.at(key.name).real(kNotNegative);
    }
    return figures;
}

/// A section of figures of one source.
template <class Struct, std::size_t kSize>
Struct readFigures(const Section& section, const std::array<RealKey<Struct>, kSize>& keys) {
    Struct figures = readNumbers(section, keys);
    figures.source = section.at("source").name();
    return figures;
}

/// The same with errors of their own.
template <class Struct, std::size_t kSize>
Struct readGrowth(const Section& section, const std::array<RealKey<Struct>, kSize>& keys) {
    Struct figures = readFigures(section, keys);
    figures.errors = readNumbers(section.at("error").section(), kErrorsKeys);
    return figures;
}

SramAxes readAxes(const Section& section) {
    SramAxes axes;
    for (const Value& capacity : section.at("capacities").list({2, kMostLines})) {
        axes.capacityBytes.push_back(static_cast<double>(capacity.bytes({1, kLargestBank})));
    }
    for (const Value& bits : section.at("word_bits").list({2, kMostLines})) {
        axes.wordBits.push_back(bits.real(kWordBits));
    }
    axes.fewestWords = section.at("fewest_words").real(kWords);
    return axes;
}

SramCurve readCurve(const Value& value, const SramAxes& axes) {
    SramCurve curve;
    const std::uint64_t rows = axes.capacityBytes.size();
    const std::uint64_t columns = axes.wordBits.size();
    for (const Value& row : value.list({rows, rows})) {
        for (const Value& figure : row.list({columns, columns})) {
            curve.push_back(figure.real(kNotNegative));
        }
    }
    return curve;
}

SramQuantity readQuantity(const Section& section, const SramAxes& axes) {
    SramQuantity quantity;
    const Section margin = section.at("margin").section();
    quantity.lowMargin = margin.at("low").real(kNotNegative);
    quantity.highMargin = margin.at("high").real(kNotNegative);
    const Section errors = section.at("error").section();
    for (const ErrorKey& key : kErrorKeys) {
        const Section error = errors.oneOfMany(key.name, "error").section();
        quantity.*key.field = {.worst = error.at("max").real(kNotNegative),
                               .rms = error.at("rms").real(kNotNegative)};
    }
    for (const CurveKey& key : kCurveKeys) {
        quantity.*key.field = readCurve(section.oneOfMany(key.name, "curve"), axes);
    }
    return quantity;
}

}  // namespace

cost::SramModel readSram(const Section& section) {
    SramCoefficients coefficients;
    coefficients.source = section.at("source").name();
    coefficients.temperatureKelvin = section.at("temperature_kelvin").real(kKelvin);
    coefficients.leakagePerKelvin = section.at("leakage_per_kelvin").real(kNotNegative);
    coefficients.axes = readAxes(section);
    for (const QuantityKey& key : kQuantityKeys) {
        coefficients.*key.field =
            readQuantity(section.oneOfMany(key.name, "quantity").section(), coefficients.axes);
    }
    coefficients.ports = readGrowth(section.at("ports").section(), kPortKeys);
    coefficients.wires = readGrowth(section.at("wires").section(), kWireKeys);
    if (const auto file = section.find("register_file")) {
        coefficients.registerFile = readFigures(file->section(), kRegisterFileKeys);
    }
    if (!section.clean()) return {};
    if (const auto problem = cost::SramModel::problemOf(coefficients)) {
        section.fail(*problem);
        return {};
    }
    return cost::SramModel(std::move(coefficients));
}

}  // namespace systole::sim
