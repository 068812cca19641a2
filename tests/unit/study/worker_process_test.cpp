// SPDX-License-Identifier: Apache-2.0
#include "sim/base/worker_process.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using testing::ExitedWithCode;
using testing::KilledBySignal;

const auto kIgnore = [] {};

/// Arguments of /bin/sh; in the script, $3 is the result file.
std::vector<std::string> script(const std::string& text) { return {"-c", text, "sh"}; }

std::vector<WorkerOutcome> runScripts(std::size_t jobs, const std::vector<std::string>& texts) {
    std::vector<std::vector<std::string>> lists;
    lists.reserve(texts.size());
    for (const std::string& text : texts) {
        lists.push_back(script(text));
    }
    return runWorkers({.program = "/bin/sh", .jobs = jobs}, lists, kIgnore);
}

std::string failureOf(const std::string& text) { return failureText(runScripts(1, {text})[0]); }

class WorkerProcess : public WorkerTest {
protected:
    /// Lines that take the parent away and then tell whether the worker lives on.
    std::string outlive(const std::string& signal) const {
        return "kill -" + signal + " $PPID; " + live();
    }
    std::string live() const { return "sleep 0.5; touch " + survivor().string(); }
    std::filesystem::path survivor() const { return folder_ / "survivor"; }
};

TEST_F(WorkerProcess, OutcomesStandInTheOrderOfTheArgumentsWhicheverEndsFirst) {
    const auto outcomes = runScripts(2, {"sleep 0.2; printf slow > $3", "printf fast > $3"});
    EXPECT_EQ(outcomes[0].result, "slow");
    EXPECT_EQ(outcomes[1].result, "fast");
    EXPECT_TRUE(outcomes[0].succeeded());
}

TEST_F(WorkerProcess, EveryWorkerIsToldOnceWhetherItEndsWellOrNot) {
    int finished = 0;
    runWorkers({.program = "/bin/sh", .jobs = 2},
               {script("exit 1"), script("kill -KILL $$"), script("true")}, [&] { ++finished; });
    EXPECT_EQ(finished, 3);
}

TEST_F(WorkerProcess, NoWorkersGiveNoOutcomes) {
    EXPECT_TRUE(runWorkers({.program = "/bin/sh"}, {}, kIgnore).empty());
}

TEST_F(WorkerProcess, OneJobRunsOneWorkerAtATime) {
    const std::string lock = (folder_ / "lock").string();
    const std::string text = "mkdir " + lock + " && sleep 0.05 && rmdir " + lock;
    for (const WorkerOutcome& outcome : runScripts(1, {text, text, text})) {
        EXPECT_EQ(failureText(outcome), "");
    }
}

TEST_F(WorkerProcess, TwoJobsRunTwoWorkersAtATime) {
    const auto meet = [&](const std::string& mine, const std::string& other) {
        return fmt::format(
            "touch {0}/{1}; for i in $(seq 500); do [ -e {0}/{2} ] && exit 0; sleep 0.01; done; "
            "exit 1",
            folder_.string(), mine, other);
    };
    for (const WorkerOutcome& outcome : runScripts(2, {meet("a", "b"), meet("b", "a")})) {
        EXPECT_EQ(failureText(outcome), "");
    }
}

TEST_F(WorkerProcess, AFailureIsWhatTheWorkerSaid) {
    EXPECT_EQ(failureOf("echo one >&2; echo two >&2; exit 2"), "one\ntwo");
}

TEST_F(WorkerProcess, AFailureWithoutWordsNamesTheExitCode) {
    EXPECT_EQ(failureOf("exit 7"), "ended with exit code 7");
}

TEST_F(WorkerProcess, ACrashNamesTheSignal) {
    EXPECT_EQ(failureOf("kill -SEGV $$"), "killed by SIGSEGV (Segmentation fault)");
}

TEST_F(WorkerProcess, AProgramThatDoesNotExistIsAFailure) {
    const auto outcomes = runWorkers({.program = "/no/such/program"}, {{}}, kIgnore);
    EXPECT_EQ(failureText(outcomes[0]), "cannot be started: No such file or directory");
}

TEST_F(WorkerProcess, NoTemporaryFilesStay) {
    ::setenv("TMPDIR", folder_.c_str(), 1);
    runScripts(1, {"echo x > $3"});
    ::unsetenv("TMPDIR");
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(WorkerProcess, WithoutAPlaceForTemporaryFilesItIsAnErrorOfTheUser) {
    ::setenv("TMPDIR", (folder_ / "nowhere").c_str(), 1);
    EXPECT_THROW(runScripts(1, {"true"}), ConfigError);
    ::unsetenv("TMPDIR");
}

using WorkerProcessDeathTest = WorkerProcess;

TEST_F(WorkerProcessDeathTest, AnInterruptionKillsTheWorkersAndTakesTheTemporaryFilesAway) {
    const std::filesystem::path temporary = folder_ / "temporary";
    std::filesystem::create_directory(temporary);
    ::setenv("TMPDIR", temporary.c_str(), 1);
    EXPECT_EXIT(runScripts(2, {outlive("INT"), live()}), KilledBySignal(SIGINT), "");
    ::unsetenv("TMPDIR");
    EXPECT_FALSE(std::filesystem::exists(survivor()));
    EXPECT_TRUE(std::filesystem::is_empty(temporary));
}

TEST_F(WorkerProcessDeathTest, WorkersDieWithAProgramThatIsKilled) {
    // A worker that lived on would keep open what the test waits for.
    ::setenv("TMPDIR", folder_.c_str(), 1);
    EXPECT_EXIT(runScripts(1, {outlive("KILL")}), KilledBySignal(SIGKILL), "");
    ::unsetenv("TMPDIR");
    EXPECT_FALSE(std::filesystem::exists(survivor()));
}

TEST_F(WorkerProcessDeathTest, ASignalThatTheProgramWasToldToIgnoreStaysIgnored) {
    EXPECT_EXIT(
        {
            std::signal(SIGINT, SIG_IGN);
            const auto outcomes = runScripts(1, {"kill -INT $PPID; sleep 0.1"});
            ::_exit(outcomes[0].succeeded() ? 0 : 1);
        },
        ExitedWithCode(0), "");
}

}  // namespace
}  // namespace systole::sim
