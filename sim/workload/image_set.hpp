// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "sim/workload/idx.hpp"

namespace systole::sim {

/// x = fl32(fl32(pixel * scale) + offset): docs/arithmetic.md, section 2.
struct PixelImages {
    IdxImages data;
    float scale = 1.0F;
    float offset = 0.0F;
};

/// Values of about the standard normal distribution (the sum of twelve uniform numbers, less 6),
/// which depend on nothing but seed and index, on every machine.
struct RandomImages {
    ImageShape shape;
    std::uint64_t count = 0;
    std::uint64_t seed = 0;
};

/// The input images of a workload, made when they are asked for. Copies share the pixels; may be
/// used by several threads.
class ImageSet {
public:
    using Source = std::variant<PixelImages, RandomImages>;

    ImageSet() : ImageSet(RandomImages{}) {}
    /// `places`: where each element of the source goes; empty: where it is.
    explicit ImageSet(Source source, std::vector<std::size_t> places = {})
        : source_(std::make_shared<const Source>(std::move(source))), places_(std::move(places)) {}

    std::uint64_t count() const;
    const ImageShape& shape() const;
    bool isRandom() const { return std::holds_alternative<RandomImages>(*source_); }
    /// In the order of the input's memory; index < count().
    std::vector<float> image(std::uint64_t index) const;
    /// The first images, `most` of them or as many as there are.
    std::vector<std::vector<float>> first(std::uint64_t most) const;

private:
    std::shared_ptr<const Source> source_;
    std::vector<std::size_t> places_;
};

}  // namespace systole::sim
