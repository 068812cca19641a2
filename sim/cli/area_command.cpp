// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/reader/resolved_json.hpp"
#include "sim/report/area_report.hpp"
#include "sim/run/clocking.hpp"
#include "sim/run/machine_cost.hpp"

namespace systole::sim {
namespace {

struct AreaOptions {
    ConfigOptions config;
    std::string json;
};

nlohmann::ordered_json memoriesJson(const RunConfig& config) {
    auto json = nlohmann::ordered_json::object();
    const double clockHertz = config.machine.clockHertz;
    for (const cost::MemoryDelay& memory : clockingOf(config).memories) {
        if (memory.nanoseconds == 0) continue;
        json[memory.name] = {{"cycle_ns", memory.nanoseconds},
                             {"fastest_cycle_ns", memory.fastestNanoseconds},
                             {"parts_of_a_bank", memory.parts},
                             {"access_ns", memory.accessNanoseconds},
                             {"access_cycles", memory.accessCycles(clockHertz)},
                             {"out_of_fit", memory.outOfFit}};
    }
    return json;
}

nlohmann::ordered_json clockJson(const RunConfig& config, const cost::ClockLimits& limits) {
    return {{"clock_hertz", config.machine.clockHertz},
            {"reachable_hertz", limits.reachableHertz()},
            {"processing_element_ns", limits.elementNanoseconds},
            {"processing_element_fast_ns", limits.fastNanoseconds},
            {"slowest_memory_ns", limits.scratchpadNanoseconds},
            {"memories", memoriesJson(config)}};
}

nlohmann::ordered_json configJson(const ConfigOptions& options, const RunConfig& config) {
    return {{"file", options.file},
            {"overrides", options.overrides},
            {"resolved", resolvedJson(config.resolved)}};
}

/// What a memory of this cycle reaches. A period and its frequency do not round alike.
std::string memoryReach(double nanoseconds) {
    constexpr double kLastBits = 1 + 1e-12;
    return reachText(1e9 / nanoseconds * kLastBits);
}

/// What every memory reaches, and what an access takes at the machine's clock.
std::string memoryTable(const RunConfig& config) {
    const double clockHertz = config.machine.clockHertz;
    std::vector<std::vector<std::string>> rows{
        {"memory", "parts of a bank", "reaches", "could reach", "access",
         fmt::format("cycles at {}", withPrefix(clockHertz, "Hz"))},
        {}};
    for (const cost::MemoryDelay& memory : clockingOf(config).memories) {
        if (memory.nanoseconds == 0) continue;
        rows.push_back({memory.name, fmt::format("{}", memory.parts),
                        memoryReach(memory.nanoseconds), memoryReach(memory.fastestNanoseconds),
                        withPrefix(memory.accessNanoseconds * 1e-9, "s"),
                        fmt::format("{}", memory.accessCycles(clockHertz))});
    }
    return rows.size() == 2 ? "" : alignedTable(rows) + "\n";
}

std::string clockText(const RunConfig& config) {
    const Clocking clocking = clockingOf(config);
    const std::string limit = limitOf(clocking);
    return fmt::format(
        "Clock {}: elements and memories reach {}{}.\n{}{}{}",
        withPrefix(config.machine.clockHertz, "Hz"), reachText(clocking.reachableHertz),
        limit.empty() ? "" : fmt::format(", limited by {}", limit), elementMakeNote(config),
        clocking.warning, memoryNotes(clocking, config.machine.clockHertz));
}

int area(const AreaOptions& options) {
    const std::vector<Output> outputs{{"--json", options.json}};
    const RunConfig config = loadRunConfig(options.config.file, options.config.overrides);
    if (config.technology.isFree) {
        throw ConfigError(fmt::format(
            "{}: technology: none has no areas, expected a technology such as generic_45nm",
            options.config.file));
    }
    checkTechnology(config);
    checkOutputs(outputs);
    const cost::MachineDescription machine = describeMachine(config);
    const cost::AreaNode tree = cost::areaOf(config.technology, machine);
    const cost::ClockLimits limits = cost::clockLimits(config.technology, machine);
    if (!options.json.empty()) {
        const nlohmann::ordered_json json{{"schema", "systole-area/2"},
                                          {"config", configJson(options.config, config)},
                                          {"technology", config.technology.name},
                                          {"node", config.technology.node},
                                          {"clock", clockJson(config, limits)},
                                          {"area_mm2", tree.squareMicrons * 1e-6},
                                          {"cells_mm2", cost::cellsOf(tree) * 1e-6},
                                          {"area", areaJson(tree)}};
        writeFileAtomically(options.json, json.dump(2) + "\n");
    }
    printTable(outputs,
               fmt::format("{}\n{}\n{}\n{}{}",
                           wrapped(fmt::format("{} in {} ({})\n", titleName(config.machine.name),
                                               config.technology.name, config.technology.node)),
                           areaTable(tree), areaSources(tree), memoryTable(config),
                           wrapped(clockText(config))));
    return 0;
}

}  // namespace

void addArea(CLI::App& app, Action& action) {
    auto options = std::make_shared<AreaOptions>();
    CLI::App* command =
        app.add_subcommand("area", "Area of a machine by component, with sources and error bands");
    addConfigOptions(*command, options->config);
    addOutputFile(*command, "--json", options->json,
                  "Write the same as JSON; - is standard output");
    command->footer(
        "Elements are predicted gate by gate (docs/accuracy.md), memories by a fit of CACTI 7,\n"
        "controllers by counts of registers and gates. Silicon is the cells with buffers, clock\n"
        "tree, control and room, by coefficients of the technology; --set layout=cells_only "
        "leaves\n"
        "them out. Pads and the DRAM's PHY are not in it.\n"
        "Example:\n"
        "  systole area configs/accelerators/edge-16x16.yaml --set datapath=e4m3");
    command->callback([options, &action] { action = [options] { return area(*options); }; });
}

}  // namespace systole::sim
