// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "models/numeric/vector/vector_program.hpp"

namespace systole::graph {

/// Writes a vector program, step by step. Operands are numbered in the order of their loads; the
/// store at the end is to the operand after the last of them. At most one argument of a call may
/// write a step itself: which of two would come first is the compiler's choice.
///
///     ProgramWriter writer;
///     const auto x = writer.load();
///     return writer.stored(writer.apply("multiply", x, writer.apply("sigmoid", x)));
class ProgramWriter {
public:
    using ValueId = numeric::ValueId;

    /// The next operand.
    ValueId load(numeric::ValueType type = numeric::ValueType::Real);
    /// A function of models/numeric/functions; an unknown name is an InvariantError.
    ValueId apply(std::string_view function, ValueId first, ValueId second = 0, ValueId third = 0);
    /// A real constant must be a value of binary32.
    ValueId constant(double value, numeric::ValueType type = numeric::ValueType::Real);
    ValueId reduce(numeric::ReduceStep::Kind kind, ValueId value);
    /// An entry of a new table.
    ValueId lookup(std::vector<double> entries, ValueId index,
                   numeric::ValueType type = numeric::ValueType::Real);
    ValueId add(const numeric::VectorStep& step) { return program_.add(step); }

    /// The program, with the value stored. The writer is empty afterwards.
    numeric::VectorProgram stored(ValueId value);

private:
    numeric::VectorProgram program_;
    std::uint32_t operands_ = 0;
};

}  // namespace systole::graph
