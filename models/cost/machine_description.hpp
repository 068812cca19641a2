// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/units.hpp"

namespace systole::cost {

/// A banked scratchpad: one macro a bank. Unlimited capacity or banks: it costs nothing.
struct ScratchpadDescription {
    Limit capacityBytes;
    Limit banks;
    std::uint32_t wordBits = 0;

    bool isFree() const { return !capacityBytes || !banks; }
};

/// The numbers of a machine that area and energy depend on.
struct MachineDescription {
    std::uint32_t arrayRows = 0;
    std::uint32_t arrayColumns = 0;
    double clockHertz = 0;
    std::string activation;           ///< name of the format
    std::string weight;               ///< name of the format
    std::string accumulator;          ///< `int32`, `exact`, `fp32`
    std::string multiplier = "auto";  ///< the circuit, where it is not the usual one of the formats
    ScratchpadDescription activationScratchpad;
    ScratchpadDescription weightScratchpad;
    /// One macro of this many accumulators for each array column. Unlimited: it costs nothing.
    Limit accumulatorRows;
    std::uint32_t accumulatorBits = 0;
    Limit vectorLanes;  ///< unlimited: the vector unit costs nothing
};

}  // namespace systole::cost
