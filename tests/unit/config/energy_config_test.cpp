// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "models/cost/machine/energy_band.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/run/gemm_workload.hpp"
#include "sim/run/mapping_energies.hpp"
#include "sim/run/result.hpp"
#include "sim/run/simulation.hpp"
#include "tests/unit/arch/machine_fixture.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

using testing::HasSubstr;

RunConfig load(const Overrides& overrides) {
    return loadRunConfig(SYSTOLE_SOURCE_DIR "/configs/accelerators/edge-16x16.yaml", overrides);
}

class EnergyConfigTest : public ConfigTest {
protected:
    /// Of a file whose line 20 is this.
    std::string complaintOf(const std::string& energy) const {
        std::ifstream base(SYSTOLE_SOURCE_DIR "/configs/accelerators/array-only.yaml");
        std::string text((std::istreambuf_iterator<char>(base)), std::istreambuf_iterator<char>());
        const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
        text += std::string(19 - lines, '\n') + energy + "\n";
        const auto file = write("t.yaml", text);
        return messageOf([&] { loadRunConfig(file, {}); });
    }
};

TEST_F(EnergyConfigTest, ReadsWhatIsThereAndDefaultsTheRest) {
    const RunConfig plain = load({});
    EXPECT_EQ(plain.energy.activity, cost::ActivitySource::Measured);
    EXPECT_FALSE(plain.energy.zeroGating);
    ASSERT_TRUE(plain.machine.operandSampling);
    EXPECT_EQ(plain.machine.operandSampling->folds, 8U);
    EXPECT_FALSE(plain.machine.operandSampling->randomOperands);

    const RunConfig full =
        load({"energy={activity: random, flat_toggle_rate: 0.25, zero_gating: "
              "true, sampling: {folds: 3, elements: 4, steps: 5, seed: 6}}"});
    EXPECT_EQ(full.energy.activity, cost::ActivitySource::Random);
    EXPECT_EQ(full.energy.flatToggleRate, 0.25);
    EXPECT_TRUE(full.energy.zeroGating);
    ASSERT_TRUE(full.machine.operandSampling);
    EXPECT_EQ(full.machine.operandSampling->folds, 3U);
    EXPECT_EQ(full.machine.operandSampling->elements, 4U);
    EXPECT_EQ(full.machine.operandSampling->steps, 5U);
    EXPECT_EQ(full.machine.operandSampling->seed, 6U);
    EXPECT_TRUE(full.machine.operandSampling->randomOperands);

    const RunConfig flat = load({"energy={activity: flat, sampling: none}"});
    EXPECT_EQ(flat.energy.activity, cost::ActivitySource::Flat);
    EXPECT_FALSE(flat.machine.operandSampling);
}

TEST_F(EnergyConfigTest, ClockMaxIsWhatTheMachineReaches) {
    const RunConfig fast = load({"clock=max", "array.pipeline_depth=4"});
    const RunConfig deep = load({"clock=max", "datapath=e4m3"});
    EXPECT_EQ(fast.machine.clockHertz, fastestClock(fast));
    EXPECT_TRUE(clockingOf(fast).isReached());
    EXPECT_LT(deep.machine.clockHertz, fast.machine.clockHertz);
    EXPECT_GT(deep.machine.clockHertz, 100e6);
    EXPECT_THAT(clockingOf(load({"clock=2GHz"})).warning, HasSubstr("not 2"));
    EXPECT_THAT(
        messageOf([] {
            load({"clock=max", "technology=none"});
        }),
        HasSubstr("--set clock=max: clock: max without a technology has no limit, expected"));
}

TEST_F(EnergyConfigTest, NamesThePlaceOfWhatIsWrong) {
    EXPECT_THAT(complaintOf("energy: {activity: real}"),
                HasSubstr("t.yaml:20:20: energy.activity: unknown value 'real', expected one of "
                          "measured, flat, random"));
    EXPECT_THAT(complaintOf("energy: {activty: flat}"),
                HasSubstr("t.yaml:20:10: energy: unknown key 'activty'"));
    EXPECT_THAT(complaintOf("energy: {flat_toggle_rate: 1.5}"),
                HasSubstr("t.yaml:20:28: energy.flat_toggle_rate: "));
    EXPECT_THAT(complaintOf("energy: {zero_gating: 1}"),
                HasSubstr("t.yaml:20:23: energy.zero_gating: "));
    EXPECT_THAT(complaintOf("energy: {sampling: {folds: 0}}"),
                HasSubstr("t.yaml:20:28: energy.sampling.folds: "));
    EXPECT_THAT(complaintOf("energy: {sampling: {steps: many}}"),
                HasSubstr("t.yaml:20:28: energy.sampling.steps: "));
    EXPECT_THAT(complaintOf("energy: {activity: flat, sampling: all}"),
                HasSubstr("t.yaml:20:36: energy.sampling: unknown value 'all', expected none"));
    EXPECT_THAT(complaintOf("energy: {sampling: none}"),
                HasSubstr("t.yaml:20:20: energy.sampling: none leaves no activity to count with, "
                          "expected activity: flat beside it"));
}

/// All that a machine does, once; every component of the energy but DRAM's follows from it.
cost::MachineActions everyAction() {
    cost::MachineActions actions{
        .seconds = 1e-9, .bursts = 1, .activates = 1, .dramJoules = 2, .dramIoJoules = 2};
    for (const auto& counter : cost::kCounters) actions.counters.*counter.member = 1;
    for (double& joules : actions.perMac.values) joules = 1e-12;
    return actions;
}

TEST(EnergyBandOfARun, HoldsEveryComponentAndSaysWhereItComesFrom) {
    const RunConfig config = load({});
    const cost::MachineDescription machine = describeMachine(config);
    const auto at = [&](cost::Corner corner) {
        return cost::EnergyModel(config.technology, machine, corner).energyOf(everyAction());
    };
    const cost::EnergyBreakdown nominal = at(cost::Corner::Nominal);
    const auto band = cost::energyBand(
        config.technology, at(cost::Corner::Low), nominal, at(cost::Corner::High),
        cost::ElementModel(config.technology.logic, machine.element, machine.make()).energyDoubt());
    for (std::size_t i = 0; i < band.size(); ++i) {
        const cost::EnergyComponent& component = cost::kEnergyComponents.at(i);
        const cost::Estimate& joules = band[i].joules;
        EXPECT_EQ(joules.nominal, nominal.*component.joules) << component.name;
        EXPECT_GT(joules.nominal, 0) << component.name;
        EXPECT_LE(joules.low, joules.nominal) << component.name;
        EXPECT_GE(joules.high, joules.nominal) << component.name;
        EXPECT_EQ(joules.high > joules.low, component.basis != cost::EnergyBasis::Dram)
            << component.name;
        EXPECT_FALSE(band[i].source.empty()) << component.name;
    }
    const double error =
        config.technology.logic.errors.ofElements(cost::Goal::Area).energy->largest;
    EXPECT_DOUBLE_EQ(band[0].joules.low, 1e-12 / (1 + error));
    EXPECT_DOUBLE_EQ(band[0].joules.high, 1e-12 * (1 + error));
}

/// A parameter: what a machine is made to differ by.
class MappingEnergies : public testing::TestWithParam<std::vector<std::string>> {};

/// What the search of mappings counts with is what a run is priced with.
TEST_P(MappingEnergies, AddUpToTheEnergyOfARun) {
    const RunConfig config = load(GetParam());
    const graph::Graph network = gemmNetwork(config.scheme, 100, 64, 48, 1);
    Simulation simulation(config);
    simulation.load(network);
    const arch::RunRecord record = simulation.inferTimed({}, Simulation::Values::Skipped);
    const Result result = makeResult(config, simulation.lowered(), record);
    const arch::ActionEnergies energies = mappingEnergies(config);
    arch::DramActions bursts;
    for (const arch::LayerRecord& layer : record.layers) {
        bursts.reads += static_cast<double>(layer.dram.reads);
        bursts.writes += static_cast<double>(layer.dram.writes);
        bursts.activates += static_cast<double>(layer.dram.activates);
    }
    cost::MachineActions refreshes;  // mappings have no part in these
    for (const memory::DramCounters& channel : record.dramChannels) {
        refreshes.refreshes += static_cast<double>(channel.refreshes + channel.bankRefreshes);
    }
    const cost::EnergyModel model(config.technology, describeMachine(config));
    const cost::EnergyBreakdown& energy = result.totals.energy;
    const double joules =
        model.energyOf(refreshes).totalJoules() + arch::chipJoules(energies, record.counters) +
        bursts.chipJoules(energies) + static_cast<double>(record.cycles) * energies.cycle +
        energy.dramJoules + energy.dramIoJoules;
    EXPECT_GT(bursts.reads, 0);
    EXPECT_GT(record.counters.commands, 0);
    EXPECT_NEAR(joules, energy.totalJoules(), 1e-9 * joules);
    const cost::Estimate band = result.energyWithBand();
    EXPECT_EQ(band.nominal, energy.totalJoules());
    EXPECT_LT(band.low, band.nominal);
    EXPECT_GT(band.high, band.nominal);
}

INSTANTIATE_TEST_SUITE_P(
    Machines, MappingEnergies,
    testing::Values(std::vector<std::string>{},
                    std::vector<std::string>{"energy.clock_gating=true"},
                    std::vector<std::string>{"layout=cells_only", "dram=ideal"},
                    std::vector<std::string>{"array.dataflow=output_stationary",
                                             "sequencer.issue_cycles=0"}));

TEST(OperandActivityOfARun, IsInTheResultWithTheSampleThatItComesFrom) {
    const RunConfig config = load({"energy.sampling={folds: 3, elements: 4, steps: 50}"});
    const graph::Graph network = gemmNetwork(config.scheme, 100, 64, 48, 1);
    Simulation simulation(config);
    simulation.load(network);
    const LoweredNetwork& lowered = simulation.lowered();
    const auto timed = simulation.inferTimed({}, Simulation::Values::Skipped);
    const auto bare = nlohmann::json::parse(resultJson(makeResult(config, lowered, timed)));
    EXPECT_FALSE(bare.at("layers").at(0).contains("operand_activity"));
    EXPECT_FALSE(bare.at("totals").contains("operand_activity"));

    const auto record = simulation.inferTimed(gemmInput(config.scheme, 100, 64, 1));
    const auto json = nlohmann::json::parse(resultJson(makeResult(config, lowered, record)));
    EXPECT_EQ(json.at("config").at("energy").at("activity"), "measured");
    EXPECT_EQ(json.at("config").at("energy").at("sampling").at("steps"), 50);
    const auto& activity = json.at("layers").at(0).at("operand_activity");
    EXPECT_EQ(activity.at("folds"), 4 * 3);
    EXPECT_EQ(activity.at("sampled_folds"), 3);
    EXPECT_EQ(activity.at("sampled_elements"), 4);
    EXPECT_EQ(activity.at("sampled_steps"), 3 * 4 * 50);
    // Uniform codes: half of the bits toggle; weights do at two of 149 steps.
    EXPECT_NEAR(activity.at("activation_bit_toggle_rate"), 0.5, 0.03);
    EXPECT_NEAR(activity.at("weight_bit_toggle_rate"), 0.5 * 2 / 149, 0.004);
    EXPECT_NEAR(activity.at("zero_activation_fraction"), 1.0 / 255, 0.02);
    EXPECT_EQ(json.at("totals").at("operand_activity"), activity);  // one layer
}

}  // namespace
}  // namespace systole::sim
