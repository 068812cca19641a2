// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/vector_programs.hpp"

#include <numeric>

#include "models/check.hpp"
#include "models/overloaded.hpp"
#include "sim/network/window.hpp"

namespace systole::sim {
namespace {

using namespace numeric;

/// Writes a program, step by step.
class Writer {
public:
    explicit Writer(ScaleArithmetic arithmetic) : arithmetic_(arithmetic) {}

    ValueId apply(const char* name, ValueId first, ValueId second = 0) {
        const Function* function = findFunction(name);
        SYSTOLE_CHECK(function != nullptr, "no function {}", name);
        return program_->add(ApplyStep{function, {first, second, 0}});
    }
    template <typename Step>
    ValueId add(const Step& step) {
        return program_->add(step);
    }
    ValueId constant(double value, ValueType type = ValueType::Real) {
        return add(ConstantStep{value, type});
    }
    std::uint32_t nextOperand() { return operands_++; }
    ValueId load(ValueType type) { return add(LoadStep{nextOperand(), type}); }
    /// Of the activations' format, as the scale arithmetic takes them: values, or steps.
    ValueId loadCode() {
        return add(LoadStep{.operand = nextOperand(), .type = codes(), .isCode = true});
    }
    std::uint32_t table(std::vector<double> entries) {
        program_->tables.push_back(std::move(entries));
        return static_cast<std::uint32_t>(program_->tables.size() - 1);
    }
    ValueType codes() const { return isFixedPoint() ? ValueType::Integer : ValueType::Real; }
    bool isFixedPoint() const { return arithmetic_ == ScaleArithmetic::FixedPoint; }

    ValueId sumOf(ValueId left, ValueId right, const AdditionScales& scales) {
        if (isFixedPoint()) {
            const auto term = [&](ValueId value, std::size_t i) {
                return apply("multiply", value,
                             constant(scales.fixedPoint[i].mantissa, ValueType::Integer));
            };
            const ValueId sum = apply("add", term(left, 0), term(right, 1));
            return add(ShiftStep{sum, constant(scales.fixedPoint[0].shift, ValueType::Integer)});
        }
        const auto term = [&](ValueId value, std::size_t i) {
            return apply("multiply", value, constant(static_cast<double>(scales.inputs[i])));
        };
        const ValueId sum = apply("add", term(left, 0), term(right, 1));
        return apply("divide", sum, constant(static_cast<double>(scales.output)));
    }

    ValueId positiveIf(bool relu, ValueId value) { return relu ? apply("positive", value) : value; }

    SharedProgram stored(ValueId value) {
        add(StoreStep{nextOperand(), value});
        return std::move(program_);
    }

private:
    ScaleArithmetic arithmetic_;
    std::shared_ptr<VectorProgram> program_ = std::make_shared<VectorProgram>();
    std::uint32_t operands_ = 0;
};

ValueId rescaled(Writer& writer, bool isWord) {
    if (writer.isFixedPoint()) {
        const ValueId sum = writer.load(ValueType::Integer);
        const ValueId mantissa = writer.load(ValueType::Integer);
        const ValueId product = writer.apply("multiply", sum, mantissa);
        return writer.add(ShiftStep{product, writer.load(ValueType::Integer)});
    }
    const ValueId sum = writer.load(isWord ? ValueType::Integer : ValueType::Real);
    const ValueId real = isWord ? writer.add(RoundStep{sum}) : sum;
    return writer.apply("multiply", real, writer.load(ValueType::Real));
}

}  // namespace

SharedProgram requantizeProgram(const arch::Datapath& datapath, ScaleArithmetic arithmetic,
                                bool relu, const std::optional<QuantizedAddition>& addition) {
    Writer writer(arithmetic);
    const ValueId own = writer.positiveIf(relu, rescaled(writer, datapath.sums.isWord()));
    if (!addition) return writer.stored(own);
    const ValueId code = writer.add(QuantizeStep{own, 0});
    const ValueId skip = writer.loadCode();
    return writer.stored(
        writer.positiveIf(addition->relu, writer.sumOf(code, skip, addition->scales)));
}

SharedProgram additionProgram(const QuantizedAddition& addition, ScaleArithmetic arithmetic) {
    Writer writer(arithmetic);
    const ValueId left = writer.loadCode();
    const ValueId right = writer.loadCode();
    return writer.stored(
        writer.positiveIf(addition.relu, writer.sumOf(left, right, addition.scales)));
}

SharedProgram reluProgram() {
    Writer writer(ScaleArithmetic::Fp32Multiplier);
    return writer.stored(writer.apply("positive", writer.loadCode()));
}

SharedProgram softmaxProgram(const QuantizedSoftmax& softmax) {
    Writer writer(ScaleArithmetic::Fp32Multiplier);
    const ValueId x = writer.loadCode();
    const ValueId largest = writer.add(ReduceStep{ReduceStep::Kind::Maximum, x});
    const ValueId below = writer.apply("subtract", x, largest);
    const ValueId scaled =
        writer.apply("multiply", below, writer.constant(static_cast<double>(softmax.inputScale)));
    const ValueId e = writer.apply("exponential", scaled);
    const ValueId share =
        writer.apply("divide", e, writer.add(ReduceStep{ReduceStep::Kind::Sum, e}));
    return writer.stored(
        writer.apply("divide", share, writer.constant(static_cast<double>(softmax.outputScale))));
}

SharedProgram poolingProgram(const QuantizedPooling& pooling, ScaleArithmetic arithmetic) {
    if (pooling.kind == Pooling::Kind::Max) {
        Writer writer(ScaleArithmetic::Fp32Multiplier);
        const ValueId x = writer.loadCode();
        return writer.stored(writer.add(ReduceStep{ReduceStep::Kind::Maximum, x}));
    }
    Writer writer(arithmetic);
    const ValueId x = writer.loadCode();
    const ValueId sum = writer.add(ReduceStep{ReduceStep::Kind::Sum, x});
    const ValueId taps = pooling.countIncludesPad
                             ? writer.constant(kernelArea(pooling.window), ValueType::Integer)
                             : writer.add(ReduceStep{ReduceStep::Kind::Count, x});
    const auto entry = [&](const auto& of) {
        std::vector<double> entries;
        for (const Rescale& rescale : pooling.rescales) entries.push_back(of(rescale));
        return writer.add(LookupStep{writer.table(std::move(entries)), taps, writer.codes()});
    };
    if (writer.isFixedPoint()) {
        const ValueId mantissa =
            entry([](const Rescale& rescale) { return double(rescale.fixedPoint.mantissa); });
        const ValueId shift =
            entry([](const Rescale& rescale) { return double(rescale.fixedPoint.shift); });
        return writer.stored(writer.add(ShiftStep{writer.apply("multiply", sum, mantissa), shift}));
    }
    const ValueId multiplier =
        entry([](const Rescale& rescale) { return static_cast<double>(rescale.multiplier); });
    return writer.stored(writer.apply("multiply", sum, multiplier));
}

namespace {

/// The addition with the node's own output as its first term.
std::optional<QuantizedAddition> ownFirst(const QuantizedNode& node,
                                          const QuantizedNode* addition) {
    if (addition == nullptr) return std::nullopt;
    auto result = std::get<QuantizedAddition>(addition->operation);
    if (addition->inputs.at(1) == node.output) {
        std::swap(result.scales.inputs[0], result.scales.inputs[1]);
        std::swap(result.scales.fixedPoint[0], result.scales.fixedPoint[1]);
    }
    return result;
}

}  // namespace

SharedProgram programOf(const QuantizedNode& node, const QuantizedNode* addition,
                        const arch::Datapath& datapath, ScaleArithmetic arithmetic) {
    return std::visit(
        Overloaded{
            [&](const QuantizedConvolution& convolution) {
                return requantizeProgram(datapath, arithmetic, convolution.relu,
                                         ownFirst(node, addition));
            },
            [&](const QuantizedPooling& pooling) { return poolingProgram(pooling, arithmetic); },
            [&](const QuantizedAddition& own) { return additionProgram(own, arithmetic); },
            [](const QuantizedRelu&) { return reluProgram(); },
            [](const QuantizedSoftmax& softmax) { return softmaxProgram(softmax); }},
        node.operation);
}

const char* missingCircuit(const VectorProgram& program, const arch::VectorUnitConfig& unit) {
    std::vector<ValueId> steps(program.steps.size());
    std::iota(steps.begin(), steps.end(), ValueId{0});
    const auto work = workOf(program, planOf(program), steps);
    for (std::size_t i = 0; i < work.size(); ++i) {
        if (work[i] > 0 && unit.operations[i].circuits == 0) return kFunctionClassNames[i];
    }
    return nullptr;
}

}  // namespace systole::sim
