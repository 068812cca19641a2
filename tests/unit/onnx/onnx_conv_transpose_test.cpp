// SPDX-License-Identifier: Apache-2.0
// ConvTranspose: what the importer makes of it equals ONNX's definition, the scattering of every
// element over the outputs that its kernel covers.
#include "sim/graph/float_reference.hpp"
#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/imported_graph.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
using Values = std::vector<float>;
using Integers = std::vector<std::int64_t>;

class ConvTransposeTest : public WorkloadFileTest {
protected:
    graph::Graph load(const OnnxTestModel& model) const {
        return importOnnx(model.save(path("m.onnx")));
    }

    Values run(const OnnxTestModel& model, const Values& image) const {
        const graph::Graph network = load(model);
        return graph::runFloat(network, image).tensors[network.output];
    }

    std::string complaint(const OnnxTestModel& model) const {
        return messageOf([&] { load(model); });
    }

    /// 1 x 1 x 2 x 2 with a kernel of 2 x 2.
    static OnnxTestModel small() {
        OnnxTestModel model({1, 1, 2, 2});
        model.weights("w", {1, 1, 2, 2}, {1, 10, 100, 1000});
        model.node("ConvTranspose", {"x", "w"}, "y");
        return model;
    }

    graph::Extents shapeOf(const OnnxTestModel& model) const { return outputOf(load(model)).shape; }
};

TEST_F(ConvTransposeTest, AddsWhereKernelsOverlap) {
    EXPECT_THAT(run(small(), {1, 2, 3, 4}),
                ElementsAre(1, 12, 20, 103, 1234, 2040, 300, 3400, 4000));
}

TEST_F(ConvTransposeTest, StridesPutElementsApart) {
    OnnxTestModel model = small();
    model.integers("strides", {2, 1});
    EXPECT_THAT(run(model, {1, 2, 3, 4}),
                ElementsAre(1, 12, 20, 100, 1200, 2000, 3, 34, 40, 300, 3400, 4000));
}

TEST_F(ConvTransposeTest, PadsCropAndOutputPaddingAddsAtTheEnd) {
    OnnxTestModel model = small();
    model.integers("strides", {2, 2}).integers("pads", {1, 0, 0, 1});
    model.integers("output_padding", {1, 0});
    model.weights("b", {1}, {0.5F}).lastNode().add_input("b");
    // Rows 100.. 3.. 300.. of the whole result, without the last column; then a row of biases.
    EXPECT_THAT(run(model, {1, 2, 3, 4}), ElementsAre(100.5F, 1000.5F, 200.5F, 3.5F, 30.5F, 4.5F,
                                                      300.5F, 3000.5F, 400.5F, 0.5F, 0.5F, 0.5F));
}

TEST_F(ConvTransposeTest, MayCropMoreThanItsKernelReaches) {
    OnnxTestModel model({1, 1, 1, 3});
    model.weights("w", {1, 1, 1, 1}, {2}).node("ConvTranspose", {"x", "w"}, "y");
    model.integers("strides", {1, 2}).integers("pads", {0, 1, 0, 2});
    EXPECT_THAT(run(model, {1, 2, 3}), ElementsAre(0, 4));
}

TEST_F(ConvTransposeTest, AnOutputShapeDecidesThePads) {
    const auto padsOf = [&](const Integers& shape, const char* automatic) {
        OnnxTestModel model = small();
        model.integers("strides", {3, 3}).integers("output_shape", shape);
        if (automatic != nullptr) model.text("auto_pad", automatic);
        const graph::Graph network = load(model);
        const auto& [y, x] = matrixWork(network).window;
        EXPECT_EQ(outputOf(network).shape[2], shape[0]);
        EXPECT_EQ(outputOf(network).shape[3], shape[1]);
        return Integers{y.padBefore, y.padAfter, x.padBefore, x.padAfter};
    };
    // 5 x 5 without pads; the kernel reaches 1 to every side.
    EXPECT_THAT(padsOf({5, 5}, nullptr), ElementsAre(1, 1, 1, 1));
    EXPECT_THAT(padsOf({4, 2}, nullptr), ElementsAre(0, 1, -1, 0));
    EXPECT_THAT(padsOf({4, 2}, "SAME_UPPER"), ElementsAre(1, 0, 0, -1));
    EXPECT_THAT(padsOf({7, 5}, "SAME_LOWER"), ElementsAre(1, 3, 1, 1));
}

TEST_F(ConvTransposeTest, AutoPadMultipliesTheImageByTheStride) {
    for (const char* automatic : {"SAME_UPPER", "SAME_LOWER"}) {
        OnnxTestModel model = small();
        model.text("auto_pad", automatic).integers("strides", {1, 3});
        EXPECT_EQ(shapeOf(model), (graph::Extents{1, 1, 2, 6})) << automatic;
    }
    OnnxTestModel valid = small();
    valid.text("auto_pad", "VALID").integers("strides", {1, 3});
    EXPECT_EQ(shapeOf(valid), (graph::Extents{1, 1, 3, 5}));
}

TEST_F(ConvTransposeTest, TakesANormalizationIntoItsOutputChannels) {
    OnnxTestModel model({1, 1, 1, 1});
    model.weights("w", {1, 2, 1, 1}, {5, 7}).weights("b", {2}, {1, 2});
    model.weights("g", {2}, {3, 5}).weights("s", {2}, {1, 2});
    model.weights("m", {2}, {2, 1}).weights("v", {2}, {3, 0});
    model.node("ConvTranspose", {"x", "w", "b"}, "c");
    model.node("BatchNormalization", {"c", "g", "s", "m", "v"}, "y").real("epsilon", 1);
    const graph::Graph network = load(model);
    ASSERT_EQ(network.nodes.size(), 1U);
    EXPECT_THAT(weightsOf(network), ElementsAre(7.5F, 35));
    EXPECT_THAT(matrixWork(network).bias, ElementsAre(-0.5F, 7));
}

/// One axis of a random node.
struct Axis {
    std::int64_t size, kernel, stride, dilation, padBegin, padEnd, outputPadding;

    std::int64_t outputs() const {
        return stride * (size - 1) + outputPadding + (kernel - 1) * dilation + 1 - padBegin -
               padEnd;
    }
};

Axis randomAxis(RandomValues& random) {
    for (;;) {
        Axis axis{1 + random.below(5),
                  1 + random.below(4),
                  1 + random.below(3),
                  1 + random.below(2),
                  random.below(4),
                  random.below(4),
                  0};
        axis.outputPadding = random.below(static_cast<std::uint32_t>(axis.stride));
        if (axis.outputs() >= 1) return axis;
    }
}

struct RandomNode {
    Axis rows, columns;
    std::int64_t groups, groupInputs, groupOutputs;
    Values weights;  ///< as ONNX orders them
};

/// ONNX's definition: every element times its kernel, added where it lands. Channels last.
std::vector<double> scatter(const RandomNode& node, const Values& image, std::uint64_t& macs) {
    const auto& [rows, columns, groups, inputs, outputs, weights] = node;
    std::vector<double> result(rows.outputs() * columns.outputs() * groups * outputs, 0.0);
    macs = 0;
    for (std::int64_t y = 0; y < rows.size; ++y) {
        for (std::int64_t x = 0; x < columns.size; ++x) {
            for (std::int64_t ky = 0; ky < rows.kernel; ++ky) {
                for (std::int64_t kx = 0; kx < columns.kernel; ++kx) {
                    const std::int64_t toY = y * rows.stride + ky * rows.dilation - rows.padBegin;
                    const std::int64_t toX =
                        x * columns.stride + kx * columns.dilation - columns.padBegin;
                    if (toY < 0 || toY >= rows.outputs() || toX < 0 || toX >= columns.outputs()) {
                        continue;
                    }
                    for (std::int64_t c = 0; c < groups * inputs; ++c) {
                        for (std::int64_t n = 0; n < outputs; ++n) {
                            const std::int64_t weight =
                                ((c * outputs + n) * rows.kernel + ky) * columns.kernel + kx;
                            const std::int64_t pixel = y * columns.size + x;
                            const std::int64_t target = toY * columns.outputs() + toX;
                            const std::int64_t channel = c / inputs * outputs + n;
                            result[target * groups * outputs + channel] +=
                                double{image[pixel * groups * inputs + c]} * weights[weight];
                            ++macs;
                        }
                    }
                }
            }
        }
    }
    return result;
}

OnnxTestModel modelOf(const RandomNode& node) {
    const auto& [rows, columns, groups, inputs, outputs, weights] = node;
    OnnxTestModel model({1, groups * inputs, rows.size, columns.size});
    model.weights("w", {groups * inputs, outputs, rows.kernel, columns.kernel}, weights);
    model.node("ConvTranspose", {"x", "w"}, "y").integer("group", groups);
    model.integers("strides", {rows.stride, columns.stride});
    model.integers("dilations", {rows.dilation, columns.dilation});
    model.integers("pads", {rows.padBegin, columns.padBegin, rows.padEnd, columns.padEnd});
    model.integers("output_padding", {rows.outputPadding, columns.outputPadding});
    return model;
}

/// Whole values: binary32 holds their products and sums exactly.
Values whole(Values values) {
    for (float& value : values) value = std::round(value);
    return values;
}

TEST_F(ConvTransposeTest, ScattersAsOnnxDefinesIt) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        RandomValues random(seed);
        RandomNode node{randomAxis(random),  randomAxis(random),  1 + random.below(3),
                        1 + random.below(3), 1 + random.below(3), {}};
        node.weights = whole(random.next(node.groups * node.groupInputs * node.groupOutputs *
                                         node.rows.kernel * node.columns.kernel));
        const graph::Graph network = load(modelOf(node));
        const Values image = whole(random.next(inputOf(network).elements()));
        std::uint64_t macs = 0;
        const std::vector<double> expected = scatter(node, image, macs);
        const Values result = graph::runFloat(network, image).tensors[network.output];
        ASSERT_EQ(result.size(), expected.size());
        for (std::size_t i = 0; i < result.size(); ++i) {
            ASSERT_EQ(static_cast<double>(result[i]), expected[i]) << i;
        }
        const auto& [y, x] = matrixWork(network).window;
        const graph::Extents& input = inputOf(network).shape;
        const std::uint64_t perTap = weightsOf(network).size() / (y.kernel * x.kernel);
        EXPECT_EQ(arch::tapsOnElements(y, input[2]) * arch::tapsOnElements(x, input[3]) * perTap,
                  macs);
    }
}

const std::string kNode = "m.onnx: node 'y_node' (operator 'ConvTranspose'): ";

TEST_F(ConvTransposeTest, RefusesWhatItCannotBe) {
    const auto with = [&](const std::function<void(OnnxTestModel&)>& change) {
        OnnxTestModel model = small();
        change(model);
        return complaint(model);
    };
    EXPECT_EQ(with([](auto&) {}), "no error");
    EXPECT_EQ(with([](auto& m) {
                  m.integers("output_padding", {0, 1});
              }),
              kNode + "has output_padding 0 x 1, expected less than stride or dilation");
    EXPECT_EQ(with([](auto& m) {
                  m.integers("pads", {2, 0, 1, 0});
              }),
              kNode + "its pads crop all of 3 outputs, expected some to be left");
    EXPECT_EQ(with([](auto& m) {
                  m.text("auto_pad", "SAME_UPPER").integers("pads", {0, 1, 0, 0});
              }),
              kNode + "has pads and auto_pad 'SAME_UPPER', expected only one of them");
    EXPECT_EQ(with([](auto& m) { m.integer("group", 2); }),
              kNode + "has group 2, expected a divisor of 1 input channels");
    EXPECT_EQ(with([](auto& m) {
                  m.integers("kernel_shape", {3, 2});
              }),
              kNode + "kernel_shape differs from its weights, expected 2 x 2");
    EXPECT_EQ(with([](auto& m) {
                  m.integers("output_shape", {1 << 20, 1 << 20});
              }),
              kNode + "its result has 1048576 x 1048576 x 1 elements, expected at most 268435456");
    OnnxTestModel wide({1, 2, 2, 2});
    wide.weights("w", {1, 1, 2, 2}, Values(4)).node("ConvTranspose", {"x", "w"}, "y");
    EXPECT_EQ(complaint(wide),
              kNode + "has weights of the shape [1, 1, 2, 2], expected [2, N, height, width]");
    OnnxTestModel far({1, 1, 1, 1 << 20});
    far.weights("w", {1, 1, 1, 1}, {1}).node("ConvTranspose", {"x", "w"}, "y");
    far.integers("strides", {1, 1 << 15});
    EXPECT_EQ(complaint(far),
              kNode + "spreads 1048576 pixels over 34359705601, expected at most 268435456");
}

}  // namespace
}  // namespace systole::sim
