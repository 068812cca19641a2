// SPDX-License-Identifier: Apache-2.0
#include "arch/program/dram_layout.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "arch/dma/transfer_unit.hpp"

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
    for (const memory::ElementRoom room :
         {memory::ElementRoom{1, 1}, {1, 3}, {1, 4}, {1, 6}, {1, 8}, {2, 9}, {2, 16}}) {
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

/// Written out as a stream of bits: elements, then records of as many bytes as have the room of
/// `recordElements` elements, then an element again.
void expectPieces(const memory::ElementRoom& room, std::uint32_t recordElements) {
    DramLayout layout;
    layout.allocate(40, 32, {});
    const std::uint32_t recordBytes = recordElements * room.imageBytes;
    const std::uint32_t elements = 7 + 3 * recordElements + 1;
    const std::uint64_t base = layout.allocate(std::uint64_t{elements} * room.imageBytes, 32, room);
    layout.addRecords(base + 7 * room.imageBytes, recordBytes, 3);
    const std::uint64_t end = layout.allocate(32, 32, {});

    std::vector<std::uint64_t> expected;  // the bit of the image in every bit of the region
    const auto append = [&](std::uint64_t imageByte, std::uint32_t bits) {
        for (std::uint32_t bit = 0; bit < bits; ++bit) expected.push_back(8 * imageByte + bit);
    };
    for (std::uint32_t element = 0; element < elements;) {
        const bool isRecord = element >= 7 && element + 1 < elements;
        append(base + std::uint64_t{element} * room.imageBytes,
               isRecord ? recordElements * room.bits : room.bits);
        element += isRecord ? recordElements : 1;
    }
    const std::uint64_t first = 8 * layout.memoryRun(base, 1).begin;
    for (std::uint64_t bit = 0; bit < expected.size();) {
        const DramLayout::Piece piece = layout.pieceAt(first + bit);
        ASSERT_TRUE(piece.isHeld);
        ASSERT_GT(piece.bits, 0U);
        ASSERT_LE((first + bit) % 8 + piece.bits, 8U) << "within a byte of the memory";
        ASSERT_LE(piece.imageBit + piece.bits, 8U) << "and of the image";
        for (std::uint32_t i = 0; i < piece.bits; ++i) {
            ASSERT_EQ(8 * piece.imageByte + piece.imageBit + i, expected.at(bit + i))
                << room.bits << " bits, bit " << bit;
        }
        bit += piece.bits;
    }
    EXPECT_EQ(layout.pieceAt(8 * layout.memoryRun(end, 1).begin).imageByte, end);
}

TEST(DramLayout, TellsWhatEveryBitOfTheMemoryHolds) {
    for (const memory::ElementRoom room :
         {memory::ElementRoom{1, 1}, {1, 3}, {1, 4}, {1, 6}, {1, 8}, {2, 9}, {2, 12}, {2, 16}}) {
        expectPieces(room, 64 / room.bits + 1);
    }
    const DramLayout layout;
    EXPECT_EQ(layout.pieceAt(8 * 123 + 5).imageByte, 123U);
    EXPECT_EQ(layout.pieceAt(8 * 123 + 5).bits, 3U);
}

TEST(DramLayout, HoldsNothingBetweenRegions) {
    DramLayout layout;
    layout.allocate(80, 64, {1, 6});  // 60 bytes of 64; the image goes on to 128
    const std::uint64_t next = layout.allocate(64, 64, {});
    EXPECT_EQ(next, 128U);
    for (std::uint64_t bit = 0; bit < 64 * 8;) {
        const DramLayout::Piece piece = layout.pieceAt(bit);
        EXPECT_TRUE(!piece.isHeld || piece.imageByte < next);
        bit += piece.bits;
    }
    EXPECT_FALSE(layout.pieceAt(8 * (layout.memoryBytes() + 64)).isHeld);
}

TEST(DramLayout, RecordsOfTheNextRegionHoldNothingOfThisOne) {
    DramLayout layout;
    layout.allocate(32, 32, {2, 8});  // 16 bytes of 32
    const std::uint64_t next = layout.allocate(77, 32, {1, 6});
    layout.addRecords(next + 7, 11, 6);
    for (std::uint64_t bit = 16 * 8; bit < 32 * 8;) {
        const DramLayout::Piece piece = layout.pieceAt(bit);
        EXPECT_FALSE(piece.isHeld);
        ASSERT_GT(piece.bits, 0U);
        bit += piece.bits;
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
