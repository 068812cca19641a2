// SPDX-License-Identifier: Apache-2.0
#include "sim/run/clocking.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <vector>

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
    const auto choice = smallestElement(config, 1e9 / config.machine.clockHertz);
    if (!choice) return "no synthesis and no pipeline of it does";
    std::string further;
    for (std::size_t i = 1; i < choice->goals.size(); ++i) {
        further += fmt::format(", further_datapaths.{}.synthesis={}", i - 1,
                               kSynthesisNames.at(static_cast<std::size_t>(choice->goals[i])));
    }
    return fmt::format("datapath.synthesis={}{} with array.pipeline_depth={} does",
                       kSynthesisNames.at(static_cast<std::size_t>(choice->goals.front())), further,
                       choice->stages);
}

/// Whether the memory `index` of cost::memoryDelays reaches the clock in this configuration.
bool reaches(const RunConfig& config, std::size_t index) {
    const auto delays = cost::memoryDelays(config.technology, describeMachine(config));
    return !isTooSlow(delays.at(index).fastestNanoseconds, config);
}

/// The widest words of a scratchpad that reach the clock, with the ports that it has or else with
/// one: parts of a bank are as small already as they can be.
std::string scratchpadAdvice(RunConfig config, std::size_t index, const char* name,
                             arch::ScratchpadConfig arch::MachineConfig::*which) {
    arch::ScratchpadConfig& scratchpad = config.machine.*which;
    const std::uint32_t word = scratchpad.wordBytes;
    const memory::PortKind given = scratchpad.ports;
    for (const memory::PortKind ports : {given, memory::PortKind::OneReadWrite}) {
        scratchpad.ports = ports;
        for (scratchpad.wordBytes = word; scratchpad.wordBytes > 0; scratchpad.wordBytes /= 2) {
            if (!reaches(config, index)) continue;
            const std::string port = ports == given ? "" : fmt::format("{}.ports=1rw", name);
            if (scratchpad.wordBytes == word) return port + " does";
            return fmt::format("{}.word={}B{}{} does", name, scratchpad.wordBytes,
                               port.empty() ? "" : " with ", port);
        }
    }
    return "no words and ports of its capacity do";
}

std::string memoryAdvice(const RunConfig& config, std::size_t index, const char* name) {
    switch (index) {
        case 0:
            return scratchpadAdvice(config, index, name,
                                    &arch::MachineConfig::activationScratchpad);
        case 1:
            return scratchpadAdvice(config, index, name, &arch::MachineConfig::weightScratchpad);
        default:
            return "no parts of it do";
    }
}

}  // namespace

std::string limitOf(const Clocking& clocking) {
    if (std::isinf(clocking.reachableHertz)) return "";
    return clocking.elementHertz <= clocking.memoryHertz ? "the processing element"
                                                         : clocking.slowestMemory;
}

std::string elementMakeNote(const RunConfig& config) {
    if (!config.isElementChosen || config.technology.isFree) return "";
    return fmt::format(
        "Elements: {}, which auto takes for {} in {}. Another clock or technology may get "
        "others.\n",
        makeText(describeMachine(config).make()), withPrefix(config.machine.clockHertz, "Hz"),
        config.technology.name);
}

std::string memoryNotes(const Clocking& clocking, double clockHertz) {
    std::vector<std::string> slow;
    std::string outside;
    for (const cost::MemoryDelay& memory : clocking.memories) {
        const std::uint64_t cycles = memory.accessCycles(clockHertz);
        if (cycles > 1) slow.push_back(fmt::format("{} {}", memory.name, cycles));
        if (!memory.outOfFit.empty()) {
            outside += fmt::format("Note: {}: {}.\n", memory.name, memory.outOfFit);
        }
    }
    if (slow.empty()) return outside;
    return fmt::format("Note: cycles from an address to its data: {}. The simulation counts one.\n",
                       fmt::join(slow, ", ")) +
           outside;
}

std::string reachText(double hertz) { return withPrefix(fourDigitsDown(hertz), "Hz"); }

Clocking clockingOf(const RunConfig& config) {
    if (config.technology.isFree) {
        const double infinite = std::numeric_limits<double>::infinity();
        return {infinite, infinite, infinite, infinite, {}, {}, {}};
    }
    const cost::MachineDescription machine = describeMachine(config);
    const cost::ClockLimits limits = cost::clockLimits(config.technology, machine);
    Clocking clocking{.reachableHertz = limits.reachableHertz(),
                      .elementHertz = hertzOf(limits.elementNanoseconds),
                      .fastestElementHertz = hertzOf(fastestElementNanoseconds(config)),
                      .memoryHertz = hertzOf(limits.scratchpadNanoseconds),
                      .slowestMemory = {},
                      .memories = cost::memoryDelays(config.technology, machine),
                      .warning = {}};
    const std::string given = withPrefix(config.machine.clockHertz, "Hz");
    if (isTooSlow(limits.elementNanoseconds, config)) {
        clocking.warning +=
            fmt::format("Warning: the processing element ({}) reaches {}, not {}; {}.\n",
                        makeText(machine.make()), reachText(clocking.elementHertz), given,
                        elementAdvice(config));
    }
    for (std::size_t i = 0; i < clocking.memories.size(); ++i) {
        const char* name = clocking.memories.at(i).name;
        const double nanoseconds = clocking.memories.at(i).fastestNanoseconds;
        if (nanoseconds > 0 && nanoseconds == limits.scratchpadNanoseconds) {
            clocking.slowestMemory = name;
        }
        if (!isTooSlow(nanoseconds, config)) continue;
        clocking.warning +=
            fmt::format("Warning: {} reaches {}, not {} ({:.1f} % short); {}.\n", name,
                        reachText(hertzOf(nanoseconds)), given,
                        100 - 100 * hertzOf(nanoseconds) / config.machine.clockHertz,
                        memoryAdvice(config, i, name));
    }
    return clocking;
}

}  // namespace systole::sim
