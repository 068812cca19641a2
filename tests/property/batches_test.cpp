// SPDX-License-Identifier: Apache-2.0
// Programs of several images: each image's tensors are those of a program of its own.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "arch/fold/fold.hpp"
#include "random_machine.hpp"
#include "random_network.hpp"
#include "replay.hpp"
#include "sim/graph/exact_reference.hpp"
#include "sim/graph/image_batch.hpp"

namespace systole::sim {
namespace {

using Tensors = std::vector<std::vector<numeric::Code>>;

struct Batch {
    std::uint64_t seed;
    RandomNetwork network;  ///< of one image
    std::uint32_t images;
    graph::Graph graph;
    TightFit fit;
    std::unique_ptr<arch::Accelerator> accelerator;
};

Batch makeBatch(std::uint64_t seed) {
    RandomNetwork network = randomNetwork(seed);
    const auto images = static_cast<std::uint32_t>(1 + seed % 4);
    graph::Graph graph = graph::withImages(network.graph, images);
    TightFit fit = fitTightly(graph, network.scheme, seed);
    auto accelerator = buildAccelerator(fit.machine);
    return {seed,           std::move(network),    images, std::move(graph),
            std::move(fit), std::move(accelerator)};
}

/// The tensors of all images, one image after another.
Tensors expectedOf(const Batch& batch, std::vector<numeric::Code>& input) {
    Tensors all(batch.graph.tensors.size());
    for (std::uint32_t image = 0; image < batch.images; ++image) {
        const auto codes = randomInput(batch.network.graph, 100 * batch.seed + image);
        const auto tensors =
            runExact(batch.network.graph, codes, arch::foldReduction(batch.fit.machine.array));
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i].insert(all[i].end(), tensors[i].begin(), tensors[i].end());
        }
        input.insert(input.end(), codes.begin(), codes.end());
    }
    return all;
}

void expectTensors(Batch& batch, const Tensors& expected, const char* replay) {
    for (graph::TensorId i = 0; i < batch.graph.tensors.size(); ++i) {
        const graph::Tensor& tensor = batch.graph.tensors[i];
        if (tensor.origin == graph::Origin::Constant || !batch.fit.lowered.tensors[i].address) {
            continue;
        }
        ASSERT_EQ(readTensor(*batch.accelerator, batch.fit.lowered, i), expected[i])
            << replay << ", tensor " << tensor.name;
    }
}

class RandomBatches : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomBatches, LeaveTheTensorsOfEveryImageInDramTimedAndUntimed) {
    constexpr std::uint64_t kBatches = 20;
    std::vector<Batch> batches;
    for (std::uint64_t i = 0; i < kBatches; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << GetParam() * kBatches + i);
        ASSERT_NO_THROW(batches.push_back(makeBatch(GetParam() * kBatches + i)));
    }
    for (Batch& batch : batches) {
        SCOPED_TRACE(testing::Message() << "seed " << batch.seed << ", " << batch.network.graph.name
                                        << ", " << batch.images << " images");
        std::vector<numeric::Code> input;
        const Tensors expected = expectedOf(batch, input);
        loadNetwork(*batch.accelerator, batch.fit.lowered, batch.graph.input, input);
        const arch::RunRecord record = batch.accelerator->replayTimed();
        ASSERT_NO_FATAL_FAILURE(expectTensors(batch, expected, "timed"));
        expectConservation(record);
        loadNetwork(*batch.accelerator, batch.fit.lowered, batch.graph.input, input);
        batch.accelerator->replayValues();
        ASSERT_NO_FATAL_FAILURE(expectTensors(batch, expected, "untimed"));
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomBatches, testing::Range<std::uint64_t>(0, 6));

}  // namespace
}  // namespace systole::sim
