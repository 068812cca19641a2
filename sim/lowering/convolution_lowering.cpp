// SPDX-License-Identifier: Apache-2.0
// Writes the commands of one convolution. lowering.cpp calls it with the mapping that the search
// has chosen; weight_packing cuts the weights, and ProgramBuilder derives the tokens.
//
// A layer runs in steps: one tile, one column chunk, one channel chunk. A step has LoadWeights,
// LoadTile and, for a fused addition, the load of the skip operand; then for every block and pass
// its Streams and a Requantize; then a StoreTile. What the step before has loaded is not loaded
// again, and only the last channel chunk of the outputs has the Requantize and the StoreTile.
//
// The example of lowering.hpp, 3 x 4 x 8 on 4 x 4 with two column chunks, has two steps of one
// Stream each. The second step keeps the tile. Its sums lie in accumulator rows 3 to 5, those of
// the first step in rows 0 to 2.
#include <algorithm>
#include <array>

#include "arch/fold/fold.hpp"
#include "models/check.hpp"
#include "sim/lowering/layer_context.hpp"
#include "sim/lowering/weight_packing.hpp"

namespace systole::sim {
namespace {

/// The work on one tile, one column chunk and one channel chunk. Addresses are bytes of the
/// activation or weight scratchpad; `weightSource` is a byte of the DRAM image.
struct Step {
    TensorBox outputs;  ///< the tile, with the channels of the column chunk
    const WeightChunk* weights = nullptr;
    std::uint64_t weightSource = 0;
    bool isFirst = false;  ///< whether this is the first channel chunk of these outputs
    bool isLast = false;   ///< whether it is their last one
    InputTile tile;
    bool loadsTile = false;
    bool loadsWeights = false;
    std::uint32_t inputAddress = 0;
    std::uint32_t weightAddress = 0;
    std::uint32_t outputAddress = 0;
    std::uint32_t skipAddress = 0;
    std::uint32_t accumulatorRow = 0;  ///< first row of the sums, if the reduction is split
};

/// Makes all steps of a layer first, then writes their commands.
class ConvolutionLowering {
public:
    ConvolutionLowering(LoweringContext& context, const QuantizedNode& node,
                        const QuantizedNode* addition)
        : context_(context),
          convolution_(std::get<QuantizedConvolution>(node.operation)),
          addition_(addition),
          input_(node.inputs.at(0)),
          output_(addition == nullptr ? node.output : addition->output),
          shape_(context.mappings.at(&node).shape),
          tiling_(context.mappings.at(&node).search.best.tiling),
          window_(windowOf(shape_)),
          chunks_(packWeights(convolution_, shape_, tiling_, context.machine.array,
                              context.datapath, context.network.scheme.requantization,
                              context.weightBytes)),
          splitsReduction_(chunks_.front().size() > 1) {
        if (addition != nullptr) {
            const bool second = addition->inputs.at(1) == node.output;
            skip_ = addition->inputs.at(second ? 0 : 1);
            skipScales_ = std::get<QuantizedAddition>(addition->operation).scales;
            if (second) {
                std::swap(skipScales_.inputs[0], skipScales_.inputs[1]);
                std::swap(skipScales_.fixedPoint[0], skipScales_.fixedPoint[1]);
            }
        }
        const ActivationBuffers& buffers = tiling_.buffers;
        inputBuffers_ = {0, buffers.input};
        outputBuffers_ = {2 * buffers.input, 2 * buffers.input + buffers.output};
        skipBuffers_ = {2 * (buffers.input + buffers.output),
                        2 * (buffers.input + buffers.output) + buffers.skip};
    }

    void run(std::uint64_t steps) {
        placeWeights();
        makeSteps();
        steps_.resize(std::min<std::uint64_t>(steps, steps_.size()));
        arch::Program& program = context_.builder.program();
        program.activationBytes =
            std::max(program.activationBytes, static_cast<std::uint32_t>(tiling_.buffers.total()));
        // The loads of a step come before the computation of the step before it, so that they can
        // run during that computation.
        emitLoads(steps_.front());
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (i + 1 < steps_.size()) {
                emitLoads(steps_[i + 1]);
            }
            emitComputation(steps_[i]);
        }
    }

private:
    using ActivationBuffers = arch::ActivationBuffers;

    /// The input image as the mapping sees it.
    Shape inputShape() const {
        return {shape_.inputHeight, shape_.inputWidth, shape_.inputChannels};
    }

    void placeWeights() {
        for (const auto& row : chunks_) {
            std::vector<std::uint64_t> addresses;
            for (const WeightChunk& chunk : row) {
                SYSTOLE_CHECK(chunk.size <= context_.weightHalfBytes,
                              "weight chunk of {} bytes for a half of {}", chunk.size,
                              context_.weightHalfBytes);
                addresses.push_back(context_.builder.allocateDram(
                    chunk.size, context_.dramAlignment(), context_.datapath.weightRoom()));
                if (!chunk.bytes.empty()) {
                    context_.lowered.constants.push_back({addresses.back(), chunk.bytes});
                }
                placeRecords(addresses.back(), chunk);
            }
            weightSources_.push_back(std::move(addresses));
        }
    }

    /// Tells the layout of the DRAM where parameter records lie among the weights.
    void placeRecords(std::uint64_t address, const WeightChunk& chunk) {
        const std::uint32_t record =
            arch::parameterBytes(context_.datapath, context_.network.scheme.requantization);
        for (const ColumnBlock& block : chunk.blocks) {
            context_.builder.program().dram.addRecords(address + block.parameterOffset, record,
                                                       block.outputs.size());
        }
    }

    void makeSteps() {
        const auto columnChunks = static_cast<std::uint32_t>(chunks_.size());
        if (tiling_.weightsOuter) {
            for (std::uint32_t chunk = 0; chunk < columnChunks; ++chunk) {
                forEachTile([&](const TensorBox& tile) { addSteps(tile, chunk); });
            }
        } else {
            forEachTile([&](const TensorBox& tile) {
                for (std::uint32_t chunk = 0; chunk < columnChunks; ++chunk) {
                    addSteps(tile, chunk);
                }
            });
        }
    }

    template <typename Visit>
    void forEachTile(Visit&& visit) const {
        for (std::uint32_t y = 0; y < shape_.outputHeight; y += tiling_.tileHeight) {
            for (std::uint32_t x = 0; x < shape_.outputWidth; x += tiling_.tileWidth) {
                visit(TensorBox{.y = y,
                                .x = x,
                                .channel = 0,
                                .height = std::min(tiling_.tileHeight, shape_.outputHeight - y),
                                .width = std::min(tiling_.tileWidth, shape_.outputWidth - x),
                                .channels = 1});
            }
        }
    }

    void addSteps(TensorBox outputs, std::uint32_t columnChunk) {
        const std::vector<WeightChunk>& row = chunks_[columnChunk];
        outputs.channel = row.front().outputs.begin;
        outputs.channels = row.front().outputs.size();
        const std::size_t turn = outputTurn_++ % 2;
        for (std::size_t i = 0; i < row.size(); ++i) {
            Step step;
            step.outputs = outputs;
            step.weights = &row[i];
            step.weightSource = weightSources_[columnChunk][i];
            step.isFirst = i == 0;
            step.isLast = i + 1 == row.size();
            step.outputAddress = outputBuffers_[turn];
            step.skipAddress = skipBuffers_[turn];
            step.tile = inputTile(window_, inputShape(), outputs, row[i].inputs.begin,
                                  row[i].inputs.size());
            takeBuffers(step);
            steps_.push_back(step);
        }
        if (splitsReduction_) {
            for (auto step = steps_.end() - static_cast<std::ptrdiff_t>(row.size());
                 step != steps_.end(); ++step) {
                step->accumulatorRow = accumulatorHalfRow();
            }
            context_.accumulatorHalf ^= 1U;
        }
    }

    std::uint32_t accumulatorHalfRow() const {
        return static_cast<std::uint32_t>(context_.accumulatorHalf * context_.accumulatorHalfRows);
    }

    /// Keeps the tile and the weights of the step before if they are the same. Otherwise the step
    /// loads them into the other one of the two buffers.
    void takeBuffers(Step& step) {
        const Step* previous = steps_.empty() ? nullptr : &steps_.back();
        step.loadsTile = previous == nullptr || !(previous->tile.box == step.tile.box);
        inputTurn_ ^= step.loadsTile ? 1U : 0U;
        step.inputAddress = inputBuffers_[inputTurn_];
        step.loadsWeights = previous == nullptr || previous->weights != step.weights;
        if (step.loadsWeights) {
            step.weightAddress =
                static_cast<std::uint32_t>(context_.weightHalf * context_.weightHalfBytes);
            context_.weightHalf ^= 1U;
        } else {
            step.weightAddress = previous->weightAddress;
        }
    }

    Access weightAccess(const Step& step, bool isWrite) const {
        return {Memory::Weight, step.weightAddress, step.weightAddress + context_.weightHalfBytes,
                isWrite};
    }

    void emitLoads(const Step& step) {
        if (step.loadsWeights) {
            context_.builder.emit(
                arch::LoadWeights{{step.weightSource, step.weights->size}, step.weightAddress},
                {weightAccess(step, true)});
        }
        if (step.loadsTile) {
            emitLoad(context_, {input_, inputShape()}, step.tile.box, step.inputAddress,
                     tiling_.buffers.input, step.tile.haloElements);
        }
        if (addition_ != nullptr && step.isFirst) {
            emitLoad(context_,
                     {skip_, {shape_.outputHeight, shape_.outputWidth, shape_.outputChannels}},
                     step.outputs, step.skipAddress, tiling_.buffers.skip);
        }
    }

    void emitComputation(const Step& step) {
        const std::uint32_t outputs = step.outputs.height * step.outputs.width;
        std::uint32_t row = step.accumulatorRow;
        for (const ColumnBlock& block : step.weights->blocks) {
            forEachPass(outputs, [&](std::uint32_t begin, std::uint32_t count) {
                const Pass pass{begin, count, passRows(block, count)};
                if (!splitsReduction_) {
                    row = accumulatorHalfRow();
                    context_.accumulatorHalf ^= 1U;
                }
                for (std::size_t i = 0; i < block.segments.size();) {
                    const std::uint32_t groups = groupsTogether(block, i);
                    emitStreams(step, block.segments[i], groups, pass, row);
                    i += groups;
                }
                if (step.isLast) {
                    emitRequantize(step, block, pass, row);
                }
                row += pass.accumulatorRows;
            });
        }
        if (step.isLast) {
            emitStore(context_, output_, step.outputs, step.outputAddress, tiling_.buffers.output);
        }
    }

    /// The output positions of a tile whose sums the accumulator buffer holds at one time: all of
    /// them, or, if input stationary, as many as the array has columns.
    struct Pass {
        std::uint32_t begin;
        std::uint32_t count;
        std::uint32_t accumulatorRows;
    };

    template <typename Visit>
    void forEachPass(std::uint32_t outputs, Visit&& visit) const {
        const std::uint32_t most = channelsAlongRows() ? context_.machine.array.columns : outputs;
        for (std::uint32_t begin = 0; begin < outputs; begin += most) {
            visit(begin, std::min(most, outputs - begin));
        }
    }

    bool channelsAlongRows() const {
        return context_.machine.array.dataflow == arch::Dataflow::InputStationary;
    }

    std::uint32_t passRows(const ColumnBlock& block, std::uint32_t outputs) const {
        return channelsAlongRows() ? block.outputs.size() : outputs;
    }

    /// How many segments from `first` on share a fold. They must be whole groups, because a fold
    /// takes the weights of its groups from consecutive places.
    std::uint32_t groupsTogether(const ColumnBlock& block, std::size_t first) const {
        const std::uint32_t most = tiling_.groupsTogether;
        std::uint32_t count = 0;
        while (count < most && first + count < block.segments.size() &&
               block.segments[first + count].outputs.size() == shape_.outputsPerGroup()) {
            ++count;
        }
        return std::max(count, 1U);
    }

    void emitStreams(const Step& step, const Segment& segment, std::uint32_t groups,
                     const Pass& pass, std::uint32_t accumulatorRow) {
        arch::Stream stream;
        stream.window = tileWindow(window_, step.tile, step.outputs, step.inputAddress,
                                   context_.datapath.activationBytes);
        stream.window.channelBegin = segment.inputs.begin - step.tile.box.channel;
        stream.window.channelCount = segment.inputs.size();
        stream.channels = segment.outputs.size();
        stream.groupCount = groups;
        stream.countsElementsOnly = convolution_.transposed;
        stream.columnBegin = channelsAlongRows() ? 0 : segment.blockOffset;
        const std::vector<Access> accesses{{Memory::Activation, step.inputAddress,
                                            step.inputAddress + tiling_.buffers.input, false},
                                           weightAccess(step, false),
                                           accumulatorAccess(pass, accumulatorRow, true)};
        const auto emit = [&](const arch::Fold& fold) {
            stream.outputBegin = pass.begin + fold.outputBegin;
            stream.outputs = fold.outputs;
            stream.kBegin = fold.kBegin;
            stream.reduction = fold.reduction;
            stream.weights = step.weightAddress + segment.weightOffset +
                             fold.kBegin * stream.channels * context_.datapath.weightBytes;
            stream.accumulatorRow =
                accumulatorRow + (channelsAlongRows() ? segment.blockOffset : fold.outputBegin);
            stream.accumulate = fold.kBegin > 0 || !step.isFirst;
            context_.builder.emit(stream, accesses);
        };
        arch::forEachFold(context_.machine.array, pass.count, stream.window.reduction(), emit);
    }

    static Access accumulatorAccess(const Pass& pass, std::uint32_t row, bool isWrite) {
        return {Memory::Accumulator, row, row + pass.accumulatorRows, isWrite};
    }

    void emitRequantize(const Step& step, const ColumnBlock& block, const Pass& pass,
                        std::uint32_t accumulatorRow) {
        const std::uint32_t elementBytes = context_.datapath.activationBytes;
        arch::Requantize requantize;
        requantize.accumulatorRow = accumulatorRow;
        requantize.outputs = pass.count;
        requantize.channels = block.outputs.size();
        requantize.channelsAlongRows = channelsAlongRows();
        requantize.parameters = step.weightAddress + block.parameterOffset;
        requantize.relu = convolution_.relu;
        requantize.pitch = step.outputs.channels * elementBytes;
        const std::uint32_t offset = pass.begin * requantize.pitch +
                                     (block.outputs.begin - step.outputs.channel) * elementBytes;
        requantize.destination = step.outputAddress + offset;
        std::vector<Access> accesses{accumulatorAccess(pass, accumulatorRow, false),
                                     weightAccess(step, false),
                                     {Memory::Activation, step.outputAddress,
                                      step.outputAddress + tiling_.buffers.output, true}};
        if (addition_ != nullptr) {
            const auto& addition = std::get<QuantizedAddition>(addition_->operation);
            requantize.skip =
                arch::SkipAddition{step.skipAddress + offset, skipScales_, addition.relu};
            accesses.push_back({Memory::Activation, step.skipAddress,
                                step.skipAddress + tiling_.buffers.skip, false});
        }
        context_.builder.emit(requantize, accesses);
    }

    LoweringContext& context_;
    const QuantizedConvolution& convolution_;
    const QuantizedNode* addition_;
    TensorId input_;
    TensorId output_;
    TensorId skip_ = 0;
    numeric::AdditionScales skipScales_;  ///< with the scale of the convolution as the first one
    arch::ConvolutionShape shape_;
    arch::ConvolutionTiling tiling_;
    Window window_;  ///< of shape_
    std::vector<std::vector<WeightChunk>> chunks_;
    bool splitsReduction_;
    std::vector<std::vector<std::uint64_t>> weightSources_;
    std::vector<Step> steps_;
    std::array<std::uint32_t, 2> inputBuffers_{};
    std::array<std::uint32_t, 2> outputBuffers_{};
    std::array<std::uint32_t, 2> skipBuffers_{};
    std::size_t inputTurn_ = 1;
    std::size_t outputTurn_ = 0;
};

}  // namespace

void lowerConvolution(LoweringContext& context, const QuantizedNode& node,
                      const QuantizedNode* fusedAddition, std::uint64_t steps) {
    ConvolutionLowering(context, node, fusedAddition).run(steps);
}

}  // namespace systole::sim
