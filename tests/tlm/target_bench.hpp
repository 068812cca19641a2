// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "arch/memory/dram_controller.hpp"
#include "arch/tlm/dram_target.hpp"
#include "initiator_peer.hpp"
#include "protocol_checker.hpp"
#include "sim/config/dram/dram_loader.hpp"

namespace systole::arch {

using Bytes = std::vector<std::uint8_t>;

inline memory::DramConfig ddr() {
    return sim::loadDram(SYSTOLE_SOURCE_DIR "/configs/dram/ddr4_2400.yaml", {});
}

inline memory::DramConfig ideal() {
    memory::DramConfig config;
    config.name = "ideal";
    config.ideal = {.latencyCycles = 30,
                    .bytesPerCycle = 24,
                    .burstBytes = 32,
                    .capacityBytes = std::uint64_t{1} << 36};
    return config;
}

inline ClockDomain coreClock() { return ClockDomain(500e6); }

class DramTargetTest : public testing::Test {
protected:
    DramTargetTest() { useFemtoseconds(); }
};

/// The DRAM behind its socket, and somebody else's initiator.
struct Bench {
    Bench(const std::string& name, const memory::DramConfig& config, std::uint32_t accepted,
          std::uint64_t seed, std::function<void(InitiatorPeer&)> script)
        : controller((name + "_dram").c_str(), config, coreClock()),
          target((name + "_target").c_str(), {config.capacityBytes(), accepted}),
          checker((name + "_checker").c_str()),
          peer((name + "_peer").c_str(), seed, std::move(script)) {
        peer.socket.bind(checker.fromInitiator);
        checker.toTarget.bind(target.socket);
        target.memory(controller);
    }

    DramController controller;
    DramTarget target;
    ProtocolChecker checker;
    InitiatorPeer peer;
};

}  // namespace systole::arch
