// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

/// The tables hold four digits.
constexpr double kRounding = 1e-3;
/// How far nominal may be outside of CACTI's band.
constexpr double kNear = 0.10;

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
    Figure{"cycle_ns", &SramCoefficients::cycleNanoseconds, &SramMacro::cycleSeconds, 1e-9},
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

/// The rows of the technology that the generic one was fitted to: all banks and ports.
std::vector<Row> rowsOf(const char* cell) {
    std::ifstream file(SYSTOLE_SOURCE_DIR "/analysis/reference/sram-cacti7-wide.csv");
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
        if (row["tech_um"] == "0.045" && row["cell"] == cell) rows.push_back(row);
    }
    return rows;
}

SramShape shapeOf(const Row& row) {
    const double banks = std::stod(row.at("banks"));
    return {.capacityBytes = std::stod(row.at("size_bytes")) / banks,
            .wordBits = std::stod(row.at("word_bits")),
            .readWritePorts = row.at("ports") == "1rw" ? 1U : 2U,
            .banks = static_cast<std::uint64_t>(banks)};
}

std::string nameOf(const SramShape& shape) {
    return fmt::format("{} B x {} bits, {} banks, {} ports", shape.capacityBytes, shape.wordBits,
                       shape.banks, shape.readWritePorts);
}

/// A macro of CACTI, in the order of kFigures: from the smaller to the larger of its two optima.
struct Known {
    SramShape shape;
    std::array<Estimate, kFigures.size()> bands;
};

std::vector<Known> knownMacros() {
    std::map<std::string, Known> found;
    for (const Row& row : rowsOf("itrs-lop")) {
        const SramShape shape = shapeOf(row);
        const auto [entry, isNew] = found.try_emplace(nameOf(shape), Known{shape, {}});
        for (std::size_t i = 0; i < kFigures.size(); ++i) {
            const double value = std::stod(row.at(kFigures[i].column)) * kFigures[i].unit;
            Estimate& band = entry->second.bands[i];
            band = isNew ? Estimate{value, value, value}
                         : Estimate{value, std::min(band.low, value), std::max(band.high, value)};
        }
    }
    std::vector<Known> macros;
    for (const auto& [name, macro] : found) macros.push_back(macro);
    return macros;
}

/// By how much a figure is outside of a band, as a fraction.
double outside(double value, const Estimate& band) {
    return std::max({0.0, value / band.high - 1, band.low / value - 1});
}

/// More than 8 Mi words: CACTI lays them out so badly that the fit leaves their upper end out.
bool isDeep(const SramShape& shape) {
    return shape.capacityBytes * 8 / shape.wordBits > 8 * 1024 * 1024;
}

TEST(SramModel, HoldsEveryMacroOfOnePortAndBankInItsBand) {
    const SramModel model = generic();
    int macros = 0;
    for (const Known& known : knownMacros()) {
        if (known.shape.banks > 1 || known.shape.readWritePorts > 1) continue;
        const SramMacro macro = model.at(known.shape, 360);
        EXPECT_FALSE(macro.isRegisterFile) << nameOf(known.shape);
        EXPECT_EQ(macro.outOfFit, "") << nameOf(known.shape);
        for (std::size_t i = 0; i < kFigures.size(); ++i) {
            const Estimate& estimate = macro.*kFigures[i].estimate;
            const Estimate& band = known.bands[i];
            EXPECT_LE(estimate.low, band.low * (1 + kRounding)) << nameOf(known.shape);
            if (!isDeep(known.shape)) {
                EXPECT_GE(estimate.high, band.high * (1 - kRounding)) << nameOf(known.shape);
            }
            EXPECT_LT(estimate.low, estimate.nominal) << nameOf(known.shape);
            EXPECT_LT(estimate.nominal, estimate.high) << nameOf(known.shape);
        }
        ++macros;
    }
    EXPECT_EQ(macros, 90);
}

/// Of macros of one bank and port that nominal misses by more than a tenth, by figure.
std::map<std::string, int> missedMacros(const SramModel& model) {
    std::map<std::string, int> missed;
    for (const Known& known : knownMacros()) {
        if (known.shape.banks > 1 || known.shape.readWritePorts > 1) continue;
        const SramMacro macro = model.at(known.shape, 360);
        for (std::size_t i = 0; i < kFigures.size(); ++i) {
            const double nominal = (macro.*kFigures[i].estimate).nominal;
            if (outside(nominal, known.bands[i]) > kNear) ++missed[kFigures[i].column];
        }
    }
    return missed;
}

TEST(SramModel, IsWithinATenthOfTheBandWhereAMonotoneModelCanBe) {
    // docs/accuracy.md names them: 8 bits of 16 and 32 MiB; words that are faster than narrower
    // ones; 1 MiB of 64 bits, whose cycle is longer than that of 32 MiB.
    EXPECT_EQ(missedMacros(generic()),
              (std::map<std::string, int>{
                  {"read_pJ", 2}, {"write_pJ", 2}, {"access_ns", 8}, {"cycle_ns", 1}}));
}

TEST(SramModel, OfBanksIsNearTheTableToo) {
    const SramModel model = generic();
    std::map<std::string, int> missed;
    int macros = 0;
    for (const Known& known : knownMacros()) {
        if (known.shape.banks == 1) continue;
        const SramMacro macro = model.at(known.shape, 360);
        ++macros;
        for (std::size_t i = 0; i < kFigures.size(); ++i) {
            const Estimate& estimate = macro.*kFigures[i].estimate;
            const double error = outside(estimate.nominal, known.bands[i]);
            missed[kFigures[i].column] += error > kNear ? 1 : 0;
        }
    }
    EXPECT_EQ(macros, 41);
    for (const auto& [column, count] : missed) {
        // Of a bank CACTI takes other cycles when it is one of many than when it is alone.
        EXPECT_LE(count, column == "cycle_ns" ? 14 : 8) << column;
    }
}

TEST(SramModel, OfTwoPortsIsNearTheTableToo) {
    const SramModel model = generic();
    int missed = 0;
    int figures = 0;
    for (const Known& known : knownMacros()) {
        if (known.shape.readWritePorts == 1) continue;
        const SramMacro macro = model.at(known.shape, 360);
        for (std::size_t i = 0; i < kFigures.size(); ++i, ++figures) {
            const double error = outside((macro.*kFigures[i].estimate).nominal, known.bands[i]);
            missed += error > kNear ? 1 : 0;
            EXPECT_LT(error, 0.35) << nameOf(known.shape) << kFigures[i].column;
        }
    }
    EXPECT_EQ(figures, 66);
    EXPECT_LE(missed, 14);
}

/// scale at 1 KiB and 64 bits, a power of either elsewhere: tables of 1 to 16 KiB, 32 to 128 bits.
const SramAxes kAxes{.capacityBytes = {1024, 4096, 16384}, .wordBits = {32, 64, 128}};

SramQuantity rule(double scale, double capacityExponent, double wordExponent) {
    SramCurve curve;
    for (const double bytes : kAxes.capacityBytes) {
        for (const double bits : kAxes.wordBits) {
            curve.push_back(scale * std::pow(bytes / 1024, capacityExponent) *
                            std::pow(bits / 64, wordExponent));
        }
    }
    return {.nominal = curve, .low = curve, .high = curve};
}

SramCoefficients simple() {
    SramCoefficients coefficients;
    coefficients.source = "test";
    coefficients.axes = kAxes;
    coefficients.temperatureKelvin = 300;
    coefficients.leakagePerKelvin = std::log(2.0) / 60;
    coefficients.readPicojoules = rule(2, 0.5, 1);
    coefficients.writePicojoules = rule(3, 0.5, 1);
    coefficients.leakageMicrowatts = rule(4, 1, 0);
    coefficients.areaSquareMicrons = rule(10'000, 1, 0);
    coefficients.accessNanoseconds = rule(1, 0.5, 0);
    coefficients.cycleNanoseconds = rule(0.5, 0.5, 0);
    return coefficients;
}

TEST(SramModel, FollowsItsTable) {
    const SramModel model(simple());
    const SramMacro macro = model.at({.capacityBytes = 4096, .wordBits = 128});
    EXPECT_DOUBLE_EQ(macro.readJoules.nominal, 8e-12);
    EXPECT_DOUBLE_EQ(macro.writeJoules.nominal, 12e-12);
    EXPECT_DOUBLE_EQ(macro.leakageWatts.nominal, 16e-6);
    EXPECT_DOUBLE_EQ(macro.areaSquareMicrons.nominal, 40'000);
    EXPECT_DOUBLE_EQ(macro.accessSeconds.nominal, 2e-9);
    EXPECT_DOUBLE_EQ(macro.cycleSeconds.nominal, 1e-9);
}

TEST(SramModel, GoesStraightByLogarithmsBetweenTheValues) {
    SramCoefficients coefficients = simple();
    coefficients.areaSquareMicrons.nominal = {10, 10, 40, 20, 20, 80, 20, 20, 80};
    coefficients.areaSquareMicrons.high = {10, 10, 40, 20, 20, 80, 20, 20, 80};
    const SramModel model(coefficients);
    const auto area = [&](double bytes, double bits) {
        return model.at({.capacityBytes = bytes, .wordBits = bits}).areaSquareMicrons.nominal;
    };
    EXPECT_DOUBLE_EQ(area(2048, 64), std::sqrt(10.0 * 20));
    EXPECT_DOUBLE_EQ(area(4096, 64 * std::sqrt(2.0)), 40);
    EXPECT_DOUBLE_EQ(area(8192, 48), 20);
}

TEST(SramModel, WidensItsBandByTheMargins) {
    SramCoefficients coefficients = simple();
    coefficients.readPicojoules.lowMargin = 0.25;
    coefficients.readPicojoules.highMargin = 0.5;
    const Estimate read =
        SramModel(coefficients).at({.capacityBytes = 1024, .wordBits = 64}).readJoules;
    EXPECT_DOUBLE_EQ(read.low, 1.6e-12);
    EXPECT_DOUBLE_EQ(read.nominal, 2e-12);
    EXPECT_DOUBLE_EQ(read.high, 3e-12);
}

TEST(SramModel, OpensItsBandBeyondTheTable) {
    const SramModel model(simple());
    const auto read = [&](double bytes) {
        return model.at({.capacityBytes = bytes, .wordBits = 64}).readJoules;
    };
    // 16 KiB read 8 pJ. Four times that: nominal by the root, low by the fourth root, high by the
    // power of 3/4.
    EXPECT_DOUBLE_EQ(read(65536).nominal, 16e-12);
    EXPECT_DOUBLE_EQ(read(65536).low, 8e-12 * std::sqrt(2.0));
    EXPECT_DOUBLE_EQ(read(65536).high, 8e-12 * std::pow(4, 0.75));
    EXPECT_DOUBLE_EQ(read(256).nominal, 1e-12);
    EXPECT_DOUBLE_EQ(read(256).low, 2e-12 / std::pow(4, 0.75));
    EXPECT_DOUBLE_EQ(read(256).high, 2e-12 / std::sqrt(2.0));
}

TEST(SramModel, SaysWhatOfAShapeIsOutsideOfTheFit) {
    const SramModel model = generic();
    const auto note = [&](const SramShape& shape) { return model.at(shape).outOfFit; };
    constexpr double kMebi = 1024 * 1024;
    EXPECT_EQ(note({.capacityBytes = 48 * kMebi, .wordBits = 64}),
              "48 MiB a bank, outside of the fit of 512 B to 32 MiB");
    EXPECT_EQ(note({.capacityBytes = 48 * kMebi, .wordBits = 64, .banks = 4}),
              "48 MiB a bank, outside of the fit of 512 B to 32 MiB");
    EXPECT_EQ(note({.capacityBytes = 384, .wordBits = 8}),
              "384 B a bank, outside of the fit of 512 B to 32 MiB");
    EXPECT_EQ(note({.capacityBytes = 4096, .wordBits = 4}),
              "words of 4 bits, outside of the fit of 8 bits and more");
    EXPECT_EQ(note({.capacityBytes = 1024, .wordBits = 512}),
              "16 words a bank, outside of the fit of 32 words and more");
    EXPECT_EQ(note({.capacityBytes = 4096, .wordBits = 32, .readWritePorts = 3}),
              "3 ports, outside of the fit of 1 and 2 ports");
    EXPECT_EQ(note({.capacityBytes = 48 * kMebi, .wordBits = 2048}), "");
    EXPECT_EQ(note({.capacityBytes = 8, .wordBits = 8}), "") << "a register file";
}

TEST(SramModel, PutsMacrosSideBySideForWiderWords) {
    const SramModel model = generic();
    const SramMacro one = model.at({.capacityBytes = 65536, .wordBits = 1024});
    const SramMacro three = model.at({.capacityBytes = 3 * 65536, .wordBits = 3 * 1024});
    EXPECT_DOUBLE_EQ(three.readJoules.nominal, 3 * one.readJoules.nominal);
    EXPECT_DOUBLE_EQ(three.areaSquareMicrons.high, 3 * one.areaSquareMicrons.high);
    EXPECT_DOUBLE_EQ(three.leakageWatts.low, 3 * one.leakageWatts.low);
    EXPECT_DOUBLE_EQ(three.cycleSeconds.nominal, one.cycleSeconds.nominal);
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
    coefficients.ports = {.cellWidth = 0.5,
                          .cellHeight = 0.5,
                          .energy = 0.75,
                          .leakage = 0.25,
                          .time = 0.5,
                          .source = "test"};
    const SramModel model(coefficients);
    const SramMacro two = model.at({.capacityBytes = 1024, .wordBits = 64, .readWritePorts = 2});
    EXPECT_DOUBLE_EQ(two.areaSquareMicrons.nominal, 22'500);
    EXPECT_DOUBLE_EQ(two.readJoules.nominal, 3.5e-12);
    EXPECT_DOUBLE_EQ(two.accessSeconds.nominal, 1.5e-9);
    EXPECT_DOUBLE_EQ(two.cycleSeconds.nominal, 0.75e-9);
    EXPECT_DOUBLE_EQ(two.leakageWatts.high, 5e-6);
    // Of more ports than the tables have, the band opens.
    const Estimate three =
        model.at({.capacityBytes = 1024, .wordBits = 64, .readWritePorts = 3}).areaSquareMicrons;
    EXPECT_DOUBLE_EQ(three.nominal, 40'000);
    EXPECT_DOUBLE_EQ(three.low, 22'500 * std::sqrt(40.0 / 22.5));
    EXPECT_DOUBLE_EQ(three.high, 22'500 * std::pow(40.0 / 22.5, 1.5));
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
    EXPECT_DOUBLE_EQ(macro.cycleSeconds.nominal, 0.5e-9) << "wires between banks have registers";
    EXPECT_DOUBLE_EQ(macro.leakageWatts.nominal, 16e-6);
}

SramCoefficients withRegisterFile() {
    SramCoefficients coefficients = simple();
    coefficients.areaSquareMicrons = rule(10'000, 0.5, 0);
    coefficients.registerFile = RegisterFile{.flipFlopSquareMicrons = 1,
                                             .multiplexerSquareMicrons = 0.4,
                                             .flipFlopPicojoules = 0.001,
                                             .multiplexerPicojoules = 0.001,
                                             .flipFlopMicrowatts = 0.0001,
                                             .multiplexerMicrowatts = 0.00005,
                                             .flipFlopNanoseconds = 0.1,
                                             .multiplexerNanoseconds = 0.005,
                                             .error = 0.5,
                                             .source = "test"};
    return coefficients;
}

TEST(SramModel, MakesSmallMemoriesOfFlipFlops) {
    const SramModel model(withRegisterFile());
    const SramMacro file = model.at({.capacityBytes = 32, .wordBits = 16});
    EXPECT_TRUE(file.isRegisterFile);
    EXPECT_EQ(file.source, "register file of flip-flops: test");
    EXPECT_DOUBLE_EQ(file.areaSquareMicrons.nominal, 256 * 1.4);
    EXPECT_DOUBLE_EQ(file.areaSquareMicrons.high, 256 * 1.4 * 1.5);
    EXPECT_DOUBLE_EQ(file.readJoules.nominal, (256 / 4 + 16) * 0.001e-12);
    EXPECT_DOUBLE_EQ(file.writeJoules.nominal, (80 + 16) * 0.001e-12);
    EXPECT_DOUBLE_EQ(file.leakageWatts.nominal, 256 * 0.00015e-6);
    EXPECT_DOUBLE_EQ(file.accessSeconds.nominal, 0.14e-9);
    EXPECT_DOUBLE_EQ(file.cycleSeconds.nominal, 0.14e-9);
    const SramMacro twoPorts = model.at({.capacityBytes = 16, .wordBits = 16, .readWritePorts = 2});
    EXPECT_DOUBLE_EQ(twoPorts.areaSquareMicrons.nominal, 128 * (1 + 3 * 0.4));
}

TEST(SramModel, PaysForWiresAcrossARegisterFile) {
    SramCoefficients coefficients = withRegisterFile();
    coefficients.wires.picojoulesPerBitMillimetre = 0.01;
    coefficients.wires.nanosecondsPerMillimetre = 0.1;
    const SramMacro file = SramModel(coefficients).at({.capacityBytes = 32, .wordBits = 16});
    const double side = std::sqrt(256 * 1.4) * 1e-3;
    EXPECT_DOUBLE_EQ(file.readJoules.nominal, (80 * 0.001 + 16 * side * 0.01) * 1e-12);
    EXPECT_DOUBLE_EQ(file.accessSeconds.nominal, (0.14 + side * 0.1) * 1e-9);
}

TEST(SramModel, IsARegisterFileOrAMacroAsAWhole) {
    const SramModel model(withRegisterFile());
    // 1.4 um2 a bit; macros of less than 1 KiB go with the root of the capacity: both take
    // 8,742 um2 at 780.5 B.
    const double crossing = 1e8 / 1024 / (11.2 * 11.2);
    const SramMacro file = model.at({.capacityBytes = crossing * 0.99, .wordBits = 32});
    const SramMacro macro = model.at({.capacityBytes = crossing * 1.01, .wordBits = 32});
    EXPECT_TRUE(file.isRegisterFile);
    EXPECT_FALSE(macro.isRegisterFile);
    EXPECT_EQ(macro.source, "test");
    EXPECT_NEAR(file.areaSquareMicrons.nominal, macro.areaSquareMicrons.nominal, 200);
    // A read of the file would take 1.6 pJ. It is that of the macro, so that nothing falls.
    EXPECT_NEAR(file.readJoules.nominal, std::sqrt(crossing / 1024) * 1e-12, 1e-20);
    EXPECT_LT(file.readJoules.nominal, macro.readJoules.nominal);
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
    const auto problem = [](const SramCoefficients& coefficients) {
        return SramModel::problemOf(coefficients).value_or("");
    };
    EXPECT_FALSE(SramModel::problemOf(simple()));
    SramCoefficients coefficients = simple();
    coefficients.readPicojoules.low[0] = -0.5;
    EXPECT_EQ(problem(coefficients), "read_pj.low has a value that is not above zero");
    EXPECT_THROW(SramModel{coefficients}, InvariantError);
    coefficients = simple();
    coefficients.areaSquareMicrons.high.clear();
    EXPECT_EQ(problem(coefficients), "area_um2.high has 0 values, expected 3 rows of 3");
    coefficients = simple();
    coefficients.cycleNanoseconds.nominal[3] = 0.1;
    EXPECT_EQ(problem(coefficients), "cycle_ns.nominal falls with the capacity");
    coefficients = simple();
    coefficients.areaSquareMicrons.nominal[1] *= 0.9;
    EXPECT_EQ(problem(coefficients), "area_um2.nominal falls with the word width");
    coefficients.areaSquareMicrons.nominal[1] /= 0.9;
    coefficients.areaSquareMicrons.nominal[4] *= 1.1;
    EXPECT_THAT(problem(coefficients), HasSubstr("rises faster than the capacity"));
}

}  // namespace
}  // namespace systole::cost
