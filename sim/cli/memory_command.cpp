// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/config/technology/technology_loader.hpp"
#include "sim/reader/config_reader.hpp"
#include "sim/report/memory_report.hpp"

namespace systole::sim {
namespace {

constexpr std::uint64_t kMostWordBits = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;
constexpr std::uint64_t kMostBanks = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostPorts = 16;
constexpr RealRange kClock{1e3, 1e12};
constexpr RealRange kTemperature{200, 450};

struct MemoryOptions {
    std::string capacity;
    std::uint64_t wordBits = 64;
    std::uint64_t banks = 1;
    std::uint32_t ports = 1;
    std::string clock;
    std::string temperature = "300";  // as energy.temperature_kelvin
    std::string technology = "generic_45nm";
    std::string json;
};

/// The numbers of the options. ConfigError where one is none, or a bank holds no word.
MemoryReport reportOf(const MemoryOptions& options) {
    MemoryReport report;
    report.wordBits = options.wordBits;
    report.banks = options.banks;
    report.ports = options.ports;
    ConfigReader temperature = ConfigReader::ofText(options.temperature, "--temperature");
    report.temperatureKelvin = temperature.value().real(kTemperature);
    temperature.finish();
    ConfigReader capacity = ConfigReader::ofText(options.capacity, "--capacity");
    report.capacityBytes = capacity.value().bytes({1, kMostBytes});
    capacity.finish();
    if (!options.clock.empty()) {
        ConfigReader clock = ConfigReader::ofText(options.clock, "--clock");
        report.clockHertz = clock.value().hertz(kClock);
        clock.finish();
    }
    if (report.capacityBytes * 8 / report.banks < report.wordBits) {
        throw ConfigError(fmt::format(
            "--capacity {}: a bank has less than a word of {} bits, expected one word a bank "
            "or more",
            options.capacity, report.wordBits));
    }
    return report;
}

int memory(const MemoryOptions& options) {
    const std::vector<Output> outputs{{"--json", options.json}};
    MemoryReport report = reportOf(options);
    const cost::Technology technology = parseTechnology(options.technology, "--technology");
    checkOutputs(outputs);
    report.technology = technology.name;
    report.node = technology.node;
    const auto banks = static_cast<double>(report.banks);
    report.memory =
        cost::memoryFor(technology.sram,
                        {.capacityBytes = static_cast<double>(report.capacityBytes) / banks,
                         .wordBits = static_cast<double>(report.wordBits),
                         .readWritePorts = report.ports,
                         .banks = report.banks},
                        report.clockHertz, report.temperatureKelvin);
    if (!options.json.empty()) writeFileAtomically(options.json, memoryJson(report));
    printTable(outputs, memoryTable(report));
    return 0;
}

void addOptions(CLI::App& command, MemoryOptions& options) {
    command.add_option("--capacity", options.capacity, "Of all banks: 96KiB, 24MiB")
        ->required()
        ->type_name("SIZE");
    command.add_option("--word-bits", options.wordBits, "Bits that one access reads or writes")
        ->transform(integerFrom(1, kMostWordBits))
        ->capture_default_str();
    command.add_option("--banks", options.banks, "That work independently of each other")
        ->transform(integerFrom(1, kMostBanks))
        ->capture_default_str();
    command.add_option("--ports", options.ports, "Of each bank, to read or to write")
        ->transform(integerFrom(1, kMostPorts))
        ->capture_default_str();
    command
        .add_option("--clock", options.clock,
                    "To take an access every cycle of: 500MHz, 1.2GHz; without: whatever one macro "
                    "a bank reaches")
        ->type_name("FREQUENCY");
    command.add_option("--temperature", options.temperature, "Of the leakage, in kelvin")
        ->type_name("KELVIN")
        ->capture_default_str();
    command
        .add_option("--technology", options.technology,
                    "A technology: its name, a file, or {..} itself")
        ->capture_default_str();
    addOutputFile(command, "--json", options.json, "Write the same as JSON; - is standard output");
}

}  // namespace

void addMemory(CLI::App& app, Action& action) {
    auto options = std::make_shared<MemoryOptions>();
    CLI::App* command = app.add_subcommand(
        "memory", "One on-chip memory: area, energy, leakage, access and cycle, with error bands");
    addOptions(*command, *options);
    command->footer(
        "Any capacity, any width of words. Figures are interpolated between macros of CACTI 7;\n"
        "docs/accuracy.md says how far they are from macros that the fit has not seen. Macros\n"
        "alone: what silicon adds is in `systole area`.\n"
        "Examples:\n"
        "  systole memory --capacity 96KiB --word-bits 384 --clock 1GHz\n"
        "  systole memory --capacity 24MiB --word-bits 2048 --banks 16 --technology generic_28nm");
    command->callback([options, &action] { action = [options] { return memory(*options); }; });
}

}  // namespace systole::sim
