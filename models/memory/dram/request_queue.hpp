// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "models/memory/dram/bank_candidates.hpp"
#include "models/memory/dram/dram_device.hpp"

namespace systole::memory {

/// A burst that waits.
struct QueuedBurst {
    std::uint64_t tag = 0;
    Cycle arrival = 0;
    Cycle notBefore = 0;      ///< the controller's pipeline is passed
    std::uint64_t order = 0;  ///< of arrival in the channel
    std::uint32_t bank = 0;   ///< of the channel
    std::uint32_t row = 0;
    std::uint32_t column = 0;
    bool begun = false;  ///< how it found its row is counted
    bool activated = false;
    bool held = false;

    bool sameBurst(const QueuedBurst& other) const {
        return bank == other.bank && row == other.row && column == other.column;
    }
};

/// How often keys occur, by hash: a count of zero is certain, others may be too high.
class CountingFilter {
public:
    explicit CountingFilter(std::size_t keys) : counts_(std::bit_ceil(keys * 16)) {}

    void add(std::uint64_t key) { ++counts_[slot(key)]; }
    void remove(std::uint64_t key) { --counts_[slot(key)]; }
    bool maybeHas(std::uint64_t key) const { return counts_[slot(key)] > 0; }

private:
    std::size_t slot(std::uint64_t key) const {
        return ((key * 0x9E3779B97F4A7C15ULL) >> 32U) & (counts_.size() - 1);
    }
    std::vector<std::uint32_t> counts_;
};

/// The reads, or the writes, that wait in a controller: of each bank a list by age, in it the
/// oldest that hits the open row, and one list of all by age. Nothing allocates after construction.
class RequestQueue {
public:
    using Slot = std::uint32_t;
    static constexpr Slot kNone = ~Slot{0};

    RequestQueue(std::size_t capacity, std::uint32_t banks);

    bool isFull() const { return free_.empty(); }
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    /// Those that are not held: they are in the lists of their banks.
    std::size_t available() const { return size_ - held_; }

    const QueuedBurst& at(Slot slot) const { return nodes_[slot].burst; }
    QueuedBurst& at(Slot slot) { return nodes_[slot].burst; }

    Slot insert(const QueuedBurst& burst, std::uint32_t openRow);
    void erase(Slot slot);

    Slot oldest() const { return age_.head; }
    Slot oldestOf(std::uint32_t bank) const { return banks_[bank].list.head; }
    Slot hitOf(std::uint32_t bank) const { return banks_[bank].hit; }

    /// The bank's row is open now, or closed (DramDevice::kClosed).
    void rowChanged(std::uint32_t bank, std::uint32_t openRow);

    /// The youngest burst to the same place; kNone without one.
    Slot findLast(const QueuedBurst& burst) const;

    /// Lets held bursts go on for which `mayGo(burst)`.
    template <typename MayGo>
    void release(std::uint32_t bank, std::uint32_t openRow, MayGo&& mayGo);

    /// The banks for which bursts are available.
    const BankSet& pending() const { return pending_; }

private:
    struct Links {
        Slot previous = kNone;
        Slot next = kNone;
    };
    struct List {
        Slot head = kNone;
        Slot tail = kNone;
    };
    struct Node {
        QueuedBurst burst;
        Links inBank;
        Links byAge;
    };
    struct Bank {
        List list;
        Slot hit = kNone;
    };

    static std::uint64_t rowKey(const QueuedBurst& burst) {
        return std::uint64_t{burst.bank} << 32U | burst.row;
    }
    static std::uint64_t burstKey(const QueuedBurst& burst) {
        return rowKey(burst) * 0x10001 + burst.column;
    }
    void linkAfter(List& list, Links Node::*links, Slot slot, Slot after);
    void unlink(List& list, Links Node::*links, Slot slot);
    void enterBank(Slot slot, std::uint32_t openRow);
    Slot nextHit(std::uint32_t bank, std::uint32_t row, Slot from) const;

    std::vector<Node> nodes_;
    std::vector<Slot> free_;
    std::vector<Bank> banks_;
    BankSet pending_;
    List age_;
    std::size_t size_ = 0;
    std::size_t held_ = 0;
    CountingFilter rows_;
    CountingFilter bursts_;
};

template <typename MayGo>
void RequestQueue::release(std::uint32_t bank, std::uint32_t openRow, MayGo&& mayGo) {
    if (held_ == 0) {
        return;
    }
    for (Slot slot = age_.head; slot != kNone; slot = nodes_[slot].byAge.next) {
        QueuedBurst& burst = nodes_[slot].burst;
        if (burst.held && burst.bank == bank && mayGo(burst)) {
            burst.held = false;
            --held_;
            enterBank(slot, openRow);
        }
    }
}

}  // namespace systole::memory
