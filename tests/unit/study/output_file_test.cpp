// SPDX-License-Identifier: Apache-2.0
// Outputs that would take the place of something. Whole calls are in tests/fuzz/hostile_calls.tsv.
#include "sim/base/output_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Kind = Output::Kind;

class OutputFiles : public ConfigTest {
protected:
    std::string path(const std::string& name) const { return (folder_ / name).string(); }

    std::string problemOf(const std::vector<Output>& outputs) const {
        try {
            checkOutputs(outputs);
            return "";
        } catch (const ConfigError& error) {
            return error.what();
        }
    }

    std::size_t filesInFolder() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }
};

TEST_F(OutputFiles, NoneIsAnInputByAnyName) {
    write("config.yaml", "a: 1");
    EXPECT_EQ(readInput(path("config.yaml"), 100).text, "a: 1");
    fs::create_hard_link(path("config.yaml"), path("hard"));
    fs::create_symlink("config.yaml", path("soft"));
    fs::create_directory(path("below"));
    for (const char* name : {"config.yaml", "hard", "soft", "below/../config.yaml"}) {
        EXPECT_EQ(problemOf({{"--json", path(name)}}),
                  "--json " + path(name) + ": is read by this run, expected another file");
        EXPECT_THROW(writeFileAtomically(path(name), "gone"), ConfigError);
    }
    EXPECT_EQ(readInput(path("config.yaml"), 100).text, "a: 1");
    EXPECT_EQ(problemOf({{"--json", path("other")}}), "");
}

TEST_F(OutputFiles, NoTwoAreOne) {
    fs::create_symlink("new", path("link"));
    fs::create_directory_symlink(folder_, path("again"));
    write("old", "x");
    fs::create_hard_link(path("old"), path("older"));
    const auto together = [&](const std::string& first, const std::string& second) {
        return problemOf({{"--json", first}, {"--csv", second}});
    };
    const std::string same = "both would be written to the same file";
    EXPECT_THAT(together(path("new"), path("new")), HasSubstr(same));
    EXPECT_THAT(together(path("new"), path("./new")), HasSubstr(same));
    EXPECT_THAT(together(path("new"), path("link")), HasSubstr(same));
    EXPECT_THAT(together(path("new"), path("again/new")), HasSubstr(same));
    EXPECT_THAT(together(path("old"), path("older")), HasSubstr(same));
    EXPECT_THAT(together("-", "/dev/stdout"), HasSubstr(same));
    EXPECT_THAT(
        problemOf({{"--json", path("t")}, {"--tensors", path("t"), Output::Kind::TensorFolder}}),
        HasSubstr(same));
    EXPECT_EQ(together(path("new"), path("New")), "");
    EXPECT_EQ(together("/dev/null", "/dev/null"), "");
    EXPECT_EQ(together("", path("new")), "");
}

TEST_F(OutputFiles, AreLookedOverWithoutATrace) {
    const std::size_t before = filesInFolder();
    EXPECT_EQ(problemOf({{"--json", path("a")},
                         {"--csv", path("b")},
                         {"--tensors", path("c/d"), Kind::TensorFolder}}),
              "");
    EXPECT_EQ(filesInFolder(), before);
}

TEST_F(OutputFiles, GoldensAreReplacedOnlyWhenTheyAreMeant) {
    write("golden.json", "{\n \"schema\": \"systole-golden/1\",\n");
    write("other.json", "{}");
    EXPECT_THAT(problemOf({{"--csv", path("golden.json")}}), HasSubstr("is a golden, which only"));
    EXPECT_THAT(problemOf({{"GOLDEN", path("golden.json"), Kind::NewGolden}}),
                HasSubstr("is there already"));
    EXPECT_EQ(problemOf({{"GOLDEN", path("golden.json"), Kind::GoldenAnew}}), "");
    EXPECT_THAT(problemOf({{"GOLDEN", path("other.json"), Kind::GoldenAnew}}),
                HasSubstr("is no golden"));
    EXPECT_EQ(problemOf({{"GOLDEN", path("new.json"), Kind::NewGolden}}), "");
}

TEST_F(OutputFiles, ALongNameIsFoundOutBeforeTheRun) {
    EXPECT_EQ(problemOf({{"--json", path(std::string(255, 'n'))}}), "");
    EXPECT_THAT(problemOf({{"--json", path(std::string(256, 'n'))}}),
                HasSubstr("File name too long"));
    writeFileAtomically(path(std::string(255, 'n')), "whole");
    EXPECT_TRUE(fs::exists(path(std::string(255, 'n'))));
}

TEST_F(OutputFiles, KeepTheirLinksAndPermissions) {
    write("old", "before");
    fs::permissions(path("old"), fs::perms::owner_read | fs::perms::owner_write);
    fs::create_symlink("old", path("link"));
    fs::create_symlink("new", path("dangling"));
    writeFileAtomically(path("link"), "after");
    writeFileAtomically(path("dangling"), "first");
    EXPECT_TRUE(fs::is_symlink(path("link")));
    EXPECT_EQ(readInput(path("old"), 100).text, "after");
    EXPECT_EQ(fs::status(path("old")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(readInput(path("new"), 100).text, "first");
}

TEST_F(OutputFiles, AnAbandonedOneLeavesNothing) {
    const std::size_t before = filesInFolder();
    {
        AtomicFile file(path("half"));
        file.write("half");
    }
    EXPECT_EQ(filesInFolder(), before);
}

TEST_F(OutputFiles, AFullDiskLeavesWhatWasThere) {
    write("old", "before");
    const std::size_t before = filesInFolder();
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit small{1000, limit.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string message =
        messageOf([&] { writeFileAtomically(path("old"), std::string(2000, 'x')); });
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(message, "old: cannot be written: File too large");
    EXPECT_EQ(filesInFolder(), before);
    EXPECT_EQ(readInput(path("old"), 100).text, "before");
}

TEST_F(OutputFiles, InputsThatMayNeverEndAreRefused) {
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    fs::create_symlink("loop", path("loop"));
    fs::create_symlink("/dev/zero", path("zero"));
    write("long", std::string(101, 'x'));
    EXPECT_EQ(readInput("/dev/zero", 100).problem, "is a device");
    EXPECT_EQ(readInput(path("zero"), 100).problem, "is a device");
    EXPECT_EQ(readInput(path("pipe"), 100).problem, "is a pipe, whose writer may never come");
    EXPECT_EQ(readInput(path("loop"), 100).problem, "is a link that leads back to itself");
    EXPECT_EQ(readInput(folder_, 100).problem, "is a directory");
    EXPECT_EQ(readInput(path("none"), 100).problem, "does not exist");
    EXPECT_EQ(readInput("", 100).problem, "has an empty name");
    EXPECT_EQ(readInput(path("long"), 100).problem, "has more than 100 bytes");
    EXPECT_EQ(inputProblem(path("long")), "");
}

}  // namespace
}  // namespace systole::sim
