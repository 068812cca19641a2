// SPDX-License-Identifier: Apache-2.0
#include "arch/values/faulty_reads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

memory::DramConfig errors(double rate, bool ecc = false, std::uint64_t seed = 1) {
    memory::DramConfig dram;
    dram.faults = {rate, seed};
    dram.ecc = ecc;
    return dram;
}

bool isFaulty(const memory::CellFaults& cells, std::uint64_t memoryBit) {
    return (cells.of(memoryBit / 64).data >> (memoryBit % 64) & 1U) != 0;
}

/// What a read of zeros gives.
std::vector<std::uint8_t> readZeros(FaultyReads& reads, const DramLayout& layout,
                                    std::uint64_t address, std::size_t bytes,
                                    const FaultyReads::Content& content) {
    std::vector<std::uint8_t> data(bytes, 0);
    reads.beginCommand();
    reads.read(layout, address, content, data);
    return data;
}

struct Element {
    memory::ElementRoom room;
    std::uint32_t codeBits;
};

/// An element of the image is so many bits of the memory, and no bit of it that has no cell turns.
class FaultyElements : public testing::TestWithParam<Element> {};

TEST_P(FaultyElements, AreWrongWhereTheirBitsOfThePackedMemoryAre) {
    const auto& [room, codeBits] = GetParam();
    DramLayout layout;
    layout.allocate(100, 64, {});
    const std::uint64_t base = layout.allocate(std::uint64_t{room.imageBytes} * 500, 64, room);
    FaultyReads reads(errors(0.05));
    const memory::CellFaults cells(errors(0.05).faults);
    const auto data =
        readZeros(reads, layout, base, room.imageBytes * 500U, {.codeBits = codeBits});
    int turned = 0;
    for (std::uint64_t element = 0; element < 500; ++element) {
        for (std::uint64_t bit = 0; bit < 8U * room.imageBytes; ++bit) {
            const bool isOne = (data[element * room.imageBytes + bit / 8] >> (bit % 8) & 1U) != 0;
            const bool expected =
                bit < codeBits && isFaulty(cells, 8 * 128 + element * room.bits + bit);
            ASSERT_EQ(isOne, expected) << "element " << element << " bit " << bit;
            turned += isOne ? 1 : 0;
        }
    }
    EXPECT_GT(turned, 0);
    // A part of it reads the same.
    const auto part = readZeros(reads, layout, base + 37 * room.imageBytes, room.imageBytes * 11U,
                                {.codeBits = codeBits});
    EXPECT_TRUE(std::equal(part.begin(), part.end(), data.begin() + 37 * room.imageBytes));
}

INSTANTIATE_TEST_SUITE_P(Rooms, FaultyElements,
                         testing::Values(Element{{1, 4}, 4}, Element{{1, 6}, 6}, Element{{1, 8}, 8},
                                         Element{{1, 8}, 4}, Element{{2, 12}, 12},
                                         Element{{2, 16}, 12}, Element{{1, 1}, 1}));

TEST(FaultyReads, TurnWhatIsStoredAndTurnItBackOnTheSecondReadOfTheResult) {
    FaultyReads reads(errors(0.2));
    std::vector<std::uint8_t> data(64);
    std::iota(data.begin(), data.end(), std::uint8_t{100});
    const std::vector<std::uint8_t> stored = data;
    const auto mask = readZeros(reads, {}, 0, 64, {});
    reads.read({}, 0, {}, data);
    for (std::size_t i = 0; i < data.size(); ++i) EXPECT_EQ(data[i], stored[i] ^ mask[i]);
}

/// Records of 64 bits among elements of 4: 16 elements, 8 bytes of the image that mean something.
TEST(FaultyReads, ARecordsBytesFollowEachOtherInTheMemory) {
    DramLayout layout;
    layout.allocate(200, 64, {1, 4});
    layout.addRecords(24, 16, 5);
    FaultyReads reads(errors(0.1));
    const memory::CellFaults cells(errors(0.1).faults);
    const auto data = readZeros(reads, layout, 0, 200, {.codeBits = 4, .recordBits = 64});
    for (std::uint64_t record = 0; record < 5; ++record) {
        for (std::uint64_t bit = 0; bit < 128; ++bit) {
            const bool isOne = (data[24 + record * 16 + bit / 8] >> (bit % 8) & 1U) != 0;
            ASSERT_EQ(isOne, bit < 64 && isFaulty(cells, 24 * 4 + record * 64 + bit));
        }
    }
    for (const std::uint64_t weight : {0U, 23U, 104U, 199U}) {
        for (std::uint64_t bit = 0; bit < 8; ++bit) {
            ASSERT_EQ((data[weight] >> bit & 1U) != 0,
                      bit < 4 && isFaulty(cells, weight * 4 + bit));
        }
    }
}

TEST(FaultyReads, CountWordsOfThePackedMemoryOnceACommandWhereRunsShareThem) {
    DramLayout layout;
    layout.allocate(64, 64, {1, 4});
    FaultyReads reads(errors(0, true));
    std::vector<std::uint8_t> data(16);
    reads.beginCommand();
    reads.read(layout, 8, {.codeBits = 4}, data);  // bits 32 .. 95: words 0 and 1
    EXPECT_EQ(reads.counters().wordsRead, 2U);
    reads.read(layout, 24, {.codeBits = 4}, data);  // 96 .. 159: words 1 and 2
    EXPECT_EQ(reads.counters().wordsRead, 3U);
    reads.beginCommand();
    reads.read(layout, 40, {.codeBits = 4}, data);  // 160 .. 223: words 2 and 3
    EXPECT_EQ(reads.counters().wordsRead, 5U);
    EXPECT_EQ(reads.counters().bitErrors, 0U);
}

TEST(FaultyReads, WithoutEccEveryWordWithAnErrorIsSilent) {
    FaultyReads reads(errors(0.01));
    const memory::CellFaults cells(errors(0.01).faults);
    readZeros(reads, {}, 0, 8000, {});
    memory::DramFaultCounters expected{.wordsRead = 1000};
    for (std::uint64_t word = 0; word < 1000; ++word) {
        expected.bitErrors += static_cast<std::uint64_t>(std::popcount(cells.of(word).data));
        expected.silentErrorWords += cells.of(word).data != 0 ? 1 : 0;
    }
    EXPECT_EQ(reads.counters(), expected);
    reads.clearCounters();
    EXPECT_EQ(reads.counters(), memory::DramFaultCounters{});
}

/// With up to two errors a word the verdict is known without decoding; of three and more at this
/// rate none is corrected by luck.
TEST(FaultyReads, WithEccSingleErrorsVanishAndDoubleOnesStay) {
    const memory::DramConfig dram = errors(0.005, true);
    FaultyReads reads(dram);
    const memory::CellFaults cells(dram.faults);
    const auto data = readZeros(reads, {}, 0, 40'000, {});
    std::array<std::uint64_t, 4> wordsWith{};
    std::uint64_t bits = 0;
    std::uint64_t noticed = 0;
    for (std::uint64_t word = 0; word < 5000; ++word) {
        const memory::FaultyCells faulty = cells.of(word);
        const int count = std::popcount(faulty.data) + std::popcount(faulty.check);
        bits += static_cast<std::uint64_t>(count);
        ++wordsWith.at(static_cast<std::size_t>(std::min(count, 3)));
        std::uint64_t read = 0;
        std::memcpy(&read, data.data() + 8 * word, 8);
        const memory::SecdedWord decoded = memory::decodeSecded(faulty.data, faulty.check);
        ASSERT_EQ(read, decoded.data) << word;
        if (count <= 2) {
            ASSERT_EQ(read, count == 2 ? faulty.data : 0) << word;
        } else if (decoded.verdict == memory::EccVerdict::Uncorrectable) {
            ++noticed;
        }
    }
    ASSERT_GT(wordsWith[2], 0U);
    ASSERT_GT(wordsWith[3], 0U);
    const memory::DramFaultCounters& counters = reads.counters();
    EXPECT_EQ(counters.wordsRead, 5000U);
    EXPECT_EQ(counters.bitErrors, bits);
    EXPECT_EQ(counters.correctedWords, wordsWith[1]);
    EXPECT_EQ(counters.uncorrectableWords, wordsWith[2] + noticed);
    EXPECT_EQ(counters.silentErrorWords, wordsWith[3] - noticed);
    EXPECT_GT(counters.silentErrorWords, 0U);
}

numeric::Code takenFor(const char* format, numeric::Code code, bool finiteOnly) {
    return codesAsTaken(numeric::Codec(*numeric::formatNamed(format)), finiteOnly).at(code);
}

TEST(CodesAsTaken, CodesThatFormatsProduceAreThemselves) {
    for (const numeric::Format& format : numeric::knownFormats()) {
        if (numeric::widthOf(format) > 16) continue;
        const numeric::Codec codec(format);
        const auto codes = codesAsTaken(codec, false);
        for (numeric::Code code = 0; code < codes.size(); ++code) {
            const double value = codec.decode(code);
            if (std::isfinite(value) && value >= codec.smallest()) {
                ASSERT_EQ(codec.decode(codes[code]), value) << numeric::nameOf(format);
            }
            ASSERT_EQ(codes[codes[code]], codes[code]) << numeric::nameOf(format) << code;
        }
    }
}

TEST(CodesAsTaken, TheLowestOfANarrowIntegerIsTheNextOne) {
    EXPECT_EQ(takenFor("int8_narrow", 0x80, false), 0x81U);
    EXPECT_EQ(takenFor("ternary", 0b10, true), 0b11U);
    EXPECT_EQ(takenFor("int8", 0x80, false), 0x80U);
}

TEST(CodesAsTaken, SpecialsAreZeroWhereTheUnitHasNone) {
    EXPECT_EQ(takenFor("e4m3", 0x7F, false), 0x7FU);
    EXPECT_EQ(takenFor("e4m3", 0x7F, true), 0U);
    EXPECT_EQ(takenFor("e5m2", 0xFC, false), 0xFCU) << "minus infinity";
    EXPECT_EQ(takenFor("e5m2", 0xFC, true), 0U);
}

TEST(CodesAsTaken, PatternsOfACodebookWithoutAValueAreZero) {
    const numeric::Codec codec(numeric::CodebookFormat{"five", {-1, -0.5, 0, 0.5, 1}});
    const auto codes = codesAsTaken(codec, false);
    EXPECT_EQ(codes, (std::vector<std::uint16_t>{0, 1, 2, 3, 4, 2, 2, 2}));
}

}  // namespace
}  // namespace systole::arch
