// SPDX-License-Identifier: Apache-2.0
#include "arch/values/machine_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "models/check.hpp"
#include "tests/unit/arch/vector_fixture.hpp"

namespace systole::arch {
namespace {

using testing::ElementsAre;

/// 256 bytes of every memory, an array of 4 columns, INT8 with a 32-bit accumulator.
class MachineStateTest : public testing::Test {
protected:
    MachineStateTest() : state_(machineOf(int8Datapath(), {4, 4})) {
        Program program;
        program.activationBytes = 256;
        program.weightBytes = 256;
        program.accumulatorRows = 8;
        program.dramBytes = 256;
        state_.reset(program);
    }

    /// Values into the activation scratchpad, by way of DRAM.
    void setActivations(std::uint32_t address, const std::vector<int>& values) {
        toDram(values);
        load(Scratchpad::Activation, address, values.size());
    }

    void setWeights(std::uint32_t address, const std::vector<int>& values) {
        toDram(values);
        load(Scratchpad::Weight, address, values.size());
    }

    void load(Scratchpad scratchpad, std::uint32_t address, std::size_t bytes) {
        state_.execute(TransferCommand{.box = {.runBytes = static_cast<std::uint32_t>(bytes)},
                                       .address = address,
                                       .scratchpad = scratchpad});
    }

    /// Parameter records: no bias, multiplier 1.
    void setUnitParameters(std::uint32_t address, std::uint32_t columns,
                           const std::vector<std::int32_t>& biases) {
        std::vector<int> bytes;
        for (std::uint32_t column = 0; column < columns; ++column) {
            const float multiplier = 1.0F;
            std::uint8_t record[8];
            std::memcpy(record, &biases[column], 4);
            std::memcpy(record + 4, &multiplier, 4);
            bytes.insert(bytes.end(), record, record + 8);
        }
        setWeights(address, bytes);
    }

    std::vector<int> activations(std::uint32_t address, std::uint32_t count) {
        state_.execute(TransferCommand{
            .box = {.runBytes = count}, .address = address, .direction = Direction::Store});
        std::vector<int> values;
        for (std::uint32_t i = 0; i < count; ++i) {
            values.push_back(static_cast<std::int8_t>(state_.dram()[i]));
        }
        return values;
    }

    /// A product of activations [outputs][2] at 0 and weights [2][2] at 0.
    static Stream stream2x2(std::uint32_t outputs) {
        Stream stream;
        stream.window.height = outputs;
        stream.window.outputHeight = outputs;
        stream.window.channels = stream.window.channelCount = 2;
        stream.outputs = stream.window.outputs();
        stream.reduction = 2;
        stream.channels = 2;
        return stream;
    }

    static sim::RequantizedBlock requantizeAll(std::uint32_t rows, std::uint32_t columns) {
        return {.outputs = rows,
                .channels = columns,
                .parameters = 100,
                .destination = {200},
                .pitch = columns};
    }

    MachineState state_;

private:
    void toDram(const std::vector<int>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            state_.dram()[i] = static_cast<std::uint8_t>(values[i]);
        }
    }
};

TEST_F(MachineStateTest, StreamsAFoldAndRequantizesIt) {
    setActivations(0, {1, 2, 3, 4});
    setWeights(0, {5, 6, 7, 8});
    setUnitParameters(100, 2, {10, -100});
    state_.execute(stream2x2(2));
    state_.execute(requantizationOf(requantizeAll(2, 2)));
    EXPECT_THAT(activations(200, 4), ElementsAre(29, -78, 53, -50));
}

TEST_F(MachineStateTest, AccumulatesOnlyWhenTold) {
    setActivations(0, {1, 2});
    setWeights(0, {5, 6, 7, 8});
    setUnitParameters(100, 2, {0, 0});
    Stream stream = stream2x2(1);
    state_.execute(stream);
    stream.accumulate = true;
    state_.execute(stream);
    state_.execute(requantizationOf(requantizeAll(1, 2)));
    EXPECT_THAT(activations(200, 2), ElementsAre(38, 44));
    stream.accumulate = false;
    state_.execute(stream);
    state_.execute(requantizationOf(requantizeAll(1, 2)));
    EXPECT_THAT(activations(200, 2), ElementsAre(19, 22));
}

TEST_F(MachineStateTest, PutsSumsIntoTheColumnsAndRowsOfTheFold) {
    setActivations(0, {1, 2});
    setWeights(0, {5, 6, 7, 8});
    setUnitParameters(100, 4, {0, 0, 0, 0});
    Stream stream = stream2x2(1);
    stream.columnBegin = 2;
    stream.accumulatorRow = 3;
    state_.execute(stream);
    sim::RequantizedBlock requantize = requantizeAll(1, 4);
    requantize.accumulatorRow = 3;
    state_.execute(requantizationOf(requantize));
    EXPECT_THAT(activations(200, 4), ElementsAre(0, 0, 19, 22));
}

TEST_F(MachineStateTest, StartsAFoldAtItsFirstReductionIndex) {
    setActivations(0, {1, 2, 3, 4});
    setWeights(0, {1, 1});
    setUnitParameters(100, 1, {0});
    Stream stream;
    stream.window.channels = stream.window.channelCount = 4;
    stream.kBegin = 2;
    stream.reduction = 2;
    state_.execute(stream);
    state_.execute(requantizationOf(requantizeAll(1, 1)));
    EXPECT_THAT(activations(200, 1), ElementsAre(7));
}

TEST_F(MachineStateTest, ReadsPaddingAsZero) {
    setActivations(0, {10, 20, 30});
    setWeights(0, {1, 2, 4});
    setUnitParameters(100, 1, {0});
    Stream stream;
    stream.window.width = 3;
    stream.window.originX = -1;
    stream.window.kernelWidth = 3;
    stream.window.outputWidth = 3;
    stream.outputs = 3;
    stream.reduction = 3;
    state_.execute(stream);
    state_.execute(requantizationOf(requantizeAll(3, 1)));
    EXPECT_THAT(activations(200, 3), ElementsAre(100, 127, 80));
}

TEST_F(MachineStateTest, WrapsTheAccumulatorBeforeItRequantizes) {
    DatapathConfig datapath = int8Datapath();
    datapath.accumulator = *numeric::parseAccumulator("int8");
    MachineState narrow(machineOf(datapath, {4, 4}));
    Program program;
    program.activationBytes = 64;
    program.weightBytes = 64;
    program.dramBytes = 64;
    program.accumulatorRows = 1;
    narrow.reset(program);
    narrow.dram()[0] = 20;
    narrow.execute(TransferCommand{.box = {.runBytes = 1}});
    TransferCommand weights{.box = {.runBytes = 1}, .scratchpad = Scratchpad::Weight};
    narrow.execute(weights);
    Stream stream;
    narrow.execute(stream);  // 400 = -112 modulo 256
    const float multiplier = 1.0F;
    std::memset(narrow.dram().data(), 0, 4);
    std::memcpy(narrow.dram().data() + 4, &multiplier, 4);
    weights.box.runBytes = 8;
    narrow.execute(weights);
    narrow.execute(
        sim::requantizeCommand(requantizeProgram(), narrow.datapath(), kBinary32, {.pitch = 1}));
    narrow.execute(TransferCommand{.box = {.runBytes = 1}, .direction = Direction::Store});
    EXPECT_EQ(static_cast<std::int8_t>(narrow.dram()[0]), -112);
}

TEST_F(MachineStateTest, AddsTheSkipOperandAfterTheFirstEncoding) {
    setActivations(0, {100, 100});
    setWeights(0, {1, 0, 1, 1});
    setUnitParameters(100, 2, {0, 0});
    setActivations(150, {-100, 5});
    state_.execute(stream2x2(1));
    sim::RequantizedBlock requantize = requantizeAll(1, 2);
    requantize.skip = sim::BlockElements{150};
    state_.execute(requantizationOf(requantize, Behind::Addition));
    // 200 saturates to 127 before the addition.
    EXPECT_THAT(activations(200, 2), ElementsAre(27, 105));
    requantize.skip = sim::BlockElements{151};
    setActivations(150, {0, -128, -101});
    state_.execute(requantizationOf(requantize, Behind::AdditionAndRelu));
    EXPECT_THAT(activations(200, 2), ElementsAre(0, 0));
}

TEST_F(MachineStateTest, SpreadsRowsByThePitch) {
    setActivations(0, {1, 0, 2, 0});
    setWeights(0, {1, 3, 0, 0});
    setUnitParameters(100, 2, {0, 0});
    state_.execute(stream2x2(2));
    setActivations(200, std::vector<int>(8, 99));
    sim::RequantizedBlock requantize = requantizeAll(2, 2);
    requantize.pitch = 5;
    state_.execute(requantizationOf(requantize));
    EXPECT_THAT(activations(200, 8), ElementsAre(1, 3, 99, 99, 99, 2, 6, 99));
}

TEST_F(MachineStateTest, PoolsEveryChannelForItself) {
    setActivations(0, {1, -10, 4, -20, 3, -30});
    TileWindow window;
    window.width = 3;
    window.channels = window.channelCount = 2;
    window.originX = -1;
    window.kernelWidth = 3;
    window.outputWidth = 2;
    window.strideX = 2;
    state_.execute(maximumOf(window, 200));
    EXPECT_THAT(activations(200, 4), ElementsAre(4, -10, 4, -20));

    state_.execute(averageOf(window, 200));
    EXPECT_THAT(activations(200, 4), ElementsAre(2, -15, 4, -25));
    state_.execute(averageOf(window, 200, 3));
    EXPECT_THAT(activations(200, 4), ElementsAre(2, -10, 2, -17));
}

TEST_F(MachineStateTest, WorksElementByElement) {
    setActivations(0, {5, -5, 100});
    setActivations(10, {1, 2, 100});
    state_.execute(reluOf(0, 3, 200));
    EXPECT_THAT(activations(200, 3), ElementsAre(5, 0, 100));
    state_.execute(additionOf({0, 10}, 3, 200));
    EXPECT_THAT(activations(200, 3), ElementsAre(6, -3, 127));
}

TEST_F(MachineStateTest, WorksOnElementsOfOtherTypes) {
    Program program;
    program.activationBytes = 64;
    program.dramBytes = 64;
    program.types = {elementType(std::nullopt, int8Datapath()),
                     elementType(formatOf("int16"), int8Datapath())};
    state_.reset(program);
    const float factors[] = {0.5F, -300.0F};
    std::memcpy(state_.dram().data(), factors, sizeof factors);
    state_.dram()[8] = 7;
    state_.dram()[9] = 3;
    state_.execute(
        TransferCommand{.box = {.runBytes = 8}, .address = 16, .type = kFirstListedType});
    state_.execute(TransferCommand{.box = {.address = 8, .runBytes = 2}});
    graph::ProgramWriter writer;
    const auto x = writer.load();
    VectorCommand command =
        elementsOf(writer.stored(writer.apply("multiply", x, writer.load())), {0, 16}, 32, 2);
    command.operands[1].view.strides = {4};
    command.operands[1].type = kFirstListedType;
    command.operands[2].view.strides = {2};
    command.operands[2].type = kFirstListedType + 1;
    state_.execute(command);
    state_.execute(TransferCommand{
        .box = {.address = 32, .runBytes = 4}, .address = 32, .direction = Direction::Store});
    // 3.5 to even is 4; -900 does not fit eight bits.
    EXPECT_EQ(state_.dram()[32] | state_.dram()[33] << 8, 4);
    EXPECT_EQ(static_cast<std::int16_t>(state_.dram()[34] | state_.dram()[35] << 8), -900);
    command.operands[2].type = kFirstListedType;
    EXPECT_THROW(state_.execute(command), InvariantError) << "binary32 is never stored";
}

TEST_F(MachineStateTest, StoresFromTheWeightScratchpadToo) {
    setWeights(40, {7, 8, 9});
    setActivations(40, {1, 2, 3});
    state_.execute(TransferCommand{.box = {.address = 100, .runBytes = 3},
                                   .address = 40,
                                   .direction = Direction::Store,
                                   .scratchpad = Scratchpad::Weight});
    EXPECT_THAT(state_.dram().subspan(100, 3), ElementsAre(7, 8, 9));
}

TEST_F(MachineStateTest, CountsTheBytesThatPassToAndFromDram) {
    setActivations(0, {1, 2, 3});
    activations(0, 2);
    EXPECT_EQ(state_.bytesLoaded(), 3U);
    EXPECT_EQ(state_.bytesStored(), 2U);
    state_.startReplay();
    EXPECT_EQ(state_.bytesLoaded() + state_.bytesStored(), 0U);
}

TEST_F(MachineStateTest, StopsAtTheEndsOfItsMemories) {
    TransferCommand load{.box = {.runBytes = 2}, .address = 255};
    EXPECT_THROW(state_.execute(load), InvariantError);
    load.address = 0;
    load.box.address = 255;
    EXPECT_THROW(state_.execute(load), InvariantError);
    Stream stream = stream2x2(2);
    stream.columnBegin = 3;
    EXPECT_THROW(state_.execute(stream), InvariantError);
    stream.columnBegin = 0;
    stream.accumulatorRow = 7;
    EXPECT_THROW(state_.execute(stream), InvariantError);
    stream.accumulatorRow = 0;
    stream.window.address = 253;
    EXPECT_THROW(state_.execute(stream), InvariantError);
    sim::RequantizedBlock requantize = requantizeAll(2, 2);
    requantize.destination.address = 253;
    EXPECT_THROW(state_.execute(requantizationOf(requantize)), InvariantError);
    EXPECT_THROW(state_.execute(reluOf(0, 10, 247)), InvariantError);
    EXPECT_THROW(state_.execute(softmaxOf(247, 10, 0)), InvariantError);
    EXPECT_THROW(state_.execute(maximumOf({}, 256)), InvariantError);
}

}  // namespace
}  // namespace systole::arch
