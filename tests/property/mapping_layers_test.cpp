// SPDX-License-Identifier: Apache-2.0
// What the search promises of single layers, measured on the machine: every objective is the best
// one by its own figure, packing never costs, and the estimates of energy err as documented.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "replay.hpp"
#include "shape_networks.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/run/mapping_energies.hpp"
#include "sim/run/result.hpp"

namespace systole::sim {
namespace {

/// What a run of a layer took, and how the layer was mapped.
struct Measured {
    double cycles = 0;
    double dramBytes = 0;
    double joules = 0;
    LayerMapping mapping;
};

/// A machine that runs layers. All of a test are built before the first one runs.
class Design {
public:
    Design(const std::string& accelerator, const std::vector<std::string>& overrides)
        : config_(loadRunConfig(
              fmt::format("{}/configs/accelerators/{}.yaml", SYSTOLE_SOURCE_DIR, accelerator),
              overrides)),
          energies_{mappingEnergies(config_)},
          accelerator_(buildAccelerator(config_.machine)) {}

    enum class Replays { On, Off };
    Measured measure(const LayerCase& layer, Replays replays = Replays::On) {
        const graph::Graph network = layerNetwork(layer);
        const LoweredNetwork lowered =
            lower(network, config_.machine,
                  {.accelerator = replays == Replays::On ? accelerator_.get() : nullptr,
                   .energies = energies_,
                   .values = false});
        accelerator_->load(lowered.program);
        const Result result =
            makeResult(config_, lowered, accelerator_->replayTimed(/*computeValues=*/false));
        return {static_cast<double>(result.totals.cycles),
                static_cast<double>(result.totals.dramBytes), result.energyJoules(),
                *lowered.layers.front().mapping};
    }

private:
    RunConfig config_;
    std::vector<arch::ActionEnergies> energies_;
    std::unique_ptr<arch::Accelerator> accelerator_;
};

constexpr std::array kObjectives{"cycles", "dram_bytes", "energy", "energy_delay"};

/// By objective, in the order of kObjectives.
std::array<double, 4> figuresOf(const Measured& run) {
    return {run.cycles, run.dramBytes, run.joules, run.joules * run.cycles};
}

class MappingLayers : public testing::TestWithParam<const char*> {};

TEST_P(MappingLayers, NoOtherObjectiveIsBetterByMoreThanOnePercent) {
    std::vector<std::unique_ptr<Design>> designs;
    for (const char* objective : kObjectives) {
        designs.push_back(std::make_unique<Design>(
            GetParam(), std::vector{fmt::format("mapping.objective={}", objective)}));
    }
    for (const LayerCase& layer : layerCases()) {
        SCOPED_TRACE(layer.name);
        std::vector<std::array<double, 4>> runs;
        for (const auto& design : designs) {
            runs.push_back(figuresOf(design->measure(layer)));
        }
        for (std::size_t own = 0; own < kObjectives.size(); ++own) {
            for (std::size_t other = 0; other < kObjectives.size(); ++other) {
                EXPECT_LE(runs[own][own], 1.01 * runs[other][own])
                    << kObjectives[own] << " and what " << kObjectives[other] << " takes";
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Designs, MappingLayers, testing::Values("edge-16x16", "edge-32x32"));

/// A layer takes the faster one of folds that hold several groups and of folds that hold one.
TEST(MappingPacking, NeverCostsAndPays) {
    Design packing("edge-32x32", {});
    Design plain("edge-32x32", {"array.depthwise_packing=false"});
    int packed = 0;
    for (const LayerCase& layer : layerCases()) {
        if (layer.groups == 1) continue;
        SCOPED_TRACE(layer.name);
        const Measured with = packing.measure(layer);
        const Measured without = plain.measure(layer);
        EXPECT_LE(with.cycles, 1.01 * without.cycles);
        EXPECT_EQ(without.mapping.search.best.tiling.groupsTogether, 1U);
        packed +=
            with.mapping.search.best.tiling.groupsTogether > 1 && with.cycles < 0.8 * without.cycles
                ? 1
                : 0;
    }
    EXPECT_GE(packed, 4) << "layers that gain a fifth by it";
}

/// docs/mapping.md states the error.
class MappingEnergyError : public testing::TestWithParam<const char*> {};

TEST_P(MappingEnergyError, IsTheDocumentedOne) {
    Design design(GetParam(), {"mapping.objective=energy"});
    double estimated = 0;
    double replayed = 0;
    double worst = 0;
    const std::vector<LayerCase> layers = layerCases();
    for (const LayerCase& layer : layers) {
        const auto errorOf = [&](Design::Replays replays) {
            const Measured run = design.measure(layer, replays);
            return std::abs(run.mapping.search.best.estimate.energy.total() / run.joules - 1);
        };
        const double error = errorOf(Design::Replays::Off);
        const double corrected = errorOf(Design::Replays::On);
        estimated += error / static_cast<double>(layers.size());
        replayed += corrected / static_cast<double>(layers.size());
        worst = std::max(worst, error);
        fmt::print("{:32} estimate off by {:.3f}, with replays by {:.3f}\n", layer.name, error,
                   corrected);
    }
    fmt::print("{}: mean error {:.4f}, worst {:.4f}, with replays mean {:.4f}\n", GetParam(),
               estimated, worst, replayed);
    EXPECT_LT(estimated, 0.06);
    EXPECT_LT(worst, 0.14);
    EXPECT_LT(replayed, 0.01);
}

INSTANTIATE_TEST_SUITE_P(Designs, MappingEnergyError, testing::Values("edge-16x16", "edge-32x32"));

}  // namespace
}  // namespace systole::sim
