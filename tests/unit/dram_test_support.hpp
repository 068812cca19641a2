// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/memory/dram_command.hpp"
#include "models/memory/dram_config.hpp"

namespace systole::memory::testing {

/// DDR4-2400, 8 Gb x8 devices, 64-bit bus, one rank (JESD79-4 speed bin and IDD of the data sheet).
DdrConfig ddr4At2400();

/// The generator of the reference patterns.
class SplitMix64 {
public:
    explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
    std::uint64_t operator()();

private:
    std::uint64_t state_;
};

struct RequestRecord {
    DramAddress address;
    bool isWrite = false;
    Cycle columnClock = 0;
};

/// Replays a command stream against the JEDEC parameters, pair by pair and without any code of the
/// model. Returns one line a violation; empty: the stream is legal.
std::vector<std::string> violations(const DdrConfig& config, std::vector<IssuedCommand> commands,
                                    const std::vector<RequestRecord>& requests);

}  // namespace systole::memory::testing
