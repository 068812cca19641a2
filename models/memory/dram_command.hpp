// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "models/units.hpp"

namespace systole::memory {

/// The commands of JESD79-4 that the model issues. PrechargeAll closes every bank of the rank.
enum class Command : std::uint8_t { Activate, Precharge, PrechargeAll, Read, Write, Refresh };
inline constexpr std::size_t kCommandCount = 6;

struct BankId {
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
    BankId bank;            ///< meaningless for PrechargeAll and Refresh
    std::uint32_t row = 0;  ///< of Activate only
};

/// Sees every command once, not always in the order of their clocks: preparing a bank for a later
/// request may come before the column command of an earlier one.
using CommandObserver = std::function<void(const IssuedCommand&)>;

}  // namespace systole::memory
