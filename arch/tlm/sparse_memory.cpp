// SPDX-License-Identifier: Apache-2.0
#include "arch/tlm/sparse_memory.hpp"

#include <algorithm>

namespace systole::arch {
namespace {

/// Calls visit(page, offset in the page, offset in the run, bytes) for every page of a run.
template <typename Visit>
void forEachPage(std::uint64_t address, std::size_t bytes, std::uint64_t pageBytes, Visit&& visit) {
    for (std::size_t at = 0; at < bytes;) {
        const std::uint64_t offset = (address + at) % pageBytes;
        const std::size_t run = std::min<std::size_t>(bytes - at, pageBytes - offset);
        visit((address + at) / pageBytes, offset, at, run);
        at += run;
    }
}

}  // namespace

void SparseMemory::read(std::uint64_t address, std::span<std::uint8_t> bytes) const {
    forEachPage(address, bytes.size(), kPageBytes,
                [&](std::uint64_t page, std::uint64_t offset, std::size_t at, std::size_t run) {
                    const auto found = pages_.find(page);
                    const auto to = bytes.begin() + static_cast<std::ptrdiff_t>(at);
                    if (found == pages_.end()) {
                        std::fill_n(to, run, std::uint8_t{0});
                    } else {
                        std::copy_n(found->second->data() + offset, run, to);
                    }
                });
}

void SparseMemory::write(std::uint64_t address, std::span<const std::uint8_t> bytes) {
    forEachPage(address, bytes.size(), kPageBytes,
                [&](std::uint64_t page, std::uint64_t offset, std::size_t at, std::size_t run) {
                    std::unique_ptr<Page>& place = pages_[page];
                    if (!place) {
                        place = std::make_unique<Page>();
                    }
                    std::copy_n(bytes.data() + at, run, place->data() + offset);
                });
}

}  // namespace systole::arch
