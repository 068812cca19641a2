// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/memory/dram_command.hpp"
#include "models/memory/dram_config.hpp"

namespace systole::memory {

/// The byte address of a burst <-> channel, bank, row, column: a bijection between the bursts of
/// the capacity and their places. Channels take turns every channelInterleaveBytes; within a
/// channel the fields lie above the burst in the order of `DdrConfig::addressMap`.
class AddressMap {
public:
    explicit AddressMap(const DdrConfig& config);

    /// Place of the burst that holds `byteAddress`; the address must be within the capacity.
    DramAddress decode(std::uint64_t byteAddress) const;

    /// Address of the first byte of the burst.
    std::uint64_t encode(const DramAddress& address) const;

    std::uint64_t capacityBytes() const { return capacityBytes_; }

private:
    std::uint64_t sizeOf(AddressField field) const;

    DramOrganization organization_;
    std::array<AddressField, 4> fields_;  ///< from high to low
    std::uint64_t interleaveBytes_;
    std::uint64_t capacityBytes_;
};

}  // namespace systole::memory
