// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/code_translation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/check.hpp"
#include "sim/graph/rescale.hpp"

namespace systole::graph {

using namespace numeric;

CodeTranslation::CodeTranslation(const VectorProgram& source,
                                 std::vector<TranslatedOperand> operands,
                                 std::optional<float> outputScale, ScaleArithmetic arithmetic,
                                 std::uint64_t largestCount, CodeProgram& code)
    : source_(source),
      operands_(std::move(operands)),
      outputScale_(outputScale),
      integers_(arithmetic == ScaleArithmetic::FixedPoint),
      largestCount_(largestCount),
      code_(code),
      onWay_(source.steps.size(), false) {
    findWay();
}

CodeTranslation::Made CodeTranslation::run() {
    if (integers_) chooseCommonScales();
    for (ValueId step = 0; step < source_.steps.size(); ++step) {
        values_.push_back(
            std::visit([&](const auto& what) { return valueOf(what, step); }, source_.steps[step]));
        if (std::holds_alternative<StoreStep>(source_.steps[step])) break;
    }
    return {values_.back().held, values_.back().type};
}

CodeTranslation::Value CodeTranslation::valueOf(const LoadStep& load, ValueId /*step*/) {
    const TranslatedOperand& operand = operands_.at(load.operand);
    const bool isSum = operand.operand.source == CodeOperand::Source::Sum;
    Value value;
    value.form = isSum ? Form::Sum : operand.scale ? Form::Code : Form::Made;
    value.type = isSum || operand.made        ? operand.type
                 : integers_ && operand.scale ? ValueType::Integer
                                              : ValueType::Real;
    value.ofArray = isSum;
    if (operand.scale) value.factors = {*operand.scale};
    value.held = operand.made.value_or(0);
    if (!operand.made) {
        const LoadStep read{
            .type = value.type, .scope = load.scope, .isCode = value.form == Form::Code};
        value.held = loaded(operand.operand, read);
    }
    return value;
}

CodeTranslation::Value CodeTranslation::valueOf(const ConstantStep& constant, ValueId /*step*/) {
    if (constant.type == ValueType::Real) {
        return {.form = Form::Constant, .constant = constant.value};
    }
    return {.held = add(constant), .type = ValueType::Integer};
}

CodeTranslation::Value CodeTranslation::valueOf(const LookupStep& lookup, ValueId /*step*/) {
    return {.held = entryOf(source_.tables.at(lookup.table), real(lookup.index).held, lookup.type),
            .type = lookup.type};
}

CodeTranslation::Value CodeTranslation::valueOf(const RoundStep& round, ValueId /*step*/) {
    const Value& value = values_[round.value];
    SYSTOLE_CHECK(value.form == Form::Made, "a real program rounds what is no count");
    return {.form = Form::Count, .held = value.held, .type = ValueType::Integer};
}

CodeTranslation::Value CodeTranslation::valueOf(const ShiftStep& shift, ValueId /*step*/) {
    return {.held = add(ShiftStep{real(shift.value).held, real(shift.shift).held}),
            .type = ValueType::Integer};
}

CodeTranslation::Value CodeTranslation::valueOf(const QuantizeStep& /*quantize*/, ValueId step) {
    SYSTOLE_CHECK(false, "step {} of a program on real values quantizes", step);
}

CodeTranslation::Value CodeTranslation::valueOf(const ReduceStep& reduce, ValueId /*step*/) {
    const Value& value = values_[reduce.value];
    const bool isExtreme =
        reduce.kind == ReduceStep::Kind::Maximum || reduce.kind == ReduceStep::Kind::Minimum;
    if (reduce.kind == ReduceStep::Kind::Count) {
        const ValueId held = value.form == Form::Constant ? real(reduce.value).held : value.held;
        return {.held = add(ReduceStep{reduce.kind, held}), .type = ValueType::Integer};
    }
    if (value.form != Form::Code) {
        const Made made = real(reduce.value);
        return {.held = add(ReduceStep{reduce.kind, made.held}), .type = made.type};
    }
    Value result = value;
    result.held = add(ReduceStep{reduce.kind, value.held});
    if (!isExtreme) result.form = Form::Sum;
    return result;
}

CodeTranslation::Value CodeTranslation::valueOf(const ApplyStep& apply, ValueId step) {
    const std::string_view name = apply.function->name;
    if (name == "positive") return positiveOf(values_[apply.arguments[0]], step);
    if (integers_ && (name == "add" || name == "subtract")) return addedTerms(apply, step);
    if (const auto pending = extremeOf(apply)) return *pending;
    if (const auto pending = scaledSum(apply, step)) return *pending;
    ApplyStep onReals{apply.function, {}};
    ValueType type = ValueType::Real;
    for (std::size_t i = 0; i < apply.function->arguments; ++i) {
        const Made made = real(apply.arguments[i]);
        onReals.arguments[i] = made.held;
        type = made.type;
    }
    return {.held = add(onReals), .type = type};
}

CodeTranslation::Value CodeTranslation::valueOf(const StoreStep& store, ValueId /*step*/) {
    const Value& value = values_[store.value];
    if (!outputScale_) {
        const Made made = real(store.value);
        return {.held = made.held, .type = made.type};
    }
    if (value.form == Form::Sum) return rescaled(value);
    if (value.form == Form::Code && value.factors.front() == *outputScale_) return value;
    const Made made = real(store.value);
    const ValueId scale = constantOf(static_cast<double>(*outputScale_), ValueType::Real);
    return {.held = applied("divide", made.held, scale)};
}

/// A sum on the way to the store is rescaled first, and only then the negative ones are cut off.
CodeTranslation::Value CodeTranslation::positiveOf(const Value& value, ValueId step) {
    const bool rescales = value.form == Form::Sum && onWay_[step] && outputScale_;
    Value result = rescales ? rescaled(value) : value;
    if (result.form == Form::Constant || result.form == Form::Count) {
        result = {.held = real(std::get<ApplyStep>(source_.steps[step]).arguments[0]).held};
    }
    result.held = applied("positive", result.held);
    return result;
}

/// Of codes of one scale.
std::optional<CodeTranslation::Value> CodeTranslation::extremeOf(const ApplyStep& apply) {
    const std::string_view name = apply.function->name;
    if (name != "minimum" && name != "maximum") return std::nullopt;
    const Value& left = values_[apply.arguments[0]];
    const Value& right = values_[apply.arguments[1]];
    if (left.form != Form::Code || right.form != Form::Code || left.factors != right.factors ||
        left.type != right.type) {
        return std::nullopt;
    }
    Value result = left;
    result.held = add(ApplyStep{apply.function, {left.held, right.held, 0}});
    return result;
}

/// The array has one multiplier an output: its sums stay pending only on the way to the store.
std::optional<CodeTranslation::Value> CodeTranslation::scaledSum(const ApplyStep& apply,
                                                                 ValueId step) const {
    const std::optional<ValueId> what = scaledBy(source_.steps[step]);
    if (!what || values_[*what].form != Form::Sum) return std::nullopt;
    if (values_[*what].ofArray && !onWay_[step]) return std::nullopt;
    Value result = values_[*what];
    const Value& by = values_[apply.arguments[apply.arguments[0] == *what ? 1 : 0]];
    if (by.form == Form::Count) {
        if (result.count) return std::nullopt;
        result.count = by.held;
        result.factorsBeforeCount = result.factors.size();
        return result;
    }
    const auto factor = static_cast<float>(by.constant);
    const bool divides = apply.function->name == "divide";
    if (divides && !isScale(1.0F / factor)) return std::nullopt;
    result.factors.push_back(divides ? 1.0F / factor : factor);
    return result;
}

ValueId CodeTranslation::termOf(const Value& value) {
    if (value.form == Form::Term) return value.held;
    const FixedPointScale& scale = common_.at(value.factors.front());
    return applied("multiply", value.held, constantOf(scale.mantissa, ValueType::Integer));
}

CodeTranslation::Value CodeTranslation::addedTerms(const ApplyStep& apply, ValueId step) {
    const ValueId left = termOf(values_[apply.arguments[0]]);
    const ValueId right = termOf(values_[apply.arguments[1]]);
    Value result{.form = Form::Term, .type = ValueType::Integer};
    result.held = add(ApplyStep{apply.function, {left, right, 0}});
    if (!onWay_[step]) return result;
    const ValueId shift = constantOf(common_.begin()->second.shift, ValueType::Integer);
    result.held = add(ShiftStep{result.held, shift});
    result.form = Form::Code;
    result.factors = {*outputScale_};
    return result;
}

CodeTranslation::Made CodeTranslation::real(ValueId step) {
    const auto known = reals_.find(step);
    if (known != reals_.end()) return known->second;
    return reals_.emplace(step, madeReal(values_[step])).first->second;
}

CodeTranslation::Made CodeTranslation::madeReal(const Value& value) {
    switch (value.form) {
        case Form::Made:
            return {value.held, value.type};
        case Form::Constant:
            return {constantOf(value.constant, ValueType::Real), ValueType::Real};
        case Form::Count:
            return {add(RoundStep{value.held}), ValueType::Real};
        case Form::Code: {
            const ValueId held = asReal(value);
            const auto scale = static_cast<double>(value.factors.front());
            return {applied("multiply", held, constantOf(scale, ValueType::Real)), ValueType::Real};
        }
        case Form::Sum: {
            const ValueId held = asReal(value);
            return {applied("multiply", held, multiplierOf(value, std::nullopt)), ValueType::Real};
        }
        case Form::Term:
            break;
    }
    SYSTOLE_CHECK(false, "a value of form {} is no real one", static_cast<int>(value.form));
}

/// In units of the output's scale.
CodeTranslation::Value CodeTranslation::rescaled(const Value& sum) {
    Value result{.form = Form::Code, .factors = {*outputScale_}};
    if (integers_) {
        const Made made = rescaledInIntegers(sum);
        result.held = made.held;
        result.type = made.type;
        return result;
    }
    const ValueId held = asReal(sum);
    result.held = applied("multiply", held, multiplierOf(sum, outputScale_));
    return result;
}

CodeTranslation::Made CodeTranslation::rescaledInIntegers(const Value& sum) {
    const std::vector<Rescale> rescales =
        sum.ofArray ? std::vector<Rescale>() : rescalesOf(sum, outputScale_);
    const auto part = [&](CodeOperand::Source source, auto member) {
        if (sum.ofArray) return loaded({.source = source}, {.type = ValueType::Integer});
        std::vector<double> entries;
        for (const Rescale& rescale : rescales) entries.push_back(rescale.fixedPoint.*member);
        return sum.count ? entryOf(std::move(entries), *sum.count, ValueType::Integer)
                         : constantOf(entries.front(), ValueType::Integer);
    };
    if (sum.ofArray) arrayScale_ = {sum.factors, true};
    const ValueId mantissa = part(CodeOperand::Source::Mantissa, &FixedPointScale::mantissa);
    const ValueId product = applied("multiply", sum.held, mantissa);
    const ValueId shift = part(CodeOperand::Source::Shift, &FixedPointScale::shift);
    return {add(ShiftStep{product, shift}), ValueType::Integer};
}

/// What makes the sum real, or a code of the output.
ValueId CodeTranslation::multiplierOf(const Value& sum, std::optional<float> output) {
    if (sum.ofArray) {
        arrayScale_ = {sum.factors, output.has_value()};
        return loaded({.source = CodeOperand::Source::Multiplier}, LoadStep{});
    }
    std::vector<double> entries;
    for (const Rescale& rescale : rescalesOf(sum, output)) {
        entries.push_back(static_cast<double>(rescale.multiplier));
    }
    return sum.count ? entryOf(std::move(entries), *sum.count, ValueType::Real)
                     : constantOf(entries.front(), ValueType::Real);
}

/// By count, where the sum is divided by one (0 is no count); else one.
std::vector<Rescale> CodeTranslation::rescalesOf(const Value& sum,
                                                 std::optional<float> output) const {
    constexpr int kValues = 0;  // what is scaled counts no grid steps
    const ScaleArithmetic arithmetic =
        integers_ ? ScaleArithmetic::FixedPoint : ScaleArithmetic::Fp32Multiplier;
    if (!sum.count) return {rescaleOf(sum.factors, output.value_or(1.0F), kValues, arithmetic)};
    std::vector<Rescale> rescales(1);
    for (std::uint64_t count = 1; count <= largestCount_; ++count) {
        std::vector<float> factors = sum.factors;
        factors.insert(factors.begin() + static_cast<std::ptrdiff_t>(sum.factorsBeforeCount),
                       1.0F / static_cast<float>(count));
        rescales.push_back(rescaleOf(factors, output.value_or(1.0F), kValues, arithmetic));
    }
    return rescales;
}

ValueId CodeTranslation::applied(const char* function, ValueId first, ValueId second) {
    return add(ApplyStep{findFunction(function), {first, second, 0}});
}

ValueId CodeTranslation::constantOf(double value, ValueType type) {
    return add(ConstantStep{value, type});
}

ValueId CodeTranslation::loaded(const CodeOperand& operand, LoadStep load) {
    auto known = std::find(code_.operands.begin(), code_.operands.end(), operand);
    if (known == code_.operands.end()) known = code_.operands.insert(known, operand);
    load.operand = static_cast<std::uint32_t>(known - code_.operands.begin());
    return add(load);
}

ValueId CodeTranslation::entryOf(std::vector<double> entries, ValueId index, ValueType type) {
    code_.program.tables.push_back(std::move(entries));
    const auto table = static_cast<std::uint32_t>(code_.program.tables.size() - 1);
    return add(LookupStep{table, index, type});
}

ValueId CodeTranslation::asReal(const Value& value) {
    return value.type == ValueType::Integer ? add(RoundStep{value.held}) : value.held;
}

}  // namespace systole::graph
