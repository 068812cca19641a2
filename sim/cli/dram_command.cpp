// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "models/memory/dram/dram_patterns.hpp"
#include "models/memory/dram/dram_replay.hpp"
#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"
#include "sim/base/progress.hpp"
#include "sim/base/spelling.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/config/dram/dram_loader.hpp"
#include "sim/dram/command_log.hpp"
#include "sim/dram/dram_result.hpp"
#include "sim/dram/dram_trace.hpp"

namespace systole::sim {
namespace {

using memory::DramPatternInfo;

constexpr std::uint64_t kDefaultSeed = 42;

struct DramOptions {
    ConfigOptions config;
    std::string workload;
    std::optional<std::uint64_t> requests;
    std::optional<std::uint64_t> seed;
    std::uint64_t window = memory::kDefaultWindow;
    std::string commands;
    std::string json;
    bool quiet = false;
};

std::vector<std::string> patternNames() {
    std::vector<std::string> names;
    names.reserve(memory::kDramPatterns.size());
    for (const DramPatternInfo& info : memory::kDramPatterns) names.emplace_back(info.name);
    return names;
}

/// Also a link that leads nowhere: reading it says so.
bool isThere(const std::filesystem::path& file) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(file, error));
}

/// Null where the workload is a trace.
const DramPatternInfo* chosenPattern(const DramOptions& options) {
    const DramPatternInfo* info = memory::dramPatternNamed(options.workload);
    if (info == nullptr && !isThere(options.workload)) {
        throw ConfigError(fmt::format(
            "{}: neither a pattern nor a file, expected a trace or one of {}{}", options.workload,
            fmt::join(patternNames(), ", "), suggestion(options.workload, patternNames())));
    }
    if (info == nullptr && options.seed) {
        throw ConfigError(
            fmt::format("--seed: the trace {} has no random numbers, expected a "
                        "pattern or no --seed",
                        options.workload));
    }
    return info;
}

void checkOptions(const DramOptions& options, const DramPatternInfo* pattern,
                  const memory::DramConfig& config) {
    if (pattern != nullptr && pattern->needsRows && !config.ddr) {
        throw ConfigError(fmt::format("{}: an ideal memory has no rows for {}, expected model: ddr",
                                      options.config.file, pattern->name));
    }
    if (!options.commands.empty() && !config.ddr) {
        throw ConfigError(
            fmt::format("--commands: {} is an ideal memory, which has no commands, "
                        "expected model: ddr",
                        options.config.file));
    }
}

memory::ReplayResult run(const memory::DramConfig& config, memory::RequestSource& source,
                         memory::ReplayOptions replay, const std::string& commands) {
    if (commands.empty()) return memory::replay(config, source, replay);
    CommandLog log(commands, config.ddr->refresh.set);
    replay.onCommand = [&](std::uint32_t channel, const memory::IssuedCommand& command) {
        log.add(channel, command);
    };
    memory::ReplayResult result = memory::replay(config, source, replay);
    log.commit();
    return result;
}

memory::ReplayResult runPattern(const DramOptions& options, const DramPatternInfo& info,
                                const memory::DramConfig& config) {
    const std::uint64_t requests = options.requests.value_or(info.defaultRequests());
    memory::PatternSource source(config, info.pattern, requests,
                                 options.seed.value_or(kDefaultSeed));
    Progress progress("Requests", requests);
    return run(config, source,
               {.isDependent = info.isDependent,
                .window = options.window,
                .onProgress = [&](std::uint64_t done) { progress.advanceTo(done); }},
               options.commands);
}

memory::ReplayResult runTrace(const DramOptions& options, const memory::DramConfig& config) {
    TraceSource source(options.workload, config.capacityBytes(),
                       options.requests.value_or(std::numeric_limits<std::uint64_t>::max()));
    std::optional<Progress> progress;
    if (source.fileBytes() > 0) progress.emplace("Bytes of the trace", source.fileBytes());
    return run(config, source,
               {.window = options.window,
                .onProgress =
                    [&](std::uint64_t) {
                        if (progress) progress->advanceTo(source.bytesRead());
                    }},
               options.commands);
}

int dram(const DramOptions& options) {
    const std::vector<Output> outputs{{"--json", options.json}, {"--commands", options.commands}};
    const DramPatternInfo* pattern = chosenPattern(options);
    DramResult result;
    LoadedDram dram = loadResolvedDram(options.config.file, options.config.overrides);
    result.config = std::move(dram.config);
    result.resolved = std::move(dram.resolved);
    checkOptions(options, pattern, result.config);
    if (pattern == nullptr) noteInput(options.workload);
    checkOutputs(outputs);
    result.configFile = options.config.file;
    result.overrides = options.config.overrides;
    result.window = options.window;
    result.replay = pattern != nullptr ? runPattern(options, *pattern, result.config)
                                       : runTrace(options, result.config);
    result.workload = pattern != nullptr ? std::string(pattern->name) : options.workload;
    if (pattern != nullptr) {
        result.pattern = pattern->pattern;
        result.seed = options.seed.value_or(kDefaultSeed);
    }
    if (!options.json.empty()) writeFileAtomically(options.json, dramResultJson(result));
    if (!options.quiet) printTable(outputs, dramResultTable(result));
    return 0;
}

std::string footer() {
    std::string text = "Patterns, of requests of one burst each:\n";
    for (const DramPatternInfo& info : memory::kDramPatterns) {
        const std::string name = info.alias.empty() ? std::string(info.name)
                                                    : fmt::format("{}, {}", info.name, info.alias);
        text += fmt::format("  {:<15} {}\n", name, info.description);
    }
    return text +
           "Unless it is dependent (dep_), a request is offered in every clock to every channel "
           "(or\n"
           "bank with a data path of its own) with room. Each channel takes its requests in their\n"
           "order, and --window says how far one may pass those of other channels. Latency counts\n"
           "from when a request is first in line of its channel to the end of its data.\n"
           "\n"
           "A trace is a text of one request a line, with clocks of the memory that never\n"
           "decrease, and addresses in bytes; a request is offered in its cycle, or as soon as\n"
           "those before it in its channel are through:\n"
           "  0 read 0x1f40       # or r, R, LD, P_MEM_RD\n"
           "  3 write 8192        # or w, W, ST, P_MEM_WR\n"
           "  0x2000 READ 17      the order of DRAMsim3, known by the leading 0x\n"
           "\n"
           "Examples:\n"
           "  systole dram configs/dram/ddr4_2400.yaml row_conf\n"
           "  prints 58.6 clocks a request: tRC = 56 over what refreshes leave of the time.\n"
           "  systole dram configs/dram/ddr4_2400.yaml requests.trace --commands commands.csv\n"
           "  writes clock,channel,command,rank,bank_group,bank,row,column of every command.";
}

}  // namespace

void addDram(CLI::App& app, Action& action) {
    auto options = std::make_shared<DramOptions>();
    CLI::App* command = app.add_subcommand(
        "dram", "A DRAM alone, driven by a pattern or a trace: bandwidth, latency, energy");
    addConfigOptions(*command, options->config, {"dram", "accelerators"});
    command->get_option("CONFIG")->description(
        "Memory: a YAML file, the name of a shipped one, e.g. ddr4_2400, or {base: ddr4_2400, ..} "
        "itself; or an accelerator, of which the memory is taken");
    command
        ->add_option("WORKLOAD", options->workload, "A pattern (see below) or the file of a trace")
        ->required();
    command
        ->add_option("--requests", options->requests,
                     "Requests of the pattern (without: 100000, of a dependent one 10000), or "
                     "the most of a trace")
        ->transform(integerFrom(1, std::uint64_t{1} << 40U));
    command->add_option("--seed", options->seed, "Of the random addresses (without: 42)")
        ->transform(seed());
    command
        ->add_option("--window", options->window,
                     "How far requests may pass older ones that wait for room in another channel; "
                     "1: none does (without: 65536)")
        ->transform(integerFrom(1, memory::kMostWindow));
    addOutputFile(*command, "--commands", options->commands,
                  "Write every DRAM command with its clock as CSV");
    addOutputFile(*command, "--json", options->json,
                  "Write the result as JSON; - is standard output");
    command->add_flag("--quiet", options->quiet, "Print no table");
    command->footer(footer());
    command->callback([options, &action] { action = [options] { return dram(*options); }; });
}

}  // namespace systole::sim
