// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/memory/dram/dram_command.hpp"
#include "models/memory/dram/dram_config.hpp"

namespace systole::memory {

/// The byte address of a burst <-> channel, rank, bank, row, column: a bijection between the bursts
/// of the capacity and their places. Channels take turns every channelInterleaveBytes; within a
/// channel the bits above the burst go to the fields as `DdrConfig::addressMap` says.
class AddressMap {
public:
    explicit AddressMap(const DdrConfig& config);

    /// Place of the burst that holds `byteAddress`; the address must be within the capacity.
    DramAddress decode(std::uint64_t byteAddress) const;

    /// Address of the first byte of the burst.
    std::uint64_t encode(const DramAddress& address) const;

    std::uint64_t capacityBytes() const { return capacityBytes_; }

private:
    static constexpr std::size_t kFields = kAddressFieldNames.size();
    using Fields = std::array<std::uint32_t, kFields>;

    /// Consecutive bits of an address that are consecutive bits of one field.
    struct Run {
        AddressField field = AddressField::Row;
        std::uint32_t from = 0;  ///< lowest bit of the address above the burst
        std::uint32_t to = 0;    ///< lowest bit of the field
        std::uint32_t bits = 0;
    };
    /// As AddressHash, with a mask of source bits for each field.
    struct Hash {
        AddressBit target;
        Fields sources{};
    };

    void addBit(std::uint32_t position, const AddressBit& bit);
    void checkBits() const;
    void hash(Fields& fields) const;

    DramOrganization organization_;
    std::vector<Run> runs_;
    std::vector<Hash> hashes_;
    std::uint64_t interleaveBytes_;
    std::uint64_t capacityBytes_;
};

}  // namespace systole::memory
