// SPDX-License-Identifier: Apache-2.0
// ceil_mode of pooling, against the definition of PyTorch and ONNX, position by position.
#include <algorithm>
#include <limits>
#include <optional>

#include "sim/graph/float_reference.hpp"
#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/imported_graph.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

struct PoolCase {
    std::int64_t size;
    std::int64_t kernel;
    std::int64_t stride;
    std::int64_t begin;  ///< pads
    std::int64_t end;
    std::int64_t dilation;
};

class OnnxCeilModeTest : public WorkloadFileTest {
protected:
    static OnnxTestModel pool(const std::string& type, const PoolCase& c, int ceil = 1) {
        OnnxTestModel model({1, 1, 1, c.size});
        model.node(type, {"x"}, "y").integers("kernel_shape", {1, c.kernel});
        model.integers("strides", {1, c.stride}).integers("pads", {0, c.begin, 0, c.end});
        model.integer("ceil_mode", ceil);
        if (c.dilation > 1) model.integers("dilations", {1, c.dilation});
        return model;
    }
    std::string complaint(const OnnxTestModel& model) const {
        return messageOf([&] { importOnnx(model.save(path("m.onnx"))); });
    }
    std::vector<float> run(const OnnxTestModel& model, const std::vector<float>& image) const {
        const graph::Graph network = importOnnx(model.save(path("m.onnx")));
        return graph::runFloat(network, image).tensors[network.output];
    }

    /// torch.nn.MaxPool1d: the windows that begin in the image or in the pad before it.
    static std::vector<float> definedMax(const PoolCase& c, const std::vector<float>& image) {
        const std::int64_t reach = c.dilation * (c.kernel - 1) + 1;
        const std::int64_t over = c.size + c.begin + c.end - reach;
        std::int64_t outputs = (over + c.stride - 1) / c.stride + 1;
        if ((outputs - 1) * c.stride >= c.size + c.begin) --outputs;
        std::vector<float> result;
        for (std::int64_t i = 0; i < outputs; ++i) {
            float most = -std::numeric_limits<float>::infinity();
            for (std::int64_t k = 0; k < c.kernel; ++k) {
                const std::int64_t at = i * c.stride + k * c.dilation - c.begin;
                if (at >= 0 && at < c.size) most = std::max(most, image[std::size_t(at)]);
            }
            result.push_back(most);
        }
        return result;
    }
};

TEST_F(OnnxCeilModeTest, ChangesNothingWhereTheWindowsLeaveNoPixelOver) {
    OnnxTestModel model({1, 4, 9, 9}, 11);  // tests' case: 3 x 3 at a stride of 2
    model.node("MaxPool", {"x"}, "y").integers("kernel_shape", {3, 3});
    model.integers("strides", {2, 2}).integer("ceil_mode", 1);
    const graph::Graph network = importOnnx(model.save(path("m.onnx")));
    EXPECT_EQ(outputOf(network).shape, (graph::Extents{1, 4, 4, 4}));
    // The rows and columns that the window reads all lie in the image.
    const auto& work = vectorWork(network);
    EXPECT_TRUE(graph::viewOf(work.operands[0], inputOf(network), work.space).bounded.empty());
}

TEST_F(OnnxCeilModeTest, MaxPoolingIsTheDefinitionsForAllSmallWindows) {
    RandomValues values(3);
    int more = 0;
    for (std::int64_t size = 1; size <= 9; ++size) {
        for (std::int64_t kernel = 1; kernel <= 4; ++kernel) {
            for (std::int64_t stride = 1; stride <= 5; ++stride) {
                for (std::int64_t pads = 0; pads < 4; ++pads) {
                    const PoolCase c{size, kernel, stride, pads % 2, pads / 2, 1 + size % 2};
                    if (c.dilation * (kernel - 1) + 1 > size + c.begin + c.end || kernel == 1) {
                        continue;
                    }
                    const std::vector<float> image = values.next(std::size_t(size));
                    const std::vector<float> expected = definedMax(c, image);
                    if (expected.back() == -std::numeric_limits<float>::infinity()) continue;
                    ASSERT_EQ(run(pool("MaxPool", c), image), expected)
                        << size << " " << kernel << " " << stride << " " << pads;
                    more += run(pool("MaxPool", c, 0), image) != expected ? 1 : 0;
                }
            }
        }
    }
    EXPECT_GT(more, 100);
}

TEST_F(OnnxCeilModeTest, AnAverageCountsTheTapsInTheImage) {
    const std::vector<float> image{1, 2, 3, 4, 5};
    const PoolCase c{5, 3, 3, 0, 0, 1};
    EXPECT_EQ(run(pool("AveragePool", c), image), (std::vector<float>{2, 4.5}));
    OnnxTestModel included = pool("AveragePool", c);
    included.integer("count_include_pad", 1);  // there is no pad that it could include
    EXPECT_EQ(run(included, image), (std::vector<float>{2, 4.5}));
}

TEST_F(OnnxCeilModeTest, AnAverageThatWouldCountAPartOfItsPadIsRefused) {
    OnnxTestModel model = pool("AveragePool", {5, 3, 3, 1, 0, 1});
    model.integer("count_include_pad", 1);
    EXPECT_EQ(complaint(model), "no error");  // 1 + 5 pixels are two windows
    OnnxTestModel over = pool("AveragePool", {6, 3, 3, 1, 0, 1});
    over.integer("count_include_pad", 1);
    EXPECT_EQ(complaint(over),
              "m.onnx: node 'y_node' (operator 'AveragePool'): has ceil_mode 1, count_include_pad "
              "1 and pads, and its last window goes beyond them, expected only two of the three");
}

TEST_F(OnnxCeilModeTest, AutomaticPadsDecideTheOutputsThemselves) {
    OnnxTestModel same({1, 1, 1, 7});
    same.node("MaxPool", {"x"}, "y").integers("kernel_shape", {1, 2}).integers("strides", {1, 3});
    same.integer("ceil_mode", 1).text("auto_pad", "SAME_UPPER");
    EXPECT_EQ(run(same, {1, 2, 3, 4, 5, 6, 7}), (std::vector<float>{2, 5, 7}));
    OnnxTestModel valid({1, 1, 1, 7});
    valid.node("MaxPool", {"x"}, "y").integers("kernel_shape", {1, 2}).integers("strides", {1, 3});
    valid.integer("ceil_mode", 1).text("auto_pad", "VALID");
    EXPECT_EQ(complaint(valid),
              "m.onnx: node 'y_node' (operator 'MaxPool'): has ceil_mode 1 and auto_pad 'VALID', "
              "and its windows leave pixels over, expected only one of them");
}

}  // namespace
}  // namespace systole::sim
