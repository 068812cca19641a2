// SPDX-License-Identifier: Apache-2.0
#include "models/memory/faults/cell_faults.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "models/check.hpp"
#include "models/numeric/formats/rounding.hpp"

namespace systole::memory {
namespace {

// Counters apart from those that name the random bits of stochastic rounding.
constexpr std::uint32_t kDomain = 0x4452414D;  // "DRAM"

/// What a hash is for: the counts, then the places of one group of cells after the other.
enum class Purpose : std::uint32_t { Counts = 0, DataPlaces = 1, CheckPlaces = 2 };

std::array<std::uint32_t, 4> hash(std::uint64_t seed, std::uint64_t word, Purpose purpose,
                                  std::uint32_t draw) {
    return numeric::philox4x32(
        {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32),
         draw << 8 | static_cast<std::uint32_t>(purpose), kDomain},
        seed);
}

std::uint64_t joined(std::uint32_t low, std::uint32_t high) {
    return std::uint64_t{high} << 32 | low;
}

/// `count` different ones of `cells`, a power of two; every set is equally likely.
std::uint64_t places(std::uint64_t seed, std::uint64_t word, Purpose purpose, int cells,
                     int count) {
    const std::uint64_t all = ~std::uint64_t{0} >> (kWordBits - cells);
    if (2 * count > cells) return all ^ places(seed, word, purpose, cells, cells - count);
    std::uint64_t mask = 0;
    for (std::uint32_t draw = 0;; ++draw) {
        for (const std::uint32_t bits : hash(seed, word, purpose, draw)) {
            for (int byte = 0; byte < 4; ++byte) {
                if (std::popcount(mask) == count) return mask;
                const std::uint32_t place =
                    (bits >> (8 * byte)) & (static_cast<std::uint32_t>(cells) - 1);
                mask |= std::uint64_t{1} << place;
            }
        }
    }
}

/// share * 2^64, the largest number where that is 2^64 itself.
std::uint64_t thresholdOf(double share) {
    const double scaled = std::ldexp(share, kWordBits);
    return scaled < std::ldexp(1.0, kWordBits) ? static_cast<std::uint64_t>(scaled)
                                               : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

// Products and sums only: the C library's powers differ between processors in the last bit.
FaultCount::FaultCount(int cells, double rate) {
    SYSTOLE_CHECK(cells >= 1 && cells <= kWordBits, "{} cells", cells);
    SYSTOLE_CHECK(rate >= 0 && rate <= 0.5, "bit error rate {}", rate);
    const auto size = static_cast<std::size_t>(cells);
    std::array<double, kWordBits + 1> probability{};  // of n faulty cells
    probability[0] = 1;
    for (std::size_t cell = 0; cell < size; ++cell) {
        for (std::size_t n = cell + 1; n > 0; --n) {
            probability[n] = probability[n] * (1 - rate) + probability[n - 1] * rate;
        }
        probability[0] *= 1 - rate;
    }
    double more = 0;  // from the small ones up
    for (std::size_t n = size; n-- > 0;) {
        more += probability[n + 1];
        thresholds_[n] = thresholdOf(more);
    }
}

int FaultCount::of(std::uint64_t draw) const {
    int count = 0;
    while (count < kWordBits && draw < thresholds_[static_cast<std::size_t>(count)]) ++count;
    return count;
}

CellFaults::CellFaults(const DramFaults& faults)
    : seed_(faults.seed),
      dataCount_(kWordBits, faults.bitErrorRate),
      checkCount_(kCheckBits, faults.bitErrorRate) {}

FaultyCells CellFaults::of(std::uint64_t word) const {
    const auto draws = hash(seed_, word, Purpose::Counts, 0);
    const int data = dataCount_.of(joined(draws[0], draws[1]));
    const int check = checkCount_.of(joined(draws[2], draws[3]));
    FaultyCells cells;
    if (data > 0) cells.data = places(seed_, word, Purpose::DataPlaces, kWordBits, data);
    if (check > 0) {
        cells.check =
            static_cast<std::uint8_t>(places(seed_, word, Purpose::CheckPlaces, kCheckBits, check));
    }
    return cells;
}

}  // namespace systole::memory
