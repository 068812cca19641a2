// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/program_builder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

#include "models/check.hpp"

namespace systole::sim {
namespace {

using arch::UnitKind;
using Counts = std::array<std::uint64_t, arch::kUnitKinds>;  // load, store, array, vector

const arch::TransferCommand kLoad{};
const arch::TransferCommand kStore{.box = {}, .direction = arch::Direction::Store};

class ProgramBuilderTest : public testing::Test {
protected:
    ProgramBuilderTest() { builder_.beginLayer("layer"); }

    Counts emit(arch::Operation operation, const std::vector<Access>& accesses) {
        builder_.emit(std::move(operation), accesses);
        const arch::Tokens& after = builder_.program().commands.back().after;
        return {after.of({UnitKind::Load}), after.of({UnitKind::Store}),
                after.of({UnitKind::Array}), after.of({UnitKind::Vector})};
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
    emit(kLoad, {writes(Memory::Activation, 0, 10)});
    emit(kLoad, {writes(Memory::Activation, 10, 20)});
    EXPECT_EQ(emit(arch::Stream{}, {reads(Memory::Activation, 0, 10)}), (Counts{1, 0, 0, 0}));
    EXPECT_EQ(emit(arch::Stream{}, {reads(Memory::Activation, 19, 30)}), (Counts{2, 0, 0, 0}));
    EXPECT_EQ(emit(arch::Stream{}, {reads(Memory::Activation, 20, 30)}), (Counts{0, 0, 0, 0}));
    EXPECT_EQ(emit(arch::Stream{}, {reads(Memory::Weight, 0, 10)}), (Counts{0, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, AWriterWaitsForTheReadersOfWhatItOverwrites) {
    emit(kLoad, {writes(Memory::Activation, 0, 10)});
    emit(arch::Stream{}, {reads(Memory::Activation, 0, 10)});
    emit(arch::Stream{}, {reads(Memory::Activation, 0, 10)});
    EXPECT_EQ(emit(kLoad, {writes(Memory::Activation, 0, 10)}), (Counts{0, 0, 2, 0}));
}

TEST_F(ProgramBuilderTest, AWriterWaitsForAnotherUnitsWriter) {
    emit(arch::VectorCommand{}, {writes(Memory::Activation, 0, 10)});
    EXPECT_EQ(emit(kLoad, {writes(Memory::Activation, 5, 6)}), (Counts{0, 0, 0, 1}));
}

TEST_F(ProgramBuilderTest, NobodyWaitsForItsOwnUnit) {
    emit(arch::Stream{}, {writes(Memory::Accumulator, 0, 10)});
    EXPECT_EQ(emit(arch::Stream{}, {writes(Memory::Accumulator, 0, 10)}), (Counts{0, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, RemembersAPartOfARangeThatWasOnlyPartlyOverwritten) {
    emit(kLoad, {writes(Memory::Activation, 0, 20)});
    emit(arch::VectorCommand{}, {writes(Memory::Activation, 0, 10)});
    EXPECT_EQ(emit(kStore, {reads(Memory::Activation, 0, 20)}), (Counts{1, 0, 0, 1}));
}

TEST_F(ProgramBuilderTest, RemembersTheReadersOfBothUnitsUntilTheRangeIsOverwritten) {
    emit(kLoad, {writes(Memory::Activation, 0, 10)});
    emit(arch::Stream{}, {reads(Memory::Activation, 0, 10)});
    emit(arch::VectorCommand{}, {reads(Memory::Activation, 0, 10)});
    EXPECT_EQ(emit(kLoad, {writes(Memory::Activation, 0, 10)}), (Counts{0, 0, 1, 1}));
    EXPECT_EQ(emit(kStore, {reads(Memory::Activation, 0, 10)}), (Counts{2, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, LoadsWaitForTheStoresOfTheirTensor) {
    emit(kStore, {writes(Memory::Dram, 64, 128)});
    emit(kStore, {writes(Memory::Dram, 128, 192)});
    EXPECT_EQ(emit(kLoad, {reads(Memory::Dram, 64, 100)}), (Counts{0, 1, 0, 0}));
    EXPECT_EQ(emit(kLoad, {reads(Memory::Dram, 0, 192)}), (Counts{0, 2, 0, 0}));
    EXPECT_EQ(emit(kLoad, {reads(Memory::Dram, 192, 200)}), (Counts{0, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, AStoreWaitsForTheLoadsOfWhatItOverwrites) {
    emit(kLoad, {reads(Memory::Dram, 0, 64)});
    emit(kLoad, {reads(Memory::Dram, 64, 128)});
    emit(kLoad, {reads(Memory::Dram, 256, 320)});
    EXPECT_EQ(emit(kStore, {writes(Memory::Dram, 0, 64)}), (Counts{1, 0, 0, 0}));
    EXPECT_EQ(emit(kStore, {writes(Memory::Dram, 300, 310)}), (Counts{3, 0, 0, 0}));
    EXPECT_EQ(emit(kStore, {writes(Memory::Dram, 128, 256)}), (Counts{0, 0, 0, 0}));
}

TEST_F(ProgramBuilderTest, NumbersCommandsByTheirLayer) {
    emit(kLoad, {});
    builder_.beginLayer("next");
    emit(kLoad, {});
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
    EXPECT_THROW(builder.emit(kLoad, {}), InvariantError);
}

TEST(ProgramBuilder, RefusesACommandOfAUnitThatTheMachineLacks) {
    ProgramBuilder builder;
    builder.beginLayer("layer");
    EXPECT_NO_THROW(builder.emit(kLoad, {}, 0));
    EXPECT_THROW(builder.emit(kLoad, {}, 1), InvariantError);
}

TEST(ProgramBuilder, OrdersUnitsOfOneKindLikeAnyOthers) {
    ProgramBuilder builder(arch::UnitSet{{2, 2, 1, 1}});
    builder.beginLayer("layer");
    const Access reads{Memory::Dram, 0, 64, false};
    const Access writes{Memory::Dram, 32, 96, true};
    builder.emit(kStore, {writes}, 0);
    builder.emit(kStore, {writes}, 1);  // write after write
    builder.emit(kLoad, {reads}, 0);    // read after write
    builder.emit(kLoad, {reads}, 1);
    builder.emit(kStore, {writes}, 0);  // write after read
    const auto& commands = builder.program().commands;
    const auto tokens = [&](std::size_t at) {
        const arch::Tokens& after = commands[at].after;
        return std::vector<arch::Token>(after.begin(), after.end());
    };
    const arch::UnitId load0{UnitKind::Load, 0};
    const arch::UnitId load1{UnitKind::Load, 1};
    const arch::UnitId store0{UnitKind::Store, 0};
    const arch::UnitId store1{UnitKind::Store, 1};
    using List = std::vector<arch::Token>;
    EXPECT_EQ(tokens(1), List{arch::tokenOf(store0, 1)});
    EXPECT_EQ(tokens(2), List{arch::tokenOf(store1, 1)});
    EXPECT_EQ(tokens(3), List{arch::tokenOf(store1, 1)});
    EXPECT_EQ(tokens(4),
              (List{arch::tokenOf(load0, 1), arch::tokenOf(load1, 1), arch::tokenOf(store1, 1)}));
}

TEST(Program, GivesEveryOperationToItsUnit) {
    EXPECT_EQ(arch::unitKindOf(kLoad), UnitKind::Load);
    EXPECT_EQ(arch::unitKindOf(kStore), UnitKind::Store);
    EXPECT_EQ(arch::unitKindOf(arch::Stream{}), UnitKind::Array);
    EXPECT_EQ(arch::unitKindOf(arch::VectorCommand{}), UnitKind::Vector);
}

}  // namespace
}  // namespace systole::sim
