// SPDX-License-Identifier: Apache-2.0
// Writes the commands of one convolution. lowering.cpp calls it with the mapping that the search
// has chosen; weight_packing.cpp cuts the weights, weight_places.cpp has given them their
// places, and ProgramBuilder derives the tokens.
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
#include <memory>
#include <optional>
#include <utility>

#include "arch/fold/fold.hpp"
#include "models/check.hpp"
#include "models/units.hpp"
#include "sim/lowering/layer_context.hpp"
#include "sim/lowering/vector_commands.hpp"
#include "sim/lowering/vector_programs.hpp"
#include "sim/lowering/weight_packing.hpp"

namespace systole::sim {
namespace {

/// The work on one tile, one column chunk and one channel chunk. Addresses are bytes of the
/// activation or weight scratchpad; `weightSource` is a byte of the DRAM image.
struct Step {
    TensorBox outputs;  ///< the tile, with the channels of the column chunk
    std::shared_ptr<const WeightChunk> weights;
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

/// Writes the commands of a layer, piece by piece: the loads of a step, or one pass over one block.
class ConvolutionLowering final : public LayerEmitter {
public:
    ConvolutionLowering(LoweringContext& context, const QuantizedNode& node,
                        const QuantizedNode* addition, const WeightPlaces& places,
                        std::uint64_t steps)
        : context_(context),
          convolution_(std::get<QuantizedConvolution>(node.operation)),
          addition_(addition),
          input_(node.inputs.at(0)),
          output_(addition == nullptr ? node.output : addition->output),
          shape_(context.mappings.at(&node).shape),
          tiling_(context.mappings.at(&node).search.best.tiling),
          window_(windowOf(shape_)),
          packing_(packingOf(context, node)),
          places_(places),
          splitsReduction_(packing_.channelChunks(0) > 1),
          stepsLeft_(steps) {
        if (addition != nullptr) {
            const bool second = addition->inputs.at(1) == node.output;
            skip_ = addition->inputs.at(second ? 0 : 1);
        }
        program_ =
            programOf(node, addition, context.datapath, context.network.scheme.requantization);
        const ActivationBuffers& buffers = tiling_.buffers;
        inputBuffers_ = {0, buffers.input};
        outputBuffers_ = {2 * buffers.input, 2 * buffers.input + buffers.output};
        skipBuffers_ = {2 * (buffers.input + buffers.output),
                        2 * (buffers.input + buffers.output) + buffers.skip};
    }

    /// The loads of a step come before the computation of the step before it, so that they can run
    /// during that computation.
    bool emitNext() override {
        if (!begun_) {
            begun_ = true;
            next_ = makeStep();
            emitLoads(*next_);
            return true;
        }
        if (!step_) {
            if (!next_) {
                return false;
            }
            step_ = std::exchange(next_, makeStep());
            block_ = 0;
            pass_ = 0;
            row_ = step_->accumulatorRow;
            if (next_) {
                emitLoads(*next_);
                return true;
            }
        }
        emitComputation();
        return true;
    }

private:
    using ActivationBuffers = arch::ActivationBuffers;

    /// The input image as the mapping sees it.
    Shape inputShape() const {
        return {shape_.inputHeight, shape_.inputWidth, shape_.inputChannels};
    }

    std::uint32_t tilesDown() const {
        return static_cast<std::uint32_t>(ceilDivide(shape_.outputHeight, tiling_.tileHeight));
    }
    std::uint32_t tilesAcross() const {
        return static_cast<std::uint32_t>(ceilDivide(shape_.outputWidth, tiling_.tileWidth));
    }

    /// The tile of outputs with this number, counted row by row.
    TensorBox tileOf(std::uint32_t index) const {
        const std::uint32_t y = index / tilesAcross() * tiling_.tileHeight;
        const std::uint32_t x = index % tilesAcross() * tiling_.tileWidth;
        return {.y = y,
                .x = x,
                .channel = 0,
                .height = std::min(tiling_.tileHeight, shape_.outputHeight - y),
                .width = std::min(tiling_.tileWidth, shape_.outputWidth - x),
                .channels = 1};
    }

    /// The next step of the loop nest over column chunks, tiles and channel chunks; empty after the
    /// last one.
    std::optional<Step> makeStep() {
        const std::uint64_t tiles = std::uint64_t{tilesDown()} * tilesAcross();
        if (stepsLeft_ == 0 || work_ == tiles * packing_.columnChunks()) {
            return std::nullopt;
        }
        --stepsLeft_;
        const std::uint64_t inner = tiling_.weightsOuter ? tiles : packing_.columnChunks();
        const auto outerIndex = static_cast<std::uint32_t>(work_ / inner);
        const auto innerIndex = static_cast<std::uint32_t>(work_ % inner);
        const std::uint32_t column = tiling_.weightsOuter ? outerIndex : innerIndex;
        Step step;
        step.outputs = tileOf(tiling_.weightsOuter ? innerIndex : outerIndex);
        const ChannelRange channels = packing_.outputs(column);
        step.outputs.channel = channels.begin;
        step.outputs.channels = channels.size();
        step.weightSource = places_.at(column).of(part_);
        step.isFirst = part_ == 0;
        step.isLast = part_ + 1 == packing_.channelChunks(column);
        step.outputAddress = outputBuffers_[work_ % 2];
        step.skipAddress = skipBuffers_[work_ % 2];
        const ChannelRange inputs = packing_.inputs(column, part_);
        step.tile = inputTile(window_, inputShape(), step.outputs, inputs.begin, inputs.size());
        takeBuffers(step, column);
        if (splitsReduction_) {
            step.accumulatorRow = accumulatorHalfRow();
            context_.accumulatorHalf ^= step.isLast ? 1U : 0U;
        }
        work_ += step.isLast ? 1 : 0;
        part_ = step.isLast ? 0 : part_ + 1;
        return step;
    }

    std::uint32_t accumulatorHalfRow() const {
        return static_cast<std::uint32_t>(context_.accumulatorHalf * context_.accumulatorHalfRows);
    }

    /// Keeps the tile and the weights of the step before if they are the same. Otherwise the step
    /// loads them into the other one of the two buffers. The step before is the last one that was
    /// made.
    void takeBuffers(Step& step, std::uint32_t column) {
        step.loadsTile = !last_ || !(last_->tile.box == step.tile.box);
        inputTurn_ ^= step.loadsTile ? 1U : 0U;
        step.inputAddress = inputBuffers_[inputTurn_];
        step.loadsWeights = !last_ || last_->weightSource != step.weightSource;
        if (step.loadsWeights) {
            step.weights = std::make_shared<const WeightChunk>(
                packing_.chunk(column, part_, WeightBytes::LeftOut));
            step.weightAddress =
                static_cast<std::uint32_t>(context_.weightHalf * context_.weightHalfBytes);
            context_.weightHalf ^= 1U;
        } else {
            step.weights = last_->weights;
            step.weightAddress = last_->weightAddress;
        }
        last_ = step;
    }

    Access weightAccess(const Step& step, bool isWrite) const {
        return {Memory::Weight, step.weightAddress, step.weightAddress + context_.weightHalfBytes,
                isWrite};
    }

    void emitLoads(const Step& step) {
        if (step.loadsWeights) {
            const auto bytes = static_cast<std::uint32_t>(step.weights->size);
            context_.builder.emit(arch::LoadWeights{{step.weightSource, bytes}, step.weightAddress},
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

    /// One pass over one block of the step; after the last one, the store.
    void emitComputation() {
        const Step& step = *step_;
        const std::uint32_t outputs = step.outputs.height * step.outputs.width;
        const ColumnBlock& block = step.weights->blocks[block_];
        const std::uint32_t count =
            std::min(outputsOfPass(outputs, context_.machine.array), outputs - pass_);
        const Pass pass{pass_, count, passRows(block, count)};
        if (!splitsReduction_) {
            row_ = accumulatorHalfRow();
            context_.accumulatorHalf ^= 1U;
        }
        for (std::size_t i = 0; i < block.segments.size();) {
            const std::uint32_t groups = packing_.groupsTogether(block, i);
            emitStreams(step, block.segments[i], groups, pass, row_);
            i += groups;
        }
        if (step.isLast) {
            emitRequantize(step, block, pass, row_);
        }
        row_ += pass.accumulatorRows;
        pass_ += count;
        if (pass_ < outputs) {
            return;
        }
        pass_ = 0;
        if (++block_ == step.weights->blocks.size()) {
            if (step.isLast) {
                emitStore(context_, output_, step.outputs, step.outputAddress,
                          tiling_.buffers.output);
            }
            step_.reset();
        }
    }

    /// Output positions whose sums the accumulator buffer holds at one time (outputsOfPass).
    struct Pass {
        std::uint32_t begin;
        std::uint32_t count;
        std::uint32_t accumulatorRows;
    };

    bool channelsAlongRows() const {
        return context_.machine.array.dataflow == arch::Dataflow::InputStationary;
    }

    std::uint32_t passRows(const ColumnBlock& block, std::uint32_t outputs) const {
        return channelsAlongRows() ? block.outputs.size() : outputs;
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
        const std::uint32_t pitch = step.outputs.channels * context_.datapath.activationBytes;
        const std::uint32_t offset =
            pass.begin * pitch +
            (block.outputs.begin - step.outputs.channel) * context_.datapath.activationBytes;
        std::vector<Access> accesses{accumulatorAccess(pass, accumulatorRow, false),
                                     weightAccess(step, false),
                                     {Memory::Activation, step.outputAddress,
                                      step.outputAddress + tiling_.buffers.output, true}};
        RequantizedBlock placed{.outputs = pass.count,
                                .channels = block.outputs.size(),
                                .channelsAlongRows = channelsAlongRows(),
                                .accumulatorRow = accumulatorRow,
                                .parameters = step.weightAddress + block.parameterOffset,
                                .destination = step.outputAddress + offset,
                                .pitch = pitch};
        if (addition_ != nullptr) {
            placed.skip = step.skipAddress + offset;
            accesses.push_back({Memory::Activation, step.skipAddress,
                                step.skipAddress + tiling_.buffers.skip, false});
        }
        context_.builder.emit(requantizeCommand(program_, context_.datapath,
                                                context_.network.scheme.requantization, placed),
                              accesses);
    }

    LoweringContext& context_;
    const QuantizedConvolution& convolution_;
    const QuantizedNode* addition_;
    TensorId input_;
    TensorId output_;
    TensorId skip_ = 0;
    SharedProgram program_;  ///< behind the array
    const arch::ConvolutionShape& shape_;
    const arch::ConvolutionTiling& tiling_;
    Window window_;  ///< of shape_
    WeightPacking packing_;
    const WeightPlaces& places_;
    bool splitsReduction_;
    std::uint64_t stepsLeft_;  ///< to be made

    // Where the loop nest stands.
    std::uint64_t work_ = 0;    ///< pairs of a tile and a column chunk whose steps are made
    std::uint32_t part_ = 0;    ///< channel chunk of the next step
    std::optional<Step> last_;  ///< the last step that was made
    bool begun_ = false;
    std::optional<Step> next_;  ///< its loads are written
    std::optional<Step> step_;  ///< it is being written
    std::size_t block_ = 0;
    std::uint32_t pass_ = 0;  ///< first output of the pass
    std::uint32_t row_ = 0;   ///< of the accumulator buffer
    std::array<std::uint32_t, 2> inputBuffers_{};
    std::array<std::uint32_t, 2> outputBuffers_{};
    std::array<std::uint32_t, 2> skipBuffers_{};
    std::size_t inputTurn_ = 1;
};

}  // namespace

std::uint32_t outputsOfPass(std::uint32_t outputs, const arch::ArrayConfig& array) {
    return array.dataflow == arch::Dataflow::InputStationary ? std::min(array.columns, outputs)
                                                             : outputs;
}

std::unique_ptr<LayerEmitter> emitConvolution(LoweringContext& context, const QuantizedNode& node,
                                              const QuantizedNode* fusedAddition,
                                              const WeightPlaces& places, std::uint64_t steps) {
    return std::make_unique<ConvolutionLowering>(context, node, fusedAddition, places, steps);
}

}  // namespace systole::sim
