// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/vector/vector_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "models/check.hpp"
#include "models/numeric/sums/requantize.hpp"
#include "models/overloaded.hpp"

namespace systole::numeric {
namespace {

/// One value of a step; its type says which member counts.
struct Value {
    double real = 0;
    Int128 integer = 0;
};

Int128 applyToIntegers(const Function& function, const Int128* x) {
    if (function.name == "add") return x[0] + x[1];
    if (function.name == "subtract") return x[0] - x[1];
    if (function.name == "multiply") return x[0] * x[1];
    if (function.name == "negate") return -x[0];
    if (function.name == "minimum") return std::min(x[0], x[1]);
    if (function.name == "maximum") return std::max(x[0], x[1]);
    if (function.name == "positive") return std::max<Int128>(x[0], 0);
    SYSTOLE_CHECK(false, "function {} of integers", function.name);
}

/// A reduction in progress.
struct Reduced {
    double sum = 0;
    Int128 integers = 0;
    Value extreme;
    Int128 count = 0;
};

class Run {
public:
    Run(const VectorProgram& program, const VectorSpace& space, std::span<const OperandView> views,
        std::span<const Codec* const> formats, VectorOperands& operands)
        : program_(program),
          plan_(planOf(program)),
          space_(space),
          views_(views),
          formats_(formats),
          operands_(operands),
          index_(space.extents.size(), 0),
          values_(program.steps.size()),
          reduced_(program.steps.size()) {}

    void run() {
        forEachIndex(false, 0, [&] {
            for (const ValueId step : plan_.constants) compute(step);
            for (const VectorPass& pass : plan_.passes) runPass(pass);
        });
    }

private:
    void runPass(const VectorPass& pass) {
        for (const ValueId step : pass.reductions) reduced_[step] = {};
        forEachIndex(true, 0, [&] {
            isInside_ = true;
            for (const ValueId step : pass.element) compute(step);
            if (!isInside_) return;
            for (const ValueId step : pass.reductions) take(step);
        });
        for (const ValueId step : pass.reductions) values_[step] = resultOf(step);
        for (const ValueId step : pass.kept) compute(step);
    }

    /// All indices of the reduced axes, or of the others; ascending, the last axis fastest.
    template <typename Visit>
    void forEachIndex(bool reduced, std::size_t axis, const Visit& visit) {
        while (axis < index_.size() && space_.reduced[axis] != reduced) ++axis;
        if (axis == index_.size()) {
            visit();
            return;
        }
        for (index_[axis] = 0; index_[axis] < space_.extents[axis]; ++index_[axis]) {
            forEachIndex(reduced, axis + 1, visit);
        }
        index_[axis] = 0;
    }

    void compute(ValueId step) {
        std::visit([&](const auto& what) { computeStep(what, values_[step], step); },
                   program_.steps[step]);
    }

    void computeStep(const LoadStep& load, Value& result, ValueId /*step*/) {
        const OperandView& view = views_[load.operand];
        if (!view.contains(index_)) {
            isInside_ = false;
            result = {};
            return;
        }
        const std::int64_t place = view.placeOf(index_);
        if (load.type == ValueType::Real)
            result.real = operands_.real(load.operand, place);
        else
            result.integer = operands_.integer(load.operand, place);
    }
    void computeStep(const ConstantStep& constant, Value& result, ValueId /*step*/) {
        if (constant.type == ValueType::Real)
            result.real = constant.value;
        else
            result.integer = static_cast<Int128>(constant.value);
    }
    void computeStep(const LookupStep& lookup, Value& result, ValueId /*step*/) {
        const auto index = static_cast<std::size_t>(values_[lookup.index].integer);
        result.real = program_.tables.at(lookup.table).at(index);
    }
    void computeStep(const ApplyStep& apply, Value& result, ValueId step) {
        const Function& function = *apply.function;
        if (plan_.types[step] == ValueType::Integer) {
            std::array<Int128, kMostArguments> arguments{};
            for (std::size_t i = 0; i < function.arguments; ++i) {
                arguments[i] = values_[apply.arguments[i]].integer;
            }
            result.integer = applyToIntegers(function, arguments.data());
            return;
        }
        std::array<double, kMostArguments> arguments{};
        for (std::size_t i = 0; i < function.arguments; ++i) {
            arguments[i] = values_[apply.arguments[i]].real;
        }
        result.real = static_cast<float>(function.reference(arguments.data()));
    }
    void computeStep(const ReduceStep& /*reduce*/, Value& /*result*/, ValueId step) {
        SYSTOLE_CHECK(false, "reduction {} among the steps of elements", step);
    }
    void computeStep(const RoundStep& round, Value& result, ValueId /*step*/) {
        result.real = static_cast<float>(values_[round.value].integer);
    }
    void computeStep(const ShiftStep& shift, Value& result, ValueId /*step*/) {
        result.integer = shiftRoundHalfUp(values_[shift.value].integer,
                                          static_cast<std::int32_t>(values_[shift.shift].integer));
    }
    void computeStep(const QuantizeStep& quantize, Value& result, ValueId /*step*/) {
        const Codec& codec = *formats_[quantize.format];
        result.real = codec.decode(codec.encode(storable(real(quantize.value), codec)));
    }
    void computeStep(const StoreStep& store, Value& /*result*/, ValueId /*step*/) {
        const OperandView& view = views_[store.operand];
        operands_.store(store.operand, view.placeOf(index_), real(store.value));
    }

    double real(ValueId value) const {
        return plan_.types[value] == ValueType::Real ? values_[value].real
                                                     : static_cast<double>(values_[value].integer);
    }
    static double storable(double value, const Codec& codec) {
        return std::isnan(value) && !codec.hasNan() ? 0.0 : value;
    }

    void take(ValueId step) {
        const auto& reduce = std::get<ReduceStep>(program_.steps[step]);
        const Value& value = values_[reduce.value];
        Reduced& so = reduced_[step];
        const bool isFirst = so.count == 0;
        ++so.count;
        switch (reduce.kind) {
            case ReduceStep::Kind::Sum:
                so.sum += value.real;
                so.integers += value.integer;
                return;
            case ReduceStep::Kind::Maximum:
            case ReduceStep::Kind::Minimum:
                if (isFirst || replaces(value, so.extreme, reduce)) so.extreme = value;
                return;
            case ReduceStep::Kind::Count:
                return;
        }
        SYSTOLE_CHECK(false, "reduction of kind {}", static_cast<int>(reduce.kind));
    }

    /// NaN stays.
    bool replaces(const Value& value, const Value& held, const ReduceStep& reduce) const {
        const bool largest = reduce.kind == ReduceStep::Kind::Maximum;
        if (plan_.types[reduce.value] == ValueType::Integer) {
            return largest ? value.integer > held.integer : value.integer < held.integer;
        }
        if (std::isnan(held.real)) return false;
        return std::isnan(value.real) ||
               (largest ? value.real > held.real : value.real < held.real);
    }

    Value resultOf(ValueId step) const {
        const auto& reduce = std::get<ReduceStep>(program_.steps[step]);
        const Reduced& so = reduced_[step];
        switch (reduce.kind) {
            case ReduceStep::Kind::Sum:
                return {static_cast<float>(so.sum), so.integers};
            case ReduceStep::Kind::Maximum:
            case ReduceStep::Kind::Minimum:
                SYSTOLE_CHECK(so.count > 0, "step {}: an extreme of nothing", step);
                return so.extreme;
            case ReduceStep::Kind::Count:
                return {0, so.count};
        }
        SYSTOLE_CHECK(false, "reduction of kind {}", static_cast<int>(reduce.kind));
    }

    const VectorProgram& program_;
    VectorPlan plan_;
    const VectorSpace& space_;
    std::span<const OperandView> views_;
    std::span<const Codec* const> formats_;
    VectorOperands& operands_;
    std::vector<std::uint32_t> index_;
    std::vector<Value> values_;
    std::vector<Reduced> reduced_;
    bool isInside_ = true;  ///< whether the element at hand takes part in reductions
};

}  // namespace

std::uint64_t VectorSpace::elements() const {
    return std::accumulate(extents.begin(), extents.end(), std::uint64_t{1}, std::multiplies<>());
}

std::int64_t OperandView::placeOf(std::span<const std::uint32_t> index) const {
    std::int64_t place = origin;
    for (std::size_t axis = 0; axis < strides.size(); ++axis) place += index[axis] * strides[axis];
    for (const BoundedCoordinate& coordinate : bounded) {
        std::int64_t at = coordinate.origin;
        for (std::size_t axis = 0; axis < coordinate.strides.size(); ++axis) {
            at += index[axis] * coordinate.strides[axis];
        }
        place += at * coordinate.pitch;
    }
    return place;
}

bool OperandView::contains(std::span<const std::uint32_t> index) const {
    return std::all_of(bounded.begin(), bounded.end(), [&](const BoundedCoordinate& coordinate) {
        std::int64_t at = coordinate.origin;
        for (std::size_t axis = 0; axis < coordinate.strides.size(); ++axis) {
            at += index[axis] * coordinate.strides[axis];
        }
        return at >= 0 && at < coordinate.limit;
    });
}

void runVectorProgram(const VectorProgram& program, const VectorSpace& space,
                      std::span<const OperandView> views, std::span<const Codec* const> formats,
                      VectorOperands& operands) {
    Run(program, space, views, formats, operands).run();
}

}  // namespace systole::numeric
