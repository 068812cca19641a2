// SPDX-License-Identifier: Apache-2.0
#include "models/memory/address_map.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::memory {

namespace {

/// The part of an address that a field of the map holds; columns count bursts.
std::uint32_t& fieldOf(DramAddress& address, AddressField field) {
    switch (field) {
        case AddressField::Row:
            return address.row;
        case AddressField::Bank:
            return address.bank.bank;
        case AddressField::Column:
            return address.column;
        case AddressField::BankGroup:
            break;
    }
    return address.bank.bankGroup;
}

}  // namespace

AddressMap::AddressMap(const DdrConfig& config)
    : organization_(config.organization),
      fields_(config.addressMap),
      interleaveBytes_(config.channelInterleaveBytes),
      capacityBytes_(config.organization.channelBytes() * config.organization.channels) {
    SYSTOLE_CHECK(interleaveBytes_ > 0 && interleaveBytes_ % organization_.burstBytes() == 0 &&
                      organization_.channelBytes() % interleaveBytes_ == 0,
                  "channel interleave of {} bytes, burst of {}", interleaveBytes_,
                  organization_.burstBytes());
    auto sorted = fields_;
    std::sort(sorted.begin(), sorted.end());
    SYSTOLE_CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end(),
                  "an address field occurs twice");
}

std::uint64_t AddressMap::sizeOf(AddressField field) const {
    switch (field) {
        case AddressField::Row:
            return organization_.rows;
        case AddressField::Bank:
            return organization_.banksPerGroup;
        case AddressField::Column:
            return organization_.columns / organization_.burstLength;
        case AddressField::BankGroup:
            break;
    }
    return organization_.bankGroups;
}

DramAddress AddressMap::decode(std::uint64_t byteAddress) const {
    SYSTOLE_CHECK(byteAddress < capacityBytes_, "address {} in a memory of {} bytes", byteAddress,
                  capacityBytes_);
    const std::uint64_t block = byteAddress / interleaveBytes_;
    DramAddress address;
    address.channel = static_cast<std::uint32_t>(block % organization_.channels);
    const std::uint64_t local =
        block / organization_.channels * interleaveBytes_ + byteAddress % interleaveBytes_;
    std::uint64_t burst = local / organization_.burstBytes();
    for (std::size_t i = fields_.size(); i-- > 0;) {
        fieldOf(address, fields_[i]) = static_cast<std::uint32_t>(burst % sizeOf(fields_[i]));
        burst /= sizeOf(fields_[i]);
    }
    address.column *= organization_.burstLength;
    return address;
}

std::uint64_t AddressMap::encode(const DramAddress& address) const {
    DramAddress parts = address;
    parts.column /= organization_.burstLength;
    std::uint64_t burst = 0;
    for (const AddressField field : fields_) {
        burst = burst * sizeOf(field) + fieldOf(parts, field);
    }
    const std::uint64_t local = burst * organization_.burstBytes();
    const std::uint64_t block = local / interleaveBytes_ * organization_.channels + address.channel;
    return block * interleaveBytes_ + local % interleaveBytes_;
}

}  // namespace systole::memory
