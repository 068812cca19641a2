// SPDX-License-Identifier: Apache-2.0
#include "sim/config/dram/dram_part_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace systole::sim {
namespace {

using memory::Command;
using memory::DdrConfig;

constexpr IntegerRange kClocks{0, 1'000'000};
constexpr RealRange kAmperesAndVolts{0, 100'000};  // mA and V

bool isOrganization(const std::string& name) { return name == "BL" || name == "beats"; }

/// JEDEC's times begin with a small t; the latencies (CL, RL) are known from the rules.
bool looksLikeTime(const std::string& name) { return name.front() == 't'; }

bool isOfRefreshBank(const StandardRule& rule) {
    const auto names = [](const std::vector<Command>& commands) {
        return std::find(commands.begin(), commands.end(), Command::RefreshBank) != commands.end();
    };
    // A list that names other commands as well holds without RefreshBank, too.
    return (names(rule.previous) && rule.previous.size() == 1) ||
           (names(rule.next) && rule.next.size() == 1);
}

/// A name that a standard's expressions use.
struct Need {
    std::string place;           ///< of the first that uses it
    bool power = false;          ///< a current or a voltage
    bool ofRefreshBank = false;  ///< nothing else needs it
};

/// What a part must give.
class Needs {
public:
    explicit Needs(const DramStandard& standard) {
        for (const auto* latency : {&standard.readLatency, &standard.writeLatency, &standard.burst,
                                    &standard.refreshInterval, &standard.intervalByBank}) {
            if (*latency) {
                add(**latency, false, false);
            }
        }
        for (const StandardRule& rule : standard.rules) {
            add(rule.clocks, false, isOfRefreshBank(rule));
        }
        for (const StandardPower& power : standard.power) {
            add(power.expression, true, power.ofRefreshBank);
        }
    }

    const std::map<std::string, Need>& all() const { return all_; }

private:
    void add(const Expression& expression, bool power, bool ofRefreshBank) {
        for (const std::string& name : expression.names()) {
            if (isOrganization(name)) {
                continue;
            }
            const Need need{expression.place(), power && !looksLikeTime(name), ofRefreshBank};
            Need& known = all_.try_emplace(name, need).first->second;
            known.ofRefreshBank &= ofRefreshBank;
        }
    }

    std::map<std::string, Need> all_;
};

/// The values of a part, and what it lacks.
struct PartValues {
    Symbols symbols;
    std::string noRefreshBank;
};

/// Empty where the part has a single one of the names that only RefreshBank needs.
std::string whyNoRefreshBank(const Needs& needs, const Section& timing, const Section& power) {
    std::string inTiming;
    std::string inPower;
    for (const auto& [name, need] : needs.all()) {
        if (!need.ofRefreshBank) {
            continue;
        }
        if ((need.power ? power : timing).has(name)) {
            return "";
        }
        (need.power ? inPower : inTiming) = fmt::format(
            "{} has no '{}', needed by {}", need.power ? "power" : "timing", name, need.place);
    }
    return inTiming.empty() ? inPower : inTiming;
}

PartValues readValues(const Needs& needs, const Section& timing, const Section& power) {
    PartValues values{.symbols = {}, .noRefreshBank = whyNoRefreshBank(needs, timing, power)};
    for (const auto& [name, need] : needs.all()) {
        const Section& section = need.power ? power : timing;
        if (!section.has(name)) {
            if (!need.ofRefreshBank || values.noRefreshBank.empty()) {
                section.fail(fmt::format("missing key '{}', needed by {}", name, need.place));
            }
            continue;
        }
        const Value value = section.named(name);
        values.symbols[name] =
            need.power ? value.real(kAmperesAndVolts) : static_cast<double>(value.integer(kClocks));
    }
    return values;
}

void bindRules(const DramStandard& standard, const PartValues& values, DdrConfig& ddr) {
    const auto usable = [&](Command command) {
        return command != Command::RefreshBank || values.noRefreshBank.empty();
    };
    for (const StandardRule& rule : standard.rules) {
        if (isOfRefreshBank(rule) && !values.noRefreshBank.empty()) {
            continue;
        }
        const Cycle clocks = rule.clocks.clocks(values.symbols);
        std::vector<Command> previous;
        std::copy_if(rule.previous.begin(), rule.previous.end(), std::back_inserter(previous),
                     usable);
        for (const Command next : rule.next) {
            if (usable(next)) {
                ddr.rules.push_back(
                    {rule.level, previous, next, clocks, rule.window, rule.clocks.text()});
            }
        }
    }
}

void bind(const DramStandard& standard, const PartValues& values, DdrConfig& ddr) {
    bindRules(standard, values, ddr);
    for (std::size_t i = 0; i < memory::kCommandCount; ++i) {
        ddr.commands[i] = standard.commands[i].value_or(memory::CommandSlot{});
    }
    ddr.latencies = {.read = standard.readLatency->clocks(values.symbols),
                     .write = standard.writeLatency->clocks(values.symbols),
                     .burst = standard.burst->clocks(values.symbols)};
    ddr.refresh.set = standard.refreshSet;
    if (standard.refreshInterval) {
        ddr.refresh.interval = standard.refreshInterval->clocks(values.symbols);
    }
    for (const StandardPower& power : standard.power) {
        if (!power.ofRefreshBank || values.noRefreshBank.empty()) {
            ddr.power.*power.field = power.expression.magnitude(values.symbols);
        }
    }
}

/// Between two refreshes of all banks a row must be opened, used and closed.
void checkRefreshInterval(const Section& timing, const DramStandard& standard,
                          const DdrConfig& ddr) {
    const Cycle recovery =
        ddr.clocksBetween(Command::Refresh, Command::Activate, memory::Level::Rank);
    const Cycle row = ddr.rowCycleClocks();
    if (recovery == 0 || recovery + row <= ddr.refresh.interval) {
        return;
    }
    const std::string problem = fmt::format(
        "a refresh every {} clocks leaves no time for a row, expected at least {}: {} that a "
        "refresh takes and {} to open, read and close a row",
        ddr.refresh.interval, recovery + row, recovery, row);
    std::vector<std::string> names;  // of the interval and of the refresh, where they are names
    if (standard.refreshInterval) {
        names.push_back(standard.refreshInterval->text());
    }
    for (const memory::TimingRule& rule : ddr.rules) {
        if (rule.follows(Command::Refresh) && rule.next == Command::Activate) {
            names.push_back(rule.text);
        }
    }
    std::erase_if(names, [&](const std::string& name) { return !timing.has(name); });
    const auto set = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return timing.named(name).isOverride();
    });
    if (names.empty()) {
        timing.fail(problem);
    } else {
        timing.named(set != names.end() ? *set : names.front()).fail(problem);
    }
}

/// Else every expression with the length of a burst in it is a fraction.
void checkBurst(const Section& part, const DramStandard& standard, const DdrConfig& ddr) {
    if (ddr.organization.burstLength % standard.beatsPerClock != 0) {
        part.at("organization")
            .section()
            .at("burst_length")
            .fail(fmt::format("{} beats are no whole number of clocks, expected a multiple of {}",
                              ddr.organization.burstLength, standard.beatsPerClock));
    }
}

}  // namespace

DramPart readPart(const Section& part, DdrConfig& ddr) {
    const Section described = part.at("standard").fragment("dram_standards");
    DramPart result{.standard = readStandard(described), .sound = false, .noRefreshBank = ""};
    const Section timing = part.at("timing").section();
    const Section power = part.at("power").section();
    if (!described.clean()) {
        timing.entries();  // which names are needed is not known
        power.entries();
        return result;
    }
    PartValues values = readValues(Needs(result.standard), timing, power);
    values.symbols["BL"] = ddr.organization.burstLength;
    values.symbols["beats"] = result.standard.beatsPerClock;
    checkBurst(part, result.standard, ddr);
    if (!part.at("organization").section().clean() || !timing.clean() || !power.clean()) {
        return result;
    }
    bind(result.standard, values, ddr);
    result.intervalByBank = result.standard.intervalByBank
                                ? result.standard.intervalByBank->clocks(values.symbols)
                                : ddr.refresh.interval;
    checkRefreshInterval(timing, result.standard, ddr);
    result.sound = described.clean() && timing.clean();
    result.noRefreshBank = values.noRefreshBank;
    return result;
}

}  // namespace systole::sim
