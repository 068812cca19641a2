// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "arch/program/element_type.hpp"
#include "models/numeric/vector/vector_run.hpp"

namespace systole::arch {

/// The memories that operands of vector commands lie in.
enum class OperandMemory : std::uint8_t {
    Activation,  ///< elements in the activation scratchpad; places are bytes
    Parameter,   ///< a field of a parameter record in the weight scratchpad; places are its bytes
    Sum,         ///< the accumulator buffer; places are `sumPlace`
};

/// What of a parameter record is meant (arch::ColumnParameters).
enum class ParameterField : std::uint8_t { Multiplier, Mantissa, Shift };

/// Of a sum in the accumulator buffer. The columns of a row are places side by side.
constexpr std::int64_t kSumRowPitch = std::int64_t{1} << 20;
constexpr std::int64_t sumPlace(std::uint32_t row, std::uint32_t column) {
    return row * kSumRowPitch + column;
}

/// An operand of a vector command. Activations load as the values of their codes, or as grid steps
/// where the program asks for an integer; they are stored as codes. Those of binary32 load as they
/// are, and none is stored. Sums load with their bias added, as integers where a sum is one
/// (numeric::SumArithmetic), else as values.
struct VectorOperand {
    OperandMemory memory = OperandMemory::Activation;
    numeric::OperandView view;
    ParameterField field = ParameterField::Multiplier;  ///< of a parameter
    /// Of a sum: the parameter record whose bias is added to it.
    std::optional<numeric::OperandView> bias{};
    TypeId type = kActivationType;  ///< of elements in the activation scratchpad

    bool operator==(const VectorOperand&) const = default;
};

/// What the vector unit does: a program over a space of indices. Commands of one layer share the
/// program. Parameter records are read with the first elements that need them and then kept.
///
/// An example: 10 output positions of 16 channels are requantized. The space is 10 x 16. Sums lie
/// at `sumPlace(row + output, channel)`, records at address + channel * bytes of one (the stride
/// along the outputs is 0), and codes go to destination + output * pitch + channel.
struct VectorCommand {
    std::shared_ptr<const numeric::VectorProgram> program;
    numeric::VectorSpace space;
    std::vector<VectorOperand> operands;
    std::vector<TypeId> formats{kActivationType};  ///< that QuantizeSteps name
    DatapathId datapath = 0;                       ///< of sums and parameter records
};

}  // namespace systole::arch
