// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "arch/datapath.hpp"
#include "arch/program/command.hpp"
#include "sim/graph/code_program.hpp"
#include "sim/lowering/layer_context.hpp"

/// Vector commands: the program of a node over operands at their places.
namespace systole::sim {

/// A program on codes as commands name it. All commands of a layer share it.
struct LayerProgram {
    std::shared_ptr<const numeric::VectorProgram> program;
    std::vector<graph::CodeOperand> operands;
    std::vector<arch::TypeId> formats{arch::kActivationType};
};
/// What the vector unit does on the sums of matrix work, with what is fused with it.
LayerProgram programOf(const LoweringContext& context, const MatrixLayer& layer);
/// What it does for vector work.
LayerProgram programOf(const LoweringContext& context, const graph::Node& node);

/// The class of functions that the program needs and a lane has no circuit of; null where it has
/// all.
const char* missingCircuit(const numeric::VectorProgram& program,
                           const arch::VectorUnitConfig& unit);

/// Where the elements of a tile lie in the activation scratchpad.
struct BlockElements {
    std::uint32_t address = 0;
    std::uint32_t bytes = 1;  ///< of an element
    arch::TypeId type = arch::kActivationType;
};

/// Sums that become codes together. Addresses are bytes of the scratchpads. Element (output,
/// channel) is number firstElement + output * pitch + channel of its tile.
struct RequantizedBlock {
    std::uint32_t outputs = 1;
    std::uint32_t channels = 1;
    /// Whether channels lie along the accumulator's rows and outputs along its columns, as an
    /// input-stationary array leaves them. Else outputs lie along the rows.
    bool channelsAlongRows = false;
    std::uint32_t accumulatorRow = 0;
    std::uint32_t parameters = 0;
    std::optional<BlockElements> skip{};  ///< the tensor besides the sums, in order like the codes
    BlockElements destination{};
    std::uint32_t firstElement = 0;
    std::uint32_t pitch = 0;
};
arch::VectorCommand requantizeCommand(const LayerProgram& program, const arch::Datapath& datapath,
                                      numeric::ScaleArithmetic arithmetic,
                                      const RequantizedBlock& block);

/// A view in elements of so many bytes, the first of which lies at an address.
numeric::OperandView inBytes(numeric::OperandView view, std::uint32_t address,
                             std::uint32_t elementBytes);

/// Axes of the space whose elements all operands have one after another become one, and those of
/// one index are left out: the vector unit fills its lanes along the last axis alone. 8 x 8 x 16
/// elements that lie densely become 1024.
void mergeAxes(arch::VectorCommand& command);

}  // namespace systole::sim
