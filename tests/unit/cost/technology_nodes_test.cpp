// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <regex>

#include "models/cost/element/drawn_trace.hpp"
#include "models/cost/element/element_model.hpp"
#include "models/numeric/products/product_class.hpp"
#include "sim/config/technology/technology_loader.hpp"
#include "tests/unit/study/worker_fixture.hpp"

/// The shipped technologies of one family, from the coarsest node to the finest: whatever is made
/// of them shrinks from each to the next in area, delay and energy (docs/nodes.md).
namespace systole::sim {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr std::array kNodes{"65", "45", "28", "22", "16", "7"};  // nm

std::string technologyOf(const std::string& node) { return "generic_" + node + "nm"; }

using Figures = std::map<std::string, double>;

/// Every figure that `figuresOf` a technology has is less at each node than at the one before.
template <typename FiguresOf>
void expectFalling(const FiguresOf& figuresOf) {
    Figures before;
    for (const char* node : kNodes) {
        const Figures figures = figuresOf(technologyOf(node));
        EXPECT_FALSE(figures.empty());
        for (const auto& [name, figure] : before) {
            EXPECT_GT(figures.at(name), 0) << name << " at " << node << " nm";
            EXPECT_LT(figures.at(name), figure) << name << " at " << node << " nm";
        }
        before = figures;
    }
}

struct Pe {
    const char* activation;
    const char* weight;
    const char* accumulator;
};

constexpr std::array kPes{
    Pe{"int8", "int8", "int32"},          Pe{"int8", "int8", "exact"},
    Pe{"int8", "int4", "int32"},          Pe{"int8", "int2", "int24"},
    Pe{"uint8", "int8", "int32"},         Pe{"int4", "int4", "int16"},
    Pe{"int4", "int4", "int24"},          Pe{"int3", "int5", "exact"},
    Pe{"int2", "int2", "int12"},          Pe{"int16", "int16", "int40"},
    Pe{"e4m3", "e4m3", "exact"},          Pe{"e4m3", "e4m3", "fp32"},
    Pe{"e4m3", "e2m1", "bf16"},           Pe{"e5m2", "e5m2", "fp16"},
    Pe{"e5m2", "e4m3", "fp32"},           Pe{"e5m2", "e5m2", "dlfloat16"},
    Pe{"e3m2", "e3m2", "exact"},          Pe{"e2m1", "e2m1", "exact"},
    Pe{"e2m1", "e2m1", "fp32"},           Pe{"short_e4m3", "short_e4m3", "fp16"},
    Pe{"posit8es1", "posit8es1", "fp32"},
};

cost::ElementModel modelOf(const Pe& pe, const cost::Technology& technology,
                           cost::ElementMake make) {
    const numeric::Format activation = *numeric::formatNamed(pe.activation);
    const numeric::Format weight = *numeric::formatNamed(pe.weight);
    return {technology.logic,
            cost::describeElement(activation, weight, *numeric::parseAccumulator(pe.accumulator),
                                  numeric::defaultProductClass(activation, weight)),
            make};
}

TEST(TechnologyNodes, AreaDelayAndEnergyOfPesFallFromNodeToNode) {
    const cost::ElementMake fast{.goal = cost::Goal::Delay, .stages = 2};
    for (std::size_t i = 0; i < kPes.size(); ++i) {
        const Pe& pe = kPes.at(i);
        SCOPED_TRACE(fmt::format("{} x {} + {}", pe.activation, pe.weight, pe.accumulator));
        expectFalling([&](const std::string& name) {
            // Every third for speed as well: its coefficients are others.
            const cost::Technology technology = parseTechnology(name, "technology");
            const cost::ElementModel model =
                modelOf(pe, technology, i % 3 == 2 ? fast : cost::ElementMake{});
            const cost::OperandTrace trace =
                drawnTrace(model.description(), cost::Stimulus::Gaussian, 65);
            return Figures{{"area", model.squareMicrons().total()},
                           {"delay", model.nanoseconds()},
                           {"energy", model.energyOf(model.activityOf(trace)).total()},
                           {"leakage", model.leakageWatts()}};
        });
    }
}

/// Leakage is left out: CACTI's rises with some kinds of transistor (analysis/memory_scaling.py).
TEST(TechnologyNodes, AreaDelayAndEnergyOfMemoriesFallFromNodeToNode) {
    const std::array shapes{
        cost::SramShape{.capacityBytes = 256, .wordBits = 16},
        cost::SramShape{.capacityBytes = 3072, .wordBits = 24},
        cost::SramShape{.capacityBytes = 65536, .wordBits = 128, .banks = 2},
        cost::SramShape{.capacityBytes = 1 << 20, .wordBits = 72, .readWritePorts = 2},
        cost::SramShape{.capacityBytes = 6 << 20, .wordBits = 900, .banks = 4},
        cost::SramShape{.capacityBytes = 24 << 20, .wordBits = 2048},
    };
    for (const cost::SramShape& shape : shapes) {
        SCOPED_TRACE(fmt::format("{} B x {} banks of {} bits", shape.capacityBytes, shape.banks,
                                 shape.wordBits));
        expectFalling([&](const std::string& name) {
            const cost::SramMacro macro = parseTechnology(name, "technology").sram.at(shape);
            return Figures{
                {"area", macro.areaSquareMicrons.nominal}, {"access", macro.accessSeconds.nominal},
                {"cycle", macro.cycleSeconds.nominal},     {"leakage", macro.leakageWatts.nominal},
                {"read", macro.readJoules.nominal},        {"write", macro.writeJoules.nominal}};
        });
    }
}

class TechnologyOfMachine : public WorkerTest {
protected:
    /// A run of ResNet-8 whose clock is reached, at this node.
    nlohmann::json run(const std::string& technology, const std::string& clock) const {
        const std::filesystem::path json =
            write("marker", "").parent_path() / (technology + clock + ".json");
        const CommandOutcome outcome = systole(fmt::format(
            "run {} {} --images 1 --set technology={} --set clock={} --json {}",
            source("configs/accelerators/edge-16x16.yaml"),
            source("traces/resnet8_fmnist/workload.yaml"), technology, clock, json.string()));
        EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
        return jsonOf(json);
    }
};

TEST_F(TechnologyOfMachine, AreaEnergyAndClockFallFromNodeToNode) {
    expectFalling([&](const std::string& technology) {
        const nlohmann::json slow = run(technology, "200MHz").at("totals");
        const nlohmann::json json = run(technology, "max");
        const nlohmann::json& fast = json.at("totals");
        double onChip = 0;
        for (const auto& [name, joules] : slow.at("energy_by_component_joules").items()) {
            if (name.find("dram") == std::string::npos) onChip += joules.get<double>();
        }
        return Figures{{"area", slow.at("area_mm2")},
                       {"energy at 200 MHz", slow.at("energy_joules")},
                       {"energy on chip at 200 MHz", onChip},
                       {"energy at the highest clock", fast.at("energy_joules")},
                       {"clock period", 1 / json.at("config").at("clock_hertz").get<double>()},
                       {"time", fast.at("seconds")}};
    });
}

/// Without line breaks, which are where the words happen to end.
std::string unwrapped(const std::string& text) {
    return std::regex_replace(text, std::regex("\\s+"), " ");
}

TEST_F(TechnologyOfMachine, ReportsPrintTheErrorOfTheScalingAndOfTheStep) {
    const std::string machine = source("configs/accelerators/edge-16x16.yaml");
    for (const char* command : {"pe --activation int4 --weight int4 --technology generic_16nm",
                                "area MACHINE --set technology=generic_16nm",
                                "run MACHINE NETWORK --images 1 --set technology=generic_16nm"}) {
        std::string line = std::regex_replace(command, std::regex("MACHINE"), machine);
        line = std::regex_replace(line, std::regex("NETWORK"),
                                  source("traces/resnet8_fmnist/workload.yaml"));
        const std::string text = unwrapped(systole(line).text);
        const std::string error = "([+]-[0-9]+ %|up to [0-9.]+ times)";
        EXPECT_THAT(text, ContainsRegex("generic_45nm scaled by area x [0-9.]+, delay x [0-9.]+, "
                                        "energy x [0-9.]+; error of that: area " +
                                        error + ", delay " + error + ", energy " + error))
            << line;
        EXPECT_THAT(text, ContainsRegex("of the step from 22 nm: area " + error + ", delay " +
                                        error + ", energy " + error))
            << line;
    }
}

}  // namespace
}  // namespace systole::sim
