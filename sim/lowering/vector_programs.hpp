// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "arch/config.hpp"
#include "arch/datapath.hpp"
#include "models/numeric/vector/vector_program.hpp"
#include "sim/quantize/quantized_network.hpp"

/// The vector programs of quantized layers; docs/arithmetic.md, sections 4 to 6, says what they
/// compute. Format 0 of each is that of activations. Every layer has one program, which all its
/// commands share.
namespace systole::sim {

using SharedProgram = std::shared_ptr<const numeric::VectorProgram>;

/// What the vector unit does for a node. Operands in order:
/// - behind the array: the sums, the multiplier (or mantissa and shift), the skip operand where an
///   `addition` is fused with the node, the codes;
/// - of a pooling: the image through its window, whose taps are the reduced axes; the result;
/// - else its tensors, the result.
SharedProgram programOf(const QuantizedNode& node, const QuantizedNode* addition,
                        const arch::Datapath& datapath, numeric::ScaleArithmetic arithmetic);

// The same of single operations.
SharedProgram requantizeProgram(const arch::Datapath& datapath, numeric::ScaleArithmetic arithmetic,
                                bool relu, const std::optional<QuantizedAddition>& addition);
SharedProgram additionProgram(const QuantizedAddition& addition,
                              numeric::ScaleArithmetic arithmetic);
SharedProgram reluProgram();
SharedProgram softmaxProgram(const QuantizedSoftmax& softmax);
SharedProgram poolingProgram(const QuantizedPooling& pooling, numeric::ScaleArithmetic arithmetic);

/// The class of functions that the program needs and a lane has no circuit of; null where it has
/// all.
const char* missingCircuit(const numeric::VectorProgram& program,
                           const arch::VectorUnitConfig& unit);

}  // namespace systole::sim
