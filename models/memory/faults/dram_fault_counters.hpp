// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/counter_info.hpp"

namespace systole::memory {

/// What reads of a DRAM with faulty cells saw. Words have 64 bits; each counts as often as it is
/// read, and whole where only a part of it is used. A word is right as read, or one of corrected,
/// uncorrectable and silent. Without ECC every word with an error is silent.
struct DramFaultCounters {
    std::uint64_t wordsRead = 0;
    std::uint64_t bitErrors = 0;
    std::uint64_t correctedWords = 0;
    std::uint64_t uncorrectableWords = 0;
    std::uint64_t silentErrorWords = 0;

    bool operator==(const DramFaultCounters&) const = default;
};

inline constexpr std::array kDramFaultCounters{
    CounterInfo<DramFaultCounters>{"words_read", "1", "64-bit words read",
                                   &DramFaultCounters::wordsRead},
    CounterInfo<DramFaultCounters>{"bit_errors", "1",
                                   "faulty cells read, those of check bits included",
                                   &DramFaultCounters::bitErrors},
    CounterInfo<DramFaultCounters>{"corrected_words", "1", "words that ECC made right",
                                   &DramFaultCounters::correctedWords},
    CounterInfo<DramFaultCounters>{"uncorrectable_words", "1",
                                   "words that ECC reported and passed on as read",
                                   &DramFaultCounters::uncorrectableWords},
    CounterInfo<DramFaultCounters>{"silent_error_words", "1",
                                   "words passed on as right that are not what was stored",
                                   &DramFaultCounters::silentErrorWords},
};

inline DramFaultCounters& operator+=(DramFaultCounters& sum, const DramFaultCounters& more) {
    addCounters(sum, more, kDramFaultCounters);
    return sum;
}

}  // namespace systole::memory
