// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "sim/base/atomic_file.hpp"
#include "sim/base/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/reader/config_reader.hpp"
#include "sim/study/compare.hpp"

namespace systole::sim {
namespace {

struct CompareOptions {
    ConfigOptions config;
    WorkloadSelection workload;
    OutputOptions output;
    std::vector<std::string> formats;
    CommonChoices common;
    std::size_t jobs = 2;
};

void checkClock(const std::string& clock) {
    ConfigReader reader = ConfigReader::ofText(clock, "--clock " + clock);
    if (!reader.value().isWord("max")) reader.value().hertz({1e3, 1e11});
    reader.finish();
}

int compare(const CompareOptions& options) {
    if (!options.common.clock.empty()) checkClock(options.common.clock);
    const RunRequest request = withCommonChoices({.config = options.config.file,
                                                  .workload = options.workload.file,
                                                  .images = options.workload.images,
                                                  .batch = options.workload.batch.value_or(1),
                                                  .overrides = options.config.overrides},
                                                 options.common);
    const std::vector<std::string> formats = splitLists(options.formats);
    for (const std::string& format : formats) {
        RunRequest run = request;
        run.overrides.insert(run.overrides.begin(), "datapath=" + format);
        noteInputs(run);
    }
    const std::vector<Output> outputs = outputsOf(options.output);
    checkOutputs(outputs);
    const Comparison comparison = compareFormats({.jobs = options.jobs}, request, formats);
    if (!options.output.json.empty()) {
        writeFileAtomically(options.output.json, comparisonJson(comparison));
    }
    if (!options.output.csv.empty()) {
        writeFileAtomically(options.output.csv, comparisonCsv(comparison));
    }
    if (!options.output.quiet) {
        printTable(outputs, comparisonTable(comparison));
    }
    return 0;
}

}  // namespace

void addCompare(CLI::App& app, Action& action) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App* command = app.add_subcommand(
        "compare",
        "The same network on several datapaths, side by side, and which wins at equal accuracy");
    addConfigOptions(*command, options->config);
    addWorkloadOptions(*command, options->workload);
    command
        ->add_option(
            "--formats", options->formats,
            "Datapaths with commas between: names, files, or {..} themselves; the first is "
            "what the others are set against")
        ->required()
        ->allow_extra_args(false)
        ->type_name("A,B,...");
    command
        ->add_option("--clock", options->common.clock,
                     "Of all formats, e.g. 500MHz; max: each at the highest that its elements and "
                     "its memories reach. Without: CONFIG's")
        ->type_name("FREQUENCY|max");
    command
        ->add_option("--scheme", options->common.scheme,
                     "How all formats are quantized, e.g. int8: its granularity, calibration and "
                     "requantization, with the formats of each datapath. Without: CONFIG's; for "
                     "auto, per_channel")
        ->type_name("NAME|FILE|{..}");
    command->add_option("--jobs", options->jobs, "Runs at a time, each a process of its own")
        ->transform(integerFrom(1, 1024))
        ->capture_default_str();
    addOutputOptions(*command, options->output);
    command->get_option("--csv")->description("Write a row a format as CSV");
    command->get_option("--json")->description("Write every run's result as JSON");
    command->footer(
        "Each format is a `systole run --reach-clock` with --set datapath=FORMAT: where CONFIG "
        "does\n"
        "not say datapath.synthesis and array.pipeline_depth, the smallest processing elements "
        "that\n"
        "reach the clock are taken; with --clock max, the smallest with the highest clock. Rows "
        "show\n"
        "them. `not reachable` stands for times, rates and energies at a clock which none "
        "reaches,\n"
        "and `no circuit` for what is not known of a format without a circuit, as of a codebook.\n"
        "With `scheme: auto` in CONFIG the quantization scheme follows from the formats.\n"
        "Example:\n"
        "  systole compare configs/accelerators/edge-16x16.yaml \\\n"
        "      traces/resnet8_fmnist/workload.yaml --formats int8,e4m3,int4 --images 256");
    command->callback([options, &action] { action = [options] { return compare(*options); }; });
}

}  // namespace systole::sim
