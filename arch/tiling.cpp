// SPDX-License-Identifier: Apache-2.0
#include "arch/tiling.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "arch/fold.hpp"
#include "arch/fold_schedule.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

constexpr std::uint64_t kLargestMemory = std::uint64_t{1} << 31;  // stands for unlimited

class Tiler {
public:
    Tiler(const MachineConfig& machine, const Datapath& datapath, const ConvolutionShape& shape,
          numeric::ScaleArithmetic arithmetic)
        : machine_(machine),
          datapath_(datapath),
          shape_(shape),
          recordBytes_(parameterBytes(datapath, arithmetic)),
          blocks_(
              static_cast<std::uint32_t>(ceilDivide(shape.outputChannels, machine.array.columns))) {
    }

    std::variant<ConvolutionTiling, DoesNotFit> best() {
        for (const std::uint32_t chunk : channelChunks()) {
            tryChannelChunk(chunk);
            if (found_) {
                return best_;  // a split reduction costs reloads: only where nothing else fits
            }
        }
        return DoesNotFit{reason_};
    }

private:
    /// All channels first; then what makes the pieces smaller.
    std::vector<std::uint32_t> channelChunks() const {
        if (shape_.groups > 1) {
            return {shape_.inputChannels, 0};
        }
        std::vector<std::uint32_t> chunks;
        const std::uint32_t rows = machine_.array.rows;
        std::uint32_t chunk = shape_.inputChannels;
        while (chunk > 1) {
            chunks.push_back(chunk);
            const std::uint32_t half = (chunk + 1) / 2;
            chunk = half > rows ? static_cast<std::uint32_t>(ceilDivide(half, rows)) * rows : half;
            if (chunk == chunks.back()) {
                chunk = half;
            }
        }
        chunks.push_back(1);
        return chunks;
    }

    std::uint32_t loadedChannels(std::uint32_t chunk) const {
        if (chunk != 0) {
            return chunk;
        }
        // Groups that a block of array columns can touch.
        const std::uint32_t groups = std::min<std::uint32_t>(
            shape_.groups, (machine_.array.columns - 1) / shape_.outputsPerGroup() + 2);
        return groups * shape_.channelsPerGroup();
    }

    std::uint64_t blockWeightBytes(std::uint32_t chunk) const {
        const std::uint32_t perGroup = shape_.groups > 1 ? shape_.channelsPerGroup() : chunk;
        const std::uint64_t reduction =
            std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth * perGroup;
        const std::uint64_t columns = std::min(machine_.array.columns, shape_.outputChannels);
        return columns * (reduction * datapath_.weightBytes + recordBytes_);
    }

    void tryChannelChunk(std::uint32_t chunk) {
        const std::uint64_t half =
            machine_.weightScratchpad.capacityBytes.value_or(kLargestMemory) / 2;
        const std::uint64_t block = blockWeightBytes(chunk);
        if (block > half) {
            reason_ = fmt::format(
                "the weights of one block of {} output channels need {} bytes, half of the weight "
                "scratchpad has {}",
                machine_.array.columns, block, half);
            return;
        }
        auto blocksPerChunk =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(half / block, blocks_));
        if (chunk == 0) {
            blocksPerChunk = 1;
        }
        std::uint32_t tried = 0;
        for (std::uint32_t parts = 1; parts <= shape_.outputHeight; ++parts) {
            const auto height = static_cast<std::uint32_t>(ceilDivide(shape_.outputHeight, parts));
            if (height != tried) {
                tryTile(chunk, blocksPerChunk, height, shape_.outputWidth);
            }
            tried = height;
        }
        for (std::uint32_t width = shape_.outputWidth; !found_ && width > 1;) {
            width = (width + 1) / 2;
            tryTile(chunk, blocksPerChunk, 1, width);
        }
    }

    void tryTile(std::uint32_t chunk, std::uint32_t blocksPerChunk, std::uint32_t height,
                 std::uint32_t width) {
        ConvolutionTiling tiling;
        tiling.tileHeight = height;
        tiling.tileWidth = width;
        tiling.channelChunk = chunk;
        const std::uint64_t outputs = std::uint64_t{height} * width;
        const std::uint64_t rowsPerHalf =
            machine_.accumulatorBuffer.rows.value_or(kLargestMemory) / 2;
        for (; blocksPerChunk > 0; blocksPerChunk /= 2) {
            tiling.blocksPerChunk = blocksPerChunk;
            const std::uint64_t rows = accumulatorRows(tiling);
            if (rows > rowsPerHalf) {
                reason_ = fmt::format(
                    "a tile of {} outputs and {} channels needs {} rows of half of the accumulator "
                    "buffer, which has {}",
                    outputs, chunkOutputs(tiling), rows, rowsPerHalf);
                continue;
            }
            tiling.accumulatorRows = static_cast<std::uint32_t>(rows);
            tiling.weightBufferBytes =
                static_cast<std::uint32_t>(blockWeightBytes(chunk) * blocksPerChunk);
            if (sizeBuffers(tiling)) {
                consider(tiling);
            }
        }
    }

    /// Rows of one half of the accumulator buffer: one pass over one block, or, where the reduction
    /// is split, all sums of the chunk until its last part.
    std::uint64_t accumulatorRows(const ConvolutionTiling& tiling) const {
        const std::uint64_t outputs = std::uint64_t{tiling.tileHeight} * tiling.tileWidth;
        if (machine_.array.dataflow == Dataflow::InputStationary) {
            return chunkOutputs(tiling) *
                   (splits(tiling) ? ceilDivide(outputs, machine_.array.columns) : 1);
        }
        return outputs * (splits(tiling) ? tiling.blocksPerChunk : 1);
    }

    bool splits(const ConvolutionTiling& tiling) const {
        return shape_.groups == 1 && tiling.channelChunk < shape_.inputChannels;
    }

    bool sizeBuffers(ConvolutionTiling& tiling) {
        const auto extent = [](std::uint32_t outputs, std::uint32_t stride, std::uint32_t kernel,
                               std::uint32_t dilation, std::uint32_t whole) {
            return std::min(inputExtent(outputs, stride, kernel, dilation), whole);
        };
        const std::uint64_t word = machine_.activationScratchpad.wordBytes;
        const auto aligned = [&](std::uint64_t bytes) { return ceilDivide(bytes, word) * word; };
        const std::uint64_t height = extent(tiling.tileHeight, shape_.strideY, shape_.kernelHeight,
                                            shape_.dilationY, shape_.inputHeight);
        const std::uint64_t width = extent(tiling.tileWidth, shape_.strideX, shape_.kernelWidth,
                                           shape_.dilationX, shape_.inputWidth);
        const std::uint64_t input = aligned(height * width * loadedChannels(tiling.channelChunk) *
                                            datapath_.activationBytes);
        const std::uint64_t output = aligned(std::uint64_t{tiling.tileHeight} * tiling.tileWidth *
                                             chunkOutputs(tiling) * datapath_.activationBytes);
        const std::uint64_t total = 2 * (input + output * (shape_.hasSkip ? 2 : 1));
        const std::uint64_t capacity =
            machine_.activationScratchpad.capacityBytes.value_or(kLargestMemory);
        if (total > capacity) {
            reason_ = fmt::format(
                "a tile of {} x {} outputs needs {} bytes, the activation scratchpad "
                "has {}",
                tiling.tileHeight, tiling.tileWidth, total, capacity);
            return false;
        }
        tiling.buffers = {static_cast<std::uint32_t>(input), static_cast<std::uint32_t>(output),
                          shape_.hasSkip ? static_cast<std::uint32_t>(output) : 0};
        return true;
    }

    std::uint64_t chunkOutputs(const ConvolutionTiling& tiling) const {
        return std::min<std::uint64_t>(
            std::uint64_t{tiling.blocksPerChunk} * machine_.array.columns, shape_.outputChannels);
    }

    void consider(ConvolutionTiling tiling) {
        for (const bool weightsOuter : {true, false}) {
            tiling.weightsOuter = weightsOuter;
            tiling.estimatedCycles = estimate(tiling);
            if (!found_ || tiling.estimatedCycles < best_.estimatedCycles) {
                found_ = true;
                best_ = tiling;
            }
        }
    }

    static double rateOf(const Limit& bytesPerCycle) {
        return bytesPerCycle ? static_cast<double>(*bytesPerCycle)
                             : std::numeric_limits<double>::infinity();
    }

    double dramBytesPerCycle() const {
        if (machine_.dram.ideal) {
            return rateOf(machine_.dram.ideal->bytesPerCycle);
        }
        const memory::DdrConfig& ddr = *machine_.dram.ddr;
        constexpr double kBeatsPerClock = 2;  // double data rate
        return ddr.clockHertz * kBeatsPerClock * ddr.organization.busBits / 8 *
               ddr.organization.channels / machine_.clockHertz;
    }

    /// DRAM cannot deliver more than the DMA engine's port takes.
    double bytesPerCycle() const {
        return std::min(dramBytesPerCycle(), rateOf(machine_.dma.bytesPerCycle));
    }

    /// Array cycles of a dense product of output positions, reduction and channels.
    std::uint64_t productCycles(std::uint64_t outputs, std::uint64_t reduction,
                                std::uint64_t channels) const {
        const FoldLimits limits = foldLimits(machine_.array);
        const auto parts = [](std::uint64_t whole, std::uint32_t limit) {
            return limit == 0 ? 1 : ceilDivide(whole, limit);
        };
        const std::uint64_t folds = parts(outputs, limits.outputs) *
                                    parts(reduction, limits.reduction) *
                                    parts(channels, limits.channels);
        const Fold whole{.outputs = static_cast<std::uint32_t>(outputs),
                         .reduction = static_cast<std::uint32_t>(reduction)};
        return folds * foldPeriod(machine_.array, foldSteps(machine_.array, whole,
                                                            static_cast<std::uint32_t>(channels)));
    }

    std::uint64_t tileCycles(const ConvolutionTiling& tiling) const {
        const std::uint64_t outputs = std::uint64_t{tiling.tileHeight} * tiling.tileWidth;
        const std::uint64_t taps = std::uint64_t{shape_.kernelHeight} * shape_.kernelWidth;
        if (shape_.groups > 1) {
            return shape_.groups * productCycles(outputs, taps * shape_.channelsPerGroup(),
                                                 shape_.outputsPerGroup());
        }
        const std::uint64_t whole = shape_.inputChannels / tiling.channelChunk;
        const std::uint64_t rest = shape_.inputChannels % tiling.channelChunk;
        const std::uint64_t last =
            rest == 0 ? 0 : productCycles(outputs, taps * rest, shape_.outputChannels);
        return whole * productCycles(outputs, taps * tiling.channelChunk, shape_.outputChannels) +
               last;
    }

    /// Array and DRAM overlap, but for the first tile's load and the last one's store.
    std::uint64_t estimate(const ConvolutionTiling& tiling) const {
        const std::uint64_t tiles = ceilDivide(shape_.outputHeight, tiling.tileHeight) *
                                    ceilDivide(shape_.outputWidth, tiling.tileWidth);
        const std::uint64_t chunks = ceilDivide(blocks_, tiling.blocksPerChunk);
        const bool splitsReduction = splits(tiling);
        const std::uint64_t tileLoads =
            splitsReduction || (tiling.weightsOuter && tiling.channelChunk != 0) ? chunks : 1;
        const std::uint64_t weightLoads =
            splitsReduction || (!tiling.weightsOuter && chunks > 1) ? tiles : 1;
        const double channelShare =
            splitsReduction ? static_cast<double>(shape_.inputChannels) / tiling.channelChunk : 1.0;
        const double tileBytes = tiling.buffers.input * channelShare;
        const double weightBytes = static_cast<double>(tiling.weightBufferBytes) *
                                   static_cast<double>(chunks) * channelShare;
        const double outputBytes =
            static_cast<double>(tiling.buffers.output + tiling.buffers.skip) *
            static_cast<double>(tiles * chunks);
        const double traffic = (tileBytes * static_cast<double>(tiles * tileLoads) +
                                weightBytes * static_cast<double>(weightLoads) + outputBytes) /
                               bytesPerCycle();
        const double edges =
            (tileBytes + tiling.weightBufferBytes + tiling.buffers.output) / bytesPerCycle();
        const auto compute = static_cast<double>(tiles * tileCycles(tiling));
        return static_cast<std::uint64_t>(std::max(compute, traffic) + edges);
    }

    const MachineConfig& machine_;
    const Datapath& datapath_;
    const ConvolutionShape& shape_;
    std::uint64_t recordBytes_;
    std::uint32_t blocks_;
    bool found_ = false;
    ConvolutionTiling best_;
    std::string reason_;
};

}  // namespace

std::variant<ConvolutionTiling, DoesNotFit> tileConvolution(const MachineConfig& machine,
                                                            const Datapath& datapath,
                                                            const ConvolutionShape& shape,
                                                            numeric::ScaleArithmetic arithmetic) {
    return Tiler(machine, datapath, shape, arithmetic).best();
}

}  // namespace systole::arch
