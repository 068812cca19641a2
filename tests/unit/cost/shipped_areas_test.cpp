// SPDX-License-Identifier: Apache-2.0
// Areas of every shipped machine in every shipped technology.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "models/cost/machine/area_model.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/machine_loader.hpp"

namespace systole::sim {
namespace {

/// Names of the shipped files of a kind, without those that are not one (`but`).
std::set<std::string> shipped(const char* kind, const std::string& but = "") {
    std::set<std::string> names;
    const std::filesystem::path folder =
        std::filesystem::path(SYSTOLE_SOURCE_DIR "/configs") / kind;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        const std::string name = file.path().stem().string();
        if (name != but) names.insert(name);
    }
    return names;
}

void expectOrdered(const cost::Estimate& area) {
    EXPECT_GE(area.low, 0);
    EXPECT_LE(area.low, area.nominal);
    EXPECT_LE(area.nominal, area.high);
}

/// Of the node and of all its parts.
void expectOrdered(const cost::AreaNode& node) {
    SCOPED_TRACE(node.name);
    expectOrdered(node.cells());
    expectOrdered(node.siliconSquareMicrons);
    double high = 0;
    for (const cost::AreaNode& part : node.parts) {
        expectOrdered(part);
        high += part.highSquareMicrons;
    }
    if (!node.parts.empty()) {
        EXPECT_NEAR(high, node.highSquareMicrons, 1e-9 * high);
    }
}

std::vector<std::string> accelerators() {
    const std::set<std::string> names = shipped("accelerators");
    return {names.begin(), names.end()};
}

class ShippedAreas : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedAreas, HaveTheirBandsInOrderInEveryTechnology) {
    for (const std::string& technology : shipped("technology", "node_scaling")) {
        SCOPED_TRACE(technology);
        const RunConfig config = loadRunConfig(
            fmt::format("{}/configs/accelerators/{}.yaml", SYSTOLE_SOURCE_DIR, GetParam()),
            {"technology=" + technology, "clock=100MHz"});
        const cost::AreaNode area = cost::areaOf(config.technology, describeMachine(config));
        expectOrdered(area);
        const cost::AreaNode* layout = area.find("layout");
        ASSERT_NE(layout, nullptr);
        EXPECT_NE(layout->find("macro_overhead"), nullptr);
        // Components and control add up to the whole.
        EXPECT_NEAR(area.siliconSquareMicrons.low, area.lowSquareMicrons,
                    1e-9 * area.squareMicrons);
        EXPECT_NEAR(area.siliconSquareMicrons.high, area.highSquareMicrons,
                    1e-9 * area.highSquareMicrons);
    }
}

INSTANTIATE_TEST_SUITE_P(All, ShippedAreas, ::testing::ValuesIn(accelerators()),
                         [](const auto& each) {
                             std::string name = each.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace systole::sim
