// SPDX-License-Identifier: Apache-2.0
#include "arch/memory/clock_domain.hpp"

#include <cmath>

#include "models/check.hpp"
#include "models/numeric/sums/requantize.hpp"

namespace systole::arch {
namespace {

constexpr std::uint64_t kTicksPerSecond = 1'000'000'000'000'000;  // femtoseconds

}  // namespace

void useFemtoseconds() { sc_core::sc_set_time_resolution(1, sc_core::SC_FS); }

ClockDomain::ClockDomain(double hertz)
    : hertz_(hertz), wholeHertz_(static_cast<std::uint64_t>(std::llround(hertz))) {
    SYSTOLE_CHECK(wholeHertz_ > 0, "clock of {} Hz", hertz);
}

std::uint64_t ClockDomain::edgeTicks(Cycle cycle) const {
    const auto product = static_cast<numeric::Int128>(cycle) * kTicksPerSecond;
    return static_cast<std::uint64_t>(product / wholeHertz_);
}

sc_core::sc_time ClockDomain::edge(Cycle cycle) const {
    return sc_core::sc_time::from_value(edgeTicks(cycle));
}

Cycle ClockDomain::cycleAt(const sc_core::sc_time& time) const {
    const auto product = static_cast<numeric::Int128>(time.value()) * wholeHertz_;
    auto cycle = static_cast<Cycle>(product / kTicksPerSecond);
    while (edgeTicks(cycle) < time.value()) {
        ++cycle;
    }
    return cycle;
}

}  // namespace systole::arch
