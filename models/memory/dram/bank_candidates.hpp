// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "models/memory/dram/timing_engine.hpp"

namespace systole::memory {

/// A set of banks of a channel.
class BankSet {
public:
    explicit BankSet(std::uint32_t banks) : words_((banks + 63) / 64) {}

    void insert(std::uint32_t bank) {
        size_ += has(bank) ? 0 : 1;
        words_[bank / 64] |= bit(bank);
    }
    void erase(std::uint32_t bank) {
        size_ -= has(bank) ? 1 : 0;
        words_[bank / 64] &= ~bit(bank);
    }
    std::uint32_t size() const { return size_; }
    /// Of a set of one.
    std::uint32_t only() const {
        std::uint32_t index = 0;
        while (words_[index] == 0) {
            ++index;
        }
        return index * 64 + static_cast<std::uint32_t>(std::countr_zero(words_[index]));
    }
    bool has(std::uint32_t bank) const { return (words_[bank / 64] & bit(bank)) != 0; }
    std::size_t words() const { return words_.size(); }
    std::uint64_t word(std::size_t index) const { return words_[index]; }

    /// visit(bank) in ascending order.
    template <typename Visit>
    void forEach(Visit&& visit) const {
        for (std::size_t index = 0; index < words_.size(); ++index) {
            forEachOf(words_[index], index, visit);
        }
    }
    template <typename Visit>
    static void forEachOf(std::uint64_t word, std::size_t index, Visit&& visit) {
        for (; word != 0; word &= word - 1) {
            visit(static_cast<std::uint32_t>(index * 64) +
                  static_cast<std::uint32_t>(std::countr_zero(word)));
        }
    }

private:
    static std::uint64_t bit(std::uint32_t bank) { return std::uint64_t{1} << bank % 64; }

    std::vector<std::uint64_t> words_;
    std::uint32_t size_ = 0;
};

/// What each bank would do next for its bursts, and which of them may do so first. The controller
/// spends most of its time here: a bank is looked at anew only after something has happened to it.
class BankCandidates {
public:
    struct Candidate {
        Cycle ready = 0;          ///< by the rules of the bank alone
        std::uint64_t order = 0;  ///< of the burst
        std::uint32_t slot = 0;   ///< of the burst in its queue
        Command command = Command::Activate;
    };
    /// Of several banks the first that may go on; at one clock that of the oldest burst.
    struct Front {
        Cycle clock = kNever;
        std::uint64_t order = ~std::uint64_t{0};
        std::uint32_t bank = 0;
        std::uint32_t count = 0;  ///< that could at this clock
    };

    explicit BankCandidates(const TimingEngine& timing);

    const Candidate& of(std::uint32_t bank) const { return places_[bank].candidate; }

    /// Something has happened to the bank, or to all.
    void invalidate(std::uint32_t bank);
    void invalidateAll();
    /// A command was issued, which may delay others.
    void issued(Command command);
    /// A bank takes no bursts for now.
    void block(std::uint32_t bank, bool isBlocked);
    bool isBlocked(std::uint32_t bank) const { return blocked_.has(bank); }

    /// candidate(bank) for every bank of `pending` that something has happened to.
    template <typename MakeCandidate>
    void renew(const BankSet& pending, const TimingEngine& timing, Cycle now,
               MakeCandidate&& candidate) {
        for (std::size_t index = 0; index < stale_.words(); ++index) {
            const std::uint64_t word =
                stale_.word(index) & pending.word(index) & ~blocked_.word(index);
            BankSet::forEachOf(
                word, index, [&](std::uint32_t bank) { put(bank, candidate(bank), timing, now); });
        }
    }

    /// Among the banks whose next command is this one; not before `now`. What was found before
    /// holds as long as no bank came to be earlier and nothing delays the one that was first.
    const Front& first(Command command, const TimingEngine& timing, Cycle now) {
        KnownFront& known = fronts_[indexOf(command)];
        const Cycle least = std::max(now, timing.channelReady(command));
        if (!known.isKnown || least > known.front.clock) {
            known = {search(command, timing, least), true};
        }
        return known.front;
    }
    /// Of one bank, if that is its next command.
    Front alone(std::uint32_t bank, Command command, const TimingEngine& timing, Cycle now) const;

private:
    struct Place {
        Candidate candidate;
        std::uint32_t group = 0;  ///< of the channel
        std::uint32_t rank = 0;
    };
    struct KnownFront {
        Front front;
        bool isKnown = false;
    };
    void put(std::uint32_t bank, const Candidate& candidate, const TimingEngine& timing, Cycle now);
    Front search(Command command, const TimingEngine& timing, Cycle least) const;

    std::vector<Place> places_;
    BankSet stale_;
    BankSet blocked_;
    std::array<BankSet, kBurstCommandCount> byCommand_;
    std::array<KnownFront, kBurstCommandCount> fronts_;
    /// By issued command: whose fronts it may change.
    std::array<std::array<bool, kBurstCommandCount>, kCommandCount> changes_{};
};

}  // namespace systole::memory
