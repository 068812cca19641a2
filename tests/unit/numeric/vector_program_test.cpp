// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "models/check.hpp"
#include "models/numeric/sums/requantize.hpp"
#include "models/numeric/vector/vector_run.hpp"

namespace systole::numeric {
namespace {

using testing::ElementsAre;

ApplyStep apply(const char* name, ValueId first, ValueId second = 0, ValueId third = 0) {
    return {findFunction(name), {first, second, third}};
}

/// Operands that are plain arrays.
class Arrays final : public VectorOperands {
public:
    std::vector<std::vector<double>> reals = std::vector<std::vector<double>>(6);
    std::vector<std::vector<Int128>> integers = std::vector<std::vector<Int128>>(6);
    std::uint64_t loads = 0;

    void load(std::uint32_t operand, const ElementRow& row, std::span<double> values) override {
        loads += values.size();
        read(reals.at(operand), row, values);
    }
    void load(std::uint32_t operand, const ElementRow& row, std::span<Int128> values) override {
        read(integers.at(operand), row, values);
    }
    void store(std::uint32_t operand, const ElementRow& row,
               std::span<const double> values) override {
        std::int64_t place = row.place;
        for (const double value : values) {
            reals.at(operand).at(static_cast<std::size_t>(place)) = value;
            place += row.stride;
        }
    }

private:
    template <typename T>
    static void read(const std::vector<T>& from, const ElementRow& row, std::span<T> values) {
        std::int64_t place = row.place;
        for (T& value : values) {
            value = from.at(static_cast<std::size_t>(place));
            place += row.stride;
        }
    }
};

Codec codecOf(const char* name) { return Codec(*findFormat(name)); }

VectorProgram softmax() {
    VectorProgram program;
    const ValueId x = program.add(LoadStep{0});
    const ValueId largest = program.add(ReduceStep{ReduceStep::Kind::Maximum, x});
    const ValueId below = program.add(apply("subtract", x, largest));
    const ValueId e = program.add(apply("exponential", below));
    const ValueId sum = program.add(ReduceStep{ReduceStep::Kind::Sum, e});
    const ValueId share = program.add(apply("divide", e, sum));
    program.add(StoreStep{1, share});
    return program;
}

TEST(VectorPlanTest, SoftmaxHasThreePassesThatComputeAgainWhatTheyNeed) {
    const VectorPlan plan = planOf(softmax());
    ASSERT_EQ(plan.passes.size(), 3U);
    EXPECT_THAT(plan.passes[0].element, ElementsAre(0));
    EXPECT_THAT(plan.passes[1].element, ElementsAre(0, 2, 3));
    EXPECT_THAT(plan.passes[2].element, ElementsAre(0, 2, 3, 5, 6));
    EXPECT_THAT(plan.passes[0].reductions, ElementsAre(1));
}

TEST(VectorPlanTest, CountsTheCircuitsThatAPassNeeds) {
    VectorProgram program = softmax();
    const VectorPlan plan = planOf(program);
    const auto of = [&](const std::vector<ValueId>& steps, FunctionClass which) {
        return workOf(program, planOf(program), steps)[static_cast<std::size_t>(which)];
    };
    EXPECT_EQ(of(plan.passes[2].element, FunctionClass::Add), 1U);
    EXPECT_EQ(of(plan.passes[2].element, FunctionClass::Transcendental), 1U);
    EXPECT_EQ(of(plan.passes[2].element, FunctionClass::Divide), 1U);
    EXPECT_EQ(of(plan.passes[2].element, FunctionClass::Convert), 1U) << "the store";
    EXPECT_EQ(of(plan.passes[0].reductions, FunctionClass::Compare), 1U);
    EXPECT_EQ(of(plan.passes[1].reductions, FunctionClass::Add), 1U);
    // By a constant: both halves of its reciprocal.
    const ValueId two = program.add(ConstantStep{2.0});
    const ValueId half = program.add(apply("divide", 5, two));
    EXPECT_EQ(of({half}, FunctionClass::Divide), 0U);
    EXPECT_EQ(of({half}, FunctionClass::Multiply), 2U);
    EXPECT_EQ(of({half}, FunctionClass::Add), 0U);
}

TEST(VectorPlanTest, ProductsWithCodesAreNarrow) {
    VectorProgram program;
    const ValueId scale = program.add(ConstantStep{0.5});
    const ValueId code = program.add(LoadStep{.operand = 0, .isCode = true});
    const ValueId real = program.add(LoadStep{1});
    const ValueId quantized = program.add(QuantizeStep{real, 0});
    const auto isNarrow = [&](ValueId left, ValueId right) {
        const ValueId product = program.add(apply("multiply", left, right));
        const auto work = workOf(program, planOf(program), {product});
        EXPECT_EQ(std::accumulate(work.begin(), work.end(), 0U), 1U);
        return work[static_cast<std::size_t>(FunctionClass::MultiplyCode)] == 1;
    };
    EXPECT_TRUE(isNarrow(code, scale));
    EXPECT_TRUE(isNarrow(scale, code));
    EXPECT_TRUE(isNarrow(quantized, real));
    EXPECT_FALSE(isNarrow(real, scale));
    EXPECT_FALSE(isNarrow(program.add(apply("add", code, code)), scale)) << "a sum has more bits";
}

TEST(VectorPlanTest, IntegersAreOnlyHeldWithinTheRangeOfACode) {
    const auto work = [](ValueType type) {
        VectorProgram program;
        const ValueId x = program.add(LoadStep{0, type});
        const ValueId code = program.add(QuantizeStep{x, 0});
        const ValueId store = program.add(StoreStep{1, code});
        return workOf(program, planOf(program), {x, code, store});
    };
    const auto compare = static_cast<std::size_t>(FunctionClass::Compare);
    const auto convert = static_cast<std::size_t>(FunctionClass::Convert);
    EXPECT_EQ(work(ValueType::Integer)[compare], 2U);
    EXPECT_EQ(work(ValueType::Integer)[convert], 0U);
    EXPECT_EQ(work(ValueType::Real)[compare], 0U);
    EXPECT_EQ(work(ValueType::Real)[convert], 2U);
}

TEST(VectorPlanTest, WhatIsReducedCannotBeReducedAgain) {
    VectorProgram program;
    const ValueId x = program.add(LoadStep{0});
    const ValueId sum = program.add(ReduceStep{ReduceStep::Kind::Sum, x});
    program.add(ReduceStep{ReduceStep::Kind::Sum, sum});
    EXPECT_THROW(planOf(program), InvariantError);
}

TEST(VectorPlanTest, AStepReadsOnlyWhatWasComputedBefore) {
    VectorProgram program;
    program.add(apply("negate", 0));
    EXPECT_THROW(planOf(program), InvariantError);
}

TEST(VectorPlanTest, IntegersAndRealsDoNotMix) {
    VectorProgram program;
    const ValueId x = program.add(LoadStep{0, ValueType::Integer});
    const ValueId one = program.add(ConstantStep{1.0});
    program.add(apply("add", x, one));
    EXPECT_THROW(planOf(program), InvariantError);
}

TEST(VectorRunTest, SoftmaxOfRows) {
    Arrays memory;
    memory.reals[0] = {0, 0, std::log(2.0), 1e30, 1e30, -1e30};
    memory.reals[1].resize(6);
    const VectorSpace space{{2, 3}, {false, true}};
    const std::vector<OperandView> views{{0, {3, 1}}, {0, {3, 1}}};
    runVectorProgram(softmax(), space, views, {}, memory);
    EXPECT_THAT(memory.reals[1], ElementsAre(0.25F, 0.25F, 0.5F, 0.5F, 0.5F, 0.0F));
    EXPECT_EQ(memory.loads, 18U);  // three passes
}

TEST(VectorRunTest, LayerNormalizationOfOneRow) {
    VectorProgram program;
    const ValueId x = program.add(LoadStep{0});
    const ValueId share = program.add(ConstantStep{0.25});
    const ValueId sum = program.add(ReduceStep{ReduceStep::Kind::Sum, x});
    const ValueId mean = program.add(apply("multiply", sum, share));
    const ValueId centred = program.add(apply("subtract", x, mean));
    const ValueId square = program.add(apply("multiply", centred, centred));
    const ValueId squares = program.add(ReduceStep{ReduceStep::Kind::Sum, square});
    const ValueId variance = program.add(apply("multiply", squares, share));
    const ValueId deviation = program.add(apply("square_root", variance));
    const ValueId normal = program.add(apply("divide", centred, deviation));
    const ValueId gain = program.add(LoadStep{1});
    program.add(StoreStep{2, program.add(apply("multiply", normal, gain))});
    Arrays memory;
    memory.reals[0] = {1, 3, 1, 3};
    memory.reals[1] = {1, 2, 3, 4};
    memory.reals[2].resize(4);
    const std::vector<OperandView> views{{0, {1}}, {0, {1}}, {0, {1}}};
    runVectorProgram(program, {{4}, {true}}, views, {}, memory);
    EXPECT_THAT(memory.reals[2], ElementsAre(-1, 2, -3, 4));
    EXPECT_EQ(planOf(program).passes.size(), 3U);
}

/// Columns through a window of three with stride two and a pad of one, over an image of four.
std::vector<OperandView> windowOfThree() {
    return {{0, {0, 0}, {{-1, {2, 1}, 4, 1}}}, {0, {1, 0}}};
}

TEST(VectorRunTest, WindowsLeaveOutWhatIsOutside) {
    VectorProgram program;
    const ValueId x = program.add(LoadStep{0});
    const ValueId largest = program.add(ReduceStep{ReduceStep::Kind::Maximum, x});
    program.add(StoreStep{1, largest});
    Arrays memory;
    memory.reals[0] = {-3, -2, -4, -1};
    memory.reals[1].resize(2);
    runVectorProgram(program, {{2, 3}, {false, true}}, windowOfThree(), {}, memory);
    EXPECT_THAT(memory.reals[1], ElementsAre(-2, -1));
}

TEST(VectorRunTest, AveragesDivideByTheTapsInside) {
    VectorProgram program;
    program.tables.push_back({0, 1, 0.5, 0.25});
    const ValueId x = program.add(LoadStep{0});
    const ValueId sum = program.add(ReduceStep{ReduceStep::Kind::Sum, x});
    const ValueId taps = program.add(ReduceStep{ReduceStep::Kind::Count, x});
    const ValueId share = program.add(LookupStep{0, taps});
    program.add(StoreStep{1, program.add(apply("multiply", sum, share))});
    Arrays memory;
    memory.reals[0] = {2, 4, 8, 16};
    memory.reals[1].resize(2);
    runVectorProgram(program, {{2, 3}, {false, true}}, windowOfThree(), {}, memory);
    EXPECT_THAT(memory.reals[1], ElementsAre(3, 7));
}

TEST(VectorRunTest, NanIsZeroInAFormatThatHasNone) {
    const Codec int8 = codecOf("int8");
    const Codec e4m3 = codecOf("e4m3");
    const std::vector<const Codec*> formats{&int8, &e4m3};
    VectorProgram program;
    const ValueId x = program.add(LoadStep{0});
    program.add(StoreStep{1, program.add(QuantizeStep{x, 0})});
    program.add(StoreStep{2, program.add(QuantizeStep{x, 1})});
    Arrays memory;
    memory.reals[0] = {std::numeric_limits<double>::quiet_NaN(), 300, 1.06};
    memory.reals[1].resize(3);
    memory.reals[2].resize(3);
    const std::vector<OperandView> views(3, {0, {1}});
    runVectorProgram(program, {{3}, {false}}, views, formats, memory);
    EXPECT_THAT(memory.reals[1], ElementsAre(0, 127, 1));
    EXPECT_TRUE(std::isnan(memory.reals[2][0]));
    EXPECT_EQ(memory.reals[2][2], 1.0);
}

/// A space of three axes with windows along two of them, any of which may be reduced.
struct RandomRun {
    explicit RandomRun(std::uint64_t seed) : random(seed) {
        for (std::size_t axis = 0; axis < 3; ++axis) {
            space.extents.push_back(static_cast<std::uint32_t>(1 + random() % 9));
            space.reduced.push_back(random() % 3 == 0);
        }
        space.reduced[random() % 3] = true;
        const auto& e = space.extents;
        views.push_back({0, {0, 0, 1}, {}});
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const auto kept = static_cast<std::int64_t>(random() % 3);
            std::vector<std::int64_t> strides(3, 0);
            strides[axis] = 1;
            strides[random() % 3] += kept;
            views[0].bounded.push_back({-static_cast<std::int64_t>(random() % 3), strides,
                                        static_cast<std::int64_t>(1 + random() % 6),
                                        axis == 0 ? 60 : 10});
        }
        views.push_back({0, {e[1] * e[2], e[2], 1}, {}});
        for (std::size_t axis = 0; axis < 3; ++axis) {
            if (space.reduced[axis]) views[1].strides[axis] = 0;
        }
        const ValueId x = program.add(LoadStep{0});
        const ValueId sum = program.add(ReduceStep{ReduceStep::Kind::Sum, x});
        const ValueId count = program.add(ReduceStep{ReduceStep::Kind::Count, x});
        const ValueId far = program.add(apply("subtract", x, sum));
        const ValueId square = program.add(apply("multiply", far, far));
        const ValueId squares = program.add(ReduceStep{ReduceStep::Kind::Sum, square});
        const ValueId result = program.add(apply("add", squares, program.add(RoundStep{count})));
        program.add(StoreStep{1, result});
    }

    std::vector<double> resultOf(std::size_t block) const {
        Arrays memory;
        memory.reals[0].resize(400);
        std::mt19937_64 values(5);
        for (double& value : memory.reals[0]) value = static_cast<float>(values() % 999) / 7;
        memory.reals[1].assign(space.elements(), -1);
        runVectorProgram(program, space, views, {}, memory, block);
        return memory.reals[1];
    }

    std::mt19937_64 random;
    VectorProgram program;
    VectorSpace space;
    std::vector<OperandView> views;
};

TEST(VectorRunTest, BlocksOfAnySizeGiveTheSame) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const RandomRun run(seed);
        const std::vector<double> one = run.resultOf(1);
        EXPECT_EQ(run.resultOf(kVectorBlock), one) << seed;
        EXPECT_EQ(run.resultOf(3), one) << seed;
    }
}

TEST(FunctionsTest, AllElementsAreRoundedFromTheReference) {
    std::mt19937_64 random(2);
    std::array<std::vector<double>, kMostArguments> arguments;
    for (auto& values : arguments) {
        for (int i = 0; i < 100; ++i) {
            values.push_back(static_cast<float>(static_cast<double>(random() % 2000) / 100 - 10));
        }
    }
    const std::array<const double*, kMostArguments> rows{arguments[0].data(), arguments[1].data(),
                                                         arguments[2].data()};
    for (const Function& function : functions()) {
        std::vector<double> results(100);
        function.compute(rows.data(), results.size(), results.data());
        for (std::size_t i = 0; i < results.size(); ++i) {
            const std::array one{arguments[0][i], arguments[1][i], arguments[2][i]};
            const auto expected = static_cast<float>(function.reference(one.data()));
            EXPECT_TRUE(results[i] == static_cast<double>(expected) ||
                        (std::isnan(results[i]) && std::isnan(expected)))
                << function.name;
        }
        EXPECT_EQ(findFunction(function.name), &function);
    }
    EXPECT_EQ(findFunction("cosine"), nullptr);
}

/// What the vector unit does behind the array, as programs: equal to the functions that say it.
class RequantizationTest : public testing::TestWithParam<const char*> {
protected:
    static constexpr std::size_t kElements = 2000;
    std::mt19937_64 random_{3};

    std::int64_t drawSum() {
        const auto bits = static_cast<int>(random_() % 34);
        return static_cast<std::int64_t>(random_()) >> (63 - bits);
    }
};

TEST_P(RequantizationTest, ScalesSumsInBinary32) {
    const Codec codec = codecOf(GetParam());
    const std::vector<const Codec*> formats{&codec};
    for (const bool relu : {false, true}) {
        VectorProgram program;
        const ValueId sum = program.add(LoadStep{0, ValueType::Integer});
        const ValueId factor = program.add(LoadStep{1});
        ValueId v = program.add(apply("multiply", program.add(RoundStep{sum}), factor));
        if (relu) v = program.add(apply("positive", v));
        program.add(StoreStep{2, program.add(QuantizeStep{v, 0})});
        Arrays memory;
        memory.reals[2].resize(kElements);
        for (std::size_t i = 0; i < kElements; ++i) {
            memory.integers[0].push_back(drawSum());
            memory.reals[1].push_back(static_cast<float>(std::ldexp(random_() % 1000, -20)));
        }
        const std::vector<OperandView> views(3, {0, {1}});
        runVectorProgram(program, {{kElements}, {false}}, views, formats, memory);
        for (std::size_t i = 0; i < kElements; ++i) {
            const Rescale rescale{static_cast<float>(memory.reals[1][i]), {}};
            const Code code = requantize(static_cast<std::int64_t>(memory.integers[0][i]), rescale,
                                         ScaleArithmetic::Fp32Multiplier, relu, codec);
            ASSERT_EQ(codec.encode(memory.reals[2][i]), code) << i;
        }
    }
}

TEST_P(RequantizationTest, AddsTwoTensors) {
    const Codec codec = codecOf(GetParam());
    const std::vector<const Codec*> formats{&codec};
    VectorProgram program;
    const auto scaled = [&](std::uint32_t operand, double scale) {
        const ValueId x = program.add(LoadStep{operand});
        return program.add(apply("multiply", x, program.add(ConstantStep{scale})));
    };
    const AdditionScales scales{{0.37F, 1.61F}, 0.9F, {}};
    const ValueId left = scaled(0, static_cast<double>(scales.inputs[0]));
    const ValueId right = scaled(1, static_cast<double>(scales.inputs[1]));
    const ValueId output = program.add(ConstantStep{static_cast<double>(scales.output)});
    const ValueId sum =
        program.add(apply("divide", program.add(apply("add", left, right)), output));
    program.add(StoreStep{2, program.add(QuantizeStep{sum, 0})});
    Arrays memory;
    memory.reals[2].resize(kElements);
    std::vector<std::array<Code, 2>> codes;
    while (codes.size() < kElements) {
        const std::array pair{static_cast<Code>(random_() % codec.codeCount()),
                              static_cast<Code>(random_() % codec.codeCount())};
        if (!codec.isFinite(pair[0]) || !codec.isFinite(pair[1])) continue;
        codes.push_back(pair);
        for (std::size_t i = 0; i < 2; ++i) memory.reals[i].push_back(codec.decode(pair[i]));
    }
    const std::vector<OperandView> views(3, {0, {1}});
    runVectorProgram(program, {{kElements}, {false}}, views, formats, memory);
    for (std::size_t i = 0; i < kElements; ++i) {
        const Code code = addCodes(codes[i][0], codes[i][1], scales,
                                   ScaleArithmetic::Fp32Multiplier, false, codec);
        ASSERT_EQ(codec.encode(memory.reals[2][i]), code) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, RequantizationTest,
                         testing::Values("int8", "uint8", "int4", "e4m3", "e5m2", "e2m1"));

TEST(RequantizationInFixedPointTest, MultipliesAndShiftsIntegers) {
    std::mt19937_64 random(4);
    const Codec codec = codecOf("int8");
    const std::vector<const Codec*> formats{&codec};
    VectorProgram program;
    const ValueId sum = program.add(LoadStep{0, ValueType::Integer});
    const ValueId mantissa = program.add(LoadStep{1, ValueType::Integer});
    const ValueId shift = program.add(LoadStep{2, ValueType::Integer});
    const ValueId product = program.add(apply("multiply", sum, mantissa));
    const ValueId v = program.add(ShiftStep{product, shift});
    program.add(StoreStep{3, program.add(QuantizeStep{v, 0})});
    Arrays memory;
    memory.reals[3].resize(1000);
    std::vector<Rescale> rescales;
    for (std::size_t i = 0; i < 1000; ++i) {
        const FixedPointScale scale = makeFixedPointScale(std::ldexp(random() % 1000, -18));
        rescales.push_back({1.0F, scale});
        memory.integers[0].push_back(static_cast<std::int64_t>(random()) >> (random() % 60));
        memory.integers[1].push_back(scale.mantissa);
        memory.integers[2].push_back(scale.shift);
    }
    const std::vector<OperandView> views(4, {0, {1}});
    runVectorProgram(program, {{1000}, {false}}, views, formats, memory);
    for (std::size_t i = 0; i < 1000; ++i) {
        ASSERT_EQ(codec.encode(memory.reals[3][i]),
                  requantize(static_cast<std::int64_t>(memory.integers[0][i]), rescales[i],
                             ScaleArithmetic::FixedPoint, false, codec));
    }
}

}  // namespace
}  // namespace systole::numeric
