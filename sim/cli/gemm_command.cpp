// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "arch/fold/fold.hpp"
#include "arch/mapping/mapping_search.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/host_memory.hpp"
#include "sim/base/progress.hpp"
#include "sim/base/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/graph/exact_reference.hpp"
#include "sim/run/gemm_waveform.hpp"
#include "sim/run/gemm_workload.hpp"
#include "sim/run/machine_cost.hpp"
#include "sim/run/output_record.hpp"
#include "sim/run/simulation.hpp"

namespace systole::sim {
namespace {

struct GemmOptions {
    ConfigOptions config;
    OutputOptions output;
    std::uint32_t m = 0;
    std::uint32_t k = 0;
    std::uint32_t n = 0;
    std::uint64_t seed = 1;
    bool timingOnly = false;
    bool check = false;
    std::string vcd;
};

/// Whether the structural array did what the run did, where nothing but the array takes time (and
/// no memory cuts the product). `product` is empty if it was not computed.
bool agrees(const GemmWaveform& waveform, const arch::MachineConfig& machine,
            const arch::RunRecord& record, const std::vector<numeric::Code>& product) {
    if (!onlyArrayCostsTime(machine)) return true;
    const bool equal = waveform.cycles() == record.cycles;
    if (!equal && !(machine.array.overlapFolds && waveform.cycles() < record.cycles)) {
        printMessage(stderr, fmt::format("The structural array takes {} cycles, the run {}.\n",
                                         waveform.cycles(), record.cycles));
        return false;
    }
    if (!product.empty() && waveform.product() != product) {
        printMessage(stderr, "The product of the structural array differs from the run's.\n");
        return false;
    }
    return true;
}

void checkOptions(const GemmOptions& options, const RunConfig& config) {
    if (options.check && options.timingOnly) {
        throw ConfigError(
            "--check: compares the values of the product, which --timing-only does not compute, "
            "expected one of the two");
    }
    if (options.check && numeric::isStochastic(config.scheme.accumulator)) {
        throw ConfigError(
            fmt::format("--check: accumulator {} rounds stochastically by where the array adds, "
                        "which the plain reference does not know; expected another rounding",
                        config.scheme.accumulator.name));
    }
    if (!options.vcd.empty() && config.machine.dram.faults.bitErrorRate > 0) {
        throw ConfigError(
            "--vcd: the structural array is fed past the DRAM, expected "
            "dram.faults.bit_error_rate: 0");
    }
    checkTechnology(config);
}

/// Products that are summed before they meet the sum so far: those of a fold, which does not cross
/// the parts that the reduction is cut into.
std::size_t summedTogether(const RunConfig& config, const LoweredNetwork& lowered,
                           std::uint32_t k) {
    const std::size_t fold = arch::foldReduction(config.machine.array);
    const std::size_t part = lowered.layers.front().mapping->search.best.tiling.channelChunk;
    if (part >= k || part % fold == 0 || arch::orderIsFree(config.scheme.accumulator)) {
        return fold;
    }
    if (part < fold) {
        return part;
    }
    throw ConfigError(fmt::format(
        "--check: the reduction is cut into parts of {}, which are no whole folds of {}, and sums "
        "of {} depend on the order; the plain reference knows folds alone; expected other "
        "mapping.layers.gemm.channels",
        part, fold, config.scheme.accumulator.name));
}

/// Bytes of this computer's memory that operands, product and machine take, about.
std::uint64_t valueBytes(const GemmOptions& options, const LoweredNetwork& lowered,
                         const arch::MachineConfig& machine) {
    const std::uint64_t operands =
        std::uint64_t{options.m} * options.k + std::uint64_t{options.k} * options.n;
    const std::uint64_t product = std::uint64_t{options.m} * options.n;
    const arch::Program& program = lowered.program;
    const std::uint64_t sums = std::uint64_t{program.accumulatorRows} * machine.array.columns;
    return (operands + product) * sizeof(numeric::Code) + 2 * program.dramBytes +
           program.activationBytes + program.weightBytes + sums * sizeof(std::int64_t) +
           lowered.layers.front().mapping->folds * sizeof(arch::Command);
}

/// The product with its operands, or its shape alone. Whether the machine and this computer can
/// hold it is known from the shape.
graph::Graph makeNetwork(const GemmOptions& options, const RunConfig& config,
                         const Simulation& simulation) {
    graph::Graph shape = gemmShape(config.scheme, options.m, options.k, options.n);
    if (options.timingOnly && options.vcd.empty()) {
        return shape;
    }
    checkMemory(valueBytes(options, simulation.plan(shape), config.machine),
                fmt::format("{}, with its values,", shape.name),
                "a smaller product, or --timing-only");
    return gemmNetwork(config.scheme, options.m, options.k, options.n, options.seed);
}

/// What the run computed; adds it to the result.
std::vector<numeric::Code> takeProduct(Simulation& simulation, const graph::Graph& network,
                                       Result& result) {
    const std::vector<numeric::Code> product = simulation.readTensor(network.output);
    OutputRecord codes;
    codes.add(product, network.quantizerOf(network.output).value().format);
    result.outputHash = codes.hash();
    result.dramFaults = simulation.dramFaults();
    addOutOfRange(result, simulation.lowered(), simulation.sumEvents());
    return product;
}

/// Whether the product is that of the plain reference.
bool isRight(const std::vector<numeric::Code>& product, const RunConfig& config,
             const graph::Graph& network, const std::vector<numeric::Code>& input,
             std::size_t folded) {
    const Progress progress("Plain reference");
    if (product == graph::runExact(network, input, folded)[network.output]) return true;
    printMessage(stderr, fmt::format("The product differs from the plain reference{}.\n",
                                     config.machine.dram.faults.bitErrorRate > 0
                                         ? ", which knows no errors of the DRAM"
                                         : ""));
    return false;
}

int gemm(const GemmOptions& options) {
    const WorkInHand work(fmt::format("gemm {}x{}x{}", options.m, options.k, options.n));
    const std::vector<Output> outputs = outputsOf(options.output, {{"--vcd", options.vcd}});
    const RunConfig config = loadRunConfig(options.config.file, options.config.overrides);
    checkOutputs(outputs);
    checkOptions(options, config);
    Simulation simulation(config);
    const graph::Graph network = makeNetwork(options, config, simulation);
    std::vector<numeric::Code> input;
    if (!options.timingOnly || !options.vcd.empty()) {
        input = gemmInput(config.scheme, options.m, options.k, options.seed);
    }
    // Both are built before either runs: SystemC elaborates once.
    std::optional<GemmWaveform> waveform;
    if (!options.vcd.empty()) waveform.emplace(config.machine, network, input).write(options.vcd);
    const auto values =
        options.timingOnly ? Simulation::Values::Skipped : Simulation::Values::Computed;
    simulation.load(network, values);
    const LoweredNetwork& lowered = simulation.lowered();
    const std::size_t folded =
        options.check ? summedTogether(config, lowered, options.k) : options.k;
    const arch::RunRecord record = simulation.inferTimed(input, values);
    Result result = makeResult(config, lowered, record, cost::Stimulus::Uniform);
    result.command = "gemm";
    result.configFile = options.config.file;
    result.overrides = options.config.overrides;
    result.workload = network.name;
    std::vector<numeric::Code> product;
    if (!options.timingOnly) product = takeProduct(simulation, network, result);
    writeResult(result, options.output);
    if (waveform && !options.output.quiet) {
        printTable(outputs, fmt::format("\nwaveform: {} cycles of the array in {}\n",
                                        waveform->cycles(), printable(options.vcd)));
    }
    if (waveform && !agrees(*waveform, config.machine, record, product)) return 1;
    if (options.check && !isRight(product, config, network, input, folded)) return 1;
    return 0;
}

}  // namespace

void addGemm(CLI::App& app, Action& action) {
    auto options = std::make_shared<GemmOptions>();
    CLI::App* command = app.add_subcommand(
        "gemm",
        "One matrix product of seeded random codes: the shortest way to ask about the array");
    addConfigOptions(*command, options->config);
    const CLI::Validator dimension = integerFrom(1, 1 << 20);
    command->add_option("M", options->m, "Rows of the left operand and of the product")
        ->required()
        ->transform(dimension);
    command->add_option("K", options->k, "Columns of the left operand, rows of the right one")
        ->required()
        ->transform(dimension);
    command->add_option("N", options->n, "Columns of the right operand and of the product")
        ->required()
        ->transform(dimension);
    command->add_option("--seed", options->seed, "Of the random codes")
        ->transform(seed())
        ->capture_default_str();
    command->add_flag("--timing-only", options->timingOnly, "Compute cycles but no values");
    command->add_flag("--check", options->check,
                      "Compare the product with a plain reference; exit 1 on a difference");
    addOutputFile(*command, "--vcd", options->vcd,
                  "Run the product on an array of one module per processing element as well "
                  "and write its signals as a waveform (for GTKWave)");
    addOutputOptions(*command, options->output);
    addExplainOption(*command, options->output);
    command->footer(
        "Example:\n"
        "  systole gemm configs/accelerators/array-only.yaml 256 256 128\n"
        "  prints 11200 cycles: 32 folds of R + M + R + C - 2 = 350. With\n"
        "  --set array.overlap_folds=true 8286, with --set array.dataflow=output_stationary "
        "10176:\n"
        "  docs/array.md says why, and names the other options of the array.");
    command->callback([options, &action] { action = [options] { return gemm(*options); }; });
}

}  // namespace systole::sim
