// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/config/machine_loader.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/run/gemm_workload.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

/// A product of 40 x 40 weights in blocks of 16 channels, each with records.
TEST(DramFaultsLowering, TheLayoutKnowsWhereParameterRecordsAre) {
    const RunConfig config =
        loadRunConfig(SYSTOLE_SOURCE_DIR "/configs/accelerators/edge-16x16.yaml",
                      {"datapath=int4", "element_packing=packed", "technology=none"});
    const LoweredNetwork lowered = lower(gemmNetwork(config.scheme, 4, 40, 40, 1), config.machine);
    const arch::DramLayout& layout = lowered.program.dram;
    std::uint64_t records = 0;
    std::vector<arch::TransferCommand> loads;
    for (const arch::Command& command : lowered.program.commands) {
        if (const auto* load = std::get_if<arch::TransferCommand>(&command.operation)) {
            if (load->scratchpad == arch::Scratchpad::Weight) loads.push_back(*load);
        } else if (const auto* op = std::get_if<arch::VectorCommand>(&command.operation);
                   op != nullptr && op->operands.front().bias) {
            const auto parameters = static_cast<std::uint64_t>(op->operands.front().bias->origin);
            // Loads run ahead, into the other half of the scratchpad.
            const auto found = std::find_if(loads.rbegin(), loads.rend(), [&](const auto& one) {
                return one.address <= parameters && parameters < one.address + one.box.runBytes;
            });
            ASSERT_NE(found, loads.rend());
            const std::uint64_t place = found->box.address + parameters - found->address;
            const auto* run = layout.recordsAt(place);
            ASSERT_NE(run, nullptr);
            EXPECT_EQ(run->image, place);
            EXPECT_EQ(run->imageBytes, 16U) << "64 bits in elements of 4";
            EXPECT_EQ(run->count, op->space.extents.back()) << "output channels";
            EXPECT_EQ(layout.recordsAt(place - 1), nullptr);
            ++records;
        }
    }
    EXPECT_EQ(records, 3U);
}

/// The shipped network on a DRAM with errors.
class DramFaultsRun : public WorkerTest {
protected:
    std::string jsonOf(const std::string& arguments) const {
        const auto file = folder_ / "result.json";
        const CommandOutcome outcome =
            systole("run " + source("configs/accelerators/edge-16x16.yaml") + " " +
                    source("traces/resnet8_fmnist/workload.yaml") + " --quiet --json " +
                    file.string() + " " + arguments);
        EXPECT_EQ(outcome.exitCode, 0) << arguments << '\n' << outcome.text;
        return contentOf(file);
    }

    Json totalsOf(const std::string& arguments) const {
        return Json::parse(jsonOf(arguments)).at("totals");
    }

    static CommandOutcome gemm(const std::string& arguments) {
        return systole("gemm " + source("configs/accelerators/array-only.yaml") + " 40 40 40 " +
                       arguments);
    }
};

TEST_F(DramFaultsRun, ARateOfZeroIsNoRateByteForByte) {
    Json none = Json::parse(jsonOf("--images 2"));
    Json zero =
        Json::parse(jsonOf("--images 2 --set dram.faults.bit_error_rate=0 --set dram.ecc=none"));
    zero["config"]["overrides"] = none["config"]["overrides"];
    EXPECT_EQ(zero.dump(), none.dump());
    EXPECT_FALSE(none.at("totals").contains("dram_faults"));
}

TEST_F(DramFaultsRun, ErrorsChangeTheOutputsAndCostAccuracy) {
    const Json right = totalsOf("--images 32");
    const Json wrong = totalsOf("--images 32 --set dram.faults.bit_error_rate=1e-3");
    EXPECT_NE(wrong.at("output_sha256"), right.at("output_sha256"));
    EXPECT_EQ(wrong.at("cycles"), right.at("cycles"));
    EXPECT_LT(wrong.at("accuracy").at("top1"), right.at("accuracy").at("top1"));
    EXPECT_LT(wrong.at("accuracy").at("sqnr_db"), right.at("accuracy").at("sqnr_db"));
    const Json& faults = wrong.at("dram_faults");
    EXPECT_EQ(faults.at("bit_error_rate"), 1e-3);
    EXPECT_EQ(faults.at("seed"), 1);
    EXPECT_EQ(faults.at("ecc"), "none");
    EXPECT_GT(faults.at("bit_errors"), faults.at("silent_error_words"));
    EXPECT_EQ(faults.at("corrected_words"), 0);
}

TEST_F(DramFaultsRun, SecdedGivesTheOutputsWithoutErrorsWhereNoWordHasTwo) {
    const Json right = totalsOf("--images 4");
    const Json corrected =
        totalsOf("--images 4 --set dram.faults.bit_error_rate=1e-5 --set dram.ecc=secded");
    EXPECT_EQ(corrected.at("output_sha256"), right.at("output_sha256"));
    EXPECT_GT(corrected.at("dram_faults").at("corrected_words"), 0);
    EXPECT_EQ(corrected.at("dram_faults").at("uncorrectable_words"), 0);
    const Json uncorrected = totalsOf("--images 4 --set dram.faults.bit_error_rate=1e-5");
    EXPECT_NE(uncorrected.at("output_sha256"), right.at("output_sha256"));
    const Json otherSeed =
        totalsOf("--images 4 --set dram.faults.bit_error_rate=1e-5 --set dram.faults.seed=2");
    EXPECT_NE(uncorrected.at("output_sha256"), otherSeed.at("output_sha256"));
}

TEST_F(DramFaultsRun, CountsAreOfAllImagesTimedOrNot) {
    const std::string errors = " --set dram.faults.bit_error_rate=1e-4 --set dram.ecc=secded";
    const Json one = totalsOf("--images 1" + errors).at("dram_faults");
    const Json three = totalsOf("--images 3" + errors);
    const Json timed = totalsOf("--images 3 --time-every-image" + errors);
    for (const char* counter : {"words_read", "bit_errors", "corrected_words"}) {
        EXPECT_GT(one.at(counter), 0);
        EXPECT_EQ(three.at("dram_faults").at(counter), 3 * one.at(counter).get<int>()) << counter;
    }
    EXPECT_EQ(timed.dump(), three.dump());
}

TEST_F(DramFaultsRun, EveryDatapathSurvivesManyErrors) {
    for (const auto& entry : std::filesystem::directory_iterator(sourceFile("configs/datapaths"))) {
        const Json totals =
            totalsOf("--images 1 --set dram.faults.bit_error_rate=0.01 --set datapath=" +
                     entry.path().stem().string());
        EXPECT_GT(totals.at("dram_faults").at("silent_error_words"), 0) << entry.path();
    }
}

TEST_F(DramFaultsRun, FixedPointScalesSurviveEveryShift) {
    for (const int seed : {1, 2, 3}) {
        totalsOf(
            "--images 1 --set scheme=int8_fixed_point --set dram.faults.bit_error_rate=0.5 "
            "--set dram.faults.seed=" +
            std::to_string(seed));
    }
}

TEST_F(DramFaultsRun, TheTableHasALineOfErrors) {
    const CommandOutcome plain = gemm("--set dram.faults.bit_error_rate=0.01");
    EXPECT_THAT(plain.text, HasSubstr("\nDRAM errors   "));
    EXPECT_THAT(plain.text, HasSubstr("words wrong, no ECC\n"));
    const CommandOutcome secded =
        gemm("--set dram.faults.bit_error_rate=0.01 --set dram.ecc=secded");
    EXPECT_THAT(secded.text, HasSubstr(" uncorrectable, "));
    EXPECT_THAT(gemm("").text, testing::Not(HasSubstr("DRAM errors")));
    EXPECT_THAT(gemm("--timing-only --set dram.ecc=secded").text,
                testing::Not(HasSubstr("DRAM errors")));
}

TEST_F(DramFaultsRun, ComparisonsSayTheErrorsOfEveryFormat) {
    const CommandOutcome outcome =
        systole("compare " + source("configs/accelerators/edge-16x16.yaml") + " " +
                source("traces/resnet8_fmnist/workload.yaml") +
                " --formats int8,e4m3 --images 1 --set dram.faults.bit_error_rate=0.01");
    EXPECT_EQ(outcome.exitCode, 0);
    EXPECT_THAT(outcome.text, HasSubstr("\nDRAM errors of int8: "));
    EXPECT_THAT(outcome.text, HasSubstr("\nDRAM errors of e4m3: "));
}

TEST_F(DramFaultsRun, ChecksCompareWithWhatThereWouldBeWithoutErrors) {
    const CommandOutcome wrong = gemm("--check --set dram.faults.bit_error_rate=0.01");
    EXPECT_EQ(wrong.exitCode, 1);
    EXPECT_THAT(wrong.text, HasSubstr("plain reference, which knows no errors of the DRAM"));
    const CommandOutcome corrected =
        gemm("--check --set dram.faults.bit_error_rate=2e-4 --set dram.ecc=secded");
    EXPECT_EQ(corrected.exitCode, 0) << corrected.text;
    EXPECT_THAT(corrected.text, testing::Not(HasSubstr(" 0 words corrected")));
    const CommandOutcome wave =
        gemm("--vcd " + (folder_ / "a.vcd").string() + " --set dram.faults.bit_error_rate=0.01");
    EXPECT_EQ(wave.exitCode, 2);
    EXPECT_THAT(wave.text, HasSubstr("--vcd: the structural array is fed past the DRAM"));
}

TEST_F(DramFaultsRun, MistakesInTheConfigurationAreSaidWithTheirPlace) {
    const CommandOutcome outcome =
        gemm("--set dram.faults.bit_error_rate=0.6 --set dram.ecc=hamming --set dram.faults.sed=1");
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_THAT(outcome.text, HasSubstr("dram.faults.bit_error_rate: '0.6' is out of range, "
                                        "expected a number from 0 to 0.5"));
    EXPECT_THAT(outcome.text,
                HasSubstr("dram.ecc: unknown value 'hamming', expected one of none, secded"));
    EXPECT_THAT(outcome.text, HasSubstr("unknown key 'sed' (did you mean 'seed'?)"));
}

}  // namespace
}  // namespace systole::sim
