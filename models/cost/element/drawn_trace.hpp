// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/cost/element/element_model.hpp"

namespace systole::cost {

/// Operands that are drawn, for figures of a processing element without a network.
enum class Stimulus : std::uint8_t {
    Gaussian,  ///< a third of the end of the format's range as standard deviation, saturated
    Uniform,   ///< all finite codes alike
    /// Like a layer after a ReLU, with the statistics of ResNet-8's tensors
    /// (docs/energy_activity.md): activations are Gaussian numbers cut at zero, and pixels resemble
    /// the ones before them; weights are Gaussian. Both are scaled as a quantizer does it: to the
    /// formats' peaks, with the accumulator's head room (docs/arithmetic.md, section 3).
    Rectified,
};

/// What stays in a processing element for a fold; only rectified operands know others than weights.
enum class Stationary : std::uint8_t {
    Weight,      ///< activations stream: pixel after pixel of a channel
    Activation,  ///< weights stream: output channel after output channel
    Sum,         ///< both stream: channel after channel of a pixel
};

/// A trace of drawn operands, in folds of `foldSteps`. Of Gaussian and uniform ones the weight
/// changes with every fold, and the sum before each addition is a fresh one of 16 products with
/// weights of their own, as in the middle of a column. Of rectified operands the sum is one of 0 to
/// 15 products, as all along a column, or the element's own, after 0 to 255 products.
/// Seeded: the same trace everywhere.
inline constexpr std::uint32_t kWeightSteps = 64;
OperandTrace drawnTrace(const ElementDescription& element, Stimulus stimulus, std::uint32_t steps,
                        std::uint32_t foldSteps = kWeightSteps,
                        Stationary stationary = Stationary::Weight, std::uint64_t seed = 1);

/// Of these sums, the share that the register cannot hold, so that it wraps or stays at the end of
/// its range: with Gaussian E5M2 nearly all sums in FP16. A register that stays there hardly
/// switches. Not of rectified operands, which scales make fit.
double shareBeyondRegister(const ElementDescription& element, Stimulus stimulus,
                           std::uint32_t steps);

}  // namespace systole::cost
