// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "arch/mapping/piece_plan.hpp"
#include "sim/lowering/layer_replay.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/lowering/matrix_layer.hpp"
#include "sim/lowering/program_builder.hpp"
#include "sim/lowering/weight_packing.hpp"

/// What the lowering of matrix work, of vector work and of moves share: the state of the lowering,
/// and the loads and stores. It stands between lowering.cpp, which goes through the graph, and
/// matrix_lowering.cpp, vector_lowering.cpp and move_lowering.cpp, which write a layer's commands
/// (the last two by way of piece_lowering.cpp).
/// Before any command is written, weight_places.cpp places the weights and fold_counts.cpp counts
/// the folds.
namespace systole::sim {

/// The machine as layers on one of its datapaths see it (arch::seenBy).
struct MachineView {
    arch::MachineConfig machine;
    arch::Datapath datapath;
};
/// By datapath.
std::vector<MachineView> viewsOf(const arch::MachineConfig& machine);

/// The state of a lowering, from layer to layer. The halves of the weight scratchpad and of the
/// accumulator buffer take turns across layers, so that a layer can begin in the half that the
/// layer before it has not used last.
struct LoweringContext {
    const graph::Graph& graph;
    const arch::MachineConfig& machine;
    const std::vector<MachineView>& views;  ///< of it, by datapath
    ProgramBuilder& builder;
    LoweredNetwork& lowered;
    std::uint32_t weightHalf = 0;       ///< the half of the weight scratchpad to load next
    std::uint64_t weightHalfBytes = 0;  ///< size of a half
    std::uint64_t accumulatorHalfRows = 0;
    std::uint32_t accumulatorHalf = 0;  ///< the half of the accumulator buffer to fill next
    std::map<const graph::Node*, LayerMapping> mappings{};  ///< of matrix work
    /// Of vector work, and of each copy of a move (piecesOf).
    std::map<const graph::Node*, std::vector<arch::PieceCut>> cuts{};

    /// Tensors and weights begin at a whole burst, in bytes.
    std::uint64_t dramAlignment() const { return machine.dram.burstBytes(); }
    const TensorPlace& placeOf(graph::TensorId tensor) const {
        return lowered.tensors.at(graph.rootOf(tensor));
    }
    const MachineView& viewOf(const MatrixLayer& layer) const { return views.at(layer.datapath); }
    numeric::ScaleArithmetic arithmetic() const { return graph.arithmetic.value().requantization; }
};

/// The types of all tensors. Types besides those of the array are added to `types`.
std::vector<TensorPlace> placesWithTypes(const graph::Graph& graph,
                                         const arch::MachineConfig& machine,
                                         std::vector<arch::ElementType>& types);
/// The number of a format that some tensor has.
arch::TypeId typeOf(const LoweringContext& context, const numeric::Format& format);

/// Gives a tensor its place in DRAM, if it has none yet.
void placeTensor(LoweringContext& context, graph::TensorId tensor);
/// The bytes of a constant in the image of the DRAM.
std::vector<std::uint8_t> bytesOf(const graph::Tensor& tensor, const arch::ElementType& type);

/// Part of a scratchpad, in bytes. The tokens guard all of it.
struct Buffer {
    std::uint32_t address = 0;
    std::uint32_t bytes = 0;

    Access access(Memory memory, bool isWrite) const {
        return {memory, address, std::uint64_t{address} + bytes, isWrite};
    }
};

/// Writes the commands that load a box of a tensor into the activation scratchpad, from the
/// beginning of a buffer on, or that store one from there. `haloElements` counts the elements of
/// the box that an earlier tile has loaded too.
void emitLoad(LoweringContext& context, const TensorBox& box, const Buffer& buffer,
              std::uint64_t haloElements = 0);
void emitStore(LoweringContext& context, const TensorBox& box, const Buffer& buffer);

/// Bytes rounded up to whole words of the activation scratchpad.
std::uint64_t wholeWords(const LoweringContext& context, std::uint64_t bytes);
/// That the program needs so many bytes of the activation scratchpad.
void needActivations(LoweringContext& context, std::uint64_t bytes);

/// Writes the commands of a layer, piece by piece, so that a long layer is never held as a whole.
class LayerEmitter {
public:
    virtual ~LayerEmitter() = default;
    /// Gives the builder some more commands; returns false, and gives it none, after the last one.
    virtual bool emitNext() = 0;
};

/// Where the chunks of a column chunk lie in the image of the DRAM. All but the last one are
/// equally long.
struct ColumnPlaces {
    std::uint64_t first = 0;
    std::uint64_t stride = 0;
    std::uint32_t chunks = 1;  ///< channel chunks
    std::uint64_t last = 0;

    std::uint64_t of(std::uint32_t channelChunk) const {
        return channelChunk + 1 == chunks ? last : first + channelChunk * stride;
    }
};
/// Where the weights and parameter records of matrix work lie.
struct WeightPlaces {
    std::vector<ColumnPlaces> columns;  ///< by column chunk; none where weights are a tensor
    std::uint64_t records = 0;          ///< of all outputs, where weights are a tensor
};

struct FoldCounts {
    std::uint64_t folds = 0;
    std::uint64_t steps = 0;  ///< sum over the folds

    void add(const FoldCounts& other, std::uint64_t times) {
        folds += times * other.folds;
        steps += times * other.steps;
    }
};

/// The weights of matrix work, cut as its mapping says. It refers to the context's mapping.
WeightPacking packingOf(const LoweringContext& context, const MatrixLayer& layer);
/// Output positions, of those of a tile, whose sums the accumulator buffer holds at one time: all
/// of them, or, if input stationary, as many as the array has columns.
std::uint32_t outputsOfPass(std::uint32_t outputs, const arch::ArrayConfig& array);

/// Bytes of the DRAM that the weights and records of matrix work take, of which nothing is placed
/// yet. Weights that are a tensor are not among them.
std::uint64_t weightRoom(const LoweringContext& context, const MatrixLayer& layer);
/// Places them, and says what scratchpad the layer needs. Only packed ones become constants of the
/// lowered network.
WeightPlaces placeWeights(LoweringContext& context, const MatrixLayer& layer, WeightBytes bytes);
/// The weights of one step.
struct WeightsOfStep {
    std::uint32_t batch;
    std::uint32_t column;  ///< chunk
    std::uint32_t part;    ///< channel chunk
    const WeightChunk& chunk;
};
/// Writes the loads of a step's weights into the weight scratchpad, from the beginning of a buffer
/// on. Weights that are a tensor are gathered from it: a box for each segment of a block, and the
/// block's parameter records.
void emitWeightLoads(LoweringContext& context, const MatrixLayer& layer, const WeightPlaces& places,
                     const WeightsOfStep& weights, const Buffer& buffer);
/// The folds of all batches.
FoldCounts countFolds(const LoweringContext& context, const MatrixLayer& layer);

/// What part of matrix work is written: the first steps of so many batches.
struct MatrixExtent {
    std::uint32_t batches = 1;
    std::uint64_t steps = std::numeric_limits<std::uint64_t>::max();
};
/// Writes matrix work with what is fused with it. The context and the places must outlive the
/// emitter.
std::unique_ptr<LayerEmitter> emitMatrixLayer(LoweringContext& context, const MatrixLayer& layer,
                                              const WeightPlaces& places,
                                              const MatrixExtent& extent);

/// Vector work, or a copy of a move, with the commands of its pieces.
class LoweredPieces : public arch::PieceWork {
public:
    /// Buffers for pieces of these extents, in so many bytes of the activation scratchpad.
    virtual void placeBuffers(const graph::Extents& extents, std::uint64_t bytes) = 0;
    virtual void emit(LoweringContext& context, const arch::PieceStep& step) const = 0;
    /// Everything that its time depends on besides the machine and the cut.
    virtual std::string key() const = 0;
};
/// Of a node: one of vector work, one for each copy of a move that has no tables left.
using PieceList = std::vector<std::unique_ptr<LoweredPieces>>;
PieceList piecesOf(const LoweringContext& context, const graph::Node& node);
std::unique_ptr<LoweredPieces> vectorPieces(const LoweringContext& context,
                                            const graph::Node& node);
PieceList movePieces(const LoweringContext& context, const graph::Node& node);

/// Writes pieces as they are cut, of each of the list the first `steps`. Making the emitter says
/// what scratchpad they need.
std::unique_ptr<LayerEmitter> emitPieces(
    LoweringContext& context, PieceList pieces, const std::vector<arch::PieceCut>& cuts,
    std::uint64_t steps = std::numeric_limits<std::uint64_t>::max());

/// The cuts of vector work or a move, by arch::searchPieces; `nextWeights` as in arch::PieceTask. A
/// ConfigError names the node if not even the smallest pieces fit.
std::vector<arch::PieceCut> chooseCuts(const LoweringContext& context, const graph::Node& node,
                                       double nextWeights, const LoweringOptions& options,
                                       ReplayMemory& memory);

/// A ConfigError if the entry that the user wrote for this layer asks for what it does not have.
void checkMapping(const LoweringContext& context, const MatrixLayer& layer);

/// The mapping of matrix work: what the user fixed, and the rest by arch::searchMapping. `prefetch`
/// is the number of cycles before the layer begins in which its first weights can be loaded. A
/// ConfigError names the layer if nothing fits; `checkMapping` has passed.
LayerMapping chooseMapping(const LoweringContext& context, const MatrixLayer& layer, Cycle prefetch,
                           const LoweringOptions& options, ReplayMemory& memory);

/// The sizes of the halves of the weight scratchpad and of the accumulator buffer, for the context
/// and its program. In an unlimited memory a half is as large as the largest layer needs.
void sizeHalves(LoweringContext& context);

/// Throws a ConfigError if machine.mapping names a layer that is no matrix work of the graph.
void checkMappedLayers(const graph::Graph& graph, const arch::MappingConfig& mapping);

}  // namespace systole::sim
