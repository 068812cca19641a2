// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/named_files.hpp"
#include "sim/base/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/study/sweep.hpp"

namespace systole::sim {
namespace {

struct SweepOptions {
    std::string file;
    OutputOptions output;
    std::size_t jobs = 2;
    std::optional<std::uint64_t> images;
    std::optional<std::uint32_t> batch;
    bool timingOnly = false;
    Overrides overrides;
};

/// The sweep of the file, as the command line changes it.
Sweep chosenSweep(const SweepOptions& options) {
    Sweep sweep = loadSweep(options.file);
    if (options.images && sweep.base.timingOnly) {
        throw ConfigError(fmt::format(
            "--images: {} has timing_only: true and infers no images, expected one of the two",
            options.file));
    }
    if (options.images) sweep.base.images = options.images;
    if (options.batch) sweep.base.batch = *options.batch;
    if (options.timingOnly) {
        sweep.base.timingOnly = true;
        sweep.base.images.reset();
    }
    sweep.base.overrides.insert(sweep.base.overrides.end(), options.overrides.begin(),
                                options.overrides.end());
    return sweep;
}

/// What cannot be built is no reason to refuse the others, as long as there are some.
std::vector<std::string> failuresOf(const Sweep& sweep, const std::string& file) {
    std::vector<std::string> failures = checkSweep(sweep);
    const bool allFail = std::all_of(failures.begin(), failures.end(),
                                     [](const std::string& failure) { return !failure.empty(); });
    if (allFail) {
        throw ConfigError(
            fmt::format("{}: no point can be built, expected one that can; the "
                        "first: {}",
                        file, inOneLine(failures.front())));
    }
    return failures;
}

int runSweepFile(const SweepOptions& options) {
    const Sweep sweep = chosenSweep(options);
    const std::vector<std::string> failures = failuresOf(sweep, options.file);
    const std::vector<Output> outputs = outputsOf(options.output);
    checkOutputs(outputs);
    const SweepResult result = runSweep({.jobs = options.jobs}, sweep, failures);
    if (!options.output.json.empty()) {
        writeFileAtomically(options.output.json, sweepJson(result));
    }
    if (!options.output.csv.empty()) {
        writeFileAtomically(options.output.csv, sweepCsv(result));
    }
    if (!options.output.quiet) {
        printTable(outputs, sweepTable(result));
    }
    if (result.failures() == result.points.size()) {
        std::fflush(stdout);  // the table comes before the error that sums it up
        throw ConfigError(fmt::format("{}: no point could be run; the first: {}", options.file,
                                      inOneLine(result.points.front().outcome.failure)));
    }
    return 0;
}

}  // namespace

void addSweep(CLI::App& app, Action& action) {
    auto options = std::make_shared<SweepOptions>();
    CLI::App* command = app.add_subcommand(
        "sweep", "A design-space sweep: one run a point of a grid, and the Pareto front");
    command
        ->add_option("SWEEP", options->file,
                     "Sweep file, the name of a shipped one, e.g. array_by_format, or {..} itself")
        ->transform([](const std::string& given) { return fileOrName(given, {"sweeps"}); })
        ->required();
    command
        ->add_option("--jobs", options->jobs,
                     "Runs at a time, each a process of its own; more than the machine has cores "
                     "gains nothing")
        ->transform(integerFrom(1, 1024))
        ->capture_default_str();
    CLI::Option* images =
        command->add_option("--images", options->images, "Images that each run infers, as in SWEEP")
            ->transform(integerFrom(1, std::uint64_t{1} << 32));
    addBatch(*command, options->batch);
    command
        ->add_flag("--timing-only", options->timingOnly,
                   "Compute cycles, area and energy but no values, as in SWEEP")
        ->excludes(images);
    command
        ->add_option("--set", options->overrides,
                     "Override a key of the CONFIG of all points, e.g. --set scheme=int8")
        ->type_name("KEY.PATH=VALUE")
        ->allow_extra_args(false);
    addOutputOptions(*command, options->output);
    command->get_option("--csv")->description("Write a row a point as CSV");
    command->get_option("--json")->description("Write every point's result as JSON");
    command->footer(
        "A sweep file:\n"
        "  name: array_by_format\n"
        "  config: ../accelerators/edge-16x16.yaml      # relative to this file\n"
        "  workload: ../../traces/resnet8_fmnist/workload.yaml\n"
        "  images: 32                   # optional; without: all of the workload\n"
        "  batch: 1                     # optional; images of one program\n"
        "  timing_only: false           # optional; true: no values, no accuracy\n"
        "  set: [clock=1GHz]            # optional; for every point, as --set\n"
        "  reach_clock: false           # optional; true: as `systole run --reach-clock`\n"
        "  objectives: [area, energy, time, accuracy]     # optional; of the Pareto front; also "
        "sqnr,\n"
        "                               # energy_delay, energy_per_mac, power, array_area, "
        "dram_bytes\n"
        "  grid:                        # every combination; the last axis varies fastest\n"
        "    - {key: datapath, values: [int8, ./mine.yaml]}   # names, files, {..} themselves\n"
        "    - {keys: [array.rows, array.columns], values: [8, 16, 32]}  # same value for both\n"
        "A point whose clock is not reachable has no speed and no energy, and is in no front.\n"
        "Every point is checked before the first one runs: a key that CONFIG does not have, or a\n"
        "value that no point can be built with, is an error. A point that fails, such as a "
        "machine\n"
        "too small for the network, is a row with status `failed` and its message; exit code 2 if\n"
        "every point fails.\n"
        "Example:\n"
        "  systole sweep configs/sweeps/array_by_format.yaml --csv sweep.csv");
    command->callback(
        [options, &action] { action = [options] { return runSweepFile(*options); }; });
}

}  // namespace systole::sim
