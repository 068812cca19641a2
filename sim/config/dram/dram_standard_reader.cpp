// SPDX-License-Identifier: Apache-2.0
#include "sim/config/dram/dram_standard_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "sim/base/spelling.hpp"

namespace systole::sim {
namespace {

using memory::Command;
using memory::DramPower;

/// A standard without these says nothing that could be simulated.
constexpr std::array kNeededCommands{Command::Activate, Command::Precharge, Command::Read,
                                     Command::Write};
constexpr std::uint64_t kMostClocksOfACommand = 16;
constexpr std::uint64_t kLongestWindow = 4;

struct PowerKey {
    const char* name;
    double DramPower::*field;
    Command command;  ///< with which the key is there
};
constexpr auto kPowerKeys = std::to_array<PowerKey>({
    {"ACT", &DramPower::activate, Command::Activate},
    {"RD", &DramPower::read, Command::Read},
    {"WR", &DramPower::write, Command::Write},
    {"REF", &DramPower::refresh, Command::Refresh},
    {"REFB", &DramPower::refreshBank, Command::RefreshBank},
    {"active_standby", &DramPower::activeStandby, Command::Activate},
    {"precharge_standby", &DramPower::prechargeStandby, Command::Activate},
    {"active_power_down", &DramPower::activePowerDown, Command::PowerDownEntry},
    {"precharge_power_down", &DramPower::prechargePowerDown, Command::PowerDownEntry},
    {"self_refresh", &DramPower::selfRefresh, Command::SelfRefreshEntry},
});

/// The number of the bus of that name; buses are numbered as they come.
std::optional<std::uint32_t> readBus(const Value& value, std::vector<std::string>& buses) {
    const std::string name = value.text();
    if (name == "none") {
        return std::nullopt;
    }
    const auto found = std::find(buses.begin(), buses.end(), name);
    const auto number = static_cast<std::uint32_t>(found - buses.begin());
    if (found == buses.end()) {
        buses.push_back(name);
    }
    if (number >= memory::kMostCommandBuses) {
        value.fail(fmt::format("'{}' is one command bus too many, expected at most {}", name,
                               memory::kMostCommandBuses));
        return 0;
    }
    return number;
}

void readCommands(const Section& section, DramStandard& standard) {
    std::vector<std::string> buses;
    for (std::size_t i = 0; i < memory::kCommandCount; ++i) {
        const std::optional<Value> value =
            section.findOneOfMany(memory::kCommandNames[i], "command");
        if (!value) {
            continue;
        }
        const Section slot = value->section();
        standard.commands[i] = memory::CommandSlot{
            .bus = readBus(slot.at("bus"), buses),
            .clocks = slot.at("clocks").integer<std::uint32_t>({1, kMostClocksOfACommand})};
    }
    for (const Command command : kNeededCommands) {
        if (!standard.has(command)) {
            section.fail(fmt::format("missing command {}, expected its bus and clocks",
                                     memory::kCommandNames[indexOf(command)]));
            standard.commands[indexOf(command)].emplace();  // said once, not at every rule
        }
    }
}

Command readCommand(const Value& value, const DramStandard& standard) {
    const std::vector<std::string> names(memory::kCommandNames.begin(),
                                         memory::kCommandNames.end());
    const auto command = static_cast<Command>(value.choose(names));
    if (value.clean() && !standard.has(command)) {
        value.fail(fmt::format("{} is not among the commands of {}, expected one that is",
                               memory::kCommandNames[indexOf(command)], standard.name));
    }
    return command;
}

std::vector<Command> readCommandList(const Value& value, const DramStandard& standard) {
    if (!value.isList()) {
        return {readCommand(value, standard)};
    }
    std::vector<Command> commands;
    for (const Value& item : value.list({1, memory::kCommandCount})) {
        commands.push_back(readCommand(item, standard));
    }
    return commands;
}

StandardRule readRule(const Section& section, const DramStandard& standard) {
    const std::vector<std::string> levels(memory::kLevelNames.begin(), memory::kLevelNames.end());
    StandardRule rule{.level = static_cast<memory::Level>(section.at("level").choose(levels)),
                      .previous = readCommandList(section.at("previous"), standard),
                      .next = readCommandList(section.at("next"), standard),
                      .clocks = Expression(section.at("clocks"))};
    if (const std::optional<Value> window = section.find("window")) {
        rule.window = window->integer<std::uint32_t>({2, kLongestWindow});
        if (rule.level != memory::Level::Rank) {
            window->fail("a window needs the level rank, expected that");
        }
    }
    return rule;
}

void readRefresh(const Section& root, DramStandard& standard) {
    if (!standard.has(Command::Refresh) && !standard.has(Command::RefreshBank)) {
        return;
    }
    const Section section = root.at("refresh").section();
    standard.refreshInterval.emplace(section.at("interval"));
    if (standard.has(Command::RefreshBank)) {
        standard.refreshSet = section.at("set").oneOf<memory::RefreshSet>(
            {{"bank", memory::RefreshSet::OneBank},
             {"same_bank", memory::RefreshSet::SameBankOfGroups}});
        standard.intervalByBank.emplace(section.at(
            "interval_by_bank", Default(standard.refreshInterval->text()).described("interval")));
    }
}

void readPowerExpressions(const Section& section, DramStandard& standard) {
    for (const PowerKey& key : kPowerKeys) {
        if (standard.has(key.command)) {
            standard.power.push_back({key.field, Expression(section.oneOfMany(key.name, "figure")),
                                      key.command == Command::RefreshBank});
        }
    }
}

}  // namespace

DramStandard readStandard(const Section& section) {
    DramStandard standard;
    standard.name = section.at("name").name();
    section.at("source").name();  // for the reader of the file
    const Value beats = section.at("beats_per_clock");
    standard.beatsPerClock = beats.integer<std::uint32_t>({1, 64});
    if (!std::has_single_bit(standard.beatsPerClock)) {
        beats.fail(fmt::format("{} is not a power of two, expected one", standard.beatsPerClock));
    }
    readCommands(section.at("commands").section(), standard);
    const Section latencies = section.at("latencies").section();
    standard.readLatency.emplace(latencies.at("read"));
    standard.writeLatency.emplace(latencies.at("write"));
    standard.burst.emplace(latencies.at("burst"));
    readRefresh(section, standard);
    for (const Value& rule : section.at("rules").list({1, 1000})) {
        standard.rules.push_back(readRule(rule.section(), standard));
    }
    readPowerExpressions(section.at("power").section(), standard);
    return standard;
}

}  // namespace systole::sim
