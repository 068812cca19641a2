// SPDX-License-Identifier: Apache-2.0
// Damaged models end in a ConfigError or in a network that is whole, never in anything else.
#include <random>

#include "sim/network/window.hpp"
#include "sim/onnx/onnx_reader.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

/// What every user of a Network relies on.
void expectWhole(const Network& network) {
    for (const Node& node : network.nodes) {
        ASSERT_LT(node.output, network.tensors.size());
        for (const TensorId input : node.inputs) ASSERT_LT(input, node.output);
        const auto* convolution = std::get_if<Convolution>(&node.operation);
        if (convolution == nullptr) continue;
        const Shape& input = network.tensors[node.inputs[0]].shape;
        const Shape& output = network.tensors[node.output].shape;
        ASSERT_EQ(output.channels, convolution->outputChannels);
        ASSERT_EQ(convolution->bias.size(), convolution->outputChannels);
        ASSERT_EQ(convolution->reduction(), std::uint64_t{kernelArea(convolution->window)} *
                                                input.channels / convolution->groups);
        ASSERT_EQ(windowPositions(verticalAxis(convolution->window), input.height), output.height);
    }
}

class OnnxFuzzTest : public WorkloadFileTest {
protected:
    /// Small, so that most of its bytes are structure, and with every operator.
    std::string smallModel() const {
        OnnxTestModel model({-1, 2, 6, 6});
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
        model.node("Gemm", {"f", "g"}, "l").node("Softmax", {"l"}, "y");
        return read(model.save(path("small.onnx")));
    }

    void expectErrorOrNetwork(const std::string& bytes) const {
        try {
            expectWhole(readOnnx(write("damaged.onnx", bytes)));
        } catch (const ConfigError&) {
        }
    }
};

TEST_F(OnnxFuzzTest, TheSmallModelIsRead) {
    const Network network = readOnnx(write("small.onnx", smallModel()));
    EXPECT_EQ(network.nodes.size(), 7U);
    expectWhole(network);
}

TEST_F(OnnxFuzzTest, ModelsCutShortAnywhere) {
    const std::string model = smallModel();
    for (std::size_t size = 0; size < model.size(); ++size) {
        EXPECT_THROW(readOnnx(write("short.onnx", model.substr(0, size))), ConfigError) << size;
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
        EXPECT_THROW(readOnnx(write("s.onnx", model.substr(0, generator() % model.size()))),
                     ConfigError);
        std::string damaged = model;
        damaged[generator() % damaged.size()] = static_cast<char>(generator());
        expectErrorOrNetwork(damaged);
    }
}

}  // namespace
}  // namespace systole::sim
