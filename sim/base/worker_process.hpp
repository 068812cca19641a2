// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// Worker processes. SystemC elaborates once a process, so whatever needs several machines runs one
/// process for each.
namespace systole::sim {

/// What became of one worker.
struct WorkerOutcome {
    int exitCode = 0;        ///< where no signal ended it
    int signal = 0;          ///< that ended it; 0: none
    std::string startError;  ///< why it could not be started at all; empty: it was
    std::string errorText;   ///< what it wrote to standard error
    std::string result;      ///< the content of its result file; empty where it wrote none

    bool succeeded() const { return startError.empty() && signal == 0 && exitCode == 0; }
};

/// `killed by SIGSEGV (Segmentation fault)`, or what the worker itself said; empty after success.
std::string failureText(const WorkerOutcome& outcome);

struct WorkerPool {
    /// Linux resolves it to the running program even where its file was replaced meanwhile.
    std::filesystem::path program = "/proc/self/exe";
    std::size_t jobs = 2;  ///< processes at a time, at least 1
};

/// Runs `program` once for each list of arguments, to which `--quiet --json FILE` is added; FILE,
/// in a temporary folder, is the result file. Outcomes are in the order of the lists, whichever
/// worker ends first; `onFinished` is called as each ends.
///
/// SIGINT, SIGTERM and SIGHUP, unless the program was started to ignore them, kill the workers,
/// remove the temporary folder and then end the program as if they had not been caught. Workers
/// die with the program however it ends. ConfigError if there is no place for temporary files.
std::vector<WorkerOutcome> runWorkers(const WorkerPool& pool,
                                      const std::vector<std::vector<std::string>>& argumentLists,
                                      const std::function<void()>& onFinished);

}  // namespace systole::sim
