// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "models/check.hpp"
#include "models/cost/circuit/circuit_choice.hpp"
#include "models/cost/element/drawn_activity.hpp"
#include "models/numeric/products/product_class_operand.hpp"
#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/config/element_choice.hpp"
#include "sim/config/format_reader.hpp"
#include "sim/config/scheme_loader.hpp"
#include "sim/config/technology/technology_loader.hpp"
#include "sim/report/element_report.hpp"

namespace systole::sim {
namespace {

using cost::ElementDescription;
using numeric::ProductClass;

constexpr const char* kSignMagnitude = "sign_magnitude";
constexpr const char* kExact = "exact";
constexpr int kMostGuardBits = 32;
constexpr std::uint32_t kMostStages = 16;
constexpr std::uint32_t kMostWeightProducts = 1U << 20U;

struct PeOptions {
    std::string activation;
    std::string weight;
    std::string accumulator = kExact;
    std::string technology = "generic_45nm";
    std::string multiplier = "auto";
    std::string adder = "flush";
    std::string goal = "area";
    std::string stimulus = "gaussian";
    std::optional<int> guardBits;
    std::uint32_t stages = 1;
    std::uint32_t weightProducts = cost::kWeightSteps;
    bool multiplierAlone = false;
    std::string json;
};

template <class Read>
auto readOption(const std::string& text, const char* name, Read read) {
    ConfigReader reader = ConfigReader::ofText(text, name);
    auto result = read(reader.value());
    reader.finish();
    return result;
}

std::optional<ProductClass> multiplierOf(const PeOptions& options) {
    if (options.multiplier == kSignMagnitude) return ProductClass::ParallelInteger;
    return readOption(options.multiplier, "--multiplier", readMultiplier);
}

/// An exact register of the product's bits, sign and guard bits.
void makeExact(ElementDescription& element, int guardBits) {
    element.sum = numeric::ExactRegister{guardBits};
    element.sumBits =
        numeric::productBits(numeric::Codec(element.activation), numeric::Codec(element.weight)) +
        guardBits;
}

/// The accumulator with `--guard-bits`, which belong to the bare name `exact`: any other text says
/// the width of its registers itself.
numeric::AccumulatorFormat accumulatorOf(const PeOptions& options) {
    auto accumulator = readOption(options.accumulator, "--accumulator", readAccumulator);
    auto* exact = std::get_if<numeric::ExactRegister>(&accumulator.sum);
    if (!options.guardBits) return accumulator;
    if (exact == nullptr || accumulator.chunk) {
        throw ConfigError(
            fmt::format("--guard-bits {}: accumulator {} takes none from this option, expected "
                        "--accumulator exact, or {{exact: {}}} among the accumulator's parameters",
                        *options.guardBits, accumulator.name, *options.guardBits));
    }
    if (options.accumulator != kExact && exact->guardBits != *options.guardBits) {
        throw ConfigError(
            fmt::format("--guard-bits {}: accumulator {} has {} guard bits by itself, expected "
                        "only one of both",
                        *options.guardBits, options.accumulator, exact->guardBits));
    }
    exact->guardBits = *options.guardBits;
    return accumulator;
}

/// An operand as the command line names it: a format, or a block format.
struct Operand {
    numeric::Format element;
    std::optional<numeric::BlockFormat> block;
};

Operand operandNamed(const std::string& text, const char* name) {
    const auto format = parseFormat(text, name);
    if (const auto* block = std::get_if<numeric::BlockFormat>(&format)) {
        return {block->element, *block};
    }
    return {readOption(text, name, readOperandFormat), std::nullopt};
}

int bitsToCount(int value) {
    return static_cast<int>(cost::bitsFor(static_cast<std::uint64_t>(value - 1)));
}

/// Products of a block are summed exactly; its sum, scaled, goes to the accumulator.
void addBlockScales(ElementDescription& element, const Operand& activation, const Operand& weight,
                    const numeric::AccumulatorFormat& accumulator) {
    if (!activation.block || !weight.block ||
        activation.block->blockLength != weight.block->blockLength) {
        throw ConfigError(
            "--activation, --weight: blocks of one length are multiplied with each other, expected "
            "two block formats of the same length");
    }
    if (!numeric::isFloat(accumulator) || accumulator.chunk) {
        throw ConfigError(fmt::format(
            "--accumulator {}: scaled sums of blocks need a float, expected one such as fp32",
            accumulator.name));
    }
    element.outer = accumulator.sum;
    element.outerBits = element.sumBits;
    element.scales = cost::BlockScales{numeric::Format(activation.block->scale),
                                       numeric::Format(weight.block->scale)};
    makeExact(element, bitsToCount(activation.block->blockLength));
}

void checkMultiplier(const PeOptions& options, ProductClass productClass,
                     const numeric::Format& activation, const numeric::Format& weight) {
    const auto problem = cost::circuitProblem(productClass, activation, weight);
    if (!problem) return;
    throw ConfigError(fmt::format("--multiplier {}: {}, expected {}", options.multiplier, *problem,
                                  namesOfCircuits(activation, weight)));
}

void checkRegisters(const numeric::AccumulatorFormat& accumulator,
                    const numeric::Format& activation, const numeric::Format& weight) {
    const auto problems = accumulatorProblems(accumulator, activation, weight);
    if (!problems.empty()) throw ConfigError("--accumulator: " + problems.front());
}

ElementDescription elementOf(const PeOptions& options) {
    const Operand activation = operandNamed(options.activation, "--activation");
    const Operand weight = operandNamed(options.weight, "--weight");
    const auto accumulator = accumulatorOf(options);
    const ProductClass productClass = multiplierOf(options).value_or(
        numeric::defaultProductClass(activation.element, weight.element));
    checkMultiplier(options, productClass, activation.element, weight.element);
    checkRegisters(accumulator, activation.element, weight.element);
    ElementDescription element = cost::describeElement(
        activation.element, weight.element, accumulator, productClass,
        options.adder == "gradual" ? cost::FloatAdder::Gradual : cost::FloatAdder::Flush);
    element.signMagnitude = options.multiplier == kSignMagnitude;
    if (activation.block || weight.block) {
        addBlockScales(element, activation, weight, accumulator);
    } else if (const auto* exact = std::get_if<numeric::ExactRegister>(&element.sum);
               exact != nullptr && !accumulator.chunk) {
        makeExact(element, exact->guardBits);
    }
    return element;
}

/// INT8 with exact sums, of as many guard bits as `other` has if its sums are exact.
ElementDescription int8Element(const ElementDescription& other) {
    const numeric::Format int8 = *numeric::formatNamed("int8");
    ElementDescription element = cost::describeElement(
        int8, int8, *numeric::parseAccumulator(kExact), ProductClass::ParallelInteger);
    const auto* exact = std::get_if<numeric::ExactRegister>(&other.sum);
    makeExact(element, exact != nullptr && !other.outer ? exact->guardBits
                                                        : numeric::ExactRegister{}.guardBits);
    return element;
}

using OperandNames = std::pair<std::string, std::string>;

std::optional<cost::Stimulus> stimulusOf(const PeOptions& options) {
    if (options.stimulus == "none") return std::nullopt;
    return options.stimulus == "uniform" ? cost::Stimulus::Uniform : cost::Stimulus::Gaussian;
}

std::optional<InnerSum> innerSumOf(const ElementDescription& element) {
    if (!element.outer) return std::nullopt;
    return InnerSum{element.scales ? "block" : "chunk", element.sumBits};
}

/// The fewest stages that clock as fast.
std::uint32_t usefulStages(const cost::LogicTechnology& logic, const ElementDescription& element,
                           cost::ElementMake make, const cost::ElementModel& model) {
    const double enough = model.nanoseconds() * (1 + 1e-9);
    for (std::uint32_t fewer = 1; fewer < make.stages; ++fewer) {
        const cost::ElementModel other(logic, element, {make.goal, fewer});
        if (other.nanoseconds() <= enough) return fewer;
    }
    return make.stages;
}

ElementReport report(const PeOptions& options, const cost::Technology& technology,
                     const ElementDescription& element, const OperandNames& names,
                     const std::string& accumulator) {
    const cost::Goal goal = options.goal == "speed" ? cost::Goal::Delay : cost::Goal::Area;
    const cost::ElementModel model =
        options.multiplierAlone
            ? cost::ElementModel::ofMultiplier(technology.logic, element, goal)
            : cost::ElementModel(technology.logic, element, {goal, options.stages});
    ElementReport report{
        .technology = technology.name,
        .node = technology.node,
        .activation = names.first,
        .weight = names.second,
        .accumulator = accumulator,
        .multiplier = element.signMagnitude ? kSignMagnitude : nameOf(element.productClass),
        .accumulatorBits = element.outer ? element.outerBits : element.sumBits,
        .innerSum = innerSumOf(element),
        .isMultiplierAlone = options.multiplierAlone,
        .stages = options.stages,
        .stimulus = stimulusOf(options),
        .weightProducts = options.weightProducts,
        .goal = goal,
        .logic = technology.logic};
    if (report.stimulus) {
        report.activity =
            cost::drawnActivity(model, *report.stimulus, kStimulusSteps, options.weightProducts);
        if (!options.multiplierAlone) {
            report.shareBeyondRegister =
                cost::shareBeyondRegister(element, *report.stimulus, kStimulusSteps);
        }
        report.joulesPerMac = model.energyOf(report.activity);
        report.inputJoulesPerMac = model.inputJoules(report.activity);
    }
    report.squareMicrons = model.squareMicrons();
    if (element.scales) {
        ElementDescription unscaled = element;
        unscaled.scales.reset();
        report.scaleSquareMicrons =
            report.squareMicrons.total() -
            cost::ElementModel(technology.logic, unscaled, {goal, options.stages})
                .squareMicrons()
                .total();
    }
    report.widening = model.fitWidening();
    report.shape = model.shape();
    report.gateSize = model.gateSize();
    report.nanoseconds = model.nanoseconds();
    report.cyclesPerMac =
        numeric::cyclesOf(element.productClass, element.activation, element.weight);
    report.usefulStages = usefulStages(technology.logic, element, {goal, options.stages}, model);
    report.leakageWatts = model.leakageWatts();
    report.flipFlops = model.flipFlops();
    report.path = model.path();
    report.gates = model.gates();
    return report;
}

int pe(const PeOptions& options) {
    const std::vector<Output> outputs{{"--json", options.json}};
    const ElementDescription element = elementOf(options);
    const cost::Technology technology = parseTechnology(options.technology, "--technology");
    if (options.goal == "speed" && !technology.logic.speed) {
        throw ConfigError(fmt::format(
            "--goal speed: technology {} has no coefficients of it, expected a section logic.speed",
            technology.name));
    }
    if (options.multiplierAlone && options.stages > 1) {
        throw ConfigError(
            fmt::format("--stages {}: the multiplier alone has no registers, expected --stages 1",
                        options.stages));
    }
    checkOutputs(outputs);
    const ElementComparison comparison{
        report(options, technology, element, {options.activation, options.weight},
               options.accumulator),
        report(options, technology, int8Element(element), {"int8", "int8"}, kExact)};
    if (!options.json.empty()) writeFileAtomically(options.json, elementJson(comparison));
    printTable(outputs, elementTable(comparison));
    return 0;
}

void addElementOptions(CLI::App& command, PeOptions& options) {
    command
        .add_option("--activation", options.activation, "Format or block format of the activation")
        ->required()
        ->type_name("FORMAT");
    command.add_option("--weight", options.weight, "Format or block format of the weight")
        ->required()
        ->type_name("FORMAT");
    command
        .add_option("--accumulator", options.accumulator,
                    "exact, int8 to int63, or a float as fp32, fp16, bf16, dlfloat16")
        ->capture_default_str();
    command
        .add_option("--technology", options.technology,
                    "A technology: its name, a file, or {..} itself")
        ->capture_default_str();
    command
        .add_option("--guard-bits", options.guardBits,
                    "Of --accumulator exact, beyond the product and its sign; without: 16")
        ->transform(integerFrom(0, kMostGuardBits));
    command
        .add_option("--multiplier", options.multiplier,
                    "auto, sign_magnitude (of integers), or a kind of `systole run` as "
                    "bit_serial_weight, composable")
        ->capture_default_str();
}

void addSynthesisOptions(CLI::App& command, PeOptions& options) {
    command
        .add_option("--float-adder", options.adder,
                    "flush: to zero, and saturating; gradual: subnormals and infinities")
        ->check(memberOf({"flush", "gradual"}))
        ->capture_default_str();
    command.add_option("--goal", options.goal, "What synthesis aims at: area or speed")
        ->check(memberOf({"area", "speed"}))
        ->capture_default_str();
    command
        .add_option("--stimulus", options.stimulus,
                    "Operands that are drawn: gaussian, uniform; none leaves energy out")
        ->check(memberOf({"gaussian", "uniform", "none"}))
        ->capture_default_str();
    command
        .add_option("--stages", options.stages,
                    "Of the pipeline, as array.pipeline_depth (which goes to 4)")
        ->transform(integerFrom(1, kMostStages))
        ->capture_default_str();
    command
        .add_option("--weight-products", options.weightProducts,
                    "Products that a weight stays for, in energies")
        ->transform(integerFrom(1, kMostWeightProducts))
        ->capture_default_str();
    command.add_flag("--multiplier-alone", options.multiplierAlone,
                     "The multiplier without registers and accumulation");
    addOutputFile(command, "--json", options.json, "Write the same as JSON; - is standard output");
}

}  // namespace

void addPe(CLI::App& app, Action& action) {
    auto options = std::make_shared<PeOptions>();
    CLI::App* command = app.add_subcommand(
        "pe", "One processing element: area, delay, energy per MAC, against INT8");
    addElementOptions(*command, *options);
    addSynthesisOptions(*command, *options);
    command->footer(
        "Figures are predicted from the circuit, gate by gate, with the technology's "
        "coefficients;\n"
        "docs/accuracy.md says how far they are from synthesis. A note says where the circuit "
        "lies\n"
        "outside of those that were synthesised; the errors are wider then.\n"
        "Examples:\n"
        "  systole pe --activation e4m3 --weight e4m3 --accumulator exact\n"
        "  systole pe --activation e4m3 --weight e2m1 --accumulator fp32 --technology osu018\n"
        "  systole pe --activation int8 --weight int8 --multiplier sign_magnitude --json pe.json\n"
        "  systole pe --activation mxfp8_e4m3 --weight mxfp8_e4m3 --accumulator fp32\n"
        "Block formats: products of a block are summed exactly, then scaled and added to the\n"
        "accumulator, whose addition once a block is in the area and the delay, not in the "
        "energy.");
    command->callback([options, &action] { action = [options] { return pe(*options); }; });
}

}  // namespace systole::sim
