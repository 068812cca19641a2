// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/dram_pace.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "models/units.hpp"

namespace systole::arch {
namespace {

using memory::Command;
using memory::Level;

constexpr std::size_t kMostBursts = 96;  // of a pattern that are looked at

/// Of the windows of activates that a rank allows (tFAW), the clocks that one activate takes.
double clocksPerActivate(const memory::DdrConfig& ddr) {
    auto clocks =
        static_cast<double>(ddr.clocksBetween(Command::Activate, Command::Activate, Level::Rank));
    for (const memory::TimingRule& rule : ddr.rules) {
        if (rule.follows(Command::Activate) && rule.next == Command::Activate &&
            rule.level == Level::Rank && rule.window > 1) {
            clocks = std::max(clocks, static_cast<double>(rule.clocks) / rule.window);
        }
    }
    return clocks;
}

/// The clocks of a window: counts of what it asks of each channel, rank, bank group and bank.
class Window {
public:
    void add(const memory::DramAddress& place, bool opensRow) {
        const auto channel = place.channel;
        const auto [rank, group, bank] = place.bank;
        ++at(0, channel, 0, 0, 0);
        ++at(1, channel, rank, group, 0);
        ++at(2, channel, rank, group, bank);
        if (opensRow) {
            ++at(3, channel, rank, group, bank);
            ++at(4, channel, rank, 0, 0);
        }
    }

    double longest(const std::array<double, 5>& clocks) const {
        double most = 0;
        for (const auto& [key, count] : counts_) {
            most = std::max(most, clocks.at(std::get<0>(key)) * count);
        }
        return most;
    }

private:
    using Key = std::tuple<std::size_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
    std::uint32_t& at(std::size_t kind, std::uint32_t channel, std::uint32_t rank,
                      std::uint32_t group, std::uint32_t bank) {
        return counts_[{kind, channel, rank, group, bank}];
    }

    std::map<Key, std::uint32_t> counts_;
};

}  // namespace

DramPace::DramPace(const memory::DdrConfig& ddr, std::uint32_t outstanding)
    : map_(ddr),
      burstBytes_(ddr.organization.burstBytes()),
      window_(std::max<std::size_t>(1, std::min<std::size_t>(outstanding, kMostBursts))),
      ownPaths_(ddr.organization.dataPathPerBank),
      burst_(static_cast<double>(std::max(
          ddr.latencies.burst, ddr.clocksBetween(Command::Read, Command::Read, Level::Rank)))),
      columnsOfGroup_(
          static_cast<double>(ddr.clocksBetween(Command::Read, Command::Read, Level::BankGroup))),
      columnsOfBank_(
          static_cast<double>(ddr.clocksBetween(Command::Read, Command::Read, Level::Bank))),
      rowsOfBank_(static_cast<double>(
          ddr.clocksBetween(Command::Activate, Command::Activate, Level::Bank))),
      rowsOfRank_(clocksPerActivate(ddr)) {}

double DramPace::clocksPerBurst(const Runs& runs) const {
    const Key key{std::min<std::uint64_t>(runs.rows, kMostBursts),
                  std::min<std::uint64_t>(runs.count, kMostBursts),
                  std::min<std::uint64_t>(runs.bytes, kMostBursts * burstBytes_), runs.stride,
                  runs.rowStride};
    const auto [found, isNew] = known_.try_emplace(key, 0);
    if (isNew) {
        found->second = measure(placesOf(runs));
    }
    return found->second;
}

std::vector<memory::DramAddress> DramPace::placesOf(const Runs& runs) const {
    std::vector<memory::DramAddress> places;
    std::uint64_t before = ~std::uint64_t{0};
    for (std::uint64_t row = 0; row < runs.rows; ++row) {
        for (std::uint64_t run = 0; run < runs.count; ++run) {
            const std::uint64_t begin = row * runs.rowStride + run * runs.stride;
            const std::uint64_t end = begin + std::max<std::uint64_t>(runs.bytes, 1);
            for (std::uint64_t burst = begin / burstBytes_; burst * burstBytes_ < end; ++burst) {
                if (places.size() == kMostBursts) {
                    return places;
                }
                if (burst != before) {
                    places.push_back(map_.decode(burst * burstBytes_ % map_.capacityBytes()));
                }
                before = burst;
            }
        }
    }
    return places;
}

/// A bank's first row is not counted: the latency of the transfer contains it.
double DramPace::measure(std::span<const memory::DramAddress> places) const {
    using Bank = std::pair<std::uint32_t, memory::BankId>;
    std::map<Bank, std::uint32_t> open;  // the row that each bank has open
    double clocks = 0;
    for (std::size_t begin = 0; begin < places.size(); begin += window_) {
        const auto part = places.subspan(begin, std::min(window_, places.size() - begin));
        Window window;
        std::set<std::pair<Bank, std::uint32_t>> rows;  // that are open, or were in this window
        for (const auto& [bank, row] : open) {
            rows.insert({bank, row});
        }
        for (const memory::DramAddress& place : part) {
            const Bank bank{place.channel, place.bank};
            const bool isFirst = open.insert_or_assign(bank, place.row).second;
            const bool isNew = rows.insert({bank, place.row}).second;
            window.add(place, isNew && !isFirst);
        }
        clocks += window.longest(
            {ownPaths_ ? 0 : burst_, columnsOfGroup_, columnsOfBank_, rowsOfBank_, rowsOfRank_});
    }
    return places.empty() ? burst_ : clocks / static_cast<double>(places.size());
}

}  // namespace systole::arch
