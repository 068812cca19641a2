// SPDX-License-Identifier: Apache-2.0
#include "models/cost/element/drawn_trace.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "models/numeric/formats/peak.hpp"
#include "models/numeric/sums/sum_register.hpp"
#include "models/split_mix.hpp"

namespace systole::cost {
namespace {

using numeric::Codec;

/// The sum of twelve uniform 16-bit numbers, as a deviation from its mean: no library function
/// whose last bit could differ.
double gaussian(SplitMix64& random) {
    std::int64_t total = -std::int64_t{6} * 0xFFFF;
    for (int i = 0; i < 3; ++i) {
        const std::uint64_t word = random();
        for (int shift = 0; shift < 64; shift += 16) {
            total += static_cast<std::int64_t>((word >> shift) & 0xFFFF);
        }
    }
    return static_cast<double>(total) / 65536;
}

constexpr double kEndOverDeviation = 3;
constexpr std::size_t kRowsAbove = 16;

/// Of rectified operands, as ResNet-8's tensors have them (docs/energy_activity.md).
constexpr double kMean = -0.31;                ///< before the ReLU, in standard deviations
constexpr double kActivationDeviation = 0.12;  ///< the standard deviation, of the largest value
constexpr double kWeightDeviation = 0.3;
constexpr double kChannelShare = 0.1;  ///< of the variance: the mean of a channel
constexpr double kCorrelation = 0.8;   ///< of a pixel with the one before, where they differ
constexpr double kFlatShare = 0.2;  ///< of the steps: a pixel like the one before, in all channels

/// Products of an output.
constexpr std::uint32_t kReduction = 256;
/// What scales leave room for in the accumulator, in products of both peaks: of `kReduction` such
/// products the positive ones add up to 1.0 on average and to 1.5 at most (mean and three
/// deviations), times the head room of a scheme, 1.5, rounded up.
constexpr double kRoomForSums = 3;

/// What a row of the array is fed, before the ReLU: the mean of its channel, and Gaussian numbers,
/// each a part of the one before it and a part that is new.
class Channel {
public:
    explicit Channel(SplitMix64& random)
        : mean_(kMean + std::sqrt(kChannelShare) * gaussian(random)), value_(gaussian(random)) {}

    double value() const { return mean_ + std::sqrt(1 - kChannelShare) * value_; }
    void step(SplitMix64& random) {
        value_ =
            kCorrelation * value_ + std::sqrt(1 - kCorrelation * kCorrelation) * gaussian(random);
    }

private:
    double mean_;
    double value_;
};

class Drawing {
public:
    Drawing(const ElementDescription& element, Stimulus stimulus, Stationary stationary,
            std::uint64_t seed)
        : stimulus_(stimulus),
          stationary_(stationary),
          activation_(element.activation),
          weight_(element.weight),
          activations_(seed),
          weights_(seed + 1),
          others_(seed + 2),
          sum_(sumRegister(element), activation_, weight_),
          activationPeak_(numeric::peakOf(activation_)),
          weightPeak_(weightPeak(sumRegister(element))) {}

    /// Folds of other processing elements, and other operands, one after the other.
    OperandTrace rectified(std::uint32_t steps, std::uint32_t foldSteps) {
        OperandTrace trace;
        trace.sumWords = static_cast<std::uint32_t>(sum_.words());
        for (std::uint32_t fold = 0; trace.steps() < steps; ++fold) {
            trace.foldBegins.push_back(static_cast<std::uint32_t>(trace.steps()));
            const auto left = steps - static_cast<std::uint32_t>(trace.steps());
            appendFold(trace, fold, std::min(left, foldSteps));
        }
        return trace;
    }

    OperandTrace trace(std::uint32_t steps, std::uint32_t foldSteps) {
        if (stimulus_ == Stimulus::Rectified) return rectified(steps, foldSteps);
        OperandTrace trace;
        trace.sumWords = static_cast<std::uint32_t>(sum_.words());
        trace.foldBegins = {0};
        std::uint16_t weight = 0;
        std::array<std::uint16_t, kRowsAbove> above{};
        for (std::uint32_t step = 0; step < steps; ++step) {
            if (step % foldSteps == 0) {
                weight = draw(weight_, weights_);
                for (std::uint16_t& each : above) each = draw(weight_, others_);
            }
            trace.activations.push_back(draw(activation_, activations_));
            trace.weights.push_back(weight);
            appendSum(trace.sums, above);
        }
        return trace;
    }

    std::uint32_t sumsBeyondRegister() const { return beyond_; }

private:
    static numeric::AccumulatorFormat sumRegister(const ElementDescription& element) {
        numeric::AccumulatorFormat format{.name = "sum", .sum = element.sum, .chunk = {}};
        if (auto* sum = std::get_if<numeric::FloatRegister>(&format.sum)) {
            if (element.floatAdder == FloatAdder::Flush)
                sum->overflow = numeric::Overflow::Saturate;
            sum->rounding = numeric::Rounding::NearestEven;
        }
        // A register with fewer guard bits holds the low bits of the sums that are drawn.
        if (auto* sum = std::get_if<numeric::ExactRegister>(&format.sum)) {
            sum->guardBits = std::max(sum->guardBits, static_cast<int>(std::bit_width(kRowsAbove)));
        }
        return format;
    }

    /// The end of a format's range: of signed integers the negative one, which is the larger.
    static double endOf(const Codec& codec) { return std::max(codec.largest(), -codec.smallest()); }

    std::uint16_t draw(const Codec& codec, SplitMix64& generator) const {
        if (stimulus_ == Stimulus::Uniform) {
            for (;;) {
                const auto code = static_cast<std::uint16_t>(
                    generator() >> (64 - std::bit_width(codec.codeCount() - 1)));
                if (codec.isFinite(code)) return code;
            }
        }
        double value = gaussian(generator) * endOf(codec) / kEndOverDeviation;
        if (codec.smallest() >= 0) value = std::abs(value);
        return static_cast<std::uint16_t>(codec.encode(value));
    }

    void appendSum(std::vector<std::uint64_t>& sums,
                   const std::array<std::uint16_t, kRowsAbove>& weights) {
        sum_.clear();
        numeric::AccumulatorEvents events;
        for (const std::uint16_t weight : weights) {
            const double a = activation_.decode(draw(activation_, others_));
            sum_.add(numeric::productOf(a, weight_.decode(weight)), 0, events);
        }
        if (events.overflows + events.saturations > 0) ++beyond_;
        appendOpenSum(sums);
    }

    void appendFold(OperandTrace& trace, std::uint32_t fold, std::uint32_t steps) {
        constexpr std::uint32_t kRowStride = 5;   // visits all rows
        constexpr std::uint32_t kSumStride = 37;  // and sums of all lengths
        if (stationary_ == Stationary::Sum) {
            appendOutput(trace, fold * kSumStride % kReduction, steps);
        } else {
            appendColumn(trace, fold * kRowStride % kRowsAbove, steps);
        }
    }

    /// A processing element of this row, and those above, whose products it is handed.
    void appendColumn(OperandTrace& trace, std::size_t row, std::uint32_t steps) {
        std::vector<Channel> channels;
        std::vector<std::uint16_t> weights;
        for (std::size_t i = 0; i <= row; ++i) {
            channels.emplace_back(activations_);
            weights.push_back(rectifiedWeight());
        }
        for (std::uint32_t step = 0; step < steps; ++step) {
            if (step > 0) advance(channels, weights);
            sum_.clear();
            for (std::size_t i = 0; i < row; ++i) {
                addToSum(rectifiedActivation(channels[i]), weights[i]);
            }
            append(trace, rectifiedActivation(channels[row]), weights[row]);
        }
    }

    /// To the next pixel with the same weights, or to the next output channel with the same pixel.
    void advance(std::vector<Channel>& channels, std::vector<std::uint16_t>& weights) {
        if (stationary_ == Stationary::Activation) {
            for (std::uint16_t& weight : weights) weight = rectifiedWeight();
        } else if (!isFlat()) {
            for (Channel& channel : channels) channel.step(activations_);
        }
    }

    /// A processing element that has added `before` products to its own sum.
    void appendOutput(OperandTrace& trace, std::uint32_t before, std::uint32_t steps) {
        sum_.clear();
        for (std::uint32_t step = 0; step < before + steps; ++step) {
            const std::uint16_t activation = rectifiedActivation(Channel(activations_));
            const std::uint16_t weight = rectifiedWeight();
            if (step >= before) append(trace, activation, weight);
            addToSum(activation, weight);
        }
    }

    void addToSum(std::uint16_t activation, std::uint16_t weight) {
        numeric::AccumulatorEvents events;
        sum_.add(numeric::productOf(activation_.decode(activation), weight_.decode(weight)), 0,
                 events);
    }

    void append(OperandTrace& trace, std::uint16_t activation, std::uint16_t weight) {
        trace.activations.push_back(activation);
        trace.weights.push_back(weight);
        appendOpenSum(trace.sums);
    }

    bool isFlat() { return static_cast<double>(others_() >> 11U) * 0x1p-53 < kFlatShare; }

    std::uint16_t rectifiedActivation(const Channel& channel) const {
        const double value = std::max(channel.value(), 0.0) * kActivationDeviation;
        return static_cast<std::uint16_t>(activation_.encode(value * activationPeak_));
    }

    std::uint16_t rectifiedWeight() {
        return static_cast<std::uint16_t>(
            weight_.encode(gaussian(weights_) * kWeightDeviation * weightPeak_));
    }

    /// The largest weight, as quantized: the format's peak, or less where its sums would not fit.
    double weightPeak(const numeric::AccumulatorFormat& sum) const {
        const double room = numeric::largestSum(sum, activation_, weight_) / kRoomForSums;
        return std::min(numeric::peakOf(weight_), room / activationPeak_);
    }

    void appendOpenSum(std::vector<std::uint64_t>& sums) const {
        std::vector<std::int64_t> words(sum_.openWords());
        sum_.storeOpen(words);
        for (std::size_t i = 0; i < sum_.words(); ++i) {
            sums.push_back(static_cast<std::uint64_t>(words[i]));
        }
    }

    Stimulus stimulus_;
    Stationary stationary_;
    Codec activation_;
    Codec weight_;
    SplitMix64 activations_;
    SplitMix64 weights_;
    SplitMix64 others_;
    numeric::SumRegister sum_;
    double activationPeak_;
    double weightPeak_;
    std::uint32_t beyond_ = 0;  ///< sums that the register could not hold
};

}  // namespace

OperandTrace drawnTrace(const ElementDescription& element, Stimulus stimulus, std::uint32_t steps,
                        std::uint32_t foldSteps, Stationary stationary, std::uint64_t seed) {
    return Drawing(element, stimulus, stationary, seed).trace(steps, foldSteps);
}

double shareBeyondRegister(const ElementDescription& element, Stimulus stimulus,
                           std::uint32_t steps) {
    Drawing drawing(element, stimulus, Stationary::Weight, 1);
    drawing.trace(steps, kWeightSteps);
    return static_cast<double>(drawing.sumsBeyondRegister()) / steps;
}

}  // namespace systole::cost
