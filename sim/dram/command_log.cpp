// SPDX-License-Identifier: Apache-2.0
#include "sim/dram/command_log.hpp"

#include <iterator>

namespace systole::sim {
namespace {

using memory::Command;

constexpr std::size_t kPendingBytes = std::size_t{1} << 16U;

/// What of an address a command names.
struct Meaning {
    bool bankGroup = false;
    bool bank = false;
    bool row = false;
    bool column = false;
};

Meaning meaningOf(Command command, memory::RefreshSet refreshSet) {
    switch (command) {
        case Command::Activate:
            return {true, true, true, false};
        case Command::Precharge:
            return {true, true, false, false};
        case Command::Read:
        case Command::Write:
            return {true, true, false, true};
        case Command::RefreshBank:
            return {refreshSet == memory::RefreshSet::OneBank, true, false, false};
        case Command::PrechargeAll:
        case Command::Refresh:
        case Command::PowerDownEntry:
        case Command::PowerDownExit:
        case Command::SelfRefreshEntry:
        case Command::SelfRefreshExit:
            break;
    }
    return {};
}

}  // namespace

CommandLog::CommandLog(const std::filesystem::path& file, memory::RefreshSet refreshSet)
    : file_(file), refreshSet_(refreshSet) {
    file_.write("clock,channel,command,rank,bank_group,bank,row,column\n");
}

void CommandLog::add(std::uint32_t channel, const memory::IssuedCommand& command) {
    const auto out = std::back_inserter(pending_);
    const Meaning meaning = meaningOf(command.command, refreshSet_);
    fmt::format_to(out, "{},{},{},{}", command.clock, channel,
                   memory::kCommandNames.at(memory::indexOf(command.command)), command.bank.rank);
    const auto field = [&](bool means, std::uint32_t value) {
        means ? fmt::format_to(out, ",{}", value) : fmt::format_to(out, ",");
    };
    field(meaning.bankGroup, command.bank.bankGroup);
    field(meaning.bank, command.bank.bank);
    field(meaning.row, command.row);
    field(meaning.column, command.column);
    pending_.push_back('\n');
    if (pending_.size() >= kPendingBytes) {
        file_.write({pending_.data(), pending_.size()});
        pending_.clear();
    }
}

void CommandLog::commit() {
    file_.write({pending_.data(), pending_.size()});
    pending_.clear();
    file_.commit();
}

}  // namespace systole::sim
