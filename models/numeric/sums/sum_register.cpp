// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/sums/sum_register.hpp"

namespace systole::numeric {
namespace {

RegisterState makeState(const Register& format, const Codec& activation, const Codec& weight) {
    return {format, registerBits(format, activation, weight),
            activation.gridExponent() + weight.gridExponent()};
}

std::size_t wordsOf(const Register& format, const Codec& activation, const Codec& weight) {
    return static_cast<std::size_t>(
        sumWords({.name = {}, .sum = format, .chunk = {}}, activation, weight));
}

}  // namespace

SumRegister::SumRegister(const AccumulatorFormat& accumulator, const Codec& activation,
                         const Codec& weight)
    : outer_(makeState(accumulator.sum, activation, weight)),
      inner_(makeState(productRegister(accumulator), activation, weight)),
      outerWords_(wordsOf(accumulator.sum, activation, weight)),
      innerWords_(wordsOf(productRegister(accumulator), activation, weight)),
      hasChunks_(accumulator.chunk.has_value()) {}

void SumRegister::clear() {
    outer_.clear();
    inner_.clear();
}

void SumRegister::close(std::uint32_t random, AccumulatorEvents& events) {
    outer_.add(inner_.value(), random, events);
    inner_.clear();
}

void SumRegister::addTo(std::span<std::int64_t> sum, std::uint32_t random,
                        AccumulatorEvents& events) const {
    RegisterState held = outer_;
    held.load(sum);
    held.add(outer_.value(), random, events);
    held.store(sum);
}

void SumRegister::loadOpen(std::span<const std::int64_t> words) {
    if (hasChunks_) outer_.load(words.first(outerWords_));
    inner_.load(words.last(innerWords_));
}

void SumRegister::storeOpen(std::span<std::int64_t> words) const {
    if (hasChunks_) outer_.store(words.first(outerWords_));
    inner_.store(words.last(innerWords_));
}

}  // namespace systole::numeric
