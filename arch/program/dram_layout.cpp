// SPDX-License-Identifier: Apache-2.0
#include "arch/program/dram_layout.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "models/units.hpp"

namespace systole::arch {
namespace {

/// The last of ascending entries whose address is not greater than the one given; else null.
template <typename Entry>
const Entry* lastUpTo(const std::vector<Entry>& entries, std::uint64_t Entry::*address,
                      std::uint64_t given) {
    const auto behind =
        std::partition_point(entries.begin(), entries.end(),
                             [&](const Entry& entry) { return entry.*address <= given; });
    return behind == entries.begin() ? nullptr : &*std::prev(behind);
}

}  // namespace

std::uint64_t DramLayout::allocate(std::uint64_t bytes, std::uint64_t alignment,
                                   const memory::ElementRoom& room) {
    return allocateSeries(1, bytes, alignment, room);
}

std::uint64_t DramLayout::allocateSeries(std::uint64_t count, std::uint64_t bytes,
                                         std::uint64_t alignment, const memory::ElementRoom& room) {
    const Region region{
        strideOf(imageBytes_, alignment), strideOf(memoryBytes_, alignment),           room, count,
        strideOf(bytes, alignment),       strideOf(room.memoryBytes(bytes), alignment)};
    imageBytes_ = region.image + count * region.imageStride;
    memoryBytes_ = region.memory + count * region.memoryStride;
    regions_.push_back(region);
    return region.image;
}

std::optional<DramLayout::Region> DramLayout::regionAt(std::uint64_t imageAddress) const {
    const Region* region = lastUpTo(regions_, &Region::image, imageAddress);
    if (region == nullptr) {
        return std::nullopt;
    }
    return region->count == 1
               ? *region
               : region->at(std::min((imageAddress - region->image) / region->imageStride,
                                     region->count - 1));
}

const DramLayout::Records* DramLayout::recordsAt(std::uint64_t imageAddress) const {
    const Records* records = lastUpTo(records_, &Records::image, imageAddress);
    return records != nullptr && imageAddress - records->image <
                                     std::uint64_t{records->count} * records->imageBytes
               ? records
               : nullptr;
}

void DramLayout::addRecords(std::uint64_t image, std::uint32_t imageBytes, std::uint32_t count) {
    SYSTOLE_CHECK(records_.empty() || records_.back().image < image, "records at {} after {}",
                  image, records_.back().image);
    records_.push_back({image, imageBytes, count});
}

DramLayout::Piece DramLayout::pieceAt(std::uint64_t memoryBit) const {
    const auto bitOfByte = static_cast<std::uint32_t>(memoryBit % 8);
    const Region* series = lastUpTo(regions_, &Region::memory, memoryBit / 8);
    if (series == nullptr) {
        return {memoryBit / 8, bitOfByte, 8 - bitOfByte, true};
    }
    const std::uint64_t index =
        series->count == 1
            ? 0
            : std::min((memoryBit / 8 - series->memory) / series->memoryStride, series->count - 1);
    const Region region = series->at(index);
    const auto [imageBytes, bits] = region.room;
    const std::uint64_t offset = memoryBit - 8 * region.memory;
    std::uint64_t begin = region.image + offset / bits * imageBytes;
    std::uint64_t within = offset % bits;
    std::uint64_t end = bits;
    const std::uint64_t next = index + 1 < series->count    ? series->at(index + 1).image
                               : series == &regions_.back() ? imageBytes_
                                                            : std::next(series)->image;
    // Behind the last element of a region, up to the next one, its memory holds nothing.
    if (const Records* records = begin < next ? recordsAt(begin) : nullptr) {
        begin -= (begin - records->image) % records->imageBytes;
        within = offset - (begin - region.image) / imageBytes * bits;
        end = std::uint64_t{records->imageBytes} / imageBytes * bits;
    }
    Piece piece{.imageByte = begin + within / 8,
                .imageBit = static_cast<std::uint32_t>(within % 8),
                .bits = 0,
                .isHeld = false};
    piece.bits = static_cast<std::uint32_t>(
        std::min<std::uint64_t>({8 - bitOfByte, 8 - piece.imageBit, end - within}));
    piece.isHeld = piece.imageByte < next;
    return piece;
}

DramLayout::Run DramLayout::memoryRun(std::uint64_t imageAddress, std::uint64_t bytes) const {
    const auto region = regionAt(imageAddress);
    if (!region) {
        return {imageAddress, imageAddress + bytes};
    }
    const std::uint64_t offset = imageAddress - region->image;
    const std::uint64_t firstBit = offset / region->room.imageBytes * region->room.bits;
    return {region->memory + firstBit / 8,
            region->memory + region->room.memoryBytes(offset + bytes)};
}

std::uint64_t DramLayout::memoryBit(std::uint64_t imageAddress) const {
    const auto region = regionAt(imageAddress);
    if (!region) {
        return 8 * imageAddress;
    }
    return 8 * region->memory +
           (imageAddress - region->image) / region->room.imageBytes * region->room.bits;
}

memory::ElementRoom DramLayout::roomAt(std::uint64_t imageAddress) const {
    const auto region = regionAt(imageAddress);
    return region ? region->room : memory::ElementRoom{};
}

}  // namespace systole::arch
