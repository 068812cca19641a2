// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/graph/graph.hpp"

namespace systole::sim {

/// The shapes of well-known networks for images of 224 x 224 x 3 and 1000 classes, in INT8: without
/// weights, to be lowered without values. Rectifiers and residual additions are there as the
/// quantizer leaves them; batch normalizations are folded.
///
/// Sources: He et al. 2015 (resnet18, resnet50 with the stride in the 3 x 3 layer, as torchvision
/// has it), Howard et al. 2017 (mobilenet_v1), Sandler et al. 2018 (mobilenet_v2), Simonyan and
/// Zisserman 2014 (vgg16).
std::vector<std::string> shapeNetworkNames();
graph::Graph shapeNetwork(const std::string& name);

/// A convolution by itself, or with a fused addition; padded so that a stride of 1 keeps the size.
/// A kernel of the image's size is a dense layer, without padding. A product of M x K x N is a
/// 1 x 1 kernel over an image of M x 1 x K.
struct LayerCase {
    const char* name;
    std::uint32_t height;
    std::uint32_t width;
    std::uint32_t channels;
    std::uint32_t outputs;
    std::uint32_t kernel = 1;
    std::uint32_t stride = 1;
    std::uint32_t groups = 1;
    bool addsSkip = false;
    bool isDense = false;  ///< over the whole image, whatever `kernel` is
};
graph::Graph layerNetwork(const LayerCase& layer);

/// Layers of every kind: dense ones, 1 x 1, depthwise of both strides, grouped, with a fused
/// addition, and products.
std::vector<LayerCase> layerCases();

}  // namespace systole::sim
