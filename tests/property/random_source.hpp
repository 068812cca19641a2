// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <random>

namespace systole {

/// Seeded numbers that are the same with every standard library (its distributions are not).
class RandomSource {
public:
    explicit RandomSource(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t bits() { return engine_(); }

    /// Both ends included.
    std::uint32_t between(std::uint32_t low, std::uint32_t high) {
        return low + static_cast<std::uint32_t>(engine_() % (high - low + 1));
    }

    bool percent(std::uint32_t chance) { return between(0, 99) < chance; }

    /// In [low, high).
    double real(double low, double high) {
        return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53;
    }

    template <typename T>
    T pick(std::initializer_list<T> choices) {
        return *std::next(choices.begin(),
                          between(0, static_cast<std::uint32_t>(choices.size()) - 1));
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace systole
