// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/exact_reference.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "models/overloaded.hpp"
#include "sim/graph/code_program.hpp"
#include "sim/graph/copies.hpp"
#include "sim/graph/exact_sums.hpp"

namespace systole::graph {

namespace {

using namespace numeric;
using Codes = std::vector<Code>;

const Quantizer& quantizerOf(const Graph& graph, TensorId tensor) {
    const auto& quantizer = graph.quantizerOf(tensor);
    SYSTOLE_CHECK(quantizer.has_value(), "'{}' has no quantizer", graph.tensors.at(tensor).name);
    return *quantizer;
}

/// The elements of a tensor as a program on codes reads them.
struct ExactTensor {
    std::optional<Codec> codec;  ///< none: binary32
    const Codes* codes = nullptr;
    const std::vector<float>* values = nullptr;

    double real(std::size_t place) const {
        return codec ? codec->decode(codes->at(place)) : static_cast<double>(values->at(place));
    }
    std::int64_t steps(std::size_t place) const { return codec->gridSteps(codes->at(place)); }
};

/// The memory of one node's program.
class ExactOperands final : public VectorOperands {
public:
    ExactOperands(const CodeProgram& code, std::vector<ExactTensor> inputs,
                  const Codec& outputCodec, Codes& output)
        : code_(code), inputs_(std::move(inputs)), outputCodec_(outputCodec), output_(output) {}

    /// Of matrix work: its sums, by place, and what its parameters say by output.
    void setSums(const ExactSums& sums, std::vector<Rescale> rescales) {
        sums_ = &sums;
        rescales_ = std::move(rescales);
    }

    void load(std::uint32_t operand, const ElementRow& row, std::span<double> values) override {
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = real(operand, placeOf(row, i));
    }
    void load(std::uint32_t operand, const ElementRow& row, std::span<Int128> values) override {
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = integer(operand, placeOf(row, i));
        }
    }
    void store(std::uint32_t operand, const ElementRow& row,
               std::span<const double> values) override {
        SYSTOLE_CHECK(code_.operands.at(operand).source == CodeOperand::Source::Output,
                      "a store to operand {}", operand);
        for (std::size_t i = 0; i < values.size(); ++i) {
            output_.at(placeOf(row, i)) = encodeOrZero(values[i], outputCodec_);
        }
    }

private:
    static std::size_t placeOf(const ElementRow& row, std::size_t i) {
        return static_cast<std::size_t>(row.place + static_cast<std::int64_t>(i) * row.stride);
    }
    double real(std::uint32_t operand, std::size_t place) const {
        const CodeOperand& of = code_.operands.at(operand);
        switch (of.source) {
            case CodeOperand::Source::Tensor:
                return inputs_.at(of.input).real(place);
            case CodeOperand::Source::Sum:
                return static_cast<double>(sums_->real(place));
            case CodeOperand::Source::Multiplier:
                return static_cast<double>(rescales_.at(place).multiplier);
            case CodeOperand::Source::Output:
            case CodeOperand::Source::Mantissa:
            case CodeOperand::Source::Shift:
                break;
        }
        SYSTOLE_CHECK(false, "operand {} has no real values", operand);
    }
    Int128 integer(std::uint32_t operand, std::size_t place) const {
        const CodeOperand& of = code_.operands.at(operand);
        switch (of.source) {
            case CodeOperand::Source::Tensor:
                return inputs_.at(of.input).steps(place);
            case CodeOperand::Source::Sum:
                return sums_->integer(place);
            case CodeOperand::Source::Mantissa:
                return rescales_.at(place).fixedPoint.mantissa;
            case CodeOperand::Source::Shift:
                return rescales_.at(place).fixedPoint.shift;
            case CodeOperand::Source::Output:
            case CodeOperand::Source::Multiplier:
                break;
        }
        SYSTOLE_CHECK(false, "operand {} has no integers", operand);
    }

    const CodeProgram& code_;
    std::vector<ExactTensor> inputs_;
    const Codec& outputCodec_;
    Codes& output_;
    const ExactSums* sums_ = nullptr;
    std::vector<Rescale> rescales_;
};

/// Computes one node; codes of its inputs are there.
class NodeInterpreter {
public:
    NodeInterpreter(const Graph& graph, const Node& node, const std::vector<Codes>& tensors,
                    std::size_t foldRows)
        : graph_(graph),
          node_(node),
          tensors_(tensors),
          foldRows_(foldRows),
          output_(graph.tensors[node.output].elements()) {}

    Codes run() {
        std::visit([&](const auto& work) { runWork(work); }, node_.work);
        return std::move(output_);
    }

private:
    const Codes& codesOf(TensorId tensor) const {
        const TensorId root = graph_.rootOf(tensor);
        const Tensor& data = graph_.tensors[root];
        return data.origin == Origin::Constant ? data.codes : tensors_[root];
    }
    ExactTensor tensorOf(TensorId tensor) const {
        const auto& quantizer = graph_.quantizerOf(tensor);
        if (quantizer) return {Codec(quantizer->format), &codesOf(tensor), nullptr};
        return {std::nullopt, nullptr, &graph_.tensors[graph_.rootOf(tensor)].values};
    }

    /// Batches, rows, columns and outputs; the sums lie in that order.
    void runWork(const MatrixWork& work) {
        const ExactSums sums(graph_, node_, codesOf(node_.inputs[0]), codesOf(node_.inputs[1]),
                             foldRows_);
        const CodeProgram code = codeProgramOf(graph_, node_);
        const MatrixLayout& layout = sums.layout();
        const MatrixExtents& extents = layout.extents;
        const std::int64_t n = extents.outputChannels;
        const std::int64_t row = n * extents.outputWidth;
        const VectorSpace space{
            {extents.batches, extents.outputHeight, extents.outputWidth, extents.outputChannels},
            std::vector<bool>(4, false)};
        const OperandView ofSums{0, {row * extents.outputHeight, row, n, 1}};
        const OperandView ofOutput{
            0, {layout.result.batch, layout.result.y, layout.result.x, layout.result.channel}};
        const OperandView ofParameters{0, {0, 0, 0, 1}};
        SYSTOLE_CHECK(work.terms.empty() || work.terms.size() == extents.outputChannels,
                      "'{}' has {} terms", node_.name, work.terms.size());
        std::vector<OperandView> views;
        for (const CodeOperand& operand : code.operands) {
            const bool isSum = operand.source == CodeOperand::Source::Sum;
            const bool isOutput = operand.source == CodeOperand::Source::Output;
            views.push_back(isSum ? ofSums : isOutput ? ofOutput : ofParameters);
        }
        const Codec codec(quantizerOf(graph_, node_.output).format);
        ExactOperands operands(code, {}, codec, output_);
        operands.setSums(sums, rescalesOf(graph_, node_));
        runVectorProgram(code.program, space, views, {}, operands, 1);
    }

    void runWork(const VectorWork& work) {
        const CodeProgram code = codeProgramOf(graph_, node_);
        std::vector<ExactTensor> inputs;
        for (const TensorId input : node_.inputs) inputs.push_back(tensorOf(input));
        std::vector<OperandView> views;
        for (const CodeOperand& operand : code.operands) {
            const bool isInput = operand.source == CodeOperand::Source::Tensor;
            views.push_back(
                isInput ? viewOf(work.operands.at(operand.input),
                                 graph_.tensors[node_.inputs[operand.input]], work.space)
                        : viewOf(work.operands.back(), graph_.tensors[node_.output], work.space));
        }
        const Codec codec(quantizerOf(graph_, node_.output).format);
        ExactOperands operands(code, std::move(inputs), codec, output_);
        runVectorProgram(code.program, work.space, views, {}, operands, 1);
    }

    void runWork(const MoveWork& work) {
        const Tensor& target = graph_.tensors[node_.output];
        for (const Copy& copy : work.copies) {
            const TensorId source = node_.inputs.at(copy.input);
            copyElements<Code>(copy, graph_.tensors[source], target, codesOf(source), output_);
        }
    }

    const Graph& graph_;
    const Node& node_;
    const std::vector<Codes>& tensors_;
    std::size_t foldRows_;
    Codes output_;
};

}  // namespace

Codes encodeInput(const Graph& graph, std::span<const float> image) {
    const Quantizer& quantizer = quantizerOf(graph, graph.input);
    SYSTOLE_CHECK(image.size() == graph.tensors[graph.input].elements(), "image of {} values",
                  image.size());
    const Codec codec(quantizer.format);
    Codes codes;
    codes.reserve(image.size());
    for (const float value : image) codes.push_back(codec.encode(value / quantizer.scale()));
    return codes;
}

std::vector<float> decodeTensor(const Graph& graph, TensorId tensor, std::span<const Code> codes) {
    const Quantizer& quantizer = quantizerOf(graph, tensor);
    const Codec codec(quantizer.format);
    std::vector<float> values;
    values.reserve(codes.size());
    for (const Code code : codes) {
        values.push_back(static_cast<float>(codec.decode(code)) * quantizer.scale());
    }
    return values;
}

std::vector<Codes> runExact(const Graph& graph, std::span<const Code> input, std::size_t foldRows) {
    SYSTOLE_CHECK(input.size() == graph.tensors[graph.input].elements(), "input of {} codes",
                  input.size());
    std::vector<Codes> tensors(graph.tensors.size());
    tensors[graph.input].assign(input.begin(), input.end());
    for (const Node& node : graph.nodes) {
        tensors[node.output] = NodeInterpreter(graph, node, tensors, foldRows).run();
    }
    for (TensorId id = 0; id < tensors.size(); ++id) {
        if (graph.rootOf(id) != id) tensors[id] = tensors[graph.rootOf(id)];
    }
    return tensors;
}

}  // namespace systole::graph
