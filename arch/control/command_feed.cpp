// SPDX-License-Identifier: Apache-2.0
#include "arch/control/command_feed.hpp"

#include <algorithm>
#include <utility>

#include "models/check.hpp"

namespace systole::arch {
namespace {

constexpr auto kArray = static_cast<std::size_t>(Unit::Array);
constexpr auto kVector = static_cast<std::size_t>(Unit::Vector);

std::size_t indexOf(const Command& command) {
    return static_cast<std::size_t>(unitOf(command.operation));
}

}  // namespace

void CommandFeed::begin(const Program& program) {
    *this = CommandFeed();
    program_ = &program;
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
    for (std::size_t unit = 0; unit < kUnitCount; ++unit) {
        command.after[unit] -= std::min(command.after[unit], skipped_[unit]);
    }
    const std::size_t unit = indexOf(command);
    if (unit == kVector) {
        foldsBefore_.push_back(ofUnit_[kArray]);
    }
    numbers_.push_back(ofUnit_[unit]++);
    ++taken_;
    ++position_;
    return &command;
}

void CommandFeed::skip(std::uint64_t commands) {
    for (std::uint64_t i = 0; i < commands; ++i) {
        SYSTOLE_CHECK(peek() != nullptr, "{} commands to pass over, but there are {}", commands, i);
        ++skipped_[indexOf(ahead_.front())];
        ahead_.pop_front();
    }
    position_ += commands;
}

void CommandFeed::forget(const Counts& completed) {
    while (!underWay_.empty() && numbers_.front() < completed[indexOf(underWay_.front())]) {
        if (indexOf(underWay_.front()) == kVector) {
            foldsBefore_.pop_front();
            ++firstVector_;
        }
        underWay_.pop_front();
        numbers_.pop_front();
    }
}

std::uint64_t CommandFeed::foldsBefore(std::uint64_t number) const {
    SYSTOLE_CHECK(number >= firstVector_ && number - firstVector_ < foldsBefore_.size(),
                  "command {} of the vector unit is not under way", number);
    return foldsBefore_[number - firstVector_];
}

}  // namespace systole::arch
