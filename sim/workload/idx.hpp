// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

/// Reader of IDX files, the format of MNIST (http://yann.lecun.com/exdb/mnist/): two zero bytes,
/// the element type, the rank, the sizes as big-endian 32-bit integers, then the elements, the last
/// axis fastest. A file whose name ends in .gz is decompressed. Every error is a ConfigError.
namespace systole::sim {

/// Of an image, whose elements lie with the channels last.
struct ImageShape {
    std::uint32_t height = 1;
    std::uint32_t width = 1;
    std::uint32_t channels = 1;

    std::uint64_t elements() const { return std::uint64_t{height} * width * channels; }
    bool operator==(const ImageShape&) const = default;
};

/// Pixels 0..255, one image after the other.
struct IdxImages {
    ImageShape shape;
    std::uint64_t count = 0;
    std::vector<std::uint8_t> pixels;
};

/// Unsigned bytes of rank 3 (N, H, W: one channel) or 4 (N, H, W, C).
IdxImages readIdxImages(const std::filesystem::path& path);

/// Unsigned bytes of rank 1.
std::vector<std::uint8_t> readIdxLabels(const std::filesystem::path& path);

}  // namespace systole::sim
