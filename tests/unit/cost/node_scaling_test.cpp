// SPDX-License-Identifier: Apache-2.0
#include "models/cost/technology/node_scaling.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/base/config_error.hpp"
#include "sim/config/technology/node_scaling_loader.hpp"
#include "sim/config/technology/technology_loader.hpp"

namespace systole::cost {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const char* const kFile = SYSTOLE_SOURCE_DIR "/configs/technology/node_scaling.yaml";
constexpr auto kHigh = DeviceFamily::HighPerformance;
constexpr auto kLow = DeviceFamily::LowPower;
constexpr auto kBulk = DeviceFamily::Bulk;

std::string problemOf(const OperatingPoint& from, const OperatingPoint& to) {
    try {
        sim::requireScaling(sim::loadNodeScaling(kFile), from, to);
    } catch (const sim::ConfigError& error) {
        return error.what();
    }
    return "";
}

TEST(NodeScaling, HasTheCoefficientsOfItsTable) {
    const NodeScaling scaling = sim::loadNodeScaling(kFile);
    std::ifstream table(SYSTOLE_SOURCE_DIR "/analysis/reference/node-scaling.csv");
    std::string line;
    std::getline(table, line);
    std::size_t count = 0;
    for (; std::getline(table, line); ++count) {
        const ProcessNode& node = scaling.nodes().at(count);
        const char* family = node.family == kBulk ? "" : node.family == kHigh ? "HP" : "LP";
        EXPECT_EQ(line, fmt::format("{}{:g},{},{}", family, node.nanometres,
                                    fmt::join(node.delay, ","), fmt::join(node.energy, ",")));
    }
    EXPECT_EQ(count, scaling.nodes().size());
}

TEST(NodeScaling, IsTheRatioOfThePolynomials) {
    const NodeScaling scaling = sim::loadNodeScaling(kFile);
    const ScalingFactors factors = scaling.factors({45, kHigh, 1.0}, {7, kHigh, 0.7});
    // 12.5 and 0.8612 at 45 nm, 1 V; worked out by hand at 7 nm, 0.7 V.
    EXPECT_NEAR(factors.delay, (-9.80294 + 37.534 - 49.182 + 24.69) / 12.5, 1e-9);
    EXPECT_NEAR(factors.energy, (0.087024 - 0.063679 + 0.02447) / 0.8612, 1e-9);
    EXPECT_DOUBLE_EQ(factors.area, 57.0 * 40 / (160 * 160));
}

TEST(NodeScaling, ToItselfChangesNothingAndBackUndoes) {
    const NodeScaling scaling = sim::loadNodeScaling(kFile);
    const OperatingPoint old{65, kBulk, 1.1};
    const OperatingPoint small{14, kLow, 0.8};
    EXPECT_EQ(scaling.factors(old, old).delay, 1);
    EXPECT_EQ(scaling.factors(old, old).energy, 1);
    EXPECT_EQ(scaling.factors(old, old).area, 1);
    const ScalingFactors there = scaling.factors(old, small);
    const ScalingFactors back = scaling.factors(small, old);
    EXPECT_DOUBLE_EQ(there.delay * back.delay, 1);
    EXPECT_DOUBLE_EQ(there.energy * back.energy, 1);
    EXPECT_DOUBLE_EQ(there.area * back.area, 1);
    EXPECT_LT(there.delay, 1);
    EXPECT_LT(there.energy, 0.2);
}

/// What `generic_45nm` is scaled by, and the error of that on the error of its fit.
struct StatedScaling {
    double factor;
    double error;
};

StatedScaling statedOf(double scaled, double base, const FitError& error, const FitError& fit) {
    // The files have five digits.
    return {scaled / base, 1.0001 * (1 + error.largest) / (1 + fit.largest)};
}

TEST(NodeScaling, IsHeldByTheErrorsThatTechnologiesState) {
    const NodeScaling scaling = sim::loadNodeScaling(kFile);
    const LogicTechnology base = sim::parseTechnology("generic_45nm", "technology").logic;
    struct Case {
        const char* technology;
        OperatingPoint from;
        OperatingPoint to;
    };
    for (const auto& [name, from, to] : {Case{"generic_65nm", {45, kHigh, 1.1}, {65, kBulk, 1.2}},
                                         Case{"generic_16nm", {45, kHigh, 1.1}, {16, kHigh, 0.8}},
                                         Case{"generic_16nm", {45, kLow, 1.1}, {16, kLow, 0.8}},
                                         Case{"generic_7nm", {45, kHigh, 1.1}, {7, kHigh, 0.7}},
                                         Case{"generic_7nm", {45, kLow, 1.1}, {7, kLow, 0.7}}}) {
        const LogicTechnology logic = sim::parseTechnology(name, "technology").logic;
        const ScalingFactors found = scaling.factors(from, to);
        const auto expectHeld = [technology = name](double wanted, const StatedScaling& stated) {
            EXPECT_GT(wanted, stated.factor / stated.error) << technology;
            EXPECT_LT(wanted, stated.factor * stated.error) << technology;
        };
        const FitErrors& own = logic.errors.fit.elements.area;
        const FitErrors& from45 = base.errors.fit.elements.area;
        expectHeld(found.energy, statedOf(logic.inputFemtojoules, base.inputFemtojoules,
                                          *own.energy, *from45.energy));
        expectHeld(found.delay, statedOf(logic.area.registerNanoseconds,
                                         base.area.registerNanoseconds, *own.delay, *from45.delay));
        expectHeld(found.area, statedOf(logic.flipFlop.squareMicrons, base.flipFlop.squareMicrons,
                                        *own.area, *from45.area));
    }
}

TEST(NodeScaling, RefusesToMixDeviceFamilies) {
    EXPECT_EQ(problemOf({45, kHigh, 1.0}, {7, kLow, 0.7}),
              "scaling 45 nm high_performance to 7 nm low_power mixes device families, expected "
              "one");
    EXPECT_EQ(problemOf({45, kLow, 1.0}, {7, kLow, 0.7}), "");
    EXPECT_EQ(problemOf({90, kBulk, 1.2}, {7, kHigh, 0.7}), "");
}

TEST(NodeScaling, RefusesVoltagesWhereAPolynomialIsNotPositive) {
    EXPECT_THAT(problemOf({45, kHigh, 1.0}, {7, kHigh, 1.5}),
                AllOf(HasSubstr("1.5 V is out of range for 7 nm high_performance"),
                      HasSubstr("delay of -")));
    EXPECT_THAT(
        problemOf({180, kBulk, 0.5}, {90, kBulk, 1.0}),
        AllOf(HasSubstr("0.5 V is out of range for 180 nm bulk"), HasSubstr("energy of -5.66")));
    EXPECT_THAT(problemOf({45, kHigh, 0}, {7, kHigh, 0.7}), HasSubstr("0 V is out of range"));
}

TEST(NodeScaling, ListsTheNodesThereAre) {
    EXPECT_THAT(problemOf({28, kHigh, 1.0}, {7, kHigh, 0.7}),
                AllOf(HasSubstr("no polynomials of 28 nm high_performance"),
                      HasSubstr("32 nm high_performance"), HasSubstr("7 nm low_power")));
}

/// The problems of the file with `from` replaced by `to`, once.
std::string problemsWith(const std::string& from, const std::string& to) {
    std::stringstream text;
    text << std::ifstream(kFile).rdbuf();
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
        sim::loadNodeScaling(file);
    } catch (const sim::ConfigError& error) {
        problems = error.what();
    }
    std::filesystem::remove(file);
    return problems;
}

TEST(NodeScalingLoader, ReportsWhatIsWrongWithItsPlace) {
    EXPECT_THAT(problemsWith("energy: [0, 24.64, -17.98]", "energy: [24.64, -17.98]"),
                AllOf(HasSubstr(".yaml:9:"), HasSubstr("energy"), HasSubstr("3")));
    EXPECT_THAT(problemsWith("nm: 130", "nm: 180"),
                AllOf(HasSubstr(".yaml:10:"), HasSubstr("180 nm bulk is there twice")));
    EXPECT_THAT(problemsWith("family: bulk", "family: soi"),
                AllOf(HasSubstr(".yaml:9:23"), HasSubstr("high_performance")));
    EXPECT_THAT(problemsWith(", metal_pitch_nm: 500", ""), HasSubstr("metal_pitch_nm: missing"));
}

}  // namespace
}  // namespace systole::cost
