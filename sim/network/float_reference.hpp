// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "sim/network/network.hpp"

namespace systole::sim {

enum class KeepTensors { OutputOnly, All };

struct FloatResult {
    /// By TensorId; what was not to be kept is empty.
    std::vector<std::vector<float>> tensors;
    /// By TensorId: the largest magnitude, NaN where a tensor holds one.
    std::vector<float> amax;
    /// By TensorId: the least value.
    std::vector<float> least;
};

/// The FP32 reference of docs/arithmetic.md, section 2: the same bits on every machine.
/// Made once for a network, which must outlive it; run() may be called from several threads.
class FloatReference {
public:
    explicit FloatReference(const Network& network);

    /// `image` is the input, channels last.
    FloatResult run(std::span<const float> image, KeepTensors keep) const;

private:
    const Network& network_;
    std::vector<std::vector<float>> packedWeights_;  ///< by node; empty where it is no convolution
    std::vector<std::size_t> lastReader_;            ///< by TensorId: index of a node
};

/// One image through `network`; all tensors.
FloatResult runFloat(const Network& network, std::span<const float> image);

/// The least value; 0 of nothing.
float leastValue(std::span<const float> values);

/// The largest magnitude; NaN where there is one, 0 of nothing.
float largestMagnitude(std::span<const float> values);

}  // namespace systole::sim
