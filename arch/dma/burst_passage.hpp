// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "arch/memory/scratchpad_ports.hpp"
#include "models/memory/ports/access_stream.hpp"
#include "models/memory/ports/port_map.hpp"

namespace systole::arch {

/// One burst of a transfer and how many of its bytes are wanted.
struct BurstShare {
    std::uint64_t address = 0;
    std::uint32_t usefulBytes = 0;
    std::uint32_t offset = 0;  ///< of the first of them among those of the transfer
};

/// Where the bytes of a transfer lie in the scratchpad, and what may pass in a cycle.
struct PassagePlace {
    const memory::PortMap* ports = nullptr;
    const WordLayout* words = nullptr;
    std::uint64_t address = 0;  ///< of the first storage byte
    std::uint64_t bytes = 0;    ///< storage bytes
    memory::ElementRoom room;
    bool isLoad = false;
    std::uint64_t bytesPerCycle = 0;
    bool isWide = false;  ///< several bursts may pass in one cycle
};

/// The way of bursts between the DMA engine and a scratchpad: what passes in a cycle, and which
/// words it touches. A load writes a word in the cycle in which the word's last byte passes; a
/// store reads it in the cycle in which its first byte passes.
///
/// A cycle carries bytes of one burst only, unless the passage is wider than a burst. Then it
/// carries as many bytes as it holds, of as many bursts as they come from: 256 bytes a cycle are
/// four bursts of 64 bytes. A word that several of them touch is accessed once.
class BurstPassage {
public:
    explicit BurstPassage(const PassagePlace& place) : place_(place) {}

    /// A further burst, which passes after those before it.
    void push(const BurstShare& burst);
    bool empty() const { return bursts_.empty(); }
    std::uint64_t bytes() const { return bytes_; }  ///< that have not passed yet

    struct Turn {
        memory::AccessStep step;
        std::size_t bursts = 0;  ///< so many are through after it
    };
    /// What passes in the next cycle; there is something left.
    Turn next();

private:
    std::uint64_t storageBytes(std::uint64_t bytes) const;
    void addWords(const BurstShare& burst, std::uint64_t from, std::uint64_t to);

    PassagePlace place_;
    std::deque<BurstShare> bursts_;
    std::uint64_t passed_ = 0;  ///< bytes of the first one
    std::uint64_t bytes_ = 0;
    std::vector<std::uint64_t> touched_;  ///< words, of the present cycle
};

}  // namespace systole::arch
