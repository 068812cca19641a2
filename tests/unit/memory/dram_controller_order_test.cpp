// SPDX-License-Identifier: Apache-2.0
// Bursts that are asked for at one instant: the order in which the kernel runs those who ask does
// not matter.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "arch/memory/dram_controller.hpp"
#include "tests/unit/memory/dram_test_support.hpp"

namespace systole::arch {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

constexpr double kCoreHertz = 500e6;

/// Asks at 10 ns, which is cycle 5 of the core: 'r' and 'w' are a read and a write, and each
/// direction's bursts are consecutive.
class Asker final : public sc_core::sc_module, public BurstClient {
public:
    sc_core::sc_port<MemoryPort> memory{"memory"};

    Asker(const sc_core::sc_module_name& name, std::string order)
        : sc_module(name), order_(std::move(order)) {
        SC_HAS_PROCESS(Asker);
        SC_THREAD(run);
    }

    /// When each burst was answered, as "r0" or "w1".
    std::map<std::string, std::uint64_t> ends;

private:
    void run() {
        wait(sc_time(10, SC_NS));
        std::map<char, std::uint64_t> count;
        for (const char kind : order_) {
            const std::uint64_t index = count[kind]++;
            names_.push_back(fmt::format("{}{}", kind, index));
            const std::uint64_t burst = index + (kind == 'w' ? 1024 : 0);
            memory->request({burst * memory->burstBytes(), kind == 'w', names_.size() - 1}, *this);
        }
    }
    void burstDone(std::uint64_t tag) override {
        ends[names_.at(tag)] = sc_core::sc_time_stamp().value();
    }

    std::string order_;
    std::vector<std::string> names_;
};

struct Rig {
    Rig(int number, const memory::DramConfig& config, const std::string& order)
        : dram(fmt::format("dram_{}", number).c_str(), config, ClockDomain(kCoreHertz)),
          asker(fmt::format("asker_{}", number).c_str(), order) {
        asker.memory(dram);
    }
    DramController dram;
    Asker asker;
};

/// The answers to two reads and two writes, in each order that keeps that of each direction.
std::vector<std::map<std::string, std::uint64_t>> endsOfAllOrders(
    const memory::DramConfig& config) {
    useFemtoseconds();
    std::vector<std::unique_ptr<Rig>> rigs;
    std::string order = "rrww";
    do {
        rigs.push_back(std::make_unique<Rig>(static_cast<int>(rigs.size()), config, order));
    } while (std::next_permutation(order.begin(), order.end()));
    sc_core::sc_start();
    std::vector<std::map<std::string, std::uint64_t>> ends;
    for (const auto& rig : rigs) {
        ends.push_back(rig->asker.ends);
    }
    return ends;
}

memory::DramConfig ideal(Limit bytesPerCycle) {
    memory::DramConfig config;
    config.name = "ideal";
    config.ideal = {.latencyCycles = 30,
                    .bytesPerCycle = bytesPerCycle,
                    .burstBytes = 32,
                    .capacityBytes = std::uint64_t{1} << 30};
    return config;
}

std::uint64_t edge(Cycle cycle) { return ClockDomain(kCoreHertz).edge(cycle).value(); }

TEST(DramControllerOrder, OfAnInstantsBurstsDoesNotMatterToAnIdealMemory) {
    // By hand: 24 bytes a cycle from cycle 5 on carry 32, 64, 96 and 128 bytes by cycles 7, 8, 9
    // and 11; 30 cycles of latency follow.
    for (const auto& ends : endsOfAllOrders(ideal(24))) {
        EXPECT_EQ(ends,
                  (std::map<std::string, std::uint64_t>{
                      {"r0", edge(37)}, {"r1", edge(38)}, {"w0", edge(39)}, {"w1", edge(41)}}));
    }
}

TEST(DramControllerOrder, OfAnInstantsBurstsDoesNotMatterWithoutALimit) {
    for (const auto& ends : endsOfAllOrders(ideal(std::nullopt))) {
        EXPECT_EQ(ends,
                  (std::map<std::string, std::uint64_t>{
                      {"r0", edge(35)}, {"r1", edge(35)}, {"w0", edge(35)}, {"w1", edge(35)}}));
    }
}

TEST(DramControllerOrder, OfAnInstantsBurstsDoesNotMatterToADram) {
    memory::DramConfig config;
    config.name = "ddr";
    config.ddr = memory::testing::ddr4At2400();
    // One entry, so that a read that came late would be late.
    config.ddr->controller.readQueue = 1;
    const auto orders = endsOfAllOrders(config);
    for (const auto& ends : orders) {
        EXPECT_EQ(ends.size(), 4U);
        EXPECT_EQ(ends, orders.front());
    }
}

}  // namespace
}  // namespace systole::arch
