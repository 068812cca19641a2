// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cost/technology_fixture.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class CostCommands : public WorkerTest {
protected:
    nlohmann::json pe(const std::string& arguments) const {
        const std::filesystem::path json = folder_ / "pe.json";
        const CommandOutcome outcome = systole(fmt::format(
            "pe --technology {} {} --json {}", technology_.string(), arguments, json.string()));
        EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
        return outcome.exitCode == 0 ? jsonOf(json) : nlohmann::json{};
    }

    /// The error of a command that must fail and leave no file.
    std::string errorOf(const std::string& command) const {
        const std::filesystem::path json = folder_ / "none.json";
        const CommandOutcome outcome = systole(command + " --json " + json.string());
        EXPECT_EQ(outcome.exitCode, 2) << command;
        EXPECT_FALSE(std::filesystem::exists(json)) << command;
        return outcome.text;
    }

    std::string peErrorOf(const std::string& arguments) const {
        return errorOf("pe --technology " + technology_.string() + " " + arguments);
    }

    std::filesystem::path folder_ = write("marker", "").parent_path();
    std::filesystem::path technology_ = write("round.yaml", roundTechnologyYaml());
};

TEST_F(CostCommands, EnergyOfTheDramHasNoBand) {
    const std::string text = systole("run edge-16x16 resnet8_fmnist --images 1").text;
    EXPECT_THAT(text, ContainsRegex("\ndram +[0-9.]+ uJ +[0-9.]+ % +not known\n"));
    EXPECT_THAT(text,
                ContainsRegex("\nvector_unit +[0-9.]+ uJ +[0-9.]+ % +[0-9.]+ - [0-9.]+ uJ\n"));
    EXPECT_THAT(text, HasSubstr("No error of the DRAM's energy is known"));
}

TEST_F(CostCommands, PeGivesComponentsThatAddUp) {
    for (const char* accumulator : {"exact", "fp32", "int24"}) {
        const nlohmann::json json =
            pe(fmt::format("--activation e4m3 --weight e2m1 --accumulator {}", accumulator));
        double area = 0;
        double energy = 0;
        double areaShare = 0;
        for (const auto& component : json.at("components")) {
            area += component.at("area_um2").get<double>();
            energy += component.at("energy_pj_per_mac").get<double>();
            areaShare += component.at("area_share").get<double>();
        }
        for (const char* name : {"multiplier", "alignment", "accumulator", "registers"}) {
            EXPECT_GT(json.at("components").at(name).at("area_um2"), 0) << name;
            EXPECT_GT(json.at("components").at(name).at("energy_pj_per_mac"), 0) << name;
        }
        EXPECT_NEAR(json.at("area_um2"), area, 1e-9 * area);
        EXPECT_NEAR(json.at("energy_pj_per_mac"), energy, 1e-9 * energy);
        EXPECT_NEAR(areaShare, 1, 1e-9);
        EXPECT_GT(json.at("delay_ns"), 0);
        EXPECT_EQ(json.at("technology"), "round");
    }
}

TEST_F(CostCommands, PeComparesWithInt8OfTheSameTechnology) {
    const nlohmann::json int8 = pe("--activation int8 --weight int8");
    for (const char* figure : {"area", "delay", "energy"}) {
        EXPECT_EQ(int8.at("ratio_to_int8").at(figure), 1) << figure;
    }
    const nlohmann::json int4 = pe("--activation int4 --weight int4");
    EXPECT_EQ(int4.at("int8").at("area_um2"), int8.at("area_um2"));
    EXPECT_LT(int4.at("ratio_to_int8").at("area"), 1);
}

TEST_F(CostCommands, PeOfBlocksHasScalesAndTwoSums) {
    const nlohmann::json plain = pe(
        "--activation e4m3 --weight e4m3 --accumulator '{float: fp32, chunk: 32, inner: exact}'");
    const nlohmann::json blocks =
        pe("--activation mxfp8_e4m3 --weight mxfp8_e4m3 --accumulator fp32");
    EXPECT_GT(blocks.at("block_scale_area_um2"), 0);
    EXPECT_FALSE(plain.contains("block_scale_area_um2"));
    // Sums of 32 products need 5 guard bits, not 16; the scales are two registers of 8 bits.
    const auto flipFlops = [](const nlohmann::json& json) {
        return json.at("circuit").at("flip_flops").get<int>();
    };
    EXPECT_EQ(flipFlops(blocks), flipFlops(plain) - 11 + 16);
    // Scales with a mantissa are multiplied as well.
    const nlohmann::json nvfp4 = pe("--activation nvfp4 --weight nvfp4 --accumulator fp32");
    const nlohmann::json mxfp4 = pe("--activation mxfp4 --weight mxfp4 --accumulator fp32");
    EXPECT_GT(nvfp4.at("block_scale_area_um2"), mxfp4.at("block_scale_area_um2"));
    EXPECT_THAT(peErrorOf("--activation mxfp4 --weight e2m1 --accumulator fp32"),
                HasSubstr("two block formats of the same length"));
    EXPECT_THAT(peErrorOf("--activation mxfp4 --weight mxfp4"), HasSubstr("need a float"));
}

TEST_F(CostCommands, PeIsWiderByEveryGuardBit) {
    nlohmann::json before;
    for (const int bits : {0, 8, 16, 32}) {
        const nlohmann::json json = pe(fmt::format(
            "--activation e4m3 --weight e4m3 --accumulator exact --guard-bits {}", bits));
        if (!before.is_null()) {
            EXPECT_GT(json.at("area_um2"), before.at("area_um2"));
            EXPECT_GT(json.at("accumulator_bits"), before.at("accumulator_bits"));
        }
        before = json;
    }
    const auto bitsOf = [&](int guardBits) {
        return pe(fmt::format("--activation int8 --weight int8 --guard-bits {}", guardBits))
            .at("accumulator_bits")
            .get<int>();
    };
    EXPECT_EQ(bitsOf(9) - bitsOf(4), 5);
}

TEST_F(CostCommands, PeOfTheMultiplierAloneIsSmaller) {
    const nlohmann::json whole = pe("--activation int8 --weight int8");
    const nlohmann::json alone = pe("--activation int8 --weight int8 --multiplier-alone");
    EXPECT_LT(alone.at("area_um2"), whole.at("area_um2"));
    EXPECT_EQ(alone.at("components").at("registers").at("area_um2"), 0);
}

TEST_F(CostCommands, PeTakesEveryMultiplier) {
    for (const char* multiplier : {"sign_magnitude", "parallel_integer", "bit_serial_weight",
                                   "bit_serial_both", "composable", "minifloat", "look_up"}) {
        const nlohmann::json json =
            pe(fmt::format("--activation int4 --weight int4 --multiplier {}", multiplier));
        EXPECT_EQ(json.at("multiplier"), multiplier);
    }
}

TEST_F(CostCommands, PeRejectsWhatItDoesNotKnow) {
    EXPECT_THAT(peErrorOf("--activation int99 --weight int8"),
                ::testing::AllOf(HasSubstr("--activation"), HasSubstr("int99")));
    EXPECT_THAT(peErrorOf("--activation int8 --weight e9m9z"), HasSubstr("--weight"));
    EXPECT_THAT(peErrorOf("--activation int8 --weight int8 --accumulator fp31"),
                HasSubstr("--accumulator"));
    EXPECT_THAT(peErrorOf("--activation int8 --weight int8 --multiplier magic"),
                HasSubstr("--multiplier"));
    EXPECT_THAT(peErrorOf("--activation e4m3 --weight e4m3 --multiplier composable"),
                HasSubstr("no composable circuit for e4m3 x e4m3, expected minifloat"));
    EXPECT_THAT(peErrorOf("--activation e4m3 --weight e4m3 --multiplier sign_magnitude"),
                HasSubstr("--multiplier sign_magnitude"));
    EXPECT_THAT(errorOf("pe --technology vacuum_tubes --activation int8 --weight int8"),
                HasSubstr("vacuum_tubes"));
}

TEST_F(CostCommands, PeRejectsWhatIsOutOfRange) {
    for (const char* option :
         {"--guard-bits -1", "--guard-bits 33", "--stages 0", "--goal money"}) {
        EXPECT_THAT(peErrorOf(fmt::format("--activation int8 --weight int8 {}", option)),
                    HasSubstr(std::string(option).substr(0, 6)));
    }
}

TEST_F(CostCommands, PeNeedsAFolderToWriteTo) {
    const std::filesystem::path json = folder_ / "no" / "folder" / "pe.json";
    const CommandOutcome outcome =
        systole(fmt::format("pe --technology {} --activation int8 --weight int8 --json {}",
                            technology_.string(), json.string()));
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_THAT(outcome.text, HasSubstr("pe.json"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "no"));
}

void expectSums(const nlohmann::json& node) {
    if (!node.contains("parts")) return;
    double sum = 0;
    for (const auto& part : node.at("parts")) {
        sum += part.at("area_um2").get<double>();
        expectSums(part);
    }
    EXPECT_NEAR(node.at("area_um2"), sum, 1e-9 * sum + 1e-9) << node;
}

TEST_F(CostCommands, AreaIsATreeThatAddsUp) {
    const std::filesystem::path json = folder_ / "area.json";
    const CommandOutcome outcome = systole(fmt::format(
        "area {} --json {}", source("configs/accelerators/edge-16x16.yaml"), json.string()));
    ASSERT_EQ(outcome.exitCode, 0) << outcome.text;
    const nlohmann::json result = jsonOf(json);
    expectSums(result.at("area"));
    EXPECT_GT(result.at("area_mm2"), 0);
    EXPECT_NEAR(result.at("area_mm2").get<double>() * 1e6, result.at("area").at("area_um2"), 1e-3);
    EXPECT_GT(result.at("clock").at("reachable_hertz"), 0);
    EXPECT_THAT(outcome.text, HasSubstr("memory_controller"));
}

TEST_F(CostCommands, AreaOfIdealPartsIsNothing) {
    const auto areaOf = [&](const std::string& config, const std::string& change = "") {
        const std::filesystem::path json = folder_ / "ideal.json";
        const CommandOutcome outcome = systole(
            fmt::format("area {} {} --json {}", source("configs/accelerators/" + config + ".yaml"),
                        change.empty() ? "" : "--set sequencer." + change, json.string()));
        EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
        return jsonOf(json).at("area");
    };
    const nlohmann::json alone = areaOf("array-only");
    EXPECT_EQ(alone.at("silicon"), alone.at("parts").at("array").at("silicon"));
    for (const auto& [name, part] : alone.at("parts").items()) {
        EXPECT_EQ(part.at("is_free").get<bool>(), name != "array" && name != "layout") << name;
    }
    // However deep its queues are, a sequencer that takes no time is none.
    EXPECT_EQ(areaOf("array-only", "queue_depth=65536").at("area_um2"), alone.at("area_um2"));
    const auto sequencerOf = [&](const std::string& change) {
        const nlohmann::json area = areaOf("edge-16x16", change);
        return area.at("parts").at("sequencer").at("area_um2").get<double>();
    };
    EXPECT_EQ(sequencerOf("issue_cycles=0"), 0);
    EXPECT_EQ(sequencerOf("queue_depth=unlimited"), 0);
    EXPECT_GT(sequencerOf("queue_depth=4096"), 4e6) << "merely large: it costs";
}

TEST_F(CostCommands, AreaNeedsATechnologyAndAConfig) {
    EXPECT_THAT(errorOf("area " + source("configs/accelerators/edge-16x16.yaml") +
                        " --set technology=none"),
                HasSubstr("technology: none has no areas"));
    EXPECT_THAT(errorOf("area " + (folder_ / "missing.yaml").string()), HasSubstr("missing.yaml"));
    EXPECT_THAT(
        errorOf("area " + source("configs/accelerators/edge-16x16.yaml") + " --set array.rows=0"),
        HasSubstr("array.rows"));
}

}  // namespace
}  // namespace systole::sim
