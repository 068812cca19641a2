// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "arch/datapath.hpp"
#include "models/numeric/vector/vector_program.hpp"
#include "sim/quantize/quantized_network.hpp"

/// The vector programs of quantized layers; docs/arithmetic.md, sections 4 to 6, says what they
/// compute. Format 0 of each is that of activations. Every layer has one program, which all its
/// commands share.
namespace systole::sim {

using SharedProgram = std::shared_ptr<const numeric::VectorProgram>;

/// Sums become codes. Operands: the sums, the multiplier (or mantissa and shift), the skip operand
/// where there is an addition, the codes.
SharedProgram requantizeProgram(const arch::Datapath& datapath, numeric::ScaleArithmetic arithmetic,
                                bool relu, const std::optional<QuantizedAddition>& addition);

/// Operands: both terms, the result.
SharedProgram additionProgram(const QuantizedAddition& addition,
                              numeric::ScaleArithmetic arithmetic);

/// Operands: a tensor, the result.
SharedProgram reluProgram();
SharedProgram softmaxProgram(const QuantizedSoftmax& softmax);

/// Operands: the image through its window, the result. The window's taps are the reduced axes.
SharedProgram poolingProgram(const QuantizedPooling& pooling, numeric::ScaleArithmetic arithmetic);

}  // namespace systole::sim
