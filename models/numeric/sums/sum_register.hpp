// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "models/numeric/formats/codec.hpp"
#include "models/numeric/sums/register_state.hpp"

namespace systole::numeric {

/// The registers that one sum goes through, addition by addition, exactly as `Gemm` defines it: an
/// inner one that products are added to, an outer one that the inner one's value is added to at the
/// end of a chunk. Without chunks a fold is one chunk, and both have the accumulator's format. The
/// accumulator buffer adds the outer one's value, at the end of a fold, to what it holds.
class SumRegister {
public:
    SumRegister(const AccumulatorFormat& accumulator, const Codec& activation, const Codec& weight);

    /// Words of the outer register (`sumWords`).
    std::size_t words() const { return outerWords_; }

    /// Both are zero.
    void clear();
    /// The outer register, as `words()` words.
    void store(std::span<std::int64_t> words) const { outer_.store(words); }

    /// Adds an exact product to the inner register. `random` counts where `innerSeed()` is one.
    void add(const Term& product, std::uint32_t random, AccumulatorEvents& events) {
        inner_.add(product, random, events);
    }
    /// Ends a fold: adds the outer register to a sum of the accumulator buffer, as `words()` words.
    void addTo(std::span<std::int64_t> sum, std::uint32_t random, AccumulatorEvents& events) const;
    /// Ends a chunk: the outer register gets the inner one's value, which is zero afterwards.
    void close(std::uint32_t random, AccumulatorEvents& events);

    /// A sum on its way from one processing element to the next: the outer words, then, if there
    /// are chunks, those of the open one. Without chunks nothing is ever closed within a fold, and
    /// the words are the inner register's.
    std::size_t openWords() const { return hasChunks_ ? outerWords_ + innerWords_ : outerWords_; }
    void loadOpen(std::span<const std::int64_t> words);
    void storeOpen(std::span<std::int64_t> words) const;

    /// Seeds of stochastic rounding, or null.
    const std::uint64_t* innerSeed() const { return inner_.seed(); }
    const std::uint64_t* outerSeed() const { return outer_.seed(); }

private:
    RegisterState outer_;
    RegisterState inner_;
    std::size_t outerWords_;
    std::size_t innerWords_;
    bool hasChunks_;
};

}  // namespace systole::numeric
