// SPDX-License-Identifier: Apache-2.0
// Writes the commands of matrix work. lowering.cpp calls it with the mapping that the search has
// chosen; weight_packing.cpp cuts the weights, weight_places.cpp has given them their places, and
// ProgramBuilder derives the tokens.
//
// The steps are those of arch::LayerPlan: one tile of one image, one column chunk, one channel
// chunk. A step has loads of weights and of a tile and, where fused vector work reads a second
// tensor, the load of that; then for every block and pass its Streams and a vector command; then a
// store. What the step before has loaded is not loaded again, and only the last channel chunk of
// the outputs has the vector command and the store.
//
// The example of lowering.hpp, 3 x 4 x 8 on 4 x 4 with two column chunks, has two steps of one
// Stream each. The second step keeps the tile. Its sums lie in accumulator rows 3 to 5, those of
// the first step in rows 0 to 2.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "arch/fold/fold.hpp"
#include "arch/mapping/layer_plan.hpp"
#include "sim/lowering/layer_context.hpp"
#include "sim/lowering/vector_commands.hpp"
#include "sim/lowering/weight_packing.hpp"

namespace systole::sim {
namespace {

/// A step of the plan with its places.
struct Step : arch::LayerStep {
    std::uint32_t index = 0;  ///< of the image, among those of all batches
    ImageBox outputs;         ///< the tile, with the channels of the column chunk
    std::shared_ptr<const WeightChunk> weights;
    InputTile tile;
    Buffer inputBuffer;
    Buffer outputBuffer;
    Buffer skipBuffer;
    std::uint32_t weightAddress = 0;   ///< byte of the weight scratchpad
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
          tiled_(context.viewOf(layer).machine.array, shape_, tiling_, extent.batches),
          walk_(tiled_.plan.walk()),
          extent_(extent) {}

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
    /// The next step of the plan with its places; empty after the last one.
    std::optional<Step> makeStep() {
        if (extent_.steps == 0) return std::nullopt;
        const std::optional<arch::LayerStep> planned = walk_.next();
        if (!planned) return std::nullopt;
        --extent_.steps;
        Step step;
        static_cast<arch::LayerStep&>(step) = *planned;
        step.index = step.batch * shape_.images + step.image;
        const ChannelRange channels = packing_.outputs(step.chunk);
        step.outputs = {.y = step.row * tiling_.tileHeight,
                        .x = step.column * tiling_.tileWidth,
                        .channel = channels.begin,
                        .height = tiled_.rows.outputsOf(step.row),
                        .width = tiled_.columns.outputsOf(step.column),
                        .channels = channels.size()};
        const ChannelRange inputs = packing_.inputs(step.chunk, step.part);
        step.tile = inputTile(window_, layer_.input, step.outputs, inputs.begin, inputs.size());
        step.inputBuffer = half(0, tiling_.buffers.input, step.input);
        step.outputBuffer = half(2 * tiling_.buffers.input, tiling_.buffers.output, step.output);
        step.skipBuffer = half(2 * (tiling_.buffers.input + tiling_.buffers.output),
                               tiling_.buffers.skip, step.output);
        placeWeights(step);
        if (splitsReduction()) {
            step.accumulatorRow = accumulatorHalfRow();
            context_.accumulatorHalf ^= step.isLast ? 1U : 0U;
        }
        return step;
    }

    /// One of two buffers side by side.
    static Buffer half(std::uint32_t first, std::uint32_t bytes, std::uint32_t index) {
        return {first + index * bytes, bytes};
    }

    bool splitsReduction() const { return tiled_.plan.parts() > 1; }

    std::uint32_t accumulatorHalfRow() const {
        return static_cast<std::uint32_t>(context_.accumulatorHalf * context_.accumulatorHalfRows);
    }

    /// The halves of the weight scratchpad go on where the layer before has left them.
    void placeWeights(Step& step) {
        if (step.loadsWeights) {
            weights_ = std::make_shared<const WeightChunk>(packing_.chunk(step.chunk, step.part));
            weightAddress_ =
                static_cast<std::uint32_t>(context_.weightHalf * context_.weightHalfBytes);
            context_.weightHalf ^= 1U;
        }
        step.weights = weights_;
        step.weightAddress = weightAddress_;
    }

    Access weightAccess(const Step& step, bool isWrite) const {
        return {Memory::Weight, step.weightAddress, step.weightAddress + context_.weightHalfBytes,
                isWrite};
    }

    void emitLoads(const Step& step) {
        if (step.loadsWeights) {
            const auto half = static_cast<std::uint32_t>(context_.weightHalfBytes);
            emitWeightLoads(context_, layer_, places_,
                            {step.batch, step.chunk, step.part, *step.weights},
                            {step.weightAddress, half});
        }
        if (step.loadsTile) {
            emitLoad(context_, boxOf(layer_.input, step.index, step.tile.box), step.inputBuffer,
                     step.tile.haloElements);
        }
        if (step.loadsSkip) {
            emitLoad(context_, boxOf(*layer_.skip, step.index, step.outputs), step.skipBuffer);
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
        if (!splitsReduction()) {
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
                emitStore(context_, boxOf(layer_.output, step.index, step.outputs),
                          step.outputBuffer);
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
        stream.window = tileWindow(window_, step.tile, step.outputs, step.inputBuffer.address,
                                   view_.datapath.activationBytes);
        stream.window.channelBegin = segment.inputs.begin - step.tile.box.channel;
        stream.window.channelCount = segment.inputs.size();
        stream.channels = segment.outputs.size();
        stream.groupCount = groups;
        stream.countsElementsOnly = layer_.work().transposed;
        stream.columnBegin = channelsAlongRows() ? 0 : segment.blockOffset;
        const std::vector<Access> accesses{step.inputBuffer.access(Memory::Activation, false),
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
                                     step.outputBuffer.access(Memory::Activation, true)};
        RequantizedBlock placed{.outputs = pass.count,
                                .channels = block.outputs.size(),
                                .channelsAlongRows = channelsAlongRows(),
                                .accumulatorRow = accumulatorRow,
                                .parameters = step.weightAddress + block.parameterOffset,
                                .destination = elementsOf(layer_.output, step.outputBuffer.address),
                                .firstElement = pass.begin * step.outputs.channels +
                                                block.outputs.begin - step.outputs.channel,
                                .pitch = step.outputs.channels};
        if (layer_.skip) {
            placed.skip = elementsOf(*layer_.skip, step.skipBuffer.address);
            accesses.push_back(step.skipBuffer.access(Memory::Activation, false));
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
    arch::TiledLayer tiled_;
    arch::LayerPlan::Walk walk_;
    MatrixExtent extent_;                         ///< its steps are those that are left to be made
    std::shared_ptr<const WeightChunk> weights_;  ///< of the last step that was made
    std::uint32_t weightAddress_ = 0;             ///< the same
    bool begun_ = false;
    std::optional<Step> next_;  ///< its loads are written
    std::optional<Step> step_;  ///< it is being written
    std::size_t block_ = 0;
    std::uint32_t pass_ = 0;  ///< first output of the pass
    std::uint32_t row_ = 0;   ///< of the accumulator buffer
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
