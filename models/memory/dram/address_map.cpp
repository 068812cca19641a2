// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/address_map.hpp"

#include <bit>

#include "models/check.hpp"

namespace systole::memory {
namespace {

constexpr std::size_t indexOf(AddressField field) { return static_cast<std::size_t>(field); }

constexpr std::uint32_t maskOf(std::uint32_t bits) {
    return static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
}

}  // namespace

AddressMap::AddressMap(const DdrConfig& config)
    : organization_(config.organization),
      interleaveBytes_(config.channelInterleaveBytes),
      capacityBytes_(config.organization.channelBytes() * config.organization.channels) {
    SYSTOLE_CHECK(interleaveBytes_ > 0 && interleaveBytes_ % organization_.burstBytes() == 0 &&
                      organization_.channelBytes() % interleaveBytes_ == 0,
                  "channel interleave of {} bytes, burst of {}", interleaveBytes_,
                  organization_.burstBytes());
    for (const AddressBit& bit : config.addressMap.bits) {
        addBit(runs_.empty() ? 0 : runs_.back().from + runs_.back().bits, bit);
    }
    checkBits();
    for (const AddressHash& hash : config.addressMap.hashes) {
        Hash& added = hashes_.emplace_back(Hash{hash.target});
        for (const AddressBit& source : hash.sources) {
            added.sources[indexOf(source.field)] ^= 1U << source.bit;
        }
    }
    for (const Hash& hash : hashes_) {
        for (const Hash& other : hashes_) {
            SYSTOLE_CHECK((other.sources[indexOf(hash.target.field)] >> hash.target.bit & 1U) == 0,
                          "a hashed bit of the address is the source of another");
        }
    }
}

void AddressMap::addBit(std::uint32_t position, const AddressBit& bit) {
    if (!runs_.empty()) {
        Run& last = runs_.back();
        if (last.field == bit.field && last.to + last.bits == bit.bit) {
            ++last.bits;
            return;
        }
    }
    runs_.push_back({bit.field, position, bit.bit, 1});
}

void AddressMap::checkBits() const {
    Fields seen{};
    for (const Run& run : runs_) {
        const std::uint32_t mask = maskOf(run.bits) << run.to;
        SYSTOLE_CHECK((seen[indexOf(run.field)] & mask) == 0,
                      "the address map has a bit of {} twice",
                      kAddressFieldNames[indexOf(run.field)]);
        seen[indexOf(run.field)] |= mask;
    }
    for (std::size_t field = 0; field < kFields; ++field) {
        const std::uint32_t size = organization_.sizeOf(static_cast<AddressField>(field));
        SYSTOLE_CHECK(std::has_single_bit(size) && seen[field] == size - 1,
                      "the address map has not the bits of {} of size {}",
                      kAddressFieldNames[field], size);
    }
}

/// Its own inverse: no source is a target.
void AddressMap::hash(Fields& fields) const {
    for (const Hash& hash : hashes_) {
        int set = 0;
        for (std::size_t field = 0; field < kFields; ++field) {
            set += std::popcount(fields[field] & hash.sources[field]);
        }
        fields[indexOf(hash.target.field)] ^= static_cast<std::uint32_t>(set & 1)
                                              << hash.target.bit;
    }
}

DramAddress AddressMap::decode(std::uint64_t byteAddress) const {
    SYSTOLE_CHECK(byteAddress < capacityBytes_, "address {} in a memory of {} bytes", byteAddress,
                  capacityBytes_);
    DramAddress address;
    std::uint64_t local = byteAddress;
    if (organization_.channels > 1) {
        const std::uint64_t block = byteAddress / interleaveBytes_;
        address.channel = static_cast<std::uint32_t>(block % organization_.channels);
        local = block / organization_.channels * interleaveBytes_ + byteAddress % interleaveBytes_;
    }
    const std::uint64_t burst = local / organization_.burstBytes();
    Fields fields{};
    for (const Run& run : runs_) {
        fields[indexOf(run.field)] |=
            (static_cast<std::uint32_t>(burst >> run.from) & maskOf(run.bits)) << run.to;
    }
    hash(fields);
    address.bank = {fields[indexOf(AddressField::Rank)], fields[indexOf(AddressField::BankGroup)],
                    fields[indexOf(AddressField::Bank)]};
    address.row = fields[indexOf(AddressField::Row)];
    address.column = fields[indexOf(AddressField::Column)] * organization_.burstLength;
    return address;
}

std::uint64_t AddressMap::encode(const DramAddress& address) const {
    Fields fields{address.bank.rank, address.bank.bankGroup, address.bank.bank, address.row,
                  address.column / organization_.burstLength};
    hash(fields);
    std::uint64_t burst = 0;
    for (const Run& run : runs_) {
        burst |= std::uint64_t{fields[indexOf(run.field)] >> run.to & maskOf(run.bits)} << run.from;
    }
    const std::uint64_t local = burst * organization_.burstBytes();
    const std::uint64_t block = local / interleaveBytes_ * organization_.channels + address.channel;
    return block * interleaveBytes_ + local % interleaveBytes_;
}

}  // namespace systole::memory
