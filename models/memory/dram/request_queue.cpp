// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/request_queue.hpp"

#include "models/check.hpp"

namespace systole::memory {

RequestQueue::RequestQueue(std::size_t capacity, std::uint32_t banks)
    : nodes_(capacity), banks_(banks), pending_(banks), rows_(capacity), bursts_(capacity) {
    for (std::size_t slot = capacity; slot-- > 0;) {
        free_.push_back(static_cast<Slot>(slot));
    }
}

RequestQueue::Slot RequestQueue::insert(const QueuedBurst& burst, std::uint32_t openRow) {
    SYSTOLE_CHECK(!free_.empty(), "a burst for a queue of {} that is full", nodes_.size());
    const Slot slot = free_.back();
    free_.pop_back();
    nodes_[slot].burst = burst;
    linkAfter(age_, &Node::byAge, slot, age_.tail);
    ++size_;
    bursts_.add(burstKey(burst));
    if (burst.held) {
        ++held_;
    } else {
        enterBank(slot, openRow);
    }
    return slot;
}

/// Puts it behind all that are older: after having been held it is not the youngest.
void RequestQueue::enterBank(Slot slot, std::uint32_t openRow) {
    const QueuedBurst& burst = nodes_[slot].burst;
    Bank& bank = banks_[burst.bank];
    Slot after = bank.list.tail;
    while (after != kNone && nodes_[after].burst.order > burst.order) {
        after = nodes_[after].inBank.previous;
    }
    linkAfter(bank.list, &Node::inBank, slot, after);
    pending_.insert(burst.bank);
    rows_.add(rowKey(burst));
    if (burst.row == openRow && (bank.hit == kNone || nodes_[bank.hit].burst.order > burst.order)) {
        bank.hit = slot;
    }
}

void RequestQueue::erase(Slot slot) {
    const QueuedBurst burst = nodes_[slot].burst;
    Bank& bank = banks_[burst.bank];
    const Slot next = nodes_[slot].inBank.next;
    unlink(bank.list, &Node::inBank, slot);
    unlink(age_, &Node::byAge, slot);
    rows_.remove(rowKey(burst));
    bursts_.remove(burstKey(burst));
    if (bank.hit == slot) {
        bank.hit = nextHit(burst.bank, burst.row, next);
    }
    if (bank.list.head == kNone) {
        pending_.erase(burst.bank);
    }
    --size_;
    free_.push_back(slot);
}

void RequestQueue::rowChanged(std::uint32_t bank, std::uint32_t openRow) {
    if (size_ == 0) {
        return;  // there is no hit
    }
    banks_[bank].hit =
        openRow == DramDevice::kClosed ? kNone : nextHit(bank, openRow, banks_[bank].list.head);
}

RequestQueue::Slot RequestQueue::nextHit(std::uint32_t bank, std::uint32_t row, Slot from) const {
    if (!rows_.maybeHas(std::uint64_t{bank} << 32U | row)) {
        return kNone;
    }
    while (from != kNone && nodes_[from].burst.row != row) {
        from = nodes_[from].inBank.next;
    }
    return from;
}

RequestQueue::Slot RequestQueue::findLast(const QueuedBurst& burst) const {
    if (!bursts_.maybeHas(burstKey(burst))) {
        return kNone;
    }
    Slot slot = age_.tail;
    while (slot != kNone && !nodes_[slot].burst.sameBurst(burst)) {
        slot = nodes_[slot].byAge.previous;
    }
    return slot;
}

void RequestQueue::linkAfter(List& list, Links Node::*links, Slot slot, Slot after) {
    Links& own = nodes_[slot].*links;
    own.previous = after;
    own.next = after == kNone ? list.head : (nodes_[after].*links).next;
    (after == kNone ? list.head : (nodes_[after].*links).next) = slot;
    (own.next == kNone ? list.tail : (nodes_[own.next].*links).previous) = slot;
}

void RequestQueue::unlink(List& list, Links Node::*links, Slot slot) {
    const Links& own = nodes_[slot].*links;
    (own.previous == kNone ? list.head : (nodes_[own.previous].*links).next) = own.next;
    (own.next == kNone ? list.tail : (nodes_[own.next].*links).previous) = own.previous;
}

}  // namespace systole::memory
