// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "models/cost/machine/area_model.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/machine_loader.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using testing::HasSubstr;

RunConfig load(const Overrides& overrides) {
    return loadRunConfig(SYSTOLE_SOURCE_DIR "/configs/accelerators/edge-16x16.yaml", overrides);
}

class SeveralDatapathsConfigTest : public ConfigTest {
protected:
    std::string complaintOf(const Overrides& overrides) const {
        return messageOf([&] { load(overrides); });
    }
};

TEST_F(SeveralDatapathsConfigTest, AreReadLikeTheFirstOne) {
    const RunConfig config =
        load({"datapath=int4", "scheme=int4", "element_packing=padded", "datapath_switch_cycles=9",
              "further_datapaths=[int8, {activation: e4m3, weight: e4m3, accumulator: fp32, "
              "synthesis: speed}]"});
    ASSERT_EQ(config.machine.furtherDatapaths.size(), 2U);
    EXPECT_EQ(numeric::nameOf(config.machine.furtherDatapaths[0].weight), "int8");
    EXPECT_EQ(config.machine.furtherDatapaths[0].packing, memory::Packing::Padded);
    EXPECT_EQ(config.machine.furtherDatapaths[1].accumulator.name, "fp32");
    EXPECT_EQ(config.furtherSynthesis, (std::vector{cost::Goal::Area, cost::Goal::Delay}));
    EXPECT_EQ(config.machine.datapathSwitchCycles, 9U);
}

TEST_F(SeveralDatapathsConfigTest, HaveProblemsWithTheirPlaces) {
    EXPECT_THAT(complaintOf({"further_datapaths=[int8]"}),
                HasSubstr("another datapath multiplies int8 by int8 already, expected other"));
    EXPECT_THAT(complaintOf({"further_datapaths=[]"}), HasSubstr("further_datapaths"));
    EXPECT_THAT(complaintOf({"further_datapaths=[nothing]"}), HasSubstr("nothing"));
    EXPECT_THAT(complaintOf({"further_datapaths=[{activation: int8, weight: int4, accumulator: "
                             "int8}]"}),
                HasSubstr("int8 cannot hold a product of int8 x int4"));
    EXPECT_THAT(complaintOf({"scheme=int8", "further_datapaths=[int4]",
                             "scheme.layers={fc: {weight: int4}}"}),
                HasSubstr("no datapath multiplies int8 by int4, expected int8 by int8 or int4 by "
                          "int4"));
    EXPECT_THAT(complaintOf({"scheme=int8", "further_datapaths=[int4]",
                             "scheme.layers={fc: {weight: int4, activation: int4, accumulator: "
                             "int24}}"}),
                HasSubstr("'int24' is not that of the datapath of int4 by int4, expected int32"));
}

TEST_F(SeveralDatapathsConfigTest, LayersTakeTheAccumulatorOfTheirDatapath) {
    const RunConfig config = load({"scheme=int8", "further_datapaths=[e4m3_fp32]",
                                   "scheme.layers={fc: {weight: e4m3, activation: e4m3}}"});
    ASSERT_EQ(config.scheme.layers.size(), 1U);
    EXPECT_EQ(config.scheme.layers[0].formats.accumulator.name, "fp32");
}

double areaOf(const cost::AreaNode& machine, const std::string& part) {
    return machine.find("array")->find(part)->squareMicrons;
}

TEST_F(SeveralDatapathsConfigTest, LieSideBySideInEveryElement) {
    const RunConfig both = load({"further_datapaths=[e4m3_fp32]"});
    const RunConfig int8 = load({});
    const RunConfig e4m3 = load({"datapath=e4m3_fp32"});
    const auto area = [](const RunConfig& config) {
        return cost::areaOf(config.technology, describeMachine(config));
    };
    EXPECT_EQ(areaOf(area(both), "processing_elements"), areaOf(area(int8), "processing_elements"));
    EXPECT_EQ(areaOf(area(both), "further_elements_1"), areaOf(area(e4m3), "processing_elements"));
    EXPECT_EQ(area(both).squareMicrons,
              cost::areaOf(both.technology, describeMachine(both, 1)).squareMicrons);
    const auto clock = [](const RunConfig& config) {
        return cost::clockLimits(config.technology, describeMachine(config)).elementNanoseconds;
    };
    EXPECT_EQ(clock(both), std::max(clock(int8), clock(e4m3)));
    EXPECT_NE(clock(int8), clock(e4m3));
}

}  // namespace
}  // namespace systole::sim
