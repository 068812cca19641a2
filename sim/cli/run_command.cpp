// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/run/inference.hpp"
#include "sim/run/tensor_dump.hpp"

namespace systole::sim {
namespace {

struct RunOptions {
    ConfigOptions config;
    OutputOptions output;
    WorkloadSelection workload;
    std::optional<std::string> tensors;
    bool timingOnly = false;
    bool timeEveryImage = false;
    bool reachClock = false;
};

int run(const RunOptions& options) {
    const RunConfig config =
        loadRunConfig(options.config.file, options.config.overrides,
                      options.reachClock ? ElementDefault::ReachesClock : ElementDefault::Plain);
    const Workload workload = loadSelected(options.workload, config.scheme);
    checkOutputs(outputsOf(
        options.output, {{"--tensors", options.tensors.value_or(""), Output::Kind::TensorFolder}}));
    InferenceOptions inference;
    inference.images = options.workload.images.value_or(workload.images.count());
    inference.batch = options.workload.batch.value_or(1);
    inference.timingOnly = options.timingOnly;
    inference.timeEveryImage = options.timeEveryImage;
    if (options.tensors) inference.tensors = *options.tensors;
    Result result = infer(config, workload, inference).result;
    result.configFile = options.config.file;
    result.overrides = options.config.overrides;
    writeResult(result, options.output);
    return 0;
}

}  // namespace

void addRun(CLI::App& app, Action& action) {
    auto options = std::make_shared<RunOptions>();
    CLI::App* command = app.add_subcommand(
        "run", "Replay a workload: throughput, area, energy per inference and accuracy");
    addConfigOptions(*command, options->config);
    addWorkloadOptions(*command, options->workload);
    CLI::Option* tensors =
        command
            ->add_option("--tensors", options->tensors,
                         "Write the codes of every tensor in DRAM, of weights and of biases as "
                         ".npy, and FOLDER/manifest.json, which describes them")
            ->type_name("FOLDER");
    CLI::Option* timingOnly =
        command
            ->add_flag("--timing-only", options->timingOnly,
                       "Compute cycles, area and energy but no values: no accuracy, no images")
            ->excludes(tensors);
    command
        ->add_flag("--time-every-image", options->timeEveryImage,
                   "Replay every image cycle by cycle; else the first, the others for their values")
        ->excludes(timingOnly);
    command->add_flag("--reach-clock", options->reachClock,
                      "Where CONFIG does not say datapath.synthesis and array.pipeline_depth, take "
                      "the smallest elements that reach the clock (clock=max: the highest one)");
    addOutputOptions(*command, options->output);
    addExplainOption(*command, options->output);
    command->footer(
        "Example:\n"
        "  systole run configs/accelerators/edge-16x16.yaml traces/resnet8_fmnist/workload.yaml "
        "\\\n"
        "      --images 64 --set datapath=e4m3 --json result.json");
    command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace systole::sim
