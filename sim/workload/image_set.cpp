// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/image_set.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "models/check.hpp"

namespace systole::sim {

namespace {

/// std::normal_distribution differs from library to library; a sum of integers does not.
float drawNormal(std::mt19937_64& generator) {
    constexpr int kTerms = 12;
    constexpr double kMean = 6;
    constexpr int kUniformBits = 32;
    std::uint64_t sum = 0;
    for (int i = 0; i < kTerms; ++i) sum += generator() >> kUniformBits;
    return static_cast<float>(std::ldexp(static_cast<double>(sum), -kUniformBits) - kMean);
}

std::vector<float> makeImage(const PixelImages& images, std::uint64_t index) {
    const std::size_t size = images.data.shape.elements();
    const std::uint8_t* pixels = images.data.pixels.data() + index * size;
    std::vector<float> image(size);
    std::transform(pixels, pixels + size, image.begin(), [&](std::uint8_t pixel) {
        return static_cast<float>(pixel) * images.scale + images.offset;
    });
    return image;
}

std::vector<float> makeImage(const RandomImages& images, std::uint64_t index) {
    std::seed_seq seed{static_cast<std::uint32_t>(images.seed),
                       static_cast<std::uint32_t>(images.seed >> 32U),
                       static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32U)};
    std::mt19937_64 generator(seed);
    std::vector<float> image(images.shape.elements());
    std::generate(image.begin(), image.end(), [&] { return drawNormal(generator); });
    return image;
}

}  // namespace

std::uint64_t ImageSet::count() const {
    const auto* pixels = std::get_if<PixelImages>(source_.get());
    return pixels != nullptr ? pixels->data.count : std::get<RandomImages>(*source_).count;
}

const ImageShape& ImageSet::shape() const {
    const auto* pixels = std::get_if<PixelImages>(source_.get());
    return pixels != nullptr ? pixels->data.shape : std::get<RandomImages>(*source_).shape;
}

std::vector<float> ImageSet::image(std::uint64_t index) const {
    SYSTOLE_CHECK(index < count(), "image {} of {}", index, count());
    std::vector<float> given =
        std::visit([index](const auto& images) { return makeImage(images, index); }, *source_);
    if (places_.empty()) return given;
    std::vector<float> image(given.size());
    for (std::size_t i = 0; i < given.size(); ++i) image.at(places_.at(i)) = given[i];
    return image;
}

std::vector<std::vector<float>> ImageSet::first(std::uint64_t most) const {
    std::vector<std::vector<float>> images(std::min(most, count()));
    for (std::size_t i = 0; i < images.size(); ++i) images[i] = image(i);
    return images;
}

}  // namespace systole::sim
