// SPDX-License-Identifier: Apache-2.0
#include "sim/config/machine_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "arch/datapath.hpp"
#include "arch/mapping/mapping_objective.hpp"
#include "arch/program/command.hpp"
#include "sim/config/costed_machine.hpp"
#include "sim/config/datapath_reader.hpp"
#include "sim/config/dram/dram_loader.hpp"
#include "sim/config/element_choice.hpp"
#include "sim/config/energy_reader.hpp"
#include "sim/config/format_reader.hpp"
#include "sim/config/mapping_reader.hpp"
#include "sim/config/scheme_loader.hpp"
#include "sim/config/technology/technology_loader.hpp"

namespace systole::sim {
namespace {

template <typename Enum, std::size_t N>
Enum chooseNamed(const Value& value, const std::array<const char*, N>& names) {
    return static_cast<Enum>(value.choose({names.begin(), names.end()}));
}

/// A key that may be missing: `otherwise` then.
template <typename Enum, std::size_t N>
Enum chooseNamed(const Section& section, const char* key, const std::array<const char*, N>& names,
                 Enum otherwise) {
    return chooseNamed<Enum>(section.at(key, names.at(static_cast<std::size_t>(otherwise))), names);
}

/// What a convention assumes must be what the configuration says.
void checkConvention(const Section& section, const arch::ArrayConfig& array) {
    const bool outputs = array.dataflow == arch::Dataflow::OutputStationary;
    if (array.convention == arch::CycleConvention::Hardware ||
        array.convention == arch::CycleConvention::Ideal) {
        return;
    }
    const Value convention = section.at("convention");
    if (array.overlapFolds) {
        convention.fail("assumes isolated folds, expected overlap_folds: false beside it");
    }
    if (array.convention == arch::CycleConvention::Stonne && !outputs) {
        convention.fail("stonne is known for output_stationary only, expected that dataflow");
    }
    if (outputs && array.drain != arch::Drain::Direct) {
        convention.fail("assumes that results leave at once, expected drain: direct beside it");
    }
}

arch::ArrayConfig readArray(const Section& section, ElementDefault element) {
    arch::ArrayConfig array;
    array.physical =
        arch::ArrayGeometry{.rows = section.at("rows").integer<std::uint32_t>({1, 512}),
                            .columns = section.at("columns").integer<std::uint32_t>({1, 512})};
    array.dataflow = chooseNamed<arch::Dataflow>(section.at("dataflow"), arch::kDataflowNames);
    array.overlapFolds = section.at("overlap_folds").boolean();
    array.drain = chooseNamed(section, "drain", arch::kDrainNames, array.drain);
    array.pipelineDepth = readPipelineDepth(section, element);  // 0: when all is known
    array.convention = chooseNamed(section, "convention", arch::kConventionNames, array.convention);
    if (section.clean()) {
        checkConvention(section, array);
    }
    array.depthwisePacking = section.at("depthwise_packing", array.depthwisePacking).boolean();
    return array;
}

void requirePowerOfTwo(const Value& value, std::uint64_t number) {
    if (!std::has_single_bit(number)) {
        value.fail(fmt::format("{} is not a power of two, expected one", number));
    }
}

arch::ScratchpadConfig readScratchpad(const Section& section) {
    arch::ScratchpadConfig scratchpad;
    scratchpad.capacityBytes = section.at("capacity").byteLimit({1, std::uint64_t{1} << 40U});
    scratchpad.banks = section.at("banks").limit({1, 1024});
    const Value word = section.at("word");
    scratchpad.wordBytes = static_cast<std::uint32_t>(word.bytes({1, 1024}));
    requirePowerOfTwo(word, scratchpad.wordBytes);
    requirePowerOfTwo(section.at("banks"), scratchpad.banks.value_or(1));
    scratchpad.ports = chooseNamed(section, "ports", arch::kPortNames, scratchpad.ports);
    return scratchpad;
}

arch::AccumulatorBufferConfig readAccumulatorBuffer(const Section& section) {
    const Value rows = section.at("rows");
    arch::AccumulatorBufferConfig buffer{.rows = rows.limit({2, 1U << 24U})};
    if (buffer.rows.value_or(2) % 2 != 0) {
        rows.fail(fmt::format("{} is odd, expected an even number: the buffer has two halves",
                              *buffer.rows));
    }
    buffer.ports = chooseNamed(section, "ports", arch::kPortNames, buffer.ports);
    return buffer;
}

arch::FunctionCircuits readCircuits(const Section& section, const arch::FunctionCircuits& usual) {
    return {
        .circuits = section.at("circuits", Default(usual.circuits)).integer<std::uint32_t>({0, 64}),
        .cycles = section.at("cycles", Default(usual.cycles)).integer<std::uint32_t>({1, 1000})};
}

arch::VectorUnitConfig readVectorUnit(const Section& section) {
    arch::VectorUnitConfig unit;
    unit.lanes = section.at("lanes").limit({1, 65536});
    unit.pipelineDepth = section.at("pipeline_depth").integer<std::uint32_t>({0, 1000});
    const Section operations = section.at("operations", Default::section()).section();
    for (std::size_t i = 0; i < unit.operations.size(); ++i) {
        arch::FunctionCircuits& circuits = unit.operations[i];
        circuits = readCircuits(
            operations.at(numeric::kFunctionClassNames[i], Default::section()).section(), circuits);
    }
    return unit;
}

arch::DmaConfig readDma(const Section& section) {
    return {.bytesPerCycle = section.at("bytes_per_cycle").limit({1, 65'536}),
            .outstandingBursts = section.at("outstanding_bursts").limit({1, 65'536})};
}

arch::SequencerConfig readSequencer(const Section& section) {
    return {.queueDepth = section.at("queue_depth").limit({1, 65'536}),
            .issueCycles = section.at("issue_cycles").integer<std::uint32_t>({0, 1'000'000})};
}

/// Bytes that elements take at least.
std::uint64_t bytesOf(std::uint64_t elements, const numeric::Format& format,
                      memory::Packing packing) {
    const memory::ElementPacking element{
        .bits = static_cast<std::uint32_t>(numeric::widthOf(format)), .packing = packing};
    return ceilDivide(elements * element.storedBits(), 8);
}

/// A fold's weights and parameters must fit into one half of their scratchpad.
void checkWeightScratchpad(const Section& section, const arch::MachineConfig& machine) {
    const std::uint64_t fold = bytesOf(machine.array.processingElements(), machine.datapath.weight,
                                       machine.datapath.packing);
    const std::uint64_t needed =
        2 * (fold + std::uint64_t{arch::kMostParameterBytes} * machine.array.columns);
    const Limit& capacity = machine.weightScratchpad.capacityBytes;
    if (capacity && *capacity < needed) {
        section.at("capacity")
            .fail(
                fmt::format("{} bytes cannot hold two folds of {}x{} weights and their parameters, "
                            "expected at least {}",
                            *capacity, machine.array.rows, machine.array.columns, needed));
    }
}

/// Two operands and a result, double buffered, take turns in the activation scratchpad.
void checkActivationScratchpad(const Section& section, const arch::MachineConfig& machine) {
    const std::uint64_t rowBytes =
        bytesOf(machine.array.rows, machine.datapath.activation, machine.datapath.packing);
    const std::uint64_t needed =
        4 * std::max<std::uint64_t>(machine.activationScratchpad.wordBytes, rowBytes);
    const Limit& capacity = machine.activationScratchpad.capacityBytes;
    if (capacity && *capacity < needed) {
        section.at("capacity")
            .fail(fmt::format("{} bytes cannot hold four pieces of a word or {} activations each, "
                              "expected at least {}",
                              *capacity, machine.array.rows, needed));
    }
}

void requireDatapaths(const Value& value, const std::string& found, const std::string& expected) {
    if (found != expected) {
        value.fail(fmt::format("'{}' is not the datapath's, expected {}", found, expected));
    }
}

/// All but its `layers`.
Scheme readCommonScheme(const Section& section, const Value& value, const Section& datapathSection,
                        const arch::DatapathConfig& datapath) {
    const bool isAuto = value.isWord("auto");
    const std::string& named = numeric::nameOf(datapath.weight);
    const bool hasOwn = !isAuto || value.hasFragment("schemes", named);
    const std::string& fragment = section.fragmentName();
    Scheme scheme = readScheme(section, fragment.empty() ? "custom" : fragment, &datapath);
    if (!section.clean() || !datapathSection.clean()) {
        return scheme;
    }
    const Value weight = section.at("weight").section().at("format");
    const Value activation = section.at("activation").section().at("format");
    const Value accumulator = section.at("accumulator");
    if (hasOwn || weight.isOverride()) {
        requireDatapaths(weight, numeric::nameOf(scheme.weight), named);
    }
    if (!isAuto || activation.isOverride()) {
        requireDatapaths(activation, numeric::nameOf(scheme.activation),
                         numeric::nameOf(datapath.activation));
    }
    if (!isAuto || accumulator.isOverride()) {
        requireDatapaths(accumulator, scheme.accumulator.name, datapath.accumulator.name);
    }
    scheme.weight = datapath.weight;
    scheme.activation = datapath.activation;
    scheme.accumulator = datapath.accumulator;
    weight.replaceBy(datapathSection.at("weight"));
    activation.replaceBy(datapathSection.at("activation"));
    accumulator.replaceBy(datapathSection.at("accumulator"));
    if (section.clean()) {
        checkScheme(section, scheme);
    }
    return scheme;
}

Scheme readMachineScheme(const Value& value, const Section& datapathSection,
                         const arch::MachineConfig& machine) {
    const std::string& named = numeric::nameOf(machine.datapath.weight);
    const bool hasOwn = value.hasFragment("schemes", named);
    const Section section = value.isWord("auto")
                                ? value.fragmentNamed("schemes", hasOwn ? named : kCommonScheme)
                                : value.fragment("schemes");
    Scheme scheme = readCommonScheme(section, value, datapathSection, machine.datapath);
    scheme.layers = readLayerFormats(section, scheme, &machine);
    return scheme;
}

/// A permutation of the units' names: who goes first.
std::vector<memory::ClientId> readOrder(const Value& value) {
    std::vector<memory::ClientId> order;
    for (const Value& unit : value.list({arch::kUnitKinds, arch::kUnitKinds})) {
        const auto client = static_cast<memory::ClientId>(
            unit.choose({arch::kUnitKindNames.begin(), arch::kUnitKindNames.end()}));
        if (std::find(order.begin(), order.end(), client) != order.end()) {
            unit.fail(fmt::format("'{}' is there already, expected every unit once",
                                  arch::kUnitKindNames.at(client)));
        }
        order.push_back(client);
    }
    return order;
}

memory::PortArbitration readArbitration(const Section& section,
                                        const memory::PortArbitration& otherwise) {
    std::vector<std::string> order;
    for (const memory::ClientId client : otherwise.order) {
        order.emplace_back(arch::kUnitKindNames.at(client));
    }
    return {
        .kind = section.at("policy", "fixed")
                    .oneOf<memory::Arbitration>({{"fixed", memory::Arbitration::Fixed},
                                                 {"round_robin", memory::Arbitration::RoundRobin}}),
        .order = readOrder(section.at("order", order))};
}

/// A word must hold an element.
void checkWord(const Section& section, const arch::ScratchpadConfig& scratchpad,
               const numeric::Format& element) {
    if (8 * scratchpad.wordBytes < static_cast<std::uint32_t>(numeric::widthOf(element))) {
        section.at("word").fail(fmt::format("{} bytes cannot hold an element of {}, expected more",
                                            scratchpad.wordBytes, numeric::nameOf(element)));
    }
}

/// What a datapath needs of the scratchpads.
void checkScratchpads(const Section& activations, const Section& weights,
                      const arch::MachineConfig& machine) {
    checkWord(weights, machine.weightScratchpad, machine.datapath.weight);
    checkWord(activations, machine.activationScratchpad, machine.datapath.activation);
    if (weights.clean()) checkWeightScratchpad(weights, machine);
    if (activations.clean()) checkActivationScratchpad(activations, machine);
}

arch::MachineConfig readMachine(const Section& root, const std::vector<Section>& datapaths,
                                ElementDefault element) {
    arch::MachineConfig machine;
    machine.name = root.at("name").name();
    const Value clock = root.at("clock");
    machine.clockHertz =
        clock.isWord("max") ? 0 : clock.hertz({1e3, 1e11});  // 0: when all is known
    const Section array = root.at("array").section();
    machine.array = readArray(array, element);
    readDatapaths(datapaths, machine);
    machine.datapathSwitchCycles = root.at("datapath_switch_cycles", machine.datapathSwitchCycles)
                                       .integer<std::uint32_t>({0, 1'000'000});
    const Section activations = root.at("activation_scratchpad").section();
    machine.activationScratchpad = readScratchpad(activations);
    const Section weights = root.at("weight_scratchpad").section();
    machine.weightScratchpad = readScratchpad(weights);
    machine.accumulatorBuffer = readAccumulatorBuffer(root.at("accumulator_buffer").section());
    machine.vectorUnit = readVectorUnit(root.at("vector_unit").section());
    machine.dma = readDma(root.at("dma").section());
    machine.sequencer = readSequencer(root.at("sequencer").section());
    machine.dram = readDram(root.at("dram").fragment("dram"));
    machine.arbitration =
        readArbitration(root.at("arbitration", Default::section()).section(), machine.arbitration);
    machine.datapath.packing =
        chooseNamed(root, "element_packing", arch::kPackingNames, machine.datapath.packing);
    for (arch::DatapathConfig& further : machine.furtherDatapaths) {
        further.packing = machine.datapath.packing;
    }
    machine.mapping = readMapping(root.at("mapping", Default::section()).section("mapping"));
    const bool areClean = std::all_of(datapaths.begin(), datapaths.end(),
                                      [](const Section& section) { return section.clean(); });
    if (!array.clean() || !areClean) return machine;
    machine.array = arch::fittedArray(machine.array, machine.datapath);
    for (arch::DatapathId i = 0; i < arch::datapathsOf(machine); ++i) {
        if (activations.clean() && weights.clean()) {
            checkScratchpads(activations, weights, arch::seenBy(machine, i));
        }
    }
    return machine;
}

}  // namespace

cost::Technology readNamedTechnology(const Value& value) {
    if (value.isWord("none")) {
        cost::Technology technology;
        technology.name = technology.node = "none";
        technology.isFree = true;
        return technology;
    }
    return readTechnology(value.fragment("technology"));
}

namespace {

/// What the search of mappings makes small must be known.
void checkObjective(const Section& root, const RunConfig& config) {
    if (config.technology.isFree && arch::needsEnergies(config.machine.mapping.objective)) {
        const Section mapping = root.at("mapping").section("mapping");
        mapping.at("objective")
            .fail(fmt::format(
                "'{}' needs a technology that says what actions cost, expected one other than "
                "none, or one of cycles, dram_bytes",
                arch::kObjectiveNames.at(
                    static_cast<std::size_t>(config.machine.mapping.objective))));
    }
}

}  // namespace

RunConfig readRunConfig(const Section& root, ElementDefault element) {
    RunConfig config;
    const std::vector<Section> datapaths = datapathSections(root);
    config.machine = readMachine(root, datapaths, element);
    config.technology = readNamedTechnology(root.at("technology"));
    OpenChoices open{.stages = config.machine.array.pipelineDepth == 0,
                     .clock = root.at("clock").isWord("max")};
    for (const Section& datapath : datapaths) {
        open.goals.push_back(readSynthesis(datapath, element, config.technology));
        open.synthesis = open.synthesis || open.goals.back().size() > 1;
        config.furtherSynthesis.push_back(open.goals.back().front());
    }
    config.synthesis = config.furtherSynthesis.front();
    config.furtherSynthesis.erase(config.furtherSynthesis.begin());
    config.isElementChosen = open.synthesis || open.stages;
    const EnergyConfig energy = readEnergy(root.at("energy", Default::section()).section("energy"));
    config.energy = energy.options;
    config.layout = chooseNamed(root, "layout", kLayoutNames, config.layout);
    config.machine.operandSampling = energy.sampling;
    config.scheme = readMachineScheme(root.at("scheme"), datapaths.front(), config.machine);
    checkObjective(root, config);
    if (root.clean()) {
        chooseElement(config, open);
        if (open.clock) setFastestClock(root.at("clock"), config);
    }
    config.resolved = root.resolved();
    return config;
}

RunConfig loadRunConfig(const std::filesystem::path& file, const Overrides& overrides,
                        ElementDefault element) {
    return readConfig(file, overrides,
                      [&](const Section& root) { return readRunConfig(root, element); },
                      {"accelerators"});
}

}  // namespace systole::sim
