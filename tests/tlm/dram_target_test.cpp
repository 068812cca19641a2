// SPDX-License-Identifier: Apache-2.0
//
// An example of how somebody else's initiator (InitiatorPeer, on
// tlm_utils::simple_initiator_socket) uses the DRAM: bind its socket to DramTarget::socket, and
// DramTarget::memory to a DramController. The checker in between is there for the test alone.
#include "arch/tlm/dram_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "target_bench.hpp"
#include "tests/sanitizers.hpp"

namespace systole::arch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Bytes randomBytes(RandomSource& random, std::size_t count) {
    Bytes bytes(count);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.bits());
    return bytes;
}

constexpr std::uint64_t kBase = (std::uint64_t{1} << 32) - 1000;  // a page ends amid the region
constexpr std::size_t kRegion = 3000;
constexpr int kTransactions = 1500;

/// Random reads and writes of any length and place, some with byte enables, against a plain array.
class RandomTraffic {
public:
    explicit RandomTraffic(std::size_t window) : window_(window), reference_(kRegion, 0) {}

    void operator()(InitiatorPeer& peer) {
        RandomSource& random = peer.random();
        peer.onResponse = [this](PeerTransaction& transaction) { check(transaction); };
        for (int i = 0; i < kTransactions; ++i) {
            const std::uint32_t length = random.percent(50) ? 64 : random.between(1, 300);
            const std::uint32_t at = random.between(0, kRegion - length);
            const bool isWrite = random.percent(50);
            PeerTransaction& transaction =
                peer.make(isWrite ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, kBase + at,
                          randomBytes(random, length));
            if (random.percent(20)) {
                for (std::uint32_t e = random.between(1, 9); e-- > 0;) {
                    transaction.enables.push_back(random.percent(50) ? 0xff : 0);
                }
                transaction.set_byte_enable_ptr(transaction.enables.data());
                transaction.set_byte_enable_length(
                    static_cast<unsigned int>(transaction.enables.size()));
            }
            // The request channel keeps order: what is sent first is accepted first.
            apply(transaction, at);
            peer.send(transaction, window_);
            if (random.percent(10)) {
                wait(random.between(1, 100) * 1.0, sc_core::SC_NS);
            }
        }
        peer.drain();
    }

    int reads() const { return reads_; }
    int wrong() const { return wrong_; }

private:
    void apply(PeerTransaction& transaction, std::size_t at) {
        transaction.expected = transaction.data;
        for (std::size_t i = 0; i < transaction.data.size(); ++i) {
            const Bytes& enables = transaction.enables;
            if (!enables.empty() && enables[i % enables.size()] == 0) continue;
            if (transaction.is_write()) {
                reference_[at + i] = transaction.data[i];
            } else {
                transaction.expected[i] = reference_[at + i];
            }
        }
    }

    void check(const PeerTransaction& transaction) {
        wrong_ += transaction.is_response_ok() && transaction.data == transaction.expected ? 0 : 1;
        reads_ += transaction.is_read() ? 1 : 0;
    }

    std::size_t window_;
    Bytes reference_;
    int reads_ = 0;
    int wrong_ = 0;
};

struct RandomCase {
    std::uint32_t accepted;
    RandomTraffic traffic{8};
    std::unique_ptr<Bench> bench = nullptr;
};

void expectTraffic(const RandomCase& each) {
    const ProtocolChecker& checker = each.bench->checker;
    EXPECT_THAT(checker.breaches(), IsEmpty());
    EXPECT_EQ(checker.completed(), kTransactions);
    EXPECT_EQ(checker.underWay(), 0U);
    EXPECT_EQ(each.bench->peer.liveTransactions(), 0U) << "held for ever";
    // One more than are accepted waits for its END_REQ.
    EXPECT_EQ(checker.mostUnderWay(), std::min(each.accepted + 1, 8U));
}

void expectAllWays(const ProtocolChecker& checker) {
    for (const char* way :
         {"BEGIN_REQ delayed", "END_REQ returned", "END_REQ sent", "BEGIN_RESP sent",
          "END_RESP sent", "END_RESP returned", "END_RESP delayed", "completed in BEGIN_RESP"}) {
        EXPECT_TRUE(checker.seen().contains(way)) << way;
    }
}

TEST_F(DramTargetTest, ReadsWhatWasWrittenLastAndKeepsToTheProtocol) {
    std::vector<std::unique_ptr<RandomCase>> cases;
    for (const std::uint32_t accepted : {1U, 3U, 16U}) {
        for (const memory::DramConfig& config : {ddr(), ideal()}) {
            cases.push_back(std::make_unique<RandomCase>(RandomCase{accepted}));
            RandomCase& each = *cases.back();
            const std::uint64_t seed = cases.size();
            each.bench =
                std::make_unique<Bench>("random_" + std::to_string(seed), config, accepted, seed,
                                        [&each](InitiatorPeer& peer) { each.traffic(peer); });
        }
    }
    sc_core::sc_start();
    for (const auto& each : cases) {
        SCOPED_TRACE(each->accepted);
        EXPECT_GT(each->traffic.reads(), kTransactions / 3);
        EXPECT_EQ(each->traffic.wrong(), 0);
        expectTraffic(*each);
        expectAllWays(each->bench->checker);
    }
}

/// The response to one transaction, changed by `edit`.
using Edit = std::function<void(PeerTransaction&)>;

TEST_F(DramTargetTest, AnswersWhatItCannotDoWithTheStandardsCodes) {
    const std::uint64_t capacity = ideal().capacityBytes();
    const std::vector<std::pair<tlm::tlm_response_status, Edit>> cases{
        {tlm::TLM_OK_RESPONSE, [](PeerTransaction&) {}},
        {tlm::TLM_OK_RESPONSE, [=](PeerTransaction& t) { t.set_address(capacity - 8); }},
        {tlm::TLM_OK_RESPONSE, [](PeerTransaction& t) { t.set_streaming_width(9); }},
        {tlm::TLM_OK_RESPONSE,
         [](PeerTransaction& t) {
             t.set_command(tlm::TLM_IGNORE_COMMAND);
             t.set_address(~0ULL);
         }},
        {tlm::TLM_ADDRESS_ERROR_RESPONSE, [=](PeerTransaction& t) { t.set_address(capacity - 7); }},
        {tlm::TLM_ADDRESS_ERROR_RESPONSE, [](PeerTransaction& t) { t.set_address(~0ULL - 3); }},
        {tlm::TLM_BURST_ERROR_RESPONSE, [](PeerTransaction& t) { t.set_streaming_width(4); }},
        {tlm::TLM_BURST_ERROR_RESPONSE, [](PeerTransaction& t) { t.set_data_length(0); }},
        {tlm::TLM_GENERIC_ERROR_RESPONSE, [](PeerTransaction& t) { t.set_data_ptr(nullptr); }},
        {tlm::TLM_COMMAND_ERROR_RESPONSE,
         [](PeerTransaction& t) { t.set_command(static_cast<tlm::tlm_command>(3)); }},
        {tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE,
         [](PeerTransaction& t) {
             t.enables = {0xff, 0x0f};
             t.set_byte_enable_ptr(t.enables.data());
             t.set_byte_enable_length(2);
         }},
        {tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE,
         [](PeerTransaction& t) {
             t.enables = {0xff};
             t.set_byte_enable_ptr(t.enables.data());
             t.set_byte_enable_length(0);
         }},
    };
    std::vector<tlm::tlm_response_status> inPhases;
    std::vector<tlm::tlm_response_status> blocking;
    Bench bench("codes", ideal(), 2, 0, [&](InitiatorPeer& peer) {
        peer.onResponse = [&](PeerTransaction& t) { inPhases.push_back(t.get_response_status()); };
        for (const auto& [expected, edit] : cases) {
            PeerTransaction& first = peer.make(tlm::TLM_WRITE_COMMAND, 0, Bytes(8));
            edit(first);
            peer.send(first, 1);
            peer.drain();
            PeerTransaction& second = peer.make(tlm::TLM_READ_COMMAND, 0, Bytes(8));
            edit(second);
            sc_core::sc_time delay;
            peer.socket->b_transport(second, delay);
            blocking.push_back(second.get_response_status());
            second.release();
        }
    });
    sc_core::sc_start();
    ASSERT_EQ(inPhases.size(), cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
        EXPECT_EQ(inPhases[i], cases[i].first) << i;
        EXPECT_EQ(blocking[i], cases[i].first) << i;
    }
    EXPECT_THAT(bench.checker.breaches(), IsEmpty());
}

void readAndWriteWithoutTime(InitiatorPeer& peer) {
    const std::uint64_t end = ideal().capacityBytes();
    PeerTransaction& write = peer.make(tlm::TLM_WRITE_COMMAND, end - 3, {1, 2, 3, 4});
    EXPECT_EQ(peer.socket->transport_dbg(write), 3U) << "no further than to the end";
    PeerTransaction& read = peer.make(tlm::TLM_READ_COMMAND, end - 5, Bytes(5, 9));
    EXPECT_EQ(peer.socket->transport_dbg(read), 5U);
    EXPECT_EQ(read.data, (Bytes{0, 0, 1, 2, 3}));
    read.set_address(end);
    EXPECT_EQ(peer.socket->transport_dbg(read), 0U);
    write.release();
    read.release();
}

TEST_F(DramTargetTest, ShowsItsDataWithoutTime) {
    bool ran = false;
    Bench bench("debug", ideal(), 2, 0, [&](InitiatorPeer& peer) {
        readAndWriteWithoutTime(peer);
        EXPECT_EQ(sc_core::sc_time_stamp(), sc_core::SC_ZERO_TIME);
        ran = true;
    });
    sc_core::sc_start();
    EXPECT_TRUE(ran);
}

TEST_F(DramTargetTest, GivesNoPointerToItsData) {
    tlm::tlm_dmi region;
    bool isGiven = true;
    Bench bench("dmi", ideal(), 2, 0, [&](InitiatorPeer& peer) {
        PeerTransaction& read = peer.make(tlm::TLM_READ_COMMAND, 0, Bytes(5));
        isGiven = peer.socket->get_direct_mem_ptr(read, region);
        read.set_dmi_allowed(true);
        sc_core::sc_time delay;
        peer.socket->b_transport(read, delay);
        EXPECT_FALSE(read.is_dmi_allowed());
        read.release();
    });
    sc_core::sc_start();
    EXPECT_FALSE(isGiven);
    EXPECT_FALSE(region.is_read_allowed());
    EXPECT_EQ(region.get_end_address(), ~0ULL);
}

TEST(SparseMemory, TakesRoomOnlyWhereItWasWritten) {
    SparseMemory data;
    constexpr std::uint64_t kFar = std::uint64_t{64} << 30;
    Bytes bytes{1, 2, 3};
    data.write(kFar - 1, bytes);
    EXPECT_EQ(data.pages(), 2U);
    Bytes read(5, 7);
    data.read(kFar - 2, read);
    EXPECT_EQ(read, (Bytes{0, 1, 2, 3, 0}));
    EXPECT_EQ(data.pages(), 2U);
}

TEST_F(DramTargetTest, RefusesASecondRequestBeforeTheEndOfTheFirst) {
    if (kSanitizesAddresses) GTEST_SKIP();
    DramController controller("dram", ideal(), coreClock());
    DramTarget target("target", {1 << 20, 1});
    target.memory(controller);
    InitiatorPeer peer("peer", 0, [](InitiatorPeer& self) {
        for (int i = 0; i < 3; ++i) {
            PeerTransaction& each = self.make(tlm::TLM_READ_COMMAND, 0, Bytes(4));
            tlm::tlm_phase phase = tlm::BEGIN_REQ;
            sc_core::sc_time delay;
            self.socket->nb_transport_fw(each, phase, delay);
        }
    });
    peer.socket.bind(target.socket);
    try {
        sc_core::sc_start();
        FAIL() << "two requests at once were not noticed";
    } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), HasSubstr("BEGIN_REQ before the END_REQ"));
        EXPECT_THAT(error.what(), HasSubstr("target"));
    }
}

}  // namespace
}  // namespace systole::arch
