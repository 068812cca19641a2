// SPDX-License-Identifier: Apache-2.0
#include "sim/report/memory_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/base/text.hpp"
#include "sim/reader/scalars.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

/// Cycles of a fit that is this much too long still meet the clock: roundings.
constexpr double kRounding = 1 + 1e-9;

/// A figure, and by what its unit is to be multiplied.
Json estimateJson(const cost::Estimate& estimate, double unit) {
    return {{"nominal", estimate.nominal * unit},
            {"low", estimate.low * unit},
            {"high", estimate.high * unit}};
}

/// Four digits, no exponent.
std::string figureText(double value) {
    const int before = value > 0 ? static_cast<int>(std::floor(std::log10(value))) : 0;
    return fmt::format("{:.{}f}", value, std::clamp(3 - before, 0, 12));
}

std::vector<std::string> row(const std::string& name, const cost::Estimate& estimate, double unit) {
    const auto text = [&](double value) { return figureText(value * unit); };
    return {name, text(estimate.nominal),
            fmt::format("{} - {}", text(estimate.low), text(estimate.high))};
}

std::string counted(std::uint64_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string organisationText(const MemoryReport& report) {
    const cost::MachineMemory& memory = report.memory;
    if (memory.macro.isRegisterFile) {
        return fmt::format("Flip-flops read through multiplexers{}.\n",
                           memory.parts > 1 ? fmt::format(", in {} parts", memory.parts) : "");
    }
    if (memory.parts == 1) return "Every bank is one macro.\n";
    return fmt::format("Every bank is built of {} parts{}.\n", memory.parts,
                       report.meetsClock() ? ", as few as reach the clock" : "");
}

std::string clockText(const MemoryReport& report) {
    const double cycle = report.memory.macro.cycleSeconds.nominal;
    const std::string fastest = withPrefix(1 / report.memory.fastestSeconds, "Hz");
    if (report.clockHertz == 0) {
        return fmt::format("Takes an access every {}; built of parts it reaches {}.\n",
                           withPrefix(cycle, "s"), fastest);
    }
    if (!report.meetsClock()) {
        return fmt::format("Warning: {} is not reached, {} at most.\n",
                           withPrefix(report.clockHertz, "Hz"), fastest);
    }
    const double cycles = std::ceil(report.memory.macro.accessSeconds.nominal * report.clockHertz);
    return fmt::format("Meets {}; data come {} after their address.\n",
                       withPrefix(report.clockHertz, "Hz"),
                       counted(static_cast<std::uint64_t>(std::max(cycles, 1.0)), "cycle"));
}

}  // namespace

bool MemoryReport::meetsClock() const {
    return memory.macro.cycleSeconds.nominal * clockHertz <= kRounding;
}

std::string memoryJson(const MemoryReport& report) {
    const cost::SramMacro& macro = report.memory.macro;
    const Json json{{"schema", "systole-memory/1"},
                    {"technology", report.technology},
                    {"node", report.node},
                    {"capacity_bytes", report.capacityBytes},
                    {"word_bits", report.wordBits},
                    {"banks", report.banks},
                    {"ports", report.ports},
                    {"clock_hz", report.clockHertz},
                    {"temperature_kelvin", report.temperatureKelvin},
                    {"meets_clock", report.meetsClock()},
                    {"parts", report.memory.parts},
                    {"is_register_file", macro.isRegisterFile},
                    {"area_um2", estimateJson(macro.areaSquareMicrons, 1)},
                    {"read_pj", estimateJson(macro.readJoules, 1e12)},
                    {"write_pj", estimateJson(macro.writeJoules, 1e12)},
                    {"leakage_uw", estimateJson(macro.leakageWatts, 1e6)},
                    {"access_ns", estimateJson(macro.accessSeconds, 1e9)},
                    {"cycle_ns", estimateJson(macro.cycleSeconds, 1e9)},
                    {"fastest_cycle_ns", report.memory.fastestSeconds * 1e9},
                    {"out_of_fit", macro.outOfFit},
                    {"source", macro.source}};
    return json.dump(2) + "\n";
}

std::string memoryTable(const MemoryReport& report) {
    const cost::SramMacro& macro = report.memory.macro;
    const std::string title = fmt::format(
        "{} of words of {}, {}, {}, in {} ({}) at {:.6g} K\n", showBytes(report.capacityBytes),
        counted(report.wordBits, "bit"), counted(report.banks, "bank"),
        counted(report.ports, "port"), report.technology, report.node, report.temperatureKelvin);
    const TableRows rows{{"", "nominal", "band"},
                         {},
                         row("area of macros, mm2", macro.areaSquareMicrons, 1e-6),
                         row("read of a word, pJ", macro.readJoules, 1e12),
                         row("write of a word, pJ", macro.writeJoules, 1e12),
                         row("leakage, mW", macro.leakageWatts, 1e3),
                         row("access, ns", macro.accessSeconds, 1e9),
                         row("cycle, ns", macro.cycleSeconds, 1e9)};
    std::string notes = organisationText(report) + clockText(report);
    if (!macro.outOfFit.empty()) notes += fmt::format("Note: {}.\n", macro.outOfFit);
    notes += fmt::format("Source: {}\n", macro.source);
    return fmt::format("{}\n{}\n{}", wrapped(title), alignedTable(rows), wrapped(notes));
}

}  // namespace systole::sim
