// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/float_matrix.hpp"

#include <algorithm>
#include <array>

#include "models/check.hpp"
#include "models/numeric/gemm/float_sums.hpp"
#include "models/units.hpp"
#include "sim/graph/taps.hpp"

namespace systole::graph {

namespace {

using numeric::kFloatChunk;
using numeric::kFloatColumns;
using numeric::kFloatPitch;
using numeric::kFloatRows;

std::size_t panelsOf(std::size_t outputs) { return ceilDivide(outputs, kFloatColumns); }

/// What one product of a batch reads and writes.
struct Operands {
    const MatrixWork& work;
    const MatrixLayout& layout;
    std::span<const float> input;   ///< of all batches
    std::span<const float> packed;  ///< of this batch
    std::span<const float> bias;
    std::span<float> output;  ///< of all batches
    std::int64_t batch;

    std::size_t groupInputs() const { return layout.extents.inputChannels / work.groups; }
    std::size_t groupOutputs() const { return layout.extents.outputChannels / work.groups; }
    ImageSize imageSize() const { return {layout.extents.inputHeight, layout.extents.inputWidth}; }
    double biasOf(std::size_t n) const { return bias.empty() ? 0.0 : double{bias[n]}; }
    const float* element(std::int64_t row, std::int64_t column, std::size_t channel) const {
        const auto c = static_cast<std::int64_t>(channel);
        return &input[static_cast<std::size_t>(layout.image.at(batch, row, column, c))];
    }
    float& result(std::uint32_t y, std::uint32_t x, std::size_t n) const {
        const auto channel = static_cast<std::int64_t>(n);
        return output[static_cast<std::size_t>(layout.result.at(batch, y, x, channel))];
    }
};

/// A product in progress: strips of positions by panels of kFloatColumns outputs.
class DenseProduct {
public:
    explicit DenseProduct(const Operands& operands)
        : operands_(operands),
          reduction_(operands.layout.reduction),
          width_(operands.layout.extents.outputWidth),
          // Neighbours along a row of the image lie one after another.
          joined_(operands.work.groups == 1 && operands.layout.extents.inputWidth > 1 &&
                  operands.layout.image.x == operands.layout.extents.inputChannels),
          isDense_(operands.layout.image.channel <= 1),
          tileSize_(ceilDivide(reduction_, kFloatChunk) * kChunkSize),
          patches_(kTiles * tileSize_) {}

    void run() {
        const std::size_t positions = std::size_t{operands_.layout.extents.outputHeight} * width_;
        for (std::size_t group = 0; group < operands_.work.groups; ++group) {
            for (std::size_t first = 0; first < positions; first += kStrip) {
                const std::size_t count = std::min(kStrip, positions - first);
                gather(group, first, count);
                for (std::size_t panel = 0; panel < panelsOf(operands_.groupOutputs()); ++panel) {
                    computePanel(group, panel, first, count);
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
    void gather(std::size_t group, std::size_t first, std::size_t count) {
        if (operands_.work.window.readsZeros()) std::fill(patches_.begin(), patches_.end(), 0.0F);
        const std::size_t channels = operands_.groupInputs();
        for (std::size_t p = 0; p < count; ++p) {
            const auto y = static_cast<std::uint32_t>((first + p) / width_);
            const auto x = static_cast<std::uint32_t>((first + p) % width_);
            float* row = &patches_[p / kFloatRows * tileSize_ + p % kFloatRows * kFloatPitch];
            forEachTapRun(
                operands_.work.window, operands_.imageSize(), y, x, joined_ && isDense_,
                [&](std::size_t tap, std::int64_t line, std::int64_t column, std::size_t taps) {
                    copy(operands_.element(line, column, group * channels), tap * channels,
                         taps * channels, row);
                });
        }
    }

    /// Operands k ..+ count of a position, chunk by chunk.
    void copy(const float* source, std::size_t k, std::size_t count, float* row) const {
        while (count > 0) {
            const std::size_t at = k % kFloatChunk;
            const std::size_t part = std::min(count, kFloatChunk - at);
            float* target = row + k / kFloatChunk * kChunkSize + at;
            if (isDense_) {
                std::copy_n(source, part, target);
                source += part;
            } else {
                for (std::size_t i = 0; i < part; ++i, source += operands_.layout.image.channel) {
                    target[i] = *source;
                }
            }
            k += part;
            count -= part;
        }
    }

    void computePanel(std::size_t group, std::size_t panel, std::size_t first,
                      std::size_t count) const {
        std::array<double, kTiles * kTotals> totals{};
        const std::size_t index = group * panelsOf(operands_.groupOutputs()) + panel;
        const float* weights = &operands_.packed[index * reduction_ * kFloatColumns];
        for (std::size_t k = 0; k < reduction_; k += kFloatChunk) {
            for (std::size_t tile = 0; tile * kFloatRows < count; ++tile) {
                numeric::addFloatChunk(&patches_[tile * tileSize_ + k / kFloatChunk * kChunkSize],
                                       weights + k * kFloatColumns,
                                       std::min(kFloatChunk, reduction_ - k),
                                       &totals[tile * kTotals]);
            }
        }
        write(totals.data(), group * operands_.groupOutputs() + panel * kFloatColumns,
              std::min(kFloatColumns, operands_.groupOutputs() - panel * kFloatColumns), first,
              count);
    }

    void write(const double* totals, std::size_t output, std::size_t outputs, std::size_t first,
               std::size_t count) const {
        std::array<double, kFloatColumns> bias{};
        for (std::size_t n = 0; n < outputs; ++n) bias[n] = operands_.biasOf(output + n);
        const std::int64_t stride = operands_.layout.result.channel;
        for (std::size_t p = 0; p < count; ++p, totals += kFloatColumns) {
            const auto y = static_cast<std::uint32_t>((first + p) / width_);
            const auto x = static_cast<std::uint32_t>((first + p) % width_);
            float* target = &operands_.result(y, x, output);
            if (stride == 1) {
                for (std::size_t n = 0; n < outputs; ++n) {
                    target[n] = static_cast<float>(totals[n] + bias[n]);
                }
                continue;
            }
            for (std::size_t n = 0; n < outputs; ++n, target += stride) {
                *target = static_cast<float>(totals[n] + bias[n]);
            }
        }
    }

    const Operands& operands_;
    std::size_t reduction_;
    std::size_t width_;
    bool joined_;
    bool isDense_;
    std::size_t tileSize_;        ///< values of kFloatRows positions
    std::vector<float> patches_;  ///< [tile][chunk][kFloatRows][kFloatPitch]
};

/// Of one position, by channel.
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

void runDepthwise(const Operands& operands) {
    const MatrixExtents& extents = operands.layout.extents;
    const std::size_t channels = extents.inputChannels;
    DepthwiseSums sums(channels);
    for (std::uint32_t y = 0; y < extents.outputHeight; ++y) {
        for (std::uint32_t x = 0; x < extents.outputWidth; ++x) {
            sums.reset();
            forEachTap(operands.work.window, operands.imageSize(), y, x,
                       [&](std::size_t tap, std::int64_t row, std::int64_t column) {
                           sums.add(tap, operands.element(row, column, 0),
                                    &operands.packed[tap * channels]);
                       });
            sums.endChunk();
            for (std::size_t c = 0; c < channels; ++c) {
                operands.result(y, x, c) = static_cast<float>(sums.total(c) + operands.biasOf(c));
            }
        }
    }
}

}  // namespace

FloatMatrix::FloatMatrix(const Graph& graph, const Node& node)
    : work_(std::get<MatrixWork>(node.work)), layout_(graph, node, work_) {}

/// One channel in, one out, in every group: channels are what a vector can hold.
bool FloatMatrix::isDepthwise() const {
    return work_.groups > 1 && work_.groups == layout_.extents.outputChannels &&
           layout_.reduction == work_.window.taps() && layout_.image.channel == 1;
}

std::vector<float> FloatMatrix::packed(std::span<const float> weights) const {
    const std::size_t channels = layout_.extents.outputChannels;
    const std::size_t outputs = channels / work_.groups;
    const std::size_t reduction = layout_.reduction;
    const std::size_t size = isDepthwise()
                                 ? channels * reduction
                                 : work_.groups * panelsOf(outputs) * reduction * kFloatColumns;
    std::vector<float> result(layout_.weightBatches * size);
    for (std::size_t batch = 0; batch < layout_.weightBatches; ++batch) {
        for (std::size_t n = 0; n < channels; ++n) {
            const std::size_t panel = n / outputs * panelsOf(outputs) + n % outputs / kFloatColumns;
            const std::size_t lane = n % outputs % kFloatColumns;
            const float* source = &weights[static_cast<std::size_t>(layout_.weights.batch) * batch +
                                           static_cast<std::size_t>(layout_.weights.output) * n];
            for (std::size_t k = 0; k < reduction; ++k, source += layout_.weights.k) {
                const std::size_t at = isDepthwise()
                                           ? k * channels + n
                                           : (panel * reduction + k) * kFloatColumns + lane;
                result[batch * size + at] = *source;
            }
        }
    }
    return result;
}

void FloatMatrix::run(std::span<const float> input, std::span<const float> packedWeights,
                      std::span<const float> bias, std::span<float> output) const {
    const std::size_t size = packedWeights.size() / layout_.weightBatches;
    for (std::size_t batch = 0; batch < layout_.extents.batches; ++batch) {
        const std::size_t of = layout_.weightBatches == 1 ? 0 : batch;
        const Operands operands{work_,
                                layout_,
                                input,
                                packedWeights.subspan(of * size, size),
                                bias,
                                output,
                                static_cast<std::int64_t>(batch)};
        if (isDepthwise()) {
            runDepthwise(operands);
        } else {
            DenseProduct(operands).run();
        }
    }
}

}  // namespace systole::graph
