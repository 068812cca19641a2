// SPDX-License-Identifier: Apache-2.0
#include "arch/control/timeline.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch {

std::vector<std::pair<UnitState, std::string>> namedStates(const UnitSet& units) {
    std::vector<std::pair<UnitState, std::string>> states{{UnitState::Busy, "busy"}};
    for (std::size_t number = 0; number < units.size(); ++number) {
        const UnitId unit = units.at(number);
        states.emplace_back(waitFor(unit, units), "wait_" + units.nameOf(unit));
    }
    states.emplace_back(UnitState::ScratchpadConflict, "scratchpad_conflict");
    states.emplace_back(UnitState::Memory, "memory");
    states.emplace_back(UnitState::Idle, "idle");
    return states;
}

void UnitTimeline::record(Cycle begin, Cycle end, UnitState state) {
    if (begin == end) {
        return;
    }
    SYSTOLE_CHECK(begin < end, "interval from {} to {}", begin, end);
    SYSTOLE_CHECK(end_ <= begin, "interval from {} recorded after one that ends at {}", begin,
                  end_);
    intervals_.push_back({begin, end, state});
    end_ = end;
}

void UnitTimeline::addUpFrom(Cycle begin) {
    const auto first =
        std::partition_point(intervals_.begin(), intervals_.end(),
                             [&](const Interval& candidate) { return candidate.begin < begin; });
    if (first == intervals_.end()) {
        return;
    }
    if (sums_.empty() || sums_.back().begin < begin) {
        sums_.push_back({first->begin, first->begin, {}});
    }
    Sum& sum = sums_.back();
    for (auto interval = first; interval != intervals_.end(); ++interval) {
        sum.cycles[static_cast<std::size_t>(interval->state)] += interval->end - interval->begin;
        sum.end = interval->end;
    }
    intervals_.erase(first, intervals_.end());
}

StateCycles UnitTimeline::between(Cycle begin, Cycle end) const {
    StateCycles cycles{};
    auto interval =
        std::partition_point(intervals_.begin(), intervals_.end(),
                             [&](const Interval& candidate) { return candidate.end <= begin; });
    Cycle accounted = 0;
    for (; interval != intervals_.end() && interval->begin < end; ++interval) {
        const Cycle part = std::min(interval->end, end) - std::max(interval->begin, begin);
        cycles[static_cast<std::size_t>(interval->state)] += part;
        accounted += part;
    }
    for (const Sum& sum : sums_) {
        if (sum.begin >= end || sum.end <= begin) {
            continue;
        }
        SYSTOLE_CHECK(begin <= sum.begin && sum.end <= end,
                      "cycles {} to {} are added up, and {} to {} are asked for", sum.begin,
                      sum.end, begin, end);
        for (std::size_t state = 0; state < kUnitStateCount; ++state) {
            cycles[state] += sum.cycles[state];
            accounted += sum.cycles[state];
        }
    }
    cycles[static_cast<std::size_t>(UnitState::Idle)] += end - begin - accounted;
    return cycles;
}

}  // namespace systole::arch
