// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/fusion.hpp"

#include "models/overloaded.hpp"

namespace systole::sim {

namespace {

std::vector<std::size_t> countReaders(const Network& network) {
    std::vector<std::size_t> readers(network.tensors.size(), 0);
    for (const Node& node : network.nodes) {
        for (const TensorId input : node.inputs) ++readers[input];
    }
    ++readers[network.output];
    return readers;
}

bool takesRelu(const FusedNode& fused) {
    return std::visit(
        Overloaded{[](const Convolution&) { return true; }, [](const Pooling&) { return false; },
                   [](const Addition&) { return true; }, [](const Relu&) { return false; },
                   [](const Softmax&) { return false; }},
        fused.node->operation);
}

}  // namespace

std::vector<FusedNode> fuseRelus(const Network& network) {
    const std::vector<std::size_t> readers = countReaders(network);
    std::vector<FusedNode> fused;
    constexpr std::size_t kNoProducer = ~std::size_t{0};
    std::vector<std::size_t> producers(network.tensors.size(), kNoProducer);
    for (const Node& node : network.nodes) {
        if (std::holds_alternative<Relu>(node.operation) && readers[node.inputs[0]] == 1) {
            const std::size_t producer = producers[node.inputs[0]];
            if (producer != kNoProducer && takesRelu(fused[producer])) {
                fused[producer].relu = true;
                fused[producer].output = node.output;
                continue;  // the ReLU's tensor has no producer: a second ReLU stays
            }
        }
        producers[node.output] = fused.size();
        fused.push_back({&node, false, node.output});
    }
    return fused;
}

}  // namespace systole::sim
