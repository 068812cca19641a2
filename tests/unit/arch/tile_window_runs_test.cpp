// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <vector>

#include "arch/program/tile_window.hpp"

namespace systole::arch {
namespace {

/// The byte address of one operand, straight from the definition; empty in the padding.
std::optional<std::int64_t> addressOf(const TileWindow& window, std::int64_t m, std::int64_t k) {
    const std::int64_t channel = k % window.channelCount;
    const std::int64_t kx = k / window.channelCount % window.axes.x.kernel;
    const std::int64_t ky = k / window.channelCount / window.axes.x.kernel;
    const std::int64_t y = -window.axes.y.padBefore +
                           m / window.outputWidth * std::int64_t{window.axes.y.stride} +
                           ky * window.axes.y.dilation;
    const std::int64_t x = -window.axes.x.padBefore +
                           m % window.outputWidth * std::int64_t{window.axes.x.stride} +
                           kx * window.axes.x.dilation;
    if (y < 0 || x < 0 || y % window.axes.y.upsample != 0 || x % window.axes.x.upsample != 0) {
        return std::nullopt;
    }
    const std::int64_t row = y / window.axes.y.upsample;
    const std::int64_t column = x / window.axes.x.upsample;
    if (row >= window.height || column >= window.width) return std::nullopt;
    const std::int64_t pixel = row * window.width + column;
    return window.address +
           (pixel * window.channels + window.channelBegin + channel) * window.elementBytes;
}

TileWindow randomWindow(std::mt19937& random) {
    const auto between = [&](std::uint32_t low, std::uint32_t high) {
        return low + static_cast<std::uint32_t>(random() % (high - low + 1));
    };
    TileWindow window;
    window.address = between(0, 100);
    window.elementBytes = between(1, 2);
    window.height = between(1, 9);
    window.width = between(1, 9);
    window.channels = between(1, 12);
    window.axes.y.padBefore = 5 - static_cast<std::int32_t>(between(0, 8));
    window.axes.x.padBefore = 5 - static_cast<std::int32_t>(between(0, 8));
    window.axes.y.stride = between(1, 3);
    window.axes.x.stride = between(1, 3);
    window.axes.y.dilation = between(1, 3);
    window.axes.x.dilation = between(1, 3);
    window.axes.y.upsample = between(1, 3);
    window.axes.x.upsample = between(1, 3);
    window.axes.y.kernel = between(1, 5);
    window.axes.x.kernel = between(1, 5);
    window.outputHeight = between(1, 5);
    window.outputWidth = between(1, 5);
    window.channelBegin = between(0, window.channels - 1);
    window.channelCount = between(1, window.channels - window.channelBegin);
    return window;
}

void expectRuns(const TileWindow& window, std::uint32_t m, std::uint32_t kBegin,
                std::uint32_t kCount) {
    std::vector<std::optional<std::int64_t>> seen(kCount);
    forEachRun(window, m, kBegin, kCount,
               [&](std::uint32_t k, std::uint32_t address, std::uint32_t elements) {
                   for (std::uint32_t i = 0; i < elements; ++i) {
                       ASSERT_LT(k + i, kCount);
                       ASSERT_FALSE(seen[k + i].has_value()) << "visited twice";
                       seen[k + i] = address + std::int64_t{i} * window.elementBytes;
                   }
               });
    for (std::uint32_t k = 0; k < kCount; ++k) {
        ASSERT_EQ(seen[k], addressOf(window, m, kBegin + k)) << "m " << m << ", k " << kBegin + k;
    }
}

TEST(TileWindow, VisitsExactlyTheOperandsOfTheDefinition) {
    constexpr unsigned kSeed = 11;
    std::mt19937 random(kSeed);
    for (int i = 0; i < 3000; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", window " << i);
        const TileWindow window = randomWindow(random);
        const std::uint32_t kBegin = static_cast<std::uint32_t>(random()) % window.reduction();
        const std::uint32_t kCount =
            1 + static_cast<std::uint32_t>(random()) % (window.reduction() - kBegin);
        for (std::uint32_t m = 0; m < window.outputs(); ++m) {
            ASSERT_NO_FATAL_FAILURE(expectRuns(window, m, kBegin, kCount));
        }
    }
}

TEST(TileWindow, GivesTheChannelsOfOneTapAsOneRun) {
    const TileWindow window{.address = 50,
                            .height = 2,
                            .width = 3,
                            .channels = 8,
                            .axes = {.y = {}, .x = {.kernel = 2}},
                            .outputWidth = 2,
                            .channelBegin = 2,
                            .channelCount = 4};
    std::vector<std::vector<std::uint32_t>> runs;
    forEachRun(window, 1, 3, 3, [&](std::uint32_t k, std::uint32_t address, std::uint32_t count) {
        runs.push_back({k, address, count});
    });
    // The last channel of the first tap at x = 1; the first two of the second at x = 2.
    EXPECT_EQ(runs, (std::vector<std::vector<std::uint32_t>>{{0, 63, 1}, {1, 68, 2}}));
}

TEST(TileWindow, KnowsItsSizes) {
    const TileWindow window{.elementBytes = 2,
                            .height = 3,
                            .width = 5,
                            .channels = 7,
                            .axes = {.y = {.kernel = 2}, .x = {.kernel = 3}},
                            .outputHeight = 4,
                            .outputWidth = 6,
                            .channelCount = 5};
    EXPECT_EQ(window.bytes(), 210U);
    EXPECT_EQ(window.reduction(), 30U);
    EXPECT_EQ(window.outputs(), 24U);
}

}  // namespace
}  // namespace systole::arch
