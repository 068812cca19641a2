// SPDX-License-Identifier: Apache-2.0
// Wherever a name is taken, a path is, and the section itself: one table of all such places.
#include <gmock/gmock.h>

#include "sim/base/text.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A command line with `@` where a name, a path or a section stands.
struct Place {
    std::string arguments;
    std::string name;
    std::string file;     ///< of the source tree
    std::string section;  ///< `@source@` is the source tree
};

const std::string kRun = " resnet8_fmnist --timing-only --quiet";
const std::string kGemm = "gemm edge-16x16 8 8 8 --timing-only --quiet --set ";
const std::string kMachine = "{base: edge-16x16, array: {rows: 8}}";
const std::string kNetwork =
    "{name: mine, model: @source@/traces/resnet8_fmnist/model.onnx, input: {scale: 0.01, "
    "offset: -1}, data: {images: @source@/traces/resnet8_fmnist/images.idx3-ubyte, calibration: "
    "@source@/traces/resnet8_fmnist/calibration.idx3-ubyte}}";
const std::string kDatapath = "{activation: int8, weight: int4, accumulator: int32}";

const std::vector<Place>& places() {
    static const std::string kEdge = "configs/accelerators/edge-16x16.yaml";
    static const std::string kResnet = "traces/resnet8_fmnist/workload.yaml";
    static const std::vector<Place> kPlaces{
        {"run @" + kRun, "edge-16x16", kEdge, kMachine},
        {"run edge-16x16 @ --timing-only --quiet", "resnet8_fmnist", kResnet, kNetwork},
        {"gemm @ 8 8 8 --quiet", "edge-16x16", kEdge, kMachine},
        {"area @", "edge-16x16", kEdge, kMachine},
        {"dram @ seq --requests 10 --quiet", "hbm2", "configs/dram/hbm2.yaml",
         "{base: hbm2, organization: {channels: 4}}"},
        {"dram @ seq --requests 10 --quiet", "edge-16x16", kEdge,
         "{base: edge-16x16, dram: ddr4_3200}"},
        {"quantize @ int8 -o q.onnx", "resnet8_fmnist", kResnet, kNetwork},
        {"quantize resnet8_fmnist @ -o q.onnx", "int8", "configs/schemes/int8.yaml",
         "{base: int8, calibration: {images: 2}}"},
        {"golden record @ resnet8_fmnist g.json --force --images 1", "edge-16x16", kEdge, kMachine},
        {"golden record edge-16x16 @ g.json --force --images 1", "resnet8_fmnist", kResnet,
         kNetwork},
        {"compare @ resnet8_fmnist --images 1 --quiet --formats int8", "edge-16x16", kEdge,
         kMachine},
        {"compare edge-16x16 @ --images 1 --quiet --formats int8", "resnet8_fmnist", kResnet,
         kNetwork},
        {"compare edge-16x16 resnet8_fmnist --images 1 --quiet --formats int8,@", "int4",
         "configs/datapaths/e4m3.yaml", kDatapath},
        {"compare edge-16x16 resnet8_fmnist --images 1 --quiet --formats int8 --scheme @", "int8",
         "configs/schemes/int8.yaml", "{base: int8, calibration: {images: 2}}"},
        {"pe --weight int8 --stimulus none --activation @", "int8", "", "{bits: 5}"},
        {"pe --activation int8 --stimulus none --weight @", "int8", "",
         "{exponent: 3, mantissa: "
         "2, specials: none}"},
        {"pe --activation int8 --weight int8 --stimulus none --accumulator @", "int24", "",
         "{integer: 24, overflow: saturate}"},
        {"pe --activation int8 --weight int8 --stimulus none --technology @", "osu018",
         "configs/technology/osu018.yaml", "{base: osu018, name: mine}"},
        {"formats @", "e4m3", "", "{posit: 6, es: 1}"},
        {kGemm + "datapath=@", "int4", "configs/datapaths/int4.yaml", kDatapath},
        {kGemm + "datapath=@", "int8", "configs/datapaths/int8.yaml", "{base: int8, weight: int4}"},
        {kGemm + "scheme=@", "int8", "configs/schemes/int8.yaml",
         "{base: int8, accumulator_headroom: 2}"},
        {kGemm + "technology=@", "osu018", "configs/technology/osu018.yaml",
         "{base: osu018, name: mine}"},
        {kGemm + "dram=@", "hbm2", "configs/dram/hbm2.yaml",
         "{base: hbm2, organization: {channels: 4}}"},
        {kGemm + "dram.controller=@", "postponing", "configs/dram_controllers/postponing.yaml",
         "{base: postponing}"},
        {kGemm + "dram.standard=@", "ddr4", "configs/dram_standards/ddr4.yaml", "{base: ddr4}"},
        {kGemm + "datapath.weight=@", "int4", "", "{bits: 4}"},
        {kGemm + "datapath.activation=@", "int4", "", "{bits: 4, signed: true}"},
        {kGemm + "datapath.accumulator=@", "int24", "", "{integer: 24, overflow: wrap}"},
    };
    return kPlaces;
}

class InlineSections : public WorkerTest {
protected:
    InlineSections() : before_(std::filesystem::current_path()) {
        std::filesystem::current_path(folder_);
    }
    ~InlineSections() override { std::filesystem::current_path(before_); }

    static void expectTaken(const Place& place, std::string given) {
        for (std::size_t at; (at = given.find("@source@")) != std::string::npos;) {
            given.replace(at, 8, SYSTOLE_SOURCE_DIR);
        }
        std::string arguments = place.arguments;
        arguments.replace(arguments.find('@'), 1, shellWord(given));
        const CommandOutcome outcome = systole(arguments);
        EXPECT_EQ(outcome.exitCode, 0) << arguments << "\n" << outcome.text;
    }

private:
    std::filesystem::path before_;
};

TEST_F(InlineSections, EveryPlaceTakesAName) {
    for (const Place& place : places()) expectTaken(place, place.name);
}

TEST_F(InlineSections, EveryPlaceTakesAPath) {
    for (const Place& place : places()) {
        if (!place.file.empty()) {
            expectTaken(place, sourceFile(place.file));
        } else {
            write("mine.yaml", place.section + "\n");
            expectTaken(place, "./mine.yaml");
        }
    }
}

TEST_F(InlineSections, EveryPlaceTakesTheSectionItself) {
    for (const Place& place : places()) expectTaken(place, place.section);
}

TEST_F(InlineSections, SweepsAreTakenSoWithTheirConfigAndWorkload) {
    const std::string sweep = "{name: s, timing_only: true, config: " + kMachine +
                              ", workload: " + kNetwork +
                              ", grid: [{key: datapath, values: [int8, " + kDatapath +
                              "]}, "
                              "{key: 'mapping.layers.\"stage1.conv1\".output_channels', values: "
                              "[16]}]}";
    expectTaken({"sweep @ --quiet --json s.json", "", "", ""}, sweep);
    EXPECT_EQ(jsonOf(folder_ / "s.json").at("points").size(), 2U);
    expectTaken({"sweep @ --timing-only --quiet", "", "", ""},
                sourceFile("configs/sweeps/array_by_format.yaml"));
}

TEST_F(InlineSections, AGoldenOfSectionsIsCheckedFromAnotherFolder) {
    const std::string record = "golden record " + shellWord(kMachine) + " resnet8_fmnist ";
    EXPECT_EQ(systole(record + shellWord((folder_ / "g.json").string()) + " --images 1").exitCode,
              0);
    std::filesystem::create_directory(folder_ / "below");
    std::filesystem::current_path(folder_ / "below");
    const CommandOutcome equal = systole("golden check ../g.json");
    EXPECT_EQ(equal.exitCode, 0) << equal.text;
    const CommandOutcome other =
        systole("golden check ../g.json --config '{base: edge-16x16, array: {rows: 4}}'");
    EXPECT_EQ(other.exitCode, 1);
    EXPECT_THAT(other.text, HasSubstr("config: array.rows: 4, recorded 8\n"));
}

TEST_F(InlineSections, TheResultIsThatOfAFileThatSaysTheSame) {
    write("mine.yaml", "base: edge-16x16\narray: {rows: 8}\n");
    systole("gemm mine.yaml 40 40 40 --quiet --json a.json");
    systole("gemm " + shellWord(kMachine) + " 40 40 40 --quiet --json b.json");
    const nlohmann::json file = jsonOf("a.json");
    const nlohmann::json section = jsonOf("b.json");
    EXPECT_EQ(file.at("totals"), section.at("totals"));
    EXPECT_EQ(file.at("config").at("resolved"), section.at("config").at("resolved"));
    EXPECT_EQ(section.at("config").at("file"), kMachine);
}

TEST_F(InlineSections, MistakesInThemAreNamed) {
    const auto refused = [](const std::string& arguments) {
        const CommandOutcome outcome = systole(arguments);
        EXPECT_EQ(outcome.exitCode, 2) << arguments;
        return outcome.text;
    };
    EXPECT_THAT(refused("area '{base: edge-16x16, array: {rowz: 8}}'"),
                AllOf(HasSubstr("{base: edge-16x16, array: {rowz: 8}}: array: unknown key 'rowz'"),
                      HasSubstr("did you mean 'rows'")));
    EXPECT_THAT(refused("area '{base: edge-16x17}'"),
                HasSubstr("base: unknown accelerator 'edge-16x17' (did you mean 'edge-16x16'?)"));
    EXPECT_THAT(refused("area '{base: edge-16x16'"), HasSubstr("is every bracket closed?"));
    EXPECT_THAT(refused("area '{}'"), HasSubstr("missing key"));
    EXPECT_THAT(refused("area '{activation: int8, weight: int8, accumulator: exact}'"),
                HasSubstr("is a datapath, expected an accelerator"));
    EXPECT_THAT(refused("run edge-16x16 '{base: resnet8_fmnist, nam: x}' --timing-only"),
                HasSubstr("unknown key 'nam' (did you mean 'name'?)"));
    EXPECT_THAT(refused("run edge-16x16 '{name: x}'"), HasSubstr("missing key"));
    EXPECT_THAT(refused("dram '{base: generic_45nm}' seq"),
                HasSubstr("'generic_45nm' is the name of a technology, expected a memory, or an "
                          "accelerator"));
}

TEST_F(InlineSections, OneMessageForABlockFormat) {
    const CommandOutcome outcome = systole("gemm edge-16x16 4 4 4 --set datapath=mxint8");
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_EQ(linesOf(outcome.text).size(), 1U) << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr("mxint8 is a block format"));
    write("mxint8.yaml", "activation: int8\nweight: int8\naccumulator: int32\n");
    EXPECT_EQ(systole("gemm edge-16x16 4 4 4 --quiet --set datapath=./mxint8.yaml").exitCode, 0);
}

}  // namespace
}  // namespace systole::sim
