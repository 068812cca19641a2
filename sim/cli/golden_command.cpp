// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "sim/base/named_files.hpp"
#include "sim/base/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/study/golden.hpp"

namespace systole::sim {
namespace {

struct RecordOptions {
    ConfigOptions config;
    WorkloadSelection workload;
    std::string golden;
    bool costs = false;
    bool force = false;
};

struct CheckOptions {
    std::string golden;
    std::string config;
    std::string workload;
    Overrides overrides;
};

InferenceOutcome repeat(const GoldenRun& run, const std::vector<Output>& outputs) {
    const RunConfig config = loadRunConfig(run.config, run.overrides);
    const Workload workload =
        loadSelected({.file = run.workload, .images = run.images, .batch = run.batch, .given = {}},
                     config.scheme);
    checkOutputs(outputs);
    InferenceOptions options;
    options.images = run.images;
    options.batch = run.batch;
    options.hashTensors = true;
    return infer(config, workload, options);
}

int record(const RecordOptions& options) {
    const GoldenRun run{options.config.file,
                        options.config.overrides,
                        options.workload.file,
                        options.workload.images.value_or(16),
                        options.workload.batch.value_or(1),
                        options.costs};
    const auto kind = options.force ? Output::Kind::GoldenAnew : Output::Kind::NewGolden;
    const InferenceOutcome outcome = repeat(run, {{"GOLDEN", options.golden, kind}});
    recordGolden(options.golden,
                 {options.config.given, run.overrides, options.workload.given, run.images,
                  run.batch, run.costs},
                 outcome);
    printText(stdout, fmt::format("Recorded {} image{} in {}.\n", run.images,
                                  run.images == 1 ? "" : "s", printable(options.golden)));
    return 0;
}

void printLine(const std::string& golden, const std::string& line) {
    printMessage(stdout, printable(fmt::format("{}: {}", golden, line)) + "\n");
}

int check(const CheckOptions& options) {
    GoldenRun run = readGoldenRun(options.golden);
    run.config = options.config.empty() ? run.config : options.config;
    run.workload = options.workload.empty() ? run.workload : options.workload;
    run.overrides.insert(run.overrides.end(), options.overrides.begin(), options.overrides.end());
    const GoldenDifferences found = differencesFromGolden(options.golden, repeat(run, {}));
    for (const auto* lines : {&found.config, &found.largest, &found.all}) {
        for (const std::string& line : *lines) printLine(options.golden, line);
    }
    const std::size_t count = found.all.size();
    printLine(options.golden,
              count == 0 ? "equal" : fmt::format("{} difference{}", count, count == 1 ? "" : "s"));
    return count == 0 ? 0 : 1;
}

void addRecord(CLI::App& golden, Action& action) {
    auto options = std::make_shared<RecordOptions>();
    CLI::App* command = golden.add_subcommand("record", "Run and freeze the result in a file");
    addConfigOptions(*command, options->config);
    addWorkloadOptions(*command, options->workload);
    command->add_option("GOLDEN", options->golden, "File to write (JSON)")->required();
    command->add_flag("--costs", options->costs,
                      "Freeze area and energy as well, which every new coefficient changes");
    command->add_flag("--force", options->force, "Record anew in the place of an older golden");
    command->get_option("--images")->description("Images to infer; without: 16");
    command->callback([options, &action] { action = [options] { return record(*options); }; });
}

void addCheck(CLI::App& golden, Action& action) {
    auto options = std::make_shared<CheckOptions>();
    CLI::App* command = golden.add_subcommand(
        "check", "Repeat the frozen run; exit 1 and name every difference if there is one");
    command->add_option("GOLDEN", options->golden, "File that `golden record` wrote")->required();
    command->add_option("--config", options->config, "Another CONFIG than the recorded one")
        ->transform([](const std::string& given) { return fileOrName(given, {"accelerators"}); });
    command->add_option("--workload", options->workload, "Another WORKLOAD than the recorded one")
        ->transform(workloadNamed);
    command
        ->add_option("--set", options->overrides, "Override a key of CONFIG, after those recorded")
        ->type_name("KEY.PATH=VALUE")
        ->allow_extra_args(false);
    command->callback([options, &action] { action = [options] { return check(*options); }; });
}

}  // namespace

void addGolden(CLI::App& app, Action& action) {
    CLI::App* golden = app.add_subcommand(
        "golden",
        "Freeze a run's outputs, cycles and counters, and with --costs its area and energy; fail "
        "on any difference");
    golden->require_subcommand(1);
    addRecord(*golden, action);
    addCheck(*golden, action);
    golden->footer(
        "check says what changed in the configuration, then the five largest changes of figures,\n"
        "then every difference. Of the five, three are of the whole run and two of layers, as far\n"
        "as there are; figures of their own come before what they are made of. Each kind is "
        "ranked\n"
        "by percent; of a count, by percent of what was recorded and 100 more, so that one which\n"
        "goes from 1 to 2 hides no other, and one that was 0 has its place.\n"
        "Example:\n"
        "  systole golden record configs/accelerators/edge-16x16.yaml \\\n"
        "      traces/resnet8_fmnist/workload.yaml resnet8.golden.json --images 16\n"
        "  systole golden check resnet8.golden.json");
}

}  // namespace systole::sim
