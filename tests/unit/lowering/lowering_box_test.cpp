// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "models/check.hpp"
#include "sim/lowering/tensor_box.hpp"

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

/// What the transfers of a box move, in the order in which it lies in the scratchpad.
std::vector<std::uint64_t> bytesOf(const TensorBox& box, std::uint64_t address,
                                   std::uint32_t elementBytes) {
    std::vector<std::uint64_t> bytes;
    forEachTransfer(box, address, elementBytes,
                    [&](const arch::DramBox& runs, std::uint32_t offset) {
                        EXPECT_EQ(offset, bytes.size());
                        const std::vector<std::uint64_t> more = bytesOf(runs);
                        const Access access = dramAccess(runs, true);
                        EXPECT_EQ(access.begin, *std::min_element(more.begin(), more.end()));
                        EXPECT_EQ(access.end, *std::max_element(more.begin(), more.end()) + 1);
                        bytes.insert(bytes.end(), more.begin(), more.end());
                    });
    return bytes;
}

TEST(TensorBox, IsMovedElementByElementInItsOwnOrder) {
    constexpr unsigned kSeed = 31;
    std::mt19937 random(kSeed);
    for (int i = 0; i < 2000; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", box " << i);
        TensorBox box;
        std::vector<std::uint32_t> index;
        for (std::uint32_t axis = between(random, 0, 5); axis > 0; --axis) {
            box.axes.push_back({between(random, 1, 4), std::int64_t{between(random, 1, 90)}});
            index.push_back(0);
            if (between(random, 0, 3) == 0) {
                box.axes.back().stride *= -1;
                box.origin += 90 * 3;
            }
        }
        const std::uint32_t elementBytes = between(random, 1, 3);
        std::vector<std::uint64_t> expected;
        for (std::size_t axis = 0; axis != box.axes.size() + 1;) {
            std::int64_t element = box.origin;
            for (std::size_t at = 0; at < index.size(); ++at) {
                element += index[at] * box.axes[at].stride;
            }
            for (std::uint32_t byte = 0; byte < elementBytes; ++byte) {
                expected.push_back(1000 + static_cast<std::uint64_t>(element) * elementBytes +
                                   byte);
            }
            for (axis = box.axes.size(); axis > 0; --axis) {
                if (++index[axis - 1] < box.axes[axis - 1].extent) break;
                index[axis - 1] = 0;
            }
            if (axis == 0) axis = box.axes.size() + 1;
        }
        ASSERT_EQ(bytesOf(box, 1000, elementBytes), expected);
    }
}

/// Height, width and channels of an image of 4 x 5 x 6.
arch::DramBox onlyTransfer(const ImageBox& box) {
    const ImageView image{.height = 4,
                          .width = 5,
                          .channels = 6,
                          .rowStride = 30,
                          .columnStride = 6,
                          .channelStride = 1};
    std::vector<arch::DramBox> boxes;
    forEachTransfer(boxOf(image, 0, box), 0, 1,
                    [&](const arch::DramBox& runs, std::uint32_t) { boxes.push_back(runs); });
    EXPECT_EQ(boxes.size(), 1U);
    return boxes.front();
}

TEST(TensorBox, JoinsWholeRowsAndWholePixels) {
    EXPECT_EQ(onlyTransfer({.y = 1, .height = 2, .width = 5, .channels = 6}).runBytes, 60U);
    EXPECT_EQ(onlyTransfer({.x = 1, .height = 2, .width = 3, .channels = 6}).runBytes, 18U);
    EXPECT_EQ(onlyTransfer({.height = 2, .width = 5, .channels = 3}).runBytes, 3U);
    EXPECT_EQ(onlyTransfer({.height = 2, .width = 5, .channels = 3}).counts[0], 10U);
}

TEST(TensorBox, OfATensorLiesInItsOrder) {
    graph::Tensor tensor{.name = "x", .shape = {1, 6, 4, 5}, .order = {0, 2, 3, 1}};
    const TensorBox box = boxOf(tensor, 3, {0, 1, 2, 0}, {1, 2, 2, 5});
    EXPECT_EQ(box.tensor, 3U);
    EXPECT_EQ(box.origin, 2 * 30 + 1);
    EXPECT_EQ(box.axes, (std::vector<BoxAxis>{{1, 120}, {2, 30}, {5, 6}, {2, 1}}));
    EXPECT_THROW(boxOf(tensor, 3, {0, 5, 0, 0}, {1, 2, 1, 1}), InvariantError);
}

TEST(TensorBox, OfAnImageStopsAtItsEnd) {
    const ImageView image{.height = 4, .width = 5, .channels = 6};
    EXPECT_THROW(boxOf(image, 0, {.y = 3, .height = 2}), InvariantError);
}

arch::Window randomWindow(std::mt19937& random) {
    const auto axis = [&] {
        arch::WindowAxis made;
        made.kernel = between(random, 1, 4);
        made.stride = between(random, 1, 3);
        made.dilation = between(random, 1, 2);
        made.padBefore = static_cast<std::int32_t>(between(random, 0, 11)) - 2;
        if (between(random, 0, 2) == 0) made.upsample = between(random, 1, 4);
        return made;
    };
    const arch::WindowAxis y = axis();
    return {y, axis()};
}

/// Each tap of each output reads through the tile what it reads in the image, or padding.
void expectSameTaps(const arch::Window& window, const ImageView& input, const ImageBox& outputs) {
    const InputTile tile = inputTile(window, input, outputs, 0, input.channels);
    const arch::TileWindow generator = tileWindow(window, tile, outputs, 0, 1);
    for (std::uint32_t m = 0; m < generator.outputs(); ++m) {
        std::vector<std::int64_t> pixels(window.taps(), -1);
        arch::forEachRun(generator, m, 0, generator.reduction(),
                         [&](std::uint32_t k, std::uint32_t address, std::uint32_t) {
                             const std::uint32_t pixel = address / input.channels;
                             const std::uint32_t y = tile.box.y + pixel / tile.box.width;
                             const std::uint32_t x = tile.box.x + pixel % tile.box.width;
                             pixels.at(k / input.channels) = std::int64_t{y} * input.width + x;
                         });
        const auto elementOf = [](const arch::WindowAxis& axis, std::uint32_t position,
                                  std::uint32_t tap, std::uint32_t extent) {
            return axis.elementAt(axis.coordinate(position, tap), extent);
        };
        for (std::uint32_t tap = 0; tap < window.taps(); ++tap) {
            const std::int64_t y = elementOf(window.y, outputs.y + m / outputs.width,
                                             tap / window.x.kernel, input.height);
            const std::int64_t x = elementOf(window.x, outputs.x + m % outputs.width,
                                             tap % window.x.kernel, input.width);
            ASSERT_EQ(pixels[tap], y >= 0 && x >= 0 ? y * input.width + x : -1)
                << "output " << m << ", tap " << tap;
        }
    }
}

TEST(InputTile, ShowsEveryOutputTheTapsThatTheImageWouldShow) {
    constexpr unsigned kSeed = 37;
    std::mt19937 random(kSeed);
    for (int i = 0; i < 3000; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", tile " << i);
        ImageView input;
        input.height = between(random, 1, 9);
        input.width = between(random, 1, 9);
        input.channels = between(random, 1, 3);
        const ImageBox outputs{.y = between(random, 0, 5),
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
