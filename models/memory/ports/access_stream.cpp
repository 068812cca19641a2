// SPDX-License-Identifier: Apache-2.0
#include "models/memory/ports/access_stream.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace systole::memory {
namespace {

Cycle undisturbedCycles(const AccessStep& step) {
    std::map<ResourceId, std::uint64_t> counts;
    Cycle cycles = step.cycles;
    for (const Access& access : step.accesses) {
        cycles = std::max(cycles, counts[access.resource] += access.count);
    }
    return cycles;
}

}  // namespace

AccessStream streamOf(std::vector<AccessStep> steps) {
    Cycle least = 0;
    for (const AccessStep& step : steps) {
        least += undisturbedCycles(step);
    }
    const auto listed = std::make_shared<const std::vector<AccessStep>>(std::move(steps));
    const auto next = [listed, i = std::size_t{0}](AccessStep& step) mutable {
        if (i == listed->size()) {
            return false;
        }
        step = (*listed)[i++];
        return true;
    };
    return {next, least};
}

}  // namespace systole::memory
