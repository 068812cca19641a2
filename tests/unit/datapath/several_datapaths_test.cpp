// SPDX-License-Identifier: Apache-2.0
// What a machine with several datapaths computes and how long it takes. SystemC elaborates once, so
// every simulation of a test is made before the first of them runs.
#include <fmt/format.h>

#include <utility>

#include "models/cost/machine/counters.hpp"
#include "sim/workload/workload.hpp"
#include "tests/unit/datapath/datapath_fixture.hpp"

namespace systole::sim {
namespace {

struct Machine {
    std::string name;
    std::vector<std::string> overrides;
};

void PrintTo(const Machine& machine, std::ostream* stream) { *stream << machine.name; }

std::string nameOf(const testing::TestParamInfo<Machine>& info) { return info.param.name; }

class SeveralDatapaths : public testing::TestWithParam<Machine> {};

/// Timed, untimed and by the definition, every tensor that has a place.
TEST_P(SeveralDatapaths, ComputeResNet8AsItIsDefined) {
    const RunConfig config = machineWith(GetParam().overrides);
    const Workload workload =
        loadWorkload(SYSTOLE_SOURCE_DIR "/traces/resnet8_fmnist/workload.yaml", {.images = 1});
    RunConfig quick = config;
    quick.scheme.calibrationImages = 4;
    const graph::Graph graph =
        quantize(workload.network, quick.scheme, workload.calibration.first(4));
    const std::vector<numeric::Code> input = graph::encodeInput(graph, workload.images.image(0));
    const auto expected = runExact(graph, input, config.machine.array.rows);
    Simulation simulation(config);
    simulation.load(graph);
    const auto check = [&](const char* run) {
        for (graph::TensorId id = 0; id < graph.tensors.size(); ++id) {
            if (expected[id].empty() || !simulation.lowered().tensors[id].address) continue;
            EXPECT_EQ(simulation.readTensor(id), expected[id])
                << run << " " << graph.tensors[id].name;
        }
    };
    const arch::RunRecord record = simulation.inferTimed(input);
    check("timed");
    simulation.inferValues(input);
    check("untimed");
    EXPECT_GT(record.counters.datapathSwitches, 0U);
}

const std::string kEndsInt8 =
    "scheme.layers={stem.conv: {weight: int8, activation: int8}, "
    "fc: {weight: int8, activation: int8}}";
/// Two layers that read one tensor in two formats.
const std::string kBranchesDiffer =
    "scheme.layers={'*.proj': {weight: int8, activation: int8}, fc: {weight: int8, activation: "
    "int8}}";
const std::string kComposable =
    "{activation: int8, weight: int8, accumulator: int32, multiplier: composable}";

INSTANTIATE_TEST_SUITE_P(
    Machines, SeveralDatapaths,
    testing::Values(
        Machine{"Int4WithEndsInInt8",
                {"datapath=int4", "further_datapaths=[int8]", "scheme=int4", kEndsInt8}},
        Machine{"Int4WithProjectionsInInt8",
                {"datapath=int4", "further_datapaths=[int8]", "scheme=int4", kBranchesDiffer}},
        Machine{"Int8BesideE4m3",
                {"datapath=e4m3", "further_datapaths=[int8]", "scheme=e4m3", kBranchesDiffer}},
        Machine{"FloatSumsBesideInt8",
                {"datapath=e4m3_fp32", "further_datapaths=[int8]", "scheme=per_channel",
                 kBranchesDiffer}},
        Machine{"ComposableOutputStationary",
                {"array.dataflow=output_stationary",
                 "datapath={activation: int4, weight: int4, accumulator: int32, multiplier: "
                 "composable}",
                 "further_datapaths=[" + kComposable + "]", "scheme=int4", kEndsInt8}},
        Machine{"BitSerialOverlapped",
                {"array.overlap_folds=true",
                 "datapath={activation: int4, weight: int4, accumulator: int32, multiplier: "
                 "bit_serial_weight}",
                 "further_datapaths=[int8]", "datapath_switch_cycles=3", "scheme=int4", kEndsInt8}},
        Machine{"InputStationary",
                {"array.dataflow=input_stationary", "datapath=int4", "further_datapaths=[int8]",
                 "scheme=int4", kBranchesDiffer}}),
    nameOf);

constexpr std::uint64_t kSwitchCycles = 40;

/// Counters and energies of a layer that do not depend on the layers around it. While the array
/// switches, its elements are idle.
void expectSameWork(const LayerResult& found, const LayerResult& alone) {
    cost::Counters counters = found.figures.counters;
    const bool switches = counters.datapathSwitches > 0;
    counters.idlePeCycles -= std::exchange(counters.datapathSwitches, 0) * kSwitchCycles * 16 * 16;
    for (const auto& counter : cost::kCounters) {
        EXPECT_EQ(counters.*counter.member, alone.figures.counters.*counter.member)
            << found.name << " " << counter.name;
    }
    for (const cost::EnergyComponent& component : cost::kEnergyComponents) {
        const bool isCompared = component.basis == cost::EnergyBasis::Element ||
                                component.basis == cost::EnergyBasis::Memory;
        if (!isCompared || (switches && component.name == "array_idle")) continue;
        EXPECT_EQ(found.figures.energy.*component.joules, alone.figures.energy.*component.joules)
            << found.name << " " << component.name;
    }
}

const std::vector<std::string> kQuickMemory{"dram=ideal", "dma.bytes_per_cycle=unlimited",
                                            "energy.activity=flat"};

RunConfig quickMachine(std::vector<std::string> overrides) {
    overrides.insert(overrides.begin(), kQuickMemory.begin(), kQuickMemory.end());
    return machineWith(overrides);
}

/// Four layers, two on each datapath. Where widths differ, the layer before the change writes other
/// elements than it would alone.
void checkSum(const std::string& first, const std::string& second, const std::string& format,
              bool areEquallyWide) {
    const std::string own = "{activation: " + format + ", weight: " + format + "}";
    Bench inBoth(
        quickMachine({"datapath=" + first, "further_datapaths=[" + second + "]",
                      "scheme=per_channel", fmt::format("datapath_switch_cycles={}", kSwitchCycles),
                      "scheme.layers={op_3: " + own + ", op_4: " + own + "}"}));
    Bench inOne(quickMachine({"datapath=" + first, "scheme=per_channel"}));
    Bench inOther(quickMachine({"datapath=" + second, "scheme=per_channel"}));
    const Result sum = inBoth.time(quantizedFor(chainOf(4), inBoth.config()));
    const Result layer = inOne.time(quantizedFor(chainOf(1), inOne.config()));
    const Result otherLayer = inOther.time(quantizedFor(chainOf(1), inOther.config()));
    ASSERT_EQ(sum.layers.size(), 4U);
    expectSameWork(sum.layers[0], layer.layers[0]);
    if (areEquallyWide) expectSameWork(sum.layers[1], layer.layers[0]);
    expectSameWork(sum.layers[2], otherLayer.layers[0]);
    expectSameWork(sum.layers[3], otherLayer.layers[0]);
    EXPECT_EQ(sum.totals.counters.datapathSwitches, 1U);
    EXPECT_EQ(sum.layers[2].datapath, 1U);
    if (!areEquallyWide) return;
    const Cycle each = layer.totals.cycles;
    EXPECT_EQ(otherLayer.totals.cycles, each) << "time does not depend on formats";
    EXPECT_EQ(sum.layers[0].figures.cycles, each);
    // A layer's first commands are issued while the one before it ends.
    EXPECT_EQ(sum.layers[2].figures.cycles, sum.layers[1].figures.cycles + kSwitchCycles);
    EXPECT_EQ(sum.layers[3].figures.cycles, sum.layers[1].figures.cycles);
}

TEST(LayersOnTwoDatapaths, CostWhatEachCostsAloneWhereFormatsAreEquallyWide) {
    checkSum("int8", "e4m3_fp32", "e4m3", true);
}
TEST(LayersOnTwoDatapaths, CostWhatEachCostsAloneWithANarrowerFormatBeside) {
    checkSum("int8", "int4", "int4", false);
}
TEST(LayersOnTwoDatapaths, CostWhatEachCostsAloneWithAWiderFormatBeside) {
    checkSum("int4", "int8", "int8", false);
}

TEST(ASwitchOfDatapaths, TakesTheCyclesThatTheConfigurationSays) {
    const auto machine = [](const std::string& cycles) {
        return quickMachine({"datapath=int8", "further_datapaths=[e4m3]", "scheme=int8",
                             "datapath_switch_cycles=" + cycles,
                             "scheme.layers={op_2: {activation: e4m3, weight: e4m3}}"});
    };
    Bench atOnce(machine("0"));
    Bench slow(machine("100"));
    const graph::Graph chain = quantizedFor(chainOf(3), atOnce.config());
    const Result none = atOnce.time(chain);
    const Result some = slow.time(chain);
    EXPECT_EQ(none.totals.counters.datapathSwitches, 2U);
    EXPECT_EQ(some.totals.counters.datapathSwitches, 2U);
    EXPECT_EQ(some.totals.cycles, none.totals.cycles + 2 * 100);
    EXPECT_EQ(some.totals.counters.idlePeCycles, none.totals.counters.idlePeCycles + 2 * 100 * 256);
}

class AnUnusedDatapath : public testing::TestWithParam<Machine> {};

TEST_P(AnUnusedDatapath, ChangesNeitherCyclesNorCodes) {
    std::vector<std::string> overrides = GetParam().overrides;
    Bench without(machineWith({"datapath=int8", overrides.back()}));
    overrides.emplace_back("datapath_switch_cycles=1000");
    Bench with(machineWith(overrides));
    const graph::Graph graph = quantizedFor(chainOf(3), without.config());
    const auto input = graph::encodeInput(graph, imageFor(graph));
    arch::RunRecord expected;
    arch::RunRecord found;
    const auto codes = without.outputOf(graph, input, expected);
    EXPECT_EQ(with.outputOf(graph, input, found), codes);
    EXPECT_EQ(found.cycles, expected.cycles);
    for (const auto& counter : cost::kCounters) {
        EXPECT_EQ(found.counters.*counter.member, expected.counters.*counter.member)
            << counter.name;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Machines, AnUnusedDatapath,
    testing::Values(Machine{"Int4", {"further_datapaths=[int4]", "element_packing=packed"}},
                    Machine{"E4m3", {"further_datapaths=[e4m3, int4]", "array.overlap_folds=true"}},
                    Machine{"Padded", {"further_datapaths=[int4]", "element_packing=padded"}}),
    nameOf);

}  // namespace
}  // namespace systole::sim
