// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/piece_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::arch {
namespace {

using testing::ElementsAre;

/// Rows of elements of a byte: input 0 has all of them, input 1 one row that all share.
class Rows final : public PieceWork {
public:
    explicit Rows(std::vector<std::uint32_t> space, bool isMove = false)
        : space_(std::move(space)), isMove_(isMove) {}

    const std::vector<std::uint32_t>& space() const override { return space_; }
    bool mayCut(std::size_t /*axis*/) const override { return true; }
    std::size_t inputs() const override { return isMove_ ? 1 : 2; }
    std::uint64_t bytes(const std::vector<std::uint32_t>& extents) const override {
        return 2 * (2 * std::uint64_t{extents[0]} + 1) * extents[1];
    }
    bool sameInput(std::size_t input, const Piece& left, const Piece& right) const override {
        const bool sameRows =
            left.begin[0] == right.begin[0] && left.extents[0] == right.extents[0];
        return (input == 1 || sameRows) && left.begin[1] == right.begin[1] &&
               left.extents[1] == right.extents[1];
    }
    Runs loadOf(std::size_t input, const Piece& piece) const override {
        return {1, input == 1 ? 1 : piece.extents[0], piece.extents[1], space_[1], 0};
    }
    Runs storeOf(const Piece& piece) const override { return loadOf(0, piece); }
    std::uint32_t storesOf(const Piece& /*piece*/) const override { return 1; }
    std::optional<Cycle> cyclesOf(const Piece& piece) const override {
        if (isMove_) return std::nullopt;
        return Cycle{piece.extents[0]} * piece.extents[1];
    }

private:
    std::vector<std::uint32_t> space_;
    bool isMove_;
};

/// `row column LL halves`: where a piece begins, what it loads, its halves.
std::vector<std::string> listed(const PieceWork& work, const PieceCut& cut) {
    std::vector<std::string> lines;
    PiecePlan plan(work, cut);
    while (const auto step = plan.next()) {
        std::string line =
            std::to_string(step->piece.begin[0]) + " " + std::to_string(step->piece.begin[1]) + " ";
        for (const bool loads : step->loads) line += loads ? "L" : "-";
        line += " ";
        for (const std::uint8_t half : step->halves) line += std::to_string(half);
        lines.push_back(line);
    }
    EXPECT_EQ(lines.size(), PiecePlan(work, cut).count());
    return lines;
}

TEST(PiecePlan, TheExampleOfItsHeader) {
    EXPECT_THAT(listed(Rows({8, 16}), {{2, 16}, 0}),
                ElementsAre("0 0 LL 000", "2 0 L- 101", "4 0 L- 000", "6 0 L- 101"));
}

TEST(PiecePlan, TheOutermostAxisDecidesWhatIsKept) {
    const Rows rows({4, 3});
    EXPECT_THAT(listed(rows, {{2, 2}, 0}),
                ElementsAre("0 0 LL 000", "0 2 LL 111", "2 0 LL 000", "2 2 LL 111"));
    EXPECT_THAT(listed(rows, {{2, 2}, 1}),
                ElementsAre("0 0 LL 000", "2 0 L- 101", "0 2 LL 010", "2 2 L- 111"));
}

MachineConfig machineOf(Limit activationBytes) {
    MachineConfig machine = arrayOnly(4, 4);
    machine.activationScratchpad = {activationBytes, kFree, 1};
    machine.dram.ideal->latencyCycles = 10;
    machine.dram.ideal->bytesPerCycle = 2;
    machine.dram.ideal->burstBytes = 8;
    machine.dma.bytesPerCycle = 8;
    return machine;
}

TEST(PieceEstimate, CountsWhatThePiecesMove) {
    const Rows rows({8, 16});
    const MachineConfig machine = machineOf({});
    const TransferCosts transfers(machine);
    const PieceEstimate whole = estimateOf(rows, {{8, 16}, 0}, transfers, 1);
    EXPECT_EQ(whole.traffic.input, 8U * 16 + 16);
    EXPECT_EQ(whole.traffic.output, 8U * 16);
    EXPECT_EQ(whole.dram.reads, 18);
    // A load of 128 bytes, one of 16, 128 cycles of the vector unit, and the store.
    EXPECT_EQ(whole.cycles, (10 + 64) + (10 + 8) + 128 + (10 + 64));
    const PieceEstimate halves = estimateOf(rows, {{8, 8}, 0}, transfers, 2);
    EXPECT_EQ(halves.traffic.input, whole.traffic.input) << "each half of the shared row once";
    const PieceEstimate quarters = estimateOf(rows, {{2, 16}, 0}, transfers, 4);
    EXPECT_LT(quarters.cycles, whole.cycles) << "loads, work and stores overlap";
}

TEST(PieceSearch, CutsFurtherThanTheMemoryAsksForWhereThatOverlaps) {
    const Rows rows({8, 16});
    const auto cut = searchPieces(machineOf({}), rows, {});
    ASSERT_TRUE(cut.has_value());
    EXPECT_LT(cut->extents[0] * cut->extents[1], 8U * 16);
    MachineConfig free = arrayOnly(4, 4);
    EXPECT_EQ(*searchPieces(free, rows, {}), (PieceCut{{8, 16}, 0})) << "nothing to gain";
}

TEST(PieceSearch, LeavesTimeForTheWeightsOfTheNextLayer) {
    const Rows rows({8, 16});
    const auto cut = searchPieces(machineOf({}), rows, {.nextWeights = 1e6});
    ASSERT_TRUE(cut.has_value());
    EXPECT_EQ(*cut, (PieceCut{{8, 16}, 0})) << "all loads come first";
}

TEST(PieceSearch, FindsNothingWhereTheSmallestPieceIsTooLarge) {
    EXPECT_TRUE(searchPieces(machineOf(6), Rows({8, 16}), {}).has_value());
    EXPECT_FALSE(searchPieces(machineOf(5), Rows({8, 16}), {}).has_value());
}

TEST(PieceSearch, TakesWhatTheMachineSaysBeforeWhatIsEstimated) {
    const Rows rows({8, 16});
    std::size_t replays = 0;
    const PieceReplay slowPieces = [&](const PieceCut& cut, std::uint64_t steps) {
        ++replays;
        EXPECT_EQ(steps, PiecePlan(rows, cut).count());
        return CandidateReplay::Costs{.cycles = steps * 1000, .bursts = 1, .macs = 0, .energy = {}};
    };
    EXPECT_EQ(*searchPieces(machineOf({}), rows, {.replay = slowPieces}), (PieceCut{{8, 16}, 0}));
    EXPECT_EQ(replays, 4U);
}

}  // namespace
}  // namespace systole::arch
