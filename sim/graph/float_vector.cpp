// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/float_vector.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::graph {

using namespace numeric;

namespace {

class FloatOperands final : public VectorOperands {
public:
    FloatOperands(std::span<const std::span<const float>> inputs, std::span<float> output,
                  bool inPlace)
        : inputs_(inputs), output_(output), inPlace_(inPlace) {}

    void load(std::uint32_t operand, const ElementRow& row, std::span<double> values) override {
        const float* source = inputs_[operand].data() + row.place;
        if (row.stride == 1) {
            std::copy_n(source, values.size(), values.begin());
            return;
        }
        if (row.stride == 0) {
            std::fill(values.begin(), values.end(), static_cast<double>(*source));
            return;
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = static_cast<double>(source[static_cast<std::int64_t>(i) * row.stride]);
        }
    }
    void load(std::uint32_t operand, const ElementRow& /*row*/,
              std::span<Int128> /*values*/) override {
        SYSTOLE_CHECK(false, "operand {} of binary32 is loaded as integers", operand);
    }
    void store(std::uint32_t /*operand*/, const ElementRow& row,
               std::span<const double> values) override {
        float* target = output_.data() + row.place;
        for (std::size_t i = 0; i < values.size(); ++i) {
            target[static_cast<std::int64_t>(i) * row.stride] = static_cast<float>(values[i]);
        }
    }
    bool isConstant(std::uint32_t operand) const override {
        return operand < inputs_.size() && !inPlace_;
    }

private:
    std::span<const std::span<const float>> inputs_;
    std::span<float> output_;
    bool inPlace_;
};

/// Whether an axis and the one after it are one to this operand.
bool isJoint(const OperandView& view, std::size_t axis, std::int64_t extent) {
    const auto joint = [&](const std::vector<std::int64_t>& strides) {
        return strides[axis] == strides[axis + 1] * extent;
    };
    return joint(view.strides) &&
           std::all_of(view.bounded.begin(), view.bounded.end(),
                       [&](const BoundedCoordinate& each) { return joint(each.strides); });
}

}  // namespace

void joinAxes(VectorSpace& space, std::vector<OperandView>& views) {
    for (std::size_t axis = space.extents.size() - 1; axis-- > 0;) {
        const std::int64_t extent = space.extents[axis + 1];
        const bool joint = space.reduced[axis] == space.reduced[axis + 1] &&
                           std::all_of(views.begin(), views.end(), [&](const OperandView& view) {
                               return isJoint(view, axis, extent);
                           });
        if (!joint) continue;
        const auto at = static_cast<std::ptrdiff_t>(axis);
        space.extents[axis + 1] *= space.extents[axis];
        space.extents.erase(space.extents.begin() + at);
        space.reduced.erase(space.reduced.begin() + at);
        for (OperandView& view : views) {
            view.strides.erase(view.strides.begin() + at);
            for (BoundedCoordinate& each : view.bounded) {
                each.strides.erase(each.strides.begin() + at);
            }
        }
    }
}

bool isIdentity(const VectorProgram& program) {
    return program.steps.size() == 2 && std::holds_alternative<LoadStep>(program.steps[0]) &&
           std::holds_alternative<StoreStep>(program.steps[1]);
}

void runFloatProgram(const VectorProgram& program, VectorSpace space,
                     std::vector<OperandView> views, std::span<const std::span<const float>> inputs,
                     std::span<float> output) {
    joinAxes(space, views);
    FloatOperands operands(inputs, output, false);
    runVectorProgram(program, space, views, {}, operands);
}

void runFloatEpilogue(const VectorProgram& epilogue, std::span<float> values) {
    if (isIdentity(epilogue)) return;
    const VectorSpace space{{static_cast<std::uint32_t>(values.size())}, {false}};
    const std::vector<OperandView> views(2, OperandView{0, {1}});
    const std::span<const float> sums(values);
    FloatOperands operands(std::span(&sums, 1), values, true);
    runVectorProgram(epilogue, space, views, {}, operands);
}

}  // namespace systole::graph
