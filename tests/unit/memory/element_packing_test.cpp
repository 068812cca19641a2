// SPDX-License-Identifier: Apache-2.0
#include "models/memory/ports/element_packing.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace systole::memory {
namespace {

/// The word of every element, laid bit by bit.
std::vector<std::uint64_t> placeBitByBit(std::uint32_t bits, std::uint32_t wordBits, bool padded,
                                         std::uint64_t elements) {
    std::vector<std::uint64_t> words;
    std::uint64_t bit = 0;
    const auto fits = [&](std::uint32_t need) { return bit % wordBits + need <= wordBits; };
    while (words.size() < elements) {
        std::uint32_t need = bits;
        while (padded && need % 8 != 0) ++need;
        while (!fits(need)) ++bit;
        words.push_back(bit / wordBits);
        bit += need;
    }
    return words;
}

std::uint64_t differentWords(const std::vector<std::uint64_t>& words, std::size_t first,
                             std::size_t count) {
    const auto begin = words.begin() + static_cast<std::ptrdiff_t>(first);
    return std::set<std::uint64_t>(begin, begin + static_cast<std::ptrdiff_t>(count)).size();
}

TEST(ElementPacking, AWordHoldsAsManyElementsAsItsBitsAllow) {
    const auto perWord = [](std::uint32_t bits, Packing packing) {
        return ElementPacking{bits, 256, packing}.elementsPerWord();
    };
    EXPECT_EQ(perWord(6, Packing::Packed), 42u);
    EXPECT_EQ(perWord(4, Packing::Packed), 64u);
    EXPECT_EQ(perWord(6, Packing::Padded), 32u);
    EXPECT_EQ(perWord(4, Packing::Padded), 32u);
    EXPECT_EQ(perWord(9, Packing::Padded), 16u);
}

TEST(ElementPacking, EveryWidthAndRunIsThatOfElementsLaidBitByBit) {
    constexpr std::uint64_t kElements = 40;
    for (const std::uint32_t wordBits : {8u, 12u, 32u, 40u, 64u, 100u}) {
        for (std::uint32_t bits = 1; bits <= wordBits && bits <= 33; ++bits) {
            for (const Packing packing : {Packing::Packed, Packing::Padded}) {
                const ElementPacking layout{bits, wordBits, packing};
                if (problemOf(layout)) continue;
                const auto words =
                    placeBitByBit(bits, wordBits, packing == Packing::Padded, kElements);
                for (std::size_t first = 0; first < kElements; ++first) {
                    ASSERT_EQ(layout.wordOf(first), words[first]) << bits << " in " << wordBits;
                    for (std::size_t count = 0; first + count <= kElements; ++count) {
                        const std::uint64_t expected = differentWords(words, first, count);
                        ASSERT_EQ(layout.wordsTouched(first, count), expected);
                        if (first == 0) {
                            ASSERT_EQ(layout.wordsOf(count), expected);
                        }
                    }
                }
            }
        }
    }
}

TEST(ElementPacking, WordsThatHoldNoElementAreRefused) {
    EXPECT_FALSE(problemOf({16, 16, Packing::Padded}));
    EXPECT_FALSE(problemOf({6, 6, Packing::Packed}));
    EXPECT_EQ(problemOf({6, 6, Packing::Padded}),
              "words of 6 bits, expected at least the 8 of an element");
    EXPECT_EQ(problemOf({9, 8, Packing::Packed}),
              "words of 8 bits, expected at least the 9 of an element");
    EXPECT_TRUE(problemOf({0, 8, Packing::Packed}));
}

TEST(BlockPacking, ARunTouchesTheWordsOfItsElementsAndOfItsBlocksScales) {
    constexpr std::uint64_t kValues = 70;
    for (const char* name : {"mxfp4", "mxfp6_e2m3", "mxfp8_e4m3", "nvfp4", "bfp6b5"}) {
        const auto format = numeric::blockFormatNamed(name);
        ASSERT_TRUE(format) << name;
        const auto bits = static_cast<std::uint32_t>(numeric::widthOf(format->element));
        for (const Packing packing : {Packing::Packed, Packing::Padded}) {
            const bool padded = packing == Packing::Padded;
            const auto elements = placeBitByBit(bits, 20, padded, kValues);
            const auto scales = placeBitByBit(8, 20, padded, kValues);
            const BlockPacking layout = blockPacking(*format, 20, packing);
            for (std::size_t first = 0; first < kValues; ++first) {
                for (std::size_t count = 0; first + count <= kValues; ++count) {
                    std::set<std::uint64_t> scaleWords;
                    for (std::size_t i = first; i < first + count; ++i) {
                        scaleWords.insert(scales[i / format->blockLength]);
                    }
                    const BlockWords expected{differentWords(elements, first, count),
                                              scaleWords.size()};
                    ASSERT_EQ(layout.wordsTouched(first, count), expected) << name;
                    if (first == 0) {
                        ASSERT_EQ(layout.wordsOf(count), expected) << name;
                    }
                }
            }
        }
    }
}

TEST(BlockPacking, SixtyFourBlocksOfMxfp4TakeThirtyTwoWordsOf256BitsAndTwoOfScales) {
    const BlockPacking layout =
        blockPacking(*numeric::blockFormatNamed("mxfp4"), 256, Packing::Packed);
    EXPECT_EQ(layout.wordsOf(64 * 32), (BlockWords{32, 2}));
    EXPECT_EQ(layout.wordsOf(64 * 32).total(), 34u);
}

}  // namespace
}  // namespace systole::memory
