// SPDX-License-Identifier: Apache-2.0
// What a program does between its sums and its store: whether fixed point can do it.
#include <algorithm>
#include <cmath>

#include "models/check.hpp"
#include "sim/graph/code_translation.hpp"
#include "sim/graph/rescale.hpp"

namespace systole::graph {

using namespace numeric;

namespace {

bool isFunction(const VectorStep& step, std::string_view name) {
    const auto* apply = std::get_if<ApplyStep>(&step);
    return apply != nullptr && apply->function->name == name;
}

}  // namespace

bool CodeTranslation::isScale(float factor) { return factor > 0 && std::isnormal(factor); }

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

}  // namespace systole::graph
