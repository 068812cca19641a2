// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/memory/dram/memory_controller.hpp"

namespace systole::memory::testing {

/// The shipped parts of DRAM by name, those of fixed latency and of several channels left out.
const std::vector<std::string>& partNames();

/// configs/dram/<name>.yaml; `overrides` as of --set.
DdrConfig part(const std::string& name, const std::vector<std::string>& overrides = {});

/// DDR4-2400, 8 Gb x8 devices, 64-bit bus, one rank, as ../reference had it measured.
DdrConfig ddr4At2400(const std::vector<std::string>& overrides = {});

struct TimedRequest {
    MemoryRequest request;
    Cycle arrival = 0;  ///< not before
};
using Done = std::function<void(const ServedBurst&)>;

/// Offers request k, of tag k, once its time has come and there is room, one a clock at most; until
/// all are served. Returns the end of the last data.
Cycle drive(
    MemoryController& controller, std::uint64_t count,
    const std::function<TimedRequest(std::uint64_t)>& request,
    const Done& done = [](const ServedBurst&) {});

/// A read or write at its earliest.
TimedRequest read(const DramAddress& address, Cycle arrival = 0);
TimedRequest write(const DramAddress& address, Cycle arrival = 0);

/// What the controller did.
class CommandLog {
public:
    explicit CommandLog(MemoryController& controller);
    std::vector<std::string> names() const;  ///< ACT, RD, ..
    std::uint64_t count(Command command) const;
    const std::vector<IssuedCommand>& commands() const { return commands_; }

private:
    std::vector<IssuedCommand> commands_;
};

}  // namespace systole::memory::testing
