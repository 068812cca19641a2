// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "random_machine.hpp"
#include "random_network.hpp"
#include "replay.hpp"

namespace systole::sim {
namespace {

/// Networks whose memories are tight, so that tiles, chunks and reloads of all kinds occur.
class MappingTraffic : public testing::TestWithParam<std::uint64_t> {};

TEST_P(MappingTraffic, IsWhatTheProgramMoves) {
    constexpr std::uint64_t kPairs = 40;
    std::vector<TightFit> fits;
    std::vector<std::unique_ptr<arch::Accelerator>> machines;
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        const std::uint64_t seed = GetParam() * kPairs + i;
        fits.push_back(fitTightly(randomNetwork(seed), seed));
        machines.push_back(buildAccelerator(fits.back().machine));
    }
    std::uint64_t halo = 0;
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        const LoweredNetwork& lowered = fits[i].lowered;
        machines[i]->load(lowered.program);
        const arch::RunRecord record = machines[i]->replayTimed(false);
        for (std::size_t layer = 0; layer < lowered.layers.size(); ++layer) {
            if (!lowered.layers[layer].mapping) {
                continue;
            }
            SCOPED_TRACE(testing::Message() << "seed " << GetParam() * kPairs + i << ", layer "
                                            << lowered.layers[layer].name);
            const arch::DramTraffic& traffic =
                lowered.layers[layer].mapping->search.best.estimate.traffic;
            const cost::Counters& moved = record.layers[layer].counters;
            EXPECT_EQ(traffic.loaded(), moved.bytesLoaded);
            EXPECT_EQ(traffic.output, moved.bytesStored);
            EXPECT_EQ(traffic.halo, moved.haloBytes);
            halo += traffic.halo;
        }
    }
    EXPECT_GT(halo, 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MappingTraffic, testing::Range<std::uint64_t>(100, 110));

}  // namespace
}  // namespace systole::sim
