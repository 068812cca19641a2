// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "random_machine.hpp"
#include "random_network.hpp"
#include "replay.hpp"
#include "sim/graph/image_batch.hpp"

namespace systole::sim {
namespace {

/// Transfers of a layer, each of which is rounded up to whole bytes where elements are packed.
std::uint64_t transfersOf(const arch::Program& program, std::size_t layer) {
    return static_cast<std::uint64_t>(std::count_if(
        program.commands.begin(), program.commands.end(), [&](const arch::Command& command) {
            return command.layer == layer &&
                   std::holds_alternative<arch::TransferCommand>(command.operation);
        }));
}

void expectMoved(std::uint64_t estimated, std::uint64_t moved, std::uint64_t roundings) {
    EXPECT_GE(moved, estimated);
    EXPECT_LE(moved, estimated + roundings);
}

/// Networks whose memories are tight, so that tiles, chunks and reloads of all kinds occur.
class MappingTraffic : public testing::TestWithParam<std::uint64_t> {};

TEST_P(MappingTraffic, IsWhatTheProgramMoves) {
    constexpr std::uint64_t kPairs = 40;
    std::vector<TightFit> fits;
    std::vector<std::unique_ptr<arch::Accelerator>> machines;
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        const std::uint64_t seed = GetParam() * kPairs + i;
        const RandomNetwork network = randomNetwork(seed);
        const auto images = static_cast<std::uint32_t>(1 + seed % 3);
        fits.push_back(fitTightly(graph::withImages(network.graph, images), network.scheme, seed));
        machines.push_back(buildAccelerator(fits.back().machine));
    }
    std::uint64_t halo = 0;
    std::uint64_t exactLayers = 0;
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        const LoweredNetwork& lowered = fits[i].lowered;
        machines[i]->load(lowered.program);
        const arch::RunRecord record = machines[i]->replayTimed(false);
        for (std::size_t layer = 0; layer < lowered.layers.size(); ++layer) {
            // Of batches with weights of their own the mapping estimates one.
            const auto& mapping = lowered.layers[layer].mapping;
            if (!mapping || mapping->batches > 1) continue;
            SCOPED_TRACE(testing::Message() << "seed " << GetParam() * kPairs + i << ", layer "
                                            << lowered.layers[layer].name);
            const arch::DramTraffic& traffic = mapping->search.best.estimate.traffic;
            const cost::Counters& moved = record.layers[layer].counters;
            const arch::Datapath datapath(fits[i].machine.datapath);
            const bool rounds = datapath.activationBits % 8 + datapath.weightBits % 8 > 0;
            const std::uint64_t roundings = rounds ? transfersOf(lowered.program, layer) : 0;
            exactLayers += rounds ? 0 : 1;
            expectMoved(traffic.loaded(), moved.bytesLoaded, roundings);
            expectMoved(traffic.output, moved.bytesStored, roundings);
            expectMoved(traffic.halo, moved.haloBytes, roundings);
            halo += traffic.halo;
        }
    }
    EXPECT_GT(halo, 0U);
    EXPECT_GT(exactLayers, 10U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MappingTraffic, testing::Range<std::uint64_t>(100, 110));

}  // namespace
}  // namespace systole::sim
