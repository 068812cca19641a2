// SPDX-License-Identifier: Apache-2.0
//
// An example of how the accelerator uses somebody else's memory (MemoryPeer, on
// tlm_utils::simple_target_socket): an Accelerator made with a MemoryInitiator instead of a DRAM of
// its own, whose socket is bound to the memory's. The checker in between is there for the test
// alone.
#include "arch/tlm/memory_initiator.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../property/random_machine.hpp"
#include "../property/random_network.hpp"
#include "../property/replay.hpp"
#include "arch/tlm/dram_target.hpp"
#include "memory_peer.hpp"
#include "protocol_checker.hpp"
#include "tests/sanitizers.hpp"

namespace systole::arch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// A random network, lowered for a machine of random shape.
struct Case {
    explicit Case(std::uint64_t caseSeed)
        : seed(caseSeed),
          network(sim::randomNetwork(caseSeed)),
          input(sim::randomInput(network.graph, caseSeed)),
          fit(sim::fitTightly(network.graph, network.scheme, caseSeed)) {}

    std::uint64_t seed;
    sim::RandomNetwork network;
    std::vector<numeric::Code> input;
    sim::TightFit fit;

    void load(Accelerator& accelerator) const {
        sim::loadNetwork(accelerator, fit.lowered, network.graph.input, input);
    }
    const DramLayout& layout() const { return fit.lowered.program.dram; }
    std::uint32_t burstBytes() const { return fit.machine.dram.burstBytes(); }
    std::uint64_t wholeBursts() const {
        return ceilDivide(layout().memoryBytes(), burstBytes()) * burstBytes();
    }
};

/// End and writes of each layer.
std::vector<std::array<std::uint64_t, 2>> layersOf(const RunRecord& record) {
    std::vector<std::array<std::uint64_t, 2>> layers;
    for (const LayerRecord& layer : record.layers) {
        layers.push_back({layer.end, layer.dram.writes});
    }
    return layers;
}

/// Bytes of all bursts asked for: a DRAM answers some reads from its queue of writes.
std::uint64_t requestedBytes(const RunRecord& record) {
    std::uint64_t forwarded = 0;
    for (const memory::DramCounters& channel : record.dramChannels) {
        forwarded += channel.forwardedReads;
    }
    return record.dramBytes + forwarded * record.burstBytes;
}

void expectEqual(const RunRecord& actual, const RunRecord& expected) {
    EXPECT_EQ(actual.cycles, expected.cycles);
    EXPECT_EQ(actual.states, expected.states);
    EXPECT_EQ(requestedBytes(actual), requestedBytes(expected));
    EXPECT_EQ(layersOf(actual), layersOf(expected));
}

void expectSameTensors(Accelerator& actual, Accelerator& expected) {
    EXPECT_TRUE(std::equal(actual.dram().begin(), actual.dram().end(), expected.dram().begin(),
                           expected.dram().end()));
}

/// The image of the DRAM as its bytes say, from nothing else.
std::vector<std::uint8_t> imageOf(const DramLayout& layout, const std::vector<std::uint8_t>& bytes,
                                  std::size_t imageBytes) {
    std::vector<std::uint8_t> image(imageBytes, 0);
    for (std::uint64_t bit = 0; bit < 8 * layout.memoryBytes();) {
        const DramLayout::Piece piece = layout.pieceAt(bit);
        if (piece.isHeld) {
            const auto code = bytes[bit / 8] >> (bit % 8) & ((1 << piece.bits) - 1);
            image.at(piece.imageByte) |= static_cast<std::uint8_t>(code << piece.imageBit);
        }
        bit += piece.bits;
    }
    return image;
}

/// A machine whose memory is somebody else's.
struct PeerRig {
    PeerRig(const std::string& name, const Case& each, const MemoryPeerConfig& config)
        : memory((name + "_memory").c_str(), config),
          checker((name + "_checker").c_str()),
          initiator((name + "_initiator").c_str(), {each.burstBytes(), true}),
          accelerator((name + "_machine").c_str(), each.fit.machine, initiator) {
        initiator.socket.bind(checker.fromInitiator);
        checker.toTarget.bind(memory.socket);
        initiator.carry(accelerator.burstData());
    }

    RunRecord replay(const Case& each, bool computeValues = true) {
        each.load(accelerator);
        initiator.preload();
        RunRecord record = accelerator.replayTimed(computeValues);
        initiator.compareAll();
        EXPECT_THAT(checker.breaches(), IsEmpty());
        EXPECT_EQ(checker.underWay(), 0U);
        sim::expectConservation(record);
        EXPECT_TRUE(record.dramChannels.empty());
        return record;
    }

    MemoryPeer memory;
    ProtocolChecker checker;
    MemoryInitiator initiator;
    Accelerator accelerator;
};

constexpr std::uint64_t kLatencyCycles = 37;

/// Where our memory and theirs are the same one: a latency, and nothing else.
Case idealCase(std::uint64_t seed) {
    Case each(seed);
    MachineConfig& machine = each.fit.machine;
    machine.clockHertz = 500e6;
    machine.dram.ideal = {.latencyCycles = kLatencyCycles,
                          .bytesPerCycle = std::nullopt,
                          .burstBytes = machine.dram.burstBytes(),
                          .capacityBytes = machine.dram.capacityBytes()};
    machine.dram.ddr.reset();
    return each;
}

MemoryPeerConfig memoryFor(const Case& each, Style style) {
    return {.style = style,
            .latency = sc_core::sc_time(2.0 * kLatencyCycles, sc_core::SC_NS),
            .bytes = each.wholeBursts()};
}

class PeerMemories : public testing::Test {
protected:
    PeerMemories() { useFemtoseconds(); }

    std::uint64_t packed_ = 0;  ///< cases whose weights are not whole bytes
    std::map<std::string, std::uint64_t> seen_;

    void replayStyle(Style style, bool isExact);
};

/// One style of memory, over some networks, beside the machine's own ideal memory.
void PeerMemories::replayStyle(Style style, bool isExact) {
    struct Pair {
        Case each;
        Accelerator inner;
        PeerRig outer;
        Pair(std::uint64_t seed, Style how)
            : each(idealCase(seed)),
              inner(fmt::format("inner_{}", seed).c_str(), each.fit.machine),
              outer(fmt::format("outer_{}", seed), each, memoryFor(each, how)) {}
    };
    std::vector<std::unique_ptr<Pair>> pairs;
    for (std::uint64_t seed = 1000; seed < 1040; ++seed) {
        pairs.push_back(std::make_unique<Pair>(seed, style));
    }
    for (const auto& pair : pairs) {
        SCOPED_TRACE(pair->each.seed);
        pair->each.load(pair->inner);
        const RunRecord expected = pair->inner.replayTimed();
        const RunRecord actual = pair->outer.replay(pair->each);
        if (isExact) {
            expectEqual(actual, expected);
        }
        expectSameTensors(pair->outer.accelerator, pair->inner);
        const std::span<std::uint8_t> dram = pair->inner.dram();
        EXPECT_EQ(imageOf(pair->each.layout(), pair->outer.memory.bytes(), dram.size()),
                  std::vector<std::uint8_t>(dram.begin(), dram.end()));
        packed_ += pair->inner.datapath().weightBits % 8 != 0 ? 1 : 0;
        for (const auto& [way, count] : pair->outer.checker.seen()) {
            seen_[way] += count;
        }
    }
}

TEST_F(PeerMemories, ThatCompleteAtOnceTakeAsLongAsAnIdealMemory) {
    replayStyle(Style::CompletesAtOnce, true);
    EXPECT_GT(packed_, 0U) << "no elements but whole bytes";
    EXPECT_GT(seen_["completed in BEGIN_REQ"], 0U);
}

TEST_F(PeerMemories, WithFourPhasesTakeAsLongAsAnIdealMemory) {
    replayStyle(Style::FourPhases, true);
    EXPECT_GT(seen_["END_REQ returned"], 0U);
    EXPECT_GT(seen_["completed in BEGIN_RESP"], 0U);
}

TEST_F(PeerMemories, WithRandomLatenciesAndEarlyEndsLeaveTheSameValues) {
    replayStyle(Style::Mixed, false);
    for (const char* way :
         {"completed in BEGIN_REQ", "END_REQ returned", "END_REQ sent", "END_REQ delayed",
          "BEGIN_RESP returned", "BEGIN_RESP sent", "BEGIN_RESP delayed", "END_RESP sent"}) {
        EXPECT_GT(seen_[way], 0U) << way;
    }
    EXPECT_GT(seen_["BEGIN_REQ sent"], seen_["completed in BEGIN_REQ"] + seen_["END_REQ returned"] +
                                           seen_["END_REQ sent"] + seen_["BEGIN_RESP returned"])
        << "no BEGIN_RESP came instead of END_REQ";
}

TEST_F(PeerMemories, ThatOnlyBlockLeaveTheSameValues) { replayStyle(Style::Blocking, false); }

class MemoryInitiatorTest : public testing::Test {
protected:
    MemoryInitiatorTest() { useFemtoseconds(); }
};

TEST_F(MemoryInitiatorTest, RunsAgainBesideAClockThatNeverEndsAndWithoutValues) {
    const Case each = idealCase(7);
    MemoryPeerConfig config = memoryFor(each, Style::FourPhases);
    config.hasClock = true;
    PeerRig rig("clocked", each, config);
    const RunRecord first = rig.replay(each);
    const std::vector<std::uint8_t> image(rig.accelerator.dram().begin(),
                                          rig.accelerator.dram().end());
    const RunRecord second = rig.replay(each);
    EXPECT_TRUE(std::equal(image.begin(), image.end(), rig.accelerator.dram().begin()));
    expectEqual(second, first);
    expectEqual(rig.replay(each, false), first);
}

std::string errorOf(const MemoryPeerConfig& config, const Case& each) {
    PeerRig rig("faulty", each, config);
    try {
        rig.replay(each);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "no error";
}

/// The first byte that the machine loads.
std::uint64_t firstLoaded(const Case& each) {
    for (const Command& command : each.fit.lowered.program.commands) {
        const auto* load = std::get_if<TransferCommand>(&command.operation);
        if (load != nullptr && load->scratchpad == Scratchpad::Activation) {
            return each.layout().memoryRun(load->box.address, 1).begin;
        }
    }
    return 0;
}

TEST_F(MemoryInitiatorTest, NamesCycleModuleAndAddressOfABitThatCameOtherwise) {
    if (kSanitizesAddresses) GTEST_SKIP();
    const Case each = idealCase(7);
    MemoryPeerConfig config = memoryFor(each, Style::FourPhases);
    config.flippedByte = firstLoaded(each);
    const std::string error = errorOf(config, each);
    EXPECT_THAT(error, HasSubstr("faulty_initiator"));
    EXPECT_THAT(error, HasSubstr("cycle "));
    EXPECT_THAT(error, HasSubstr(fmt::format("byte {:#x} of the DRAM came as", firstLoaded(each))));
}

TEST_F(MemoryInitiatorTest, NamesAddressAndAnswerOfATransactionThatFailed) {
    if (kSanitizesAddresses) GTEST_SKIP();
    const Case each = idealCase(7);
    MemoryPeerConfig config = memoryFor(each, Style::CompletesAtOnce);
    config.refusedAddress = firstLoaded(each) / each.burstBytes() * each.burstBytes();
    const std::string error = errorOf(config, each);
    EXPECT_THAT(error, HasSubstr("faulty_initiator"));
    EXPECT_THAT(error, HasSubstr(fmt::format("burst at {:#x}", *config.refusedAddress)));
    EXPECT_THAT(error, HasSubstr("TLM_ADDRESS_ERROR_RESPONSE"));
}

TEST_F(MemoryInitiatorTest, SaysThatTheMemoryIsTooSmall) {
    const Case each = idealCase(7);
    MemoryPeerConfig config = memoryFor(each, Style::FourPhases);
    config.bytes -= 1;
    EXPECT_THAT(errorOf(config, each), HasSubstr("transport_dbg moved"));
}

/// Both ways at once: the machine's bursts become transactions, and these bursts again.
struct DramRig {
    DramRig(const std::string& name, const Case& each, std::uint32_t accepted)
        : dram((name + "_dram").c_str(), each.fit.machine.dram,
               ClockDomain(each.fit.machine.clockHertz)),
          target((name + "_target").c_str(), {each.fit.machine.dram.capacityBytes(), accepted}),
          checker((name + "_checker").c_str()),
          initiator((name + "_initiator").c_str(), {each.burstBytes(), true}),
          accelerator((name + "_machine").c_str(), each.fit.machine, initiator) {
        target.memory(dram);
        checker.toTarget.bind(target.socket);
        initiator.socket.bind(checker.fromInitiator);
        initiator.carry(accelerator.burstData());
    }

    DramController dram;
    DramTarget target;
    ProtocolChecker checker;
    MemoryInitiator initiator;
    Accelerator accelerator;
};

TEST_F(MemoryInitiatorTest, ToATargetOfOursChangesNoCycleOfTheMachineWithItsDramInside) {
    struct Pair {
        Case each;
        Accelerator inner;
        DramRig outer;
        explicit Pair(std::uint64_t seed)
            : each(seed),
              inner(fmt::format("inner_{}", seed).c_str(), each.fit.machine),
              outer(fmt::format("outer_{}", seed), each, 64) {}
    };
    std::vector<std::unique_ptr<Pair>> pairs;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        pairs.push_back(std::make_unique<Pair>(seed));
    }
    int ddr = 0;
    for (const auto& pair : pairs) {
        SCOPED_TRACE(pair->each.seed);
        ASSERT_LE(2 * pair->each.fit.machine.dma.slots(), 64U);
        ddr += pair->each.fit.machine.dram.ddr ? 1 : 0;
        pair->each.load(pair->inner);
        const RunRecord expected = pair->inner.replayTimed();
        pair->each.load(pair->outer.accelerator);
        pair->outer.initiator.preload();
        pair->outer.dram.reset();
        expectEqual(pair->outer.accelerator.replayTimed(), expected);
        pair->outer.initiator.compareAll();
        expectSameTensors(pair->outer.accelerator, pair->inner);
        EXPECT_THAT(pair->outer.checker.breaches(), IsEmpty());
    }
    EXPECT_GT(ddr, 10);
    EXPECT_LT(ddr, 50);
}

TEST_F(MemoryInitiatorTest, WaitsForATargetThatAcceptsFewAndLeavesTheSameValues) {
    const Case each(3);
    Accelerator inner("inner", each.fit.machine);
    DramRig outer("outer", each, 1);
    each.load(inner);
    const RunRecord expected = inner.replayTimed();
    each.load(outer.accelerator);
    outer.initiator.preload();
    outer.dram.reset();
    // Which run is shorter is not given: bursts that come later reach the DRAM in another order,
    // with other rows open and other bursts to choose from, which may also save time.
    const RunRecord actual = outer.accelerator.replayTimed();
    outer.initiator.compareAll();
    expectSameTensors(outer.accelerator, inner);
    EXPECT_EQ(requestedBytes(actual), requestedBytes(expected));
    EXPECT_THAT(outer.checker.breaches(), IsEmpty());
    EXPECT_EQ(outer.checker.completed() * each.burstBytes(), requestedBytes(expected));
    EXPECT_EQ(outer.checker.underWay(), 0U);
    EXPECT_EQ(outer.checker.mostUnderWay(), 2U) << "one that is accepted, and one that waits";
    std::map<std::string, std::uint64_t> seen = outer.checker.seen();
    EXPECT_GT(seen["END_REQ sent"], 0U) << "no request waited to be accepted";
    EXPECT_EQ(seen["END_REQ sent"] + seen["END_REQ returned"], outer.checker.completed());
}

}  // namespace
}  // namespace systole::arch
