// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/memory/dram/dram_config.hpp"
#include "sim/reader/config_reader.hpp"
#include "sim/reader/expression.hpp"

namespace systole::sim {

/// A row of a standard's table of rules: every command of `previous` with every one of `next`.
struct StandardRule {
    memory::Level level = memory::Level::Bank;
    std::vector<memory::Command> previous;
    std::vector<memory::Command> next;
    Expression clocks;
    std::uint32_t window = 1;
};

/// A standard's figures in the names of its parts' timing and power.
struct StandardPower {
    double memory::DramPower::*field;
    Expression expression;
    bool ofRefreshBank = false;
};

/// What configs/dram_standards/*.yaml say; see docs/dram_standards.md.
struct DramStandard {
    std::string name;
    std::uint32_t beatsPerClock = 2;
    /// Empty: the standard has no such command.
    std::array<std::optional<memory::CommandSlot>, memory::kCommandCount> commands;
    std::optional<Expression> readLatency;
    std::optional<Expression> writeLatency;
    std::optional<Expression> burst;
    std::optional<Expression> refreshInterval;  ///< always there with a refresh command
    std::optional<Expression> intervalByBank;   ///< where it differs for refresh by bank
    memory::RefreshSet refreshSet = memory::RefreshSet::OneBank;
    std::vector<StandardRule> rules;
    std::vector<StandardPower> power;

    bool has(memory::Command command) const { return commands[indexOf(command)].has_value(); }
};

DramStandard readStandard(const Section& section);

}  // namespace systole::sim
