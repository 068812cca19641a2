// SPDX-License-Identifier: Apache-2.0
// Processing elements that reach the clock: `datapath.synthesis`, `array.pipeline_depth`.
#include "sim/config/element_choice.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "models/cost/machine/area_model.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/reader/resolved_json.hpp"
#include "sim/run/machine_cost.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using testing::HasSubstr;

class ElementChoice : public ConfigTest {
protected:
    static RunConfig load(const Overrides& overrides,
                          ElementDefault element = ElementDefault::Plain) {
        return loadRunConfig(SYSTOLE_SOURCE_DIR "/configs/accelerators/edge-16x16.yaml", overrides,
                             element);
    }
    static cost::ElementMake makeOf(const RunConfig& config) {
        return describeMachine(config).make();
    }
    static cost::ElementMake reaching(const Overrides& overrides) {
        return makeOf(load(overrides, ElementDefault::ReachesClock));
    }
};

constexpr cost::ElementMake kPlain{cost::Goal::Area, 1};

TEST_F(ElementChoice, IsForAreaInOneStageWhereNobodySays) {
    EXPECT_EQ(makeOf(load({"datapath=e4m3"})), kPlain);
    EXPECT_EQ(makeOf(load({"datapath=e4m3", "datapath.synthesis=speed"})).goal, cost::Goal::Delay);
    EXPECT_EQ(makeOf(load({"array.pipeline_depth=3"})).stages, 3U);
}

TEST_F(ElementChoice, TakesTheSmallestElementThatReachesTheClock) {
    EXPECT_EQ(reaching({"datapath=int8"}), kPlain);
    EXPECT_EQ(reaching({"datapath=e4m3", "clock=300MHz"}), kPlain);
    for (const char* datapath : {"e4m3", "e5m2", "e4m3_fp16", "e4m3_bf16", "int4"}) {
        const std::string format = std::string("datapath=") + datapath;
        const RunConfig config = load({format}, ElementDefault::ReachesClock);
        EXPECT_TRUE(clockingOf(config).isReached()) << datapath;
        const auto areaOf = [&](const cost::ElementMake& make) {
            return cost::ElementModel(config.technology.logic, describeMachine(config).element,
                                      make)
                .squareMicrons()
                .total();
        };
        for (const cost::Goal goal : {cost::Goal::Area, cost::Goal::Delay}) {
            for (std::uint32_t stages = 1; stages <= kMostPipelineStages; ++stages) {
                const cost::ElementModel other(config.technology.logic,
                                               describeMachine(config).element, {goal, stages});
                if (other.nanoseconds() > 2) continue;
                EXPECT_LE(areaOf(makeOf(config)), other.squareMicrons().total()) << datapath;
            }
        }
    }
}

TEST_F(ElementChoice, LeavesWhatIsGiven) {
    EXPECT_EQ(reaching({"datapath=e4m3", "datapath.synthesis=area"}).goal, cost::Goal::Area);
    EXPECT_EQ(reaching({"datapath=e4m3", "array.pipeline_depth=4"}).stages, 4U);
    const cost::ElementMake both =
        reaching({"datapath=e4m3", "datapath.synthesis=area", "array.pipeline_depth=1"});
    EXPECT_EQ(both, kPlain);
}

TEST_F(ElementChoice, IsTheFastestWhereNoneReachesTheClock) {
    const RunConfig config =
        load({"datapath=e4m3_fp32", "clock=2GHz"}, ElementDefault::ReachesClock);
    EXPECT_FALSE(clockingOf(config).isReached());
    EXPECT_EQ(makeOf(config).goal, cost::Goal::Delay);
    EXPECT_THAT(clockingOf(config).warning, HasSubstr("no synthesis and no pipeline of it does"));
}

TEST_F(ElementChoice, LeavesElementsAloneWithClockMax) {
    EXPECT_EQ(reaching({"datapath=e4m3", "clock=max"}), kPlain);
    const RunConfig fast = load({"datapath=e4m3", "clock=max", "datapath.synthesis=auto"});
    EXPECT_EQ(makeOf(fast).goal, cost::Goal::Delay);
    // What the memories reach is enough.
    EXPECT_EQ(fast.machine.clockHertz, load({"clock=max", "datapath=int4"}).machine.clockHertz);
}

TEST_F(ElementChoice, StaysAutoInTheResolvedConfiguration) {
    const RunConfig config = load({"datapath=e4m3"}, ElementDefault::ReachesClock);
    const nlohmann::ordered_json resolved = resolvedJson(config.resolved);
    EXPECT_EQ(resolved.at("datapath").at("synthesis"), "auto");
    EXPECT_EQ(resolved.at("array").at("pipeline_depth"), "auto");
    EXPECT_EQ(
        makeOf(load({"datapath=e4m3", "datapath.synthesis=auto", "array.pipeline_depth=auto"})),
        makeOf(config));
}

TEST_F(ElementChoice, WithoutFiguresIsPlain) {
    EXPECT_EQ(reaching({"datapath=e4m3", "technology=none"}), kPlain);
    EXPECT_EQ(makeOf(load({"technology=none", "datapath.synthesis=speed"})).goal,
              cost::Goal::Delay);
}

TEST_F(ElementChoice, WarnsWithWhatWouldReachTheClock) {
    EXPECT_EQ(
        clockingOf(load({"datapath=e4m3"})).warning,
        "Warning: the processing element (synthesis for area, 1 stage) reaches 322.6 MHz, not "
        "500 MHz; datapath.synthesis=speed with array.pipeline_depth=1 does.\n");
    EXPECT_EQ(clockingOf(load({"datapath=e4m3", "datapath.synthesis=speed"})).warning, "");
}

TEST_F(ElementChoice, RefusesWhatItDoesNotKnow) {
    EXPECT_THAT(messageOf([] { load({"datapath.synthesis=small"}); }),
                HasSubstr("--set datapath.synthesis=small: datapath.synthesis: unknown value "
                          "'small', expected one of area, speed, auto"));
    EXPECT_THAT(messageOf([] { load({"array.pipeline_depth=0"}); }),
                HasSubstr("array.pipeline_depth: '0' is out of range"));
}

TEST_F(ElementChoice, ASchemeMayLeaveItsFormatsToTheDatapath) {
    const Overrides scheme{"scheme=int8", "scheme.weight.format=datapath",
                           "scheme.activation.format=datapath", "scheme.accumulator=datapath"};
    for (const char* datapath : {"e4m3", "e5m2_fp16", "int4"}) {
        Overrides overrides = scheme;
        overrides.push_back(std::string("datapath=") + datapath);
        const RunConfig config = load(overrides);
        EXPECT_EQ(config.scheme.name, "int8");
        EXPECT_EQ(numeric::nameOf(config.scheme.weight),
                  numeric::nameOf(config.machine.datapath.weight));
        EXPECT_EQ(config.scheme.accumulator.name, config.machine.datapath.accumulator.name);
        EXPECT_EQ(config.scheme.weightGranularity, Scheme::Granularity::PerChannel);
    }
    EXPECT_THAT(messageOf([] {
                    load({"scheme=int8", "datapath=e4m3"});
                }),
                HasSubstr("'int8' is not the datapath's, expected e4m3"));
}

}  // namespace
}  // namespace systole::sim
