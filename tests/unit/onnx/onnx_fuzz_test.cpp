// SPDX-License-Identifier: Apache-2.0
// Damaged models end in a ConfigError or in a network that is whole, never in anything else.
#include <random>

#include "sim/graph/graph_builder.hpp"
#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

class OnnxFuzzTest : public WorkloadFileTest {
protected:
    /// Small, so that most of its bytes are structure, and with every operator.
    std::string smallModel() const {
        OnnxTestModel model({-1, 2, 6, 6}, 20);
        model.weights("w", {4, 1, 3, 3}, std::vector<float>(36, 0.5F));
        model.weights("c", {4}, {1, 2, 3, 4}).weights("g", {16, 3}, std::vector<float>(48, 1));
        model.node("Conv", {"x", "w", "c"}, "a").integer("group", 2);
        model.integers("pads", {1, 1, 1, 1}).text("auto_pad", "NOTSET");
        model.node("BatchNormalization", {"a", "c", "c", "c", "c"}, "b").real("epsilon", 1e-5F);
        model.node("Relu", {"b"}, "r").node("Add", {"b", "r"}, "s");
        model.node("MaxPool", {"s"}, "m").integers("kernel_shape", {2, 2});
        model.integers("strides", {2, 2}).integers("dilations", {1, 1});
        model.node("AveragePool", {"m"}, "v").integers("kernel_shape", {2, 2});
        model.integer("count_include_pad", 1).node("Flatten", {"v"}, "f");
        model.node("Gemm", {"f", "g"}, "l").node("Softmax", {"l"}, "p");
        model.weights("k", {3}, {1, 2, 3}).node("Mul", {"p", "k"}, "q");
        model.node("LayerNormalization", {"q", "k"}, "n").node("Transpose", {"n"}, "t");
        model.node("MatMul", {"t", "n"}, "o").shapeNode("i", {-1}).shapeNode("j", {-9});
        model.node("Slice", {"o", "i", "j", "z", "i"}, "u").shapeNode("z", {0});
        model.node("Concat", {"u", "o"}, "v2").integer("axis", 0);
        model.weights("e", {2}, {1, 2}).node("Resize", {"v2", "", "e"}, "w2");
        model.node("ReduceMean", {"w2"}, "x2").integers("axes", {1}).integer("keepdims", 0);
        model.node("Gelu", {"x2"}, "y");
        return read(model.save(path("small.onnx")));
    }

    void expectErrorOrNetwork(const std::string& bytes) const {
        try {
            graph::checkGraph(importOnnx(write("damaged.onnx", bytes)));
        } catch (const ConfigError&) {
        }
    }
};

TEST_F(OnnxFuzzTest, TheSmallModelIsRead) {
    const graph::Graph network = importOnnx(write("small.onnx", smallModel()));
    EXPECT_EQ(network.nodes.size(), 15U);
    graph::checkGraph(network);
}

TEST_F(OnnxFuzzTest, ModelsCutShortAnywhere) {
    const std::string model = smallModel();
    for (std::size_t size = 0; size < model.size(); ++size) {
        EXPECT_THROW(importOnnx(write("short.onnx", model.substr(0, size))), ConfigError) << size;
    }
}

TEST_F(OnnxFuzzTest, ModelsWithDamagedBytes) {
    const std::string model = smallModel();
    constexpr std::uint64_t kSeed = 2024;
    std::mt19937_64 generator(kSeed);
    for (int round = 0; round < 2000; ++round) {
        SCOPED_TRACE(fmt::format("seed {}, round {}", kSeed, round));
        std::string damaged = model;
        for (std::uint64_t flips = 1 + generator() % 3; flips > 0; --flips) {
            damaged[generator() % damaged.size()] = static_cast<char>(generator());
        }
        expectErrorOrNetwork(damaged);
    }
}

TEST_F(OnnxFuzzTest, ATrainedModelCutShortAndDamaged) {
    const std::string model =
        read(std::filesystem::path(SYSTOLE_SOURCE_DIR) / "traces/resnet8_fmnist/model.onnx");
    ASSERT_FALSE(model.empty());
    constexpr std::uint64_t kSeed = 7;
    std::mt19937_64 generator(kSeed);
    for (int round = 0; round < 150; ++round) {
        SCOPED_TRACE(fmt::format("seed {}, round {}", kSeed, round));
        EXPECT_THROW(importOnnx(write("s.onnx", model.substr(0, generator() % model.size()))),
                     ConfigError);
        std::string damaged = model;
        damaged[generator() % damaged.size()] = static_cast<char>(generator());
        expectErrorOrNetwork(damaged);
    }
}

}  // namespace
}  // namespace systole::sim
