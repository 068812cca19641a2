// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "models/memory/dram/address_map.hpp"
#include "models/memory/dram/dram_config.hpp"

/// How fast DRAM takes the bursts of a transfer, by where they lie. TransferCosts asks it for every
/// pattern of runs (docs/mapping.md).
///
/// An example: DDR4-2400 of configs/dram, whose neighbouring bursts lie in different bank groups.
/// Bursts side by side follow each other after 4 clocks. Bursts 256 bytes apart all lie in one bank
/// group, and follow each other after 6 clocks.
namespace systole::arch {

/// The bytes of a transfer as they lie in DRAM: `rows` rows of `count` runs each. The runs of a row
/// begin `stride` bytes apart, the rows `rowStride` bytes apart.
struct Runs {
    std::uint64_t rows = 1;
    std::uint64_t count = 1;   ///< runs in a row
    std::uint64_t bytes = 0;   ///< of a run
    std::uint64_t stride = 0;  ///< bytes
    std::uint64_t rowStride = 0;

    std::uint64_t total() const { return rows * count * bytes; }
};

class DramPace {
public:
    /// `outstanding` bursts are under way at a time, so that the controller can choose among them.
    DramPace(const memory::DdrConfig& ddr, std::uint32_t outstanding);

    /// DRAM clocks from one burst to the next, on average over the first bursts of the pattern.
    /// Each window of bursts that the controller sees at once takes the longest of these: the data
    /// bus of a channel, the column commands of a bank group and of a bank, and the rows that a
    /// bank and a rank open. No refreshes are in it.
    double clocksPerBurst(const Runs& runs) const;

private:
    /// As many runs of the pattern as are looked at.
    using Key =
        std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>;

    std::vector<memory::DramAddress> placesOf(const Runs& runs) const;
    double measure(std::span<const memory::DramAddress> places) const;

    memory::AddressMap map_;
    std::uint64_t burstBytes_;
    std::size_t window_;
    bool ownPaths_;  ///< whether every bank has a data path of its own
    // Clocks between two commands of a kind.
    double burst_;
    double columnsOfGroup_;
    double columnsOfBank_;
    double rowsOfBank_;
    double rowsOfRank_;
    mutable std::map<Key, double> known_;
};

}  // namespace systole::arch
