// SPDX-License-Identifier: Apache-2.0
// Processing elements that reach the clock: `datapath.synthesis`, `array.pipeline_depth`.
#include "sim/config/element_choice.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/cost/machine/area_model.hpp"
#include "sim/base/text.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/reader/resolved_json.hpp"
#include "sim/run/clocking.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using testing::HasSubstr;

/// Elements that are faster than any memory.
constexpr const char* kTwoBits = "datapath={activation: int2, weight: int2, accumulator: int8}";

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

TEST_F(ElementChoice, OfClockMaxIsTheSmallestThatReachesTheHighestClock) {
    EXPECT_EQ(makeOf(load({"datapath=e4m3", "clock=max"})), kPlain);
    // Elements of two bits are faster than memories: what those reach is enough.
    const RunConfig fast = load({kTwoBits, "clock=max"}, ElementDefault::ReachesClock);
    EXPECT_EQ(makeOf(fast).goal, cost::Goal::Delay);
    EXPECT_EQ(
        fast.machine.clockHertz,
        load({"clock=max", "datapath={activation: binary, weight: binary, accumulator: int8}"},
             ElementDefault::ReachesClock)
            .machine.clockHertz);
    EXPECT_EQ(fast.machine.clockHertz, fourDigitsDown(clockingOf(fast).memoryHertz));
    EXPECT_EQ(makeOf(load(
                  {kTwoBits, "clock=max", "datapath.synthesis=auto", "array.pipeline_depth=auto"})),
              makeOf(fast));
}

TEST_F(ElementChoice, OfClockMaxIsTheFastestWhereMemoriesAreFasterThanEveryElement) {
    Overrides overrides{"clock=max", "datapath=e4m3_fp32"};
    for (const char* key :
         {"activation_scratchpad.capacity", "activation_scratchpad.banks",
          "weight_scratchpad.capacity", "weight_scratchpad.banks", "accumulator_buffer.rows"}) {
        overrides.push_back(std::string(key) + "=unlimited");
    }
    const RunConfig config = load(overrides, ElementDefault::ReachesClock);
    EXPECT_EQ(config.machine.clockHertz, fourDigitsDown(1e9 / fastestElementNanoseconds(config)));
    EXPECT_GT(config.machine.clockHertz, 1.5 * load(overrides).machine.clockHertz);
}

TEST_F(ElementChoice, EveryShippedMachineReachesTheClockThatItNames) {
    const std::filesystem::path machines = SYSTOLE_SOURCE_DIR "/configs/accelerators";
    std::size_t withTechnology = 0;
    for (const auto& machine : std::filesystem::directory_iterator(machines)) {
        const RunConfig config = loadRunConfig(machine.path(), {});
        EXPECT_EQ(clockingOf(config).warning, "") << machine.path();
        withTechnology += config.technology.isFree ? 0 : 1;
    }
    EXPECT_GE(withTechnology, 3U);
}

TEST_F(ElementChoice, WarnsOfTheMemoryThatIsTooSlowAndOfWhatIsFaster) {
    const Clocking two = clockingOf(load({"clock=2.5GHz", "weight_scratchpad.ports=1rw"}));
    EXPECT_THAT(two.warning,
                HasSubstr("Warning: activation_scratchpad reaches 2.257 GHz, not 2.5 GHz (9.7 % "
                          "short); activation_scratchpad.ports=1rw does.\n"));
    EXPECT_THAT(two.warning, testing::Not(HasSubstr("Warning: weight_scratchpad")));
    EXPECT_EQ(two.slowestMemory, "activation_scratchpad");
    EXPECT_THAT(clockingOf(load({"clock=20GHz"})).warning,
                HasSubstr("weight_scratchpad reaches 2.257 GHz, not 20 GHz (88.7 % short); no "
                          "words and ports of its capacity do"));
    const Clocking sums = clockingOf(
        load({"clock=5GHz", "activation_scratchpad.capacity=unlimited",
              "activation_scratchpad.banks=unlimited", "weight_scratchpad.capacity=unlimited",
              "weight_scratchpad.banks=unlimited"}));
    EXPECT_EQ(sums.slowestMemory, "accumulator_buffer");
    EXPECT_THAT(sums.warning, HasSubstr("no parts of it do"));
}

TEST_F(ElementChoice, WideWordsReachTheClockOfNarrowOnes) {
    for (const char* word : {"8B", "64B", "128B", "1024B"}) {
        const Clocking clocking =
            clockingOf(load({"clock=1GHz", "datapath.synthesis=speed",
                             std::string("activation_scratchpad.word=") + word}));
        EXPECT_EQ(clocking.warning, "") << word;
        EXPECT_LE(clocking.memories[0].nanoseconds, 1 + 1e-9) << word;
    }
}

TEST_F(ElementChoice, OneMemoryOfAnyCapacityAndBanksReachesTheClockInParts) {
    // Access takes longer than a cycle, and costs cycles to the data, not clock.
    for (const char* banks : {"1", "2", "32", "256"}) {
        const Clocking clocking =
            clockingOf(load({"clock=520MHz", "activation_scratchpad.capacity=24MiB",
                             std::string("activation_scratchpad.banks=") + banks}));
        EXPECT_EQ(clocking.warning, "") << banks;
        EXPECT_GT(clocking.memories[0].accessCycles(520e6), 3U) << banks;
        EXPECT_THAT(memoryNotes(clocking, 520e6),
                    HasSubstr("cycles from an address to its data: activation_scratchpad"));
    }
}

TEST_F(ElementChoice, NamesWhatLimitsTheClock) {
    EXPECT_EQ(limitOf(clockingOf(load({}))), "the processing element");
    EXPECT_EQ(
        limitOf(clockingOf(load({kTwoBits, "datapath.synthesis=speed", "array.pipeline_depth=4"}))),
        "weight_scratchpad");
    EXPECT_EQ(limitOf(clockingOf(load({"technology=none"}))), "");
}

TEST_F(ElementChoice, SaysWhichMemoryLiesOutsideOfTheFit) {
    // At a higher clock it would be built of parts, which lie inside.
    EXPECT_THAT(
        memoryNotes(clockingOf(load({"clock=1MHz", "activation_scratchpad.capacity=96MiB",
                                     "activation_scratchpad.banks=2"})),
                    1e6),
        HasSubstr("Note: activation_scratchpad: 48 MiB a macro, outside of the fit of 512 B "
                  "to 32 MiB.\n"));
    EXPECT_EQ(memoryNotes(clockingOf(load({})), 1e6), "");
}

TEST_F(ElementChoice, AnAdviceOnAMemoryIsTrue) {
    const Overrides slow{"clock=2.5GHz"};
    const std::string warning = clockingOf(load(slow)).warning;
    const std::size_t start = warning.find("; activation_scratchpad.ports=");
    ASSERT_NE(start, std::string::npos) << warning;
    const std::string advice = warning.substr(start + 2, warning.find(" does", start) - start - 2);
    Overrides overrides = slow;
    overrides.push_back(advice);
    EXPECT_THAT(clockingOf(load(overrides)).warning,
                testing::Not(HasSubstr("activation_scratchpad")))
        << advice;
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
        "Warning: the processing element (synthesis for area, 1 stage) reaches 322.5 MHz, not "
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

/// What `auto` takes may be another element, and a longer cycle, at a finer node.
TEST_F(ElementChoice, OfAutoIsSaidWithItsTechnology) {
    const auto noteAt = [](const std::string& node) {
        return elementMakeNote(
            load({"clock=1GHz", "array.pipeline_depth=auto", "technology=generic_" + node}));
    };
    EXPECT_THAT(noteAt("28nm"),
                HasSubstr("synthesis for area, 2 stages, which auto takes for 1 GHz in "
                          "generic_28nm"));
    EXPECT_THAT(noteAt("7nm"),
                HasSubstr("synthesis for area, 1 stage, which auto takes for 1 GHz in "
                          "generic_7nm"));
    EXPECT_EQ(elementMakeNote(load({"array.pipeline_depth=2"})), "");
}

}  // namespace
}  // namespace systole::sim
