// SPDX-License-Identifier: Apache-2.0
#include "sim/config/technology_loader.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "models/cost/technology.hpp"
#include "sim/config_error.hpp"

namespace systole::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const char* const kGeneric = SYSTOLE_SOURCE_DIR "/configs/technology/generic_45nm.yaml";

double areaOf(const cost::Technology& technology, const std::string& format,
              const std::string& accumulator) {
    return requireProcessingElement(technology, format, format, accumulator).areaSquareMicrons;
}

TEST(Technology, OfGeneric45nmGivesTheAreaRatiosOfTheSynthesis) {
    const cost::Technology technology = loadTechnology(kGeneric);
    const double int8 = areaOf(technology, "int8", "int32");
    EXPECT_NEAR(areaOf(technology, "e4m3", "exact") / int8, 1.11, 0.06);
    EXPECT_NEAR(areaOf(technology, "e4m3", "fp32") / int8, 1.83, 0.06);
    EXPECT_NEAR(areaOf(technology, "e5m2", "exact") / int8, 1.55, 0.06);
}

TEST(Technology, OfGeneric45nmSplitsTheProcessingElementAsTheSynthesisDid) {
    const cost::Technology technology = loadTechnology(kGeneric);
    const auto& int8 = requireProcessingElement(technology, "int8", "int8", "int32");
    const auto parts = cost::areaByPart(technology, int8);
    EXPECT_NEAR(parts.multiplierSquareMicrons / int8.areaSquareMicrons, 0.44, 0.005);
    EXPECT_NEAR(parts.registerSquareMicrons / int8.areaSquareMicrons, 0.26, 0.005);
    EXPECT_NEAR(parts.restSquareMicrons / int8.areaSquareMicrons, 0.30, 0.005);
}

TEST(Technology, OfGeneric45nmHasTheFiguresOfItsSource) {
    const cost::Technology technology = loadTechnology(kGeneric);
    const auto& element = requireProcessingElement(technology, "e4m3", "e4m3", "exact");
    EXPECT_EQ(element.areaSquareMicrons, 913.976);
    EXPECT_EQ(element.picojoulesPerMac, 2.1774);
    EXPECT_EQ(element.idleClockPicojoules, 0.5763);
    EXPECT_EQ(element.leakageMicrowatts, 19.11);
    EXPECT_EQ(element.delayNanoseconds, 3.26);
    EXPECT_EQ(element.fastAreaSquareMicrons, 1295.686);
    EXPECT_EQ(technology.fp32Multiply.energyPicojoules.value, 3.7);
}

TEST(Technology, WithoutAnElementSaysWhichThereAre) {
    const cost::Technology technology = loadTechnology(kGeneric);
    try {
        requireProcessingElement(technology, "e2m3", "e2m3", "exact");
        FAIL() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(),
                    AllOf(HasSubstr("no processing element e2m3 x e2m3 + exact"),
                          HasSubstr("int8 x int8 + int32"), HasSubstr("e4m3 x e4m3 + fp32")));
    }
}

/// The problems of the generic technology with `from` replaced by `to`, once.
std::string problemsWith(const std::string& from, const std::string& to) {
    std::stringstream text;
    text << std::ifstream(kGeneric).rdbuf();
    std::string yaml = text.str();
    const auto where = yaml.find(from);
    EXPECT_NE(where, std::string::npos) << from;
    yaml.replace(where, from.size(), to);
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    const auto file =
        std::filesystem::path(::testing::TempDir()) / (std::string(info->name()) + ".yaml");
    std::ofstream(file) << yaml;
    std::string problems;
    try {
        loadTechnology(file);
    } catch (const ConfigError& error) {
        problems = error.what();
    }
    std::filesystem::remove(file);
    return problems;
}

TEST(TechnologyLoader, ReportsAMissingCoefficient) {
    EXPECT_THAT(problemsWith("    idle_clock_pj: 0.2004\n", ""),
                AllOf(HasSubstr(".yaml:10:"), HasSubstr("idle_clock_pj")));
}

TEST(TechnologyLoader, ReportsANegativeEnergy) {
    EXPECT_THAT(
        problemsWith("energy_pj_per_mac: 0.5491", "energy_pj_per_mac: -0.5491"),
        AllOf(HasSubstr(".yaml:17:24"), HasSubstr("energy_pj_per_mac"), HasSubstr("-0.5491")));
}

TEST(TechnologyLoader, ReportsAnUnknownComponent) {
    EXPECT_THAT(problemsWith("vector_lane:", "vector_lanes:"),
                AllOf(HasSubstr("vector_lanes"), HasSubstr("unknown")));
}

TEST(TechnologyLoader, ReportsAnUnknownAccumulator) {
    EXPECT_THAT(problemsWith("accumulator: int20", "accumulator: fp31"),
                HasSubstr("unknown accumulator 'fp31', expected int8 to int63"));
}

TEST(TechnologyLoader, ReportsAnElementThatIsThereTwice) {
    EXPECT_THAT(problemsWith("accumulator: int20", "accumulator: int32"),
                HasSubstr("int2 x int2 + int32 is there twice"));
}

TEST(TechnologyLoader, ReportsAMissingCurveOfTheMemories) {
    EXPECT_THAT(
        problemsWith("  write_pj:\n", "  writes_pj:\n"),
        AllOf(HasSubstr("sram.write_pj: missing key"), HasSubstr("sram: unknown key 'writes_pj'")));
}

TEST(TechnologyLoader, ReportsANegativeCoefficientOfTheMemoriesWithItsPlace) {
    std::ifstream file(kGeneric);
    int line = 0;
    for (std::string text; text != "  read_pj:"; ++line) {
        ASSERT_TRUE(std::getline(file, text));
    }
    const std::string first = "    nominal:\n      - {scale: ";
    // Margin, error and its three cases, nominal, the first term.
    EXPECT_THAT(problemsWith(first, first + "-"),
                AllOf(HasSubstr(fmt::format(".yaml:{}:17", line + 7)),
                      HasSubstr("sram.read_pj.nominal"), HasSubstr("expected a number from 0")));
}

TEST(TechnologyLoader, ReportsAMemoryTermThatIsAStep) {
    EXPECT_THAT(problemsWith("capacity_exponent: 0, word_exponent: 1}",
                             "capacity_exponent: 0, word_exponent: 1, above: 8KiB}"),
                HasSubstr("is a step at 'above', expected a positive exponent"));
}

TEST(TechnologyLoader, ReportsAMisspeltRegisterFile) {
    EXPECT_THAT(problemsWith("  register_file:", "  register_files:"),
                AllOf(HasSubstr("register_files"), HasSubstr("unknown key")));
}

}  // namespace
}  // namespace systole::sim
