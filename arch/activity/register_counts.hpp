// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/counter_info.hpp"
#include "models/numeric/sums/accumulator.hpp"

namespace systole::arch::structural {

/// What the registers of the processing elements (PEs) did since the array was built. All of them
/// begin at 0 and hold what they have between folds; *toggles* of a write are the bits of the
/// operand's code that differ from the code held before (the bit `used` does not count). Skew
/// registers, control bits and pipeline registers are not counted.
///
/// A row register of PE(r, c) hands the streamed operand on to PE(r, c + 1): every step that the PE
/// begins writes it, whether the fold uses the PE or not (rows and columns that a fold does not use
/// are fed as its neighbours please: the drivers here feed code 0). The column register of an
/// output-stationary PE does the same towards PE(r + 1, c). A load register holds the stationary
/// operand that travels down (the only one of isolated folds, the second one of overlapped folds)
/// and is written by every shift of its row; a switch copies it to the first one.
struct Activity {
    std::uint64_t steps = 0;
    std::uint64_t products = 0;
    std::uint64_t rowRegisterWrites = 0;
    std::uint64_t rowRegisterToggles = 0;
    std::uint64_t columnRegisterWrites = 0;
    std::uint64_t columnRegisterToggles = 0;
    std::uint64_t loadRegisterWrites = 0;
    std::uint64_t loadRegisterToggles = 0;
    std::uint64_t switchWrites = 0;
    std::uint64_t switchToggles = 0;
    std::uint64_t sumRegisterWrites = 0;
    std::uint64_t drainRegisterWrites = 0;
    std::uint64_t overflows = 0;
    std::uint64_t saturations = 0;

    bool operator==(const Activity&) const = default;
};

inline constexpr std::array kActivity{
    CounterInfo<Activity>{"steps", "1", "steps that PEs began, used or not", &Activity::steps},
    CounterInfo<Activity>{"products", "1", "products added to a sum", &Activity::products},
    CounterInfo<Activity>{"row_register_writes", "1", "operands handed on along a row",
                          &Activity::rowRegisterWrites},
    CounterInfo<Activity>{"row_register_toggles", "bit", "bits that changed in them",
                          &Activity::rowRegisterToggles},
    CounterInfo<Activity>{"column_register_writes", "1",
                          "operands handed on down a column (output stationary)",
                          &Activity::columnRegisterWrites},
    CounterInfo<Activity>{"column_register_toggles", "bit", "bits that changed in them",
                          &Activity::columnRegisterToggles},
    CounterInfo<Activity>{"load_register_writes", "1", "shifts of stationary operands down a row",
                          &Activity::loadRegisterWrites},
    CounterInfo<Activity>{"load_register_toggles", "bit", "bits that changed in them",
                          &Activity::loadRegisterToggles},
    CounterInfo<Activity>{"switch_writes", "1",
                          "stationary operands copied to the first register (overlapped folds)",
                          &Activity::switchWrites},
    CounterInfo<Activity>{"switch_toggles", "bit", "bits that changed in them",
                          &Activity::switchToggles},
    CounterInfo<Activity>{"sum_register_writes", "1",
                          "sums written by an accumulation, or passed on by an unused PE",
                          &Activity::sumRegisterWrites},
    CounterInfo<Activity>{"drain_register_writes", "1",
                          "sums taken from the row above, or written to a second register (output "
                          "stationary)",
                          &Activity::drainRegisterWrites},
    CounterInfo<Activity>{"overflows", "1", "additions that wrapped, or left a float's range",
                          &Activity::overflows},
    CounterInfo<Activity>{"saturations", "1", "additions that stopped at the end of the range",
                          &Activity::saturations},
};

}  // namespace systole::arch::structural
