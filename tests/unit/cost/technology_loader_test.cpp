// SPDX-License-Identifier: Apache-2.0
#include "sim/config/technology/technology_loader.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "sim/base/config_error.hpp"
#include "tests/unit/cost/technology_fixture.hpp"

namespace systole::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TechnologyLoader : public ::testing::Test {
protected:
    TechnologyLoader() { std::filesystem::create_directories(folder_); }
    ~TechnologyLoader() override { std::filesystem::remove_all(folder_); }

    cost::Technology load(const std::string& yaml) const {
        const std::filesystem::path file = folder_ / "technology.yaml";
        std::ofstream(file) << yaml;
        return loadTechnology(file);
    }

    /// The problems of the round technology with `from` replaced by `to`, once, or those of a file
    /// that has none.
    std::string problemsWith(const std::string& from, const std::string& to) {
        std::string yaml = roundTechnologyYaml();
        const auto where = yaml.find(from);
        EXPECT_NE(where, std::string::npos) << from;
        yaml.replace(where, from.size(), to);
        try {
            load(yaml);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "none";
    }

    /// `technology.yaml:LINE:` of the first such text.
    static std::string placeOf(const std::string& text) {
        const std::string yaml = roundTechnologyYaml();
        const auto end = yaml.begin() + static_cast<std::ptrdiff_t>(yaml.find(text));
        return fmt::format("technology.yaml:{}:", 1 + std::count(yaml.begin(), end, '\n'));
    }

private:
    std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) /
                                    ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

/// The section `layout` with each coefficient 0.5, from 0.25 to 0.75.
std::string roundLayoutYaml() {
    std::string yaml = "layout:\n  source: made for tests\n";
    for (const char* key : {"placement_density", "buffers", "clock_tree_area", "clock_tree_energy",
                            "wire_energy", "wire_pj_per_bit_mm", "macro_overhead", "control"}) {
        yaml +=
            fmt::format("  {}: {{value: 0.5, low: 0.25, high: 0.75, source: {}'s}}\n", key, key);
    }
    return yaml;
}

TEST_F(TechnologyLoader, ReadsTheLayoutIfThereIsOne) {
    EXPECT_FALSE(load(roundTechnologyYaml()).layout);
    const auto layout = load(roundTechnologyYaml() + roundLayoutYaml()).layout;
    ASSERT_TRUE(layout);
    for (const cost::LayoutCoefficient& coefficient :
         {layout->placementDensity, layout->buffers, layout->clockTreeArea, layout->clockTreeEnergy,
          layout->wireEnergy, layout->wirePicojoulesPerBitMillimetre, layout->macroOverhead,
          layout->control}) {
        EXPECT_EQ(coefficient.value.nominal, 0.5);
        EXPECT_EQ(coefficient.value.low, 0.25);
        EXPECT_EQ(coefficient.value.high, 0.75);
    }
    EXPECT_EQ(layout->wireEnergy.source, "wire_energy's");
    EXPECT_EQ(layout->note, "");
}

TEST_F(TechnologyLoader, RejectsALayoutThatIsNotWhole) {
    const auto problem = [&](const std::string& from, const std::string& to) {
        std::string layout = roundLayoutYaml();
        layout.replace(layout.find(from), from.size(), to);
        try {
            load(roundTechnologyYaml() + layout);
        } catch (const ConfigError& error) {
            return std::string(error.what());
        }
        return std::string("none");
    };
    EXPECT_THAT(problem("value: 0.5", "value: 0.9"),
                HasSubstr("layout.placement_density.value: 0.9 is not within its band, expected "
                          "0.25 to 0.75"));
    EXPECT_THAT(problem("high: 0.75", "high: 1.5"), HasSubstr("layout.placement_density.high: "));
    EXPECT_THAT(problem("  control:", "  controls:"),
                AllOf(HasSubstr("layout.control: missing key"), HasSubstr("'controls'")));
    EXPECT_THAT(problem("low: 0.25, ", ""), HasSubstr("layout.placement_density.low: missing"));
}

TEST_F(TechnologyLoader, ReadsEveryCoefficient) {
    const cost::Technology technology = load(roundTechnologyYaml());
    EXPECT_EQ(technology.name, "round");
    EXPECT_EQ(technology.node, "none");
    EXPECT_FALSE(technology.isFree);
    std::set<double> values;
    std::size_t count = 0;
    const auto note = [&](double value) {
        values.insert(value);
        ++count;
    };
    const cost::LogicTechnology& logic = technology.logic;
    ASSERT_TRUE(logic.speed.has_value());
    for (const cost::GateFigures& figures : {logic.area, *logic.speed}) {
        for (const auto& row : figures.squareMicrons) {
            for (const double value : row) note(value);
        }
        note(figures.outputAndSquareMicrons);
        for (const double value : figures.settledFemtojoules) note(value);
        for (const double value : figures.glitchFemtojoules) note(value);
        for (const auto& row : figures.nanoseconds.gate) {
            for (const double value : row) note(value);
        }
        note(figures.nanoseconds.perFanoutDoubling);
        note(figures.registerNanoseconds);
    }
    for (const double value : {logic.flipFlop.squareMicrons, logic.flipFlop.clockFemtojoules,
                               logic.flipFlop.toggleFemtojoules, logic.inputFemtojoules,
                               logic.leakageMicrowattsPerSquareMicron, logic.temperatureKelvin,
                               logic.kelvinPerLeakageDoubling}) {
        note(value);
    }
    for (const cost::CircuitErrors& recipe : {logic.errors.fit, logic.errors.otherRecipe}) {
        for (const cost::ErrorsByGoal& kind : {recipe.elements, recipe.multipliersAlone}) {
            for (const cost::FitErrors& goal : {kind.area, kind.speed}) {
                for (const auto& error : {goal.area, goal.delay, goal.energy}) {
                    ASSERT_TRUE(error.has_value());
                    note(error->rms);
                    note(error->largest);
                }
            }
        }
    }
    // The file numbers its coefficients from 1 on: none is read twice, none is left out.
    EXPECT_EQ(values.size(), count);
    EXPECT_EQ(*values.begin(), 1);
    EXPECT_EQ(*values.rbegin(), static_cast<double>(count));
    EXPECT_EQ(logic.area.squareMicrons[0][0], 1);
    EXPECT_EQ(logic.area.squareMicrons[0][3], 4);
    EXPECT_EQ(logic.area.squareMicrons[6][3], 28);
    EXPECT_EQ(logic.area.outputAndSquareMicrons, 29);
    EXPECT_EQ(logic.source, "made for tests");
}

TEST_F(TechnologyLoader, TakesAFileWithoutCoefficientsOfSpeed) {
    std::string yaml = roundTechnologyYaml();
    const auto begin = yaml.find("  speed:");
    yaml.erase(begin, yaml.find("\n  register:") + 1 - begin);
    const auto errors = yaml.find("    speed:\n");
    yaml.erase(errors, yaml.find("    multiplier_alone:") - errors);
    EXPECT_FALSE(load(yaml).logic.speed.has_value());
}

TEST_F(TechnologyLoader, WantsTheErrorsOfElementsAndOfCoefficientsOfSpeed) {
    EXPECT_THAT(problemsWith("  error:\n    area:", "  error:\n    # area:"),
                HasSubstr("logic.error.area: missing key"));
    EXPECT_THAT(problemsWith("    speed:\n      area:", "    speed:\n      # area:"),
                HasSubstr("logic.error.speed.area: missing key"));
}

TEST_F(TechnologyLoader, NeedsNoErrorOfMultipliersAloneOrOfAnotherRecipe) {
    std::string yaml = roundTechnologyYaml();
    const auto begin = yaml.find("    multiplier_alone:");
    yaml.erase(begin, yaml.find("sram:") - begin);
    const cost::LogicErrors errors = load(yaml).logic.errors;
    EXPECT_FALSE(errors.fit.multipliersAlone.area.area.has_value());
    EXPECT_FALSE(errors.otherRecipe.elements.speed.delay.has_value());
    EXPECT_EQ(errors.ofElements(cost::Goal::Area).area->largest,
              errors.fit.elements.area.area->largest);
}

TEST_F(TechnologyLoader, TakesTheWiderErrorOfBothRecipesForElements) {
    const cost::LogicErrors errors = load(roundTechnologyYaml()).logic.errors;
    // Numbered in the order of the file, in which the other recipe comes last.
    EXPECT_EQ(errors.ofElements(cost::Goal::Delay).energy->largest,
              errors.otherRecipe.elements.speed.energy->largest);
    EXPECT_GT(errors.otherRecipe.elements.speed.energy->largest,
              errors.fit.elements.speed.energy->largest);
}

TEST_F(TechnologyLoader, ReadsTheCircuitsThatItsErrorsHoldOf) {
    EXPECT_FALSE(load(roundTechnologyYaml()).logic.fitted.has_value());
    const std::string fitted =
        "  fitted: {formats: [integer], multipliers: [shift], sums: [float], operand_bits: [1, 8], "
        "exponent_bits: [1, 2], significand_bits: [1, 2], fixed_sum_bits: [8, 16], "
        "float_sum_exponent_bits: [1, 2], float_sum_significand_bits: [1, 2], stages: [1, 3]}\n";
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string section = fitted;
        section.replace(section.find(from), from.size(), to);
        return problemsWith("  error:\n    area:", section + "  error:\n    area:");
    };
    EXPECT_EQ(with("[1, 3]", "[1, 4]"), "none");
    EXPECT_THAT(with("[integer]", "[intger]"), HasSubstr("did you mean 'integer'"));
    EXPECT_THAT(with("[8, 16]", "[16, 8]"),
                HasSubstr("16 to 8 is no range, expected the smaller one first"));
    EXPECT_THAT(with("[1, 3]", "[3]"), HasSubstr("logic.fitted.stages"));
    EXPECT_THAT(with(", stages: [1, 3]", ""), HasSubstr("logic.fitted.stages: missing key"));
}

TEST_F(TechnologyLoader, ReportsAMissingCoefficient) {
    EXPECT_THAT(problemsWith("glitch: 31", "rms: 31"),
                AllOf(HasSubstr(placeOf("glitch: 31")),
                      HasSubstr("logic.area.toggles_fj.decoder.glitch"), HasSubstr("missing key")));
    EXPECT_THAT(problemsWith("  input_fj:", "  # input_fj:"),
                AllOf(HasSubstr("technology.yaml:"), HasSubstr("logic.input_fj: missing key")));
}

TEST_F(TechnologyLoader, ReportsAMissingSection) {
    EXPECT_THAT(problemsWith("logic:", "logics:"),
                AllOf(HasSubstr("logic: missing key"), HasSubstr("unknown key 'logics'")));
}

TEST_F(TechnologyLoader, ReportsANegativeEnergyWithItsPlace) {
    EXPECT_THAT(problemsWith("settled: 30", "settled: -30"),
                AllOf(HasSubstr(placeOf("settled: 30") + "26"),
                      HasSubstr("logic.area.toggles_fj.decoder.settled"), HasSubstr("-30"),
                      HasSubstr("expected a number from 0")));
    EXPECT_THAT(problemsWith("clock_fj: ", "clock_fj: -"),
                AllOf(HasSubstr(placeOf("clock_fj: ")), HasSubstr("logic.register.clock_fj")));
}

TEST_F(TechnologyLoader, ReportsAnUnknownComponent) {
    EXPECT_THAT(problemsWith("rounding: {and:", "squaring: {and:"),
                AllOf(HasSubstr(placeOf("rounding: {and:")), HasSubstr("logic.area.gates_um2"),
                      HasSubstr("unknown key 'squaring'"), HasSubstr("rounding: missing key")));
    EXPECT_THAT(problemsWith("majority: 4}", "majority: 4, nand: 1}"),
                AllOf(HasSubstr(placeOf("majority: 4}")), HasSubstr("logic.area.gates_um2.decoder"),
                      HasSubstr("unknown key 'nand'")));
}

TEST_F(TechnologyLoader, ReportsALeakageThatNeverDoubles) {
    EXPECT_THAT(problemsWith("kelvin_per_doubling: ", "kelvin_per_doubling: 0 #"),
                AllOf(HasSubstr(placeOf("kelvin_per_doubling: ")),
                      HasSubstr("logic.leakage.kelvin_per_doubling")));
}

TEST_F(TechnologyLoader, ReportsWhatIsNoNumber) {
    EXPECT_THAT(problemsWith("settled: 30", "settled: much"),
                AllOf(HasSubstr(placeOf("settled: 30")), HasSubstr("settled"), HasSubstr("much")));
}

TEST_F(TechnologyLoader, ReportsAMissingCurveOfTheMemories) {
    EXPECT_THAT(
        problemsWith("  write_pj:\n", "  writes_pj:\n"),
        AllOf(HasSubstr("sram.write_pj: missing key"), HasSubstr("sram: unknown key 'writes_pj'")));
}

TEST_F(TechnologyLoader, ReportsANegativeFigureOfTheMemoriesWithItsPlace) {
    EXPECT_THAT(problemsWith("[[2, 4], [4, 8]]", "[[-2, 4], [4, 8]]"),
                AllOf(HasSubstr(placeOf("[[2, 4]")), HasSubstr("sram.read_pj.nominal"),
                      HasSubstr("expected a number from 0")));
}

TEST_F(TechnologyLoader, ReportsATableOfTheMemoriesThatIsNoTable) {
    EXPECT_THAT(problemsWith("[[2, 4], [4, 8]]", "[[2, 4], [4]]"),
                HasSubstr("sram.read_pj.nominal[1]"));
    EXPECT_THAT(problemsWith("[[2, 4], [4, 8]]", "[[2, 4]]"), HasSubstr("sram.read_pj.nominal"));
    EXPECT_THAT(problemsWith("capacities: [1KiB, 2KiB]", "capacities: [2KiB, 1KiB]"),
                HasSubstr("capacities: expected two or more, ascending"));
}

TEST_F(TechnologyLoader, ReportsMemoriesThatFallWithTheirSize) {
    EXPECT_THAT(problemsWith("[[2, 4], [4, 8]]", "[[2, 4], [1, 8]]"),
                HasSubstr("sram: read_pj.nominal falls with the capacity"));
    EXPECT_THAT(problemsWith("[[2, 4], [4, 8]]", "[[2, 1], [4, 8]]"),
                HasSubstr("sram: read_pj.nominal falls with the word width"));
    EXPECT_THAT(problemsWith("[[2, 4], [4, 8]]", "[[2, 4], [5, 8]]"),
                HasSubstr("sram: read_pj.nominal rises faster than the capacity"));
}

/// Files of configs/technology that are technologies: the others are tables.
std::vector<std::filesystem::path> shippedFiles() {
    std::vector<std::filesystem::path> files;
    const std::filesystem::path folder = SYSTOLE_SOURCE_DIR "/configs/technology";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().filename() != "node_scaling.yaml") files.push_back(entry.path());
    }
    return files;
}

TEST(ShippedTechnologies, Load) {
    const auto files = shippedFiles();
    EXPECT_FALSE(files.empty());
    for (const auto& file : files) {
        SCOPED_TRACE(file.string());
        const cost::Technology technology = loadTechnology(file);
        EXPECT_EQ(technology.name, file.stem().string());
        EXPECT_FALSE(technology.logic.source.empty());
        EXPECT_FALSE(technology.sram.source().empty());
        EXPECT_GT(technology.logic.flipFlop.squareMicrons, 0);
        EXPECT_GT(technology.logic.flipFlop.clockFemtojoules, 0);
        EXPECT_GT(technology.logic.errors.fit.elements.area.area->largest, 0);
        EXPECT_EQ(parseTechnology(file.stem().string(), "t").name, technology.name);
    }
}

}  // namespace
}  // namespace systole::sim
