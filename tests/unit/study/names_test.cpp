// SPDX-License-Identifier: Apache-2.0
// Names, paths and sections on the command line, and `systole list`.
#include <gmock/gmock.h>

#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Names : public WorkerTest {
protected:
    std::string file(const std::string& name) const { return (folder_ / name).string(); }
    std::string copied(const std::string& shipped, const std::string& name) const {
        write(name, contentOf(sourceFile("configs/" + shipped)));
        return shellWord(file(name));
    }
    /// The text of a command that must fail as the user's mistake.
    static std::string refused(const std::string& arguments) {
        const CommandOutcome outcome = systole(arguments);
        EXPECT_EQ(outcome.exitCode, 2) << arguments << "\n" << outcome.text;
        return outcome.text;
    }
    static void expectDone(const std::string& arguments) {
        const CommandOutcome outcome = systole(arguments);
        EXPECT_EQ(outcome.exitCode, 0) << arguments << "\n" << outcome.text;
    }
};

TEST_F(Names, EveryFragmentIsTakenByItsPath) {
    const std::string gemm = "gemm edge-16x16 8 8 8 --timing-only --quiet --set ";
    expectDone(gemm + "datapath=" + copied("datapaths/e4m3.yaml", "a.yaml"));
    expectDone(gemm + "scheme=" + copied("schemes/int8.yaml", "b.yaml"));
    expectDone(gemm + "technology=" + copied("technology/osu018.yaml", "c.yaml"));
    expectDone(gemm + "dram=" + copied("dram/hbm2.yaml", "d.yaml"));
    expectDone(gemm + "dram.controller=" + copied("dram_controllers/postponing.yaml", "e.yaml"));
    expectDone(gemm + "dram.standard=" + copied("dram_standards/ddr4.yaml", "f.yaml"));
    expectDone("pe --activation int8 --weight int8 --technology " + shellWord(file("c.yaml")));
    expectDone("dram " + shellWord(file("d.yaml")) + " seq --requests 10 --quiet");
}

TEST_F(Names, FormatsAreTakenFromFilesToo) {
    write("fp6.yaml", "exponent: 3\nmantissa: 2\nspecials: none\n");
    write("mx.yaml", "element: e2m1\nblock: 16\nscale: e4m3\ntensor_scale: true\n");
    EXPECT_THAT(systole("formats " + shellWord(file("fp6.yaml"))).text, HasSubstr("e3m2b3_none"));
    EXPECT_THAT(systole("formats " + shellWord(file("mx.yaml"))).text,
                HasSubstr("e2m1_block16_e4m3_tensor"));
    expectDone("pe --stimulus none --activation int8 --weight " + shellWord(file("fp6.yaml")));
    expectDone("gemm edge-16x16 8 8 8 --quiet --set datapath.weight=" +
               shellWord(file("fp6.yaml")));
    EXPECT_THAT(refused("formats " + source("configs/datapaths/int8.yaml")),
                HasSubstr("is a datapath, expected a number format"));
    EXPECT_THAT(refused("formats ./nowhere.yaml"), HasSubstr("no such file 'nowhere.yaml'"));
}

TEST_F(Names, PrintedNamesOfFormatsAreRead) {
    for (const char* name : {"e2m2b1_none", "ue4m3b7_nan_only_flushed", "int8_fraction6",
                             "'codebook[-1,0.25,1]'", "e2m1_block16_e4m3_tensor"}) {
        expectDone(std::string("formats ") + name);
    }
    expectDone("gemm edge-16x16 8 8 8 --quiet --set datapath.weight=e2m2b1_none");
}

TEST_F(Names, ComparedDatapathsAreNamesFilesOrSections) {
    const std::string path = copied("datapaths/e4m3.yaml", "mine.yaml");
    const CommandOutcome outcome =
        systole("compare edge-16x16 resnet8_fmnist --images 1 --quiet --formats int8," + path +
                ",'{activation: int8, weight: int4, accumulator: int32}' --json " +
                shellWord(file("c.json")));
    EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
    const nlohmann::json formats = jsonOf(folder_ / "c.json").at("formats");
    ASSERT_EQ(formats.size(), 3U);
    const auto weightOf = [&](std::size_t i) {
        return formats[i].at("result").at("config").at("resolved").at("datapath").at("weight");
    };
    EXPECT_EQ(weightOf(1), "e4m3");
    EXPECT_EQ(weightOf(2), "int4");
}

TEST_F(Names, AFileOfAnotherKindIsRefusedByWhatItIs) {
    EXPECT_THAT(refused("gemm edge-16x16 8 8 8 --set technology=node_scaling"),
                AllOf(HasSubstr("is a table of process nodes, expected a technology"),
                      Not(HasSubstr("missing key"))));
    EXPECT_THAT(refused("run resnet8_fmnist edge-16x16"),
                HasSubstr("'resnet8_fmnist' is the name of a workload, expected an accelerator"));
    EXPECT_THAT(refused("run " + source("traces/resnet8_fmnist/model.onnx") + " " +
                        source("configs/accelerators/edge-16x16.yaml")),
                AllOf(HasSubstr("is an ONNX model (CONFIG stands before WORKLOAD), expected an "
                                "accelerator"),
                      Not(HasSubstr("0x08"))));
    EXPECT_THAT(
        refused("run " + source("traces/resnet8_fmnist/workload.yaml") + " edge-16x16"),
        HasSubstr("is a workload (CONFIG stands before WORKLOAD), expected an accelerator"));
    EXPECT_THAT(refused("run edge-16x16 " + source("configs/datapaths/int8.yaml")),
                HasSubstr("is a datapath, expected a workload"));
    EXPECT_THAT(refused("quantize resnet8_fmnist " + source("configs/datapaths/int8.yaml") +
                        " -o " + shellWord(file("q.onnx"))),
                HasSubstr("is a datapath, expected a quantization scheme"));
    EXPECT_THAT(refused("sweep " + source("configs/accelerators/edge-16x16.yaml")),
                HasSubstr("is an accelerator, expected a sweep"));
    EXPECT_THAT(refused("dram " + source("configs/dram_standards/ddr4.yaml") + " seq"),
                HasSubstr("is a DRAM standard, expected a memory, or an accelerator"));
}

TEST_F(Names, UnknownNamesSayWhatWasMeantAndWhatLists) {
    EXPECT_THAT(refused("run edge-16x17 resnet8_fmnist"),
                HasSubstr("unknown accelerator 'edge-16x17' (did you mean 'edge-16x16'?), expected "
                          "a file, or a name that `systole list accelerators` lists"));
    EXPECT_THAT(refused("run edge-16x16 resnet8_mnist"),
                HasSubstr("unknown workload 'resnet8_mnist' (did you mean 'resnet8_fmnist'?), "
                          "expected a file, or a name that `systole list workloads` lists"));
    EXPECT_THAT(refused("dram ddr4_240 seq"), HasSubstr("did you mean 'ddr4_2400'?"));
    EXPECT_THAT(refused("sweep array_by_formt"), HasSubstr("did you mean 'array_by_format'?"));
    EXPECT_THAT(refused("pe --activation int8 --weight int8 --technology generic_45mn"),
                HasSubstr("did you mean 'generic_45nm'?"));
    EXPECT_THAT(refused("quantize resnet8_fmnist int8_fixedpoint -o " + shellWord(file("q.onnx"))),
                HasSubstr("did you mean 'int8_fixed_point'?"));
}

TEST_F(Names, OverridesSayWhoseKeysCount) {
    EXPECT_THAT(refused("dram ddr4_2400 seq --requests 10 --set dram.organization.channels=2"),
                AllOf(HasSubstr("unknown key 'dram' (did you mean 'organization.channels'?)"),
                      HasSubstr("ddr4_2400.yaml, a memory"), Not(HasSubstr("missing"))));
    EXPECT_THAT(refused("dram edge-16x16 seq --requests 10 --set organization.channels=2"),
                AllOf(HasSubstr("did you mean 'dram.organization.channels'?"),
                      HasSubstr("edge-16x16.yaml, an accelerator")));
    EXPECT_THAT(refused("gemm edge-16x16 8 8 8 --set array.cols=8"),
                HasSubstr("array: unknown key 'cols' (did you mean 'columns'?)"));
    EXPECT_THAT(refused("gemm edge-16x16 8 8 8 --set cols=8"),
                HasSubstr("(did you mean 'array.columns' or 'dram.organization.columns'?)"));
    EXPECT_THAT(refused("gemm edge-16x16 8 8 8 --set array.dataflow=ws"),
                HasSubstr("(did you mean 'weight_stationary'?)"));
    EXPECT_THAT(refused("gemm edge-16x16 8 8 8 --set datapath.weight=fp8"),
                HasSubstr("(did you mean 'e4m3'?)"));
    EXPECT_THAT(refused("gemm edge-16x16 8 8 8 --set datapath.accumulator=int23_satrate"),
                Not(HasSubstr("did you mean 'int32")));
}

TEST_F(Names, OptionsAndCommandsAreSuggestedToo) {
    EXPECT_THAT(refused("gemm edge-16x16 8 8 8 --sett array.rows=8"),
                HasSubstr("--sett: unknown option of `systole gemm` (did you mean '--set'?)"));
    EXPECT_THAT(refused("run edge-16x16 resnet8_fmnist --tensor x"),
                HasSubstr("(did you mean '--tensors'?)"));
    EXPECT_THAT(refused("area edge-16x16 --images 3"),
                HasSubstr("--images: unknown option of `systole area`, which "));
    EXPECT_THAT(refused("lst"), HasSubstr("lst: unknown command (did you mean 'list'?)"));
    EXPECT_THAT(refused("golden chek x"), HasSubstr("(did you mean 'check'?)"));
    EXPECT_THAT(
        refused("pe --activation int8 --weight int8 --goal sped"),
        HasSubstr("unknown value 'sped' (did you mean 'speed'?), expected one of area, speed"));
}

TEST_F(Names, NumbersOfTheCommandLineAreDecimal) {
    const auto cyclesOf = [&](const std::string& options) {
        expectDone("gemm edge-16x16 8 8 8 --quiet " + options + " --json " +
                   shellWord(file("n.json")));
        return contentOf(folder_ / "n.json");
    };
    EXPECT_EQ(cyclesOf("--seed 010"), cyclesOf("--seed 10"));
    EXPECT_NE(cyclesOf("--seed 010"), cyclesOf("--seed 8"));
    expectDone("gemm edge-16x16 010 8 8 --quiet --json " + shellWord(file("m.json")));
    EXPECT_THAT(contentOf(folder_ / "m.json"), HasSubstr("gemm 10x8x8"));
    EXPECT_THAT(refused("gemm edge-16x16 0x10 8 8"), HasSubstr("M: '0x10' is not an integer"));
}

TEST_F(Names, ListHasEveryNameWithASentence) {
    systole("list --json " + shellWord(file("l.json")));
    const nlohmann::json list = jsonOf(folder_ / "l.json");
    EXPECT_EQ(list.at("schema"), "systole-list/1");
    std::map<std::string, std::set<std::string>> names;
    for (const auto& kind : list.at("kinds")) {
        EXPECT_FALSE(kind.at("searched").empty());
        for (const auto& entry : kind.at("entries")) {
            names[kind.at("kind")].insert(entry.at("name"));
            EXPECT_GT(entry.at("description").get<std::string>().size(), 10U) << entry;
        }
    }
    EXPECT_TRUE(names["accelerators"].contains("edge-16x16"));
    EXPECT_TRUE(names["workloads"].contains("resnet8_fmnist"));
    EXPECT_TRUE(names["dram"].contains("ddr4_2400"));
    EXPECT_TRUE(names["datapaths"].contains("e4m3_fp32"));
    EXPECT_TRUE(names["schemes"].contains("int8_fixed_point"));
    EXPECT_TRUE(names["sweeps"].contains("array_by_format"));
    EXPECT_TRUE(names["formats"].contains("mxfp4"));
    EXPECT_TRUE(names["technologies"].contains("osu018"));
    EXPECT_FALSE(names["technologies"].contains("node_scaling"));
}

TEST_F(Names, ListPrintsAKindInNarrowLinesWithItsFolders) {
    write("mine/dram/own.yaml", "# A memory of mine. It is fast.\nmodel: ideal\nsource: me\n");
    write("mine/dram/plain.yaml", "model: ideal\nsource: me\n");
    ::setenv("SYSTOLE_CONFIGS", file("mine").c_str(), 1);
    const CommandOutcome outcome = systole("list dram");
    ::unsetenv("SYSTOLE_CONFIGS");
    EXPECT_EQ(outcome.exitCode, 0);
    EXPECT_THAT(outcome.text, HasSubstr("dram\nin " + file("mine/dram") + ":\n"));
    EXPECT_THAT(outcome.text, HasSubstr("  A memory of mine.\n"));
    EXPECT_THAT(outcome.text, HasSubstr("  model: ideal, source: me\n"));
    EXPECT_THAT(outcome.text, HasSubstr("  DDR4-2400, one rank of eight"));
    EXPECT_THAT(refused("list drams"), HasSubstr("unknown kind (did you mean 'dram'?), expected"));
    EXPECT_THAT(systole("list technology").text, HasSubstr("  osu018"));
}

}  // namespace
}  // namespace systole::sim
