// SPDX-License-Identifier: Apache-2.0
#include "arch/control/command_feed.hpp"

#include <algorithm>
#include <utility>

#include "models/check.hpp"

namespace systole::arch {

void CommandFeed::begin(const Program& program, const UnitSet& units) {
    *this = CommandFeed();
    program_ = &program;
    units_ = units;
    if (program.source) {
        source_ = program.source();
    }
}

/// Gets the next commands of the program. Returns false after the last one.
bool CommandFeed::fetch() {
    if (!source_) {
        if (listed_ == program_->commands.size()) {
            return false;
        }
        ahead_.push_back(program_->commands[listed_++]);
        return true;
    }
    piece_.clear();
    if (!source_->next(piece_)) {
        return false;
    }
    SYSTOLE_CHECK(!piece_.empty(), "a piece of a program without commands");
    std::move(piece_.begin(), piece_.end(), std::back_inserter(ahead_));
    return true;
}

const Command* CommandFeed::peek(std::size_t ahead) {
    while (ahead_.size() <= ahead) {
        if (!fetch()) {
            return nullptr;
        }
    }
    return &ahead_[ahead];
}

const Command* CommandFeed::take() {
    if (peek() == nullptr) {
        isOver_ = true;
        return nullptr;
    }
    Command& command = underWay_.emplace_back(std::move(ahead_.front()));
    ahead_.pop_front();
    for (Token& token : command.after) {
        const std::uint64_t skipped = skipped_[units_.numberOf(token.unit)];
        token = tokenOf(token.unit, token.count - std::min<std::uint64_t>(token.count, skipped));
    }
    numbers_.push_back(ofUnit_[units_.numberOf(command.unit())]++);
    ++taken_;
    ++position_;
    return &command;
}

void CommandFeed::skip(std::uint64_t commands) {
    for (std::uint64_t i = 0; i < commands; ++i) {
        SYSTOLE_CHECK(peek() != nullptr, "{} commands to pass over, but there are {}", commands, i);
        ++skipped_[units_.numberOf(ahead_.front().unit())];
        ahead_.pop_front();
    }
    position_ += commands;
}

void CommandFeed::forget(const Counts& completed) {
    while (!underWay_.empty() &&
           numbers_.front() < completed[units_.numberOf(underWay_.front().unit())]) {
        underWay_.pop_front();
        numbers_.pop_front();
    }
}

std::uint64_t CommandFeed::commandsBefore(UnitId unit, std::uint64_t number, UnitId other) const {
    std::size_t at = 0;
    const auto find = [&](auto&& isIt) {
        while (at < underWay_.size() && !isIt()) ++at;
        return at < underWay_.size();
    };
    const bool found =
        find([&] { return numbers_[at] == number && underWay_[at].unit() == other; });
    SYSTOLE_CHECK(found, "command {} of {} is not under way", number, units_.nameOf(other));
    return find([&] { return underWay_[at].unit() == unit; }) ? numbers_[at] : takenOf(unit);
}

}  // namespace systole::arch
