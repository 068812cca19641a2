// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sim/graph/program_writer.hpp"

/// Programs that several families of operators use.
namespace systole::operators {

using graph::ProgramWriter;
using numeric::ReduceStep;
using numeric::ValueId;

/// Loads, reduces and stores.
numeric::VectorProgram reduceProgram(ReduceStep::Kind kind);

/// Loads, adds up, divides by a count and stores.
numeric::VectorProgram meanProgram(std::uint64_t count);

/// The sum of a value over the reduced axes, divided by a count.
ValueId mean(ProgramWriter& writer, ValueId value, std::uint64_t count);

/// A constant of a program, rounded to binary32.
ValueId real(ProgramWriter& writer, double value);

}  // namespace systole::operators
