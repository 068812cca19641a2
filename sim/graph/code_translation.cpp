// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/code_translation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/check.hpp"
#include "sim/graph/rescale.hpp"

namespace systole::graph {

using namespace numeric;

namespace {

bool isFunction(const VectorStep& step, std::string_view name) {
    const auto* apply = std::get_if<ApplyStep>(&step);
    return apply != nullptr && apply->function->name == name;
}

/// A number that a scale can be multiplied with.
bool isScale(float factor) { return factor > 0 && std::isnormal(factor); }

}  // namespace

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

/// Of a step that multiplies or divides by a constant or a count: what it scales.
std::optional<ValueId> CodeTranslation::scaledBy(const VectorStep& step) const {
    const auto isConstant = [&](ValueId value) {
        const auto* constant = std::get_if<ConstantStep>(&source_.steps[value]);
        return constant != nullptr && constant->type == ValueType::Real &&
               isScale(static_cast<float>(constant->value));
    };
    const auto isCount = [&](ValueId value) {
        const auto* round = std::get_if<RoundStep>(&source_.steps[value]);
        if (round == nullptr) return false;
        const auto* reduce = std::get_if<ReduceStep>(&source_.steps[round->value]);
        return reduce != nullptr && reduce->kind == ReduceStep::Kind::Count;
    };
    const bool divides = isFunction(step, "divide");
    if (!divides && !isFunction(step, "multiply")) return std::nullopt;
    const auto& [first, second, third] = std::get<ApplyStep>(step).arguments;
    if (isConstant(second) || (divides && isCount(second))) return first;
    if (!divides && isConstant(first)) return second;
    return std::nullopt;
}

/// Back from the store, as long as nothing but `positive` and scaling comes between.
void CodeTranslation::findWay() {
    const auto isStore = [](const VectorStep& step) {
        return std::holds_alternative<StoreStep>(step);
    };
    const auto store = std::find_if(source_.steps.begin(), source_.steps.end(), isStore);
    SYSTOLE_CHECK(store != source_.steps.end(), "a program without a store");
    std::optional<ValueId> next = std::get<StoreStep>(*store).value;
    while (next) {
        onWay_[*next] = true;
        const VectorStep& step = source_.steps[*next];
        next = isFunction(step, "positive")
                   ? std::optional(std::get<ApplyStep>(step).arguments.front())
                   : scaledBy(step);
    }
}

bool CodeTranslation::isAddition() const {
    const auto fits = [&](const VectorStep& step) {
        const auto* load = std::get_if<LoadStep>(&step);
        if (load != nullptr) {
            const TranslatedOperand& operand = operands_.at(load->operand);
            return operand.scale && (!operand.made || operand.type == ValueType::Integer);
        }
        return isFunction(step, "add") || isFunction(step, "subtract") ||
               isFunction(step, "positive") || std::holds_alternative<StoreStep>(step);
    };
    const auto adds = [](const VectorStep& step) {
        return isFunction(step, "add") || isFunction(step, "subtract");
    };
    return std::all_of(source_.steps.begin(), source_.steps.end(), fits) &&
           std::any_of(source_.steps.begin(), source_.steps.end(), adds);
}

/// The way begins with a sum: of the array, or of codes that are loaded.
bool CodeTranslation::isScaledSum() const {
    const auto begin = std::find(onWay_.begin(), onWay_.end(), true);
    const VectorStep& step = source_.steps.at(static_cast<std::size_t>(begin - onWay_.begin()));
    const auto loadOf = [&](const VectorStep& what) -> const TranslatedOperand* {
        const auto* load = std::get_if<LoadStep>(&what);
        return load == nullptr ? nullptr : &operands_.at(load->operand);
    };
    if (const TranslatedOperand* operand = loadOf(step)) {
        return operand->operand.source == CodeOperand::Source::Sum &&
               operand->type == ValueType::Integer;
    }
    const auto* reduce = std::get_if<ReduceStep>(&step);
    if (reduce == nullptr || reduce->kind != ReduceStep::Kind::Sum) return false;
    const TranslatedOperand* operand = loadOf(source_.steps[reduce->value]);
    return operand != nullptr && operand->scale.has_value();
}

bool CodeTranslation::fitsIntegers() const {
    return outputScale_.has_value() && (isAddition() || isScaledSum());
}

void CodeTranslation::chooseCommonScales() {
    if (!isAddition()) return;
    std::vector<float> scales;
    for (const VectorStep& step : source_.steps) {
        const auto* load = std::get_if<LoadStep>(&step);
        if (load != nullptr) scales.push_back(*operands_.at(load->operand).scale);
    }
    const std::vector<FixedPointScale> common = commonScales(scales, *outputScale_);
    for (std::size_t i = 0; i < scales.size(); ++i) common_[scales[i]] = common[i];
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
    if (!operand.made) value.held = loaded(operand.operand, value.type, load.scope);
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
        if (sum.ofArray) return loaded({.source = source}, ValueType::Integer);
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
        return loaded({.source = CodeOperand::Source::Multiplier}, ValueType::Real);
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

ValueId CodeTranslation::loaded(const CodeOperand& operand, ValueType type, Scope scope) {
    auto known = std::find(code_.operands.begin(), code_.operands.end(), operand);
    if (known == code_.operands.end()) known = code_.operands.insert(known, operand);
    return add(LoadStep{static_cast<std::uint32_t>(known - code_.operands.begin()), type, scope});
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
