// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/common.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <limits>

#include "sim/base/atomic_file.hpp"
#include "sim/base/named_files.hpp"
#include "sim/base/spelling.hpp"
#include "sim/base/text.hpp"
#include "sim/reader/scalars.hpp"
#include "sim/run/inference.hpp"

namespace systole::sim {

void addConfigOptions(CLI::App& command, ConfigOptions& options,
                      const std::vector<std::string>& kinds) {
    command
        .add_option("CONFIG", options.file,
                    "Accelerator: a YAML file, the name of a shipped one, e.g. edge-16x16, or "
                    "{base: edge-16x16, ..} itself")
        ->transform([kinds, &options](const std::string& given) {
            options.given = given;
            return fileOrName(given, kinds);
        })
        ->required();
    command
        .add_option("--set", options.overrides,
                    "Override a key of CONFIG, e.g. --set array.rows=32 --set datapath=e4m3")
        ->type_name("KEY.PATH=VALUE")
        ->allow_extra_args(false);
}

std::string workloadNamed(const std::string& given) { return fileOrName(given, {"workloads"}); }

std::function<std::string(const std::string&)> memberOf(std::vector<std::string> names) {
    return [names = std::move(names)](const std::string& given) -> std::string {
        if (std::find(names.begin(), names.end(), given) != names.end()) return "";
        return fmt::format("unknown value '{}'{}, expected {}", given, suggestion(given, names),
                           oneOfNames(names));
    };
}

void addWorkload(CLI::App& command, std::string& file) {
    command
        .add_option("WORKLOAD", file,
                    "A workload.yaml, the name of a shipped one, e.g. resnet8_fmnist, {..} itself, "
                    "or a bare .onnx (then with random images and no accuracy)")
        ->transform(workloadNamed)
        ->required();
}

void addBatch(CLI::App& command, std::optional<std::uint32_t>& batch) {
    command
        .add_option("--batch", batch,
                    "Images of one program, which loads weights once for all of them where the "
                    "mapping keeps them; without: 1")
        ->transform(integerFrom(1, kMostBatch));
}

void addWorkloadOptions(CLI::App& command, WorkloadSelection& selection) {
    addWorkload(command, selection.file);
    command.get_option("WORKLOAD")->transform([&selection](const std::string& given) {
        selection.given = given;
        return given;
    });
    command
        .add_option("--images", selection.images, "Images to infer; without: all of the workload")
        ->transform(integerFrom(1, std::uint64_t{1} << 32));
    addBatch(command, selection.batch);
}

Workload loadSelected(const WorkloadSelection& selection, const Scheme& scheme) {
    return loadWorkload(selection.file, {.images = selection.images,
                                         .calibrationImages = scheme.calibrationImages});
}

CLI::Validator integerFrom(std::uint64_t least, std::uint64_t most) {
    const auto read = [=](std::string& text) -> std::string {
        const Parsed<std::uint64_t> parsed = parseInteger(text);
        if (parsed.value && *parsed.value >= least && *parsed.value <= most) {
            text = fmt::to_string(*parsed.value);  // the library takes 010 for eight
            return "";
        }
        return fmt::format("'{}' is {}, expected an integer from {} to {}", text,
                           parsed.wellFormed ? "out of range" : "not an integer", least, most);
    };
    return {read, fmt::format("in [{} - {}]", least, most)};
}

CLI::Validator seed() {
    const auto read = [](std::string& text) -> std::string {
        const Parsed<std::uint64_t> parsed = parseInteger(text);
        if (!parsed.value) {
            return fmt::format("{} is no seed, expected an integer from 0 to {}", text,
                               std::numeric_limits<std::uint64_t>::max());
        }
        text = fmt::to_string(*parsed.value);
        return "";
    };
    return {read, ""};
}

CLI::Option* addOutputFile(CLI::App& command, const std::string& option, std::string& file,
                           const std::string& description) {
    return command.add_option(option, file, description)->type_name("FILE");
}

void addOutputOptions(CLI::App& command, OutputOptions& options) {
    addOutputFile(command, "--json", options.json,
                  "Write the result as JSON; - is standard output");
    addOutputFile(command, "--csv", options.csv, "Write a row a layer as CSV");
    command.add_flag("--quiet", options.quiet, "Print no table");
}

void addExplainOption(CLI::App& command, OutputOptions& options) {
    command.add_flag("--explain", options.explain,
                     "Add how each layer is mapped to the array, why, and what it costs: to the "
                     "table and to the JSON");
}

std::vector<Output> outputsOf(const OutputOptions& options, std::vector<Output> further) {
    std::vector<Output> outputs{{"--json", options.json}, {"--csv", options.csv}};
    outputs.insert(outputs.end(), further.begin(), further.end());
    return outputs;
}

void printTable(const std::vector<Output>& outputs, const std::string& text) {
    printText(useStandardOutput(outputs) ? stderr : stdout, text);
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
        printTable(outputsOf(options),
                   resultTable(result) + (options.explain ? "\n" + mappingTable(result) : ""));
    }
}

}  // namespace systole::sim
