// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "models/cost/machine/area_model.hpp"
#include "sim/base/named_files.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/machine_loader.hpp"

namespace systole::sim {
namespace {

using Figures = std::map<std::string, double>;

Figures figuresOf(const RunConfig& config) {
    const cost::MachineDescription machine = describeMachine(config);
    const cost::ClockLimits limits = cost::clockLimits(config.technology, machine);
    const cost::AreaNode area = cost::areaOf(config.technology, machine);
    Figures figures{{"area", area.squareMicrons},
                    {"silicon", area.siliconSquareMicrons.nominal},
                    {"cycle of elements", limits.elementNanoseconds},
                    {"cycle", 1 / limits.reachableHertz()}};
    if (limits.scratchpadNanoseconds > 0) {
        figures["cycle of memories"] = limits.scratchpadNanoseconds;
    }
    return figures;
}

/// As they are shipped: what a configuration says of its pipeline, it says at every node.
TEST(ShippedMachines, AreaAndCycleFallFromNodeToNode) {
    const auto machines = namedFiles("accelerators");
    EXPECT_GE(machines.size(), 11U);
    for (const NamedFile& machine : machines) {
        Figures before;
        for (const char* node : {"65", "45", "28", "22", "16", "7"}) {
            SCOPED_TRACE(machine.name + " at " + node + " nm");
            const RunConfig config =
                loadRunConfig(machine.file, {std::string("technology=generic_") + node + "nm"});
            EXPECT_FALSE(config.isElementChosen);
            const Figures figures = figuresOf(config);
            for (const auto& [name, figure] : before) {
                // No memory is clocked beyond a limit that all nodes share: it may stay there.
                if (name == "cycle of memories") {
                    EXPECT_LE(figures.at(name), figure) << name;
                } else {
                    EXPECT_LT(figures.at(name), figure) << name;
                }
            }
            before = figures;
        }
    }
}

}  // namespace
}  // namespace systole::sim
