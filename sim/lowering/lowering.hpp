// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arch/config.hpp"
#include "arch/mapping/mapping_search.hpp"
#include "arch/values/machine_state.hpp"
#include "sim/quantize/quantized_network.hpp"

namespace systole::sim {

/// Where a tensor lies in DRAM, densely, channels last; empty for one that stays in the vector unit
/// because the addition that reads it is fused with the convolution that writes it.
struct TensorPlace {
    std::optional<std::uint64_t> address;
    Shape shape;
};

/// Bytes that must be in DRAM before the program starts: weights and parameters.
struct ConstantData {
    std::uint64_t address = 0;
    std::vector<std::uint8_t> bytes;
};

/// How a convolution (or GEMM) is cut for the array.
struct LayerMapping {
    arch::ConvolutionShape shape;
    arch::MappingResult search;
    std::uint64_t folds = 0;
    std::uint64_t steps = 0;  ///< of all folds

    std::uint64_t m() const { return std::uint64_t{shape.outputHeight} * shape.outputWidth; }
    /// Of a group, as n().
    std::uint64_t k() const {
        return std::uint64_t{shape.kernelHeight} * shape.kernelWidth * shape.channelsPerGroup();
    }
    std::uint64_t n() const { return shape.outputsPerGroup(); }
};

/// A layer as it runs: a node, or a convolution with the residual addition behind it.
struct LoweredLayer {
    std::string name;
    std::string kind;
    /// M * K * N over all groups, padding included; of a transposed convolution only the products
    /// with elements of the image: H * W * kernel * C_in * C_out / groups less what is cropped.
    std::uint64_t macs = 0;
    std::optional<LayerMapping> mapping;  ///< empty for a layer of the vector unit
};

struct LoweredNetwork {
    arch::Program program;
    std::vector<LoweredLayer> layers;  ///< as the program numbers them
    std::vector<TensorPlace> tensors;  ///< by TensorId
    std::vector<ConstantData> constants;
};

/// Cuts every layer to fit the machine, as arch::searchMapping and machine.mapping say, and writes
/// the commands. ConfigError, naming the layer, where not even the smallest piece fits, or where
/// machine.mapping names what the network or the layer does not have.
LoweredNetwork lower(const QuantizedNetwork& network, const arch::MachineConfig& machine);

}  // namespace systole::sim
