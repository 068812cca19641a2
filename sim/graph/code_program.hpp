// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/graph/graph.hpp"

namespace systole::graph {

/// An operand of a program on codes.
struct CodeOperand {
    enum class Source : std::uint8_t {
        Tensor,      ///< an input of the node: codes, or binary32 where it has no quantizer
        Output,      ///< what the node writes
        Sum,         ///< of matrix work, with its bias
        Multiplier,  ///< of the sum's output channel, as the members of numeric::Rescale
        Mantissa,
        Shift,
    };
    Source source = Source::Tensor;
    std::uint32_t input = 0;  ///< index into Node::inputs, of a Tensor

    bool operator==(const CodeOperand&) const = default;
};

/// What the vector unit does on codes for vector work or behind the array: the node's program with
/// the scales of its tensors' quantizers worked in. docs/arithmetic.md says how.
///
/// An example: `load x, load y, add, store` of tensors with scales becomes `load x, multiply by
/// s_x, load y, multiply by s_y, add, divide by s_out, store`; `load sum, positive, store` becomes
/// `load sum, round, load multiplier, multiply, positive, store`.
struct CodeProgram {
    numeric::VectorProgram program;
    std::vector<CodeOperand> operands;     ///< by the program's operand numbers
    std::vector<numeric::Format> formats;  ///< that QuantizeSteps name
};

/// Of a node of a quantized graph that does vector or matrix work. Throws std::range_error where a
/// ratio of scales is beyond the arithmetic.
CodeProgram codeProgramOf(const Graph& graph, const Node& node);

/// By output channel of matrix work, what the Multiplier, or Mantissa and Shift, of its program
/// hold: whichever the program loads.
std::vector<numeric::Rescale> rescalesOf(const Graph& graph, const Node& node);

/// The program of vector work behind that of the matrix work whose output it reads: what the
/// array's sums become without the output ever being stored in between; it is quantized as if it
/// were. Every load of an input of `behind` that is that output, under whatever shape, takes the
/// value at hand. Tensor operands count in the inputs of `behind`; Multiplier, Mantissa and Shift
/// are those of `matrix`.
///
/// None where a program of one element cannot do it: `behind` reduces, or its integers would have
/// to come from a binary32 value.
std::optional<CodeProgram> fuse(const Graph& graph, const Node& matrix, const Node& behind);

/// Of weights' output channel n: one scale for all, or one each.
float scaleOf(const Quantizer& quantizer, std::size_t n);

}  // namespace systole::graph
