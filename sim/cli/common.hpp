// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/config/machine_loader.hpp"
#include "sim/run/result.hpp"
#include "sim/workload/workload.hpp"

namespace CLI {
class App;
}

namespace systole::sim {

/// Options that every command with a CONFIG takes: a file, or the name of a shipped one of a kind.
struct ConfigOptions {
    std::string file;
    Overrides overrides;
};
void addConfigOptions(CLI::App& command, ConfigOptions& options,
                      const std::vector<std::string>& kinds = {"accelerators"});

/// The WORKLOAD and how many of its images.
struct WorkloadSelection {
    std::string file;
    std::optional<std::uint64_t> images;
};
void addWorkload(CLI::App& command, std::string& file);
void addWorkloadOptions(CLI::App& command, WorkloadSelection& selection);
Workload loadSelected(const WorkloadSelection& selection, const Scheme& scheme);

/// Check of a --seed option: what is wrong with the text, or empty. Seeds are 64 bits, and none is
/// taken for another one.
std::string seedProblem(const std::string& text);

/// Where results go besides the terminal.
struct OutputOptions {
    std::string json;
    std::string csv;
    bool quiet = false;
    bool explain = false;
};
void addOutputOptions(CLI::App& command, OutputOptions& options);
/// --explain, for the commands whose layers have a mapping.
void addExplainOption(CLI::App& command, OutputOptions& options);
/// ConfigError for a file that could not be written; before any work is done.
void checkOutputs(const OutputOptions& options);
/// Prints the table and writes the files.
void writeResult(Result result, const OutputOptions& options);

}  // namespace systole::sim
