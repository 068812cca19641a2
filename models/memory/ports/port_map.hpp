// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "models/memory/ports/access_stream.hpp"
#include "models/units.hpp"

namespace systole::memory {

enum class PortKind : std::uint8_t {
    OneReadWrite,     ///< 1RW: a bank reads or writes one word a cycle
    OneReadOneWrite,  ///< 1R1W: a bank reads one word and writes one word a cycle
};

/// The ports of one banked memory as resources `first` .. `end() - 1`: word w lies in bank w modulo
/// banks. Unlimited banks never conflict: they have no resources, and their accesses vanish.
///
/// The halves of a double-buffered memory that are memories of their own are two maps.
class PortMap {
public:
    PortMap(ResourceId first, Limit banks, PortKind ports)
        : first_(first),
          banks_(static_cast<std::uint32_t>(banks.value_or(0))),
          portsPerBank_(ports == PortKind::OneReadWrite ? 1 : 2) {}

    /// Words so far apart share a bank; 1 where banks are unlimited.
    std::uint32_t period() const { return banks_ == 0 ? 1 : banks_; }
    bool isFree() const { return banks_ == 0; }

    /// The first resource after these: where the next memory's begin.
    ResourceId end() const { return first_ + banks_ * portsPerBank_; }

    std::optional<ResourceId> readPort(std::uint64_t word) const { return port(word, 0); }
    std::optional<ResourceId> writePort(std::uint64_t word) const {
        return port(word, portsPerBank_ - 1);
    }

    /// Adds an access to a step.
    void read(std::uint64_t word, AccessStep& step) const { add(readPort(word), step); }
    void write(std::uint64_t word, AccessStep& step) const { add(writePort(word), step); }

private:
    std::optional<ResourceId> port(std::uint64_t word, std::uint32_t ofBank) const {
        if (banks_ == 0) {
            return std::nullopt;
        }
        return first_ + static_cast<ResourceId>(word % banks_) * portsPerBank_ + ofBank;
    }

    static void add(std::optional<ResourceId> resource, AccessStep& step) {
        if (resource) {
            step.accesses.push_back({*resource});
        }
    }

    ResourceId first_;
    std::uint32_t banks_;  ///< 0 if unlimited
    std::uint32_t portsPerBank_;
};

}  // namespace systole::memory
