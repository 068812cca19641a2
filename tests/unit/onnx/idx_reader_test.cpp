// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/idx.hpp"
#include "tests/unit/onnx/workload_fixture.hpp"

namespace systole::sim {
namespace {

using testing::ElementsAre;

/// Header of an IDX file of unsigned bytes.
std::string header(const std::vector<int>& sizes, int type = 8) {
    std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(sizes.size())};
    for (const int size : sizes) {
        for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
    }
    return bytes;
}

/// Labels 1, 0 and 255 as gzip packs them.
const std::string kCompressedLabels(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x63\x60\xe0\x60\x64\x60"
    "\x60\x60\x66\x64\xf8\x0f\x00\x3e\x39\x80\x22\x0b\x00\x00\x00",
    31);

class IdxReaderTest : public WorkloadFileTest {
protected:
    std::string imageComplaint(const std::string& bytes, const std::string& name = "i.idx") const {
        return messageOf([&] { readIdxImages(write(name, bytes)); });
    }
};

TEST_F(IdxReaderTest, ImagesOfOneChannel) {
    const IdxImages images = readIdxImages(write("i.idx", header({2, 1, 3}) + "abcdef"));
    EXPECT_EQ(images.count, 2U);
    EXPECT_EQ(images.shape, (ImageShape{1, 3, 1}));
    EXPECT_THAT(images.pixels, ElementsAre('a', 'b', 'c', 'd', 'e', 'f'));
}

TEST_F(IdxReaderTest, ImagesOfSeveralChannels) {
    const IdxImages images = readIdxImages(write("i.idx", header({1, 1, 2, 3}) + "abcdef"));
    EXPECT_EQ(images.shape, (ImageShape{1, 2, 3}));
}

TEST_F(IdxReaderTest, SizesAreBigEndian) {
    const IdxImages images = readIdxImages(write("i.idx", header({1, 1, 300}).append(300, 'x')));
    EXPECT_EQ(images.shape.width, 300U);
}

TEST_F(IdxReaderTest, CompressedFiles) {
    const auto file = write("l.gz", kCompressedLabels);
    EXPECT_THAT(readIdxLabels(file), ElementsAre(1, 0, 255));
}

TEST_F(IdxReaderTest, FilesThatAreNotThere) {
    EXPECT_EQ(messageOf([&] { readIdxImages(path("none")); }),
              "none: does not exist, expected an IDX file");
    EXPECT_EQ(messageOf([&] { readIdxImages(path(".")); }),
              ".: is a directory, expected an IDX file");
}

TEST_F(IdxReaderTest, FilesOfAnotherKind) {
    const std::string magic = "i.idx: is no IDX file, expected it to begin with two zero bytes";
    EXPECT_EQ(imageComplaint(""), magic);
    EXPECT_EQ(imageComplaint("\x89PNG\r\n"), magic);
    EXPECT_EQ(imageComplaint(header({1, 1, 1}, 0x0d) + "a"),
              "i.idx: has the element type 0x0d, expected 0x08 (unsigned bytes)");
    EXPECT_EQ(imageComplaint(header({1, 1}) + "a"),
              "i.idx: has rank 2, expected 3 (N, H, W) or 4 (N, H, W, C)");
    EXPECT_EQ(messageOf([&] {
                  readIdxLabels(write("i.idx", header({1, 1}) + "a"));
              }),
              "i.idx: has rank 2, expected 1 (labels)");
}

TEST_F(IdxReaderTest, FilesOfAnotherLengthThanTheirSizesSay) {
    EXPECT_EQ(imageComplaint(header({1, 2, 3}) + "abcde"),
              "i.idx: holds 5 elements, expected 6 for its sizes");
    EXPECT_EQ(imageComplaint(header({1, 2, 3}) + "abcdefg"),
              "i.idx: holds 7 elements, expected 6 for its sizes");
    EXPECT_EQ(imageComplaint(header({1, 2, 3}).substr(0, 13)), "i.idx: ends within its header");
    EXPECT_EQ(imageComplaint(header({1, 0, 3})), "i.idx: has a size of 0, expected at least 1");
    EXPECT_EQ(imageComplaint(header({1 << 30, 1 << 30, 1 << 30, 1 << 30})),
              "i.idx: claims more elements than it has");
}

TEST_F(IdxReaderTest, DamagedCompression) {
    const std::string& whole = kCompressedLabels;
    EXPECT_EQ(imageComplaint("plain text", "i.gz"),
              "i.gz: is damaged or no gzip file, expected a compressed IDX file");
    for (std::size_t size = 1; size < whole.size(); ++size) {
        EXPECT_EQ(messageOf([&] { readIdxLabels(write("l.gz", whole.substr(0, size))); }),
                  "l.gz: is damaged or no gzip file, expected a compressed IDX file")
            << size;
    }
}

}  // namespace
}  // namespace systole::sim
