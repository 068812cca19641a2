// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/dram_closed_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <set>

#include "models/memory/dram/address_map.hpp"

namespace systole::memory {
namespace {

using enum Command;

/// The resource that allows a request the fewest times.
class Bottleneck {
public:
    void add(double clocks, std::string text) {
        if (clocks > clocks_) {
            clocks_ = clocks;
            text_ = std::move(text);
        }
    }

    /// `clocks` every so many requests.
    void addShared(Cycle clocks, std::uint64_t sharers, const std::string& name) {
        add(static_cast<double>(clocks) / static_cast<double>(sharers),
            sharers == 1 ? fmt::format("{} {}", name, clocks)
                         : fmt::format("{} {} / {}", name, clocks, sharers));
    }

    double clocks() const { return clocks_; }
    const std::string& text() const { return text_; }

private:
    double clocks_ = 0;
    std::string text_;
};

/// What each request needs of the command buses; the most that one bus is taken.
Cycle busClocks(const DdrConfig& config, std::initializer_list<Command> commands) {
    std::array<Cycle, kMostCommandBuses> taken{};
    for (const Command command : commands) {
        const CommandSlot& slot = config.commands[indexOf(command)];
        if (slot.bus) taken.at(*slot.bus) += slot.clocks;
    }
    return *std::max_element(taken.begin(), taken.end());
}

/// Banks and bank groups that the queue sees at once of a sequential stream.
struct Spread {
    std::uint64_t banks = 1;
    std::uint64_t groups = 1;
};

Spread sequentialSpread(const DdrConfig& config) {
    DdrConfig one = config;
    one.organization.channels = 1;
    const AddressMap map(one);
    const std::uint64_t burst = one.organization.burstBytes();
    const std::uint64_t bursts =
        std::min<std::uint64_t>(one.controller.readQueue, map.capacityBytes() / burst);
    std::set<std::uint32_t> banks;
    std::set<std::uint32_t> groups;
    for (std::uint64_t i = 0; i < bursts; ++i) {
        const BankId bank = map.decode(i * burst).bank;
        const std::uint32_t group = bank.rank * one.organization.bankGroups + bank.bankGroup;
        groups.insert(group);
        banks.insert(group * one.organization.banksPerGroup + bank.bank);
    }
    return {banks.size(), groups.size()};
}

Cycle columnSpacing(const DdrConfig& config, Level level) {
    return config.clocksBetween(Read, Read, level);
}

/// Reads of open rows that use so many banks and groups in turn.
void addColumns(Bottleneck& bottleneck, const DdrConfig& config, const Spread& spread) {
    const std::uint64_t paths = config.organization.dataPathPerBank ? spread.banks : 1;
    bottleneck.addShared(config.latencies.burst, paths, "burst");
    bottleneck.addShared(columnSpacing(config, Level::Channel), 1, "tCCD");
    bottleneck.addShared(columnSpacing(config, Level::Rank), 1, "tCCD_S");
    bottleneck.addShared(columnSpacing(config, Level::BankGroup), spread.groups, "tCCD_L");
    bottleneck.addShared(columnSpacing(config, Level::Bank), spread.banks, "tCCD of a bank");
    bottleneck.addShared(1, paths, "a request offered a clock:");
}

/// Rows opened in all banks alike.
void addActivates(Bottleneck& bottleneck, const DdrConfig& config) {
    const DramOrganization& o = config.organization;
    for (const TimingRule& rule : config.rules) {
        if (rule.next != Activate || !rule.follows(Activate)) continue;
        switch (rule.level) {
            case Level::Bank:
                bottleneck.addShared(rule.clocks, std::uint64_t{o.ranks} * o.banks(), "tRC");
                break;
            case Level::BankGroup:
                bottleneck.addShared(rule.clocks, std::uint64_t{o.ranks} * o.bankGroups, "tRRD_L");
                break;
            case Level::Rank:
                bottleneck.addShared(rule.clocks, std::uint64_t{o.ranks} * rule.window,
                                     rule.window > 1 ? "tFAW" : "tRRD_S");
                break;
            case Level::Channel:
                bottleneck.addShared(rule.clocks, rule.window, "tRRD of the channel");
                break;
            case Level::OtherRank:
                break;
        }
    }
}

/// The share of time that refreshes take, and how it comes about.
struct RefreshLoss {
    double share = 0;
    std::string text;
};

RefreshLoss refreshLoss(const DdrConfig& config, bool isOneBank) {
    const RefreshConfig& refresh = config.refresh;
    if (refresh.mode == RefreshMode::None) return {0, "no refresh"};
    if (refresh.mode == RefreshMode::PerBank && !isOneBank) {
        return {0, "refreshes by bank hidden behind other banks"};
    }
    const Cycle clocks = refresh.mode == RefreshMode::AllBank
                             ? config.clocksBetween(Refresh, Activate, Level::Rank)
                             : config.clocksBetween(RefreshBank, Activate, Level::Bank);
    return {static_cast<double>(clocks) / static_cast<double>(refresh.interval),
            fmt::format("over 1 - tRFC/tREFI = 1 - {}/{}", clocks, refresh.interval)};
}

/// Of channels that are alike, `channels` of which share the requests.
ClosedForm combine(const Bottleneck& bottleneck, const RefreshLoss& loss, std::uint64_t channels) {
    return {bottleneck.clocks() / (1 - loss.share) / static_cast<double>(channels),
            fmt::format("{}, {}{}", bottleneck.text(), loss.text,
                        channels == 1 ? "" : fmt::format(", of {} channels", channels))};
}

}  // namespace

std::optional<ClosedForm> closedForm(const DdrConfig& config, DramPattern pattern) {
    const DramOrganization& o = config.organization;
    Bottleneck bottleneck;
    if (pattern == DramPattern::Sequential) {
        const std::uint64_t reach = std::uint64_t{config.controller.readQueue} * o.burstBytes();
        if (o.channels > 1 && config.channelInterleaveBytes > reach) return std::nullopt;
        // Banks with paths of their own all come to the ends of their rows together.
        if (o.dataPathPerBank) return std::nullopt;
        addColumns(bottleneck, config, sequentialSpread(config));
        bottleneck.addShared(busClocks(config, {Read}), 1, "command bus");
        return combine(bottleneck, refreshLoss(config, false), o.channels);
    }
    if (pattern == DramPattern::Random) {
        addColumns(bottleneck, config, {std::uint64_t{o.ranks} * o.banks(), o.bankGroups});
        addActivates(bottleneck, config);
        bottleneck.addShared(busClocks(config, {Precharge, Activate, Read}), 1, "command bus");
        return combine(bottleneck, refreshLoss(config, false), o.channels);
    }
    if (pattern == DramPattern::RowConflict) {
        bottleneck.addShared(config.rowCycleClocks(), 1, "tRC");
        return combine(bottleneck, refreshLoss(config, true), 1);
    }
    return std::nullopt;
}

}  // namespace systole::memory
