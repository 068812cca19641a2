// SPDX-License-Identifier: Apache-2.0
// Where the constants of a model lie, and what types they have.
#include <bit>

#include "sim/onnx/onnx_import.hpp"
#include "tests/unit/onnx/imported_graph.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class OnnxConstantsTest : public WorkloadFileTest {
protected:
    OnnxConstantsTest() { model_.weights("w", {2, 1, 1, 1}, {1.5F, -0.25F}); }

    onnx::TensorProto& weights() { return *model_.graph().mutable_initializer(0); }

    std::vector<float> read() {
        if (model_.graph().node_size() == 0) model_.node("Conv", {"x", "w"}, "y");
        const graph::Graph network = importOnnx(model_.save(path("m.onnx")));
        return weightsOf(network);
    }
    std::string complaint() {
        return messageOf([&] { read(); });
    }

    /// The weights as `bytes` of a file, in the words of ONNX's external_data.
    void putOutside(const std::vector<std::pair<std::string, std::string>>& entries) {
        weights().clear_float_data();
        weights().clear_external_data();
        weights().set_data_location(onnx::TensorProto::EXTERNAL);
        for (const auto& [key, value] : entries) {
            auto& entry = *weights().add_external_data();
            entry.set_key(key);
            entry.set_value(value);
        }
    }

    static std::string bytesOf(const std::vector<float>& values) {
        return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
    }

    OnnxTestModel model_{{1, 1, 2, 2}};
};

const std::string kWeights = "m.onnx: node 'y_node' (operator 'Conv'): constant 'w' ";

TEST_F(OnnxConstantsTest, IdentityOfAConstantIsThatConstantInChainsToo) {
    model_.node("Identity", {"w"}, "a").node("Identity", {"a"}, "b");
    model_.constantNode("c", {2}, {3, 4}).node("Identity", {"c"}, "d");
    model_.node("Conv", {"x", "b", "d"}, "y");
    const graph::Graph network = importOnnx(model_.save(path("m.onnx")));
    ASSERT_EQ(network.nodes.size(), 1U);
    EXPECT_THAT(weightsOf(network), ElementsAre(1.5F, -0.25F));
    EXPECT_THAT(matrixWork(network).bias, ElementsAre(3, 4));
}

TEST_F(OnnxConstantsTest, IdentityOfAShapeAndOfParametersThatSeveralLayersShare) {
    model_.node("Identity", {"w"}, "w2").shapeNode("s", {1, 8}).node("Identity", {"s"}, "s2");
    model_.node("Conv", {"x", "w"}, "c").node("Reshape", {"c", "s2"}, "r");
    model_.weights("m", {1, 8}, std::vector<float>(8, 2.0F)).node("Identity", {"m"}, "m2");
    model_.node("Gemm", {"r", "m2"}, "y").integer("transB", 1);
    EXPECT_EQ(importOnnx(model_.save(path("m.onnx"))).nodes.size(), 2U);
}

TEST_F(OnnxConstantsTest, NarrowAndWideFloatsAreReadAsBinary32) {
    weights().clear_float_data();
    weights().set_data_type(onnx::TensorProto::FLOAT16);
    weights().add_int32_data(0x3E00);
    weights().add_int32_data(0x8001);
    EXPECT_THAT(read(), ElementsAre(1.5F, -0x1p-24F));
    weights().clear_int32_data();
    weights().set_raw_data("\x00\x7B\xFF\xFB", 4);
    EXPECT_THAT(read(), ElementsAre(57344.0F, -65504.0F));
    weights().set_data_type(onnx::TensorProto::BFLOAT16);
    weights().set_raw_data("\xC0\x3F\x01\x80", 4);
    EXPECT_THAT(read(), ElementsAre(1.5F, std::bit_cast<float>(0x80010000U)));
    weights().clear_raw_data();
    weights().set_data_type(onnx::TensorProto::DOUBLE);
    weights().add_double_data(0.1);
    weights().add_double_data(1.0 + 0x1p-24);  // a tie: to even
    EXPECT_THAT(read(), ElementsAre(0.1F, 1.0F));
}

TEST_F(OnnxConstantsTest, FloatsThatBinary32CannotHoldAreRefused) {
    weights().set_data_type(onnx::TensorProto::DOUBLE);
    weights().clear_float_data();
    weights().add_double_data(1e39);
    weights().add_double_data(0);
    EXPECT_EQ(complaint(),
              kWeights + "holds a NaN or an infinity in binary32, expected finite values");
}

TEST_F(OnnxConstantsTest, AModelOfNarrowFloatsIsReadWhole) {
    for (const auto type : {onnx::TensorProto::FLOAT16, onnx::TensorProto::DOUBLE}) {
        model_.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(type);
        EXPECT_EQ(complaint(), "no error");
    }
}

TEST_F(OnnxConstantsTest, DataBesideTheModelAreReadAtTheirOffset) {
    write("w.bin", std::string("1234") + bytesOf({7, 8}));
    putOutside({{"location", "w.bin"}, {"offset", "4"}, {"length", "8"}, {"checksum", "?"}});
    EXPECT_THAT(read(), ElementsAre(7, 8));
    putOutside({{"location", "./sub/../w.bin"}, {"offset", "4"}});
    EXPECT_THAT(read(), ElementsAre(7, 8));
    weights().set_data_type(onnx::TensorProto::FLOAT16);
    write("h.bin", std::string("\x00\x3E\x00\xC0", 4));
    putOutside({{"location", "h.bin"}});
    EXPECT_THAT(read(), ElementsAre(1.5F, -2));
}

TEST_F(OnnxConstantsTest, AModelWithoutAFolderHasItsDataInTheCurrentOne) {
    write("w.bin", bytesOf({7, 8}));
    putOutside({{"location", "w.bin"}});
    model_.node("Conv", {"x", "w"}, "y").save(path("m.onnx"));
    const fs::path before = fs::current_path();
    fs::current_path(path("."));
    EXPECT_NO_THROW(importOnnx("m.onnx"));
    fs::current_path(before);
}

TEST_F(OnnxConstantsTest, DataThatAreNotThereAreNamed) {
    putOutside({{"location", "none.bin"}});
    EXPECT_EQ(complaint(), kWeights +
                               "keeps its data in 'none.bin', which does not exist, "
                               "expected a file beside the model");
    putOutside({{"offset", "0"}});
    EXPECT_EQ(complaint(), kWeights +
                               "keeps its data outside the model without a location, "
                               "expected a file name");
    write("w.bin", "123456789012");
    putOutside({{"location", "w.bin"}, {"offset", "8"}});
    EXPECT_EQ(complaint(), kWeights + "needs 8 bytes at 8 of 'w.bin', which has 12");
    putOutside({{"location", "w.bin"}, {"offset", "18446744073709551615"}});
    EXPECT_THAT(complaint(), HasSubstr("needs 8 bytes at 18446744073709551615"));
    putOutside({{"location", "w.bin"}, {"offset", "-4"}});
    EXPECT_EQ(complaint(), kWeights + "has the external offset '-4', expected a count of bytes");
    putOutside({{"location", "w.bin"}, {"length", "12"}});
    EXPECT_EQ(complaint(), kWeights +
                               "has 12 bytes of external data, expected 8 for the shape "
                               "[2, 1, 1, 1]");
}

TEST_F(OnnxConstantsTest, DamagedDataOfNarrowWeightsAreNamedBySize) {
    write("w.bin", "123");
    for (const auto type : {onnx::TensorProto::FLOAT16, onnx::TensorProto::BFLOAT16}) {
        weights().set_data_type(type);
        putOutside({{"location", "w.bin"}});
        EXPECT_EQ(complaint(), kWeights + "needs 4 bytes at 0 of 'w.bin', which has 3");
        putOutside({{"location", "w.bin"}, {"offset", "99"}});
        EXPECT_EQ(complaint(), kWeights + "needs 4 bytes at 99 of 'w.bin', which has 3");
        putOutside({{"location", "w.bin"}, {"length", "8"}});
        EXPECT_EQ(complaint(), kWeights +
                                   "has 8 bytes of external data, expected 4 for the shape "
                                   "[2, 1, 1, 1]");
        putOutside({{"location", "w.bin"}, {"length", "99999999999999999999"}});
        EXPECT_THAT(complaint(), HasSubstr("external length '99999999999999999999', expected"));
        putOutside({{"location", "gone\n\x1b[31m.bin"}});
        EXPECT_THAT(complaint(), HasSubstr("'gone\\n\\x1b[31m.bin', which does not exist"));
        weights().clear_external_data();
        weights().clear_data_location();
        weights().set_raw_data("abc");
        EXPECT_EQ(complaint(), kWeights + "holds 1 values, expected 2 for the shape [2, 1, 1, 1]");
        weights().clear_raw_data();
    }
}

TEST_F(OnnxConstantsTest, DataOutsideOfTheModelsFolderAreRefused) {
    const std::string expected = ", expected a file in the model's folder";
    for (const char* place : {"../w.bin", "/etc/passwd", "a/../../w.bin", "..", ""}) {
        putOutside({{"location", place}});
        EXPECT_THAT(complaint(), testing::AnyOf(HasSubstr(expected), HasSubstr("a file name")))
            << place;
    }
    fs::create_symlink("/etc/passwd", path("link.bin"));
    putOutside({{"location", "link.bin"}});
    EXPECT_EQ(complaint(), kWeights + "keeps its data in 'link.bin'" + expected);
    fs::create_directory(path("folder"));
    putOutside({{"location", "folder"}});
    EXPECT_THAT(complaint(), HasSubstr("which is no file"));
}

}  // namespace
}  // namespace systole::sim
