// SPDX-License-Identifier: Apache-2.0
#include "models/memory/faults/secded.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstddef>
#include <set>
#include <vector>

namespace systole::memory {
namespace {

constexpr int kCodeBits = kWordBits + kCheckBits;
constexpr std::array<std::uint64_t, 5> kWords{0, ~std::uint64_t{0}, 0x0123456789ABCDEF,
                                              0x8000000000000001, 0xA5A5F00D5EC0DED5};

/// A word and its check bits, as they lie in memory.
struct Stored {
    std::uint64_t data;
    std::uint8_t check;

    void flip(int bit) {
        if (bit < kWordBits) {
            data ^= std::uint64_t{1} << bit;
        } else {
            check = static_cast<std::uint8_t>(check ^ 1U << (bit - kWordBits));
        }
    }
    SecdedWord decoded() const { return decodeSecded(data, check); }
};

Stored stored(std::uint64_t data) { return {data, checkBitsOf(data)}; }

std::uint8_t columnOf(int bit) {
    return bit < kWordBits ? secdedColumn(bit) : static_cast<std::uint8_t>(1U << (bit - kWordBits));
}

TEST(Secded, ColumnsAreDifferentAndOddAndShareTheRowsEvenly) {
    std::set<int> columns;
    std::array<int, kCheckBits> ones{};
    for (int bit = 0; bit < kWordBits; ++bit) {
        const std::uint8_t column = secdedColumn(bit);
        columns.insert(column);
        EXPECT_EQ(std::popcount(column), bit < 56 ? 3 : 5);
        for (std::size_t row = 0; row < ones.size(); ++row) ones[row] += column >> row & 1;
    }
    EXPECT_EQ(columns.size(), 64U);
    for (const int row : ones) EXPECT_EQ(row, 26);  // Hsiao 1970: (56 * 3 + 8 * 5) / 8
}

TEST(Secded, CheckBitsAreTheSumOfTheColumns) {
    for (const std::uint64_t word : kWords) {
        std::uint8_t sum = 0;
        for (int bit = 0; bit < kWordBits; ++bit) {
            if ((word >> bit & 1) != 0) sum ^= secdedColumn(bit);
        }
        EXPECT_EQ(checkBitsOf(word), sum);
    }
}

TEST(Secded, AWordWithoutAnErrorIsClean) {
    for (const std::uint64_t word : kWords) {
        EXPECT_EQ(stored(word).decoded().data, word);
        EXPECT_EQ(stored(word).decoded().verdict, EccVerdict::Clean);
    }
}

TEST(Secded, CorrectsEachOfThe72SingleErrors) {
    for (const std::uint64_t word : kWords) {
        for (int bit = 0; bit < kCodeBits; ++bit) {
            Stored wrong = stored(word);
            wrong.flip(bit);
            ASSERT_EQ(wrong.decoded().data, word) << bit;
            ASSERT_EQ(wrong.decoded().verdict, EccVerdict::Corrected) << bit;
        }
    }
}

TEST(Secded, FindsEachOfThe2556DoubleErrorsAndLeavesTheData) {
    for (const std::uint64_t word : kWords) {
        int count = 0;
        for (int first = 0; first < kCodeBits; ++first) {
            for (int second = first + 1; second < kCodeBits; ++second, ++count) {
                Stored wrong = stored(word);
                wrong.flip(first);
                wrong.flip(second);
                ASSERT_EQ(wrong.decoded().data, wrong.data) << first << ' ' << second;
                ASSERT_EQ(wrong.decoded().verdict, EccVerdict::Uncorrectable);
            }
        }
        EXPECT_EQ(count, 2556);
    }
}

/// Four columns whose sum is 0 are what makes three errors look like the fourth.
int wordsOfWeightFour() {
    std::array<int, 256> pairs{};  // by sum
    for (int first = 0; first < kCodeBits; ++first) {
        for (int second = first + 1; second < kCodeBits; ++second) {
            ++pairs.at(columnOf(first) ^ columnOf(second));
        }
    }
    int quadruples = 0;
    for (const int count : pairs) quadruples += count * (count - 1) / 2;
    return quadruples / 3;  // each has three ways to be two pairs
}

TEST(Secded, TakesThreeErrorsForOneOrFindsThemButNeverForNone) {
    const std::uint64_t word = kWords[2];
    std::array<int, 3> verdicts{};
    int wrongData = 0;
    for (int first = 0; first < kCodeBits; ++first) {
        for (int second = first + 1; second < kCodeBits; ++second) {
            for (int third = second + 1; third < kCodeBits; ++third) {
                Stored wrong = stored(word);
                for (const int bit : {first, second, third}) wrong.flip(bit);
                const SecdedWord decoded = wrong.decoded();
                ++verdicts.at(static_cast<std::size_t>(decoded.verdict));
                if (decoded.verdict == EccVerdict::Corrected && decoded.data != word) ++wrongData;
                if (decoded.verdict == EccVerdict::Uncorrectable) {
                    ASSERT_EQ(decoded.data, wrong.data);
                }
            }
        }
    }
    EXPECT_EQ(verdicts[0], 0);
    EXPECT_EQ(verdicts[1], 4 * wordsOfWeightFour());
    EXPECT_EQ(verdicts[1] + verdicts[2], 72 * 71 * 70 / 6);
    EXPECT_EQ(wrongData, verdicts[1]) << "three check columns sum up to a data column at most";
}

TEST(Secded, DecodingTheMaskOfErrorsGivesWhatIsLeftOfThem) {
    for (const std::uint64_t word : kWords) {
        for (const auto& errors : {std::vector{3}, {1, 40}, {5, 6, 70}, {0, 1, 2, 3}, {64, 65}}) {
            Stored wrong = stored(word);
            Stored mask = stored(0);
            for (const int bit : errors) {
                wrong.flip(bit);
                mask.flip(bit);
            }
            EXPECT_EQ(wrong.decoded().data ^ word, mask.decoded().data);
            EXPECT_EQ(wrong.decoded().verdict, mask.decoded().verdict);
        }
    }
}

}  // namespace
}  // namespace systole::memory
