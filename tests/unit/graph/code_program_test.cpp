// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/code_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/unit/graph/graph_fixture.hpp"

namespace systole::graph {
namespace {

using numeric::ReduceStep;
using numeric::ScaleArithmetic;
using testing::ElementsAre;
using Source = CodeOperand::Source;

constexpr auto kBinary32 = ScaleArithmetic::Fp32Multiplier;
constexpr auto kFixedPoint = ScaleArithmetic::FixedPoint;

std::string codeOf(const Graph& graph) {
    return expressionOf(codeProgramOf(graph, graph.nodes.back()).program);
}

std::vector<Source> operandsOf(const CodeProgram& code) {
    std::vector<Source> sources;
    for (const CodeOperand& operand : code.operands) sources.push_back(operand.source);
    return sources;
}

numeric::VectorProgram positiveProgram() {
    ProgramWriter writer;
    return writer.stored(writer.apply("positive", writer.load()));
}

numeric::VectorProgram additionProgram() {
    ProgramWriter writer;
    const auto x = writer.load();
    return writer.stored(writer.apply("positive", writer.apply("add", x, writer.load())));
}

/// min(max(x, 0), 6)
numeric::VectorProgram clipProgram() {
    ProgramWriter writer;
    const auto x = writer.load();
    const auto low = writer.apply("maximum", x, writer.constant(0));
    return writer.stored(writer.apply("minimum", low, writer.constant(6)));
}

numeric::VectorProgram averageProgram(bool counts) {
    ProgramWriter writer;
    const auto x = writer.load();
    const auto sum = writer.reduce(ReduceStep::Kind::Sum, x);
    const auto count =
        counts ? writer.add(numeric::RoundStep{writer.reduce(ReduceStep::Kind::Count, x)})
               : writer.constant(4);
    return writer.stored(writer.apply("divide", sum, count));
}

Graph pooling(numeric::VectorProgram program, float scale, float output,
              ScaleArithmetic arithmetic) {
    Graph graph = elementGraph(std::move(program), {scale, output}, arithmetic);
    auto& work = std::get<VectorWork>(graph.nodes.back().work);
    work.space.reduced.back() = true;
    return graph;
}

TEST(CodeProgram, SumsOfTheArrayAreRescaledBeforeTheEpilogue) {
    const Graph graph = productGraph(positiveProgram(), 0.5F, {0.25F}, 2.0F, kBinary32);
    EXPECT_EQ(codeOf(graph), "store2(positive(multiply(round(load0i), load1)))");
    EXPECT_THAT(operandsOf(codeProgramOf(graph, graph.nodes[0])),
                ElementsAre(Source::Sum, Source::Multiplier, Source::Output));
}

TEST(CodeProgram, WideSumsLeaveTheArrayAsValues) {
    const Graph graph =
        productGraph(identityProgram(), 0.5F, {0.25F}, 2.0F, kBinary32, "fp32", "e4m3");
    EXPECT_EQ(codeOf(graph), "store2(multiply(load0, load1))");
}

TEST(CodeProgram, FixedPointShiftsTheSums) {
    const Graph graph = productGraph(positiveProgram(), 0.5F, {0.25F}, 2.0F, kFixedPoint);
    EXPECT_EQ(codeOf(graph), "store3(positive(shift(multiply(load0i, load1i), load2i)))");
    EXPECT_THAT(operandsOf(codeProgramOf(graph, graph.nodes[0])),
                ElementsAre(Source::Sum, Source::Mantissa, Source::Shift, Source::Output));
}

TEST(CodeProgram, RescalesAreRoundedOneAfterAnother) {
    const Graph graph = productGraph(identityProgram(), 0.1F, {0.3F, 0.7F}, 0.9F, kBinary32);
    const auto rescales = rescalesOf(graph, graph.nodes[0]);
    ASSERT_EQ(rescales.size(), 2U);
    EXPECT_EQ(rescales[0].multiplier, 0.1F * 0.3F / 0.9F);
    EXPECT_EQ(rescales[1].multiplier, 0.1F * 0.7F / 0.9F);
}

TEST(CodeProgram, UnitsOfTheSumsAreInTheRescales) {
    const Graph graph =
        productGraph(identityProgram(), 0.5F, {0.25F}, 2.0F, kBinary32, "int32", "e4m3");
    // E4M3 counts 2^-9, and the sums 2^-18.
    EXPECT_EQ(rescalesOf(graph, graph.nodes[0])[0].multiplier, 0.5F * 0.25F / 2.0F * 0x1p-18F);
}

TEST(CodeProgram, AClipOfSumsIsComputedOnRealValues) {
    for (const ScaleArithmetic arithmetic : {kBinary32, kFixedPoint}) {
        const Graph graph = productGraph(clipProgram(), 0.5F, {0.25F}, 2.0F, arithmetic);
        EXPECT_EQ(codeOf(graph),
                  "store2(divide(minimum(maximum(multiply(round(load0i), load1), 0), 6), 2))");
        EXPECT_EQ(rescalesOf(graph, graph.nodes[0])[0].multiplier, 0.125F);
    }
}

TEST(CodeProgram, AFactorBehindTheSumsIsPartOfTheRescale) {
    ProgramWriter writer;
    const auto sum = writer.load();
    const auto half = writer.apply("multiply", sum, writer.constant(0.5));
    const Graph graph = productGraph(writer.stored(half), 0.5F, {0.25F}, 2.0F, kBinary32);
    EXPECT_EQ(codeOf(graph), "store2(multiply(round(load0i), load1))");
    EXPECT_EQ(rescalesOf(graph, graph.nodes[0])[0].multiplier, 0.5F * 0.25F * 0.5F / 2.0F);
}

TEST(CodeProgram, ANegativeFactorIsNoScale) {
    ProgramWriter writer;
    const auto sum = writer.load();
    const auto turned = writer.apply("multiply", sum, writer.constant(-1));
    const Graph graph = productGraph(writer.stored(turned), 0.5F, {0.25F}, 2.0F, kFixedPoint);
    EXPECT_EQ(codeOf(graph), "store2(divide(multiply(multiply(round(load0i), load1), -1), 2))");
    EXPECT_EQ(rescalesOf(graph, graph.nodes[0])[0].multiplier, 0.125F);
}

TEST(CodeProgram, AdditionsDequantizeAndQuantize) {
    const Graph graph = elementGraph(additionProgram(), {0.5F, 0.25F, 2.0F}, kBinary32);
    EXPECT_EQ(codeOf(graph),
              "store2(divide(positive(add(multiply(load0, 0.5), multiply(load1, 0.25))), 2))");
}

TEST(CodeProgram, FixedPointAddsWithOneShift) {
    const Graph graph = elementGraph(additionProgram(), {0.5F, 0.25F, 2.0F}, kFixedPoint);
    // 0.25 is 2^30 / 2^32.
    EXPECT_EQ(codeOf(graph),
              "store2(positive(shift(add(multiply(load0i, 1073741824i), "
              "multiply(load1i, 536870912i)), 32i)))");
}

TEST(CodeProgram, FixedPointComputesProductsInBinary32) {
    ProgramWriter writer;
    const auto x = writer.load();
    const Graph graph = elementGraph(writer.stored(writer.apply("multiply", x, writer.load())),
                                     {0.5F, 0.25F, 2.0F}, kFixedPoint);
    EXPECT_EQ(codeOf(graph),
              "store2(divide(multiply(multiply(load0, 0.5), multiply(load1, 0.25)), 2))");
}

TEST(CodeProgram, AValueThatIsUsedTwiceIsMadeRealOnce) {
    ProgramWriter writer;
    const auto x = writer.load();
    const Graph graph =
        elementGraph(writer.stored(writer.apply("multiply", x, writer.apply("sigmoid", x))),
                     {0.5F, 2.0F}, kBinary32);
    EXPECT_EQ(codeOf(graph),
              "store1(divide(multiply(multiply(load0, 0.5), sigmoid(multiply(load0, 0.5))), 2))");
    // load, scale, multiply, sigmoid, multiply, scale, divide, store
    EXPECT_EQ(codeProgramOf(graph, graph.nodes[0]).program.steps.size(), 8U);
}

TEST(CodeProgram, CodesOfOneScaleStayCodes) {
    const Graph relu = elementGraph(positiveProgram(), {0.5F, 0.5F}, kFixedPoint);
    EXPECT_EQ(codeOf(relu), "store1(positive(load0))");
    ProgramWriter writer;
    const auto x = writer.load();
    auto larger = writer.stored(writer.apply("maximum", x, writer.load()));
    EXPECT_EQ(codeOf(elementGraph(larger, {0.5F, 0.5F, 0.5F}, kBinary32)),
              "store2(maximum(load0, load1))");
    EXPECT_EQ(codeOf(elementGraph(larger, {0.5F, 0.25F, 0.5F}, kBinary32)),
              "store2(divide(maximum(multiply(load0, 0.5), multiply(load1, 0.25)), 0.5))");
}

TEST(CodeProgram, CodesOfAnotherScaleAreDequantized) {
    EXPECT_EQ(codeOf(elementGraph(positiveProgram(), {0.5F, 0.25F}, kBinary32)),
              "store1(divide(multiply(positive(load0), 0.5), 0.25))");
}

TEST(CodeProgram, ExtremesOverAWindowKeepTheCodes) {
    ProgramWriter writer;
    auto most = writer.stored(writer.reduce(ReduceStep::Kind::Maximum, writer.load()));
    EXPECT_EQ(codeOf(pooling(most, 0.5F, 0.5F, kFixedPoint)), "store1(most(load0))");
}

TEST(CodeProgram, AveragesRescaleByTheirCount) {
    EXPECT_EQ(codeOf(pooling(averageProgram(false), 0.5F, 0.25F, kBinary32)),
              "store1(multiply(sum(load0), 0.5))");
    EXPECT_EQ(codeOf(pooling(averageProgram(true), 0.5F, 0.25F, kBinary32)),
              fmt::format("store1(multiply(sum(load0), entry(count(load0) of 2 1 {} 0.5)))",
                          double{0.5F * (1.0F / 3.0F) / 0.25F}));
}

TEST(CodeProgram, FixedPointShiftsAverages) {
    EXPECT_EQ(codeOf(pooling(averageProgram(true), 0.5F, 0.25F, kFixedPoint)),
              "store1(shift(multiply(sum(load0i), entryi(count(load0i) of 1073741824 1073741824 "
              "1431655808 1073741824)), entryi(count(load0i) of 29 30 31 31)))");
    EXPECT_EQ(codeOf(pooling(averageProgram(false), 0.5F, 0.25F, kFixedPoint)),
              "store1(shift(multiply(sum(load0i), 1073741824i), 31i))");
}

/// x - mean(x)
TEST(CodeProgram, AnAverageThatIsUsedFurtherIsOneMultiplication) {
    ProgramWriter writer;
    const auto x = writer.load();
    const auto sum = writer.reduce(ReduceStep::Kind::Sum, x);
    const auto mean = writer.apply("divide", sum, writer.constant(4));
    const Graph graph =
        pooling(writer.stored(writer.apply("subtract", x, mean)), 0.5F, 0.25F, kFixedPoint);
    EXPECT_EQ(codeOf(graph),
              "store1(divide(subtract(multiply(load0, 0.5), multiply(sum(load0), 0.125)), 0.25))");
}

TEST(CodeProgram, SoftmaxSubtractsRealValues) {
    ProgramWriter writer;
    const auto x = writer.load();
    const auto most = writer.reduce(ReduceStep::Kind::Maximum, x);
    const auto e = writer.apply("exponential", writer.apply("subtract", x, most));
    const auto sum = writer.reduce(ReduceStep::Kind::Sum, e);
    const Graph graph =
        pooling(writer.stored(writer.apply("divide", e, sum)), 0.5F, 0.25F, kBinary32);
    const std::string expected =
        "exponential(subtract(multiply(load0, 0.5), multiply(most(load0), 0.5)))";
    EXPECT_EQ(codeOf(graph),
              fmt::format("store1(divide(divide({}, sum({})), 0.25))", expected, expected));
}

TEST(CodeProgram, ConstantsOfTheGraphAreRealValues) {
    ProgramWriter writer;
    const auto x = writer.load();
    Graph graph = elementGraph(writer.stored(writer.apply("add", x, writer.load())),
                               {0.5F, 0.25F, 2.0F}, kFixedPoint);
    graph.tensors[graph.nodes[0].inputs[1]].quantizer.reset();
    EXPECT_EQ(codeOf(graph), "store2(divide(add(multiply(load0, 0.5), load1), 2))");
}

TEST(CodeProgram, AnOutputWithoutQuantizerIsStoredAsItIs) {
    Graph graph = productGraph(positiveProgram(), 0.5F, {0.25F}, 2.0F, kFixedPoint);
    graph.tensors[graph.output].quantizer.reset();
    EXPECT_EQ(codeOf(graph), "store2(multiply(round(positive(load0i)), load1))");
    EXPECT_EQ(rescalesOf(graph, graph.nodes[0])[0].multiplier, 0.125F);
}

TEST(CodeProgram, RatiosBeyondTheArithmeticAreRangeErrors) {
    const Graph steep = productGraph(identityProgram(), 1e30F, {1.0F}, 1e-30F, kBinary32);
    EXPECT_THROW(rescalesOf(steep, steep.nodes[0]), std::range_error);
    const Graph fixed = elementGraph(additionProgram(), {1.0F, 1.0F, 1e-10F}, kFixedPoint);
    EXPECT_THROW(codeProgramOf(fixed, fixed.nodes[0]), std::range_error);
}

/// A product whose output `y` is added to `skip`.
Graph residual(ScaleArithmetic arithmetic, numeric::VectorProgram epilogue,
               numeric::VectorProgram behind) {
    Graph graph = productGraph(std::move(epilogue), 0.5F, {0.25F}, 2.0F, arithmetic);
    const TensorId product = graph.output;
    const auto skip = static_cast<TensorId>(graph.tensors.size());
    graph.tensors.push_back(graph.tensors[product]);
    graph.tensors.back().name = "skip";
    setScale(graph, skip, 0.125F);
    graph.tensors.push_back(graph.tensors[product]);
    graph.output = skip + 1;
    setScale(graph, graph.output, 4.0F);
    const Tensor& shape = graph.tensors[product];
    graph.nodes.push_back({.name = "addition",
                           .kind = "addition",
                           .work = elementwise({&shape, &shape}, shape, std::move(behind)),
                           .inputs = {skip, product},
                           .output = graph.output});
    return graph;
}

TEST(CodeProgram, AProgramBehindTheArrayTakesItsQuantizedSums) {
    const Graph graph = residual(kBinary32, positiveProgram(), additionProgram());
    const auto fused = fuse(graph, graph.nodes[0], graph.nodes[1]);
    ASSERT_TRUE(fused.has_value());
    EXPECT_EQ(expressionOf(fused->program),
              "store3(divide(positive(add(multiply(load2, 0.125), "
              "multiply(quantize(positive(multiply(round(load0i), load1))), 2))), 4))");
    EXPECT_THAT(operandsOf(*fused),
                ElementsAre(Source::Sum, Source::Multiplier, Source::Tensor, Source::Output));
    EXPECT_EQ(fused->operands[2].input, 0U);
    EXPECT_THAT(fused->formats, testing::SizeIs(1));
}

TEST(CodeProgram, FixedPointFusesInIntegers) {
    const Graph graph = residual(kFixedPoint, identityProgram(), additionProgram());
    const auto fused = fuse(graph, graph.nodes[0], graph.nodes[1]);
    ASSERT_TRUE(fused.has_value());
    EXPECT_EQ(expressionOf(fused->program),
              "store4(positive(shift(add(multiply(load3i, 67108864i), "
              "multiply(quantize(shift(multiply(load0i, load1i), load2i)), 1073741824i)), 31i)))");
}

TEST(CodeProgram, IntegersOfTheArrayBecomeRealWhereTheProgramBehindIsReal) {
    ProgramWriter writer;
    const auto skip = writer.load();
    const Graph graph = residual(kFixedPoint, identityProgram(),
                                 writer.stored(writer.apply("multiply", skip, writer.load())));
    const auto fused = fuse(graph, graph.nodes[0], graph.nodes[1]);
    ASSERT_TRUE(fused.has_value());
    EXPECT_EQ(expressionOf(fused->program),
              "store4(divide(multiply(multiply(load3, 0.125), multiply(round(quantize(shift("
              "multiply(load0i, load1i), load2i))), 2)), 4))");
}

TEST(CodeProgram, IntegersBehindARealEpilogueDoNotFuse) {
    const Graph graph = residual(kFixedPoint, clipProgram(), additionProgram());
    EXPECT_FALSE(fuse(graph, graph.nodes[0], graph.nodes[1]).has_value());
    const Graph real = residual(kBinary32, clipProgram(), additionProgram());
    EXPECT_TRUE(fuse(real, real.nodes[0], real.nodes[1]).has_value());
}

}  // namespace
}  // namespace systole::graph
