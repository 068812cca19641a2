// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/shipped_files.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/study/sweep.hpp"

namespace systole::sim {
namespace {

struct SweepOptions {
    std::string file;
    OutputOptions output;
    std::size_t jobs = 2;
};

int sweep(const SweepOptions& options) {
    checkOutputs(options.output);
    const SweepResult result = runSweep({.jobs = options.jobs}, loadSweep(options.file));
    if (!options.output.json.empty()) {
        writeFileAtomically(options.output.json, sweepJson(result));
    }
    if (!options.output.csv.empty()) {
        writeFileAtomically(options.output.csv, sweepCsv(result));
    }
    if (!options.output.quiet) {
        fmt::print("{}", sweepTable(result));
    }
    if (result.failures() == result.points.size()) {
        std::fflush(stdout);  // the table comes before the error that sums it up
        throw ConfigError(fmt::format("{}: no point could be run; the first: {}", options.file,
                                      result.points.front().outcome.failure));
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
                     "Sweep file, or the name of a shipped one, e.g. array_by_format")
        ->transform([](const std::string& given) {
            return fileOrShipped(
                given, [](const std::string& name) { return shippedConfig(name, {"sweeps"}); });
        })
        ->required();
    command
        ->add_option("--jobs", options->jobs,
                     "Runs at a time, each a process of its own; more than the machine has cores "
                     "gains nothing")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    addOutputOptions(*command, options->output);
    command->get_option("--csv")->description("Write a row a point as CSV");
    command->get_option("--json")->description("Write every point's result as JSON");
    command->footer(
        "A sweep file:\n"
        "  name: array_by_format\n"
        "  config: ../accelerators/edge-16x16.yaml      # relative to this file\n"
        "  workload: ../../traces/resnet8_fmnist/workload.yaml\n"
        "  images: 32                   # optional; without: all of the workload\n"
        "  timing_only: false           # optional; true: no values, no accuracy\n"
        "  set: [clock=1GHz]            # optional; for every point, as --set\n"
        "  reach_clock: false           # optional; true: as `systole run --reach-clock`\n"
        "  objectives: [area, energy, time, accuracy]     # optional; of the Pareto front; also "
        "sqnr,\n"
        "                               # energy_delay, energy_per_mac, power, array_area, "
        "dram_bytes\n"
        "  grid:                        # every combination; the last axis varies fastest\n"
        "    - {key: datapath, values: [int8, e4m3]}\n"
        "    - {keys: [array.rows, array.columns], values: [8, 16, 32]}  # same value for both\n"
        "A point whose clock is not reachable has no speed and no energy, and is in no front.\n"
        "A point that fails, such as a machine too small for the network, is a row with status\n"
        "`failed` and its message; exit code 2 if the file is wrong or every point fails.\n"
        "Example:\n"
        "  systole sweep configs/sweeps/array_by_format.yaml --csv sweep.csv");
    command->callback([options, &action] { action = [options] { return sweep(*options); }; });
}

}  // namespace systole::sim
