// SPDX-License-Identifier: Apache-2.0
// A faster DRAM part never makes a network slower, although the search takes other mappings for it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "replay.hpp"
#include "shape_networks.hpp"
#include "sim/config/machine_loader.hpp"

namespace systole::sim {
namespace {

/// Parts that differ in speed alone, the slowest one first.
struct SpeedCase {
    const char* accelerator;
    std::vector<const char*> parts;
    const char* network;
};

void PrintTo(const SpeedCase& row, std::ostream* out) {
    *out << row.network << " on " << row.accelerator << " with " << row.parts.front();
}

class DramSpeed : public testing::TestWithParam<SpeedCase> {};

/// All networks, machines and parts take half an hour: asked for by SYSTOLE_ALL_NETWORKS=1.
bool isAskedFor() {
    const std::string suite =
        testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
    return !suite.starts_with("OfAll") || std::getenv("SYSTOLE_ALL_NETWORKS") != nullptr;
}

TEST_P(DramSpeed, AFasterPartIsNeverSlowerByMoreThanOnePercent) {
    if (!isAskedFor()) GTEST_SKIP() << "SYSTOLE_ALL_NETWORKS=1 runs it";
    const auto& [accelerator, parts, name] = GetParam();
    std::vector<arch::MachineConfig> machines;
    std::vector<std::unique_ptr<arch::Accelerator>> accelerators;
    for (const char* part : parts) {
        machines.push_back(loadRunConfig(fmt::format("{}/configs/accelerators/{}.yaml",
                                                     SYSTOLE_SOURCE_DIR, accelerator),
                                         {fmt::format("dram={}", part)})
                               .machine);
        accelerators.push_back(buildAccelerator(machines.back()));
    }
    const graph::Graph network = shapeNetwork(name);
    double before = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const LoweredNetwork lowered =
            lower(network, machines[i], {.accelerator = accelerators[i].get(), .values = false});
        accelerators[i]->load(lowered.program);
        const auto cycles = static_cast<double>(accelerators[i]->replayTimed(false).cycles);
        RecordProperty(fmt::format("cycles_{}", parts[i]), fmt::format("{:.0f}", cycles));
        fmt::print("{:14} {:12} {:13} {:12.0f} cycles{}\n", accelerator, name, parts[i], cycles,
                   before == 0 ? "" : fmt::format(", {:.4f}", cycles / before));
        EXPECT_TRUE(before == 0 || cycles <= 1.01 * before) << parts[i];
        before = cycles;
    }
}

const std::vector<const char*> kDdr4{"ddr4_2400", "ddr4_3200"};
const std::vector<const char*> kLpddr4{"lpddr4_2400", "lpddr4_3200", "lpddr4_4267"};
const std::vector<const char*> kHbm2{"hbm2_pseudo", "hbm2e"};

INSTANTIATE_TEST_SUITE_P(OfSomeNetworks, DramSpeed,
                         testing::Values(SpeedCase{"edge-32x32", kDdr4, "mobilenet_v1"},
                                         SpeedCase{"edge-32x32", kDdr4, "resnet50"}));

std::vector<SpeedCase> allCases() {
    std::vector<SpeedCase> cases;
    for (const char* accelerator : {"edge-16x16", "edge-32x32"}) {
        for (const auto& parts : {kDdr4, kLpddr4, kHbm2}) {
            for (const char* network :
                 {"resnet18", "resnet50", "mobilenet_v1", "mobilenet_v2", "vgg16"}) {
                cases.push_back({accelerator, parts, network});
            }
        }
    }
    return cases;
}

INSTANTIATE_TEST_SUITE_P(OfAllNetworks, DramSpeed, testing::ValuesIn(allCases()));

}  // namespace
}  // namespace systole::sim
