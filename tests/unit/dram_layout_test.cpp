// SPDX-License-Identifier: Apache-2.0
#include "arch/dram_layout.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "arch/transfer_unit.hpp"

namespace systole::arch {
namespace {

TEST(DramLayout, PlacesNarrowElementsCloseTogether) {
    DramLayout layout;
    EXPECT_EQ(layout.allocate(100, 64, {1, 4}), 0U);
    EXPECT_EQ(layout.allocate(100, 64, {1, 6}), 128U);
    EXPECT_EQ(layout.allocate(100, 64, {2, 12}), 256U);
    EXPECT_EQ(layout.imageBytes(), 384U);
    EXPECT_EQ(layout.memoryBytes(), 64U + 128 + 128) << "50, 75 and 75 bytes, aligned";
    EXPECT_EQ(layout.memoryRun(128, 100).begin, 64U);
    EXPECT_EQ(layout.memoryRun(128, 100).end, 64U + 75);
}

TEST(DramLayout, WithoutAllocationsIsTheImage) {
    const DramLayout layout;
    EXPECT_EQ(layout.memoryRun(123, 7).begin, 123U);
    EXPECT_EQ(layout.memoryRun(123, 7).end, 130U);
}

/// Bit by bit: the bytes that hold any bit of the elements.
TEST(DramLayout, ARunTouchesTheBytesThatHoldItsBits) {
    for (const ElementRoom room :
         {ElementRoom{1, 1}, {1, 3}, {1, 4}, {1, 6}, {1, 8}, {2, 9}, {2, 16}}) {
        DramLayout layout;
        layout.allocate(64, 32, {});
        const std::uint64_t base = layout.allocate(std::uint64_t{room.imageBytes} * 40, 32, room);
        for (std::uint64_t first = 0; first < 40; ++first) {
            for (std::uint64_t count = 1; count <= 40 - first; ++count) {
                std::set<std::uint64_t> bytes;
                for (std::uint64_t bit = first * room.bits; bit < (first + count) * room.bits;
                     ++bit) {
                    bytes.insert(64 + bit / 8);
                }
                const auto run =
                    layout.memoryRun(base + first * room.imageBytes, count * room.imageBytes);
                ASSERT_EQ(run.begin, *bytes.begin()) << room.bits << " bits";
                ASSERT_EQ(run.end, *bytes.rbegin() + 1) << room.bits << " bits";
            }
        }
    }
}

TEST(DramLayout, BurstsAreThoseOfThePackedElements) {
    DramLayout layout;
    layout.allocate(1024, 64, {1, 4});
    const auto bursts = burstsOf({.address = 256, .runBytes = 256}, layout, 64);
    ASSERT_EQ(bursts.size(), 2U);
    EXPECT_EQ(bursts[0].address, 128U);
    EXPECT_EQ(bursts[1].address, 192U);
    EXPECT_EQ(bursts[1].offset, 64U);
}

}  // namespace
}  // namespace systole::arch
