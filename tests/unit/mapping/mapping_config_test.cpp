// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "sim/config/machine_loader.hpp"
#include "sim/lowering/lowering.hpp"
#include "sim/run/gemm_workload.hpp"
#include "sim/run/result.hpp"
#include "tests/unit/arch/machine_fixture.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using testing::HasSubstr;

RunConfig load(const Overrides& overrides) {
    return loadRunConfig(SYSTOLE_SOURCE_DIR "/configs/accelerators/edge-16x16.yaml", overrides);
}

/// The layer `gemm` of 100 x 64 x 48.
LoweredNetwork lowerGemm(const RunConfig& config) {
    return lower(gemmNetwork(config.scheme, 100, 64, 48, 1), config.machine);
}

const arch::ConvolutionTiling& tilingOf(const LoweredNetwork& network) {
    return network.layers.at(0).mapping->search.best.tiling;
}

class MappingConfigTest : public ConfigTest {
protected:
    std::string complaintOf(const std::string& mapping) const {
        return messageOf([&] { lowerGemm(load({"mapping=" + mapping})); });
    }
};

TEST_F(MappingConfigTest, ReadsTheObjective) {
    EXPECT_EQ(load({}).machine.mapping.objective, arch::MappingObjective::Cycles);
    EXPECT_EQ(load({"mapping.objective=dram_bytes"}).machine.mapping.objective,
              arch::MappingObjective::DramBytes);
    EXPECT_EQ(load({"mapping.objective=energy_delay"}).machine.mapping.objective,
              arch::MappingObjective::EnergyDelay);
    EXPECT_THAT(complaintOf("{objective: speed}"),
                HasSubstr("expected one of cycles, dram_bytes, energy, energy_delay"));
}

TEST_F(MappingConfigTest, EnergyNeedsATechnology) {
    for (const std::string objective : {"energy", "energy_delay"}) {
        EXPECT_THAT(messageOf([&] {
                        load({"technology=none", "mapping={objective: " + objective + "}"});
                    }),
                    HasSubstr("mapping.objective: '" + objective +
                              "' needs a technology that says what actions cost, expected one "
                              "other than none, or one of cycles, dram_bytes"));
    }
    EXPECT_NO_THROW(load({"technology=none", "mapping.objective=dram_bytes"}));
}

TEST_F(MappingConfigTest, FixesWhatIsGivenOfALayer) {
    const LoweredNetwork all = lowerGemm(
        load({"mapping.layers={gemm: {loop_order: tiles_outer, tile: {height: 25, width: 1}, "
              "channels: 32, output_channels: 16}}"}));
    EXPECT_FALSE(tilingOf(all).weightsOuter);
    EXPECT_EQ(tilingOf(all).tileHeight, 25U);
    EXPECT_EQ(tilingOf(all).channelChunk, 32U);
    EXPECT_EQ(tilingOf(all).blocksPerChunk, 1U);
    EXPECT_EQ(tilingOf(lowerGemm(load({"mapping.layers.gemm.tile.height=7"}))).tileHeight, 7U);
}

TEST_F(MappingConfigTest, AStarIsForEveryLayerAndCutDownToIt) {
    EXPECT_EQ(tilingOf(lowerGemm(load({"mapping.layers={'*': {tile: {height: 900}}}"}))).tileHeight,
              100U);
    const LoweredNetwork both =
        lowerGemm(load({"mapping.layers={'*': {channels: 16, tile: {height: 9}}, gemm: {channels: "
                        "8}}"}));
    EXPECT_EQ(tilingOf(both).channelChunk, 8U);
    EXPECT_EQ(tilingOf(both).tileHeight, 9U);
}

TEST_F(MappingConfigTest, RefusesWhatTheLayerDoesNotHave) {
    EXPECT_THAT(complaintOf("{layers: {conv: {channels: 1}}}"),
                HasSubstr("mapping.layers.conv: 'gemm 100x64x48' has no layer 'conv' for the "
                          "array, expected '*' or one of 'gemm'"));
    EXPECT_THAT(complaintOf("{layers: {gemm: {tile: {height: 101}}}}"),
                HasSubstr("mapping.layers.gemm.tile.height: 101 is more than the layer's 100 "
                          "output rows, expected 1..100"));
    EXPECT_THAT(complaintOf("{layers: {gemm: {tile: {width: 2}}}}"), HasSubstr("expected 1..1"));
    EXPECT_THAT(complaintOf("{layers: {gemm: {channels: 65}}}"), HasSubstr("expected 1..64"));
    EXPECT_THAT(complaintOf("{layers: {gemm: {output_channels: 20}}}"),
                HasSubstr("mapping.layers.gemm.output_channels: 20 is no multiple of the array's "
                          "16 columns, expected one, or all 48"));
    EXPECT_THAT(complaintOf("{layers: {gemm: {tiles: 3}}}"), HasSubstr("unknown key 'tiles'"));
}

TEST_F(MappingConfigTest, SaysWhyAFixedMappingDoesNotFit) {
    const std::string message = messageOf([] {
        lowerGemm(load({"activation_scratchpad.capacity=8KiB",
                        "mapping.layers={gemm: {tile: {height: 100}, channels: 64}}"}));
    });
    EXPECT_THAT(message, HasSubstr("layer 'gemm' of 'gemm 100x64x48' does not fit the machine as"));
    EXPECT_THAT(message, HasSubstr("mapping.layers.gemm maps it: a tile of 100 x 1 outputs needs "
                                   "16000 bytes, the activation scratchpad has 8192"));
}

/// Timed as if it took 2000 cycles.
Result explained() {
    const RunConfig config = load({"mapping.layers={gemm: {tile: {height: 50}}}"});
    const LoweredNetwork network = lowerGemm(config);
    arch::RunRecord record;
    record.cycles = 2000;
    record.burstBytes = 64;
    record.layers.resize(1);
    record.layers[0].end = 2000;
    record.layers[0].counters.macs = network.layers[0].macs;
    record.layers[0].counters.arrayStepCycles = 24 * 50;
    record.layers[0].states[arch::kMachineUnits.numberOf({arch::UnitKind::Array})]
                           [static_cast<std::size_t>(arch::waitFor({arch::UnitKind::Load}))] = 2000;
    Result result = makeResult(config, network, record);
    result.explains = true;
    return result;
}

TEST_F(MappingConfigTest, ExplainsTheMappingInJson) {
    const auto json = nlohmann::json::parse(resultJson(explained()));
    const auto& mapping = json.at("layers").at(0).at("mapping");
    EXPECT_EQ(mapping.at("m"), 100);
    EXPECT_EQ(mapping.at("k_per_group"), 64);
    EXPECT_EQ(mapping.at("n_per_group"), 48);
    EXPECT_EQ(mapping.at("groups"), 1);
    EXPECT_EQ(mapping.at("tile_height_pixels"), 50);
    EXPECT_EQ(mapping.at("folds"), 2 * 4 * 3);
    EXPECT_EQ(mapping.at("steps"), 2 * 4 * 3 * 50);
    EXPECT_EQ(mapping.at("utilization_of_steps"), 1.0);
    EXPECT_EQ(mapping.at("utilization_of_time"), 0.6);
    EXPECT_EQ(mapping.at("bound"), "dram");
    EXPECT_EQ(mapping.at("measured_cycles"), 2000);
    EXPECT_EQ(mapping.at("output_bytes"), 100 * 48);
    EXPECT_EQ(mapping.at("dram_bytes"),
              mapping.at("input_bytes").get<int>() + mapping.at("weight_bytes").get<int>() +
                  mapping.at("output_bytes").get<int>() + mapping.at("skip_bytes").get<int>());
    EXPECT_GE(mapping.at("runner_up").at("estimated_cycles"), mapping.at("estimated_cycles"));
}

TEST_F(MappingConfigTest, ExplainsOnlyWhenAsked) {
    Result result = explained();
    result.explains = false;
    EXPECT_FALSE(nlohmann::json::parse(resultJson(result)).at("layers").at(0).contains("mapping"));
}

TEST_F(MappingConfigTest, ExplainsTheMappingInATable) {
    const std::string table = mappingTable(explained());
    EXPECT_THAT(table, HasSubstr("steps/fold"));
    EXPECT_THAT(table, HasSubstr("50x1, "));
    EXPECT_THAT(table, HasSubstr("runner-up"));
    EXPECT_THAT(table, testing::ContainsRegex("gemm +100 +64 +48 +1 +24 +50.0 +100.0 % .* dram"));
}

}  // namespace
}  // namespace systole::sim
