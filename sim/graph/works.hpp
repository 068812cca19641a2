// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sim/graph/graph.hpp"

/// Work of the usual forms. Tensors are given as the graph has them or will have them.
namespace systole::graph {

/// Identity of the shape, last axes first as NumPy broadcasts: an operand's axis of one element, or
/// one that it does not have, is the same for all indices.
OperandMap broadcastMap(const Tensor& operand, const Tensor& output);

/// A program element by element over the output; operands broadcast. The space has the axes of the
/// output in its order.
VectorWork elementwise(const std::vector<const Tensor*>& inputs, const Tensor& output,
                       numeric::VectorProgram program);

/// The same where some axes of input 0 are reduced. The space has the axes of input 0 in its order;
/// the others broadcast against it. The output has the shape of input 0 (softmax), or one element
/// along each reduced axis.
VectorWork reducing(const std::vector<const Tensor*>& inputs, const Tensor& output,
                    const Axes& reduced, numeric::VectorProgram program);

/// A program that reduces the taps of a window over an image N C H W or N C W. The space is N,
/// output rows, output columns, kernel rows, kernel columns, C.
VectorWork windowed(const arch::Window& window, const Tensor& output,
                    numeric::VectorProgram program);

/// A copy of a whole tensor into a box of the output: target = begin + index along each axis.
Copy boxCopy(std::uint32_t input, const Tensor& source, const Extents& begin);

/// Loads, and stores what it loads: the epilogue that does nothing.
numeric::VectorProgram identityProgram();

/// Work on images N C H W, or N C W, or N C: the axes that convolutions see.
ImageAxes imageAxes(std::size_t rank);

}  // namespace systole::graph
