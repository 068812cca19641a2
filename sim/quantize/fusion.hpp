// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sim/network/network.hpp"

namespace systole::sim {

/// A node of the network together with the ReLU behind it.
struct FusedNode {
    const Node* node = nullptr;
    bool relu = false;
    TensorId output = 0;  ///< the ReLU's where there is one
};

/// The nodes to quantize: a ReLU whose input comes from a convolution or an addition that nobody
/// else reads is part of it (docs/arithmetic.md, section 3). Points into `network`.
std::vector<FusedNode> fuseRelus(const Network& network);

}  // namespace systole::sim
