// SPDX-License-Identifier: Apache-2.0
#include "arch/control/repeat_finder.hpp"

#include <algorithm>
#include <utility>

namespace systole::arch {
namespace {

using Counts = CommandFeed::Counts;

}  // namespace

void LayerTally::add(const LayerTally& more, std::uint64_t times) {
    cycles += times * more.cycles;
    reads += times * more.reads;
    writes += times * more.writes;
    for (const auto& counter : cost::kCounters) {
        counters.*counter.member += times * more.counters.*counter.member;
    }
    for (std::size_t unit = 0; unit < states.size(); ++unit) {
        for (std::size_t state = 0; state < kUnitStateCount; ++state) {
            states[unit][state] += times * more.states[unit][state];
        }
    }
}

LayerTally LayerTally::operator-(const LayerTally& earlier) const {
    LayerTally difference = *this;
    difference.add(earlier, ~std::uint64_t{0});  // minus one times, modulo 2^64
    return difference;
}

RepeatFinder::RepeatFinder(const ScratchpadPorts& ports, const Program& program,
                           std::uint32_t burstBytes)
    : timing_(ports, program, burstBytes) {}

RepeatFinder::Form RepeatFinder::formOf(const Command& command) const {
    return {timing_.of(command.operation), command.after, command.layer, command.unit()};
}

void RepeatFinder::push(Form form) {
    forms_.push_back(std::move(form));
    while (forms_.size() > kept_) {
        forms_.pop_front();
        ++first_;
    }
}

void RepeatFinder::take(const Command& command, const CommandFeed& feed) {
    kept_ = std::max(kept_, 2 * feed.underWay().size() + kLeast);
    Form form = formOf(command);
    for (Token& token : form.after)
        token = tokenOf(token.unit, token.count + feed.skippedOf(token.unit));
    push(std::move(form));
}

/// Tokens that are there at the base are no tokens; others must lie equally far beyond it.
bool RepeatFinder::same(const Form& form, const Counts& base, const Form& earlier,
                        const Counts& earlierBase) const {
    const auto beyond = [this](const Form& one, const Counts& from, UnitId unit) {
        const std::uint64_t count = one.after.of(unit);
        const std::uint64_t there = from[units_.numberOf(unit)];
        return count > there ? count - there : 0;
    };
    for (const Tokens* tokens : {&form.after, &earlier.after}) {
        for (const Token& token : *tokens) {
            if (beyond(form, base, token.unit) != beyond(earlier, earlierBase, token.unit)) {
                return false;
            }
        }
    }
    return form.layer == earlier.layer && form.unit == earlier.unit &&
           sameForm(form.operation, earlier.operation);
}

/// Whether the commands under way are the same at both moments.
bool RepeatFinder::begins(const Seen& seen, const Seen& now) const {
    const std::uint64_t length = now.position - seen.position;
    if (length == 0 || now.oldest - seen.oldest != length || !holds(seen.oldest) ||
        now.moment.layer != seen.moment.layer) {
        return false;
    }
    for (std::uint64_t i = now.oldest; i < now.position; ++i) {
        if (!same(at(i), now.moment.completed, at(i - length), seen.moment.completed)) {
            return false;
        }
    }
    return true;
}

/// Passes over one period, if the next commands are those that followed the earlier moment.
bool RepeatFinder::passOver(const Seen& seen, const Seen& now, CommandFeed& feed) {
    const std::uint64_t length = now.position - seen.position;
    std::vector<Form> period;
    for (std::uint64_t i = 0; i < length; ++i) {
        const Command* command = feed.peek(i);
        if (command == nullptr || command->layer != now.moment.layer) {
            return false;
        }
        Form form = formOf(*command);
        if (!same(form, now.moment.completed, at(seen.position + i), seen.moment.completed)) {
            return false;
        }
        period.push_back(std::move(form));
    }
    feed.skip(length);
    for (Form& form : period) {
        push(std::move(form));
    }
    return true;
}

/// As often as the commands repeat. `now` becomes the moment after the last period.
RepeatFinder::Repeat RepeatFinder::repeatsOf(
    Seen seen, Seen& now, CommandFeed& feed,
    const std::function<void(std::uint64_t times)>& onPeriod) {
    Repeat repeat{0, now.moment.tally - seen.moment.tally};
    const std::uint64_t length = now.position - seen.position;
    Counts commands{};
    for (std::size_t unit = 0; unit < commands.size(); ++unit) {
        commands[unit] = now.moment.completed[unit] - seen.moment.completed[unit];
    }
    while (holds(seen.position) && passOver(seen, now, feed)) {
        for (Seen* moment : {&seen, &now}) {
            moment->oldest += length;
            moment->position += length;
            for (std::size_t unit = 0; unit < commands.size(); ++unit) {
                moment->moment.completed[unit] += commands[unit];
            }
        }
        onPeriod(++repeat.times);
    }
    now.moment.tally.add(repeat.period, repeat.times);
    return repeat;
}

void RepeatFinder::remember(const Seen& now) {
    if (++seenMoments_ >= kMostSeen) {
        seen_.clear();
        seenMoments_ = 0;
    }
    std::deque<Seen>& alike = seen_[now.moment.state];
    alike.push_back(now);
    if (alike.size() > kMostOfState) {
        alike.pop_front();
    }
}

std::optional<RepeatFinder::Repeat> RepeatFinder::find(
    const Moment& moment, CommandFeed& feed,
    const std::function<void(std::uint64_t times)>& onPeriod) {
    Seen now{feed.position() - feed.underWay().size(), feed.position(), moment};
    std::optional<Repeat> found;
    if (const auto alike = seen_.find(moment.state); alike != seen_.end()) {
        // The shortest period first.
        for (auto seen = alike->second.rbegin(); seen != alike->second.rend() && !found; ++seen) {
            if (!begins(*seen, now)) {
                continue;
            }
            const Repeat repeat = repeatsOf(*seen, now, feed, onPeriod);
            if (repeat.times > 0) {
                found = repeat;
            }
        }
    }
    remember(now);
    return found;
}

}  // namespace systole::arch
