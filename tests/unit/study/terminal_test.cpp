// SPDX-License-Identifier: Apache-2.0
// What a person sees who sits at a terminal: progress of everything that lasts longer than two
// seconds, and lines of at most 100 columns.
#include <gmock/gmock.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "sim/base/text.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using Clock = std::chrono::steady_clock;

class Terminal : public WorkerTest {
protected:
    /// What the command shows on a terminal, until it ends or has shown `awaited`.
    static std::string shown(const std::vector<std::string>& arguments,
                             const std::string& awaited = "\x01") {
        int terminal = -1;
        const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
        if (child == 0) {
            std::vector<char*> words{const_cast<char*>(SYSTOLE_EXECUTABLE)};
            for (const std::string& word : arguments)
                words.push_back(const_cast<char*>(word.c_str()));
            words.push_back(nullptr);
            ::execv(SYSTOLE_EXECUTABLE, words.data());
            ::_exit(127);
        }
        std::string text;
        std::array<char, 4096> part{};
        const auto end = Clock::now() + std::chrono::seconds(60);
        while (text.find(awaited) == std::string::npos && Clock::now() < end) {
            pollfd ready{terminal, POLLIN, 0};
            if (::poll(&ready, 1, 1000) <= 0) continue;
            const ssize_t count = ::read(terminal, part.data(), part.size());
            if (count <= 0) break;
            text.append(part.data(), static_cast<std::size_t>(count));
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(terminal);
        return text;
    }

    static void expectNarrow(const std::string& text) {
        for (const std::string& line : linesOf(text)) {
            EXPECT_LE(line.size(), kTextColumns + 1) << line;  // and the carriage return
        }
    }
};

TEST_F(Terminal, AProductShowsItsFolds) {
    EXPECT_THAT(shown({"gemm", "edge-16x16", "1200", "1200", "1200"}, "/16875"),
                ContainsRegex("\r.\\[KFolds \\[[#.]+\\] [0-9]+/16875"));
}

TEST_F(Terminal, ASingleImageShowsWhatIsDone) {
    OnnxTestModel model({1, 256, 64, 64});
    model.weights("w", {256, 256, 3, 3}, std::vector<float>(256 * 256 * 9, 0.01F));
    model.node("Conv", {"x", "w"}, "y").integers("pads", {1, 1, 1, 1});
    const std::string file = model.save(folder_ / "m.onnx").string();
    EXPECT_THAT(shown({"run", "edge-16x16", file, "--images", "1"}, "] "),
                ContainsRegex("\r.\\[K(Calibration|Sums of calibration|Folds|Inference|Mapping) "
                              "\\[[#.]+\\] [0-9]+/[0-9]+, [0-9]+ s"));
}

TEST_F(Terminal, WorkersThatHaveNotEndedYetShow) {
    EXPECT_THAT(shown({"compare", "edge-16x16", "resnet8_fmnist", "--images", "2000", "--formats",
                       "int8,e4m3"},
                      "0/2, 2 s"),
                HasSubstr("Formats [........................................] 0/2, 2 s"));
}

TEST_F(Terminal, WhatIsQuickShowsNoProgress) {
    EXPECT_THAT(shown({"gemm", "edge-16x16", "8", "8", "8"}), Not(HasSubstr("\x1b")));
}

TEST_F(Terminal, MessagesGoOnBelow) {
    for (const std::vector<std::string>& call :
         {std::vector<std::string>{"dram", "nothing_like_it", "seq"},
          {"gemm", "edge-16x16", "4", "4", "4", "--set", "datapath.weight=zzz"},
          {"gemm", "edge-16x16", "4", "4", "4", "--set", "zzz=1"},
          {"nothing_like_it"},
          {"run", "edge-16x16", "resnet8_fmnist", "--images", "zero"}}) {
        const std::string text = shown(call);
        expectNarrow(text);
        EXPECT_GT(linesOf(text).size(), 1U) << text;
    }
}

TEST_F(Terminal, ObstaclesOfAModelGoOnBelow) {
    OnnxTestModel model({1, 1, 4, 4});
    std::string last = "x";
    for (int i = 0; i < 30; ++i) {
        const std::string next = "tensor" + std::to_string(i);
        model.node("NonMaxSuppression", {last}, next);
        last = next;
    }
    const std::string file = model.save(folder_ / "m.onnx").string();
    const std::string text = shown({"run", "edge-16x16", file});
    expectNarrow(text);
    EXPECT_THAT(text, HasSubstr("'tensor29_node'"));
}

TEST_F(Terminal, ElsewhereAProblemIsOneLine) {
    EXPECT_EQ(linesOf(systole("dram nothing_like_it seq").text).size(), 1U);
}

}  // namespace
}  // namespace systole::sim
