// SPDX-License-Identifier: Apache-2.0
// What the plans of vector work and moves say that their pieces move is what the machine moves.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "random_machine.hpp"
#include "random_network.hpp"
#include "replay.hpp"
#include "sim/graph/image_batch.hpp"
#include "sim/lowering/layer_context.hpp"

namespace systole::sim {
namespace {

struct Case {
    graph::Graph graph;
    TightFit fit;
    std::unique_ptr<arch::Accelerator> accelerator;
};

/// The sum over all pieces of a node.
arch::DramTraffic plannedFor(const Case& of, const graph::Node& node) {
    const arch::MachineConfig& machine = of.fit.machine;
    const std::vector<MachineView> views = viewsOf(machine);
    ProgramBuilder builder;
    LoweredNetwork lowered;
    LoweringContext context{of.graph, machine, views, builder, lowered};
    lowered.tensors = placesWithTypes(of.graph, machine, lowered.program.types);
    ReplayMemory memory;
    const std::vector<arch::PieceCut> cuts = chooseCuts(context, node, 0, {}, memory);
    const PieceList pieces = piecesOf(context, node);
    arch::DramTraffic sum;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const std::uint64_t steps = arch::PiecePlan(*pieces[i], cuts[i]).count();
        const auto traffic =
            arch::estimateOf(*pieces[i], cuts[i], arch::TransferCosts(machine), steps).traffic;
        sum.input += traffic.input;
        sum.output += traffic.output;
    }
    return sum;
}

bool hasWholeBytes(const LoweredNetwork& lowered) {
    return std::all_of(lowered.tensors.begin(), lowered.tensors.end(),
                       [](const TensorPlace& place) { return place.element.room.bits % 8 == 0; });
}

class PieceTraffic : public testing::TestWithParam<std::uint64_t> {};

TEST_P(PieceTraffic, IsWhatTheProgramMoves) {
    constexpr std::uint64_t kCases = 40;
    std::vector<Case> cases;
    for (std::uint64_t seed = GetParam() * kCases; seed < (GetParam() + 1) * kCases; ++seed) {
        const RandomNetwork network = randomNetwork(seed);
        Case one{
            graph::withImages(network.graph, static_cast<std::uint32_t>(1 + seed % 3)), {}, {}};
        one.fit = fitTightly(one.graph, network.scheme, seed);
        if (!hasWholeBytes(one.fit.lowered)) continue;
        one.accelerator = buildAccelerator(one.fit.machine);
        cases.push_back(std::move(one));
    }
    std::size_t compared = 0;
    for (Case& one : cases) {
        SCOPED_TRACE(one.graph.name);
        one.accelerator->load(one.fit.lowered.program);
        const arch::RunRecord record = one.accelerator->replayTimed(false);
        for (const graph::Node& node : one.graph.nodes) {
            const auto& layers = one.fit.lowered.layers;
            const auto layer = std::find_if(layers.begin(), layers.end(), [&](const auto& lowered) {
                return lowered.name == node.name && !lowered.mapping;
            });
            if (layer == layers.end()) continue;
            const auto index = static_cast<std::size_t>(layer - layers.begin());
            const arch::DramTraffic planned = plannedFor(one, node);
            EXPECT_EQ(record.layers[index].counters.bytesLoaded, planned.input) << node.name;
            EXPECT_EQ(record.layers[index].counters.bytesStored, planned.output) << node.name;
            ++compared;
        }
    }
    EXPECT_GT(compared, 20U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PieceTraffic, testing::Range<std::uint64_t>(0, 3));

}  // namespace
}  // namespace systole::sim
