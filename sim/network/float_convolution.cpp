// SPDX-License-Identifier: Apache-2.0
#include "sim/network/float_convolution.hpp"

#include <algorithm>
#include <array>

#include "models/check.hpp"
#include "models/numeric/gemm/float_sums.hpp"
#include "models/units.hpp"
#include "sim/network/window.hpp"

namespace systole::sim {

namespace {

using numeric::kFloatChunk;
using numeric::kFloatColumns;
using numeric::kFloatPitch;
using numeric::kFloatRows;

/// One channel in, one out, in every group: channels are what a vector can hold.
bool isDepthwise(const Convolution& convolution) {
    return convolution.groups > 1 && convolution.groups == convolution.outputChannels &&
           convolution.reduction() == kernelArea(convolution.window);
}

std::size_t panelsOf(std::size_t channels) { return ceilDivide(channels, kFloatColumns); }

/// A convolution in progress: strips of pixels by panels of kFloatColumns output channels.
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
          tileSize_(ceilDivide(reduction_, kFloatChunk) * kChunkSize),
          patches_(kTiles * tileSize_) {}

    void run(const Shape& outputShape, std::span<float> output) {
        const std::size_t pixels = std::size_t{outputShape.height} * outputShape.width;
        for (std::size_t group = 0; group < convolution_.groups; ++group) {
            for (std::size_t first = 0; first < pixels; first += kStrip) {
                const std::size_t count = std::min(kStrip, pixels - first);
                gather(group, outputShape.width, first, count);
                for (std::size_t panel = 0; panel < panelsOf(groupOutputs_); ++panel) {
                    computePanel(group, panel, first, count, output);
                }
            }
        }
    }

private:
    /// Tiles of a strip: they share a chunk of the weights while it is in the nearest cache.
    static constexpr std::size_t kTiles = 4;
    static constexpr std::size_t kStrip = kTiles * kFloatRows;
    static constexpr std::size_t kChunkSize = kFloatRows * kFloatPitch;
    static constexpr std::size_t kTotals = kFloatRows * kFloatColumns;

    /// Taps outside the image become zeros: their products add nothing.
    void gather(std::size_t group, std::uint32_t outputWidth, std::size_t first,
                std::size_t count) {
        if (readsZeros(convolution_.window)) std::fill(patches_.begin(), patches_.end(), 0.0F);
        for (std::size_t p = 0; p < count; ++p) {
            const auto y = static_cast<std::uint32_t>((first + p) / outputWidth);
            const auto x = static_cast<std::uint32_t>((first + p) % outputWidth);
            float* row = &patches_[p / kFloatRows * tileSize_ + p % kFloatRows * kFloatPitch];
            forEachTapRun(convolution_.window, inputShape_, y, x, convolution_.groups == 1,
                          [&](std::size_t tap, std::size_t pixel, std::size_t taps) {
                              copy(&input_[pixel * inputShape_.channels + group * groupInputs_],
                                   tap * groupInputs_, taps * groupInputs_, row);
                          });
        }
    }

    /// Operands k ..+ count of a pixel, chunk by chunk.
    static void copy(const float* source, std::size_t k, std::size_t count, float* row) {
        while (count > 0) {
            const std::size_t at = k % kFloatChunk;
            const std::size_t part = std::min(count, kFloatChunk - at);
            std::copy_n(source, part, row + k / kFloatChunk * kChunkSize + at);
            source += part;
            k += part;
            count -= part;
        }
    }

    void computePanel(std::size_t group, std::size_t panel, std::size_t first, std::size_t count,
                      std::span<float> output) const {
        std::array<double, kTiles * kTotals> totals{};
        const std::size_t index = group * panelsOf(groupOutputs_) + panel;
        const float* weights = &packed_[index * reduction_ * kFloatColumns];
        for (std::size_t k = 0; k < reduction_; k += kFloatChunk) {
            for (std::size_t tile = 0; tile * kFloatRows < count; ++tile) {
                numeric::addFloatChunk(&patches_[tile * tileSize_ + k / kFloatChunk * kChunkSize],
                                       weights + k * kFloatColumns,
                                       std::min(kFloatChunk, reduction_ - k),
                                       &totals[tile * kTotals]);
            }
        }
        const std::size_t channel = group * groupOutputs_ + panel * kFloatColumns;
        const std::size_t channels = std::min(kFloatColumns, groupOutputs_ - panel * kFloatColumns);
        for (std::size_t p = 0; p < count; ++p) {
            float* target = &output[(first + p) * convolution_.outputChannels + channel];
            for (std::size_t n = 0; n < channels; ++n) {
                target[n] = static_cast<float>(totals[p * kFloatColumns + n] +
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
    std::size_t tileSize_;        ///< values of kFloatRows pixels
    std::vector<float> patches_;  ///< [tile][chunk][kFloatRows][kFloatPitch]
};

/// Of one pixel, by channel.
class DepthwiseSums {
public:
    explicit DepthwiseSums(std::size_t channels) : chunk_(channels), totals_(channels) {}

    void reset() {
        std::fill(chunk_.begin(), chunk_.end(), 0.0F);
        std::fill(totals_.begin(), totals_.end(), 0.0);
        next_ = kFloatChunk;
    }
    void add(std::size_t k, const float* values, const float* weights) {
        if (k >= next_) {
            endChunk();
            next_ = (k / kFloatChunk + 1) * kFloatChunk;
        }
        numeric::addFloatProducts(values, weights, chunk_.size(), chunk_.data());
    }
    void endChunk() {
        for (std::size_t c = 0; c < chunk_.size(); ++c) totals_[c] += double{chunk_[c]};
        std::fill(chunk_.begin(), chunk_.end(), 0.0F);
    }
    double total(std::size_t channel) const { return totals_[channel]; }

private:
    std::vector<float> chunk_;
    std::vector<double> totals_;
    std::size_t next_ = kFloatChunk;
};

void convolveDepthwise(const Convolution& convolution, std::span<const float> packed,
                       const Shape& inputShape, std::span<const float> input,
                       const Shape& outputShape, std::span<float> output) {
    const std::size_t channels = inputShape.channels;
    DepthwiseSums sums(channels);
    forEachPixel(outputShape, [&](std::uint32_t y, std::uint32_t x, std::size_t at) {
        sums.reset();
        forEachTap(convolution.window, inputShape, y, x, [&](std::size_t tap, std::size_t pixel) {
            sums.add(tap, &input[pixel * channels], &packed[tap * channels]);
        });
        sums.endChunk();
        for (std::size_t c = 0; c < channels; ++c) {
            output[at * channels + c] =
                static_cast<float>(sums.total(c) + double{convolution.bias[c]});
        }
    });
}

}  // namespace

std::vector<float> packWeights(const Convolution& convolution) {
    const std::size_t reduction = convolution.reduction();
    const std::size_t outputs = convolution.outputChannels / convolution.groups;
    const bool depthwise = isDepthwise(convolution);
    const std::size_t panels = convolution.groups * panelsOf(outputs);
    std::vector<float> packed(depthwise ? convolution.weights.size()
                                        : panels * reduction * kFloatColumns);
    for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
        const std::size_t group = n / outputs;
        const std::size_t panel = group * panelsOf(outputs) + (n % outputs) / kFloatColumns;
        const std::size_t lane = (n % outputs) % kFloatColumns;
        for (std::size_t k = 0; k < reduction; ++k) {
            const std::size_t at = depthwise ? k * convolution.outputChannels + n
                                             : (panel * reduction + k) * kFloatColumns + lane;
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
