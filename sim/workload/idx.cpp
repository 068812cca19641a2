// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/idx.hpp"

#include <fmt/format.h>

#include <boost/iostreams/copy.hpp>
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <fstream>
#include <numeric>
#include <utility>

#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"

namespace systole::sim {

namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;
constexpr std::size_t kMagicBytes = 4;
constexpr std::size_t kSizeBytes = 4;
/// A small compressed file can claim a great deal.
constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 31;

struct IdxFile {
    std::vector<std::uint32_t> sizes;
    std::vector<std::uint8_t> elements;
};

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& problem) {
    throw ConfigError(fmt::format("{}: {}", path.string(), problem));
}

void checkMagic(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes) {
    if (bytes.size() < kMagicBytes || bytes[0] != 0 || bytes[1] != 0) {
        fail(path, "is no IDX file, expected it to begin with two zero bytes");
    }
    if (bytes[2] != kUnsignedByte) {
        fail(path,
             fmt::format("has the element type {:#04x}, expected 0x08 (unsigned bytes)", bytes[2]));
    }
}

/// Takes bytes up to a limit, then stops the copy; and stops it where the first ones are no IDX.
class LimitedSink {
public:
    using char_type = char;
    using category = boost::iostreams::sink_tag;
    LimitedSink(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes)
        : path_(&path), bytes_(&bytes) {}

    std::streamsize write(const char* data, std::streamsize count) {
        if (bytes_->size() + static_cast<std::uint64_t>(count) > kLargestFile) {
            fail(*path_, fmt::format("holds more than {} bytes", kLargestFile));
        }
        const bool begins = bytes_->size() < kMagicBytes;
        bytes_->insert(bytes_->end(), data, data + count);
        if (begins && bytes_->size() >= kMagicBytes) checkMagic(*path_, *bytes_);
        return count;
    }

private:
    const std::filesystem::path* path_;
    std::vector<std::uint8_t>* bytes_;
};

std::vector<std::uint8_t> readBytes(const std::filesystem::path& path) {
    if (const std::string problem = inputProblem(path); !problem.empty()) {
        fail(path, problem + ", expected an IDX file");
    }
    std::ifstream file(path, std::ios::binary);
    boost::iostreams::filtering_istream stream;
    if (path.extension() == ".gz") stream.push(boost::iostreams::gzip_decompressor());
    stream.push(file);
    std::vector<std::uint8_t> bytes;
    try {
        boost::iostreams::copy(stream, LimitedSink(path, bytes));
    } catch (const boost::iostreams::gzip_error&) {
        fail(path, "is damaged or no gzip file, expected a compressed IDX file");
    } catch (const std::ios_base::failure&) {
        fail(path, "is damaged or cut short, expected a whole IDX file");
    }
    return bytes;
}

IdxFile readIdx(const std::filesystem::path& path) {
    std::vector<std::uint8_t> bytes = readBytes(path);
    checkMagic(path, bytes);
    const std::size_t header = kMagicBytes + kSizeBytes * bytes[3];
    if (bytes.size() < header) fail(path, "ends within its header");
    IdxFile file;
    std::uint64_t elements = 1;
    for (std::size_t at = kMagicBytes; at < header; at += kSizeBytes) {
        file.sizes.push_back(
            std::accumulate(&bytes[at], &bytes[at] + kSizeBytes, 0U,
                            [](std::uint32_t sum, std::uint8_t byte) { return sum << 8U | byte; }));
        if (file.sizes.back() == 0) fail(path, "has a size of 0, expected at least 1");
        elements *= file.sizes.back();
        if (elements > kLargestFile) fail(path, "claims more elements than it has");
    }
    if (bytes.size() - header != elements) {
        fail(path, fmt::format("holds {} elements, expected {} for its sizes",
                               bytes.size() - header, elements));
    }
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
    file.elements = std::move(bytes);
    return file;
}

}  // namespace

IdxImages readIdxImages(const std::filesystem::path& path) {
    IdxFile file = readIdx(path);
    const auto& sizes = file.sizes;
    if (sizes.size() != 3 && sizes.size() != 4) {
        fail(path,
             fmt::format("has rank {}, expected 3 (N, H, W) or 4 (N, H, W, C)", sizes.size()));
    }
    return {
        {sizes[1], sizes[2], sizes.size() == 4 ? sizes[3] : 1}, sizes[0], std::move(file.elements)};
}

std::vector<std::uint8_t> readIdxLabels(const std::filesystem::path& path) {
    IdxFile file = readIdx(path);
    if (file.sizes.size() != 1) {
        fail(path, fmt::format("has rank {}, expected 1 (labels)", file.sizes.size()));
    }
    return std::move(file.elements);
}

}  // namespace systole::sim
