// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>
#include <vector>

#include "arch/dma/transfer_unit.hpp"

namespace systole::arch {
namespace {

using Share = std::pair<std::uint64_t, std::uint32_t>;

std::vector<Share> sharesOf(const DramBox& box, std::uint32_t burstBytes) {
    std::vector<Share> shares;
    for (const BurstShare& share : burstsOf(box, {}, burstBytes)) {
        shares.emplace_back(share.address, share.usefulBytes);
    }
    return shares;
}

TEST(BurstsOf, SplitsARunAtBurstBoundaries) {
    EXPECT_EQ(sharesOf({.address = 128, .runBytes = 128}, 64),
              (std::vector<Share>{{128, 64}, {192, 64}}));
    EXPECT_EQ(sharesOf({.address = 100, .runBytes = 100}, 64),
              (std::vector<Share>{{64, 28}, {128, 64}, {192, 8}}));
    EXPECT_EQ(sharesOf({.address = 63, .runBytes = 1}, 64), (std::vector<Share>{{0, 1}}));
    EXPECT_EQ(sharesOf({.address = 63, .runBytes = 2}, 64), (std::vector<Share>{{0, 1}, {64, 1}}));
}

TEST(BurstsOf, LetsNeighbouringRunsShareABurst) {
    const DramBox box{.address = 0, .runBytes = 8, .counts = {1, 5}, .strides = {0, 20}};
    // Runs at 0, 20, 40, 60 (across a boundary) and 80.
    EXPECT_EQ(sharesOf(box, 64), (std::vector<Share>{{0, 28}, {64, 12}}));
}

TEST(BurstsOf, AsksAgainForABurstThatAnotherOneCameBetween) {
    const DramBox box{.address = 0, .runBytes = 4, .counts = {2, 2}, .strides = {8, 64}};
    // Runs at 0, 64, 8, 72.
    EXPECT_EQ(sharesOf(box, 64), (std::vector<Share>{{0, 4}, {64, 4}, {0, 4}, {64, 4}}));
}

/// Byte by byte: the burst of each, and a new share whenever the burst changes.
std::vector<Share> byteByByte(const DramBox& box, std::uint32_t burstBytes) {
    std::vector<Share> shares;
    for (std::uint32_t outer = 0; outer < box.counts[0]; ++outer) {
        for (std::uint32_t inner = 0; inner < box.counts[1]; ++inner) {
            for (std::uint32_t i = 0; i < box.runBytes; ++i) {
                const std::uint64_t byte =
                    box.address + outer * box.strides[0] + inner * box.strides[1] + i;
                const std::uint64_t burst = byte / burstBytes * burstBytes;
                if (shares.empty() || shares.back().first != burst) shares.emplace_back(burst, 0);
                ++shares.back().second;
            }
        }
    }
    return shares;
}

TEST(BurstsOf, EqualsTheByteByByteWalkOfRandomBoxes) {
    constexpr unsigned kSeed = 5;
    std::mt19937 random(kSeed);
    for (int i = 0; i < 5000; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", box " << i);
        DramBox box;
        box.address = random() % 500;
        box.runBytes = 1 + static_cast<std::uint32_t>(random() % 150);
        box.counts = {1 + static_cast<std::uint32_t>(random() % 4),
                      1 + static_cast<std::uint32_t>(random() % 6)};
        box.strides[1] = box.runBytes + random() % 70;
        box.strides[0] = box.strides[1] * box.counts[1] + random() % 90;
        const auto burstBytes = std::uint32_t{8} << (random() % 5);
        const std::vector<Share> shares = sharesOf(box, burstBytes);
        ASSERT_EQ(shares, byteByByte(box, burstBytes));
        std::uint64_t useful = 0;
        for (const auto& [address, bytes] : shares) {
            ASSERT_EQ(address % burstBytes, 0U);
            useful += bytes;
        }
        ASSERT_EQ(useful, box.bytes());
    }
}

}  // namespace
}  // namespace systole::arch
