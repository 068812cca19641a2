// SPDX-License-Identifier: Apache-2.0
#include "sim/network/float_convolution.hpp"

#include <algorithm>
#include <array>

#include "models/check.hpp"
#include "sim/network/float_kernel.hpp"
#include "sim/network/window.hpp"

namespace systole::sim {

namespace {

/// One channel in, one out, in every group: channels are what a vector can hold.
bool isDepthwise(const Convolution& convolution) {
    return convolution.groups > 1 && convolution.groups == convolution.outputChannels &&
           convolution.reduction() == kernelArea(convolution.window);
}

std::size_t blocksOf(std::size_t channels) {
    return (channels + kBlockChannels - 1) / kBlockChannels;
}

/// A convolution in progress: blocks of kBlockPixels pixels by kBlockChannels output channels.
class DenseConvolution {
public:
    DenseConvolution(const Convolution& convolution, std::span<const float> packed,
                     const Shape& inputShape, std::span<const float> input)
        : convolution_(convolution),
          packed_(packed),
          inputShape_(inputShape),
          input_(input),
          reduction_(convolution.reduction()),
          groupInputs_(inputShape.channels / convolution.groups),
          groupOutputs_(convolution.outputChannels / convolution.groups),
          patches_(reduction_ * kBlockPixels) {}

    void run(const Shape& outputShape, std::span<float> output) {
        const std::size_t pixels = std::size_t{outputShape.height} * outputShape.width;
        for (std::size_t group = 0; group < convolution_.groups; ++group) {
            for (std::size_t first = 0; first < pixels; first += kBlockPixels) {
                const std::size_t count = std::min(kBlockPixels, pixels - first);
                gather(group, outputShape.width, first, count);
                for (std::size_t block = 0; block < blocksOf(groupOutputs_); ++block) {
                    computeBlock(group, block, first, count, output);
                }
            }
        }
    }

private:
    /// Taps outside the image become zeros: their products add nothing, because a sum that starts
    /// from +0 is never -0.
    void gather(std::size_t group, std::uint32_t outputWidth, std::size_t first,
                std::size_t count) {
        std::fill(patches_.begin(), patches_.end(), 0.0F);
        for (std::size_t p = 0; p < count; ++p) {
            const auto y = static_cast<std::uint32_t>((first + p) / outputWidth);
            const auto x = static_cast<std::uint32_t>((first + p) % outputWidth);
            forEachTap(convolution_.window, inputShape_, y, x,
                       [&](std::size_t tap, std::size_t pixel) {
                           const float* source =
                               &input_[pixel * inputShape_.channels + group * groupInputs_];
                           float* target = &patches_[tap * groupInputs_ * kBlockPixels + p];
                           for (std::size_t c = 0; c < groupInputs_; ++c) {
                               target[c * kBlockPixels] = source[c];
                           }
                       });
        }
    }

    void computeBlock(std::size_t group, std::size_t block, std::size_t first, std::size_t count,
                      std::span<float> output) const {
        std::array<double, kBlockPixels * kBlockChannels> sums{};
        const std::size_t index = group * blocksOf(groupOutputs_) + block;
        multiplyBlock(patches_.data(), &packed_[index * reduction_ * kBlockChannels], reduction_,
                      sums.data());
        const std::size_t channel = group * groupOutputs_ + block * kBlockChannels;
        const std::size_t channels =
            std::min(kBlockChannels, groupOutputs_ - block * kBlockChannels);
        for (std::size_t p = 0; p < count; ++p) {
            float* target = &output[(first + p) * convolution_.outputChannels + channel];
            for (std::size_t n = 0; n < channels; ++n) {
                target[n] = static_cast<float>(sums[p * kBlockChannels + n] +
                                               double{convolution_.bias[channel + n]});
            }
        }
    }

    const Convolution& convolution_;
    std::span<const float> packed_;
    const Shape& inputShape_;
    std::span<const float> input_;
    std::size_t reduction_;
    std::size_t groupInputs_;
    std::size_t groupOutputs_;
    std::vector<float> patches_;  ///< [k][kBlockPixels]
};

void convolveDepthwise(const Convolution& convolution, std::span<const float> packed,
                       const Shape& inputShape, std::span<const float> input,
                       const Shape& outputShape, std::span<float> output) {
    const std::size_t channels = inputShape.channels;
    std::vector<double> sums(channels);
    forEachPixel(outputShape, [&](std::uint32_t y, std::uint32_t x, std::size_t at) {
        std::fill(sums.begin(), sums.end(), 0.0);
        forEachTap(convolution.window, inputShape, y, x, [&](std::size_t tap, std::size_t pixel) {
            multiplyElements(&input[pixel * channels], &packed[tap * channels], channels,
                             sums.data());
        });
        for (std::size_t c = 0; c < channels; ++c) {
            output[at * channels + c] = static_cast<float>(sums[c] + double{convolution.bias[c]});
        }
    });
}

}  // namespace

std::vector<float> packWeights(const Convolution& convolution) {
    const std::size_t reduction = convolution.reduction();
    const std::size_t outputs = convolution.outputChannels / convolution.groups;
    const bool depthwise = isDepthwise(convolution);
    const std::size_t blocks = convolution.groups * blocksOf(outputs);
    std::vector<float> packed(depthwise ? convolution.weights.size()
                                        : blocks * reduction * kBlockChannels);
    for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
        const std::size_t group = n / outputs;
        const std::size_t block = group * blocksOf(outputs) + (n % outputs) / kBlockChannels;
        const std::size_t lane = (n % outputs) % kBlockChannels;
        for (std::size_t k = 0; k < reduction; ++k) {
            const std::size_t at = depthwise ? k * convolution.outputChannels + n
                                             : (block * reduction + k) * kBlockChannels + lane;
            packed[at] = convolution.weights[n * reduction + k];
        }
    }
    return packed;
}

void convolveFloat(const Convolution& convolution, std::span<const float> packed,
                   const Shape& inputShape, std::span<const float> input, const Shape& outputShape,
                   std::span<float> output) {
    SYSTOLE_CHECK(input.size() == inputShape.elements() && output.size() == outputShape.elements(),
                  "{} in, {} out", input.size(), output.size());
    if (isDepthwise(convolution)) {
        convolveDepthwise(convolution, packed, inputShape, input, outputShape, output);
    } else {
        DenseConvolution(convolution, packed, inputShape, input).run(outputShape, output);
    }
}

}  // namespace systole::sim
