// SPDX-License-Identifier: Apache-2.0
#include "models/memory/faults/secded.hpp"

#include <array>
#include <bit>
#include <cstddef>

namespace systole::memory {
namespace {

constexpr int kLightColumn = 3;
constexpr int kHeavyColumn = 5;
constexpr std::size_t kSyndromes = 1U << kCheckBits;

using Columns = std::array<std::uint8_t, kWordBits>;

/// All columns of weight 3, ascending, and the turns of 11111 in 8 bits: each takes every row as
/// often.
constexpr Columns makeColumns() {
    Columns columns{};
    std::size_t count = 0;
    for (std::size_t syndrome = 0; syndrome < kSyndromes; ++syndrome) {
        if (std::popcount(syndrome) == kLightColumn) {
            columns.at(count++) = static_cast<std::uint8_t>(syndrome);
        }
    }
    constexpr std::uint8_t kRun = (1U << kHeavyColumn) - 1;
    for (int turn = 0; turn < kCheckBits; ++turn) {
        columns.at(count++) = std::rotl(kRun, turn);
    }
    return columns;
}

constexpr Columns kColumns = makeColumns();

constexpr std::int8_t kNoColumn = -1;
constexpr std::int8_t kCheckColumn = kWordBits;

/// The data bit whose column a syndrome is.
constexpr std::array<std::int8_t, kSyndromes> makeBitOfSyndrome() {
    std::array<std::int8_t, kSyndromes> bits{};
    bits.fill(kNoColumn);
    for (std::size_t bit = 0; bit < kColumns.size(); ++bit) {
        bits.at(kColumns.at(bit)) = static_cast<std::int8_t>(bit);
    }
    for (int bit = 0; bit < kCheckBits; ++bit) {
        bits.at(std::size_t{1} << bit) = kCheckColumn;
    }
    return bits;
}

constexpr auto kBitOfSyndrome = makeBitOfSyndrome();

/// Which data bits a check bit covers.
constexpr std::array<std::uint64_t, kCheckBits> makeRows() {
    std::array<std::uint64_t, kCheckBits> rows{};
    for (std::size_t bit = 0; bit < kColumns.size(); ++bit) {
        for (std::size_t row = 0; row < rows.size(); ++row) {
            rows.at(row) |= std::uint64_t{kColumns.at(bit) >> row & 1U} << bit;
        }
    }
    return rows;
}

constexpr auto kRows = makeRows();

}  // namespace

std::uint8_t secdedColumn(int dataBit) { return kColumns.at(static_cast<std::size_t>(dataBit)); }

std::uint8_t checkBitsOf(std::uint64_t data) {
    unsigned bits = 0;
    for (std::size_t row = 0; row < kRows.size(); ++row) {
        bits |= (static_cast<unsigned>(std::popcount(data & kRows[row])) & 1U) << row;
    }
    return static_cast<std::uint8_t>(bits);
}

SecdedWord decodeSecded(std::uint64_t data, std::uint8_t checkBits) {
    const auto syndrome = static_cast<std::uint8_t>(checkBitsOf(data) ^ checkBits);
    if (syndrome == 0) return {data, EccVerdict::Clean};
    const std::int8_t bit = kBitOfSyndrome[syndrome];
    if (bit == kNoColumn) return {data, EccVerdict::Uncorrectable};
    if (bit != kCheckColumn) data ^= std::uint64_t{1} << bit;
    return {data, EccVerdict::Corrected};
}

}  // namespace systole::memory
