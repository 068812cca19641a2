// SPDX-License-Identifier: Apache-2.0
#include "sim/config/scheme_loader.hpp"

#include <fmt/format.h>

#include <bit>
#include <variant>

#include "models/numeric/codec.hpp"

namespace systole::sim {
namespace {

using numeric::AccumulatorFormat;
using numeric::Format;
using numeric::ScaleArithmetic;

constexpr int kWidestSum = 63;

/// Two's complement bits of the largest product.
int productBits(const numeric::Codec& activation, const numeric::Codec& weight) {
    const auto left = static_cast<std::uint64_t>(activation.largestGridSteps());
    const auto right = static_cast<std::uint64_t>(weight.largestGridSteps());
    const int bound = static_cast<int>(std::bit_width(left) + std::bit_width(right));
    return 1 + (bound > kWidestSum ? bound : static_cast<int>(std::bit_width(left * right)));
}

void checkFixedPoint(const Section& section, const Scheme& scheme) {
    if (scheme.requantization != ScaleArithmetic::FixedPoint) {
        return;
    }
    for (const char* tensor : {"weight", "activation"}) {
        const Format& format = *tensor == 'w' ? scheme.weight : scheme.activation;
        if (!std::holds_alternative<numeric::IntFormat>(format)) {
            section.at("requantization")
                .fail(fmt::format("fixed_point cannot scale the {} format {}, expected "
                                  "fp32_multiplier or integer formats",
                                  tensor, numeric::nameOf(format)));
        }
    }
}

}  // namespace

void checkAccumulator(const Section& section, const AccumulatorFormat& accumulator,
                      const Format& activation, const Format& weight) {
    const numeric::Codec activationCodec(activation);
    const numeric::Codec weightCodec(weight);
    const std::string operands =
        fmt::format("{} x {}", numeric::nameOf(activation), numeric::nameOf(weight));
    const int bits = numeric::accumulatorBits(accumulator, activationCodec, weightCodec);
    if (bits > kWidestSum) {
        section.at("accumulator")
            .fail(fmt::format("exact accumulation of {} needs {} bits, expected at most {}",
                              operands, bits, kWidestSum));
        return;
    }
    const int needed = productBits(activationCodec, weightCodec);
    if (bits < needed) {
        section.at("accumulator")
            .fail(
                fmt::format("{} cannot hold a product of {}, which needs {} bits, expected a wider "
                            "one or exact",
                            accumulator.name, operands, needed));
    }
}

void checkScheme(const Section& section, const Scheme& scheme) {
    checkFixedPoint(section, scheme);
    checkAccumulator(section, scheme.accumulator, scheme.activation, scheme.weight);
}

Scheme readScheme(const Section& section) {
    Scheme scheme;
    scheme.name = section.fragmentName().empty() ? "custom" : section.fragmentName();
    const Section weight = section.at("weight").section();
    scheme.weight = weight.at("format").format();
    scheme.weightGranularity =
        weight.at("granularity")
            .oneOf<Scheme::Granularity>({{"per_tensor", Scheme::Granularity::PerTensor},
                                         {"per_channel", Scheme::Granularity::PerChannel}});
    const Section activation = section.at("activation").section();
    scheme.activation = activation.at("format").format();
    activation.at("granularity").choose({"per_tensor"});
    scheme.accumulator = section.at("accumulator").accumulator();
    const Section calibration = section.at("calibration").section();
    calibration.at("method").choose({"minmax"});
    scheme.calibrationImages = calibration.at("images").integer<std::uint32_t>({1, 1'000'000});
    scheme.requantization =
        section.at("requantization")
            .oneOf<ScaleArithmetic>({{"fp32_multiplier", ScaleArithmetic::Fp32Multiplier},
                                     {"fixed_point", ScaleArithmetic::FixedPoint}});
    if (section.clean()) {
        checkScheme(section, scheme);
    }
    return scheme;
}

Scheme loadScheme(const std::filesystem::path& file, const Overrides& overrides) {
    Scheme scheme = readConfig(file, overrides, readScheme);
    scheme.name = file.stem().string();
    return scheme;
}

}  // namespace systole::sim
