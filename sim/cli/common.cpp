// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/common.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <limits>

#include "sim/base/atomic_file.hpp"
#include "sim/base/shipped_files.hpp"
#include "sim/reader/scalars.hpp"

namespace systole::sim {

void addConfigOptions(CLI::App& command, ConfigOptions& options,
                      const std::vector<std::string>& kinds) {
    command
        .add_option("CONFIG", options.file,
                    "Accelerator: a YAML file, or the name of a shipped one, e.g. edge-16x16")
        ->transform([kinds](const std::string& given) {
            return fileOrShipped(
                given, [&](const std::string& name) { return shippedConfig(name, kinds); });
        })
        ->required();
    command
        .add_option("--set", options.overrides,
                    "Override a key of CONFIG, e.g. --set array.rows=32 --set datapath=e4m3")
        ->type_name("KEY.PATH=VALUE")
        ->allow_extra_args(false);
}

void addWorkload(CLI::App& command, std::string& file) {
    command
        .add_option("WORKLOAD", file,
                    "A workload.yaml, the name of a shipped one, e.g. resnet8_fmnist, or a bare "
                    ".onnx (then with random images and no accuracy)")
        ->transform([](const std::string& given) { return fileOrShipped(given, shippedWorkload); })
        ->required();
}

void addWorkloadOptions(CLI::App& command, WorkloadSelection& selection) {
    addWorkload(command, selection.file);
    command
        .add_option("--images", selection.images, "Images to infer; without: all of the workload")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32));
}

Workload loadSelected(const WorkloadSelection& selection, const Scheme& scheme) {
    return loadWorkload(selection.file, {.images = selection.images,
                                         .calibrationImages = scheme.calibrationImages});
}

std::string seedProblem(const std::string& text) {
    if (parseInteger(text).value) return {};
    return fmt::format("{} is no seed, expected an integer from 0 to {}", text,
                       std::numeric_limits<std::uint64_t>::max());
}

void addOutputOptions(CLI::App& command, OutputOptions& options) {
    command.add_option("--json", options.json, "Write the result as JSON")->type_name("FILE");
    command.add_option("--csv", options.csv, "Write a row a layer as CSV")->type_name("FILE");
    command.add_flag("--quiet", options.quiet, "Print no table");
}

void addExplainOption(CLI::App& command, OutputOptions& options) {
    command.add_flag("--explain", options.explain,
                     "Add how each layer is mapped to the array, why, and what it costs: to the "
                     "table and to the JSON");
}

void checkOutputs(const OutputOptions& options) {
    for (const std::string& file : {options.json, options.csv}) {
        if (!file.empty()) {
            checkWritable(file);
        }
    }
}

void writeResult(Result result, const OutputOptions& options) {
    result.explains = options.explain;
    if (!options.json.empty()) {
        writeFileAtomically(options.json, resultJson(result));
    }
    if (!options.csv.empty()) {
        writeFileAtomically(options.csv, resultCsv(result));
    }
    if (!options.quiet) {
        fmt::print("{}", resultTable(result));
        if (options.explain) {
            fmt::print("\n{}", mappingTable(result));
        }
    }
}

}  // namespace systole::sim
