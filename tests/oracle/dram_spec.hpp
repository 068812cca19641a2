// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// What a channel of DRAM is and what it is told, in words of the oracle's own.
namespace oracle {

enum class DramOp : std::uint8_t { ACT, PRE, PREA, RD, WR, REF, REFB, PDE, PDX, SRE, SRX };

const char* nameOf(DramOp op);
/// nullopt: no such command.
std::optional<DramOp> dramOpOf(std::string_view name);

inline constexpr std::uint32_t kNotGiven = std::numeric_limits<std::uint32_t>::max();

struct DramEvent {
    std::int64_t clock = 0;
    DramOp op = DramOp::ACT;
    std::uint32_t rank = 0;
    std::uint32_t group = 0;
    std::uint32_t bank = 0;  ///< within its group
    std::uint32_t row = kNotGiven;
    std::uint32_t column = kNotGiven;  ///< of the first beat, in widths of the bus

    /// "RD of rank 0, group 1, bank 2, column 8 at 117".
    std::string text() const;
};

/// Where a command goes, and how long it is on its way.
struct DramSlot {
    std::string bus;  ///< empty: commands of this kind never meet
    std::int64_t clocks = 1;
};

struct DramSpec {
    std::string standard;  ///< "DDR4", "LPDDR4X", "HBM2", ...: JEDEC's name, in any case
    /// In clocks, by JEDEC's name; CL or RL, CWL or WL.
    std::map<std::string, std::int64_t> parameters;

    std::uint32_t ranks = 1;
    std::uint32_t bankGroups = 1;
    std::uint32_t banksPerGroup = 8;
    std::uint32_t rows = 65536;
    std::uint32_t columns = 1024;
    std::int64_t burstLength = 8;
    std::int64_t beatsPerClock = 2;
    bool dataPathPerBank = false;  ///< nothing crosses the pins: banks share neither bus nor I/O

    std::map<DramOp, DramSlot> commands;  ///< those that the standard has

    bool refreshed = true;         ///< whether refreshes may not be left out
    bool refreshSameBank = false;  ///< REFB refreshes that bank of every group
    std::int64_t postponed = 0;    ///< refreshes of all banks that may be put off
    /// A rank's intervals are counted from so long after the rank before it: ranks take turns.
    std::int64_t refreshStaggerClocks = 0;
    std::int64_t refreshSlackClocks = 0;  ///< for what is under way when a refresh falls due

    std::uint32_t banks() const { return bankGroups * banksPerGroup; }
    std::uint32_t refreshSets() const { return refreshSameBank ? banksPerGroup : banks(); }
};

}  // namespace oracle
