// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "models/units.hpp"

namespace systole::memory {

/// The commands that the model issues. PrechargeAll closes every bank of a rank, Refresh refreshes
/// all of them; RefreshBank refreshes one bank, or that bank of every bank group at once
/// (`RefreshConfig::set`). Power-down is that of the state the banks are in (active or precharged).
enum class Command : std::uint8_t {
    Activate,
    Precharge,
    Read,
    Write,
    PrechargeAll,
    Refresh,
    RefreshBank,
    PowerDownEntry,
    PowerDownExit,
    SelfRefreshEntry,
    SelfRefreshExit
};
inline constexpr std::size_t kCommandCount = 11;
/// The first ones are those that bursts need.
inline constexpr std::size_t kBurstCommandCount = 4;
/// In files and listings.
inline constexpr std::array<const char*, kCommandCount> kCommandNames{
    "ACT", "PRE", "RD", "WR", "PREA", "REF", "REFB", "PDE", "PDX", "SRE", "SRX"};

constexpr std::size_t indexOf(Command command) { return static_cast<std::size_t>(command); }
constexpr bool isColumn(Command command) {
    return command == Command::Read || command == Command::Write;
}

struct BankId {
    std::uint32_t rank = 0;
    std::uint32_t bankGroup = 0;
    std::uint32_t bank = 0;  ///< within its group
    auto operator<=>(const BankId&) const = default;
};

/// Where a burst lies. `column` is that of its first beat, in units of the bus width.
struct DramAddress {
    std::uint32_t channel = 0;
    BankId bank;
    std::uint32_t row = 0;
    std::uint32_t column = 0;
    auto operator<=>(const DramAddress&) const = default;
};

struct IssuedCommand {
    Cycle clock = 0;  ///< of the DRAM
    Command command = Command::Activate;
    BankId bank;               ///< of commands to a rank the rank alone means something
    std::uint32_t row = 0;     ///< of Activate only
    std::uint32_t column = 0;  ///< of Read and Write only
};

/// Sees every command of a channel once, in the order of their clocks.
using CommandObserver = std::function<void(const IssuedCommand&)>;

}  // namespace systole::memory
