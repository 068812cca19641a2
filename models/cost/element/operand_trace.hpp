// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/numeric/formats/codec.hpp"
#include "models/numeric/sums/accumulator.hpp"

/// What a processing element (PE) sees step by step, and how active that is.
namespace systole::cost {

/// Steps of one PE in consecutive cycles of the array, fold after fold: what its multiplier and its
/// adder are fed. Steps in which it has no product of the network are not in it.
///
/// Weight stationary, the weight is the same all through a fold, and the sum is what the PE above
/// hands down (input stationary: the same with the activation). Output stationary, the sum is the
/// PE's own register. Every fold begins with a sum of zero: what the accumulator buffer holds is
/// added behind the array.
struct OperandTrace {
    std::vector<std::uint16_t> activations;  ///< codes, one a step
    std::vector<std::uint16_t> weights;      ///< codes, one a step
    /// [step][word], low word first: the register that the product is added to (of chunks, the
    /// inner one) before the addition, as `numeric::sumWords` of that register says.
    std::vector<std::uint64_t> sums;
    std::uint32_t sumWords = 1;
    /// Steps with which a fold begins, ascending, 0 first. Folds that follow each other here need
    /// not do so in time.
    std::vector<std::uint32_t> foldBegins;
    std::uint32_t row = 0;  ///< of the PE in the array
    std::uint32_t column = 0;

    std::size_t steps() const { return activations.size(); }
    bool operator==(const OperandTrace&) const = default;
};

/// Counts over traces. Bits that toggle are those of a code, and of the sum's register (of a float:
/// of its code), that differ from the step before in the same trace.
struct OperandStatistics {
    std::uint64_t steps = 0;
    std::uint64_t transitions = 0;  ///< steps that follow another one of their trace
    std::uint64_t activationToggles = 0;
    std::uint64_t weightToggles = 0;
    std::uint64_t sumToggles = 0;
    std::uint64_t zeroActivations = 0;  ///< steps with a value of zero
    std::uint64_t zeroWeights = 0;

    OperandStatistics& operator+=(const OperandStatistics& other);
    bool operator==(const OperandStatistics&) const = default;
};

/// The same as shares of 1: of the bits that could have toggled, and of the steps. Zero where
/// nothing was counted.
struct OperandRates {
    double activationToggles = 0;
    double weightToggles = 0;
    double sumToggles = 0;
    double zeroActivations = 0;
    double zeroWeights = 0;
};

inline constexpr std::array kOperandRates{
    &OperandRates::activationToggles, &OperandRates::weightToggles, &OperandRates::sumToggles,
    &OperandRates::zeroActivations, &OperandRates::zeroWeights};

/// Counts for the formats of one datapath.
class OperandMeter {
public:
    OperandMeter(numeric::Codec activation, numeric::Codec weight,
                 const numeric::AccumulatorFormat& accumulator);

    /// The trace's sums must have the words of the register that products are added to.
    OperandStatistics measure(const OperandTrace& trace) const;
    OperandRates rates(const OperandStatistics& counts) const;

    int sumBits() const { return sumBits_; }

private:
    std::uint64_t sumToggles(const OperandTrace& trace) const;
    std::vector<std::uint64_t> sumCodes(const OperandTrace& trace) const;

    numeric::Codec activation_;
    numeric::Codec weight_;
    numeric::Register sum_;               ///< that products are added to
    std::optional<numeric::Codec> code_;  ///< of a float register
    int sumBits_;
    std::uint32_t sumWords_;
};

}  // namespace systole::cost
