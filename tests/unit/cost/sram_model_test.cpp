// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "models/check.hpp"
#include "models/cost/technology/sram.hpp"
#include "sim/config/technology/technology_loader.hpp"

namespace systole::cost {
namespace {

using ::testing::HasSubstr;

SramModel generic() {
    return sim::loadTechnology(SYSTOLE_SOURCE_DIR "/configs/technology/generic_45nm.yaml").sram;
}

/// The coefficients hold five digits.
constexpr double kRounding = 1e-4;

struct Figure {
    const char* column;
    SramQuantity SramCoefficients::*quantity;
    Estimate SramMacro::*estimate;
    double unit;
};
constexpr std::array kFigures{
    Figure{"read_pJ", &SramCoefficients::readPicojoules, &SramMacro::readJoules, 1e-12},
    Figure{"write_pJ", &SramCoefficients::writePicojoules, &SramMacro::writeJoules, 1e-12},
    Figure{"leak_mW", &SramCoefficients::leakageMicrowatts, &SramMacro::leakageWatts, 1e-3},
    Figure{"area_mm2", &SramCoefficients::areaSquareMicrons, &SramMacro::areaSquareMicrons, 1e6},
    Figure{"access_ns", &SramCoefficients::accessNanoseconds, &SramMacro::accessSeconds, 1e-9},
};

using Row = std::map<std::string, std::string>;

std::vector<std::string> fieldsOf(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream text(line);
    for (std::string field; std::getline(text, field, ',');) {
        fields.push_back(field);
    }
    return fields;
}

/// The rows that the generic technology was fitted to.
std::vector<Row> fittedRows() {
    std::ifstream file(SYSTOLE_SOURCE_DIR "/analysis/reference/sram-cacti7.csv");
    std::string line;
    std::getline(file, line);
    const auto names = fieldsOf(line);
    std::vector<Row> rows;
    while (std::getline(file, line)) {
        const auto fields = fieldsOf(line);
        Row row;
        for (std::size_t i = 0; i < names.size(); ++i) {
            row[names[i]] = fields.at(i);
        }
        if (row["tech_um"] == "0.045" && row["cell"] == "itrs-lop") {
            rows.push_back(row);
        }
    }
    return rows;
}

SramMacro macroOf(const SramModel& model, const Row& row) {
    return model.at({.capacityBytes = 1024 * std::stod(row.at("size_kB")),
                     .wordBits = std::stod(row.at("word_bits"))},
                    std::stod(row.at("temp_K")));
}

TEST(SramModel, HoldsEveryRowOfItsTableInItsBand) {
    const SramModel model = generic();
    const auto rows = fittedRows();
    ASSERT_EQ(rows.size(), 48U);
    for (const Row& row : rows) {
        for (const Figure& figure : kFigures) {
            const Estimate estimate = macroOf(model, row).*figure.estimate;
            const double value = std::stod(row.at(figure.column)) * figure.unit;
            const std::string where =
                row.at("size_kB") + " KiB, " + row.at("word_bits") + " bits, " + figure.column;
            EXPECT_GE(value, estimate.low * (1 - kRounding)) << where;
            EXPECT_LE(value, estimate.high * (1 + kRounding)) << where;
            EXPECT_LE(estimate.low, estimate.nominal) << where;
            EXPECT_LE(estimate.nominal, estimate.high) << where;
        }
    }
}

/// Of both optima at a temperature, by size and width.
std::map<std::pair<std::string, std::string>, Estimate> bandsOf(const Figure& figure) {
    std::map<std::pair<std::string, std::string>, Estimate> bands;
    for (const Row& row : fittedRows()) {
        if (row.at("temp_K") == "360") {
            const double value = std::stod(row.at(figure.column)) * figure.unit;
            Estimate& band = bands
                                 .try_emplace({row.at("size_kB"), row.at("word_bits")},
                                              Estimate{value, value, value})
                                 .first->second;
            band.low = std::min(band.low, value);
            band.high = std::max(band.high, value);
        }
    }
    return bands;
}

TEST(SramModel, IsBetweenBothOptimaOfEveryRow) {
    const SramModel model = generic();
    for (const Figure& figure : kFigures) {
        const double error = (model.coefficients().*figure.quantity).inSample.worst + kRounding;
        for (const auto& [size, band] : bandsOf(figure)) {
            const SramMacro macro = model.at(
                {.capacityBytes = 1024 * std::stod(size.first), .wordBits = std::stod(size.second)},
                360);
            const double nominal = (macro.*figure.estimate).nominal;
            EXPECT_GE(nominal, band.low * (1 - error)) << size.first << " " << figure.column;
            EXPECT_LE(nominal, band.high * (1 + error)) << size.first << " " << figure.column;
        }
    }
}

TEST(SramModel, OfEnergyAndAreaNeedsNoAllowance) {
    const SramModel model = generic();
    const SramCoefficients& coefficients = model.coefficients();
    EXPECT_EQ(coefficients.readPicojoules.inSample.worst, 0);
    EXPECT_EQ(coefficients.writePicojoules.inSample.worst, 0);
    EXPECT_EQ(coefficients.areaSquareMicrons.inSample.worst, 0);
}

SramQuantity rule(double scale, double capacityExponent, double wordExponent) {
    const SramCurve curve{
        {.scale = scale, .capacityExponent = capacityExponent, .wordExponent = wordExponent}};
    return {.nominal = curve, .low = curve, .high = curve};
}

/// A macro of 1 KiB of 64-bit words: 2 pJ to read, 3 pJ to write, 4 uW, 10000 um2, 1 ns.
SramCoefficients simple() {
    SramCoefficients coefficients;
    coefficients.source = "test";
    coefficients.temperatureKelvin = 300;
    coefficients.leakagePerKelvin = std::log(2.0) / 60;
    coefficients.readPicojoules = rule(2, 0.5, 1);
    coefficients.writePicojoules = rule(3, 0.5, 1);
    coefficients.leakageMicrowatts = rule(4, 1, 0);
    coefficients.areaSquareMicrons = rule(10'000, 1, 0);
    coefficients.accessNanoseconds = rule(1, 0.5, 0);
    return coefficients;
}

TEST(SramModel, FollowsItsTerms) {
    const SramModel model(simple());
    const SramMacro macro = model.at({.capacityBytes = 4096, .wordBits = 128});
    EXPECT_DOUBLE_EQ(macro.readJoules.nominal, 8e-12);
    EXPECT_DOUBLE_EQ(macro.writeJoules.nominal, 12e-12);
    EXPECT_DOUBLE_EQ(macro.leakageWatts.nominal, 16e-6);
    EXPECT_DOUBLE_EQ(macro.areaSquareMicrons.nominal, 40'000);
    EXPECT_DOUBLE_EQ(macro.accessSeconds.nominal, 2e-9);
}

TEST(SramModel, TakesTermsAboveACapacityOnlyThere) {
    SramCoefficients coefficients = simple();
    coefficients.areaSquareMicrons.nominal.push_back(
        {.scale = 1000, .capacityExponent = 1, .aboveBytes = 8192});
    const SramModel model(coefficients);
    const auto area = [&](double bytes) {
        return model.at({.capacityBytes = bytes, .wordBits = 64}).areaSquareMicrons.nominal;
    };
    EXPECT_DOUBLE_EQ(area(4096), 40'000);
    EXPECT_DOUBLE_EQ(area(8192), 80'000);
    EXPECT_DOUBLE_EQ(area(10240), 102'000);
}

TEST(SramModel, WidensItsBandByTheMargin) {
    SramCoefficients coefficients = simple();
    coefficients.readPicojoules.margin = 0.25;
    const Estimate read =
        SramModel(coefficients).at({.capacityBytes = 1024, .wordBits = 64}).readJoules;
    EXPECT_DOUBLE_EQ(read.low, 1.6e-12);
    EXPECT_DOUBLE_EQ(read.nominal, 2e-12);
    EXPECT_DOUBLE_EQ(read.high, 2.5e-12);
}

TEST(SramModel, LeaksExponentiallyMoreWithTemperature) {
    const SramModel model(simple());
    const SramShape shape{.capacityBytes = 1024, .wordBits = 64};
    EXPECT_DOUBLE_EQ(model.at(shape, 300).leakageWatts.nominal, 4e-6);
    EXPECT_DOUBLE_EQ(model.at(shape, 360).leakageWatts.nominal, 8e-6);
    EXPECT_DOUBLE_EQ(model.at(shape, 420).leakageWatts.high, 16e-6);
    EXPECT_EQ(model.at(shape, 420).readJoules.nominal, model.at(shape).readJoules.nominal);
}

TEST(SramModel, GrowsItsCellsForPorts) {
    SramCoefficients coefficients = simple();
    coefficients.ports = {.cellWidth = 0.5, .cellHeight = 0.5, .leakage = 0.25, .source = "test"};
    const SramMacro macro =
        SramModel(coefficients).at({.capacityBytes = 1024, .wordBits = 64, .readWritePorts = 3});
    EXPECT_DOUBLE_EQ(macro.areaSquareMicrons.nominal, 40'000);
    EXPECT_DOUBLE_EQ(macro.readJoules.nominal, 4e-12);
    EXPECT_DOUBLE_EQ(macro.accessSeconds.nominal, 2e-9);
    EXPECT_DOUBLE_EQ(macro.leakageWatts.nominal, 6e-6);
}

TEST(SramModel, PaysForWiresBetweenBanks) {
    SramCoefficients coefficients = simple();
    coefficients.wires = {.picojoulesPerBitMillimetre = 0.25,
                          .nanosecondsPerMillimetre = 2,
                          .micronsPerWire = 0.5,
                          .addressWires = 16,
                          .source = "test"};
    const SramMacro macro =
        SramModel(coefficients).at({.capacityBytes = 1024, .wordBits = 64, .banks = 4});
    // The side of a bank is 100 um: 100 um further, on 80 wires in and 64 out.
    EXPECT_DOUBLE_EQ(macro.areaSquareMicrons.nominal, 40'000 + 100 * 0.5 * 144);
    EXPECT_DOUBLE_EQ(macro.readJoules.nominal, 2e-12 + 80 * 0.1 * 0.25e-12);
    EXPECT_DOUBLE_EQ(macro.writeJoules.nominal, 3e-12 + 80 * 0.1 * 0.25e-12);
    EXPECT_DOUBLE_EQ(macro.accessSeconds.nominal, 1e-9 + 0.2e-9);
    EXPECT_DOUBLE_EQ(macro.leakageWatts.nominal, 16e-6);
}

SramCoefficients withRegisterFile() {
    SramCoefficients coefficients = simple();
    coefficients.registerFile = RegisterFile{.flipFlopSquareMicrons = 5,
                                             .multiplexerSquareMicrons = 2,
                                             .flipFlopPicojoules = 0.001,
                                             .multiplexerPicojoules = 0.001,
                                             .flipFlopMicrowatts = 0.0001,
                                             .multiplexerMicrowatts = 0.00005,
                                             .flipFlopNanoseconds = 0.1,
                                             .multiplexerNanoseconds = 0.005,
                                             .error = 0.5,
                                             .source = "test"};
    coefficients.areaSquareMicrons.nominal.push_back({.scale = 4000});
    coefficients.areaSquareMicrons.high = coefficients.areaSquareMicrons.nominal;
    return coefficients;
}

TEST(SramModel, MakesSmallMemoriesOfFlipFlops) {
    const SramModel model(withRegisterFile());
    const SramMacro file = model.at({.capacityBytes = 32, .wordBits = 16});
    EXPECT_DOUBLE_EQ(file.areaSquareMicrons.nominal, 256 * 7);
    EXPECT_DOUBLE_EQ(file.areaSquareMicrons.high, 256 * 7 * 1.5);
    EXPECT_DOUBLE_EQ(file.readJoules.nominal, (256 / 4 + 16) * 0.001e-12);
    EXPECT_DOUBLE_EQ(file.writeJoules.nominal, (80 + 16) * 0.001e-12);
    EXPECT_DOUBLE_EQ(file.leakageWatts.nominal, 256 * 0.00015e-6);
    EXPECT_DOUBLE_EQ(file.accessSeconds.nominal, 0.14e-9);
    const SramMacro twoPorts = model.at({.capacityBytes = 16, .wordBits = 16, .readWritePorts = 2});
    EXPECT_DOUBLE_EQ(twoPorts.areaSquareMicrons.nominal, 128 * (5 + 3 * 2));
}

TEST(SramModel, PaysForWiresAcrossARegisterFile) {
    SramCoefficients coefficients = withRegisterFile();
    coefficients.wires.picojoulesPerBitMillimetre = 0.01;
    coefficients.wires.nanosecondsPerMillimetre = 0.1;
    const SramMacro file = SramModel(coefficients).at({.capacityBytes = 32, .wordBits = 16});
    const double side = std::sqrt(256 * 7) * 1e-3;
    EXPECT_DOUBLE_EQ(file.readJoules.nominal, (80 * 0.001 + 16 * side * 0.01) * 1e-12);
    EXPECT_DOUBLE_EQ(file.accessSeconds.nominal, (0.14 + side * 0.1) * 1e-9);
}

TEST(SramModel, HandsOverToMacrosWithoutAStep) {
    const SramModel model(withRegisterFile());
    // 56 um2 a byte against 4000 and 10000 / 1024 a byte.
    const double crossing = 4000 / (56 - 10'000.0 / 1024);
    const auto area = [&](double bytes) {
        return model.at({.capacityBytes = bytes, .wordBits = 8}).areaSquareMicrons.nominal;
    };
    EXPECT_DOUBLE_EQ(area(crossing / 2), crossing / 2 * 56);
    EXPECT_NEAR(area(crossing * 0.999999), area(crossing * 1.000001), 0.02);
    EXPECT_DOUBLE_EQ(area(crossing * 2), 4000 + crossing * 2 * 10'000 / 1024);
}

TEST(SramModel, HoldsAWordAtLeast) {
    const SramModel model(simple());
    const auto area = [&](double bytes) {
        return model.at({.capacityBytes = bytes, .wordBits = 4096}).areaSquareMicrons.nominal;
    };
    EXPECT_EQ(area(16), area(512));
    EXPECT_LT(area(512), area(513));
}

TEST(SramModel, WithoutCoefficientsCostsNothing) {
    const SramMacro macro = SramModel().at({.capacityBytes = 1024, .wordBits = 64, .banks = 2});
    EXPECT_EQ(macro.areaSquareMicrons.high, 0);
    EXPECT_EQ(macro.readJoules.high, 0);
}

TEST(SramModel, IsNoneWithWhatCouldFall) {
    SramCoefficients coefficients = simple();
    EXPECT_FALSE(SramModel::problemOf(coefficients));
    coefficients.readPicojoules.low[0].capacityExponent = -0.5;
    EXPECT_THAT(SramModel::problemOf(coefficients).value_or(""),
                HasSubstr("read_pj.low has a negative coefficient"));
    EXPECT_THROW(SramModel{coefficients}, InvariantError);
    coefficients = simple();
    coefficients.areaSquareMicrons.high.clear();
    EXPECT_THAT(SramModel::problemOf(coefficients).value_or(""),
                HasSubstr("area_um2.high has no positive term"));
    coefficients = simple();
    coefficients.writePicojoules.nominal.push_back({.scale = 1, .aboveBytes = 1});
    EXPECT_THAT(SramModel::problemOf(coefficients).value_or(""),
                HasSubstr("write_pj.nominal has a step"));
}

}  // namespace
}  // namespace systole::cost
