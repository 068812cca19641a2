// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <map>
#include <memory>

#include "sim/lowering/layer_replay.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/lowering/program_builder.hpp"
#include "sim/lowering/weight_packing.hpp"

/// What the lowering of convolutions and of vector layers share: the state of the lowering, and the
/// boxes of tensors that loads and stores move. It stands between lowering.cpp, which goes through
/// the network, and convolution_lowering.cpp and vector_lowering.cpp, which write a layer's
/// commands. Before any command is written, weight_places.cpp places the weights and
/// fold_counts.cpp counts the folds.
///
/// Boxes by example, in a tensor of 4 x 5 x 6 elements of one byte (height x width x channels):
/// rows 1 and 2 with all columns and channels are one run of 60 bytes; three columns of two rows
/// are 2 runs of 18 bytes; three channels of two whole rows are 10 runs of 3 bytes.
namespace systole::sim {

/// The state of a lowering, from layer to layer. The halves of the weight scratchpad and of the
/// accumulator buffer take turns across layers, so that a layer can begin in the half that the
/// layer before it has not used last.
struct LoweringContext {
    const QuantizedNetwork& network;
    const arch::MachineConfig& machine;
    const arch::Datapath& datapath;
    ProgramBuilder& builder;
    LoweredNetwork& lowered;
    std::uint32_t weightHalf = 0;       ///< the half of the weight scratchpad to load next
    std::uint64_t weightHalfBytes = 0;  ///< size of a half
    std::uint64_t accumulatorHalfRows = 0;
    std::uint32_t accumulatorHalf = 0;  ///< the half of the accumulator buffer to fill next
    std::map<const QuantizedNode*, LayerMapping> mappings{};  ///< of the convolutions

    /// Tensors and weights begin at a whole burst, in bytes.
    std::uint64_t dramAlignment() const { return machine.dram.burstBytes(); }
    /// The byte of the DRAM image at which a tensor begins. The tensor must have one.
    std::uint64_t addressOf(TensorId tensor) const {
        return lowered.tensors.at(tensor).address.value();
    }
};

/// A box of one tensor, in elements.
struct TensorBox {
    std::uint32_t y = 0;
    std::uint32_t x = 0;
    std::uint32_t channel = 0;
    std::uint32_t height = 1;
    std::uint32_t width = 1;
    std::uint32_t channels = 1;

    std::uint64_t elements() const { return std::uint64_t{height} * width * channels; }
    bool operator==(const TensorBox&) const = default;
};

/// The runs of bytes of a box, each as long as it can be. `base` is the address of the tensor,
/// whose size is `shape`. A box that reaches beyond its tensor, or an empty one, is an
/// InvariantError.
arch::DramBox dramBox(const TensorBox& box, const Shape& shape, std::uint64_t base,
                      std::uint32_t elementBytes);

/// The range of bytes from the first to the last one of the box. The tokens guard all of it, with
/// the bytes between the runs, because one range is simpler than many.
Access dramAccess(const arch::DramBox& box, bool isWrite);

/// A tensor, and the image that its elements are taken for. A layer that covers its whole image
/// takes it for a vector (arch::asVector).
struct TensorView {
    TensorId tensor;
    Shape shape;
};

/// Writes the command that loads a box of a tensor into the activation scratchpad, or that stores
/// one. `bufferBytes` is the size of the buffer at `address`; the tokens guard the whole buffer.
/// `haloElements` counts the elements of the box that an earlier tile has loaded too.
void emitLoad(LoweringContext& context, const TensorView& tensor, const TensorBox& box,
              std::uint32_t address, std::uint32_t bufferBytes, std::uint64_t haloElements = 0);
void emitStore(LoweringContext& context, TensorId tensor, const TensorBox& box,
               std::uint32_t address, std::uint32_t bufferBytes);

/// The part of the input image that a tile of outputs reads. The origin says where the first tap of
/// the first output lies in the box, in steps of the upsampled image; it is negative where the tap
/// lies in the padding.
struct InputTile {
    TensorBox box;
    std::int32_t originY = 0;
    std::int32_t originX = 0;
    /// Elements that earlier tiles hold as well, in a pass over the outputs row by row.
    std::uint64_t haloElements = 0;
};
/// The input tile of a box of outputs, with input channels `channel` .. `channel` + `channels` - 1.
/// For output rows 8 to 13 of the example of arch/mapping/tiling.hpp it has rows 7 to 13 of 14
/// columns and 32 channels, and 2 x 14 x 32 = 896 of its elements are halo.
InputTile inputTile(const Window& window, const Shape& input, const TensorBox& outputs,
                    std::uint32_t channel, std::uint32_t channels);

/// The settings of the address generator for a box of outputs, over an input tile that lies at byte
/// `address` of the activation scratchpad.
arch::TileWindow tileWindow(const Window& window, const InputTile& tile, const TensorBox& outputs,
                            std::uint32_t address, std::uint32_t elementBytes);

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
/// By column chunk.
using WeightPlaces = std::vector<ColumnPlaces>;

struct FoldCounts {
    std::uint64_t folds = 0;
    std::uint64_t steps = 0;  ///< sum over the folds

    void add(const FoldCounts& other, std::uint64_t times) {
        folds += times * other.folds;
        steps += times * other.steps;
    }
};

/// The weights of a convolution, cut as its mapping says. It refers to the context's mapping.
WeightPacking packingOf(const LoweringContext& context, const QuantizedNode& node);
/// Output positions, of those of a tile, whose sums the accumulator buffer holds at one time: all
/// of them, or, if input stationary, as many as the array has columns.
std::uint32_t outputsOfPass(std::uint32_t outputs, const arch::ArrayConfig& array);

/// Bytes of the DRAM that a convolution's weights take, of which nothing is placed yet.
std::uint64_t weightRoom(const LoweringContext& context, const QuantizedNode& node);
/// Places the weights of a convolution, and says what scratchpad the layer needs. Only packed ones
/// become constants of the lowered network.
WeightPlaces placeWeights(LoweringContext& context, const QuantizedNode& node, WeightBytes bytes);
/// The folds of a convolution.
FoldCounts countFolds(const LoweringContext& context, const QuantizedNode& node);

inline constexpr std::uint64_t kAllSteps = std::numeric_limits<std::uint64_t>::max();

/// Writes a convolution, or the first `steps` steps of it. `fusedAddition` is the addition that the
/// vector unit makes on the way out, or null. The context and the places must outlive the emitter.
std::unique_ptr<LayerEmitter> emitConvolution(LoweringContext& context, const QuantizedNode& node,
                                              const QuantizedNode* fusedAddition,
                                              const WeightPlaces& places,
                                              std::uint64_t steps = kAllSteps);
/// Says what scratchpad a layer of the vector unit needs.
void planVectorLayer(LoweringContext& context, const QuantizedNode& node);
std::unique_ptr<LayerEmitter> emitVectorLayer(LoweringContext& context, const QuantizedNode& node);

/// The shape of a convolution in the terms of arch/mapping. One that covers its whole image is a
/// product of a vector.
arch::ConvolutionShape convolutionShape(const QuantizedConvolution& convolution, const Shape& input,
                                        const Shape& output, bool hasSkip);

/// The window of such a shape. Padding behind the image is left out, because it decides nothing
/// once the sizes of the outputs are known.
Window windowOf(const arch::ConvolutionShape& shape);

/// A ConfigError if the entry that the user wrote for this layer asks for what it does not have.
void checkMapping(const LoweringContext& context, const std::string& layer,
                  const arch::ConvolutionShape& shape);

/// The mapping of a convolution: what the user fixed, and the rest by arch::searchMapping.
/// `prefetch` is the number of cycles before the layer begins in which its first weights can be
/// loaded. A ConfigError names the layer if nothing fits; `checkMapping` has passed.
LayerMapping chooseMapping(const LoweringContext& context, const std::string& layer,
                           const arch::ConvolutionShape& shape, Cycle prefetch,
                           const LoweringOptions& options, ReplayMemory& memory);

/// The sizes of the halves of the weight scratchpad and of the accumulator buffer, for the context
/// and its program. In an unlimited memory a half is as large as the largest layer needs.
void sizeHalves(LoweringContext& context);

/// Throws a ConfigError if machine.mapping names a layer that is no convolution of the network.
void checkMappedLayers(const QuantizedNetwork& network, const arch::MappingConfig& mapping);

}  // namespace systole::sim
