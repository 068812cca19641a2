// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/memory/ports/element_packing.hpp"
#include "models/units.hpp"

namespace systole::arch {

/// Where the parts of the DRAM's image lie in the DRAM. Commands name places in the image, in which
/// every element has whole bytes. In the DRAM elements lie one after the other without padding.
class DramLayout {
public:
    /// Finds a place for `bytes` bytes of the image. Its addresses in the image and in the DRAM are
    /// multiples of `alignment`. Returns the address in the image.
    std::uint64_t allocate(std::uint64_t bytes, std::uint64_t alignment,
                           const memory::ElementRoom& room);

    /// The same for `count` places of equal size, one after the other. Each begins at the
    /// alignment; the second one lies `strideOf(bytes, alignment)` bytes after the first in the
    /// image.
    std::uint64_t allocateSeries(std::uint64_t count, std::uint64_t bytes, std::uint64_t alignment,
                                 const memory::ElementRoom& room);
    static std::uint64_t strideOf(std::uint64_t bytes, std::uint64_t alignment) {
        return ceilDivide(bytes, alignment) * alignment;
    }

    std::uint64_t imageBytes() const { return imageBytes_; }
    std::uint64_t memoryBytes() const { return memoryBytes_; }

    struct Run {
        std::uint64_t begin;
        std::uint64_t end;
    };
    /// The bytes of the DRAM that hold a run of the image; the same where nothing was allocated.
    Run memoryRun(std::uint64_t imageAddress, std::uint64_t bytes) const;
    memory::ElementRoom roomAt(std::uint64_t imageAddress) const;
    /// The bit of the DRAM at which the element at a place of the image begins.
    std::uint64_t memoryBit(std::uint64_t imageAddress) const;
    /// Parameter records among the elements of a region. A record takes the room of several
    /// elements, but it is not cut into elements: its bits lie there densely.
    struct Records {
        std::uint64_t image;
        std::uint32_t imageBytes;  ///< of one record
        std::uint32_t count;
    };
    /// Adds records. They must lie after all that were added before.
    void addRecords(std::uint64_t image, std::uint32_t imageBytes, std::uint32_t count);
    /// The records that a place of the image belongs to, or null.
    const Records* recordsAt(std::uint64_t imageAddress) const;

    /// Bits that lie side by side in one byte of the memory and in one byte of the image.
    struct Piece {
        std::uint64_t imageByte;
        std::uint32_t imageBit;
        std::uint32_t bits;
        bool isHeld;  ///< whether anything was allocated there
    };
    /// The place in the image of bit `memoryBit` % 8 of byte `memoryBit` / 8 of the memory, and of
    /// the bits after it.
    Piece pieceAt(std::uint64_t memoryBit) const;

private:
    struct Region {
        std::uint64_t image;
        std::uint64_t memory;
        memory::ElementRoom room;
        // Of a series, whose first place this is.
        std::uint64_t count = 1;
        std::uint64_t imageStride = 0;
        std::uint64_t memoryStride = 0;

        /// A place of the series.
        Region at(std::uint64_t index) const {
            return {image + index * imageStride, memory + index * memoryStride, room};
        }
    };
    std::optional<Region> regionAt(std::uint64_t imageAddress) const;

    std::vector<Region> regions_;   ///< ascending
    std::vector<Records> records_;  ///< ascending
    std::uint64_t imageBytes_ = 0;
    std::uint64_t memoryBytes_ = 0;
};

}  // namespace systole::arch
