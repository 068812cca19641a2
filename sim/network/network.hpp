// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// The network as the rest of Systole sees it: float, static shapes, one image at a time, nodes in
/// execution order. Importers fold BatchNormalization, turn Gemm into a convolution whose kernel
/// covers its whole input, and drop Flatten.
namespace systole::sim {

/// Of one image. Values are stored channels last: index = (y * width + x) * channels + c.
struct Shape {
    std::uint32_t height = 1;
    std::uint32_t width = 1;
    std::uint32_t channels = 1;

    std::uint64_t elements() const { return std::uint64_t{height} * width * channels; }
    bool operator==(const Shape&) const = default;
};

using TensorId = std::uint32_t;

struct Tensor {
    std::string name;
    Shape shape;
};

/// A sliding window over height and width. A pad may be negative: that many rows or columns of the
/// image are cropped. Upsampling puts `upsample - 1` zeros between two rows or columns of the image
/// before it is padded; only transposed convolutions do it, and no memory ever holds those zeros.
struct Window {
    std::uint32_t kernelHeight = 1;
    std::uint32_t kernelWidth = 1;
    std::uint32_t strideHeight = 1;
    std::uint32_t strideWidth = 1;
    std::int32_t padTop = 0;
    std::int32_t padLeft = 0;
    std::int32_t padBottom = 0;
    std::int32_t padRight = 0;
    std::uint32_t dilationHeight = 1;
    std::uint32_t dilationWidth = 1;
    std::uint32_t upsampleHeight = 1;
    std::uint32_t upsampleWidth = 1;
};

/// One input. Output channel n belongs to group n / (N / groups) and reads only that group's
/// inputs. Reduction index within a group: k = (ky * kernelWidth + kx) * channelsPerGroup + c.
///
/// A transposed convolution is the convolution that it equals: its strides are the window's
/// upsampling, its kernel is turned by 180 degrees, its pads p are dilation * (kernel - 1) - p.
/// Only products with elements of the image are MACs of it; an ordinary convolution counts its
/// padding.
struct Convolution {
    Window window;
    std::uint32_t groups = 1;
    std::uint32_t outputChannels = 1;
    bool transposed = false;
    std::vector<float> weights;  ///< [outputChannels][k]
    std::vector<float> bias;     ///< [outputChannels]

    std::uint64_t reduction() const { return weights.size() / outputChannels; }
};

/// One input. Max ignores padding; average divides by the positions inside the image, or by the
/// whole kernel when countIncludesPad.
struct Pooling {
    enum class Kind { Max, Average };
    Kind kind = Kind::Max;
    Window window;
    bool countIncludesPad = false;
};

/// Two inputs of one shape.
struct Addition {};

struct Relu {};

/// Over the channels of a 1 x 1 image.
struct Softmax {};

using Operation = std::variant<Convolution, Pooling, Addition, Relu, Softmax>;

struct Node {
    std::string name;
    Operation operation;
    std::vector<TensorId> inputs;
    TensorId output = 0;
};

struct Network {
    std::string name;
    std::vector<Tensor> tensors;
    std::vector<Node> nodes;  ///< in execution order
    TensorId input = 0;
    TensorId output = 0;
};

}  // namespace systole::sim
