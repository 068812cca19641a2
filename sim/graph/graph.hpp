// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "arch/program/window.hpp"
#include "models/numeric/formats/format.hpp"
#include "models/numeric/sums/accumulator.hpp"
#include "models/numeric/sums/requantize.hpp"
#include "models/numeric/vector/vector_run.hpp"

/// The one network there is: float, quantized or of shapes alone. Nodes do one of three kinds of
/// work (docs/arithmetic.md): matrix work on the array, vector programs, moves. What reads a graph
/// knows these three and no operator.
///
/// An example, one residual block: `matrix work (3 x 3 window, 16 outputs) -> a`, `vector work
/// (load a, load x, add, positive, store) -> y`. Quantizing it gives x, a, y and the weights
/// quantizers; the nodes stay as they are.
namespace systole::graph {

using TensorId = std::uint32_t;
using Extents = std::vector<std::uint32_t>;
/// Numbers of axes of a tensor.
using Axes = std::vector<std::uint8_t>;

/// What the codes of a tensor stand for: real value = value of the code * scale.
struct Quantizer {
    numeric::Format format;
    std::optional<std::uint8_t> axis{};  ///< with one scale an index; else one scale
    std::vector<float> scales{1.0F};

    float scale() const { return scales.front(); }
};

enum class Origin : std::uint8_t { Input, Constant, Node };

/// Data lie in the order of memory: the index of an element counts the axes of `order`, the last
/// one fastest. Images (N C H W in ONNX) lie channels last: order 0 2 3 1.
struct Tensor {
    std::string name;
    Extents shape;  ///< axes as in ONNX; a scalar has none
    Axes order;     ///< axes from slowest to fastest
    Origin origin = Origin::Node;
    std::optional<Quantizer> quantizer{};
    /// Of a constant; both are empty in a network of shapes alone.
    std::vector<float> values{};
    std::vector<numeric::Code> codes{};  ///< where it is quantized
    /// The same elements under another shape (Reshape): nothing is ever copied. That tensor is
    /// never a view itself, and its quantizer and values count for both.
    std::optional<TensorId> viewOf{};

    std::uint64_t elements() const;
    /// Elements from an index of each axis to the next one.
    std::vector<std::int64_t> strides() const;
    /// Places in memory of all elements, one after another as the axes of `counted` count them, the
    /// last one fastest.
    std::vector<std::size_t> places(const Axes& counted) const;
};

/// Axes as 0, 1, 2, ..: as ONNX stores tensors.
Axes naturalOrder(std::size_t rank);
/// N C and one or more axes of an image: the channels fastest.
Axes channelsLast(std::size_t rank);

/// How matrix work sees a tensor: its axes as batches, rows and columns of an image, channels. Each
/// may stand for several axes that lie one after another in memory, slowest first, or for none.
struct ImageAxes {
    Axes batch;
    Axes y;
    Axes x;
    Axes channel;
};

/// How it sees weights that are no constant: w[batch, k, n].
struct WeightAxes {
    Axes batch;  ///< as many elements as the image's, or none: all batches have the same weights
    Axes channel;
    Axes output;
};

/// out[b, m, n] = sum over k of a[b, m, k] * w[b, k, n] + bias[n], and then the epilogue. m counts
/// the positions of the window, k = (ky * kernel + kx) * channels + c. Input 0 is a, input 1 is w.
/// Output n belongs to group n / (outputs / groups) and reads only that group's channels.
///
/// A product of M x K x N is a window of 1 x 1 over an image of M rows, one column, K channels.
///
/// A transposed convolution is the convolution that it equals: its strides are the window's
/// upsampling, its kernel is turned by 180 degrees, its pads p are dilation * (kernel - 1) - p.
/// Only products with elements of the image are MACs of it; another one counts its padding.
struct MatrixWork {
    arch::Window window;
    std::uint32_t groups = 1;
    bool transposed = false;
    ImageAxes image;
    ImageAxes result;  ///< of the output
    /// Without: input 1 is a constant of the shape [outputs, ky, kx, channels / groups].
    std::optional<WeightAxes> weights{};
    std::vector<float> bias{};          ///< by output; empty: none
    std::vector<std::int64_t> terms{};  ///< the biases where the graph is quantized
    /// Of its sums, where they are not those of Graph::arithmetic.
    std::optional<numeric::AccumulatorFormat> accumulator{};
    std::uint64_t clippedBiases = 0;  ///< terms that are the accumulator's end in their place
    /// Of one element: operand 0 is the sum (with its bias, rounded to binary32), operand 1 the
    /// output.
    numeric::VectorProgram epilogue;
};

/// A coordinate of a tensor for an index of a space: offset + sum of index * coefficient, or the
/// entry of a table (moves only) at that place.
struct AxisMap {
    std::vector<std::int64_t> coefficients;  ///< by axis of the space
    std::int64_t offset = 0;
    std::vector<std::uint32_t> table{};

    std::int64_t at(std::span<const std::uint32_t> index) const;
    bool operator==(const AxisMap&) const = default;
};

/// Which element of a tensor an index of a space means. A coordinate outside of its tensor (the
/// padding of a window) has no element; it takes no part in reductions.
struct OperandMap {
    std::vector<AxisMap> axes;  ///< by axis of the tensor
    bool operator==(const OperandMap&) const = default;
};

/// A program over a space; operands are the node's inputs, then its output. Every element of the
/// output is written once. The last axis of the space lies along the lanes. A load of an input
/// gives the real value.
struct VectorWork {
    numeric::VectorProgram program;
    numeric::VectorSpace space;
    std::vector<OperandMap> operands;
};

/// output[target(index)] = input[source(index)].
struct Copy {
    std::uint32_t input = 0;
    Extents space;
    OperandMap source;
    OperandMap target;
};

/// Elements as they are. The input tensors and the output have one quantizer. Every element of the
/// output is written once.
struct MoveWork {
    std::vector<Copy> copies;
};

using Work = std::variant<MatrixWork, VectorWork, MoveWork>;

struct Node {
    std::string name;
    std::string kind;  ///< for reports: `convolution`, `softmax`, ..
    Work work;
    std::vector<TensorId> inputs;
    TensorId output = 0;
};

/// What a quantized network leaves to the machine.
struct Arithmetic {
    numeric::AccumulatorFormat accumulator;  ///< of matrix work that has none of its own
    numeric::ScaleArithmetic requantization = numeric::ScaleArithmetic::Fp32Multiplier;
};

struct Graph {
    std::string name;
    std::vector<Tensor> tensors;
    std::vector<Node> nodes;  ///< in execution order
    TensorId input = 0;
    TensorId output = 0;
    std::optional<Arithmetic> arithmetic{};  ///< of a quantized network

    /// The tensor whose elements these are.
    TensorId rootOf(TensorId tensor) const { return tensors.at(tensor).viewOf.value_or(tensor); }
    /// That of its elements.
    const std::optional<Quantizer>& quantizerOf(TensorId tensor) const {
        return tensors.at(rootOf(tensor)).quantizer;
    }
    /// Of the sums of matrix work of a quantized network.
    const numeric::AccumulatorFormat& accumulatorOf(const MatrixWork& work) const;
    bool isQuantized() const { return arithmetic.has_value(); }
    /// By TensorId: nodes that read its elements, under whatever shape. The network's output counts
    /// as read once more.
    std::vector<std::size_t> readerCounts() const;
    /// By TensorId: the node that writes its elements, or none.
    std::vector<std::optional<std::size_t>> writers() const;
};

/// Sizes of matrix work as the array sees them, per batch.
struct MatrixExtents {
    std::uint32_t batches = 1;
    std::uint32_t inputHeight = 1;
    std::uint32_t inputWidth = 1;
    std::uint32_t inputChannels = 1;
    std::uint32_t outputHeight = 1;
    std::uint32_t outputWidth = 1;
    std::uint32_t outputChannels = 1;
};
MatrixExtents extentsOf(const Graph& graph, const Node& node, const MatrixWork& work);

/// The operand of a program that lies in a whole tensor, in elements from its first one. Bounded
/// where a coordinate may leave the tensor.
numeric::OperandView viewOf(const OperandMap& map, const Tensor& tensor,
                            const numeric::VectorSpace& space);

/// The same of a part of the tensor, from `begin` on and of `extents`, that lies densely in the
/// order of the tensor. Places count in elements.
numeric::OperandView viewOf(const OperandMap& map, const Tensor& tensor,
                            const numeric::VectorSpace& space, const Extents& begin,
                            const Extents& extents);

/// Product of extents.
std::uint64_t elementsOf(const Extents& extents);

}  // namespace systole::graph
