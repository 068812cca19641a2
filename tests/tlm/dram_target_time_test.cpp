// SPDX-License-Identifier: Apache-2.0
//
// How long the DRAM takes behind its socket and without it, in one simulation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target_bench.hpp"

namespace systole::arch {
namespace {

using testing::IsEmpty;
using DramTargetTimeTest = DramTargetTest;

/// Reads and writes one after the other, each after a pause.
struct Access {
    std::uint64_t address;
    bool isWrite;
    sc_core::sc_time pause;
};

std::vector<Access> latencySteps(const memory::DramConfig& config) {
    using sc_core::SC_US;
    const std::uint64_t otherRow = config.capacityBytes() / 2;
    std::vector<Access> steps{{0, false, {}},
                              {0, false, {}},
                              {otherRow, false, {}},
                              {0, true, {}},
                              {0, false, sc_core::sc_time(10, SC_US)}};  // a refresh closes
    RandomSource random(5);
    for (int i = 0; i < 400; ++i) {
        const std::uint64_t burst =
            random.between(0, 15) + (random.percent(30) ? otherRow / 64 : 0);
        steps.push_back(
            {burst * 64, random.percent(50),
             sc_core::sc_time(random.percent(30) ? random.between(1, 4000) : 0, sc_core::SC_NS)});
    }
    return steps;
}

/// A copy: the kernel's own goes on.
sc_core::sc_time now() { return sc_core::sc_time::from_value(sc_core::sc_time_stamp().value()); }

/// The inner path: no adapter at all.
class PortProbe final : public sc_core::sc_module, public BurstClient {
public:
    sc_core::sc_port<MemoryPort> memory{"memory"};

    PortProbe(const sc_core::sc_module_name& name, std::vector<Access> steps)
        : sc_module(name), steps_(std::move(steps)) {
        SC_HAS_PROCESS(PortProbe);
        SC_THREAD(run);
    }

    std::vector<sc_core::sc_time> latencies;

private:
    void burstDone(std::uint64_t) override { done_.notify(); }
    void run() {
        for (const Access& step : steps_) {
            wait(step.pause);
            const sc_core::sc_time begin = now();
            memory->request({step.address, step.isWrite}, *this);
            wait(done_);
            latencies.push_back(sc_core::sc_time_stamp() - begin);
        }
    }

    std::vector<Access> steps_;
    sc_core::sc_event done_;
};

/// By which a loosely timed initiator runs ahead of the simulated time.
sc_core::sc_time ahead() { return {3, sc_core::SC_NS}; }

/// The same steps by an initiator, in phases or blocking.
auto latencyScript(const std::vector<Access>& steps, bool isBlocking,
                   std::vector<sc_core::sc_time>& latencies) {
    return [&steps, &latencies, isBlocking](InitiatorPeer& peer) {
        for (const Access& step : steps) {
            wait(step.pause);
            const sc_core::sc_time begin = now();
            PeerTransaction& transaction =
                peer.make(step.isWrite ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND,
                          step.address, Bytes(64));
            if (isBlocking) {
                sc_core::sc_time delay = ahead();
                peer.socket->b_transport(transaction, delay);
                latencies.push_back(sc_core::sc_time_stamp() + delay - begin);
                transaction.release();
            } else {
                peer.send(transaction, 1);
                peer.drain();
                latencies.push_back(sc_core::sc_time_stamp() - begin);
            }
        }
    };
}

/// The first steps find a bank closed, its row open, another row open, and after a refresh none.
void expectRowOutcomes(const std::vector<sc_core::sc_time>& latencies) {
    EXPECT_LT(latencies[1], latencies[0]);
    EXPECT_GT(latencies[2], latencies[0]);
    // Edges of the clock lie at whole femtoseconds.
    EXPECT_NEAR(static_cast<double>(latencies[4].value()),
                static_cast<double>(latencies[0].value()), 1)
        << "a refresh leaves the row closed";
}

void expectEqualLatencies(const memory::DramConfig& config, std::uint32_t accepted) {
    const std::vector<Access> steps = latencySteps(config);
    std::vector<sc_core::sc_time> phases;
    Bench bench("phases", config, accepted, 0, latencyScript(steps, false, phases));
    DramController inner("inner", config, coreClock());
    PortProbe probe("probe", steps);
    probe.memory(inner);
    sc_core::sc_start();
    ASSERT_EQ(phases.size(), steps.size());
    EXPECT_EQ(phases, probe.latencies);
    EXPECT_THAT(bench.checker.breaches(), IsEmpty());
    if (config.ddr) {
        expectRowOutcomes(phases);
    }
}

TEST_F(DramTargetTimeTest, TakesAsLongAsTheInnerPath) { expectEqualLatencies(ddr(), 64); }
TEST_F(DramTargetTimeTest, TakesAsLongAsTheInnerPathWithRoomForOne) {
    expectEqualLatencies(ddr(), 1);
}

TEST_F(DramTargetTimeTest, TakesAsLongInABlockingCall) {
    const std::vector<Access> steps = latencySteps(ddr());
    std::vector<sc_core::sc_time> blocking;
    Bench bench("blocking", ddr(), 1, 0, latencyScript(steps, true, blocking));
    std::vector<Access> later = steps;
    for (Access& step : later) {
        step.pause += ahead();
    }
    DramController inner("inner", ddr(), coreClock());
    PortProbe probe("probe", later);
    probe.memory(inner);
    sc_core::sc_start();
    ASSERT_EQ(blocking.size(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        EXPECT_EQ(blocking[i], probe.latencies[i] + ahead()) << i;
    }
}

/// All bursts that a range touches, asked for at once, on the inner path.
class RangeProbe final : public sc_core::sc_module, public BurstClient {
public:
    sc_core::sc_port<MemoryPort> memory{"memory"};

    RangeProbe(const sc_core::sc_module_name& name, std::uint64_t begin, std::uint64_t end)
        : sc_module(name), begin_(begin), end_(end) {
        SC_HAS_PROCESS(RangeProbe);
        SC_THREAD(run);
    }

    sc_core::sc_time lastDone;

private:
    void burstDone(std::uint64_t) override { lastDone = sc_core::sc_time_stamp(); }
    void run() {
        const std::uint32_t burst = memory->burstBytes();
        for (std::uint64_t at = begin_ / burst * burst; at < end_; at += burst) {
            memory->request({at, false}, *this);
        }
    }

    std::uint64_t begin_;
    std::uint64_t end_;
};

TEST_F(DramTargetTimeTest, EndsWithTheLastOfTheBurstsThatARangeTouches) {
    constexpr std::uint64_t kBegin = 64 * 5 + 63;  // one byte of the first, one of the last
    constexpr std::uint64_t kEnd = 64 * 9 + 1;
    sc_core::sc_time done;
    Bench bench("range", ddr(), 4, 0, [&](InitiatorPeer& peer) {
        peer.onResponse = [&](PeerTransaction&) { done = sc_core::sc_time_stamp(); };
        peer.send(peer.make(tlm::TLM_READ_COMMAND, kBegin, Bytes(kEnd - kBegin)), 1);
    });
    DramController inner("inner", ddr(), coreClock());
    DramController shorter("shorter", ddr(), coreClock());
    RangeProbe probe("probe", kBegin, kEnd);
    RangeProbe shorterProbe("shorter_probe", kBegin, kEnd - 1);
    probe.memory(inner);
    shorterProbe.memory(shorter);
    sc_core::sc_start();
    EXPECT_EQ(done, probe.lastDone);
    EXPECT_GT(done, shorterProbe.lastDone);
}

}  // namespace
}  // namespace systole::arch
