// SPDX-License-Identifier: Apache-2.0
#include "arch/dma/burst_passage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

using ::testing::ElementsAre;

/// A scratchpad of 8 banks of words of 32 bytes, into which bursts of 64 bytes go.
class Passage {
public:
    explicit Passage(std::uint64_t bytesPerCycle, bool isLoad = true, std::uint64_t address = 0)
        : words_({.capacityBytes = 1 << 16, .banks = 8, .wordBytes = 32}, formatOf("int8"),
                 memory::Packing::Packed, 1),
          ports_(0, 8, memory::PortKind::OneReadWrite),
          passage_({.ports = &ports_,
                    .words = &words_,
                    .address = address,
                    .bytes = 1 << 15,
                    .room = {},
                    .isLoad = isLoad,
                    .bytesPerCycle = bytesPerCycle,
                    .isWide = bytesPerCycle > 64}) {}

    void push(std::uint32_t count, std::uint32_t useful = 64) {
        for (; count > 0; --count) {
            passage_.push({offset_, useful, offset_});
            offset_ += useful;
        }
    }
    /// Bursts that are through after each cycle.
    std::vector<std::size_t> bursts() {
        std::vector<std::size_t> all;
        while (!passage_.empty()) {
            all.push_back(passage_.next().bursts);
        }
        return all;
    }
    /// Banks of the next cycle.
    std::vector<std::uint32_t> banks() {
        std::vector<std::uint32_t> all;
        for (const memory::Access& access : passage_.next().step.accesses) {
            all.push_back(access.resource);
        }
        return all;
    }

private:
    WordLayout words_;
    memory::PortMap ports_;
    BurstPassage passage_;
    std::uint32_t offset_ = 0;
};

TEST(BurstPassage, CarriesOneBurstAtATimeUpToItsSize) {
    for (const std::uint64_t width : {64, 48, 32}) {
        Passage passage(width);
        passage.push(2, 40);
        const std::size_t cycles = passage.bursts().size();
        EXPECT_EQ(cycles, width < 40 ? 4U : 2U) << width;  // none shares a cycle
    }
}

TEST(BurstPassage, CarriesAsManyAsItIsWide) {
    Passage four(256);
    four.push(8);
    EXPECT_THAT(four.bursts(), ElementsAre(4, 4));
    Passage odd(96);
    odd.push(6);
    EXPECT_THAT(odd.bursts(), ElementsAre(1, 2, 1, 2));
    Passage pieces(256);
    pieces.push(20, 16);  // of which 16 bytes each are wanted
    EXPECT_THAT(pieces.bursts(), ElementsAre(16, 4));
}

TEST(BurstPassage, TouchesTheBanksOfAllThatPasses) {
    Passage wide(256);
    wide.push(4);
    EXPECT_THAT(wide.banks(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
    Passage twice(512);
    twice.push(8);
    EXPECT_EQ(twice.banks().size(), 16U);  // each bank two words
    Passage narrow(64);
    narrow.push(1);
    EXPECT_THAT(narrow.banks(), ElementsAre(0, 1));
}

TEST(BurstPassage, AccessesAWordOnceThatSeveralBurstsOfACycleTouch) {
    Passage wide(256);
    wide.push(4, 16);
    EXPECT_THAT(wide.banks(), ElementsAre(0, 1));
    Passage narrow(64);
    narrow.push(2, 16);
    EXPECT_THAT(narrow.banks(), ElementsAre(0));
    EXPECT_THAT(narrow.banks(), ElementsAre(0));
}

TEST(BurstPassage, WritesAWordWithItsLastByteAndReadsItWithItsFirst) {
    // 48 bytes a cycle of a burst at byte 0: word 0 and a half, then the rest.
    Passage load(48, true);
    load.push(1);
    EXPECT_THAT(load.banks(), ElementsAre(0));
    EXPECT_THAT(load.banks(), ElementsAre(1));
    Passage store(48, false);
    store.push(1);
    EXPECT_THAT(store.banks(), ElementsAre(0, 1));
    EXPECT_THAT(store.banks(), ElementsAre());
    Passage wide(96, false);
    wide.push(3);
    EXPECT_THAT(wide.banks(), ElementsAre(0, 1, 2));
    EXPECT_THAT(wide.banks(), ElementsAre(3, 4, 5));
}

}  // namespace
}  // namespace systole::arch
