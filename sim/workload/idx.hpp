// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "sim/network/network.hpp"

/// Reader of IDX files, the format of MNIST (http://yann.lecun.com/exdb/mnist/): two zero bytes,
/// the element type, the rank, the sizes as big-endian 32-bit integers, then the elements, the last
/// axis fastest. A file whose name ends in .gz is decompressed. Every error is a ConfigError.
namespace systole::sim {

/// Pixels 0..255, one image after the other, each channels last as in Shape.
struct IdxImages {
    Shape shape;
    std::uint64_t count = 0;
    std::vector<std::uint8_t> pixels;
};

/// Unsigned bytes of rank 3 (N, H, W: one channel) or 4 (N, H, W, C).
IdxImages readIdxImages(const std::filesystem::path& path);

/// Unsigned bytes of rank 1.
std::vector<std::uint8_t> readIdxLabels(const std::filesystem::path& path);

}  // namespace systole::sim
