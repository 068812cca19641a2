// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/memory/dram_config.hpp"

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
    BankId id(std::uint32_t flat) const {
        return {rank_[flat], group_[flat] % (banksPerRank_ / banksPerGroup_),
                flat % banksPerGroup_};
    }
    std::uint32_t groupOf(std::uint32_t flat) const { return group_[flat]; }  ///< of the channel
    std::uint32_t rankOf(std::uint32_t flat) const { return rank_[flat]; }

private:
    std::uint32_t ranks_;
    std::uint32_t banksPerGroup_;
    std::uint32_t banksPerRank_;
    std::vector<std::uint32_t> group_;
    std::vector<std::uint32_t> rank_;
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
        return bank_[indexOf(command) * bankCount_ + bank];
    }
    Cycle groupReady(Command command, std::uint32_t bank) const {
        return groupsReady(command)[banks_.groupOf(bank)];
    }
    /// By group of the channel.
    const Cycle* groupsReady(Command command) const {
        return group_.data() + indexOf(command) * groupCount_;
    }
    Cycle rankReady(Command command, std::uint32_t rank) const {
        return std::max(ranksReady(command)[rank], channelReady(command));
    }
    const Cycle* ranksReady(Command command) const {
        return rank_.data() + indexOf(command) * ranks_;
    }
    Cycle channelReady(Command command) const {
        const std::size_t c = indexOf(command);
        return std::max(channel_[c], busFree_[bus_[c]]);
    }

    void issue(Command command, std::uint32_t bank, Cycle clock);

    const BankIndex& banks() const { return banks_; }
    /// The banks that a RefreshBank of `bank` refreshes.
    std::vector<std::uint32_t> refreshSet(std::uint32_t bank) const;

private:
    /// Of a rule with the previous command given: what it delays, as an index into the array of
    /// its level, to which the place is added.
    struct Delay {
        std::size_t next;
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
        std::vector<Delay> bank;
        std::vector<Delay> group;
        std::vector<Delay> rank;
        std::vector<Delay> otherRank;
        std::vector<Delay> channel;
        std::vector<std::size_t> windows;  ///< in which the command counts
    };
    using Ready = std::vector<Cycle>;  ///< first legal clock, by command, then by place

    void bind(const TimingRule& rule);
    void bind(const TimingRule& rule, Command previous);
    void bindWindow(const TimingRule& rule);
    void apply(Window& window, std::uint32_t rank, Cycle clock);

    BankIndex banks_;
    RefreshSet set_;
    std::size_t bankCount_;
    std::size_t groupCount_;
    std::size_t ranks_;
    std::array<Delays, kCommandCount> delays_;  ///< by previous command
    Ready bank_;
    Ready group_;
    Ready rank_;
    Ready channel_;
    /// The last bus of the array takes the commands that never meet: it is always free.
    std::array<Cycle, kMostCommandBuses + 1> busFree_{};
    std::array<std::uint32_t, kCommandCount> bus_{};
    std::array<std::uint32_t, kCommandCount> slotClocks_{};
    std::vector<Window> windows_;
};

}  // namespace systole::memory
