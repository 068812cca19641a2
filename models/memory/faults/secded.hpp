// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The (72, 64) code of Hsiao, "A class of optimal minimum odd-weight-column SEC-DED codes", IBM J.
/// Res. Dev. 14 (1970): 8 check bits a word of 64. Every column of the check matrix has an odd
/// count of ones: those of the check bits 1, 56 of the data 3 and the other 8 five, 26 a row. One
/// wrong bit of the 72 gives its own column as the syndrome; two give an even count of ones, no
/// column.
namespace systole::memory {

inline constexpr int kWordBits = 64;
inline constexpr int kCheckBits = 8;

/// Column of data bit 0..63.
std::uint8_t secdedColumn(int dataBit);

std::uint8_t checkBitsOf(std::uint64_t data);

enum class EccVerdict : std::uint8_t {
    Clean,
    Corrected,      ///< the syndrome is a column: that bit was turned
    Uncorrectable,  ///< it is none: data as read
};

struct SecdedWord {
    std::uint64_t data = 0;
    EccVerdict verdict = EccVerdict::Clean;
};

/// One wrong bit is corrected and two are found whatever the data; three or more may be found, be
/// taken for a single one that they are not, or (four and more) for a word without an error. The
/// code is linear: decoding the mask of wrong bits gives the mask of those left in the data.
SecdedWord decodeSecded(std::uint64_t data, std::uint8_t checkBits);

}  // namespace systole::memory
