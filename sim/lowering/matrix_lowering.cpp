// SPDX-License-Identifier: Apache-2.0
// Writes the commands of matrix work. lowering.cpp calls it with the mapping that the search has
// chosen; weight_packing.cpp cuts the weights, weight_places.cpp has given them their places, and
// ProgramBuilder derives the tokens.
//
// A layer runs batch by batch, and a batch in steps: one tile, one column chunk, one channel chunk.
// A step has loads of weights and of a tile and, where fused vector work reads a second tensor, the
// load of that; then for every block and pass its Streams and a vector command; then a store. What
// the step before has loaded is not loaded again, and only the last channel chunk of the outputs
// has the vector command and the store.
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
#include "sim/lowering/weight_packing.hpp"

namespace systole::sim {
namespace {

/// The work on one tile, one column chunk and one channel chunk. Addresses are bytes of the
/// activation or weight scratchpad.
struct Step {
    std::uint32_t batch = 0;
    ImageBox outputs;  ///< the tile, with the channels of the column chunk
    std::shared_ptr<const WeightChunk> weights;
    std::uint32_t column = 0;  ///< chunk
    std::uint32_t part = 0;    ///< channel chunk
    bool isFirst = false;      ///< whether this is the first channel chunk of these outputs
    bool isLast = false;       ///< whether it is their last one
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
class MatrixLowering final : public LayerEmitter {
public:
    MatrixLowering(LoweringContext& context, const MatrixLayer& layer, const WeightPlaces& places,
                   const MatrixExtent& extent)
        : context_(context),
          layer_(layer),
          view_(context.viewOf(layer)),
          program_(programOf(context, layer)),
          shape_(context.mappings.at(layer.node).shape),
          tiling_(context.mappings.at(layer.node).search.best.tiling),
          window_(windowOf(shape_)),
          packing_(packingOf(context, layer)),
          places_(places),
          splitsReduction_(packing_.channelChunks(0) > 1),
          extent_(extent) {
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

    std::uint32_t tilesDown() const {
        return static_cast<std::uint32_t>(ceilDivide(shape_.outputHeight, tiling_.tileHeight));
    }
    std::uint32_t tilesAcross() const {
        return static_cast<std::uint32_t>(ceilDivide(shape_.outputWidth, tiling_.tileWidth));
    }

    /// The tile of outputs with this number, counted row by row.
    ImageBox tileOf(std::uint32_t index) const {
        const std::uint32_t y = index / tilesAcross() * tiling_.tileHeight;
        const std::uint32_t x = index % tilesAcross() * tiling_.tileWidth;
        return {.y = y,
                .x = x,
                .channel = 0,
                .height = std::min(tiling_.tileHeight, shape_.outputHeight - y),
                .width = std::min(tiling_.tileWidth, shape_.outputWidth - x),
                .channels = 1};
    }

    /// The next step of the loop nest over batches, column chunks, tiles and channel chunks; empty
    /// after the last one.
    std::optional<Step> makeStep() {
        const std::uint64_t tiles = std::uint64_t{tilesDown()} * tilesAcross();
        const std::uint64_t ofBatch = tiles * packing_.columnChunks();
        if (extent_.steps == 0 || work_ == ofBatch * extent_.batches) {
            return std::nullopt;
        }
        --extent_.steps;
        const std::uint64_t inner = tiling_.weightsOuter ? tiles : packing_.columnChunks();
        const auto outerIndex = static_cast<std::uint32_t>(work_ % ofBatch / inner);
        const auto innerIndex = static_cast<std::uint32_t>(work_ % inner);
        const std::uint32_t column = tiling_.weightsOuter ? outerIndex : innerIndex;
        Step step;
        step.batch = static_cast<std::uint32_t>(work_ / ofBatch);
        step.outputs = tileOf(tiling_.weightsOuter ? innerIndex : outerIndex);
        const ChannelRange channels = packing_.outputs(column);
        step.outputs.channel = channels.begin;
        step.outputs.channels = channels.size();
        step.column = column;
        step.part = part_;
        step.isFirst = part_ == 0;
        step.isLast = part_ + 1 == packing_.channelChunks(column);
        step.outputAddress = outputBuffers_[work_ % 2];
        step.skipAddress = skipBuffers_[work_ % 2];
        const ChannelRange inputs = packing_.inputs(column, part_);
        step.tile = inputTile(window_, layer_.input, step.outputs, inputs.begin, inputs.size());
        takeBuffers(step);
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
    void takeBuffers(Step& step) {
        step.loadsTile =
            !last_ || last_->batch != step.batch || !(last_->tile.box == step.tile.box);
        inputTurn_ ^= step.loadsTile ? 1U : 0U;
        step.inputAddress = inputBuffers_[inputTurn_];
        step.loadsWeights = !last_ || !hasSameWeights(*last_, step);
        if (step.loadsWeights) {
            step.weights =
                std::make_shared<const WeightChunk>(packing_.chunk(step.column, step.part));
            step.weightAddress =
                static_cast<std::uint32_t>(context_.weightHalf * context_.weightHalfBytes);
            context_.weightHalf ^= 1U;
        } else {
            step.weights = last_->weights;
            step.weightAddress = last_->weightAddress;
        }
        last_ = step;
    }

    bool hasSameWeights(const Step& left, const Step& right) const {
        return left.column == right.column && left.part == right.part &&
               (!layer_.weights || left.batch == right.batch);
    }

    Access weightAccess(const Step& step, bool isWrite) const {
        return {Memory::Weight, step.weightAddress, step.weightAddress + context_.weightHalfBytes,
                isWrite};
    }

    Buffer inputBuffer(const Step& step) const {
        return {step.inputAddress, tiling_.buffers.input};
    }
    Buffer outputBuffer(const Step& step) const {
        return {step.outputAddress, tiling_.buffers.output};
    }
    Buffer skipBuffer(const Step& step) const { return {step.skipAddress, tiling_.buffers.skip}; }

    void emitLoads(const Step& step) {
        if (step.loadsWeights) {
            const auto half = static_cast<std::uint32_t>(context_.weightHalfBytes);
            emitWeightLoads(context_, layer_, places_,
                            {step.batch, step.column, step.part, *step.weights},
                            {step.weightAddress, half});
        }
        if (step.loadsTile) {
            emitLoad(context_, boxOf(layer_.input, step.batch, step.tile.box), inputBuffer(step),
                     step.tile.haloElements);
        }
        if (layer_.skip && step.isFirst) {
            emitLoad(context_, boxOf(*layer_.skip, step.batch, step.outputs), skipBuffer(step));
        }
    }

    /// One pass over one block of the step; after the last one, the store.
    void emitComputation() {
        const Step& step = *step_;
        const std::uint32_t outputs = step.outputs.height * step.outputs.width;
        const ColumnBlock& block = step.weights->blocks[block_];
        const std::uint32_t count =
            std::min(outputsOfPass(outputs, view_.machine.array), outputs - pass_);
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
            emitVectorCommand(step, block, pass, row_);
        }
        row_ += pass.accumulatorRows;
        pass_ += count;
        if (pass_ < outputs) {
            return;
        }
        pass_ = 0;
        if (++block_ == step.weights->blocks.size()) {
            if (step.isLast) {
                emitStore(context_, boxOf(layer_.output, step.batch, step.outputs),
                          outputBuffer(step));
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
        return view_.machine.array.dataflow == arch::Dataflow::InputStationary;
    }

    std::uint32_t passRows(const ColumnBlock& block, std::uint32_t outputs) const {
        return channelsAlongRows() ? block.outputs.size() : outputs;
    }

    void emitStreams(const Step& step, const Segment& segment, std::uint32_t groups,
                     const Pass& pass, std::uint32_t accumulatorRow) {
        arch::Stream stream;
        stream.datapath = layer_.datapath;
        stream.window = tileWindow(window_, step.tile, step.outputs, step.inputAddress,
                                   view_.datapath.activationBytes);
        stream.window.channelBegin = segment.inputs.begin - step.tile.box.channel;
        stream.window.channelCount = segment.inputs.size();
        stream.channels = segment.outputs.size();
        stream.groupCount = groups;
        stream.countsElementsOnly = layer_.work().transposed;
        stream.columnBegin = channelsAlongRows() ? 0 : segment.blockOffset;
        const std::vector<Access> accesses{inputBuffer(step).access(Memory::Activation, false),
                                           weightAccess(step, false),
                                           accumulatorAccess(pass, accumulatorRow, true)};
        const auto emit = [&](const arch::Fold& fold) {
            stream.outputBegin = pass.begin + fold.outputBegin;
            stream.outputs = fold.outputs;
            stream.kBegin = fold.kBegin;
            stream.reduction = fold.reduction;
            stream.weights = step.weightAddress + segment.weightOffset +
                             fold.kBegin * stream.channels * view_.datapath.weightBytes;
            stream.accumulatorRow =
                accumulatorRow + (channelsAlongRows() ? segment.blockOffset : fold.outputBegin);
            stream.accumulate = fold.kBegin > 0 || !step.isFirst;
            context_.builder.emit(stream, accesses);
        };
        arch::forEachFold(view_.machine.array, pass.count, stream.window.reduction(), emit);
    }

    static Access accumulatorAccess(const Pass& pass, std::uint32_t row, bool isWrite) {
        return {Memory::Accumulator, row, row + pass.accumulatorRows, isWrite};
    }

    void emitVectorCommand(const Step& step, const ColumnBlock& block, const Pass& pass,
                           std::uint32_t accumulatorRow) {
        std::vector<Access> accesses{accumulatorAccess(pass, accumulatorRow, false),
                                     weightAccess(step, false),
                                     outputBuffer(step).access(Memory::Activation, true)};
        RequantizedBlock placed{.outputs = pass.count,
                                .channels = block.outputs.size(),
                                .channelsAlongRows = channelsAlongRows(),
                                .accumulatorRow = accumulatorRow,
                                .parameters = step.weightAddress + block.parameterOffset,
                                .destination = elementsOf(layer_.output, step.outputAddress),
                                .firstElement = pass.begin * step.outputs.channels +
                                                block.outputs.begin - step.outputs.channel,
                                .pitch = step.outputs.channels};
        if (layer_.skip) {
            placed.skip = elementsOf(*layer_.skip, step.skipAddress);
            accesses.push_back(skipBuffer(step).access(Memory::Activation, false));
        }
        arch::VectorCommand command =
            requantizeCommand(program_, view_.datapath, context_.arithmetic(), placed);
        command.datapath = layer_.datapath;
        context_.builder.emit(std::move(command), accesses);
    }

    BlockElements elementsOf(const ImageView& image, std::uint32_t address) const {
        const TensorPlace& place = context_.placeOf(image.tensor);
        return {address, place.element.room.imageBytes, place.type};
    }

    LoweringContext& context_;
    const MatrixLayer& layer_;
    const MachineView& view_;
    LayerProgram program_;  ///< on the sums
    const arch::ConvolutionShape& shape_;
    const arch::ConvolutionTiling& tiling_;
    arch::Window window_;  ///< of shape_
    WeightPacking packing_;
    const WeightPlaces& places_;
    bool splitsReduction_;
    MatrixExtent extent_;  ///< its steps are those that are left to be made

    // Where the loop nest stands.
    std::uint64_t work_ = 0;    ///< tiles and column chunks of batches whose steps are made
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

std::unique_ptr<LayerEmitter> emitMatrixLayer(LoweringContext& context, const MatrixLayer& layer,
                                              const WeightPlaces& places,
                                              const MatrixExtent& extent) {
    return std::make_unique<MatrixLowering>(context, layer, places, extent);
}

}  // namespace systole::sim
