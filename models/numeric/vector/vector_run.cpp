// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/vector/vector_run.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "models/check.hpp"
#include "models/numeric/sums/requantize.hpp"

namespace systole::numeric {
namespace {

/// What a step has for a block of elements; its type says which member counts.
struct Values {
    std::vector<double> reals;
    std::vector<Int128> integers;
};

/// The row that a load has read last.
struct KeptRow {
    std::int64_t place = -1;
    std::size_t count = 0;

    bool operator==(const KeptRow&) const = default;
};

/// A reduction in progress, of a block of elements that all have seen as many indices.
struct Reduced {
    std::vector<double> reals;
    std::vector<Int128> integers;
    Int128 count = 0;
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

class Run {
public:
    Run(const VectorProgram& program, const VectorSpace& space, std::span<const OperandView> views,
        std::span<const Codec* const> formats, VectorOperands& operands, std::size_t block)
        : program_(program),
          plan_(planOf(program)),
          space_(space),
          views_(views),
          formats_(formats),
          operands_(operands),
          last_(space.extents.size() - 1),
          block_(std::min<std::size_t>(block, space.extents[last_])),
          index_(space.extents.size(), 0),
          values_(program.steps.size()),
          kept_(program.steps.size()),
          reduced_(program.steps.size()) {
        const bool uniform = std::all_of(views.begin(), views.end(), [&](const OperandView& view) {
            return view.isUniformAlong(last_);
        });
        if (!uniform) block_ = 1;
        for (ValueId step = 0; step < values_.size(); ++step) {
            const bool isReal = plan_.types[step] == ValueType::Real;
            (isReal ? values_[step].reals.resize(block_) : values_[step].integers.resize(block_));
            reduced_[step].reals.resize(block_);
            reduced_[step].integers.resize(block_);
        }
    }

    void run() {
        forEachBlock(false, 0, [&] {
            count_ = space_.reduced[last_] ? block_ : blockCount_;
            for (const ValueId step : plan_.constants) compute(step);
            for (const VectorPass& pass : plan_.passes) runPass(pass);
        });
    }

private:
    void runPass(const VectorPass& pass) {
        const std::size_t kept = count_;
        for (const ValueId step : pass.reductions) {
            std::fill(reduced_[step].reals.begin(), reduced_[step].reals.end(), 0.0);
            std::fill(reduced_[step].integers.begin(), reduced_[step].integers.end(), Int128{0});
            reduced_[step].count = 0;
        }
        forEachBlock(true, 0, [&] {
            if (space_.reduced[last_]) count_ = blockCount_;
            isInside_ = true;
            for (const ValueId step : pass.element) compute(step);
            if (!isInside_) return;
            for (const ValueId step : pass.reductions) take(step);
        });
        count_ = kept;
        for (const ValueId step : pass.reductions) finish(step);
        for (const ValueId step : pass.kept) compute(step);
    }

    /// All indices of the reduced axes, or of the others; ascending, the last axis fastest and in
    /// blocks.
    template <typename Visit>
    void forEachBlock(bool reduced, std::size_t axis, const Visit& visit) {
        while (axis < index_.size() && space_.reduced[axis] != reduced) ++axis;
        if (axis == index_.size()) {
            visit();
            return;
        }
        const auto step = static_cast<std::uint32_t>(axis == last_ ? block_ : 1);
        const std::uint32_t extent = space_.extents[axis];
        for (std::uint32_t at = 0; at < extent; at += step) {
            index_[axis] = at;
            if (axis == last_) blockCount_ = std::min(step, extent - at);
            forEachBlock(reduced, axis + 1, visit);
        }
        index_[axis] = 0;
    }

    void compute(ValueId step) {
        std::visit([&](const auto& what) { computeStep(what, step); }, program_.steps[step]);
    }

    std::span<double> reals(ValueId step) { return std::span(values_[step].reals).first(count_); }
    std::span<Int128> integers(ValueId step) {
        return std::span(values_[step].integers).first(count_);
    }

    void computeStep(const LoadStep& load, ValueId step) {
        const OperandView& view = views_[load.operand];
        if (!view.contains(index_)) {
            isInside_ = false;
            return;
        }
        const ElementRow row = rowOf(view);
        const KeptRow kept{row.place, count_};
        if (kept_[step] == kept && operands_.isConstant(load.operand)) return;
        kept_[step] = kept;
        if (load.type == ValueType::Real) {
            operands_.load(load.operand, row, reals(step));
        } else {
            operands_.load(load.operand, row, integers(step));
        }
    }
    void computeStep(const ConstantStep& constant, ValueId step) {
        if (constant.type == ValueType::Real) {
            std::fill_n(values_[step].reals.begin(), count_, constant.value);
        } else {
            std::fill_n(values_[step].integers.begin(), count_,
                        static_cast<Int128>(constant.value));
        }
    }
    void computeStep(const LookupStep& lookup, ValueId step) {
        const std::vector<double>& table = program_.tables.at(lookup.table);
        const std::span<const Int128> index = integers(lookup.index);
        for (std::size_t i = 0; i < count_; ++i) {
            const double entry = table.at(static_cast<std::size_t>(index[i]));
            if (lookup.type == ValueType::Real) {
                values_[step].reals[i] = entry;
            } else {
                values_[step].integers[i] = static_cast<Int128>(entry);
            }
        }
    }
    void computeStep(const ApplyStep& apply, ValueId step) {
        const Function& function = *apply.function;
        if (plan_.types[step] == ValueType::Integer) {
            applyToBlock(apply, step);
            return;
        }
        std::array<const double*, kMostArguments> arguments{};
        for (std::size_t i = 0; i < function.arguments; ++i) {
            arguments[i] = values_[apply.arguments[i]].reals.data();
        }
        function.compute(arguments.data(), count_, values_[step].reals.data());
    }
    void applyToBlock(const ApplyStep& apply, ValueId step) {
        const std::span<Int128> results = integers(step);
        for (std::size_t i = 0; i < count_; ++i) {
            std::array<Int128, kMostArguments> arguments{};
            for (std::size_t a = 0; a < apply.function->arguments; ++a) {
                arguments[a] = values_[apply.arguments[a]].integers[i];
            }
            results[i] = applyToIntegers(*apply.function, arguments.data());
        }
    }
    void computeStep(const ReduceStep& /*reduce*/, ValueId step) {
        SYSTOLE_CHECK(false, "reduction {} among the steps of elements", step);
    }
    void computeStep(const RoundStep& round, ValueId step) {
        const std::span<const Int128> from = integers(round.value);
        std::transform(from.begin(), from.end(), reals(step).begin(),
                       [](Int128 value) { return static_cast<double>(static_cast<float>(value)); });
    }
    void computeStep(const ShiftStep& shift, ValueId step) {
        const std::span<const Int128> from = integers(shift.value);
        std::transform(from.begin(), from.end(), integers(shift.shift).begin(),
                       integers(step).begin(), [](Int128 value, Int128 by) {
                           return shiftRoundHalfUp(value, static_cast<std::int32_t>(by));
                       });
    }
    void computeStep(const QuantizeStep& quantize, ValueId step) {
        const Codec& codec = *formats_[quantize.format];
        const std::span<const double> from = asReals(quantize.value);
        for (std::size_t i = 0; i < count_; ++i) {
            const Code code = encodeOrZero(from[i], codec);
            if (plan_.types[step] == ValueType::Real) {
                values_[step].reals[i] = codec.decode(code);
            } else {
                values_[step].integers[i] = codec.gridSteps(code);
            }
        }
    }
    void computeStep(const StoreStep& store, ValueId /*step*/) {
        operands_.store(store.operand, rowOf(views_[store.operand]), asReals(store.value));
    }

    ElementRow rowOf(const OperandView& view) const {
        return {view.placeOf(index_), view.strideOf(last_), index_};
    }

    std::span<const double> asReals(ValueId value) {
        if (plan_.types[value] == ValueType::Real) return reals(value);
        const std::span<const Int128> from = integers(value);
        converted_.resize(block_);
        std::transform(from.begin(), from.end(), converted_.begin(),
                       [](Int128 each) { return static_cast<double>(each); });
        return std::span(converted_).first(count_);
    }

    /// Where the last axis is reduced, a block goes into one sum, element by element.
    void take(ValueId step) {
        const auto& reduce = std::get<ReduceStep>(program_.steps[step]);
        Reduced& so = reduced_[step];
        const std::size_t each = space_.reduced[last_] ? 1 : count_;
        for (std::size_t from = 0; from < count_; from += each) {
            if (plan_.types[reduce.value] == ValueType::Real) {
                takeBlock(reduce.kind, &values_[reduce.value].reals[from], each, so.count == 0,
                          so.reals.data());
            } else {
                takeBlock(reduce.kind, &values_[reduce.value].integers[from], each, so.count == 0,
                          so.integers.data());
            }
            ++so.count;
        }
    }

    template <typename T>
    static void takeBlock(ReduceStep::Kind kind, const T* values, std::size_t count, bool isFirst,
                          T* held) {
        switch (kind) {
            case ReduceStep::Kind::Sum:
                for (std::size_t i = 0; i < count; ++i) held[i] += values[i];
                return;
            case ReduceStep::Kind::Maximum:
                for (std::size_t i = 0; i < count; ++i) {
                    held[i] = isFirst || replaces(values[i], held[i]) ? values[i] : held[i];
                }
                return;
            case ReduceStep::Kind::Minimum:
                for (std::size_t i = 0; i < count; ++i) {
                    held[i] = isFirst || replaces(-values[i], -held[i]) ? values[i] : held[i];
                }
                return;
            case ReduceStep::Kind::Count:
                return;
        }
    }

    static bool replaces(Int128 value, Int128 held) { return value > held; }
    /// NaN stays. Not `value > held`, so that NaN replaces numbers; without branches.
    static bool replaces(double value, double held) {
        const bool isNumber = held == held;  // NOLINT(misc-redundant-expression)
        return static_cast<bool>(static_cast<int>(!(value <= held)) & static_cast<int>(isNumber));
    }

    void finish(ValueId step) {
        const auto& reduce = std::get<ReduceStep>(program_.steps[step]);
        Reduced& so = reduced_[step];
        if (space_.reduced[last_]) {  // one result for the whole row
            std::fill(so.reals.begin(), so.reals.end(), so.reals.front());
            std::fill(so.integers.begin(), so.integers.end(), so.integers.front());
        }
        if (reduce.kind == ReduceStep::Kind::Count) {
            std::fill_n(values_[step].integers.begin(), count_, so.count);
            return;
        }
        SYSTOLE_CHECK(so.count > 0 || reduce.kind == ReduceStep::Kind::Sum,
                      "step {}: an extreme of nothing", step);
        if (plan_.types[step] == ValueType::Integer) {
            std::copy_n(so.integers.begin(), count_, values_[step].integers.begin());
        } else if (reduce.kind == ReduceStep::Kind::Sum) {
            std::transform(so.reals.begin(), so.reals.begin() + static_cast<std::ptrdiff_t>(count_),
                           values_[step].reals.begin(),
                           [](double sum) { return static_cast<double>(static_cast<float>(sum)); });
        } else {
            std::copy_n(so.reals.begin(), count_, values_[step].reals.begin());
        }
    }

    const VectorProgram& program_;
    VectorPlan plan_;
    const VectorSpace& space_;
    std::span<const OperandView> views_;
    std::span<const Codec* const> formats_;
    VectorOperands& operands_;
    std::size_t last_;   ///< axis
    std::size_t block_;  ///< elements of the last axis at a time
    std::vector<std::uint32_t> index_;
    std::vector<Values> values_;
    std::vector<KeptRow> kept_;     ///< by step
    std::vector<Reduced> reduced_;  ///< by step
    std::vector<double> converted_;
    std::size_t blockCount_ = 0;  ///< of the last axis, from the index on
    std::size_t count_ = 0;       ///< elements that a step computes
    bool isInside_ = true;        ///< whether the elements at hand take part in reductions
};

}  // namespace

std::uint64_t VectorSpace::elements() const {
    return std::accumulate(extents.begin(), extents.end(), std::uint64_t{1}, std::multiplies<>());
}

namespace {

std::int64_t coordinateAt(const BoundedCoordinate& coordinate,
                          std::span<const std::uint32_t> index) {
    std::int64_t at = coordinate.origin;
    for (std::size_t axis = 0; axis < coordinate.strides.size(); ++axis) {
        at += index[axis] * coordinate.strides[axis];
    }
    return at;
}

}  // namespace

std::int64_t OperandView::placeOf(std::span<const std::uint32_t> index) const {
    std::int64_t place = origin;
    for (std::size_t axis = 0; axis < strides.size(); ++axis) place += index[axis] * strides[axis];
    for (const BoundedCoordinate& coordinate : bounded) {
        place += coordinateAt(coordinate, index) * coordinate.pitch;
    }
    return place;
}

bool OperandView::contains(std::span<const std::uint32_t> index) const {
    return std::all_of(bounded.begin(), bounded.end(), [&](const BoundedCoordinate& coordinate) {
        const std::int64_t at = coordinateAt(coordinate, index);
        return at >= 0 && at < coordinate.limit;
    });
}

std::int64_t OperandView::strideOf(std::size_t axis) const {
    std::int64_t stride = strides[axis];
    for (const BoundedCoordinate& coordinate : bounded) {
        stride += coordinate.strides[axis] * coordinate.pitch;
    }
    return stride;
}

bool OperandView::isUniformAlong(std::size_t axis) const {
    return std::all_of(bounded.begin(), bounded.end(), [&](const BoundedCoordinate& coordinate) {
        return coordinate.strides[axis] == 0;
    });
}

Code encodeOrZero(double value, const Codec& codec) {
    return codec.encode(std::isnan(value) && !codec.hasNan() ? 0.0 : value);
}

void runVectorProgram(const VectorProgram& program, const VectorSpace& space,
                      std::span<const OperandView> views, std::span<const Codec* const> formats,
                      VectorOperands& operands, std::size_t block) {
    SYSTOLE_CHECK(!space.extents.empty() && space.extents.size() == space.reduced.size(),
                  "a space of {} axes", space.extents.size());
    Run(program, space, views, formats, operands, block).run();
}

}  // namespace systole::numeric
