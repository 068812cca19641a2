// SPDX-License-Identifier: Apache-2.0
#include "arch/control/timeline.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch {

void UnitTimeline::record(Cycle begin, Cycle end, UnitState state) {
    if (begin == end) {
        return;
    }
    SYSTOLE_CHECK(begin < end, "interval from {} to {}", begin, end);
    SYSTOLE_CHECK(intervals_.empty() || intervals_.back().end <= begin,
                  "interval from {} recorded after one that ends at {}", begin,
                  intervals_.back().end);
    intervals_.push_back({begin, end, state});
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
    cycles[static_cast<std::size_t>(UnitState::Idle)] += end - begin - accounted;
    return cycles;
}

}  // namespace systole::arch
