// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "arch/mapping/dram_pace.hpp"
#include "arch/program/command.hpp"
#include "arch/program/window.hpp"
#include "sim/graph/graph.hpp"
#include "sim/lowering/program_builder.hpp"

/// Parts of tensors that loads and stores move.
///
/// An example, a tensor of 4 x 5 x 6 elements of one byte (height x width x channels): rows 1 and 2
/// with all columns and channels are one run of 60 bytes; three columns of two rows are 2 runs of
/// 18 bytes; three channels of two whole rows are 10 runs of 3 bytes.
namespace systole::sim {

/// An axis of a part: how many indices, and elements from one to the next.
struct BoxAxis {
    std::uint32_t extent = 1;
    std::int64_t stride = 1;

    bool operator==(const BoxAxis&) const = default;
};

/// Elements of a tensor, in the order in which a transfer takes them: the last axis fastest. They
/// lie in that order, densely, in the scratchpad.
struct TensorBox {
    graph::TensorId tensor = 0;
    std::int64_t origin = 0;  ///< the first element
    std::vector<BoxAxis> axes;

    std::uint64_t elements() const;
    bool operator==(const TensorBox&) const = default;
};

/// The part of a tensor that begins at an index of each axis, in the order of the tensor.
TensorBox boxOf(const graph::Tensor& tensor, graph::TensorId id, const graph::Extents& begin,
                const graph::Extents& extents);

/// Calls visit(runs of bytes, bytes of the scratchpad before them) for the transfers that move a
/// box. `address` is that of the tensor's first element. One transfer has runs along two strides,
/// none of them negative; a box that needs more is moved by several. A box that begins before its
/// tensor, or that has no elements, is an InvariantError.
void forEachTransfer(const TensorBox& box, std::uint64_t address, std::uint32_t elementBytes,
                     const std::function<void(const arch::DramBox&, std::uint32_t)>& visit);

/// A box as it lies in DRAM, for estimates; `bits` of an element there.
arch::Runs runsOf(const TensorBox& box, std::uint32_t bits);

/// The range of bytes from the first to the last one of the runs. The tokens guard all of it, with
/// the bytes between the runs, because one range is simpler than many.
Access dramAccess(const arch::DramBox& box, bool isWrite);

/// A tensor as matrix work sees it: batches of images, channels last. Strides count elements.
struct ImageView {
    graph::TensorId tensor = 0;
    std::uint32_t height = 1;
    std::uint32_t width = 1;
    std::uint32_t channels = 1;
    std::int64_t batchStride = 0;
    std::int64_t rowStride = 1;
    std::int64_t columnStride = 1;
    std::int64_t channelStride = 1;

    /// Whether the elements of a batch lie densely, so that they can be taken for a vector.
    bool isDense() const;
    bool operator==(const ImageView&) const = default;
};
ImageView imageView(const graph::Graph& graph, graph::TensorId tensor,
                    const graph::ImageAxes& axes);

/// A part of an image, in elements.
struct ImageBox {
    std::uint32_t y = 0;
    std::uint32_t x = 0;
    std::uint32_t channel = 0;
    std::uint32_t height = 1;
    std::uint32_t width = 1;
    std::uint32_t channels = 1;

    std::uint64_t elements() const { return std::uint64_t{height} * width * channels; }
    bool operator==(const ImageBox&) const = default;
};

/// A box that reaches beyond its image is an InvariantError.
TensorBox boxOf(const ImageView& image, std::uint32_t batch, const ImageBox& box);

/// The part of the input image that a tile of outputs reads. The origin says where the first tap of
/// the first output lies in the box, in steps of the upsampled image; it is negative where the tap
/// lies in the padding.
struct InputTile {
    ImageBox box;
    std::int32_t originY = 0;
    std::int32_t originX = 0;
    /// Elements that earlier tiles hold as well, in a pass over the outputs row by row.
    std::uint64_t haloElements = 0;
};
/// The input tile of a box of outputs, with input channels `channel` .. `channel` + `channels` - 1.
/// For output rows 8 to 13 of the example of arch/mapping/tiling.hpp it has rows 7 to 13 of 14
/// columns and 32 channels, and 2 x 14 x 32 = 896 of its elements are halo.
InputTile inputTile(const arch::Window& window, const ImageView& input, const ImageBox& outputs,
                    std::uint32_t channel, std::uint32_t channels);

/// The settings of the address generator for a box of outputs, over an input tile that lies at byte
/// `address` of the activation scratchpad.
arch::TileWindow tileWindow(const arch::Window& window, const InputTile& tile,
                            const ImageBox& outputs, std::uint32_t address,
                            std::uint32_t elementBytes);

}  // namespace systole::sim
