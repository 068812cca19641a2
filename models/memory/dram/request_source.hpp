// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "models/units.hpp"

namespace systole::memory {

/// A burst that somebody wants read or written.
struct ReplayRequest {
    std::uint64_t address = 0;  ///< of a byte of it, within the capacity
    Cycle notBefore = 0;        ///< clock of the memory; never decreases from one to the next
    bool isWrite = false;
};

/// Hands out requests in their order, as many at a time as the caller has room for.
class RequestSource {
public:
    RequestSource() = default;
    virtual ~RequestSource() = default;
    RequestSource(const RequestSource&) = delete;
    RequestSource& operator=(const RequestSource&) = delete;

    /// Fills `block` from its start; how many there were, fewer only at the end.
    virtual std::size_t fill(std::span<ReplayRequest> block) = 0;
};

}  // namespace systole::memory
