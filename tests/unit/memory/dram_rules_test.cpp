// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "models/check.hpp"
#include "models/memory/dram/dram_patterns.hpp"
#include "tests/unit/memory/dram_test_support.hpp"

namespace systole::memory {
namespace {

using testing::ddr4At2400;
using testing::part;
using testing::partNames;

bool isOfRank(Command command) { return isRankCommand(command); }

/// The banks that a command concerns, in the rule's terms and apart from the engine.
bool touches(const DdrConfig& config, const IssuedCommand& command, const BankId& bank) {
    if (command.bank.rank != bank.rank) {
        return false;
    }
    if (isOfRank(command.command)) {
        return true;
    }
    const bool wholeSet = command.command == Command::RefreshBank &&
                          config.refresh.set == RefreshSet::SameBankOfGroups;
    return command.bank.bank == bank.bank && (wholeSet || command.bank.bankGroup == bank.bankGroup);
}

/// Whether it concerns every bank group of its rank.
bool isOfGroups(const DdrConfig& config, const IssuedCommand& command) {
    return command.command == Command::RefreshBank &&
           config.refresh.set == RefreshSet::SameBankOfGroups;
}

bool binds(const DdrConfig& config, const TimingRule& rule, const IssuedCommand& a,
           const IssuedCommand& b) {
    if (!rule.follows(a.command) || rule.next != b.command) {
        return false;
    }
    const bool sameRank = a.bank.rank == b.bank.rank;
    const bool wide = isOfRank(a.command) || isOfRank(b.command);
    switch (rule.level) {
        case Level::Bank:
            return wide ? sameRank : touches(config, a, b.bank) || touches(config, b, a.bank);
        case Level::BankGroup:
            return sameRank && (wide || isOfGroups(config, a) || isOfGroups(config, b) ||
                                a.bank.bankGroup == b.bank.bankGroup);
        case Level::Rank:
            return sameRank;
        case Level::OtherRank:
            return !sameRank;
        case Level::Channel:
            break;
    }
    return true;
}

/// The first clock at which the table allows `next` after `history`, pair by pair.
Cycle plainEarliest(const DdrConfig& config, const std::vector<IssuedCommand>& history,
                    const IssuedCommand& next) {
    Cycle clock = 0;
    for (const TimingRule& rule : config.rules) {
        std::uint32_t seen = 0;
        for (auto previous = history.rbegin(); previous != history.rend(); ++previous) {
            if (binds(config, rule, *previous, next) && ++seen == rule.window) {
                clock = std::max(clock, previous->clock + rule.clocks);
                break;
            }
        }
    }
    const CommandSlot& slot = config.commands[indexOf(next.command)];
    for (const IssuedCommand& previous : history) {
        const CommandSlot& other = config.commands[indexOf(previous.command)];
        if (slot.bus && slot.bus == other.bus) {
            clock = std::max(clock, previous.clock + other.clocks);
        }
    }
    return clock;
}

DdrConfig twoRanks(const std::string& name) { return part(name, {"organization.ranks=2"}); }

std::vector<BankId> allBanks(const DdrConfig& config) {
    std::vector<BankId> banks;
    const BankIndex index(config.organization);
    for (std::uint32_t bank = 0; bank < index.banks(); ++bank) {
        banks.push_back(index.id(bank));
    }
    return banks;
}

// Every rule of every standard by itself: refused one clock before, accepted at its clock, and no
// other bank is concerned.
TEST(TimingRules, EachDelaysExactlyWhatItsLevelSaysByExactlyItsClocks) {
    for (const std::string& name : partNames()) {
        DdrConfig config = twoRanks(name);
        const std::vector<TimingRule> rules = config.rules;
        for (CommandSlot& slot : config.commands) {
            slot.bus.reset();
        }
        ASSERT_GT(rules.size(), 15U) << name;
        for (const TimingRule& rule : rules) {
            config.rules = {rule};
            TimingEngine engine(config);
            std::vector<IssuedCommand> history;
            for (std::uint32_t i = 0; i < rule.window; ++i) {
                const Command previous = rule.previous[i % rule.previous.size()];
                history.push_back({1000 + 3 * i, previous, {0, 0, 0}, 0, 0});
                engine.issue(previous, 0, history.back().clock);
            }
            for (const BankId& bank : allBanks(config)) {
                const Cycle expected = binds(config, rule, history[0], {0, rule.next, bank, 0, 0})
                                           ? 1000 + rule.clocks
                                           : 0;
                ASSERT_EQ(engine.earliest(rule.next, engine.banks().flat(bank)), expected)
                    << name << ": " << kCommandNames[indexOf(rule.previous[0])] << " to "
                    << kCommandNames[indexOf(rule.next)] << ", " << rule.text;
            }
        }
    }
}

/// Random commands that the state of the banks allows, most of them as early as they may come.
class RandomCommands {
public:
    RandomCommands(const DdrConfig& config, std::uint64_t seed)
        : config_(config), device_(config), banks_(allBanks(config)), random_(seed) {}

    void step() {
        const IssuedCommand next = pick();
        const Cycle first = plainEarliest(config_, history_, next);
        IssuedCommand issued = next;
        issued.clock = first;
        EXPECT_TRUE(device_.allows(issued)) << describe(issued);
        if (first > 0) {
            --issued.clock;
            EXPECT_FALSE(device_.allows(issued)) << describe(issued);
            EXPECT_THROW(device_.issue(issued), InvariantError) << describe(issued);
        }
        issued.clock = std::max(first, clock_) + (random_() % 4 == 0 ? random_() % 30 : 0);
        clock_ = issued.clock;
        device_.issue(issued);
        history_.push_back(issued);
        if (history_.size() > kRemembered) {
            history_.erase(history_.begin());
        }
    }

private:
    static constexpr std::size_t kRemembered = 300;
    static constexpr Cycle kLater = Cycle{1} << 60U;

    IssuedCommand pick() {
        for (;;) {
            IssuedCommand next;
            next.command = static_cast<Command>(random_() % kCommandCount);
            next.bank = banks_[random_() % banks_.size()];
            next.row = static_cast<std::uint32_t>(random_() % 4);
            next.clock = kLater;
            // What puts a whole rank to rest is rare, or little else would happen.
            const bool isRare = isOfRank(next.command) && next.command != Command::PowerDownExit &&
                                next.command != Command::SelfRefreshExit;
            if (device_.allows(next) && !(isRare && random_() % 16 != 0)) {
                return next;
            }
        }
    }

    std::string describe(const IssuedCommand& issued) const {
        return std::string(kCommandNames[indexOf(issued.command)]) + " at " +
               std::to_string(issued.clock);
    }

    const DdrConfig& config_;
    DramDevice device_;
    std::vector<BankId> banks_;
    SplitMix64 random_;
    std::vector<IssuedCommand> history_;
    Cycle clock_ = 0;
};

TEST(DramDevice, RefusesOneClockBeforeWhatTheWholeTableSaysAndAcceptsThen) {
    for (const std::string& name : partNames()) {
        SCOPED_TRACE(name);
        const DdrConfig config = twoRanks(name);
        RandomCommands commands(config, 42);
        for (int i = 0; i < 1500 && !::testing::Test::HasFailure(); ++i) {
            commands.step();
        }
    }
}

struct RuleCase {
    const char* name;
    Command previous;
    Command next;
    BankId nextBank;  ///< after a command to bank 0 of group 0
    Cycle clocks;
};

// Expected clocks are written out for DDR4-2400, apart from the table's expressions.
const RuleCase kRuleCases[] = {
    {"tRCD read", Command::Activate, Command::Read, {0, 0, 0}, 17},
    {"tRCD write", Command::Activate, Command::Write, {0, 0, 0}, 17},
    {"tRAS", Command::Activate, Command::Precharge, {0, 0, 0}, 39},
    {"tRAS all", Command::Activate, Command::PrechargeAll, {0, 0, 0}, 39},
    {"tRC", Command::Activate, Command::Activate, {0, 0, 0}, 56},
    {"tRRD_L", Command::Activate, Command::Activate, {0, 0, 1}, 6},
    {"tRRD_S", Command::Activate, Command::Activate, {0, 1, 0}, 4},
    {"tRTP", Command::Read, Command::Precharge, {0, 0, 0}, 9},
    {"tRTP all", Command::Read, Command::PrechargeAll, {0, 0, 0}, 9},
    {"tWR", Command::Write, Command::Precharge, {0, 0, 0}, 12 + 4 + 18},
    {"tWR all", Command::Write, Command::PrechargeAll, {0, 0, 0}, 12 + 4 + 18},
    {"tRP", Command::Precharge, Command::Activate, {0, 0, 0}, 17},
    {"tRP refresh", Command::Precharge, Command::Refresh, {0, 0, 0}, 17},
    {"tRP all refresh", Command::PrechargeAll, Command::Refresh, {0, 0, 0}, 17},
    {"tRP all", Command::PrechargeAll, Command::Activate, {0, 2, 1}, 17},
    {"tRFC", Command::Refresh, Command::Activate, {0, 3, 3}, 420},
    {"tRFC refresh", Command::Refresh, Command::Refresh, {0, 0, 0}, 420},
    {"tCCD_L read", Command::Read, Command::Read, {0, 0, 0}, 6},
    {"tCCD_L read, other bank", Command::Read, Command::Read, {0, 0, 2}, 6},
    {"tCCD_S read", Command::Read, Command::Read, {0, 2, 0}, 4},
    {"tCCD_L write", Command::Write, Command::Write, {0, 0, 1}, 6},
    {"tCCD_S write", Command::Write, Command::Write, {0, 1, 0}, 4},
    {"read to write", Command::Read, Command::Write, {0, 3, 0}, 17 + 4 + 2 - 12},
    {"tWTR_L", Command::Write, Command::Read, {0, 0, 3}, 12 + 4 + 9},
    {"tWTR_S", Command::Write, Command::Read, {0, 1, 3}, 12 + 4 + 3},
    {"tXP", Command::PowerDownExit, Command::Activate, {0, 0, 3}, 8},
    {"tXS", Command::SelfRefreshExit, Command::Activate, {0, 0, 3}, 432},
};

TEST(TimingRules, OfDdr4AreThoseOfTheStandard) {
    const DdrConfig config = ddr4At2400();
    for (const RuleCase& rule : kRuleCases) {
        TimingEngine engine(config);
        engine.issue(rule.previous, 0, 1000);
        EXPECT_EQ(engine.earliest(rule.next, engine.banks().flat(rule.nextBank)),
                  1000 + rule.clocks)
            << rule.name;
    }
}

TEST(TimingRules, AFifthActivateComesAfterTheWindowOfFour) {
    TimingEngine engine(ddr4At2400());
    const Cycle activates[] = {100, 104, 108, 112};
    for (std::uint32_t group = 0; group < 4; ++group) {
        engine.issue(Command::Activate, engine.banks().flat({0, group, 0}), activates[group]);
    }
    EXPECT_EQ(engine.earliest(Command::Activate, engine.banks().flat({0, 0, 1})), 126U);
    engine.issue(Command::Activate, engine.banks().flat({0, 0, 1}), 126);
    EXPECT_EQ(engine.earliest(Command::Activate, engine.banks().flat({0, 1, 1})), 130U);
}

}  // namespace
}  // namespace systole::memory
