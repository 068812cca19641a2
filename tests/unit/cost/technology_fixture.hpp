// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <array>
#include <string>

#include "models/cost/netlist/netlist.hpp"

namespace systole::sim {

/// The YAML of a technology whose coefficients of logic are numbered from 1 on, as they come.
inline std::string roundTechnologyYaml() {
    int number = 0;
    const auto next = [&] { return std::to_string(++number); };
    const auto row = [&](const auto& keys) {
        std::string text;
        for (const char* key : keys) {
            text += (text.empty() ? "" : ", ") + std::string(key) + ": " + next();
        }
        return "{" + text + "}\n";
    };
    const std::array gates{"and", "xor", "mux", "majority"};
    std::string yaml = "name: round\nnode: none\nlogic:\n  source: made for tests\n";
    for (const char* goal : {"area", "speed"}) {
        yaml += fmt::format("  {}:\n    gates_um2:\n", goal);
        for (const cost::Part part : cost::kParts) {
            yaml += fmt::format("      {}: {}", nameOf(part), row(gates));
        }
        yaml += "      output_and: " + next() + "\n    toggles_fj:\n";
        for (const cost::Part part : cost::kParts) {
            yaml += fmt::format("      {}: {}", nameOf(part), row(std::array{"settled", "glitch"}));
        }
        yaml += "    delay_ns:\n";
        for (const cost::Part part : cost::kParts) {
            yaml += fmt::format("      {}: {}", nameOf(part), row(gates));
        }
        for (const char* key : {"fanout_doubling", "register"}) {
            yaml += fmt::format("      {}: {}\n", key, next());
        }
    }
    yaml += "  register:\n";
    for (const char* key : {"area_um2", "clock_fj", "toggle_fj"}) {
        yaml += fmt::format("    {}: {}\n", key, next());
    }
    yaml += "  input_fj: " + next() + "\n  leakage:\n";
    for (const char* key : {"uw_per_um2", "temperature_kelvin", "kelvin_per_doubling"}) {
        yaml += fmt::format("    {}: {}\n", key, next());
    }
    const auto errors = [&](const std::string& indent) {
        for (const char* key : {"area", "delay", "energy"}) {
            yaml += fmt::format("{}{}: {}", indent, key, row(std::array{"rms", "largest"}));
        }
    };
    const auto errorsOfBothGoals = [&](const std::string& indent) {
        errors(indent);
        yaml += indent + "speed:\n";
        errors(indent + "  ");
    };
    yaml += "  error:\n";
    errorsOfBothGoals("    ");
    yaml += "    multiplier_alone:\n";
    errorsOfBothGoals("      ");
    yaml += "    other_recipe:\n";
    errorsOfBothGoals("      ");
    yaml += "      multiplier_alone:\n";
    errorsOfBothGoals("        ");
    yaml +=
        "sram:\n  source: made for tests\n  temperature_kelvin: 300\n  leakage_per_kelvin: 0\n"
        "  capacities: [1KiB, 2KiB]\n  word_bits: [64, 128]\n  fewest_words: 1\n";
    for (const char* key :
         {"read_pj", "write_pj", "leakage_uw", "area_um2", "access_ns", "cycle_ns"}) {
        yaml += fmt::format("  {}:\n    margin: {{low: 0, high: 0}}\n    error:\n", key);
        for (const char* error : {"in_sample", "size_left_out", "width_left_out"}) {
            yaml += fmt::format("      {}: {{max: 0, rms: 0}}\n", error);
        }
        for (const char* curve : {"nominal", "low", "high"}) {
            yaml += fmt::format("    {}: [[2, 4], [4, 8]]\n", curve);
        }
    }
    return yaml +
           "  ports: {cell_width: 0, cell_height: 0, energy: 0, leakage: 0, time: 0, error: {area: "
           "0, energy: 0, leakage: 0, time: 0}, "
           "source: "
           "none}\n"
           "  wires: {pj_per_bit_mm: 0, ns_per_mm: 0, um_per_wire: 0, address_wires: 0, error: "
           "{area: 0, energy: 0, leakage: 0, time: 0}, "
           "source: none}\n";
}

}  // namespace systole::sim
