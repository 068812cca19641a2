// SPDX-License-Identifier: Apache-2.0
#include <variant>

#include "sim/base/text.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/dram/dram_loader.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/config/scheme_loader.hpp"
#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

const std::filesystem::path kConfigs = SYSTOLE_SOURCE_DIR "/configs";

/// The shipped accelerators.
class ConfigMachineTest : public ConfigTest {
protected:
    static RunConfig load(const std::string& name, const Overrides& overrides = {}) {
        return loadRunConfig(kConfigs / "accelerators" / (name + ".yaml"), overrides);
    }

    std::string complaintOf(const Overrides& overrides) const {
        return messageOf([&] { load("edge-16x16", overrides); });
    }
};

TEST_F(ConfigMachineTest, ReadsTheEdgeAccelerator) {
    const RunConfig config = load("edge-16x16");
    const arch::MachineConfig& machine = config.machine;
    EXPECT_EQ(machine.name, "edge-16x16");
    EXPECT_EQ(machine.clockHertz, 500e6);
    EXPECT_EQ(machine.array.rows, 16U);
    EXPECT_EQ(machine.array.columns, 16U);
    EXPECT_EQ(numeric::nameOf(machine.datapath.weight), "int8");
    EXPECT_EQ(numeric::nameOf(machine.datapath.activation), "int8");
    EXPECT_EQ(std::get<numeric::IntegerRegister>(machine.datapath.accumulator.sum).bits, 32);
    EXPECT_EQ(machine.activationScratchpad.capacityBytes, Limit{65536});
    EXPECT_EQ(machine.activationScratchpad.banks, Limit{16});
    EXPECT_EQ(machine.activationScratchpad.wordBytes, 16U);
    EXPECT_EQ(machine.weightScratchpad.banks, Limit{1});
    EXPECT_EQ(machine.accumulatorBuffer.rows, Limit{2048});
    EXPECT_EQ(machine.vectorUnit.lanes, Limit{16});
    EXPECT_EQ(machine.vectorUnit.pipelineDepth, 4U);
    EXPECT_EQ(machine.dma.bytesPerCycle, Limit{32});
    EXPECT_EQ(machine.dma.outstandingBursts, Limit{32});
    EXPECT_EQ(machine.sequencer.queueDepth, Limit{16});
    EXPECT_EQ(machine.sequencer.issueCycles, 1U);
    EXPECT_EQ(config.scheme.name, "int8");
    EXPECT_EQ(config.scheme.weightGranularity, Scheme::Granularity::PerChannel);
    EXPECT_EQ(config.scheme.calibrationImages, 64U);
    EXPECT_EQ(config.scheme.requantization, numeric::ScaleArithmetic::Fp32Multiplier);
    EXPECT_FALSE(config.technology.name.empty());
}

TEST_F(ConfigMachineTest, ReadsTheDramOfTheEdgeAccelerator) {
    const memory::DramConfig dram = load("edge-16x16").machine.dram;
    EXPECT_EQ(dram.name, "DDR4-2400");
    ASSERT_TRUE(dram.ddr && !dram.ideal);
    EXPECT_EQ(dram.ddr->clockHertz, 1.2e9);
    EXPECT_EQ(dram.burstBytes(), 64U);
    EXPECT_EQ(dram.capacityBytes(), std::uint64_t{8} << 30U);
    EXPECT_EQ(dram.ddr->latencies.read, 17U);
    EXPECT_EQ(dram.ddr->refresh.interval, 9360U);
    EXPECT_EQ(dram.ddr->channelInterleaveBytes, 256U);
    EXPECT_EQ(dram.ddr->controller.readQueue, 64U);
}

TEST_F(ConfigMachineTest, TheArrayAloneHasNoOtherLimits) {
    const arch::MachineConfig machine = load("array-only").machine;
    EXPECT_EQ(machine.array.rows, 32U);
    EXPECT_EQ(machine.array.columns, 32U);
    EXPECT_FALSE(machine.activationScratchpad.capacityBytes);
    EXPECT_FALSE(machine.activationScratchpad.banks);
    EXPECT_FALSE(machine.weightScratchpad.capacityBytes);
    EXPECT_FALSE(machine.weightScratchpad.banks);
    EXPECT_FALSE(machine.accumulatorBuffer.rows);
    EXPECT_FALSE(machine.vectorUnit.lanes);
    EXPECT_EQ(machine.vectorUnit.pipelineDepth, 0U);
    EXPECT_FALSE(machine.dma.bytesPerCycle);
    EXPECT_EQ(machine.sequencer.issueCycles, 0U);
    ASSERT_TRUE(machine.dram.ideal && !machine.dram.ddr);
    EXPECT_EQ(machine.dram.ideal->latencyCycles, 0U);
    EXPECT_FALSE(machine.dram.ideal->bytesPerCycle);
    EXPECT_EQ(machine.dram.capacityBytes(), std::uint64_t{64} << 30U);
}

std::vector<std::string> namesIn(const char* folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kConfigs / folder)) {
        names.push_back(entry.path().stem().string());
    }
    return names;
}

TEST_F(ConfigMachineTest, EveryShippedFileLoads) {
    for (const std::string& name : namesIn("accelerators")) {
        EXPECT_EQ(messageOf([&] { load(name); }), "no error") << name;
    }
    for (const std::string& name : namesIn("datapaths")) {
        const std::string scheme = std::filesystem::exists(kConfigs / "schemes" / (name + ".yaml"))
                                       ? name
                                       : std::string("auto");
        EXPECT_EQ(complaintOf({"datapath=" + name, "scheme=" + scheme}), "no error") << name;
        EXPECT_EQ(complaintOf({"datapath=" + name}), "no error") << name;
    }
    for (const std::string& name : namesIn("dram")) {
        EXPECT_EQ(messageOf([&] { loadDram(kConfigs / "dram" / (name + ".yaml"), {}); }),
                  "no error")
            << name;
    }
    for (const std::string& name : namesIn("schemes")) {
        if (name.starts_with("per_")) continue;  // they leave the formats to a datapath
        EXPECT_EQ(loadScheme(kConfigs / "schemes" / (name + ".yaml"), {}).name, name);
    }
}

TEST_F(ConfigMachineTest, TwoChannelsAreAnOverride) {
    const RunConfig config = load("edge-16x16", {"dram.organization.channels=2"});
    EXPECT_EQ(config.machine.dram.capacityBytes(), std::uint64_t{16} << 30U);
}

TEST_F(ConfigMachineTest, TheAutomaticSchemeFollowsTheDatapath) {
    EXPECT_EQ(load("edge-16x16", {"datapath=e4m3"}).scheme.name, "e4m3");
    const RunConfig mixed =
        load("edge-16x16", {"datapath.weight=e4m3", "datapath.accumulator=exact"});
    EXPECT_EQ(mixed.scheme.name, "e4m3");
    EXPECT_EQ(numeric::nameOf(mixed.scheme.activation), "int8");
    EXPECT_EQ(mixed.scheme.accumulator.name, "exact");
}

TEST_F(ConfigMachineTest, ANamedSchemeMustNameTheDatapathsFormats) {
    EXPECT_EQ(complaintOf({"datapath=e4m3", "scheme=int8"}), messageOf([&] {
                  const std::string file = (kConfigs / "schemes/int8.yaml").string();
                  throw ConfigError::ofLines(
                      linesOf(file +
                              ":3:18: scheme.weight.format: 'int8' is not the datapath's, expected "
                              "e4m3\n" +
                              file +
                              ":4:22: scheme.activation.format: 'int8' is not the datapath's, "
                              "expected e4m3\n" +
                              file +
                              ":5:14: scheme.accumulator: 'int32' is not the datapath's, expected "
                              "exact"));
              }));
    EXPECT_EQ(complaintOf({"scheme.activation.format=int4"}),
              "--set scheme.activation.format=int4: scheme.activation.format: 'int4' is not the "
              "datapath's, expected int8");
}

TEST_F(ConfigMachineTest, DepthwisePackingIsAnOptionOfTheArray) {
    EXPECT_TRUE(load("edge-16x16").machine.array.depthwisePacking);
    EXPECT_FALSE(
        load("edge-16x16", {"array.depthwise_packing=false"}).machine.array.depthwisePacking);
    EXPECT_EQ(complaintOf({"array.depthwise_packing=2"}),
              "--set array.depthwise_packing=2: array.depthwise_packing: '2' is not a boolean, "
              "expected true or false");
}

TEST_F(ConfigMachineTest, TheMultiplierSetsTheCyclesOfAStep) {
    const auto arrayWith = [&](const std::string& multiplier, const std::string& datapath) {
        return load("edge-16x16", {"datapath=" + datapath, "datapath.multiplier=" + multiplier})
            .machine.array;
    };
    EXPECT_EQ(arrayWith("auto", "int4").cyclesPerStep, 1U);
    EXPECT_EQ(arrayWith("bit_serial_weight", "int4").cyclesPerStep, 4U);
    EXPECT_EQ(arrayWith("bit_serial_weight", "int8").cyclesPerStep, 8U);
    EXPECT_EQ(arrayWith("bit_serial_both", "int8_int4").cyclesPerStep, 32U);
    EXPECT_EQ(complaintOf({"datapath=e4m3", "datapath.multiplier=bit_serial_weight"}),
              "--set datapath.multiplier=bit_serial_weight: datapath.multiplier: bit_serial_weight "
              "does not multiply e4m3 by e4m3, expected auto or one that does");
}

TEST_F(ConfigMachineTest, ComposableElementsMakeMoreRowsAndColumnsAtLowerWidths) {
    const auto arrayOf = [&](const std::string& datapath) {
        return load("edge-16x16", {"datapath=" + datapath, "datapath.multiplier=composable"})
            .machine.array;
    };
    EXPECT_EQ(arrayOf("int8").rows, 16U);
    EXPECT_EQ(arrayOf("int8").columns, 16U);
    EXPECT_EQ(arrayOf("int8_int4").rows, 16U);
    EXPECT_EQ(arrayOf("int8_int4").columns, 32U) << "two narrow weights";
    EXPECT_EQ(arrayOf("int4").rows, 32U);
    EXPECT_EQ(arrayOf("int4").columns, 32U);
}

TEST_F(ConfigMachineTest, AComposableArrayIsBuiltAsItsConfigurationSays) {
    const RunConfig config =
        load("edge-16x16", {"datapath=int4", "datapath.multiplier=composable", "array.columns=8"});
    const arch::ArrayConfig& array = config.machine.array;
    EXPECT_EQ(array.rows, 32U);
    EXPECT_EQ(array.columns, 16U);
    EXPECT_EQ(array.physicalGeometry().rows, 16U);
    EXPECT_EQ(array.physicalGeometry().columns, 8U);
    EXPECT_EQ(array.rowSplit(), 2U);
    EXPECT_EQ(array.columnSplit(), 2U);
    EXPECT_EQ(describeMachine(config).array.rows, 16U) << "area is that of what is built";
    EXPECT_EQ(describeMachine(config).array.columns, 8U);
}

TEST_F(ConfigMachineTest, EveryOtherElementMakesOneRowAndOneColumn) {
    const arch::ArrayConfig array =
        load("edge-16x16", {"datapath=int4", "array.rows=8"}).machine.array;
    EXPECT_EQ(array.rows, 8U);
    EXPECT_EQ(array.physicalGeometry().rows, 8U);
    EXPECT_EQ(array.rowSplit(), 1U);
    EXPECT_EQ(array.columnSplit(), 1U);
}

TEST_F(ConfigMachineTest, PortsArbitrationAndPackingAreOptions) {
    const auto machine = load("edge-16x16", {}).machine;
    EXPECT_EQ(machine.activationScratchpad.ports, memory::PortKind::OneReadOneWrite);
    EXPECT_EQ(machine.datapath.packing, memory::Packing::Packed);
    const auto other =
        load("edge-16x16",
             {"activation_scratchpad.ports=1rw", "element_packing=padded",
              "arbitration.policy=round_robin", "arbitration.order=[load, store, array, vector]"})
            .machine;
    EXPECT_EQ(other.activationScratchpad.ports, memory::PortKind::OneReadWrite);
    EXPECT_EQ(other.datapath.packing, memory::Packing::Padded);
    EXPECT_EQ(other.arbitration.kind, memory::Arbitration::RoundRobin);
    EXPECT_EQ(other.arbitration.order, (std::vector<memory::ClientId>{0, 1, 2, 3}));
    EXPECT_EQ(
        complaintOf({"arbitration.policy=fixed", "arbitration.order=[load, load, array, vector]"}),
        "--set arbitration.order=[load, load, array, vector]: arbitration.order[1]: 'load' is "
        "there already, expected every unit once");
}

TEST_F(ConfigMachineTest, UnknownDataflowsAreRefused) {
    EXPECT_EQ(complaintOf({"array.dataflow=row_stationary"}),
              "--set array.dataflow=row_stationary: array.dataflow: unknown value "
              "'row_stationary', expected one of weight_stationary, output_stationary, "
              "input_stationary");
    EXPECT_EQ(
        complaintOf({"array.pipeline_depth=5"}),
        "--set array.pipeline_depth=5: array.pipeline_depth: '5' is out of range, expected an "
        "integer from 1 to 4");
}

TEST_F(ConfigMachineTest, AConventionMustMatchWhatItAssumes) {
    const std::string prefix = "--set array.convention=";
    EXPECT_EQ(complaintOf({"array.convention=stonne"}),
              prefix +
                  "stonne: array.convention: stonne is known for output_stationary only, "
                  "expected that dataflow");
    EXPECT_EQ(complaintOf({"array.convention=scale_sim", "array.overlap_folds=true"}),
              prefix +
                  "scale_sim: array.convention: assumes isolated folds, expected "
                  "overlap_folds: false beside it");
    EXPECT_EQ(complaintOf({"array.convention=scale_sim", "array.dataflow=output_stationary",
                           "array.drain=serial"}),
              prefix +
                  "scale_sim: array.convention: assumes that results leave at once, expected "
                  "drain: direct beside it");
    EXPECT_EQ(complaintOf({"array.convention=stonne", "array.dataflow=output_stationary",
                           "array.drain=direct"}),
              "no error");
}

TEST_F(ConfigMachineTest, TheAccumulatorMustHoldTheProducts) {
    EXPECT_EQ(complaintOf({"datapath.accumulator=int15"}),
              "--set datapath.accumulator=int15: datapath.accumulator: int15 cannot hold a product "
              "of int8 x int8, which needs 16 bits, expected a wider one or exact");
    EXPECT_EQ(complaintOf({"datapath.accumulator=int16"}), "no error");
}

TEST_F(ConfigMachineTest, WeightsHaveOneScaleAChannelWhateverTheFormat) {
    for (const std::string& name : namesIn("datapaths")) {
        const Scheme scheme = load("edge-16x16", {"datapath=" + name}).scheme;
        EXPECT_EQ(scheme.weightGranularity, Scheme::Granularity::PerChannel) << name;
        EXPECT_EQ(scheme.accumulatorHeadroom, 1.5) << name;
    }
    for (const char* weight : {"{exponent: 2, mantissa: 2, specials: none}", "{bits: 5}",
                               "posit8es1", "{codebook: [-1, 1]}", "bf16"}) {
        const Scheme scheme = load("edge-16x16", {std::string("datapath.weight=") + weight,
                                                  "datapath.accumulator=fp32"})
                                  .scheme;
        EXPECT_EQ(scheme.weightGranularity, Scheme::Granularity::PerChannel) << weight;
    }
}

TEST_F(ConfigMachineTest, ASchemeMayLeaveItsFormatsToTheDatapath) {
    for (const std::string& name : namesIn("datapaths")) {
        const Scheme scheme = load("edge-16x16", {"datapath=" + name, "scheme=per_tensor"}).scheme;
        EXPECT_EQ(scheme.name, "per_tensor");
        EXPECT_EQ(scheme.weightGranularity, Scheme::Granularity::PerTensor) << name;
    }
    const RunConfig config = load("edge-16x16", {"datapath=e4m3_fp16", "scheme=per_channel"});
    EXPECT_EQ(numeric::nameOf(config.scheme.activation), "e4m3");
    EXPECT_EQ(config.scheme.accumulator.name, "fp16");
    const std::string file = (kConfigs / "schemes/per_channel.yaml").string();
    EXPECT_THAT(messageOf([&] { loadScheme(file, {}); }),
                testing::HasSubstr("weight.format: is left to the datapath, but there is none "
                                   "here, expected a name or parameters"));
}

TEST_F(ConfigMachineTest, TheHeadroomIsAKeyOfTheScheme) {
    EXPECT_EQ(load("edge-16x16", {"scheme.accumulator_headroom=0.5"}).scheme.accumulatorHeadroom,
              0.5);
    EXPECT_THAT(complaintOf({"scheme.accumulator_headroom=-1"}),
                testing::HasSubstr("scheme.accumulator_headroom: "));
}

TEST_F(ConfigMachineTest, AutoTakesTheCommonSchemeWhereAFormatHasNoneOfItsOwn) {
    const RunConfig integers =
        load("edge-16x16",
             {"datapath={activation: int5, weight: {bits: 5, narrow: true}, accumulator: int24}"});
    EXPECT_EQ(numeric::nameOf(integers.scheme.weight), "int5_narrow");
    EXPECT_EQ(numeric::nameOf(integers.scheme.activation), "int5");
    EXPECT_EQ(integers.scheme.accumulator.name, "int24");
    EXPECT_EQ(integers.scheme.weightGranularity, Scheme::Granularity::PerChannel);
    const RunConfig floats =
        load("edge-16x16", {"datapath={activation: posit8es1, weight: e3m4_none, "
                            "accumulator: {float: fp32, chunk: 8, inner: fp16}}"});
    EXPECT_EQ(numeric::nameOf(floats.scheme.weight), "e3m4_none");
    EXPECT_EQ(floats.scheme.weightGranularity, Scheme::Granularity::PerChannel);
    EXPECT_EQ(floats.scheme.accumulator.chunk->length, 8U);
}

TEST_F(ConfigMachineTest, FixedPointNeedsSumsThatAreOneInteger) {
    EXPECT_EQ(complaintOf({"datapath.accumulator=fp32", "scheme.requantization=fixed_point"}),
              "--set scheme.requantization=fixed_point: scheme.requantization: fixed_point cannot "
              "scale sums in accumulator fp32, expected fp32_multiplier or an integer accumulator "
              "of at most 64 bits");
    EXPECT_EQ(complaintOf({"datapath.accumulator=exact", "scheme.requantization=fixed_point"}),
              "no error");
}

TEST_F(ConfigMachineTest, FixedPointNeedsIntegers) {
    EXPECT_EQ(complaintOf({"datapath=e4m3", "scheme.requantization=fixed_point"}),
              "--set scheme.requantization=fixed_point: scheme.requantization: fixed_point cannot "
              "scale the weight format e4m3, expected fp32_multiplier or integer formats\n"
              "--set scheme.requantization=fixed_point: scheme.requantization: fixed_point cannot "
              "scale the activation format e4m3, expected fp32_multiplier or integer formats");
}

TEST_F(ConfigMachineTest, AFoldMustFitTheScratchpads) {
    // Half of it: 16 * 16 weights and 16 records of 16 bytes.
    EXPECT_EQ(
        complaintOf({"weight_scratchpad.capacity=1023"}),
        "--set weight_scratchpad.capacity=1023: weight_scratchpad.capacity: 1023 bytes "
        "cannot hold two folds of 16x16 weights and their parameters, expected at least 1024");
    EXPECT_EQ(complaintOf({"weight_scratchpad.capacity=1KiB"}), "no error");
    EXPECT_EQ(complaintOf({"activation_scratchpad.capacity=63"}),
              "--set activation_scratchpad.capacity=63: activation_scratchpad.capacity: 63 bytes "
              "cannot hold four pieces of a word or 16 activations each, expected at least 64");
    EXPECT_EQ(complaintOf({"activation_scratchpad.capacity=64"}), "no error");
    EXPECT_EQ(
        complaintOf({"accumulator_buffer.rows=7"}),
        "--set accumulator_buffer.rows=7: accumulator_buffer.rows: 7 is odd, expected an even "
        "number: the buffer has two halves");
}

TEST_F(ConfigMachineTest, AddressesNeedPowersOfTwo) {
    EXPECT_EQ(complaintOf({"activation_scratchpad.word=12"}),
              "--set activation_scratchpad.word=12: activation_scratchpad.word: 12 is not a power "
              "of two, expected one");
    EXPECT_EQ(complaintOf({"weight_scratchpad.banks=3"}),
              "--set weight_scratchpad.banks=3: weight_scratchpad.banks: 3 is not a power of two, "
              "expected one");
}

TEST_F(ConfigMachineTest, IdealMemoryHasNoDdrKeys) {
    EXPECT_EQ(complaintOf({"dram=ideal", "dram.clock=1GHz"}),
              "--set dram.clock=1GHz: dram: unknown key 'clock', expected one of name, source, "
              "model, latency_cycles, bytes_per_cycle, burst, capacity, ecc, faults");
}

TEST_F(ConfigMachineTest, EveryMissingKeyIsReported) {
    const auto file = write("empty.yaml", "{}\n");
    const std::string message = messageOf([&] { loadRunConfig(file, {}); });
    for (const char* key : {"name", "clock", "array", "datapath", "activation_scratchpad",
                            "weight_scratchpad", "accumulator_buffer", "vector_unit", "dma",
                            "sequencer", "dram", "technology", "scheme"}) {
        EXPECT_NE(message.find(fmt::format("empty.yaml:1:1: {}: missing key", key)),
                  std::string::npos)
            << key;
    }
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 12);
}

TEST_F(ConfigMachineTest, TheDramOfAnAcceleratorLoadsByItself) {
    const auto file = kConfigs / "accelerators/edge-16x16.yaml";
    EXPECT_EQ(loadDram(file, {"dram.timing.CL=20"}).ddr->latencies.read, 20U);
    EXPECT_EQ(loadDram(kConfigs / "dram/ddr4_3200.yaml", {"timing.CL=20"}).ddr->latencies.read,
              20U);
    EXPECT_EQ(messageOf([&] { loadDram(file, {"array.rows=20"}); }),
              "--set array.rows=20: array.rows: no such key is read, expected a key of " +
                  file.string() + ", an accelerator");
}

}  // namespace
}  // namespace systole::sim
