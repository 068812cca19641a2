// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/check.hpp"
#include "models/numeric/vector/vector_program.hpp"
#include "models/overloaded.hpp"

namespace systole::numeric {
namespace {

/// The values that a step reads.
std::vector<ValueId> inputsOf(const VectorStep& step) {
    return std::visit(
        Overloaded{[](const LoadStep&) { return std::vector<ValueId>(); },
                   [](const ConstantStep&) { return std::vector<ValueId>(); },
                   [](const LookupStep& lookup) { return std::vector{lookup.index}; },
                   [](const ApplyStep& apply) {
                       const auto* first = apply.arguments.begin();
                       return std::vector<ValueId>(first, first + apply.function->arguments);
                   },
                   [](const ReduceStep& reduce) { return std::vector{reduce.value}; },
                   [](const RoundStep& round) { return std::vector{round.value}; },
                   [](const ShiftStep& shift) {
                       return std::vector{shift.value, shift.shift};
                   },
                   [](const QuantizeStep& quantize) { return std::vector{quantize.value}; },
                   [](const StoreStep& store) { return std::vector{store.value}; }},
        step);
}

bool isReduction(const VectorStep& step) { return std::holds_alternative<ReduceStep>(step); }
bool isStore(const VectorStep& step) { return std::holds_alternative<StoreStep>(step); }

class Planner {
public:
    explicit Planner(const VectorProgram& program) : program_(program) {}

    VectorPlan plan() {
        for (ValueId step = 0; step < program_.steps.size(); ++step) {
            checkOrder(step);
            plan_.types.push_back(typeOf(step));
            plan_.scopes.push_back(scopeOf(step));
            passes_.push_back(passOf(step));
        }
        plan_.passes.resize(1 + *std::max_element(passes_.begin(), passes_.end()));
        for (ValueId step = 0; step < program_.steps.size(); ++step) assign(step);
        for (VectorPass& pass : plan_.passes) addWhatIsNeeded(pass);
        return std::move(plan_);
    }

private:
    void checkOrder(ValueId step) const {
        for (const ValueId input : inputsOf(program_.steps[step])) {
            SYSTOLE_CHECK(input < step && !isStore(program_.steps[input]), "step {} reads {}", step,
                          input);
        }
    }

    ValueType expect(ValueId step, ValueId value, ValueType type) const {
        SYSTOLE_CHECK(plan_.types[value] == type, "step {} reads value {} of another type", step,
                      value);
        return type;
    }

    ValueType typeOf(ValueId step) const {
        return std::visit(
            Overloaded{[](const LoadStep& load) { return load.type; },
                       [](const ConstantStep& constant) { return constant.type; },
                       [&](const LookupStep& lookup) {
                           expect(step, lookup.index, ValueType::Integer);
                           return lookup.type;
                       },
                       [&](const ApplyStep& apply) {
                           const ValueType type = plan_.types[apply.arguments[0]];
                           for (std::size_t i = 1; i < apply.function->arguments; ++i) {
                               expect(step, apply.arguments[i], type);
                           }
                           return type;
                       },
                       [&](const ReduceStep& reduce) {
                           return reduce.kind == ReduceStep::Kind::Count
                                      ? ValueType::Integer
                                      : plan_.types[reduce.value];
                       },
                       [&](const RoundStep& round) {
                           expect(step, round.value, ValueType::Integer);
                           return ValueType::Real;
                       },
                       [&](const ShiftStep& shift) {
                           expect(step, shift.shift, ValueType::Integer);
                           return expect(step, shift.value, ValueType::Integer);
                       },
                       [&](const QuantizeStep& quantize) { return plan_.types[quantize.value]; },
                       [&](const StoreStep& store) { return plan_.types[store.value]; }},
            program_.steps[step]);
    }

    Scope scopeOf(ValueId step) const {
        const VectorStep& what = program_.steps[step];
        if (const auto* load = std::get_if<LoadStep>(&what)) return load->scope;
        const std::vector<ValueId> inputs = inputsOf(what);
        const bool hasElement = std::any_of(inputs.begin(), inputs.end(), [&](ValueId input) {
            return plan_.scopes[input] == Scope::Element;
        });
        if (!isReduction(what)) return hasElement ? Scope::Element : Scope::Kept;
        SYSTOLE_CHECK(hasElement, "step {} reduces a value that is reduced already", step);
        return Scope::Kept;
    }

    /// The first pass that can compute it. What is kept is known after its pass, to the next one.
    std::size_t passOf(ValueId step) const {
        std::size_t pass = 0;
        for (const ValueId input : inputsOf(program_.steps[step])) {
            const bool waits =
                plan_.scopes[step] == Scope::Element || isReduction(program_.steps[step]);
            const bool known = plan_.scopes[input] == Scope::Element || !dependsOnReduction(input);
            pass = std::max(pass, passes_[input] + (waits && !known ? 1 : 0));
        }
        return pass;
    }

    bool dependsOnReduction(ValueId value) const {
        if (isReduction(program_.steps[value])) return true;
        const std::vector<ValueId> inputs = inputsOf(program_.steps[value]);
        return plan_.scopes[value] == Scope::Kept &&
               std::any_of(inputs.begin(), inputs.end(),
                           [&](ValueId input) { return dependsOnReduction(input); });
    }

    void assign(ValueId step) {
        VectorPass& pass = plan_.passes[passes_[step]];
        if (isReduction(program_.steps[step])) {
            pass.reductions.push_back(step);
        } else if (plan_.scopes[step] == Scope::Kept) {
            (dependsOnReduction(step) ? pass.kept : plan_.constants).push_back(step);
        } else if (isStore(program_.steps[step])) {
            pass.element.push_back(step);
        }
    }

    /// Elements that its stores and reductions need, computed anew in every pass.
    void addWhatIsNeeded(VectorPass& pass) const {
        std::vector<bool> needed(program_.steps.size(), false);
        for (const auto* ends : {&pass.element, &pass.reductions}) {
            for (const ValueId step : *ends) needed[step] = true;
        }
        for (ValueId step = static_cast<ValueId>(needed.size()); step-- > 0;) {
            if (!needed[step]) continue;
            for (const ValueId input : inputsOf(program_.steps[step])) {
                if (plan_.scopes[input] == Scope::Element) needed[input] = true;
            }
        }
        pass.element.clear();
        for (ValueId step = 0; step < needed.size(); ++step) {
            if (needed[step] && !isReduction(program_.steps[step])) pass.element.push_back(step);
        }
    }

    const VectorProgram& program_;
    VectorPlan plan_;
    std::vector<std::size_t> passes_;
};

}  // namespace

VectorPlan planOf(const VectorProgram& program) {
    SYSTOLE_CHECK(!program.steps.empty(), "a vector program without steps");
    return Planner(program).plan();
}

namespace {

using Work = ByFunctionClass<std::uint32_t>;

void count(Work& work, FunctionClass which, std::uint32_t times = 1) {
    work[static_cast<std::size_t>(which)] += times;
}

bool isConstant(const VectorStep& step) { return std::holds_alternative<ConstantStep>(step); }

bool isCode(const VectorStep& step) {
    const auto* load = std::get_if<LoadStep>(&step);
    return load != nullptr ? load->isCode : std::holds_alternative<QuantizeStep>(step);
}

void countFunction(const VectorProgram& program, const ApplyStep& apply, Work& work) {
    const Function& function = *apply.function;
    const auto argument = [&](std::size_t i) -> const VectorStep& {
        return program.steps[apply.arguments[i]];
    };
    const bool isBinary = function.arguments == 2;
    if (isBinary && function.costs == FunctionClass::Divide && isConstant(argument(1))) {
        count(work, FunctionClass::Multiply, 2);
    } else if (isBinary && function.costs == FunctionClass::Multiply &&
               (isCode(argument(0)) || isCode(argument(1)))) {
        count(work, FunctionClass::MultiplyCode);
    } else {
        count(work, function.costs);
    }
}

void countReduction(const ReduceStep& reduce, Work& work) {
    if (reduce.kind == ReduceStep::Kind::Count) return;
    count(work, reduce.kind == ReduceStep::Kind::Sum ? FunctionClass::Add : FunctionClass::Compare);
}

}  // namespace

Work workOf(const VectorProgram& program, const VectorPlan& plan,
            const std::vector<ValueId>& steps) {
    Work work{};
    for (const ValueId step : steps) {
        const auto countQuantized = [&] {
            count(work, plan.types[step] == ValueType::Integer ? FunctionClass::Compare
                                                               : FunctionClass::Convert);
        };
        std::visit(
            Overloaded{[](const LoadStep&) {}, [](const ConstantStep&) {}, [](const LookupStep&) {},
                       [&](const ApplyStep& apply) { countFunction(program, apply, work); },
                       [&](const ReduceStep& reduce) { countReduction(reduce, work); },
                       [&](const RoundStep&) { count(work, FunctionClass::Convert); },
                       [&](const ShiftStep&) { count(work, FunctionClass::Convert); },
                       [&](const QuantizeStep&) { countQuantized(); },
                       [&](const StoreStep&) { countQuantized(); }},
            program.steps[step]);
    }
    return work;
}

}  // namespace systole::numeric
