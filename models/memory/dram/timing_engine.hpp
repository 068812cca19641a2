// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/memory/dram/dram_config.hpp"

namespace systole::memory {

/// Banks of a channel as one number: rank by rank, group by group.
class BankIndex {
public:
    explicit BankIndex(const DramOrganization& organization);

    std::uint32_t banks() const { return static_cast<std::uint32_t>(group_.size()); }
    std::uint32_t ranks() const { return ranks_; }
    std::uint32_t banksPerRank() const { return banksPerRank_; }
    std::uint32_t groups() const { return banks() / banksPerGroup_; }
    std::uint32_t flat(const BankId& id) const {
        return id.rank * banksPerRank_ + id.bankGroup * banksPerGroup_ + id.bank;
    }
    const BankId& id(std::uint32_t flat) const { return ids_[flat]; }
    std::uint32_t groupOf(std::uint32_t flat) const { return group_[flat]; }  ///< of the channel
    std::uint32_t rankOf(std::uint32_t flat) const { return rank_[flat]; }

private:
    std::uint32_t ranks_;
    std::uint32_t banksPerGroup_;
    std::uint32_t banksPerRank_;
    std::vector<std::uint32_t> group_;
    std::vector<std::uint32_t> rank_;
    std::vector<BankId> ids_;
};

/// Whether a command is one of a whole rank.
constexpr bool isRankCommand(Command command) {
    return indexOf(command) >= kBurstCommandCount && command != Command::RefreshBank;
}

/// Applies the rules and the command buses of one channel: remembers, for every bank, bank group,
/// rank and the channel, before which clock each command is illegal. Commands are issued in the
/// order of their clocks.
class TimingEngine {
public:
    explicit TimingEngine(const DdrConfig& config);

    /// The first clock at which rules and bus allow `command`. Of a command to a rank, `bank` is
    /// any bank in it.
    Cycle earliest(Command command, std::uint32_t bank) const {
        const Cycle shared = rankReady(command, banks_.rankOf(bank));
        if (isRankCommand(command)) {
            return shared;
        }
        return command == Command::RefreshBank
                   ? std::max(shared, setReady(bank))
                   : std::max({shared, bankReady(command, bank), groupReady(command, bank)});
    }
    /// Of all banks that a RefreshBank refreshes.
    Cycle setReady(std::uint32_t bank) const;
    /// The parts that the bank, its group, and all that it shares the rank with have in it: those
    /// of a bank change with commands to it alone.
    Cycle bankReady(Command command, std::uint32_t bank) const {
        return ready_[indexOf(command) * places_ + bank];
    }
    Cycle groupReady(Command command, std::uint32_t bank) const {
        return groupsReady(command)[banks_.groupOf(bank)];
    }
    /// By group of the channel.
    const Cycle* groupsReady(Command command) const {
        return ready_.data() + indexOf(command) * places_ + groupBegin_;
    }
    Cycle rankReady(Command command, std::uint32_t rank) const {
        return std::max(ranksReady(command)[rank], channelReady(command));
    }
    const Cycle* ranksReady(Command command) const {
        return ready_.data() + indexOf(command) * places_ + rankBegin_;
    }
    Cycle channelReady(Command command) const {
        const std::size_t c = indexOf(command);
        return std::max(ready_[c * places_ + channel_], busFree_[bus_[c]]);
    }

    void issue(Command command, std::uint32_t bank, Cycle clock);

    /// Whether a rule lets one command delay the other in further banks of a group or rank.
    bool delaysOtherBanks(Command previous, Command next) const {
        return delaysOthers_[indexOf(previous)][indexOf(next)];
    }

    const BankIndex& banks() const { return banks_; }
    /// The banks that a RefreshBank of `bank` refreshes.
    std::vector<std::uint32_t> refreshSet(std::uint32_t bank) const;

private:
    /// Of a rule with the previous command given: what it delays, as an index to which that of the
    /// place at its level is added.
    struct Delay {
        std::size_t next;
        Level level;
        Cycle clocks;
    };
    /// The clocks of the last of certain commands, of each rank a ring.
    struct Window {
        std::size_t next;
        Cycle clocks;
        std::uint32_t commands;
        std::vector<Cycle> last;
        std::vector<std::uint64_t> issued;
    };
    struct Delays {
        std::vector<Delay> delays;
        std::vector<Delay> otherRanks;
        std::vector<std::size_t> windows;  ///< in which the command counts
    };

    void bind(const TimingRule& rule);
    void bind(const TimingRule& rule, Command previous);
    void bindWindow(const TimingRule& rule);
    void apply(Window& window, std::uint32_t rank, Cycle clock);

    void delay(const std::vector<Delay>& delays, std::uint32_t bank, Cycle clock);

    BankIndex banks_;
    RefreshSet set_;
    std::size_t groupBegin_;  ///< of the groups among the places of a command, after the banks
    std::size_t rankBegin_;
    std::size_t channel_;
    std::size_t places_;
    std::array<Delays, kCommandCount> delays_;  ///< by previous command
    std::array<std::array<bool, kCommandCount>, kCommandCount> delaysOthers_{};
    /// First legal clock, by command, then by place.
    std::vector<Cycle> ready_;
    /// The last bus of the array takes the commands that never meet: it is always free.
    std::array<Cycle, kMostCommandBuses + 1> busFree_{};
    std::array<std::uint32_t, kCommandCount> bus_{};
    std::array<std::uint32_t, kCommandCount> slotClocks_{};
    std::vector<Window> windows_;
};

}  // namespace systole::memory
