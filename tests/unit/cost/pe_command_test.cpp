// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/cost/technology_fixture.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kInt8 = "--activation int8 --weight int8";
constexpr const char* kEightValues = "'{codebook: [-4, -2, -1, 0, 1, 2, 3, 4.5]}'";

/// What `systole pe` says of accumulators, energies, errors and multipliers.
class PeCommand : public WorkerTest {
protected:
    CommandOutcome pe(const std::string& arguments) const {
        return systole(fmt::format("pe --technology {} {}", technology_.string(), arguments));
    }

    nlohmann::json figures(const std::string& arguments) const {
        const std::filesystem::path json = folder_ / "pe.json";
        const CommandOutcome outcome = pe(fmt::format("{} --json {}", arguments, json.string()));
        EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
        return outcome.exitCode == 0 ? jsonOf(json) : nlohmann::json{};
    }

    std::string errorOf(const std::string& arguments) const {
        const CommandOutcome outcome = pe(arguments);
        EXPECT_EQ(outcome.exitCode, 2) << arguments << outcome.text;
        return oneLine(outcome.text);
    }

    std::string textOf(const std::string& arguments) const {
        const CommandOutcome outcome = pe(arguments);
        EXPECT_EQ(outcome.exitCode, 0) << arguments << outcome.text;
        return oneLine(outcome.text);
    }

    static std::string oneLine(std::string text) {
        for (char& character : text) {
            if (character == '\n') character = ' ';
        }
        return text;
    }

    std::filesystem::path folder_ = write("marker", "").parent_path();
    std::filesystem::path technology_ = write("round.yaml", roundTechnologyYaml());
};

TEST_F(PeCommand, OperandsThatAreTakenBitByBitSayTheClocksOfAProduct) {
    const std::string serial = "--activation int8 --weight int4 --multiplier bit_serial_weight";
    EXPECT_THAT(textOf(serial),
                AllOf(HasSubstr("A MAC takes 4 clocks."), HasSubstr("time per MAC")));
    EXPECT_EQ(figures(serial).at("cycles_per_mac"), 4);
    EXPECT_THAT(textOf(kInt8), AllOf(Not(HasSubstr("clocks.")), Not(HasSubstr("time per MAC"))));
    EXPECT_EQ(figures(kInt8).at("cycles_per_mac"), 1);
}

TEST_F(PeCommand, GuardBitsOfTheAccumulatorAreThoseOfTheOption) {
    for (const char* operands :
         {"--activation int8 --weight int4", "--activation e4m3 --weight e4m3", kInt8}) {
        const int product =
            figures(fmt::format("{} --stimulus none", operands)).at("accumulator_bits").get<int>() -
            16;
        for (const int bits : {0, 2, 8, 30}) {
            const nlohmann::json option =
                figures(fmt::format("{} --stimulus none --guard-bits {}", operands, bits));
            for (const std::string& accumulator :
                 {fmt::format("'{{exact: {}}}'", bits), fmt::format("exact_guard{}", bits)}) {
                nlohmann::json key = figures(
                    fmt::format("{} --stimulus none --accumulator {}", operands, accumulator));
                EXPECT_EQ(key.at("accumulator_bits"), product + bits) << operands << accumulator;
                key["accumulator"] = "exact";
                EXPECT_EQ(key, option) << operands << accumulator;
            }
        }
    }
}

TEST_F(PeCommand, GuardBitsElsewhereAreRefused) {
    for (const char* accumulator :
         {"int32", "fp32", "fp32_of_8xexact", "'{float: fp32, chunk: 8, inner: exact}'"}) {
        EXPECT_THAT(errorOf(fmt::format("{} --accumulator {} --guard-bits 3", kInt8, accumulator)),
                    AllOf(HasSubstr("--guard-bits 3"), HasSubstr("expected --accumulator exact")))
            << accumulator;
    }
    EXPECT_THAT(errorOf("--activation mxfp4 --weight mxfp4 --accumulator fp32 --guard-bits 3"),
                HasSubstr("--guard-bits 3"));
    for (const char* accumulator : {"'{exact: 2}'", "exact_guard2", "'{exact: 16}'"}) {
        EXPECT_THAT(errorOf(fmt::format("{} --accumulator {} --guard-bits 5", kInt8, accumulator)),
                    AllOf(HasSubstr("--guard-bits 5"), HasSubstr("guard bits by itself")))
            << accumulator;
    }
    EXPECT_EQ(figures(fmt::format("{} --accumulator '{{exact: 5}}' --guard-bits 5", kInt8))
                  .at("accumulator_bits"),
              21);
}

TEST_F(PeCommand, RegistersHoldAProduct) {
    EXPECT_THAT(errorOf(fmt::format("{} --accumulator int8", kInt8)),
                HasSubstr("--accumulator: int8 cannot hold a product of int8 x int8, which needs "
                          "16 bits, expected a wider one or exact"));
    EXPECT_THAT(errorOf("--activation int8 --weight int4 --accumulator int11_saturate"),
                HasSubstr("needs 12 bits"));
    EXPECT_THAT(errorOf("--activation e4m3 --weight e4m3 --accumulator int24"),
                HasSubstr("cannot hold a product of e4m3 x e4m3"));
    EXPECT_THAT(
        errorOf(fmt::format("{} --accumulator '{{float: fp32, chunk: 4, inner: int12}}'", kInt8)),
        HasSubstr("int12 cannot hold a product"));
    EXPECT_EQ(figures(fmt::format("{} --accumulator int16", kInt8)).at("accumulator_bits"), 16);
}

TEST_F(PeCommand, WithoutAStimulusThereIsNoEnergy) {
    for (const char* more : {"", "--accumulator fp32", "--stages 2", "--multiplier-alone"}) {
        const std::string arguments = fmt::format("{} --stimulus none {}", kInt8, more);
        EXPECT_THAT(textOf(arguments),
                    AllOf(HasSubstr("um2"), HasSubstr(": area "), Not(HasSubstr("energy")),
                          Not(HasSubstr("pJ")), Not(HasSubstr("Stimulus"))));
        const nlohmann::json json = figures(arguments);
        EXPECT_TRUE(json.at("stimulus").is_null());
        EXPECT_TRUE(json.at("energy_pj_per_mac").is_null());
        EXPECT_TRUE(json.at("error").at("energy").is_null());
        EXPECT_TRUE(json.at("int8").at("energy_pj_per_mac").is_null());
        EXPECT_TRUE(json.at("ratio_to_int8").at("energy").is_null());
        EXPECT_TRUE(json.at("components").at("multiplier").at("energy_share").is_null());
        EXPECT_GT(json.at("area_um2"), 0);
    }
    EXPECT_THAT(textOf(fmt::format("{} --stimulus uniform", kInt8)),
                AllOf(HasSubstr("energy per MAC"), HasSubstr("Stimulus: uniform codes")));
}

TEST_F(PeCommand, TheTitleSaysWhichRegisterIsMeant) {
    EXPECT_THAT(textOf("--activation mxfp4 --weight mxfp4 --accumulator fp32"),
                HasSubstr("+ fp32 of 32 bits, every block first summed in 14 bits,"));
    EXPECT_THAT(textOf("--activation e4m3 --weight e4m3 --accumulator fp32_of_8xfp16"),
                HasSubstr("+ fp32_of_8xfp16 of 32 bits, every chunk first summed in 16 bits,"));
    EXPECT_THAT(textOf(fmt::format("{} --accumulator exact", kInt8)),
                HasSubstr("+ exact of 32 bits, parallel_integer"));
    EXPECT_THAT(textOf(fmt::format("{} --accumulator fp16", kInt8)),
                HasSubstr("+ fp16 of 16 bits, parallel_integer"));
    const nlohmann::json json = figures("--activation mxfp4 --weight mxfp4 --accumulator fp32");
    EXPECT_EQ(json.at("accumulator_bits"), 32);
    EXPECT_EQ(json.at("inner_sum_bits"), 14);
}

TEST_F(PeCommand, NoNarrowBandStandsBesideANoteThatTheFitDoesNotHold) {
    technology_ = "generic_45nm";
    const double known = figures(kInt8).at("error").at("area").at("largest");
    for (const char* arguments :
         {"--activation e8m0 --weight e8m0", "--activation posit8es1 --weight posit8es1",
          "--activation int8 --weight int8 --stages 16",
          "--activation mxfp4 --weight mxfp4 --accumulator fp32",
          "--activation int4 --weight '{codebook: [-1, -0.25, 0.25, 1]}'",
          "--activation e4m3 --weight e4m3 --accumulator fp32_of_8xfp16",
          "--activation int8 --weight int2 --multiplier bit_serial_both"}) {
        EXPECT_THAT(textOf(arguments),
                    AllOf(HasSubstr("Note: outside of the fit ("), HasSubstr("bands are wider"),
                          HasSubstr("Error: area "), Not(HasSubstr("+-7 %"))))
            << arguments;
        const nlohmann::json error = figures(arguments).at("error");
        EXPECT_FALSE(error.at("outside_of_fit").empty()) << arguments;
        EXPECT_GT(error.at("area").at("largest"), 3 * known) << arguments;
    }
    EXPECT_THAT(textOf(kInt8), AllOf(HasSubstr("Error: area +-7 %"), HasSubstr("energy +-"),
                                     Not(HasSubstr("outside of the fit"))));
}

TEST_F(PeCommand, AWeightThatStaysLongerNeverCostsMore) {
    technology_ = "generic_45nm";
    for (const char* operands :
         {kInt8, "--activation e4m3 --weight e2m1", "--activation int4 --weight int8 --stages 3",
          "--activation e5m2 --weight e5m2 --accumulator fp16 --goal speed"}) {
        const auto energy = [&](int products) {
            return figures(fmt::format("{} --weight-products {}", operands, products))
                .at("energy_pj_per_mac")
                .get<double>();
        };
        double before = energy(64);
        const double first = before;
        for (const int products : {65, 256, 512, 2048, 100'000}) {
            EXPECT_LE(energy(products), before) << operands << products;
            before = energy(products);
        }
        // The weights are the same ones: only their changes are fewer.
        EXPECT_GT(before, 0.97 * first) << operands;
    }
    EXPECT_THAT(textOf(fmt::format("{} --weight-products 2048", kInt8)),
                HasSubstr("2047 products of 32 weights: 64 of each stand for all of its 2048"));
}

TEST_F(PeCommand, SumsThatTheRegisterCannotHoldAreNamed) {
    technology_ = "generic_45nm";
    const auto shareOf = [&](const std::string& arguments) {
        return figures(arguments).at("sums_beyond_register").get<double>();
    };
    EXPECT_GT(shareOf("--activation e5m2 --weight e5m2 --accumulator fp16"), 0.5);
    EXPECT_GT(shareOf("--activation e5m0_none --weight e5m0_none --accumulator fp16"), 0.5);
    EXPECT_GT(shareOf(fmt::format("{} --accumulator int16 --stimulus uniform", kInt8)), 0.05);
    EXPECT_EQ(shareOf("--activation e4m3 --weight e4m3 --accumulator fp32"), 0);
    EXPECT_EQ(shareOf(kInt8), 0);
    EXPECT_THAT(textOf("--activation e5m2 --weight e5m2 --accumulator fp16"),
                HasSubstr("% of the drawn sums do not fit fp16"));
    EXPECT_THAT(textOf(kInt8), Not(HasSubstr("do not fit")));
    EXPECT_TRUE(
        figures(fmt::format("{} --stimulus none", kInt8)).at("sums_beyond_register").is_null());
}

TEST_F(PeCommand, CellsOfATableHaveOneUnitAndNoExponent) {
    technology_ = "osu018";
    EXPECT_THAT(textOf("--activation int16 --weight int16"),
                AllOf(Not(::testing::ContainsRegex("[0-9]e[+][0-9]")), HasSubstr(" um2")));
}

TEST_F(PeCommand, EachFigureHasTheErrorOfItsOwnKindOfCircuit) {
    std::set<double> largest;  // the technology numbers its figures: no two are the same
    for (const char* goal : {"area", "speed"}) {
        for (const char* alone : {"", "--multiplier-alone"}) {
            const nlohmann::json error =
                figures(fmt::format("{} --goal {} {}", kInt8, goal, alone)).at("error");
            for (const nlohmann::json& recipe : {error, error.at("other_recipe")}) {
                for (const char* figure : {"area", "delay", "energy"}) {
                    largest.insert(recipe.at(figure).at("largest").get<double>());
                }
            }
        }
    }
    EXPECT_EQ(largest.size(), 2U * 2 * 2 * 3);
    EXPECT_THAT(textOf(kInt8), HasSubstr("Error: area "));
    EXPECT_THAT(textOf(fmt::format("{} --multiplier-alone", kInt8)),
                HasSubstr("Error of multipliers alone: area "));
    EXPECT_THAT(textOf(fmt::format("{} --multiplier-alone --goal speed", kInt8)),
                HasSubstr("Error of multipliers alone for speed: area "));
    EXPECT_THAT(textOf(fmt::format("{} --goal speed", kInt8)),
                AllOf(HasSubstr("Error for speed: area "),
                      HasSubstr("From synthesis by another recipe: area ")));
}

TEST_F(PeCommand, WhatWasNotMeasuredIsNotKnown) {
    std::string yaml = roundTechnologyYaml();
    const auto begin = yaml.find("    multiplier_alone:");
    yaml.erase(begin, yaml.find("sram:") - begin);
    technology_ = write("few_errors.yaml", yaml);
    EXPECT_THAT(textOf(kInt8), AllOf(HasSubstr("Error: area "),
                                     HasSubstr("another recipe may differ by more: it was not")));
    const std::string alone = fmt::format("{} --multiplier-alone", kInt8);
    EXPECT_THAT(textOf(alone), HasSubstr("area not known, delay not known, energy not known"));
    EXPECT_TRUE(figures(alone).at("error").at("area").is_null());
}

TEST_F(PeCommand, StagesThatGainNothingAreNamed) {
    const auto with = [](int stages) {
        return fmt::format("--activation e4m3 --weight e4m3 --stimulus none --stages {}", stages);
    };
    const nlohmann::json two = figures(with(2));
    const nlohmann::json sixteen = figures(with(16));
    EXPECT_EQ(two.at("useful_stages"), 2);
    EXPECT_EQ(sixteen.at("useful_stages"), 2);
    EXPECT_EQ(sixteen.at("delay_ns"), two.at("delay_ns"));
    const int rank = two.at("circuit").at("flip_flops").get<int>() -
                     figures(with(1)).at("circuit").at("flip_flops").get<int>();
    EXPECT_EQ(sixteen.at("circuit").at("flip_flops").get<int>() -
                  two.at("circuit").at("flip_flops").get<int>(),
              14 * rank);
    EXPECT_THAT(textOf(with(16)), HasSubstr("Stages: 16 clock no faster than 2; the others only "
                                            "add registers."));
    EXPECT_THAT(textOf(with(2)), Not(HasSubstr("Stages:")));
    EXPECT_THAT(errorOf(with(17)), HasSubstr("expected an integer from 1 to 16"));
}

TEST_F(PeCommand, AMultiplierAloneHasTheWeightsOfItsElement) {
    for (const char* format : {"int8", "int3", "e4m3", "e2m1"}) {
        const std::string operands = fmt::format("--activation {0} --weight {0}", format);
        const auto energy = [&](const std::string& more) {
            return figures(operands + more).at("energy_pj_per_mac").get<double>();
        };
        EXPECT_LT(energy(" --multiplier-alone"), energy("")) << format;
        EXPECT_GT(energy(" --multiplier-alone --weight-products 1"), energy(" --multiplier-alone"))
            << format;
    }
    EXPECT_THAT(textOf(fmt::format("{} --multiplier-alone", kInt8)),
                AllOf(HasSubstr("a new weight every 64 products, 2047 products"),
                      HasSubstr("of that, wires into it"), Not(HasSubstr("fresh sums"))));
    EXPECT_THAT(textOf(fmt::format("{} --weight-products 1", kInt8)),
                HasSubstr("a new weight every product, fresh sums"));
}

TEST_F(PeCommand, AMultiplierWithoutCircuitNamesTheLimitAndTheOthers) {
    const auto errorWith = [&](const std::string& activation, const std::string& multiplier) {
        return errorOf(fmt::format("--activation {} --weight {} --multiplier {}", activation,
                                   kEightValues, multiplier));
    };
    EXPECT_THAT(errorWith("int8", "auto"),
                AllOf(HasSubstr("--multiplier auto: there is no look_up circuit for int8 x"),
                      HasSubstr("which have 11 bits together: look-up tables are built up to 10 "
                                "bits, expected minifloat"),
                      Not(HasSubstr("another one"))));
    EXPECT_THAT(errorWith("int8", "look_up"), HasSubstr("up to 10 bits, expected minifloat"));
    EXPECT_THAT(errorWith("e4m3", "auto"), HasSubstr("11 bits together"));
    EXPECT_THAT(errorWith("int8", "composable"), HasSubstr("no composable circuit"));
    // The ways out are ones.
    textOf(fmt::format("--activation int7 --weight {}", kEightValues));
    textOf(fmt::format("--activation int8 --weight {} --multiplier minifloat", kEightValues));
}

TEST_F(PeCommand, MachinesWithoutCircuitNameTheWaysOut) {
    const std::string file = source("configs/accelerators/edge-16x16.yaml");
    const std::string settings = fmt::format(
        " --set clock=100MHz --set datapath.weight={} --set datapath.accumulator=exact "
        "--set scheme=auto",
        kEightValues);
    const std::string product = "gemm " + file + " 8 8 8" + settings;
    for (const std::string& command : {"area " + file + settings, product}) {
        const CommandOutcome outcome = systole(command);
        EXPECT_EQ(outcome.exitCode, 2) << command;
        EXPECT_THAT(oneLine(outcome.text),
                    AllOf(HasSubstr("up to 10 bits, expected datapath.multiplier minifloat"),
                          HasSubstr("--set technology=none")))
            << command;
    }
    for (const char* wayOut : {"technology=none", "datapath.multiplier=minifloat"}) {
        const CommandOutcome outcome = systole(fmt::format("{} --set {}", product, wayOut));
        EXPECT_EQ(outcome.exitCode, 0) << wayOut << outcome.text;
    }
}

}  // namespace
}  // namespace systole::sim
