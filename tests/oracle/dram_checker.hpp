// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/dram_ledgers.hpp"
#include "tests/oracle/dram_spec.hpp"
#include "tests/oracle/dram_timings.hpp"

namespace oracle {

/// Replays the commands of one channel against what JEDEC asks. Knows nothing of the project's
/// rules: its state is when each bank, group and rank saw which command last, and which bursts are
/// on the data bus.
class DramChecker {
public:
    /// Throws std::invalid_argument where a parameter is missing.
    explicit DramChecker(const DramSpec& spec);

    /// In the order of their clocks. What is wrong is noted, and the command taken all the same.
    void check(const DramEvent& event);

    /// The end of the run: whether a refresh is overdue. A rank in self-refresh owes none.
    void finish(std::int64_t clock);

    std::uint64_t commands() const { return commands_; }
    std::uint64_t violationCount() const { return findings_.count(); }
    /// The first hundred: which rule, both commands, by how much.
    const std::vector<std::string>& violations() const { return findings_.texts(); }

private:
    using Last = std::optional<DramEvent>;
    enum class Power : std::uint8_t { Up, Down, SelfRefresh };

    struct Bank {
        bool isOpen = false;
        std::uint32_t row = 0;
        Last activate, precharge, read, write, refresh;
    };
    struct Group {
        Last activate, read, write;
    };
    struct Rank {
        std::vector<Bank> banks;
        std::vector<Group> groups;
        Last activate, precharge, read, write, refresh, refreshBank;
        std::array<Last, 4> window;  ///< the last four that count for tFAW, in a ring
        std::size_t windowNext = 0;
        Power power = Power::Up;
        Last entry, powerUp, selfRefreshExit;
    };

    bool isPlaceKnown(const DramEvent& event);
    void checkPower(const Rank& rank, const DramEvent& event);
    void apply(Rank& rank, const DramEvent& event);

    void activate(Rank& rank, const DramEvent& event);
    void precharge(Rank& rank, Bank& bank, const DramEvent& event);
    void prechargeOne(Rank& rank, const DramEvent& event);
    void prechargeAll(Rank& rank, const DramEvent& event);
    void access(Rank& rank, const DramEvent& event);
    void read(const Rank& rank, const Group& group, const DramEvent& event);
    void write(const Rank& rank, const Group& group, const DramEvent& event);
    void refresh(Rank& rank, const DramEvent& event);
    void refreshBank(Rank& rank, const DramEvent& event);
    void requireIdle(const Bank& bank, const DramEvent& event);
    void requireWindow(Rank& rank, const DramEvent& event);
    void enterPowerDown(Rank& rank, const DramEvent& event);
    void exitPowerDown(Rank& rank, const DramEvent& event);
    void enterSelfRefresh(Rank& rank, const DramEvent& event);
    void exitSelfRefresh(Rank& rank, const DramEvent& event);

    Bank& bankOf(Rank& rank, std::uint32_t group, std::uint32_t bank) {
        return rank.banks[group * spec_.banksPerGroup + bank];
    }
    std::vector<std::uint32_t> groupsOfSet(const DramEvent& event) const;

    DramSpec spec_;
    DramTimings timings_;
    std::vector<Rank> ranks_;
    std::vector<RefreshLedger> ledgers_;  ///< of the ranks
    CommandBuses commandBuses_;
    std::vector<DataBus> dataBuses_;  ///< one, or one a bank
    DramFindings findings_;
    std::int64_t lastClock_ = 0;
    std::uint64_t commands_ = 0;
};

}  // namespace oracle
