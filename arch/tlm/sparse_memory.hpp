// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>

namespace systole::arch {

/// Bytes of a memory of any size: room is taken page by page, as it is written; the rest reads 0.
class SparseMemory {
public:
    void read(std::uint64_t address, std::span<std::uint8_t> bytes) const;
    void write(std::uint64_t address, std::span<const std::uint8_t> bytes);

    std::size_t pages() const { return pages_.size(); }

private:
    static constexpr std::uint64_t kPageBytes = 4096;
    using Page = std::array<std::uint8_t, kPageBytes>;

    std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;  ///< by address / kPageBytes
};

}  // namespace systole::arch
