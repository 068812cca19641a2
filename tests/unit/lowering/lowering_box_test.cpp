// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "models/check.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

std::uint32_t between(std::mt19937& random, std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random() % (high - low + 1));
}

/// Every byte of the runs, in order.
std::vector<std::uint64_t> bytesOf(const arch::DramBox& box) {
    std::vector<std::uint64_t> bytes;
    for (std::uint32_t outer = 0; outer < box.counts[0]; ++outer) {
        for (std::uint32_t inner = 0; inner < box.counts[1]; ++inner) {
            for (std::uint32_t i = 0; i < box.runBytes; ++i) {
                bytes.push_back(box.address + outer * box.strides[0] + inner * box.strides[1] + i);
            }
        }
    }
    return bytes;
}

TEST(DramBox, WalksTheElementsOfItsBoxChannelsFirst) {
    constexpr unsigned kSeed = 31;
    std::mt19937 random(kSeed);
    for (int i = 0; i < 2000; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", box " << i);
        const Shape shape{between(random, 1, 5), between(random, 1, 5), between(random, 1, 5)};
        TensorBox box;
        box.y = between(random, 0, shape.height - 1);
        box.x = between(random, 0, shape.width - 1);
        box.channel = between(random, 0, shape.channels - 1);
        box.height = between(random, 1, shape.height - box.y);
        box.width = between(random, 1, shape.width - box.x);
        box.channels = between(random, 1, shape.channels - box.channel);
        const std::uint32_t elementBytes = between(random, 1, 2);
        std::vector<std::uint64_t> expected;
        for (std::uint32_t y = box.y; y < box.y + box.height; ++y) {
            for (std::uint32_t x = box.x; x < box.x + box.width; ++x) {
                for (std::uint32_t c = box.channel; c < box.channel + box.channels; ++c) {
                    const std::uint64_t element =
                        (std::uint64_t{y} * shape.width + x) * shape.channels + c;
                    for (std::uint32_t byte = 0; byte < elementBytes; ++byte) {
                        expected.push_back(1000 + element * elementBytes + byte);
                    }
                }
            }
        }
        const arch::DramBox runs = dramBox(box, shape, 1000, elementBytes);
        ASSERT_EQ(bytesOf(runs), expected);
        const Access access = dramAccess(runs, true);
        ASSERT_EQ(access.begin, expected.front());
        ASSERT_EQ(access.end, expected.back() + 1);
    }
}

TEST(DramBox, JoinsWholeRowsAndWholePixels) {
    const Shape shape{4, 5, 6};
    EXPECT_EQ(dramBox({.y = 1, .height = 2, .width = 5, .channels = 6}, shape, 0, 1).runBytes, 60U);
    EXPECT_EQ(dramBox({.x = 1, .height = 2, .width = 3, .channels = 6}, shape, 0, 1).runBytes, 18U);
    EXPECT_EQ(dramBox({.height = 2, .width = 5, .channels = 3}, shape, 0, 1).runBytes, 3U);
}

TEST(DramBox, StopsAtTheEndOfItsTensor) {
    EXPECT_THROW(dramBox({.y = 3, .height = 2, .width = 1, .channels = 1}, {4, 5, 6}, 0, 1),
                 InvariantError);
}

Window randomWindow(std::mt19937& random) {
    Window window;
    window.kernelHeight = between(random, 1, 4);
    window.kernelWidth = between(random, 1, 4);
    window.strideHeight = between(random, 1, 3);
    window.strideWidth = between(random, 1, 3);
    window.dilationHeight = between(random, 1, 2);
    window.dilationWidth = between(random, 1, 2);
    window.padTop = static_cast<std::int32_t>(between(random, 0, 11)) - 2;
    window.padLeft = static_cast<std::int32_t>(between(random, 0, 11)) - 2;
    if (between(random, 0, 2) == 0) {
        window.upsampleHeight = between(random, 1, 4);
        window.upsampleWidth = between(random, 1, 4);
    }
    return window;
}

/// Each tap of each output reads through the tile what it reads in the image, or padding.
void expectSameTaps(const Window& window, const Shape& input, const TensorBox& outputs) {
    const InputTile tile = inputTile(window, input, outputs, 0, input.channels);
    const arch::TileWindow generator = tileWindow(window, tile, outputs, 0, 1);
    for (std::uint32_t m = 0; m < generator.outputs(); ++m) {
        std::vector<std::int64_t> pixels(std::size_t{window.kernelHeight} * window.kernelWidth, -1);
        arch::forEachRun(generator, m, 0, generator.reduction(),
                         [&](std::uint32_t k, std::uint32_t address, std::uint32_t) {
                             const std::uint32_t pixel = address / input.channels;
                             const std::uint32_t y = tile.box.y + pixel / tile.box.width;
                             const std::uint32_t x = tile.box.x + pixel % tile.box.width;
                             pixels.at(k / input.channels) = std::int64_t{y} * input.width + x;
                         });
        const std::int64_t top =
            std::int64_t{outputs.y + m / outputs.width} * window.strideHeight - window.padTop;
        const std::int64_t left =
            std::int64_t{outputs.x + m % outputs.width} * window.strideWidth - window.padLeft;
        for (std::uint32_t ky = 0; ky < window.kernelHeight; ++ky) {
            for (std::uint32_t kx = 0; kx < window.kernelWidth; ++kx) {
                const std::int64_t upsampledY = top + std::int64_t{ky} * window.dilationHeight;
                const std::int64_t upsampledX = left + std::int64_t{kx} * window.dilationWidth;
                const std::int64_t y = upsampledY / window.upsampleHeight;
                const std::int64_t x = upsampledX / window.upsampleWidth;
                const bool inside = upsampledY >= 0 && y < input.height && upsampledX >= 0 &&
                                    x < input.width && upsampledY % window.upsampleHeight == 0 &&
                                    upsampledX % window.upsampleWidth == 0;
                ASSERT_EQ(pixels[ky * window.kernelWidth + kx], inside ? y * input.width + x : -1)
                    << "output " << m << ", tap " << ky << ' ' << kx;
            }
        }
    }
}

TEST(InputTile, ShowsEveryOutputTheTapsThatTheImageWouldShow) {
    constexpr unsigned kSeed = 37;
    std::mt19937 random(kSeed);
    for (int i = 0; i < 3000; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", tile " << i);
        const Shape input{between(random, 1, 9), between(random, 1, 9), between(random, 1, 3)};
        const TensorBox outputs{.y = between(random, 0, 5),
                                .x = between(random, 0, 5),
                                .channel = 0,
                                .height = between(random, 1, 4),
                                .width = between(random, 1, 4),
                                .channels = 1};
        ASSERT_NO_FATAL_FAILURE(expectSameTaps(randomWindow(random), input, outputs));
    }
}

}  // namespace
}  // namespace systole::sim
