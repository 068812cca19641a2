// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "arch/accelerator.hpp"
#include "arch/config.hpp"
#include "arch/mapping/mapping_search.hpp"
#include "arch/values/machine_state.hpp"
#include "sim/graph/graph.hpp"

/// The lowering turns a quantized graph into a program for the machine (docs/machine.md). It places
/// tensors and weights in DRAM, asks arch::searchMapping how to cut the matrix work of each node,
/// and writes the commands node by node. The program runs on an arch::Accelerator.
///
/// An example: a GEMM of 3 x 4 x 8 (M x K x N) on an array of 4 x 4, with a weight scratchpad for
/// two blocks of 4 output channels. The 8 channels make two column chunks, and the program has 9
/// commands: loads of weights, of the tile and of the next weights, then twice Stream,
/// VectorCommand and a store. The first Stream waits for 2 commands of the load queue, the second
/// one for 3.
namespace systole::sim {

/// Where a tensor lies in DRAM: densely, in its order. The address counts bytes of the DRAM image.
/// It is empty if the tensor never reaches DRAM: a constant that only the packed weights hold, or
/// what lies between two nodes that run as one. Views have the place of their tensor.
struct TensorPlace {
    std::optional<std::uint64_t> address{};
    arch::TypeId type = arch::kActivationType;
    arch::ElementType element{};
    std::uint64_t elements = 0;

    std::uint64_t bytes() const { return elements * element.room.imageBytes; }
};

/// Bytes that must be in the DRAM image before the program starts: weights, parameters and
/// constants of vector work.
struct ConstantData {
    std::uint64_t address = 0;
    std::vector<std::uint8_t> bytes;
};

/// How matrix work is cut for the array.
struct LayerMapping {
    arch::ConvolutionShape shape;  ///< of one batch, as MatrixLayer has it
    arch::MappingResult search{};
    std::uint32_t batches = 1;  ///< with weights of their own, all cut alike
    std::uint64_t folds = 0;    ///< of the whole layer
    std::uint64_t steps = 0;    ///< sum over all folds

    /// The sizes M x K x N of a batch as a GEMM. K and N are those of one group.
    std::uint64_t m() const { return shape.positions(); }
    std::uint64_t k() const {
        return std::uint64_t{shape.kernelHeight} * shape.kernelWidth * shape.channelsPerGroup();
    }
    std::uint64_t n() const { return shape.outputsPerGroup(); }
};

/// A layer as it runs: a node, or matrix work together with the vector work that is fused with it.
struct LoweredLayer {
    std::string name;  ///< of the node; "a + b" with fused vector work
    std::string kind;  ///< graph::Node::kind
    /// Multiply-accumulates: M x K x N over all groups and batches, including taps in the padding.
    /// In a transposed convolution only products with elements of the image count: height x width x
    /// kernel x input channels x output channels / groups, without those that are cropped.
    std::uint64_t macs = 0;
    std::optional<LayerMapping> mapping;  ///< empty for a layer without matrix work
    arch::DatapathId datapath = 0;        ///< of matrix work
    std::uint64_t clippedBiases = 0;      ///< as in graph::MatrixWork
};

/// A program, and what a run must know of the graph that it came from.
struct LoweredNetwork {
    arch::Program program;
    std::vector<LoweredLayer> layers;  ///< in the program's numbering
    std::vector<TensorPlace> tensors;  ///< by TensorId
    std::vector<ConstantData> constants;
};

/// What a lowering may use, and need not do.
struct LoweringOptions {
    /// The machine that will run the program: the search compares its estimates with it. Null: it
    /// goes by the estimates alone. The machine holds no program afterwards.
    arch::Accelerator* accelerator = nullptr;
    /// By datapath, where the objective of the search needs them; else none.
    std::span<const arch::ActionEnergies> energies{};
    /// Without values there are no constants, the graph needs none, and the program is written
    /// while it is replayed, a piece at a time (arch::Program::source). Graph and machine must
    /// outlive such a program.
    bool values = true;
};

/// Lowers a quantized graph. Every node is cut to fit the machine, matrix work as
/// arch::searchMapping and the user's machine.mapping say. It throws a ConfigError that names the
/// node if not even the smallest piece fits, if its formats are not those of the machine, or if
/// machine.mapping fixes something that the graph or the node does not have. If the graph does not
/// fit the DRAM, the ConfigError says how many bytes it needs.
LoweredNetwork lower(const graph::Graph& graph, const arch::MachineConfig& machine,
                     const LoweringOptions& options = {});

}  // namespace systole::sim
