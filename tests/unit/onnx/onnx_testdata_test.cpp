// SPDX-License-Identifier: Apache-2.0
// The operators against the test cases that ONNX itself publishes (Debian: libonnx-testdata).
#include "sim/network/float_reference.hpp"
#include "sim/onnx/onnx_reader.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;

const fs::path kCases = "/usr/share/libonnx-testdata/data/node";

class OnnxTestdataTest : public WorkloadFileTest, public testing::WithParamInterface<const char*> {
protected:
    template <typename Proto>
    static Proto parse(const fs::path& file) {
        Proto proto;
        std::ifstream stream(file, std::ios::binary);
        EXPECT_TRUE(proto.ParseFromIstream(&stream)) << file;
        return proto;
    }

    static std::vector<float> valuesOf(const onnx::TensorProto& tensor) {
        if (!tensor.has_raw_data()) return {tensor.float_data().begin(), tensor.float_data().end()};
        std::vector<float> values(tensor.raw_data().size() / sizeof(float));
        std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
        return values;
    }

    /// The case's model with its further inputs as constants and a batch of one.
    Network load(const fs::path& folder) const {
        OnnxTestModel model({});
        model.proto = parse<onnx::ModelProto>(folder / "model.onnx");
        for (int i = 1; i < model.graph().input_size(); ++i) {
            auto& constant = *model.graph().add_initializer();
            constant =
                parse<onnx::TensorProto>(folder / fmt::format("test_data_set_0/input_{}.pb", i));
            constant.set_name(model.graph().input(i).name());
        }
        model.graph()
            .mutable_input(0)
            ->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape()
            ->mutable_dim(0)
            ->set_dim_value(1);
        // Some are of opset 1; none of these operators has changed what it computes since.
        model.proto.mutable_opset_import(0)->set_version(13);
        return readOnnx(model.save(path("case.onnx")));
    }
};

/// Image `n` of a batch, from channels first to channels last.
std::vector<float> reorder(const std::vector<float>& values, std::size_t n, const Shape& shape) {
    const std::size_t pixels = std::size_t{shape.height} * shape.width;
    std::vector<float> image(shape.elements());
    for (std::size_t i = 0; i < image.size(); ++i) {
        image[i % pixels * shape.channels + i / pixels] = values[n * image.size() + i];
    }
    return image;
}

TEST_P(OnnxTestdataTest, IsComputedAsPublished) {
    const fs::path folder = kCases / GetParam();
    if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not installed";
    const Network network = load(folder);
    const auto input = valuesOf(parse<onnx::TensorProto>(folder / "test_data_set_0/input_0.pb"));
    const auto expected =
        valuesOf(parse<onnx::TensorProto>(folder / "test_data_set_0/output_0.pb"));
    const Shape& inputShape = network.tensors[network.input].shape;
    const Shape& outputShape = network.tensors[network.output].shape;
    const std::size_t batch = input.size() / inputShape.elements();
    ASSERT_EQ(expected.size(), batch * outputShape.elements());
    for (std::size_t n = 0; n < batch; ++n) {
        const auto result =
            runFloat(network, reorder(input, n, inputShape)).tensors[network.output];
        const auto wanted = reorder(expected, n, outputShape);
        for (std::size_t i = 0; i < result.size(); ++i)
            ASSERT_NEAR(result[i], wanted[i], 2e-6) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Published, OnnxTestdataTest,
    testing::Values(
        "test_averagepool_2d_ceil", "test_averagepool_2d_default", "test_averagepool_2d_pads",
        "test_averagepool_2d_pads_count_include_pad", "test_averagepool_2d_precomputed_pads",
        "test_averagepool_2d_precomputed_pads_count_include_pad",
        "test_averagepool_2d_precomputed_same_upper", "test_averagepool_2d_precomputed_strides",
        "test_averagepool_2d_same_lower", "test_averagepool_2d_same_upper",
        "test_averagepool_2d_strides", "test_basic_conv_with_padding",
        "test_basic_conv_without_padding", "test_batchnorm_epsilon", "test_batchnorm_example",
        "test_conv_with_autopad_same", "test_conv_with_strides_and_asymmetric_padding",
        "test_conv_with_strides_no_padding", "test_conv_with_strides_padding", "test_convtranspose",
        "test_convtranspose_autopad_same", "test_convtranspose_dilations",
        "test_convtranspose_kernel_shape", "test_convtranspose_output_shape",
        "test_convtranspose_pad", "test_convtranspose_pads", "test_convtranspose_with_kernel",
        "test_gemm_default_no_bias", "test_gemm_default_vector_bias", "test_gemm_default_zero_bias",
        "test_gemm_transposeB", "test_globalaveragepool", "test_globalaveragepool_precomputed",
        "test_globalmaxpool", "test_globalmaxpool_precomputed", "test_maxpool_2d_ceil",
        "test_maxpool_2d_default", "test_maxpool_2d_dilations", "test_maxpool_2d_pads",
        "test_maxpool_2d_precomputed_pads", "test_maxpool_2d_precomputed_same_upper",
        "test_maxpool_2d_precomputed_strides", "test_maxpool_2d_same_lower",
        "test_maxpool_2d_same_upper", "test_maxpool_2d_strides"),
    [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace systole::sim
