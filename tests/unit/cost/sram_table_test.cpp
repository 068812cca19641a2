// SPDX-License-Identifier: Apache-2.0
// How near the model is to the macros that it was fitted to.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/unit/cost/sram_fixture.hpp"

namespace systole::cost {
namespace {

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
            EXPECT_GE(estimate.high, band.high * (1 - kRounding)) << nameOf(known.shape);
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

/// Of several banks or ports.
TEST(SramModel, HoldsEveryMacroOfSeveralBanksOrPortsInItsBand) {
    const SramModel model = generic();
    int macros = 0;
    for (const Known& known : knownMacros()) {
        if (known.shape.banks == 1 && known.shape.readWritePorts == 1) continue;
        const SramMacro macro = model.at(known.shape, 360);
        ++macros;
        for (std::size_t i = 0; i < kFigures.size(); ++i) {
            // Of a bank CACTI takes other cycles when it is one of many than when it is alone.
            if (known.shape.banks > 1 && kFigures[i].estimate == &SramMacro::cycleSeconds) continue;
            const Estimate& estimate = macro.*kFigures[i].estimate;
            EXPECT_LE(estimate.low, known.bands[i].low * (1 + kRounding))
                << nameOf(known.shape) << kFigures[i].column;
            EXPECT_GE(estimate.high, known.bands[i].high * (1 - kRounding))
                << nameOf(known.shape) << kFigures[i].column;
        }
    }
    EXPECT_EQ(macros, 52);
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

}  // namespace
}  // namespace systole::cost
