// SPDX-License-Identifier: Apache-2.0
#include "arch/dram_layout.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "models/units.hpp"

namespace systole::arch {

std::uint64_t DramLayout::allocate(std::uint64_t bytes, std::uint64_t alignment,
                                   const ElementRoom& room) {
    const auto aligned = [&](std::uint64_t address) {
        return ceilDivide(address, alignment) * alignment;
    };
    const Region region{aligned(imageBytes_), aligned(memoryBytes_), room};
    imageBytes_ = aligned(region.image + bytes);
    memoryBytes_ = aligned(region.memory + room.memoryBytes(bytes));
    regions_.push_back(region);
    return region.image;
}

const DramLayout::Region* DramLayout::regionAt(std::uint64_t imageAddress) const {
    const auto behind =
        std::partition_point(regions_.begin(), regions_.end(),
                             [&](const Region& region) { return region.image <= imageAddress; });
    return behind == regions_.begin() ? nullptr : &*std::prev(behind);
}

DramLayout::Run DramLayout::memoryRun(std::uint64_t imageAddress, std::uint64_t bytes) const {
    const Region* region = regionAt(imageAddress);
    if (region == nullptr) {
        return {imageAddress, imageAddress + bytes};
    }
    const std::uint64_t offset = imageAddress - region->image;
    const std::uint64_t firstBit = offset / region->room.imageBytes * region->room.bits;
    return {region->memory + firstBit / 8,
            region->memory + region->room.memoryBytes(offset + bytes)};
}

std::uint64_t DramLayout::memoryBit(std::uint64_t imageAddress) const {
    const Region* region = regionAt(imageAddress);
    if (region == nullptr) {
        return 8 * imageAddress;
    }
    return 8 * region->memory +
           (imageAddress - region->image) / region->room.imageBytes * region->room.bits;
}

void DramLayout::addRecords(std::uint64_t imageAddress, std::uint64_t bytes) {
    SYSTOLE_CHECK(records_.empty() || records_.back().end <= imageAddress,
                  "records at {} behind those up to {}", imageAddress, records_.back().end);
    records_.push_back({imageAddress, imageAddress + bytes});
}

const DramLayout::Run* DramLayout::recordsAt(std::uint64_t imageAddress) const {
    const auto behind = std::partition_point(
        records_.begin(), records_.end(), [&](const Run& run) { return run.end <= imageAddress; });
    return behind != records_.end() && behind->begin <= imageAddress ? &*behind : nullptr;
}

ElementRoom DramLayout::roomAt(std::uint64_t imageAddress) const {
    const Region* region = regionAt(imageAddress);
    return region == nullptr ? ElementRoom{} : region->room;
}

}  // namespace systole::arch
