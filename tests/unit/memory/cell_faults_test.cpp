// SPDX-License-Identifier: Apache-2.0
#include "models/memory/faults/cell_faults.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "models/check.hpp"

namespace systole::memory {
namespace {

constexpr std::uint64_t kWords = 20'000;
constexpr double kSigmas = 5;

TEST(FaultCount, SharesOfTheDrawsAreBinomialProbabilities) {
    const std::uint64_t quarter = std::uint64_t{1} << 62U;
    const FaultCount one(1, 0.25);
    EXPECT_EQ(one.of(quarter - 1), 1);
    EXPECT_EQ(one.of(quarter), 0);
    const FaultCount two(2, 0.5);  // 1/4, 1/2, 1/4
    EXPECT_EQ(two.of(0), 2);
    EXPECT_EQ(two.of(quarter - 1), 2);
    EXPECT_EQ(two.of(quarter), 1);
    EXPECT_EQ(two.of(3 * quarter - 1), 1);
    EXPECT_EQ(two.of(3 * quarter), 0);
    EXPECT_EQ(two.of(~std::uint64_t{0}), 0);
}

TEST(FaultCount, SmallRatesKeepTheirDigits) {
    const FaultCount rare(64, 1e-15);
    // 1 - (1 - p)^64 = 64 p - 2016 p^2 + ..
    const auto threshold = static_cast<std::uint64_t>(std::ldexp(64e-15, 64));
    EXPECT_EQ(rare.of(threshold - 10'000), 1);
    EXPECT_EQ(rare.of(threshold + 10'000), 0);
    EXPECT_EQ(FaultCount(64, 0).of(0), 0);
}

TEST(FaultCount, RefusesWhatIsNoRate) {
    EXPECT_THROW(FaultCount(64, 0.6), InvariantError);
    EXPECT_THROW(FaultCount(64, -0.1), InvariantError);
    EXPECT_THROW(FaultCount(65, 0.1), InvariantError);
}

TEST(CellFaults, WithoutARateThereAreNone) {
    const CellFaults cells({0, 1});
    for (std::uint64_t word = 0; word < kWords; ++word) {
        ASSERT_EQ(cells.of(word).data, 0U);
        ASSERT_EQ(cells.of(word).check, 0U);
    }
}

TEST(CellFaults, DependOnSeedAndWordAloneAndNotOnTheOrder) {
    const CellFaults cells({0.05, 7});
    const CellFaults same({0.05, 7});
    const CellFaults other({0.05, 8});
    int different = 0;
    for (std::uint64_t word = 1000; word-- > 0;) {
        const FaultyCells backwards = same.of(word);
        ASSERT_EQ(cells.of(word).data, backwards.data);
        ASSERT_EQ(cells.of(word).check, backwards.check);
        different += cells.of(word).data != other.of(word).data ? 1 : 0;
    }
    EXPECT_GT(different, 900);
}

/// Results of earlier versions stay what they were.
TEST(CellFaults, AreThoseThatTheyWere) {
    const CellFaults cells({0.1, 1});
    EXPECT_EQ(cells.of(0).data, 0x0240000014002000U);
    EXPECT_EQ(cells.of(1).data, 0x1020008001004444U);
    EXPECT_EQ(cells.of(0x123456789ABU).data, 0x800411804A800000U);
    EXPECT_EQ(cells.of(9).check, 0x28U);
}

class CellFaultsAtRate : public testing::TestWithParam<double> {};

/// Mean and variance of the count of faulty cells a word, and of every cell.
TEST_P(CellFaultsAtRate, CountsAreBinomial) {
    const double p = GetParam();
    const CellFaults cells({p, 3});
    std::array<double, kWordBits + kCheckBits> ofCell{};
    double sum = 0;
    double squares = 0;
    for (std::uint64_t word = 0; word < kWords; ++word) {
        const FaultyCells faulty = cells.of(word);
        const int count = std::popcount(faulty.data);
        sum += count;
        squares += std::pow(count - 64 * p, 2);
        for (std::size_t bit = 0; bit < ofCell.size(); ++bit) {
            ofCell[bit] += static_cast<double>(
                bit < 64 ? faulty.data >> bit & 1U : unsigned{faulty.check} >> (bit - 64) & 1U);
        }
    }
    const double variance = 64 * p * (1 - p);
    EXPECT_NEAR(sum / kWords, 64 * p, kSigmas * std::sqrt(variance / kWords));
    // Fourth central moment of a binomial count: 3 v^2 + v (1 - 6 p (1 - p)).
    const double fourth = 3 * variance * variance + variance * (1 - 6 * p * (1 - p));
    EXPECT_NEAR(squares / kWords, variance,
                kSigmas * std::sqrt((fourth - variance * variance) / kWords));
    for (const double count : ofCell) {
        EXPECT_NEAR(count / kWords, p, kSigmas * std::sqrt(p * (1 - p) / kWords));
    }
}

/// No pair of cells, of the same word or of data and check bits, is faulty together more often.
TEST_P(CellFaultsAtRate, CellsAreIndependent) {
    const double p = GetParam();
    const CellFaults cells({p, 4});
    std::array<double, 3> together{};
    for (std::uint64_t word = 0; word < kWords; ++word) {
        const FaultyCells faulty = cells.of(word);
        const std::uint64_t next = cells.of(word + 1).data;
        together[0] += std::popcount(faulty.data & std::rotl(faulty.data, 1));
        together[1] += std::popcount(faulty.data & next);
        together[2] += 8.0 * std::popcount(faulty.check & faulty.data & 0xFF);
    }
    const double pairs = 64.0 * kWords;
    for (const double count : together) {
        EXPECT_NEAR(count / pairs, p * p, 3 * kSigmas * std::sqrt(p * p / pairs));
    }
}

INSTANTIATE_TEST_SUITE_P(Rates, CellFaultsAtRate, testing::Values(1e-3, 0.01, 0.1, 0.3, 0.5));

}  // namespace
}  // namespace systole::memory
