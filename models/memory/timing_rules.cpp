// SPDX-License-Identifier: Apache-2.0
#include "models/memory/timing_rules.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::memory {

namespace {

constexpr std::size_t indexOf(Command command) { return static_cast<std::size_t>(command); }

void raise(Cycle& notBefore, Cycle clock) { notBefore = std::max(notBefore, clock); }

}  // namespace

TimingEngine::TimingEngine(const DdrConfig& config)
    : banksPerGroup_(config.organization.banksPerGroup),
      bank_(std::size_t{config.organization.bankGroups} * banksPerGroup_),
      group_(config.organization.bankGroups) {
    const Cycle burst = config.organization.burstLength / 2;
    SYSTOLE_CHECK(burst > 0, "burst length {}", config.organization.burstLength);
    for (const TimingRule& rule : kTimingRules) {
        SYSTOLE_CHECK(rule.nth <= kLongestWindow, "a rule looks back {} commands", rule.nth);
        rulesAfter_[indexOf(rule.previous)].push_back(
            {indexOf(rule.next), rule.scope, rule.clocks(config.timing, burst), rule.nth});
    }
}

Cycle TimingEngine::earliest(Command command, BankId bank) const {
    const std::size_t index = indexOf(command);
    return std::max({bank_[bank.bankGroup * banksPerGroup_ + bank.bank][index],
                     group_[bank.bankGroup][index], rank_[index]});
}

void TimingEngine::issue(Command command, BankId bank, Cycle clock) {
    const std::size_t index = indexOf(command);
    auto& history = history_[index];
    std::shift_right(history.begin(), history.end(), 1);
    history[0] = clock;
    ++issued_[index];
    for (const BoundRule& rule : rulesAfter_[index]) {
        if (issued_[index] >= rule.nth) {
            apply(rule, bank, history[rule.nth - 1] + rule.clocks);
        }
    }
}

void TimingEngine::apply(const BoundRule& rule, BankId bank, Cycle notBefore) {
    switch (rule.scope) {
        case Scope::SameBank:
            raise(bank_[bank.bankGroup * banksPerGroup_ + bank.bank][rule.next], notBefore);
            break;
        case Scope::SameBankGroup:
            raise(group_[bank.bankGroup][rule.next], notBefore);
            break;
        case Scope::OtherBankGroup:
            for (std::uint32_t group = 0; group < group_.size(); ++group) {
                if (group != bank.bankGroup) {
                    raise(group_[group][rule.next], notBefore);
                }
            }
            break;
        case Scope::Rank:
            raise(rank_[rule.next], notBefore);
            break;
    }
}

}  // namespace systole::memory
