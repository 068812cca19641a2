// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/memory/dram_command.hpp"
#include "models/memory/dram_config.hpp"

namespace systole::memory {

/// Which banks a rule ties together, seen from the bank of the earlier command.
enum class Scope : std::uint8_t { SameBank, SameBankGroup, OtherBankGroup, Rank };

/// `next` may follow `previous` after `clocks` at the earliest. `nth` counts back: 4 binds the
/// fourth last `previous` of the rank (a window of four).
struct TimingRule {
    Command previous;
    Command next;
    Scope scope;
    Cycle (*clocks)(const DramTiming& t, Cycle burst);  ///< burst: clocks of data, BL/2
    std::uint32_t nth = 1;
};

/// JESD79-4, chapter 4 (command descriptions) and the speed bin tables; read-to-write turnaround as
/// its figures for a preamble of one clock; no tCCD lets two bursts overlap on the data bus. Column
/// commands need an open row, so that rules between them and Refresh follow from those of
/// Precharge.
inline constexpr std::array kTimingRules{
    // A bank: open, use, close.
    TimingRule{Command::Activate, Command::Read, Scope::SameBank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRCD}; }},
    TimingRule{Command::Activate, Command::Write, Scope::SameBank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRCD}; }},
    TimingRule{Command::Activate, Command::Precharge, Scope::SameBank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRAS}; }},
    TimingRule{Command::Activate, Command::Activate, Scope::SameBank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRC}; }},
    TimingRule{Command::Read, Command::Precharge, Scope::SameBank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRTP}; }},
    TimingRule{Command::Write, Command::Precharge, Scope::SameBank,
               [](const DramTiming& t, Cycle burst) { return t.CWL + burst + t.tWR; }},
    TimingRule{Command::Precharge, Command::Activate, Scope::SameBank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRP}; }},
    // Opening several banks.
    TimingRule{Command::Activate, Command::Activate, Scope::SameBankGroup,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRRD_L}; }},
    TimingRule{Command::Activate, Command::Activate, Scope::OtherBankGroup,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRRD_S}; }},
    TimingRule{Command::Activate, Command::Activate, Scope::Rank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tFAW}; }, 4},
    // Column commands share the data bus and the column path of a bank group.
    TimingRule{Command::Read, Command::Read, Scope::SameBankGroup,
               [](const DramTiming& t, Cycle burst) { return std::max<Cycle>(t.tCCD_L, burst); }},
    TimingRule{Command::Read, Command::Read, Scope::OtherBankGroup,
               [](const DramTiming& t, Cycle burst) { return std::max<Cycle>(t.tCCD_S, burst); }},
    TimingRule{Command::Write, Command::Write, Scope::SameBankGroup,
               [](const DramTiming& t, Cycle burst) { return std::max<Cycle>(t.tCCD_L, burst); }},
    TimingRule{Command::Write, Command::Write, Scope::OtherBankGroup,
               [](const DramTiming& t, Cycle burst) { return std::max<Cycle>(t.tCCD_S, burst); }},
    TimingRule{Command::Read, Command::Write, Scope::Rank,
               [](const DramTiming& t, Cycle burst) {
                   return std::max(t.CL + burst + 2, Cycle{t.CWL} + 1) - t.CWL;
               }},
    TimingRule{Command::Write, Command::Read, Scope::SameBankGroup,
               [](const DramTiming& t, Cycle burst) { return t.CWL + burst + t.tWTR_L; }},
    TimingRule{Command::Write, Command::Read, Scope::OtherBankGroup,
               [](const DramTiming& t, Cycle burst) { return t.CWL + burst + t.tWTR_S; }},
    // Refresh: all banks closed before, nothing to be opened until it is done.
    TimingRule{Command::Activate, Command::PrechargeAll, Scope::Rank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRAS}; }},
    TimingRule{Command::Read, Command::PrechargeAll, Scope::Rank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRTP}; }},
    TimingRule{Command::Write, Command::PrechargeAll, Scope::Rank,
               [](const DramTiming& t, Cycle burst) { return t.CWL + burst + t.tWR; }},
    TimingRule{Command::Precharge, Command::Refresh, Scope::Rank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRP}; }},
    TimingRule{Command::PrechargeAll, Command::Refresh, Scope::Rank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRP}; }},
    TimingRule{Command::Refresh, Command::Activate, Scope::Rank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRFC}; }},
    TimingRule{Command::Refresh, Command::Refresh, Scope::Rank,
               [](const DramTiming& t, Cycle) { return Cycle{t.tRFC}; }},
};

/// Applies the rules: remembers, for every bank, bank group and the rank, before which clock each
/// command is illegal. Commands of one kind that a rule ties together must be issued in the order
/// of their clocks; unrelated ones need not.
class TimingEngine {
public:
    explicit TimingEngine(const DdrConfig& config);

    /// The first clock at which the rules allow `command`.
    Cycle earliest(Command command, BankId bank) const;

    void issue(Command command, BankId bank, Cycle clock);

private:
    static constexpr std::uint32_t kLongestWindow = 4;

    struct BoundRule {
        std::size_t next;
        Scope scope;
        Cycle clocks;
        std::uint32_t nth;
    };
    using PerCommand = std::array<Cycle, kCommandCount>;

    void apply(const BoundRule& rule, BankId bank, Cycle notBefore);

    std::uint32_t banksPerGroup_;
    std::array<std::vector<BoundRule>, kCommandCount> rulesAfter_;  ///< by previous command
    std::vector<PerCommand> bank_;  ///< first legal clock, by group * banksPerGroup + bank
    std::vector<PerCommand> group_;
    PerCommand rank_{};
    /// Of each command, the clocks at which it was last issued, latest first.
    std::array<std::array<Cycle, kLongestWindow>, kCommandCount> history_{};
    std::array<std::uint64_t, kCommandCount> issued_{};
};

}  // namespace systole::memory
