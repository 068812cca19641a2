// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "sim/workload/workload.hpp"
#include "tests/unit/onnx/onnx_builder.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;
namespace fs = std::filesystem;

class WorkloadLoaderTest : public WorkloadFileTest {
protected:
    WorkloadLoaderTest() {
        OnnxTestModel model({1, 1, 1, 2});
        model.node("Flatten", {"x"}, "f").weights("w", {2, 3}, std::vector<float>(6, 1));
        model.node("Gemm", {"f", "w"}, "y").save(path("m.onnx"));
        writeIdx("i.idx", {2, 1, 2}, "abcd");
        writeIdx("l.idx", {2}, std::string("\x02\x00", 2));
        writeIdx("c.idx", {1, 1, 2}, "ef");
        writeIdx("more.idx", {3, 1, 2}, "uvwxyz");
        writeIdx("more_labels.idx", {3}, std::string("\x00\x01\x02", 3));
    }

    void writeIdx(const std::string& name, const std::vector<int>& sizes,
                  const std::string& elements) const {
        std::string bytes{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
        for (const int size : sizes) bytes += {'\0', '\0', '\0', static_cast<char>(size)};
        write(name, bytes + elements);
    }

    static inline const std::string kYaml =
        "name: tiny\n"
        "model: m.onnx\n"
        "input: {scale: 0.5, offset: -1.0}\n"
        "data: {images: i.idx, labels: l.idx, calibration: c.idx}\n";

    Workload load(const std::string& yaml, std::optional<std::uint64_t> images = {}) const {
        return loadWorkload(write("w.yaml", yaml), {.images = images});
    }
    std::string complaint(const std::string& yaml, std::optional<std::uint64_t> images = {}) const {
        return messageOf([&] { load(yaml, images); });
    }
    static std::string replaced(std::string text, const std::string& what, const std::string& by) {
        return text.replace(text.find(what), what.size(), by);
    }
};

TEST_F(WorkloadLoaderTest, ReadsModelImagesLabelsAndCalibration) {
    const Workload workload = load(kYaml);
    EXPECT_EQ(workload.name, "tiny");
    EXPECT_EQ(workload.network.name, "tiny");
    EXPECT_EQ(workload.images.count(), 2U);
    EXPECT_FALSE(workload.images.isRandom());
    EXPECT_THAT(workload.images.image(1), ElementsAre('c' * 0.5F - 1, 'd' * 0.5F - 1));
    EXPECT_THAT(workload.labels, ElementsAre(2, 0));
    EXPECT_EQ(workload.calibration.count(), 1U);
    EXPECT_THAT(workload.calibration.first(64),
                ElementsAre(ElementsAre('e' / 2.0F - 1, 'f' / 2.0F - 1)));
}

TEST_F(WorkloadLoaderTest, RowsOfAConvolutionAreGivenInTheOrderOfOnnxAndLieChannelsLast) {
    OnnxTestModel model({1, 2, 3});
    model.weights("k", {1, 2, 1}, {1, 1}).node("Conv", {"x", "k"}, "y").save(path("row.onnx"));
    writeIdx("row.idx", {1, 1, 1, 6}, "abcdef");
    const Workload workload =
        load("name: row\nmodel: row.onnx\ninput: {scale: 1, offset: 0}\ndata: {images: row.idx}\n");
    EXPECT_THAT(workload.images.image(0), ElementsAre('a', 'd', 'b', 'e', 'c', 'f'));
}

TEST_F(WorkloadLoaderTest, PixelsAreScaledAndShiftedInBinary32) {
    const Workload workload =
        load(replaced(kYaml, "scale: 0.5, offset: -1.0", "scale: 0.1, offset: 0.3"));
    EXPECT_EQ(workload.images.image(0)[0], 97.0F * 0.1F + 0.3F);
}

TEST_F(WorkloadLoaderTest, LabelsAndCalibrationMayBeMissing) {
    const Workload workload = load(replaced(kYaml, ", labels: l.idx, calibration: c.idx", ""));
    EXPECT_TRUE(workload.labels.empty());
    EXPECT_EQ(workload.calibration.count(), 0U);
}

TEST_F(WorkloadLoaderTest, FullDataStandsInWhenMoreImagesAreAskedFor) {
    const std::string yaml = kYaml + "full_data: {images: more.idx, labels: more_labels.idx}\n";
    EXPECT_EQ(load(yaml).images.count(), 2U);
    EXPECT_EQ(load(yaml, 2).images.count(), 2U);
    const Workload full = load(yaml, 3);
    EXPECT_EQ(full.images.count(), 3U);
    EXPECT_THAT(full.labels, ElementsAre(0, 1, 2));
}

TEST_F(WorkloadLoaderTest, FullDataNeedNotBeInstalled) {
    const std::string yaml = kYaml + "full_data: {images: none.idx, labels: more_labels.idx}\n";
    EXPECT_EQ(load(yaml, 2).images.count(), 2U);
    EXPECT_EQ(complaint(yaml, 3),
              "w.yaml: 3 images are asked for, expected at most 2, which its data has");
}

TEST_F(WorkloadLoaderTest, DataThatDoesNotFitTheNetwork) {
    writeIdx("i.idx", {2, 2, 1}, "abcd");
    EXPECT_EQ(complaint(kYaml),
              "i.idx: has images of 2 x 1 x 1, expected 1 x 2 x 1 (height, width, "
              "channels) for m.onnx");
    writeIdx("i.idx", {2, 1, 2}, "abcd");
    writeIdx("l.idx", {3}, "\x01\x01\x01");
    EXPECT_EQ(complaint(kYaml), "l.idx: has 3 labels, expected 2, one an image of i.idx");
    writeIdx("l.idx", {2}, "\x01\x03");
    EXPECT_EQ(complaint(kYaml),
              "l.idx: has the label 3, expected less than 3, the outputs of m.onnx");
}

TEST_F(WorkloadLoaderTest, KeysThatAreWrongAreReportedWithTheirPlace) {
    const std::string text = complaint(replaced(kYaml, "model:", "modle:"));
    EXPECT_THAT(text, testing::HasSubstr("w.yaml:2:1: "));
    EXPECT_THAT(text, testing::HasSubstr("'modle'"));
    EXPECT_THAT(complaint(replaced(kYaml, "i.idx", "none.idx")), testing::HasSubstr("none.idx"));
}

TEST_F(WorkloadLoaderTest, OtherFilesAreNoWorkload) {
    EXPECT_EQ(messageOf([&] { loadWorkload(write("w.txt", ""), {}); }),
              "w.txt: is no workload, expected a .yaml or .onnx file");
}

TEST_F(WorkloadLoaderTest, ABareModelHasRandomImages) {
    const Workload workload = loadWorkload(path("m.onnx"), {.images = 3, .calibrationImages = 5});
    EXPECT_EQ(workload.name, "m");
    EXPECT_TRUE(workload.images.isRandom());
    EXPECT_EQ(workload.images.count(), 3U);
    EXPECT_EQ(workload.calibration.count(), 5U);
    EXPECT_TRUE(workload.labels.empty());
    EXPECT_EQ(loadWorkload(path("m.onnx"), {}).images.count(), 1U);
}

TEST_F(WorkloadLoaderTest, RandomImagesDependOnSeedAndIndexAlone) {
    const auto draw = [](std::uint64_t seed, std::uint64_t index) {
        return ImageSet(RandomImages{{1, 1, 3}, 10, seed}).image(index);
    };
    EXPECT_EQ(draw(1, 4), draw(1, 4));
    EXPECT_NE(draw(1, 4), draw(1, 5));
    EXPECT_NE(draw(1, 4), draw(2, 4));
    EXPECT_THAT(draw(1, 0), ElementsAre(-0x1.c84edp+0F, -0x1.5ed744p-1F, -0x1.f8cf98p-2F));
}

TEST_F(WorkloadLoaderTest, RandomImagesAreAboutNormal) {
    const std::vector<float> values = ImageSet(RandomImages{{100, 100, 1}, 1, 1}).image(0);
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 10000;
    const double square =
        std::inner_product(values.begin(), values.end(), values.begin(), 0.0) / 10000;
    EXPECT_NEAR(mean, 0, 0.05);
    EXPECT_NEAR(square, 1, 0.05);
}

TEST_F(WorkloadLoaderTest, TheTrainedNetworkAndItsDataAreWhole) {
    const fs::path folder = fs::path(SYSTOLE_SOURCE_DIR) / "traces/resnet8_fmnist";
    const Workload workload = loadWorkload(folder / "workload.yaml", {});
    EXPECT_EQ(workload.images.count(), 256U);
    EXPECT_EQ(workload.labels.size(), 256U);
    EXPECT_EQ(workload.calibration.count(), 64U);
    EXPECT_EQ(workload.network.nodes.size(), 21U);
}

}  // namespace
}  // namespace systole::sim
