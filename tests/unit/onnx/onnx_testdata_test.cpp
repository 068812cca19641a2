// SPDX-License-Identifier: Apache-2.0
// The operators against the test cases that ONNX itself publishes (Debian: libonnx-testdata).
#include <set>

#include "sim/graph/float_reference.hpp"
#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/imported_graph.hpp"
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

    /// The case's model with its further inputs as constants, and of images one at a time.
    graph::Graph load(const fs::path& folder) const {
        OnnxTestModel model({});
        model.proto = parse<onnx::ModelProto>(folder / "model.onnx");
        for (int i = 1; i < model.graph().input_size(); ++i) {
            auto& constant = *model.graph().add_initializer();
            constant =
                parse<onnx::TensorProto>(folder / fmt::format("test_data_set_0/input_{}.pb", i));
            constant.set_name(model.graph().input(i).name());
        }
        auto& shape =
            *model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
        if (shape.dim_size() == 4) shape.mutable_dim(0)->set_dim_value(1);
        // Some are of opset 1; none of these operators has changed what it computes since.
        auto& opset = *model.proto.mutable_opset_import(0);
        if (opset.version() < 7) opset.set_version(13);
        while (model.graph().output_size() > 1) model.graph().mutable_output()->RemoveLast();
        if (isRenamed(model.lastNode().op_type())) {
            const std::string result = model.graph().output(0).name();
            model.node("Neg", {result}, "negated");
        }
        return importOnnx(model.save(path("case.onnx")));
    }

    /// Whether the operator computes nothing: a negation behind it makes a network of it.
    static bool isRenamed(const std::string& type) {
        return std::set<std::string>{"Flatten",   "Reshape", "Squeeze",
                                     "Unsqueeze", "Dropout", "Transpose"}
            .contains(type);
    }
};

/// Calls visit(natural, place) for the elements of a tensor: their numbers in the natural order and
/// their places in memory.
template <typename Visit>
void forEachElement(const graph::Tensor& tensor, const Visit& visit) {
    const std::vector<std::int64_t> strides = tensor.strides();
    for (std::size_t natural = 0; natural < tensor.elements(); ++natural) {
        std::size_t left = natural;
        std::int64_t place = 0;
        for (std::size_t axis = tensor.shape.size(); axis-- > 0;) {
            place += strides[axis] * static_cast<std::int64_t>(left % tensor.shape[axis]);
            left /= tensor.shape[axis];
        }
        visit(natural, static_cast<std::size_t>(place));
    }
}

TEST_P(OnnxTestdataTest, IsComputedAsPublished) {
    const fs::path folder = kCases / GetParam();
    if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not installed";
    const graph::Graph network = load(folder);
    const auto input = valuesOf(parse<onnx::TensorProto>(folder / "test_data_set_0/input_0.pb"));
    const auto expected =
        valuesOf(parse<onnx::TensorProto>(folder / "test_data_set_0/output_0.pb"));
    const float sign = network.nodes.back().name == "negated_node" ? -1 : 1;
    const std::size_t batch = input.size() / inputOf(network).elements();
    ASSERT_EQ(expected.size(), batch * outputOf(network).elements());
    for (std::size_t n = 0; n < batch; ++n) {
        std::vector<float> image(inputOf(network).elements());
        forEachElement(inputOf(network), [&](std::size_t natural, std::size_t place) {
            image[place] = input[n * image.size() + natural];
        });
        const auto result = graph::runFloat(network, image).tensors[network.output];
        forEachElement(outputOf(network), [&](std::size_t natural, std::size_t place) {
            const float wanted = sign * expected[n * result.size() + natural];
            EXPECT_NEAR(result[place], wanted, 2e-6 * std::max(1.0F, std::abs(wanted))) << natural;
        });
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
        "test_maxpool_2d_same_upper", "test_maxpool_2d_strides", "test_abs", "test_add_bcast",
        "test_clip", "test_clip_default_max", "test_clip_default_min", "test_clip_example",
        "test_clip_inbounds", "test_clip_outbounds", "test_clip_splitbounds", "test_div",
        "test_div_bcast", "test_div_example", "test_dropout_default", "test_erf", "test_exp",
        "test_expand_dim_changed", "test_expand_dim_unchanged", "test_flatten_axis1",
        "test_flatten_negative_axis1", "test_floor", "test_floor_example",
        "test_gemm_all_attributes", "test_gemm_alpha", "test_gemm_beta",
        "test_gemm_default_scalar_bias", "test_gemm_default_single_elem_vector_bias",
        "test_gemm_transposeA", "test_hardsigmoid", "test_hardsigmoid_default",
        "test_hardsigmoid_example", "test_hardswish", "test_layer_normalization_2d_axis0",
        "test_layer_normalization_2d_axis1", "test_layer_normalization_2d_axis_negative_1",
        "test_layer_normalization_3d_axis0_epsilon", "test_layer_normalization_3d_axis1_epsilon",
        "test_layer_normalization_3d_axis2_epsilon",
        "test_layer_normalization_3d_axis_negative_3_epsilon", "test_layer_normalization_4d_axis1",
        "test_layer_normalization_4d_axis2", "test_layer_normalization_4d_axis3",
        "test_layer_normalization_4d_axis_negative_1", "test_layer_normalization_default_axis",
        "test_leakyrelu", "test_leakyrelu_default", "test_leakyrelu_example", "test_log",
        "test_log_example", "test_matmul_2d", "test_matmul_3d", "test_matmul_4d",
        "test_max_example", "test_max_one_input", "test_max_two_inputs", "test_maxpool_1d_default",
        "test_min_example", "test_min_one_input", "test_min_two_inputs", "test_mul",
        "test_mul_bcast", "test_mul_example", "test_neg", "test_prelu_broadcast",
        "test_prelu_example", "test_reciprocal", "test_reciprocal_example",
        "test_reduce_max_default_axes_keepdims_random", "test_reduce_max_do_not_keepdims_random",
        "test_reduce_max_keepdims_random", "test_reduce_max_negative_axes_keepdims_random",
        "test_reduce_mean_default_axes_keepdims_random", "test_reduce_mean_do_not_keepdims_random",
        "test_reduce_mean_keepdims_random", "test_reduce_mean_negative_axes_keepdims_random",
        "test_reduce_min_default_axes_keepdims_random", "test_reduce_min_do_not_keepdims_random",
        "test_reduce_min_keepdims_random", "test_reduce_min_negative_axes_keepdims_random",
        "test_reduce_sum_default_axes_keepdims_random", "test_reduce_sum_do_not_keepdims_random",
        "test_reduce_sum_keepdims_random", "test_relu", "test_reshape_extended_dims", "test_reshape_negative_dim",
        "test_reshape_negative_extended_dims", "test_reshape_one_dim", "test_reshape_reduced_dims",
        "test_reshape_reordered_all_dims", "test_reshape_zero_and_negative_dim",
        "test_reshape_zero_dim", "test_resize_downsample_scales_nearest",
        "test_resize_downsample_sizes_nearest", "test_resize_upsample_scales_nearest",
        "test_resize_upsample_sizes_nearest", "test_resize_upsample_sizes_nearest_ceil_half_pixel",
        "test_resize_upsample_sizes_nearest_floor_align_corners",
        "test_resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric", "test_sigmoid",
        "test_slice", "test_slice_default_axes", "test_slice_default_steps",
        "test_slice_end_out_of_bounds", "test_slice_neg", "test_slice_neg_steps",
        "test_slice_negative_axes", "test_softmax_axis_0", "test_softmax_axis_1",
        "test_softmax_axis_2", "test_softmax_default_axis", "test_softmax_example",
        "test_softmax_large_number", "test_softmax_negative_axis", "test_sqrt", "test_squeeze",
        "test_squeeze_negative_axes", "test_sub", "test_sub_bcast", "test_sum_example",
        "test_sum_one_input", "test_sum_two_inputs", "test_tanh",
        "test_transpose_all_permutations_0", "test_transpose_all_permutations_1",
        "test_transpose_all_permutations_2", "test_transpose_all_permutations_3",
        "test_transpose_all_permutations_4", "test_transpose_all_permutations_5",
        "test_transpose_default", "test_unsqueeze_axis_0", "test_unsqueeze_axis_1",
        "test_unsqueeze_axis_2", "test_unsqueeze_negative_axes", "test_unsqueeze_three_axes",
        "test_unsqueeze_two_axes", "test_unsqueeze_unsorted_axes"),
    [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace systole::sim
