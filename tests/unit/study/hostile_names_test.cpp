// SPDX-License-Identifier: Apache-2.0
// Names of a user that hold a line break and what a terminal obeys: no output shows them as they
// are, and no line of it is broken by one.
#include <gmock/gmock.h>

#include "sim/base/text.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kEvil = "a\nb\x1b[31m";
const std::string kShown = "a\\nb\\x1b[31m";

class HostileNames : public WorkerTest {
protected:
    HostileNames() : before_(std::filesystem::current_path()) {
        std::filesystem::current_path(folder_);
        OnnxTestModel model({1, 1, 4, 4});
        model.graph().mutable_input(0)->set_name("x" + kEvil);
        model.weights("w" + kEvil, {2, 1, 3, 3}, std::vector<float>(18, 0.1F));
        model.node("Conv", {"x" + kEvil, "w" + kEvil}, "t" + kEvil)
            .lastNode()
            .set_name("n" + kEvil);
        model.node("Relu", {"t" + kEvil}, "y" + kEvil).lastNode().set_name("r" + kEvil);
        model.save(folder_ / (kEvil + ".onnx"));
        write(kEvil + ".yaml", "base: edge-16x16\nname: \"m" + yamlEvil() + "\"\n");
    }
    ~HostileNames() override { std::filesystem::current_path(before_); }

    static std::string yamlEvil() { return "a\\nb\\e[31m"; }

    /// What a command with these names says.
    static CommandOutcome said(const std::string& arguments) {
        CommandOutcome outcome = systole(arguments);
        EXPECT_THAT(outcome.text, AllOf(Not(HasSubstr("a\nb")), Not(HasSubstr("\x1b"))))
            << arguments;
        return outcome;
    }
    static std::string done(const std::string& arguments) {
        CommandOutcome outcome = said(arguments);
        EXPECT_EQ(outcome.exitCode, 0) << arguments << "\n" << outcome.text;
        return outcome.text;
    }
    static std::string refused(const std::string& arguments) {
        CommandOutcome outcome = said(arguments);
        EXPECT_EQ(outcome.exitCode, 2) << arguments << "\n" << outcome.text;
        return outcome.text;
    }
    static void expectPlain(const std::filesystem::path& file) {
        EXPECT_THAT(contentOf(file), AllOf(Not(HasSubstr("a\nb")), Not(HasSubstr("\x1b")))) << file;
    }

    const std::string model_ = shellWord(kEvil + ".onnx");
    const std::string config_ = shellWord(kEvil + ".yaml");
    const std::string word_ = shellWord(kEvil);

private:
    std::filesystem::path before_;
};

TEST_F(HostileNames, ARunShowsThemAsEscapesInTablesAndFiles) {
    const std::string text =
        done("run " + config_ + " " + model_ + " --json r.json --csv r.csv --tensors t --explain");
    EXPECT_THAT(text, AllOf(HasSubstr("n" + kShown), HasSubstr(kShown + " on m" + kShown)));
    for (const char* file : {"r.json", "r.csv", "t/manifest.json"}) expectPlain(file);
    for (const auto& entry : std::filesystem::directory_iterator("t")) {
        EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("\n")));
    }
    EXPECT_EQ(linesOf(contentOf("r.csv")).size(), 3U);  // header, layer, total
}

TEST_F(HostileNames, QuantizeWritesAndShowsThem) {
    EXPECT_THAT(done("quantize " + model_ + " int8 -o " + shellWord("q" + kEvil)),
                HasSubstr("x" + kShown));
    EXPECT_TRUE(std::filesystem::exists("q" + kEvil));
}

TEST_F(HostileNames, CompareShowsThem) {
    write("d" + kEvil + ".yaml", "activation: int8\nweight: int4\naccumulator: int32\n");
    EXPECT_THAT(done("compare " + config_ + " " + model_ + " --images 1 --formats int8," +
                     shellWord("./d" + kEvil + ".yaml") + " --csv c.csv --json c.json"),
                HasSubstr(kShown));
    expectPlain("c.json");
    EXPECT_EQ(linesOf(contentOf("c.csv")).size(), 3U);
}

TEST_F(HostileNames, SweepsShowThem) {
    write("s.yaml", "name: \"s" + yamlEvil() + "\"\nconfig: \"" + yamlEvil() +
                        ".yaml\"\nworkload: \"" + yamlEvil() +
                        ".onnx\"\ntiming_only: true\ngrid: [{key: "
                        "'mapping.layers.\"*\".output_channels', values: [16, 32]}]\n");
    done("sweep s.yaml --csv s.csv --json s.json");
    expectPlain("s.json");
    write("bad.yaml", "name: s\nconfig: \"no" + yamlEvil() +
                          "\"\nworkload: resnet8_fmnist\n"
                          "grid: [{key: \"k" +
                          yamlEvil() + "\", values: [1]}]\n");
    refused("sweep bad.yaml");
}

TEST_F(HostileNames, GoldensSayThem) {
    const std::string golden = shellWord("g" + kEvil);
    EXPECT_THAT(done("golden record " + config_ + " " + model_ + " " + golden),
                HasSubstr("in g" + kShown));
    EXPECT_THAT(done("golden check " + golden), HasSubstr("g" + kShown + ": equal"));
    const CommandOutcome outcome = said("golden check " + golden + " --set array.rows=8");
    EXPECT_EQ(outcome.exitCode, 1);
    EXPECT_THAT(outcome.text, HasSubstr("/layers/n" + kShown));
}

TEST_F(HostileNames, OtherNamesOfFilesAndConfigs) {
    write("t" + kEvil, "0 read 0x40\n");
    EXPECT_THAT(done("dram ddr4_2400 " + shellWord("t" + kEvil) + " --json d.json"),
                HasSubstr("t" + kShown + " on "));
    expectPlain("d.json");
    EXPECT_THAT(done("area " + config_), HasSubstr("m" + kShown + " in "));
    EXPECT_THAT(done("gemm " + config_ + " 4 4 4 --vcd " + shellWord("w" + kEvil)),
                HasSubstr("in w" + kShown));
    done("formats \"{bits: 5, name: \\\"" + yamlEvil() + "\\\"}\"");
    done("pe --weight int8 --stimulus none --activation \"{bits: 5, name: \\\"" + yamlEvil() +
         "\\\"}\"");
}

TEST_F(HostileNames, MessagesQuoteThemInOneLine) {
    write("empty" + kEvil + ".onnx", "");
    for (const std::string& arguments :
         {"run " + word_ + " resnet8_fmnist",
          "run edge-16x16 " + word_,
          "run edge-16x16 " + shellWord("empty" + kEvil + ".onnx"),
          "run edge-16x16 " + shellWord("no" + kEvil + ".yaml"),
          "run edge-16x16 resnet8_fmnist --json " + shellWord("no" + kEvil + "/r.json"),
          "run edge-16x16 resnet8_fmnist --tensors " + shellWord(kEvil + ".yaml"),
          "dram " + word_ + " seq",
          "dram ddr4_2400 " + word_,
          "sweep " + word_,
          "list " + word_,
          "golden check " + word_,
          "golden check " + model_,
          "quantize resnet8_fmnist " + word_ + " -o q",
          "compare edge-16x16 resnet8_fmnist --formats int8," + word_ + " --images 1",
          "compare edge-16x16 resnet8_fmnist --formats int8 --clock " + word_,
          "pe --activation int8 --weight " + word_,
          "pe --activation int8 --weight int8 --goal " + word_,
          "formats " + word_,
          "gemm edge-16x16 4 4 4 --set " + shellWord(kEvil + "=1"),
          "gemm edge-16x16 4 4 4 --set " + shellWord("datapath=" + kEvil),
          "gemm edge-16x16 4 4 4 --seed " + word_,
          "gemm edge-16x16 4 4 " + word_}) {
        EXPECT_LE(linesOf(refused(arguments)).size(), 2U) << arguments;
    }
    EXPECT_EQ(linesOf(refused(shellWord("--" + kEvil))).size(), 1U);
    EXPECT_EQ(linesOf(refused(word_)).size(), 1U);
    EXPECT_EQ(linesOf(refused("run --" + word_)).size(), 1U);
}

}  // namespace
}  // namespace systole::sim
