// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/output_file.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/run/result.hpp"
#include "sim/workload/workload.hpp"

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace systole::sim {

/// Options that every command with a CONFIG takes: a file, or the name of a shipped one of a kind.
struct ConfigOptions {
    std::string given;  ///< a file, a name, or the section itself
    std::string file;
    Overrides overrides;
};
void addConfigOptions(CLI::App& command, ConfigOptions& options,
                      const std::vector<std::string>& kinds = {"accelerators"});

/// The WORKLOAD and how many of its images, in batches.
struct WorkloadSelection {
    std::string file;
    std::optional<std::uint64_t> images;
    std::optional<std::uint32_t> batch;  ///< images of a program; without: 1
    std::string given;                   ///< a file, a name, or the section itself
};
/// The file of a workload's name, or what was given.
std::string workloadNamed(const std::string& given);
void addWorkload(CLI::App& command, std::string& file);
void addBatch(CLI::App& command, std::optional<std::uint32_t>& batch);
void addWorkloadOptions(CLI::App& command, WorkloadSelection& selection);
Workload loadSelected(const WorkloadSelection& selection, const Scheme& scheme);

/// A check of an option that has one of these values.
std::function<std::string(const std::string&)> memberOf(std::vector<std::string> names);

/// An integer in decimal digits, as in the files: `0x10` and `1e3` are none, and `010` is ten.
CLI::Validator integerFrom(std::uint64_t least, std::uint64_t most);
/// The same for seeds, which have 64 bits: none is taken for another one.
CLI::Validator seed();

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
/// An option that names a file to write; `-` is standard output.
CLI::Option* addOutputFile(CLI::App& command, const std::string& option, std::string& file,
                           const std::string& description);

/// The files of --json and --csv, and further ones of the command, for `checkOutputs`.
std::vector<Output> outputsOf(const OutputOptions& options, std::vector<Output> further = {});

/// Prints what --quiet leaves out: to standard error where one of the outputs is standard output.
void printTable(const std::vector<Output>& outputs, const std::string& text);

/// Prints the table and writes the files.
void writeResult(Result result, const OutputOptions& options);

}  // namespace systole::sim
