// SPDX-License-Identifier: Apache-2.0
// Functions of several tensors, element by element; NumPy's broadcasting.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sim/graph/works.hpp"
#include "sim/operators/operators.hpp"
#include "sim/operators/programs.hpp"

namespace systole::operators {

namespace {

struct Operand {
    const OnnxValue* value = nullptr;  ///< null: a constant
    OnnxConstant constant;
    Extents shape;

    /// One that is a step of the program.
    bool isScalar() const { return value == nullptr && constant.values.size() == 1; }
};

Operand readOperand(const OnnxNode& node, int index) {
    if (!node.readsConstant(index)) {
        const OnnxValue& value = node.activation(index);
        return {&value, {}, value.shape};
    }
    OnnxConstant constant = node.constant(index);
    Extents shape = node.checked(constant.shape());
    return {nullptr, std::move(constant), std::move(shape)};
}

/// All that a node has, one of which is no constant.
std::vector<Operand> readOperands(const OnnxNode& node) {
    std::vector<std::optional<Operand>> read;
    for (int i = 0; i < node.inputCount(); ++i) {
        read.push_back(node.attempt([&] { return readOperand(node, i); }));
    }
    std::vector<Operand> operands;
    for (const auto& operand : read) operands.push_back(known(operand));
    const bool isConstant = std::all_of(operands.begin(), operands.end(),
                                        [](const Operand& each) { return each.value == nullptr; });
    if (isConstant) node.activation(0);  // says what it expects
    return operands;
}

Extents broadcastShape(const OnnxNode& node, const std::vector<Operand>& operands) {
    Extents result;
    for (const Operand& operand : operands) {
        const Extents before = result;
        if (operand.shape.size() > result.size()) {
            result.insert(result.begin(), operand.shape.size() - result.size(), 1);
        }
        const std::size_t missing = result.size() - operand.shape.size();
        for (std::size_t axis = 0; axis < operand.shape.size(); ++axis) {
            std::uint32_t& size = result[missing + axis];
            const std::uint32_t other = operand.shape[axis];
            if (size != other && size != 1 && other != 1) {
                node.fail(fmt::format("combines shapes [{}] and [{}], expected equal sizes, or 1",
                                      fmt::join(before, ", "), fmt::join(operand.shape, ", ")));
            }
            size = std::max(size, other);
        }
    }
    return result;
}

/// That of the first operand of the result's shape, else of its rank, else the natural one.
Axes orderOf(const Build& build, const std::vector<TensorId>& inputs, const Extents& shape) {
    for (const TensorId input : inputs) {
        if (build[input].shape == shape) return build[input].order;
    }
    for (const TensorId input : inputs) {
        if (build[input].shape.size() == shape.size()) return build[input].order;
    }
    return graph::naturalOrder(shape.size());
}

/// Of the values of the operands.
using Formula = ValueId (*)(ProgramWriter& writer, const std::vector<ValueId>& operands);

OnnxValue addElementwise(const OnnxNode& node, Build& build, const char* kind, Formula formula) {
    const std::vector<Operand> operands = readOperands(node);
    const Extents shape = node.checked(broadcastShape(node, operands));
    std::vector<TensorId> inputs;
    for (const Operand& operand : operands) {
        if (operand.value != nullptr) inputs.push_back(build.tensorOf(*operand.value));
    }
    const Axes order = orderOf(build, inputs, shape);
    inputs.clear();
    ProgramWriter writer;
    std::vector<ValueId> values;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const Operand& operand = operands[i];
        if (operand.isScalar()) {
            values.push_back(writer.constant(double{operand.constant.values.front()}));
            continue;
        }
        values.push_back(writer.load());
        inputs.push_back(
            operand.value != nullptr
                ? build.tensorOf(*operand.value)
                : build.graph().constant(node.shownInput(static_cast<int>(i)), operand.shape,
                                         operand.constant.values,
                                         operand.shape.size() == order.size() ? order : Axes()));
    }
    const auto program = writer.stored(formula(writer, values));
    return build.add(node, kind, inputs, shape, order,
                     [&](const auto& tensors, const Tensor& output) {
                         return graph::elementwise(tensors, output, program);
                     });
}

ValueId folded(ProgramWriter& writer, const char* function, const std::vector<ValueId>& operands) {
    ValueId value = operands.front();
    for (std::size_t i = 1; i < operands.size(); ++i) {
        value = writer.apply(function, value, operands[i]);
    }
    return value;
}

struct Row {
    const char* kind;
    const char* function;
};

/// A function of two, applied from the first operand to the last.
template <const Row& kRow>
OnnxValue convert(const OnnxNode& node, Build& build) {
    return addElementwise(node, build, kRow.kind,
                          [](ProgramWriter& writer, const std::vector<ValueId>& operands) {
                              return folded(writer, kRow.function, operands);
                          });
}

constexpr Row kAdd{"addition", "add"};
constexpr Row kDiv{"division", "divide"};
constexpr Row kMax{"maximum", "maximum"};
constexpr Row kMin{"minimum", "minimum"};
constexpr Row kMul{"multiplication", "multiply"};
constexpr Row kSub{"subtraction", "subtract"};

OnnxValue convertPRelu(const OnnxNode& node, Build& build) {
    return addElementwise(
        node, build, "prelu", [](ProgramWriter& writer, const std::vector<ValueId>& operands) {
            const ValueId x = operands[0];
            const ValueId negative = writer.apply("less", x, writer.constant(0));
            return writer.apply("select", negative, writer.apply("multiply", x, operands[1]), x);
        });
}

constexpr std::array kOperators{
    Operator{.name = "Add", .fewestInputs = 2, .mostInputs = 2, .convert = convert<kAdd>},
    Operator{.name = "Div", .fewestInputs = 2, .mostInputs = 2, .convert = convert<kDiv>},
    Operator{.name = "Max", .mostInputs = kAnyInputs, .convert = convert<kMax>},
    Operator{.name = "Min", .mostInputs = kAnyInputs, .convert = convert<kMin>},
    Operator{.name = "Mul", .fewestInputs = 2, .mostInputs = 2, .convert = convert<kMul>},
    Operator{.name = "PRelu", .fewestInputs = 2, .mostInputs = 2, .convert = convertPRelu},
    Operator{.name = "Sub", .fewestInputs = 2, .mostInputs = 2, .convert = convert<kSub>},
    Operator{.name = "Sum", .mostInputs = kAnyInputs, .convert = convert<kAdd>},
};

}  // namespace

std::span<const Operator> elementwiseOperators() { return kOperators; }

}  // namespace systole::operators
