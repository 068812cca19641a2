// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "sim/lowering/lowering.hpp"
#include "sim/lowering/program_builder.hpp"

/// Shared by the lowering of convolutions and of vector layers.
namespace systole::sim {

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

    std::uint64_t dramAlignment() const { return machine.dram.burstBytes(); }
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

/// The box as runs in DRAM, as long as they can be.
arch::DramBox dramBox(const TensorBox& box, const Shape& shape, std::uint64_t base,
                      std::uint32_t elementBytes);

/// All bytes between the first and the last of the box: what the tokens guard.
Access dramAccess(const arch::DramBox& box, bool isWrite);

/// Loads a box of a tensor into the activation scratchpad, or stores one. `bufferBytes` is the size
/// of the buffer at `address`, all of which the tokens guard.
/// `haloElements`: those of the box that a tile before it has loaded too.
void emitLoad(LoweringContext& context, TensorId tensor, const TensorBox& box,
              std::uint32_t address, std::uint32_t bufferBytes, std::uint64_t haloElements = 0);
void emitStore(LoweringContext& context, TensorId tensor, const TensorBox& box,
               std::uint32_t address, std::uint32_t bufferBytes);

/// The part of the input image under a tile of outputs, and where the first tap lies in it, in
/// steps of the upsampled image.
struct InputTile {
    TensorBox box;
    std::int32_t originY = 0;
    std::int32_t originX = 0;
    /// Elements that the tiles before this one in a row by row pass over the outputs hold, too.
    std::uint64_t haloElements = 0;
};
InputTile inputTile(const Window& window, const Shape& input, const TensorBox& outputs,
                    std::uint32_t channel, std::uint32_t channels);

/// The address generator's settings for outputs `outputs` over an input tile at `address`.
arch::TileWindow tileWindow(const Window& window, const InputTile& tile, const TensorBox& outputs,
                            std::uint32_t address, std::uint32_t elementBytes);

void lowerConvolution(LoweringContext& context, const QuantizedNode& node,
                      const QuantizedNode* fusedAddition);
void lowerVectorLayer(LoweringContext& context, const QuantizedNode& node);

/// Shape of a convolution as the tiler wants it.
arch::ConvolutionShape convolutionShape(const QuantizedConvolution& convolution, const Shape& input,
                                        const Shape& output, bool hasSkip);

/// The mapping of a convolution, or a ConfigError that names the layer. `prefetch`: cycles before
/// the layer begins in which its first weights may be loaded.
LayerMapping chooseMapping(const LoweringContext& context, const std::string& layer,
                           const arch::ConvolutionShape& shape, Cycle prefetch);

/// ConfigError where machine.mapping names a layer that the network has no convolution for.
void checkMappedLayers(const QuantizedNetwork& network, const arch::MappingConfig& mapping);

}  // namespace systole::sim
