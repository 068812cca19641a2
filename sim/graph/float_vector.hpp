// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "models/numeric/vector/vector_run.hpp"

namespace systole::graph {

/// A program over binary32 tensors. `views` are those of the inputs and of the output.
void runFloatProgram(const numeric::VectorProgram& program, numeric::VectorSpace space,
                     std::vector<numeric::OperandView> views,
                     std::span<const std::span<const float>> inputs, std::span<float> output);

/// An epilogue, in place: of every element by itself.
void runFloatEpilogue(const numeric::VectorProgram& epilogue, std::span<float> values);

/// Whether a program stores what it loads.
bool isIdentity(const numeric::VectorProgram& program);

/// Makes one axis of two neighbours wherever every operand sees them as one: longer rows, the same
/// elements in the same order.
void joinAxes(numeric::VectorSpace& space, std::vector<numeric::OperandView>& views);

}  // namespace systole::graph
