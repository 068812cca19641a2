// SPDX-License-Identifier: Apache-2.0
#include "arch/dma/burst_passage.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch {

void BurstPassage::push(const BurstShare& burst) {
    bursts_.push_back(burst);
    bytes_ += burst.usefulBytes;
}

/// Storage bytes of the scratchpad that the first `bytes` of the transfer fill.
std::uint64_t BurstPassage::storageBytes(std::uint64_t bytes) const {
    const std::uint64_t elements = bytes * 8 / place_.room.bits;
    return std::min(place_.bytes, elements * place_.room.imageBytes);
}

BurstPassage::Turn BurstPassage::next() {
    SYSTOLE_CHECK(!empty(), "a passage of nothing");
    Turn turn;
    touched_.clear();
    std::uint64_t room = place_.bytesPerCycle;
    do {
        const BurstShare& burst = bursts_.front();
        const std::uint64_t passing = std::min(room, burst.usefulBytes - passed_);
        addWords(burst, burst.offset + passed_, burst.offset + passed_ + passing);
        room -= passing;
        bytes_ -= passing;
        passed_ += passing;
        if (passed_ == burst.usefulBytes) {
            passed_ = 0;
            bursts_.pop_front();
            ++turn.bursts;
        }
    } while (place_.isWide && room > 0 && !empty());
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    for (const std::uint64_t word : touched_) {
        place_.isLoad ? place_.ports->write(word, turn.step) : place_.ports->read(word, turn.step);
    }
    return turn;
}

/// The words that are touched when the part `from` .. `to` of the transfer, in this burst, passes.
void BurstPassage::addWords(const BurstShare& burst, std::uint64_t from, std::uint64_t to) {
    const std::uint64_t partBegin = place_.address + storageBytes(from);
    const std::uint64_t partEnd = place_.address + storageBytes(to);
    if (partBegin == partEnd) {
        return;
    }
    const std::uint64_t begin = place_.address + storageBytes(burst.offset);
    const std::uint64_t end = place_.address + storageBytes(burst.offset + burst.usefulBytes);
    const std::uint64_t wordBytes = place_.words->wordBytes();
    place_.words->forEachWord(partBegin, partEnd - partBegin, [&](std::uint64_t word) {
        const std::uint64_t first = std::max(begin, word * wordBytes);
        const std::uint64_t last = std::min(end, (word + 1) * wordBytes);
        if (place_.isLoad ? last <= partEnd : first >= partBegin) {
            touched_.push_back(word);
        }
    });
}

}  // namespace systole::arch
