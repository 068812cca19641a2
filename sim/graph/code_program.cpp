// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/code_program.hpp"

#include <algorithm>
#include <utility>

#include "models/check.hpp"
#include "models/numeric/sums/sum.hpp"
#include "models/overloaded.hpp"
#include "sim/graph/code_translation.hpp"
#include "sim/graph/rescale.hpp"

namespace systole::graph {

using namespace numeric;

namespace {

ScaleArithmetic arithmeticOf(const Graph& graph) {
    SYSTOLE_CHECK(graph.isQuantized(), "'{}' has no quantizers", graph.name);
    return graph.arithmetic->requantization;
}

const Quantizer& quantizerOf(const Graph& graph, TensorId tensor) {
    const auto& quantizer = graph.quantizerOf(tensor);
    SYSTOLE_CHECK(quantizer.has_value(), "'{}' has no quantizer", graph.tensors.at(tensor).name);
    return *quantizer;
}

std::optional<float> scaleIfAny(const Graph& graph, TensorId tensor) {
    const auto& quantizer = graph.quantizerOf(tensor);
    if (!quantizer) return std::nullopt;
    SYSTOLE_CHECK(!quantizer->axis, "'{}' has scales along an axis", graph.tensors.at(tensor).name);
    return quantizer->scale();
}

SumArithmetic sumsOf(const Graph& graph, const Node& node) {
    return {graph.accumulatorOf(std::get<MatrixWork>(node.work)),
            Codec(quantizerOf(graph, node.inputs[0]).format),
            Codec(quantizerOf(graph, node.inputs[1]).format)};
}

/// Indices of the reduced axes: the most that a count can be.
std::uint64_t reducedElements(const VectorSpace& space) {
    std::uint64_t elements = 1;
    for (std::size_t axis = 0; axis < space.extents.size(); ++axis) {
        if (space.reduced[axis]) elements *= space.extents[axis];
    }
    return elements;
}

/// A program on real values and what it runs on.
struct Source {
    const VectorProgram& program;
    std::vector<TranslatedOperand> operands;
    std::optional<float> outputScale;
    std::uint64_t largestCount = 1;
};

Source sourceOf(const Graph& graph, const Node& node, const MatrixWork& work) {
    TranslatedOperand sum{.operand = {.source = CodeOperand::Source::Sum}};
    sum.type = sumsOf(graph, node).isWord() ? ValueType::Integer : ValueType::Real;
    return {work.epilogue, {sum}, scaleIfAny(graph, node.output)};
}

Source sourceOf(const Graph& graph, const Node& node, const VectorWork& work) {
    Source source{work.program, {}, scaleIfAny(graph, node.output), reducedElements(work.space)};
    for (std::uint32_t i = 0; i < node.inputs.size(); ++i) {
        source.operands.push_back(
            {.operand = {.input = i}, .scale = scaleIfAny(graph, node.inputs[i])});
    }
    return source;
}

/// The code program up to what is stored.
struct Translated {
    CodeProgram code;
    CodeTranslation::Made result;
    ArrayScale arrayScale;
};

/// In integers where the arithmetic is fixed point and the program can; else in binary32.
Translated translated(const Source& source, ScaleArithmetic arithmetic, CodeProgram before = {}) {
    Translated made{std::move(before), {}, {}};
    const auto translation = [&](ScaleArithmetic which) {
        return CodeTranslation(source.program, source.operands, source.outputScale, which,
                               source.largestCount, made.code);
    };
    if (!translation(arithmetic).fitsIntegers()) arithmetic = ScaleArithmetic::Fp32Multiplier;
    CodeTranslation chosen = translation(arithmetic);
    made.result = chosen.run();
    made.arrayScale = chosen.arrayScale();
    return made;
}

CodeProgram stored(Translated translated) {
    CodeProgram& code = translated.code;
    const auto output = static_cast<std::uint32_t>(code.operands.size());
    code.operands.push_back({.source = CodeOperand::Source::Output});
    code.program.add(StoreStep{output, translated.result.held});
    return std::move(code);
}

bool loads(const CodeProgram& code, CodeOperand::Source source) {
    return std::any_of(code.operands.begin(), code.operands.end(),
                       [&](const CodeOperand& operand) { return operand.source == source; });
}

bool reduces(const VectorProgram& program) {
    return std::any_of(program.steps.begin(), program.steps.end(), [](const VectorStep& step) {
        return std::holds_alternative<ReduceStep>(step);
    });
}

}  // namespace

float scaleOf(const Quantizer& quantizer, std::size_t n) {
    return quantizer.axis ? quantizer.scales.at(n) : quantizer.scale();
}

CodeProgram codeProgramOf(const Graph& graph, const Node& node) {
    const auto program = [&](const auto& work) {
        return stored(translated(sourceOf(graph, node, work), arithmeticOf(graph)));
    };
    return std::visit(Overloaded{[&](const MatrixWork& work) { return program(work); },
                                 [&](const VectorWork& work) { return program(work); },
                                 [&](const MoveWork& /*work*/) -> CodeProgram {
                                     SYSTOLE_CHECK(false, "'{}' only moves", node.name);
                                 }},
                      node.work);
}

std::vector<Rescale> rescalesOf(const Graph& graph, const Node& node) {
    const auto& work = std::get<MatrixWork>(node.work);
    const Translated made = translated(sourceOf(graph, node, work), arithmeticOf(graph));
    const ScaleArithmetic arithmetic = loads(made.code, CodeOperand::Source::Mantissa)
                                           ? ScaleArithmetic::FixedPoint
                                           : ScaleArithmetic::Fp32Multiplier;
    const float output = made.arrayScale.toOutput ? *scaleIfAny(graph, node.output) : 1.0F;
    const int gridExponent = sumsOf(graph, node).rescaleExponent();
    const Quantizer& weights = quantizerOf(graph, node.inputs[1]);
    std::vector<Rescale> rescales;
    for (std::size_t n = 0; n < extentsOf(graph, node, work).outputChannels; ++n) {
        std::vector<float> factors{*scaleIfAny(graph, node.inputs[0]), scaleOf(weights, n)};
        factors.insert(factors.end(), made.arrayScale.constants.begin(),
                       made.arrayScale.constants.end());
        rescales.push_back(rescaleOf(factors, output, gridExponent, arithmetic));
    }
    return rescales;
}

std::optional<CodeProgram> fuse(const Graph& graph, const Node& matrix, const Node& behind) {
    const auto& work = std::get<VectorWork>(behind.work);
    if (reduces(work.program)) return std::nullopt;
    const ScaleArithmetic arithmetic = arithmeticOf(graph);
    Translated first =
        translated(sourceOf(graph, matrix, std::get<MatrixWork>(matrix.work)), arithmetic);
    Source second = sourceOf(graph, behind, work);
    // By itself the program behind would compute in integers: then it needs one from the array.
    const bool wantsIntegers = arithmetic == ScaleArithmetic::FixedPoint &&
                               translated(second, arithmetic).result.type == ValueType::Integer;
    if (wantsIntegers && first.result.type != ValueType::Integer) return std::nullopt;
    first.code.formats.push_back(quantizerOf(graph, matrix.output).format);
    const ValueId code = first.code.program.add(QuantizeStep{first.result.held, 0});
    for (std::size_t i = 0; i < behind.inputs.size(); ++i) {
        if (graph.rootOf(behind.inputs[i]) != graph.rootOf(matrix.output)) continue;
        second.operands[i].made = code;
        second.operands[i].type = first.result.type;
    }
    return stored(translated(second, arithmetic, std::move(first.code)));
}

}  // namespace systole::graph
