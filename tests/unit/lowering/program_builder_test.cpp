// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/program_builder.hpp"

#include <gtest/gtest.h>

#include <array>

#include "models/check.hpp"

namespace systole::sim {
namespace {

using Tokens = std::array<std::uint64_t, arch::kUnitCount>;  // load, store, array, vector

class ProgramBuilderTest : public testing::Test {
protected:
    ProgramBuilderTest() { builder_.beginLayer("layer"); }

    const Tokens& emit(arch::Operation operation, const std::vector<Access>& accesses) {
        builder_.emit(std::move(operation), accesses);
        return builder_.program().commands.back().after;
    }

    static Access reads(Memory memory, std::uint64_t begin, std::uint64_t end) {
        return {memory, begin, end, false};
    }
    static Access writes(Memory memory, std::uint64_t begin, std::uint64_t end) {
        return {memory, begin, end, true};
    }

    ProgramBuilder builder_;
};

TEST_F(ProgramBuilderTest, AReaderWaitsForTheWriterOfWhatItReads) {
    emit(arch::LoadTile{}, {writes(Memory::Activation, 0, 10)});
    emit(arch::LoadTile{}, {writes(Memory::Activation, 10, 20)});
    EXPECT_EQ(emit(arch::Stream{}, {reads(Memory::Activation, 0, 10)}), (Tokens{1, 0, 0, 0}));
    EXPECT_EQ(emit(arch::Stream{}, {reads(Memory::Activation, 19, 30)}), (Tokens{2, 0, 0, 0}));
    EXPECT_EQ(emit(arch::Stream{}, {reads(Memory::Activation, 20, 30)}), (Tokens{0, 0, 0, 0}));
    EXPECT_EQ(emit(arch::Stream{}, {reads(Memory::Weight, 0, 10)}), (Tokens{0, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, AWriterWaitsForTheReadersOfWhatItOverwrites) {
    emit(arch::LoadTile{}, {writes(Memory::Activation, 0, 10)});
    emit(arch::Stream{}, {reads(Memory::Activation, 0, 10)});
    emit(arch::Stream{}, {reads(Memory::Activation, 0, 10)});
    EXPECT_EQ(emit(arch::LoadTile{}, {writes(Memory::Activation, 0, 10)}), (Tokens{0, 0, 2, 0}));
}

TEST_F(ProgramBuilderTest, AWriterWaitsForAnotherUnitsWriter) {
    emit(arch::VectorCommand{}, {writes(Memory::Activation, 0, 10)});
    EXPECT_EQ(emit(arch::LoadTile{}, {writes(Memory::Activation, 5, 6)}), (Tokens{0, 0, 0, 1}));
}

TEST_F(ProgramBuilderTest, NobodyWaitsForItsOwnUnit) {
    emit(arch::Stream{}, {writes(Memory::Accumulator, 0, 10)});
    EXPECT_EQ(emit(arch::Stream{}, {writes(Memory::Accumulator, 0, 10)}), (Tokens{0, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, RemembersAPartOfARangeThatWasOnlyPartlyOverwritten) {
    emit(arch::LoadTile{}, {writes(Memory::Activation, 0, 20)});
    emit(arch::VectorCommand{}, {writes(Memory::Activation, 0, 10)});
    EXPECT_EQ(emit(arch::StoreTile{}, {reads(Memory::Activation, 0, 20)}), (Tokens{1, 0, 0, 1}));
}

TEST_F(ProgramBuilderTest, RemembersTheReadersOfBothUnitsUntilTheRangeIsOverwritten) {
    emit(arch::LoadTile{}, {writes(Memory::Activation, 0, 10)});
    emit(arch::Stream{}, {reads(Memory::Activation, 0, 10)});
    emit(arch::VectorCommand{}, {reads(Memory::Activation, 0, 10)});
    EXPECT_EQ(emit(arch::LoadTile{}, {writes(Memory::Activation, 0, 10)}), (Tokens{0, 0, 1, 1}));
    EXPECT_EQ(emit(arch::StoreTile{}, {reads(Memory::Activation, 0, 10)}), (Tokens{2, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, LoadsWaitForTheStoresOfTheirTensor) {
    emit(arch::StoreTile{}, {writes(Memory::Dram, 64, 128)});
    emit(arch::StoreTile{}, {writes(Memory::Dram, 128, 192)});
    EXPECT_EQ(emit(arch::LoadTile{}, {reads(Memory::Dram, 64, 100)}), (Tokens{0, 1, 0, 0}));
    EXPECT_EQ(emit(arch::LoadTile{}, {reads(Memory::Dram, 0, 192)}), (Tokens{0, 2, 0, 0}));
    EXPECT_EQ(emit(arch::LoadTile{}, {reads(Memory::Dram, 192, 200)}), (Tokens{0, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, AStoreWaitsForTheLoadsOfWhatItOverwrites) {
    emit(arch::LoadTile{}, {reads(Memory::Dram, 0, 64)});
    emit(arch::LoadTile{}, {reads(Memory::Dram, 64, 128)});
    emit(arch::LoadWeights{}, {reads(Memory::Dram, 256, 320)});
    EXPECT_EQ(emit(arch::StoreTile{}, {writes(Memory::Dram, 0, 64)}), (Tokens{2, 0, 0, 0}));
    EXPECT_EQ(emit(arch::StoreTile{}, {writes(Memory::Dram, 300, 310)}), (Tokens{3, 0, 0, 0}));
    EXPECT_EQ(emit(arch::StoreTile{}, {writes(Memory::Dram, 128, 256)}), (Tokens{0, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, NumbersCommandsByTheirLayer) {
    emit(arch::LoadTile{}, {});
    builder_.beginLayer("next");
    emit(arch::LoadTile{}, {});
    EXPECT_EQ(builder_.program().commands[0].layer, 0U);
    EXPECT_EQ(builder_.program().commands[1].layer, 1U);
    EXPECT_EQ(builder_.program().layerNames, (std::vector<std::string>{"layer", "next"}));
}

TEST_F(ProgramBuilderTest, PlacesDataInDramAligned) {
    EXPECT_EQ(builder_.allocateDram(10, 64), 0U);
    EXPECT_EQ(builder_.allocateDram(65, 64), 64U);
    EXPECT_EQ(builder_.allocateDram(1, 64), 192U);
    EXPECT_EQ(builder_.program().dramBytes, 256U);
}

TEST(ProgramBuilder, RefusesACommandOutsideOfALayer) {
    ProgramBuilder builder;
    EXPECT_THROW(builder.emit(arch::LoadTile{}, {}), InvariantError);
}

TEST(Program, GivesEveryOperationToItsUnit) {
    using arch::Unit;
    EXPECT_EQ(arch::unitOf(arch::LoadTile{}), Unit::Load);
    EXPECT_EQ(arch::unitOf(arch::LoadWeights{}), Unit::Load);
    EXPECT_EQ(arch::unitOf(arch::StoreTile{}), Unit::Store);
    EXPECT_EQ(arch::unitOf(arch::Stream{}), Unit::Array);
    EXPECT_EQ(arch::unitOf(arch::VectorCommand{}), Unit::Vector);
}

}  // namespace
}  // namespace systole::sim
