// SPDX-License-Identifier: Apache-2.0
#include "arch/dram_layout.hpp"

#include <algorithm>

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

ElementRoom DramLayout::roomAt(std::uint64_t imageAddress) const {
    const Region* region = regionAt(imageAddress);
    return region == nullptr ? ElementRoom{} : region->room;
}

}  // namespace systole::arch
