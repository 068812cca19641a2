// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/onnx/onnx_operators.hpp"

/// The operators that become a convolution of the network.
namespace systole::sim {

ConvertedNode convertConv(const OnnxNode& node);
/// As the convolution that it equals: its kernel turned, its strides upsampling.
ConvertedNode convertConvTranspose(const OnnxNode& node);
/// A matrix product with constants: a kernel as large as the image.
ConvertedNode convertGemm(const OnnxNode& node);

}  // namespace systole::sim
