// SPDX-License-Identifier: Apache-2.0
#include "models/cost/element/operand_trace.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "models/check.hpp"
#include "models/numeric/formats/differing_bits.hpp"

namespace systole::cost {
namespace {

constexpr int kWordBits = 64;

std::uint64_t togglesOf(const std::vector<std::uint16_t>& codes) {
    return codes.empty() ? 0
                         : numeric::differingBits(codes.data(), codes.data() + 1, codes.size() - 1);
}

std::uint64_t zerosIn(const std::vector<std::uint16_t>& codes, const numeric::Codec& codec) {
    return static_cast<std::uint64_t>(std::count_if(
        codes.begin(), codes.end(), [&](std::uint16_t code) { return codec.decode(code) == 0; }));
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::uint64_t bitsOf(const numeric::Codec& codec) {
    return static_cast<std::uint64_t>(numeric::widthOf(codec.format()));
}

}  // namespace

OperandStatistics& OperandStatistics::operator+=(const OperandStatistics& other) {
    steps += other.steps;
    transitions += other.transitions;
    activationToggles += other.activationToggles;
    weightToggles += other.weightToggles;
    sumToggles += other.sumToggles;
    zeroActivations += other.zeroActivations;
    zeroWeights += other.zeroWeights;
    return *this;
}

OperandMeter::OperandMeter(numeric::Codec activation, numeric::Codec weight,
                           const numeric::AccumulatorFormat& accumulator)
    : activation_(std::move(activation)),
      weight_(std::move(weight)),
      sum_(numeric::productRegister(accumulator)),
      sumBits_(numeric::registerBits(sum_, activation_, weight_)),
      sumWords_(static_cast<std::uint32_t>(
          numeric::sumWords({.name = {}, .sum = sum_, .chunk = {}}, activation_, weight_))) {
    if (const auto* real = std::get_if<numeric::FloatRegister>(&sum_)) {
        code_.emplace(real->format);
    }
}

OperandStatistics OperandMeter::measure(const OperandTrace& trace) const {
    const std::size_t steps = trace.steps();
    SYSTOLE_CHECK(trace.weights.size() == steps && trace.sumWords == sumWords_ &&
                      trace.sums.size() == steps * sumWords_,
                  "a trace of {} activations, {} weights and {} words of sums of {} words", steps,
                  trace.weights.size(), trace.sums.size(), sumWords_);
    return {.steps = steps,
            .transitions = steps == 0 ? 0 : steps - 1,
            .activationToggles = togglesOf(trace.activations),
            .weightToggles = togglesOf(trace.weights),
            .sumToggles = sumToggles(trace),
            .zeroActivations = zerosIn(trace.activations, activation_),
            .zeroWeights = zerosIn(trace.weights, weight_)};
}

/// Float sums are the bits of a binary64; the register holds their code.
std::vector<std::uint64_t> OperandMeter::sumCodes(const OperandTrace& trace) const {
    const numeric::Overflow overflow = std::get<numeric::FloatRegister>(sum_).overflow;
    std::vector<std::uint64_t> codes(trace.sums.size());
    std::transform(trace.sums.begin(), trace.sums.end(), codes.begin(), [&](std::uint64_t sum) {
        return code_->encode(std::bit_cast<double>(sum), numeric::Rounding::NearestEven, overflow);
    });
    return codes;
}

std::uint64_t OperandMeter::sumToggles(const OperandTrace& trace) const {
    const std::vector<std::uint64_t> codes = code_ ? sumCodes(trace) : trace.sums;
    // The last word is sign extended beyond the register.
    const int lastBits = sumBits_ - kWordBits * static_cast<int>(sumWords_ - 1);
    const std::uint64_t lastMask = ~std::uint64_t{0} >> (kWordBits - lastBits);
    std::uint64_t bits = 0;
    for (std::size_t i = sumWords_; i < codes.size(); ++i) {
        const bool last = i % sumWords_ == sumWords_ - 1;
        const std::uint64_t changed = codes[i] ^ codes[i - sumWords_];
        bits += static_cast<std::uint64_t>(std::popcount(last ? changed & lastMask : changed));
    }
    return bits;
}

OperandRates OperandMeter::rates(const OperandStatistics& counts) const {
    const auto sumBits = static_cast<std::uint64_t>(sumBits_);
    return {
        .activationToggles =
            share(counts.activationToggles, counts.transitions * bitsOf(activation_)),
        .weightToggles = share(counts.weightToggles, counts.transitions * bitsOf(weight_)),
        .sumToggles = share(counts.sumToggles, counts.transitions * sumBits),
        .zeroActivations = share(counts.zeroActivations, counts.steps),
        .zeroWeights = share(counts.zeroWeights, counts.steps),
    };
}

}  // namespace systole::cost
