// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/quantize/quantized_network.hpp"

namespace systole::sim {

/// The shapes of well-known networks for images of 224 x 224 x 3 and 1000 classes, in INT8: without
/// weights, to be lowered without values. Rectifiers and residual additions are there as the
/// quantizer leaves them; batch normalizations are folded.
///
/// Sources: He et al. 2015 (resnet18, resnet50 with the stride in the 3 x 3 layer, as torchvision
/// has it), Howard et al. 2017 (mobilenet_v1), Sandler et al. 2018 (mobilenet_v2), Simonyan and
/// Zisserman 2014 (vgg16).
std::vector<std::string> shapeNetworkNames();
QuantizedNetwork shapeNetwork(const std::string& name);

}  // namespace systole::sim
