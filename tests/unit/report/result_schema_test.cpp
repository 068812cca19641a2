// SPDX-License-Identifier: Apache-2.0
// docs/schemas/results.schema.json says of counters and energies what their tables say.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "models/cost/machine/counters.hpp"
#include "models/cost/machine/energy_model.hpp"
#include "models/memory/dram/dram_counters.hpp"
#include "models/memory/faults/dram_fault_counters.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

const Json& definition(const char* name) {
    static const Json kSchema =
        Json::parse(std::ifstream(SYSTOLE_SOURCE_DIR "/docs/schemas/results.schema.json"));
    return kSchema.at("$defs").at(name);
}

void expectRow(const Json& properties, std::string_view name, std::string_view unit,
               std::string_view description) {
    const std::string key(name);
    ASSERT_TRUE(properties.contains(key)) << key;
    EXPECT_EQ(properties.at(key).at("unit"), unit) << key;
    EXPECT_EQ(properties.at(key).at("description"), description) << key;
}

template <class Table>
void expectCounters(const Json& properties, const Table& table) {
    for (const auto& counter : table) {
        expectRow(properties, counter.name, counter.unit, counter.description);
    }
}

TEST(ResultSchema, HasTheCountersOfTheMachine) {
    const Json& properties = definition("counters").at("properties");
    expectCounters(properties, cost::kCounters);
    EXPECT_EQ(properties.size(), cost::kCounters.size());
}

TEST(ResultSchema, HasTheCountersOfADramChannel) {
    const Json& properties = definition("dram_counters").at("properties");
    expectCounters(properties, memory::kDramCounters);
    EXPECT_EQ(properties.size(), memory::kDramCounters.size());
}

TEST(ResultSchema, HasTheCountersOfFaultyCells) {
    expectCounters(definition("result")
                       .at("properties")
                       .at("totals")
                       .at("properties")
                       .at("dram_faults")
                       .at("properties"),
                   memory::kDramFaultCounters);
}

TEST(ResultSchema, HasTheComponentsOfTheEnergy) {
    const Json& properties = definition("energy_components").at("properties");
    for (const cost::EnergyComponent& component : cost::kEnergyComponents) {
        expectRow(properties, component.name, "J", component.description);
    }
    EXPECT_EQ(properties.size(), cost::kEnergyComponents.size());
}

}  // namespace
}  // namespace systole::sim
