// SPDX-License-Identifier: Apache-2.0
#include "sim/run/clocking.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "models/cost/machine/area_model.hpp"
#include "sim/base/text.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/element_choice.hpp"

namespace systole::sim {
namespace {

double hertzOf(double nanoseconds) {
    return nanoseconds == 0 ? std::numeric_limits<double>::infinity() : 1e9 / nanoseconds;
}

/// By the product: a period and its frequency do not round alike.
bool isTooSlow(double nanoseconds, const RunConfig& config) {
    return nanoseconds * config.machine.clockHertz > 1e9;
}

std::string makeText(const cost::ElementMake& make) {
    return fmt::format("synthesis for {}, {} stage{}",
                       kSynthesisNames.at(static_cast<std::size_t>(make.goal)), make.stages,
                       make.stages == 1 ? "" : "s");
}

/// What makes elements reach the clock.
std::string elementAdvice(const RunConfig& config) {
    const auto make = smallestElement(config, 1e9 / config.machine.clockHertz);
    if (!make) return "no synthesis and no pipeline of it does";
    return fmt::format("datapath.synthesis={} with array.pipeline_depth={} does",
                       kSynthesisNames.at(static_cast<std::size_t>(make->goal)), make->stages);
}

/// Whether the memory `index` of cost::memoryDelays reaches the clock in this configuration.
bool reaches(const RunConfig& config, std::size_t index) {
    const auto delays = cost::memoryDelays(config.technology, describeMachine(config));
    return !isTooSlow(delays.at(index).nanoseconds, config);
}

/// The most banks of a scratchpad of the same capacity that reach the clock, with the ports that
/// it has or else with one.
std::string scratchpadAdvice(RunConfig config, std::size_t index, const char* name,
                             arch::ScratchpadConfig arch::MachineConfig::*which) {
    arch::ScratchpadConfig& scratchpad = config.machine.*which;
    const std::uint64_t banks = scratchpad.banks.value_or(1);
    const memory::PortKind given = scratchpad.ports;
    for (const memory::PortKind ports : {given, memory::PortKind::OneReadWrite}) {
        scratchpad.ports = ports;
        for (scratchpad.banks = banks; *scratchpad.banks > 0; *scratchpad.banks /= 2) {
            if (!reaches(config, index)) continue;
            const std::string port = ports == given ? "" : fmt::format(" with {}.ports=1rw", name);
            return fmt::format("{}.banks={}{} does, for fewer accesses a cycle", name,
                               *scratchpad.banks, port);
        }
    }
    return "no banks and ports of its capacity do";
}

std::string accumulatorAdvice(RunConfig config, std::size_t index, const char* name) {
    Limit& rows = config.machine.accumulatorBuffer.rows;
    for (rows = *rows / 4 * 2; *rows > 0; rows = *rows / 4 * 2) {
        if (reaches(config, index)) return fmt::format("{}.rows={} does", name, *rows);
    }
    return "no smaller one does";
}

std::string memoryAdvice(const RunConfig& config, std::size_t index, const char* name) {
    switch (index) {
        case 0:
            return scratchpadAdvice(config, index, name,
                                    &arch::MachineConfig::activationScratchpad);
        case 1:
            return scratchpadAdvice(config, index, name, &arch::MachineConfig::weightScratchpad);
        default:
            return accumulatorAdvice(config, index, name);
    }
}

}  // namespace

std::string reachText(double hertz) { return withPrefix(fourDigitsDown(hertz), "Hz"); }

Clocking clockingOf(const RunConfig& config) {
    if (config.technology.isFree) {
        const double infinite = std::numeric_limits<double>::infinity();
        return {infinite, infinite, infinite, infinite, {}, {}};
    }
    const cost::MachineDescription machine = describeMachine(config);
    const cost::ClockLimits limits = cost::clockLimits(config.technology, machine);
    Clocking clocking{.reachableHertz = limits.reachableHertz(),
                      .elementHertz = hertzOf(limits.elementNanoseconds),
                      .fastestElementHertz = hertzOf(fastestElementNanoseconds(config)),
                      .memoryHertz = hertzOf(limits.scratchpadNanoseconds),
                      .slowestMemory = {},
                      .warning = {}};
    const std::string given = withPrefix(config.machine.clockHertz, "Hz");
    if (isTooSlow(limits.elementNanoseconds, config)) {
        clocking.warning +=
            fmt::format("Warning: the processing element ({}) reaches {}, not {}; {}.\n",
                        makeText(machine.make()), reachText(clocking.elementHertz), given,
                        elementAdvice(config));
    }
    const auto delays = cost::memoryDelays(config.technology, machine);
    for (std::size_t i = 0; i < delays.size(); ++i) {
        const auto& [name, nanoseconds] = delays.at(i);
        if (nanoseconds > 0 && nanoseconds == limits.scratchpadNanoseconds) {
            clocking.slowestMemory = name;
        }
        if (!isTooSlow(nanoseconds, config)) continue;
        clocking.warning +=
            fmt::format("Warning: {} reaches {}, not {}; {}.\n", name,
                        reachText(hertzOf(nanoseconds)), given, memoryAdvice(config, i, name));
    }
    return clocking;
}

}  // namespace systole::sim
